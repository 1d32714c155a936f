"""Tables as the DDL files of both sides declare them, for papers that are made without a database."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from streams.projection.catalog import Catalog, ColumnType, Table

TABLE = re.compile(r"^CREATE TABLE (?P<schema>\w+)\.(?P<name>\w+) \(\n(?P<body>.*?)^\);", re.DOTALL | re.MULTILINE)
COLUMN = re.compile(r"^  (?P<name>[a-z_][a-z0-9_]*)\s+(?P<rest>.+)$")
TYPE = re.compile(r"^[a-z][a-z ]*(?:\([0-9, ]+\))?")
WHOLE_KEY = re.compile(r"^  PRIMARY KEY \((.+?)\)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class DdlColumn:
    """A column; ``comment`` is what the file says beside it."""

    sql: str
    required: bool
    is_key: bool
    comment: str


@dataclass(frozen=True, slots=True)
class DdlTable:
    """A table's columns in order."""

    name: str
    columns: Mapping[str, DdlColumn]


def ddl_tables(folder: Path, schema: str) -> dict[str, DdlTable]:
    """The tables of one schema, by name, in the order of files and statements."""
    found = {}
    for path in sorted(folder.glob("*.sql")):
        for match in TABLE.finditer(path.read_text(encoding="utf-8")):
            if match["schema"] == schema:
                found[match["name"]] = DdlTable(match["name"], _columns(match["body"]))
    return found


def catalog_of(tables: Mapping[str, DdlTable]) -> Catalog:
    """The same tables as what a mapping is validated against."""
    return Catalog(
        {
            name: Table(
                name,
                {n: ColumnType(c.sql, nullable=not c.required) for n, c in table.columns.items()},
                tuple(n for n, c in table.columns.items() if c.is_key),
            )
            for name, table in tables.items()
        }
    )


def _columns(body: str) -> dict[str, DdlColumn]:
    whole = WHOLE_KEY.search(body)
    key = {name.strip() for name in whole[1].split(",")} if whole else set()
    columns = {}
    for line in body.splitlines():
        match = COLUMN.match(line)
        if match is not None:
            columns[match["name"]] = _column(match["name"], match["rest"], key)
    return columns


def _column(name: str, rest: str, key: set[str]) -> DdlColumn:
    said, _, comment = rest.partition("--")
    kind = TYPE.match(said)
    is_key = name in key or "PRIMARY KEY" in said
    return DdlColumn(kind[0].strip() if kind else "", is_key or "NOT NULL" in said, is_key, comment.strip())
