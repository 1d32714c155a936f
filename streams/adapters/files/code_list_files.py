"""Reads the code lists of ``codes.yaml``: which codes and labels are accepted, and the new code of each."""

from collections.abc import Iterator

import yaml

from streams.adapters.files.yaml_text import read_yaml

Fault = tuple[int, str]  # line, from 1, and what is wrong there
ITEMS = ("title", "codes", "legacy")
NULL_TAG = "tag:yaml.org,2002:null"


class _ShapeError(Exception):
    """A part of the document has another shape than it must have."""

    def __init__(self, node: yaml.Node, sentence: str) -> None:
        super().__init__(sentence)
        self.fault = (node.start_mark.line + 1, sentence)


def read_code_lists(document: str) -> tuple[dict[str, dict[str, str]], list[Fault]]:
    """List -> accepted text -> new code ('' for none), and every fault with its line.

    Codes are accepted as they are written and, like labels, in case-folded form.
    """
    try:
        root, _ = read_yaml(document)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        return {}, [(mark.line + 1 if mark else 1, str(error.problem))]
    if root is None:
        return {}, []
    lists: dict[str, dict[str, str]] = {}
    faults: list[Fault] = []
    try:
        for name, body in _pairs(root):
            lists[name.value] = _accepted(name, body, faults)
    except _ShapeError as error:
        faults.append(error.fault)
    return lists, faults


def _accepted(name: yaml.Node, body: yaml.Node, faults: list[Fault]) -> dict[str, str]:
    accepted: dict[str, str] = {}
    for node, text, code in _entries(name, body, faults):
        folded = " ".join(text.split()).casefold()
        if any(accepted.get(form, code) != code for form in (text, folded)):
            faults.append((node.start_mark.line + 1, f"list {name.value} takes this text for two codes"))
        accepted |= {text: code, folded: code}
    return accepted


def _entries(name: yaml.Node, body: yaml.Node, faults: list[Fault]) -> Iterator[tuple[yaml.Node, str, str]]:
    """Node, accepted text and new code, of all codes, labels and legacy codes of one list."""
    try:
        parts = {key.value: value for key, value in _pairs(body)}
        if not {"title", "codes"} <= set(parts) <= set(ITEMS):
            raise _ShapeError(name, f"list {name.value} holds title and codes, and perhaps legacy")
        new = set()
        for code, labels in _pairs(parts["codes"]):
            new.add(code.value)
            yield code, code.value, code.value
            for label in _labels(labels):
                yield label, label.value, code.value
        for old, target in _pairs(parts["legacy"]) if "legacy" in parts else ():
            if target.tag != NULL_TAG and str(target.value) not in new:
                raise _ShapeError(target, f"list {name.value} has no such new code")
            yield old, old.value, "" if target.tag == NULL_TAG else target.value
    except _ShapeError as error:
        faults.append(error.fault)


def _pairs(node: yaml.Node) -> list[tuple[yaml.ScalarNode, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        raise _ShapeError(node, "here must stand names with values")
    keys = [key.value for key, _ in node.value]
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode) or keys.count(key.value) > 1:
            raise _ShapeError(key, "the name is no text or stands here twice")
    return list(node.value)


def _labels(node: yaml.Node) -> list[yaml.ScalarNode]:
    if not isinstance(node, yaml.SequenceNode) or not all(isinstance(item, yaml.ScalarNode) for item in node.value):
        raise _ShapeError(node, "here must stand a list of labels")
    return list(node.value)
