"""Reads ``schemas/mapping/*.yaml``: every fault is told with file, line and column, all at once."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, ValidationError

from streams.adapters.files.yaml_text import read_yaml
from streams.errors import ErrorKind, SelarasError
from streams.projection.declaration import Projection
from streams.projection.parse import parse_projection
from streams.projection.validate import MappingFault

Mark = tuple[int, int]  # line and column, from 1


@dataclass(frozen=True, slots=True)
class MappingFiles:
    """The declarations, a fingerprint of their text, and where each part stands in its file."""

    projections: tuple[Projection, ...]
    fingerprint: str
    marks: Mapping[str, Mapping[tuple[str | int, ...], Mark]]

    def refuse(self, faults: Sequence[MappingFault]) -> None:
        """Raise one SelarasError that names every fault, or nothing when there is none."""
        _refuse([_line(f.file, self.marks.get(f.file, {}), f.path, f.message) for f in faults])


def read_mapping(folder: Path) -> MappingFiles:
    """All mapping files of a folder; SelarasError (configuration) lists every fault of shape."""
    schema = _schema(folder.parent / "mapping.schema.json")
    digest = hashlib.sha256()
    projections, lines, marks = [], [], {}
    for path in sorted(folder.glob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        digest.update(f"{path.name}\n{text}\n".encode())
        try:
            node, content = read_yaml(text)
        except yaml.YAMLError as error:
            at = getattr(error, "problem_mark", None)
            what = getattr(error, "problem", None) or getattr(error, "reason", "not YAML")
            lines.append(f"{path}:{at.line + 1}:{at.column + 1}: {what}" if at else f"{path}:1:1: {what}")
            continue
        marks[str(path)] = _marks(node) if node is not None else {}
        lines += [f"{path}:{line}:{column}: {name!r} is declared twice" for name, line, column in _twice(node)]
        found = [leaf for error in schema.iter_errors(content) for leaf in _leaves(error)]
        at_line = marks[str(path)]
        found.sort(key=lambda e: _place(at_line, tuple(e.absolute_path)))
        lines += [_line(str(path), at_line, tuple(e.absolute_path), e.message) for e in found]
        if not found:
            projections.append(parse_projection(content, str(path)))
    if not projections and not lines:
        lines.append(f"{folder}: there is no mapping file")
    _refuse(lines)
    return MappingFiles(tuple(projections), digest.hexdigest(), marks)


def _schema(path: Path) -> Draft202012Validator:
    try:
        return Draft202012Validator(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise SelarasError(
            ErrorKind.CONFIGURATION,
            f"The form of mapping files can't be read from {path} ({type(error).__name__}).",
            "restore the file from the release, or point SELARAS_SCHEMAS_DIR at a whole schemas folder",
        ) from None


def _leaves(error: ValidationError) -> Iterator[ValidationError]:
    """Of "fits none of these forms", the faults against the form that comes nearest: one of the right type, with the
    fewest faults."""
    if not error.context:
        yield error
        return
    forms: dict[object, list[ValidationError]] = {}
    for inner in error.context:
        forms.setdefault(inner.schema_path[0], []).append(inner)
    here = error.absolute_path

    def distance(faults: list[ValidationError]) -> tuple[bool, int]:
        return any(f.validator == "type" and f.absolute_path == here for f in faults), len(faults)

    for inner in min(forms.values(), key=distance):
        yield from _leaves(inner)


def _marks(node: yaml.Node, path: tuple[str | int, ...] = ()) -> dict[tuple[str | int, ...], Mark]:
    found = {path: (node.start_mark.line + 1, node.start_mark.column + 1)}
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            found |= _marks(value, (*path, key.value))
            found[(*path, key.value)] = (key.start_mark.line + 1, key.start_mark.column + 1)
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            found |= _marks(item, (*path, number))
    return found


def _twice(node: yaml.Node | None) -> Iterator[tuple[str, int, int]]:
    """Keys that a mapping holds already: YAML would let the last one win without a word."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                yield key.value, key.start_mark.line + 1, key.start_mark.column + 1
            seen.add(key.value)
            yield from _twice(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _twice(item)


def _place(marks: Mapping[tuple[str | int, ...], Mark], path: tuple[Any, ...]) -> Mark:
    while path and path not in marks:
        path = path[:-1]
    return marks.get(path, (1, 1))


def _line(file: str, marks: Mapping[tuple[str | int, ...], Mark], path: tuple[Any, ...], message: str) -> str:
    line, column = _place(marks, path)
    where = ".".join(str(part) for part in path)
    return f"{file}:{line}:{column}: {where + ': ' if where else ''}{message}"


def _refuse(lines: Sequence[str]) -> None:
    if lines:
        raise SelarasError(
            ErrorKind.CONFIGURATION,
            f"The mapping has {len(lines)} fault(s):\n" + "\n".join(lines),
            "correct the files named above and start again",
        )
