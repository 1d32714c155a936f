"""Lines of PostgreSQL's plugin ``test_decoding``: which row of which table was changed, and how."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

NAME = r'(?:"(?:[^"]|"")*"|[^\s".,:\[\]]+)'
TABLE = re.compile(rf"({NAME})\.({NAME})")
CHANGE = re.compile(rf"table ({NAME}\.{NAME}(?:, {NAME}\.{NAME})*): (INSERT|UPDATE|DELETE|TRUNCATE):(.*)", re.DOTALL)
COLUMN = re.compile(rf" ({NAME})\[(?:[^\[\]]|\[\])*\]:(B?'[^']*(?:''[^']*)*'|[^\s']+)")
SECTION = re.compile(r" (?:old-key|new-tuple):")
COMMIT = re.compile(r"COMMIT.*\(at ([^)]+)\)")


@dataclass(frozen=True, slots=True)
class Changed:
    """Rows as far as they were logged, each a text by column; none for a truncate or where nothing identifies a row."""

    tables: tuple[tuple[str, str], ...]  # schema and name; several for a truncate alone
    operation: str
    rows: tuple[Mapping[str, str | None], ...]

    def keys(self, columns: Sequence[str]) -> Iterator[str | None]:
        """The keys of these rows, the old one and the new one of an update once each; None where a row has none."""
        known = {_key(row, columns) for row in self.rows} - {None} if columns else set()
        yield from known or {None}


def changed(line: str) -> Changed | None:
    """None for lines of other kinds."""
    found = CHANGE.fullmatch(line)
    if found is None:
        return None
    named, operation, rest = found.groups()
    tables = tuple((_plain(schema), _plain(name)) for schema, name in TABLE.findall(named))
    return Changed(tables, operation, () if operation == "TRUNCATE" else tuple(_rows(rest)))


def committed_at(line: str) -> datetime | None:
    """The time of a commit; None for lines of other kinds."""
    found = COMMIT.fullmatch(line)
    return None if found is None else datetime.fromisoformat(found[1])


def _rows(rest: str) -> Iterator[Mapping[str, str | None]]:
    """An update says the old key only where it changes; values may hold anything, so sections are found by position."""
    row: dict[str, str | None] = {}
    place = 0
    while place < len(rest):
        section = SECTION.match(rest, place)
        column = None if section else COLUMN.match(rest, place)
        if section:
            if row:
                yield row
            row, place = {}, section.end()
        elif column:
            row[_plain(column[1])] = _value(column[2])
            place = column.end()
        else:  # "(no-tuple-data)", or a form that nobody knows
            break
    if row:
        yield row


def _key(row: Mapping[str, str | None], columns: Sequence[str]) -> str | None:
    return "|".join(row[c] or "" for c in columns) if all(c in row for c in columns) else None


def _plain(name: str) -> str:
    return name[1:-1].replace('""', '"') if name[0] == '"' else name


def _value(text: str) -> str | None:
    if text == "null":
        return None
    return text.lstrip("B")[1:-1].replace("''", "'") if text[-1] == "'" else text
