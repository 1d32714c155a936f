"""Reads findings from the states of keys."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, text

from streams.adapters.databases.target import translated
from streams.ports.findings import FindingCount, FindingReading, Sought

FOUND = """
from selaras.key_state as k
cross join lateral jsonb_to_recordset(k.findings) as f(name text, reason text)
where k.findings <> '[]' and (cast(:table as text) is null or k.projection = :table)
  and (cast(:name as text) is null or f.name = :name)
"""
COUNTS = text(f"select k.projection, f.name, count(distinct k.key) {FOUND} group by 1, 2 order by 1, 2")
FINDINGS = text(f"""
select k.projection, k.key, f.name, f.reason, k.outcome, k.since::text {FOUND} order by 1, 3, 2, 4 limit :limit
""")


class PostgresFindings:
    """Implements the port ``KeptFindings``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def counts(self, sought: Sought) -> Sequence[FindingCount]:
        """See the port."""
        return [FindingCount(*row) for row in self._rows(COUNTS, sought)]

    def findings(self, sought: Sought, limit: int) -> Sequence[FindingReading]:
        """See the port."""
        return [FindingReading(*row) for row in self._rows(FINDINGS, sought, limit=limit)]

    def _rows(self, statement: Any, sought: Sought, **values: Any) -> Sequence[Any]:
        values |= {"table": sought.table, "name": sought.name}
        with translated("target"), self._engine.connect() as connection:
            return connection.execute(statement, values).all()


def read_findings(connection: Connection) -> Mapping[str, Mapping[str, int]]:
    """By projection and name: how many keys have that finding."""
    found: dict[str, dict[str, int]] = {}
    for table, name, keys in connection.execute(COUNTS, {"table": None, "name": None}):
        found.setdefault(table, {})[name] = keys
    return found
