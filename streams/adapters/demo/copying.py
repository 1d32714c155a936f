"""The seeded population into the legacy tables, by COPY."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psycopg
from psycopg import sql

from streams.adapters.demo.connect import told
from streams.adapters.demo.defects.materials import load_materials
from streams.adapters.demo.defects.planting import Planter
from streams.adapters.demo.population import population
from streams.adapters.demo.tables import TABLES, Row, Table, Value
from streams.ports.demo import Filled

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class CopiedTables:
    """The twelve tables, written as the legacy application."""

    def __init__(self, conninfo: str, reference: Path) -> None:
        """Connection string of the application's role, and the folder of the reference sets."""
        self._conninfo = conninfo
        self._reference = reference

    def counts(self) -> dict[str, int]:
        """See the port."""
        with told(), psycopg.connect(self._conninfo) as connection:
            return {table: _count(connection, table) for table in TABLES}

    def fill(self, companies: int, seed: int, rates: Mapping[str, float], done: Callable[[int], None]) -> Filled:
        """See the port."""
        written = dict.fromkeys(TABLES, 0)
        planter = Planter(load_materials(self._reference), rates, str(seed)) if rates else None
        with told(), psycopg.connect(self._conninfo) as connection, connection.cursor() as cursor:
            for size, batch in population(self._reference, companies, seed, planter):
                for table, rows in batch.items():
                    if rows:
                        _copy(cursor, TABLES[table], rows)
                    written[table] += len(rows)
                done(size)
        return Filled(written, planter.planted if planter else ())


def _count(connection: psycopg.Connection, table: str) -> int:
    row = connection.execute(sql.SQL("SELECT count(*) FROM public.{}").format(sql.Identifier(table))).fetchone()
    return int(row[0]) if row else 0


def _copy(cursor: psycopg.Cursor, table: Table, rows: Sequence[Row]) -> None:
    statement = sql.SQL("COPY public.{} ({}) FROM STDIN").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, table.columns))
    )
    with cursor.copy(statement) as copy:
        copy.write("".join(_line(row, table.columns) for row in rows))


def _line(row: Row, columns: tuple[str, ...]) -> str:
    return "\t".join([_text(row[column]) for column in columns]) + "\n"


def _text(value: Value) -> str:
    if value is None:
        return "\\N"
    return value.translate(_ESCAPES) if isinstance(value, str) else str(value)
