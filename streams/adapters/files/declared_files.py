"""Folders of YAML files that declare something: their form is a JSON Schema, and every fault is told at once."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, ValidationError

from streams.adapters.files.yaml_text import read_yaml
from streams.errors import ErrorKind, SelarasError

Mark = tuple[int, int]  # line and column, from 1
Place = tuple[str | int, ...]  # names and numbers that lead to a part of a file
Faults = Callable[["DeclaredFile"], Sequence[tuple[Place, str]]]


@dataclass(frozen=True, slots=True)
class Folder:
    """What is read. ``schema``: file of the form; ``subject``: how a sentence on faults begins ("The mapping has");
    ``what``: one of the files, in words ("mapping file").
    """

    path: Path
    schema: Path
    subject: str
    what: str


@dataclass(frozen=True, slots=True)
class DeclaredFile:
    """A file of the right form, and where each part of it stands."""

    path: Path
    text: str
    content: Any
    marks: Mapping[Place, Mark]


def read_declared(folder: Folder, faults: Faults = lambda _file: ()) -> list[DeclaredFile]:
    """All files of the folder in the order of their names; SelarasError (configuration) lists every fault.

    ``faults``: what else is wrong with a file of the right form.
    """
    schema = _schema(folder)
    files, lines = [], []
    for path in sorted(folder.path.glob("*.yaml")):
        file, found = _read(path, schema)
        if file is not None:
            found += [told(str(path), file.marks, place, message) for place, message in faults(file)]
            files.append(file)
        lines += found
    if not files and not lines:
        lines.append(f"{folder.path}: there is no {folder.what}")
    refuse(folder.subject, lines)
    return files


def refuse(subject: str, lines: Sequence[str]) -> None:
    """Raise one SelarasError that holds all the lines, or nothing when there is none."""
    if lines:
        raise SelarasError(
            ErrorKind.CONFIGURATION,
            f"{subject} {len(lines)} fault(s):\n" + "\n".join(lines),
            "correct the files named above and start again",
        )


def told(file: str, marks: Mapping[Place, Mark], path: Place, message: str) -> str:
    """One line of a list of faults: file, line, column, part, what is wrong."""
    line, column = _place(marks, path)
    where = ".".join(str(part) for part in path)
    return f"{file}:{line}:{column}: {where + ': ' if where else ''}{message}"


def _read(path: Path, schema: Draft202012Validator) -> tuple[DeclaredFile | None, list[str]]:
    text = path.read_text(encoding="utf-8")
    try:
        node, content = read_yaml(text)
    except yaml.YAMLError as error:
        at = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or getattr(error, "reason", "not YAML")
        return None, [f"{path}:{at.line + 1}:{at.column + 1}: {what}" if at else f"{path}:1:1: {what}"]
    marks = _marks(node) if node is not None else {}
    lines = [f"{path}:{line}:{column}: {name!r} is declared twice" for name, line, column in _twice(node)]
    found = [leaf for error in schema.iter_errors(content) for leaf in _leaves(error)]
    found.sort(key=lambda e: _place(marks, tuple(e.absolute_path)))
    lines += [told(str(path), marks, tuple(e.absolute_path), e.message) for e in found]
    return None if found else DeclaredFile(path, text, content, marks), lines


def _schema(folder: Folder) -> Draft202012Validator:
    try:
        return Draft202012Validator(json.loads(folder.schema.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise SelarasError(
            ErrorKind.CONFIGURATION,
            f"The form of {folder.what}s can't be read from {folder.schema} ({type(error).__name__}).",
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
