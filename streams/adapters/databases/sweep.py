"""What a load leaves to do in the mirror: rows that it did not bring, and contents counted anew."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from streams.adapters.databases.engines import JsonDocument
from streams.adapters.databases.mirror import MirrorStatements
from streams.adapters.databases.sql_names import quoted
from streams.ports.replication import Floor
from streams.ports.row_keys import Rewritten
from streams.projection.catalog import Catalog

PAGE = 1000
BELOW = """(_generation, _commit) < (%s, %s)
  or (_generation = %s and _commit = 0 and _record = 0 and _tx < %s)"""
KEYLESS_BELOW = """_generation < %s
  or (_generation = %s and _commit = 0 and _record = 0 and _tx < %s and _partition >= 0 and _count <> 0)"""
SNAPSHOT = "update selaras.mirror_table set counted_in = %s where table_name = %s"


class PostgresSweep:
    """Implements the port ``Sweep``."""

    def __init__(self, connection: Connection, statements: "SweepStatements") -> None:
        self._connection = connection
        self._statements = statements

    def mark_left_over(self, table: str, where: str, floor: Floor) -> tuple[int, Rewritten]:
        """See the port."""
        condition = f" and ({where.replace('%', '%%')})" if where else ""
        if table in self._statements.keyless:
            # Contents are counted anew by every load: those that only an older one counted are gone.
            statement = f"update mirror.{quoted(table)} set _count = 0, _generation = %s where ({KEYLESS_BELOW})"
            values = (floor.generation, floor.generation, floor.generation, floor.snapshot_tx)
            return self._run(table, statement + condition, values)
        statement = (
            f"update mirror.{quoted(table)} set _deleted = true, _generation = %s, _commit = %s, _record = 0, "
            f"_rank = 0 where not _deleted and ({BELOW})"
        )
        place = (floor.generation, floor.commit)
        return self._run(table, statement + condition, (*place, *place, floor.generation, floor.snapshot_tx))

    def take_away(self, table: str, where: str, floor: Floor) -> tuple[int, Rewritten]:
        """See the port."""
        condition = f" and ({where.replace('%', '%%')})" if where else ""
        statement = (
            f"delete from mirror.{quoted(table)} where not _deleted and ({BELOW}){condition} "
            + self._statements.mirror.taken(table)
        )
        values = (floor.generation, floor.commit, floor.generation, floor.snapshot_tx)
        rows = self._connection.exec_driver_sql(statement, values).all()
        return len(rows), self._statements.mirror.rewritten(table, rows)

    def recount(self, table: str, rows: Iterable[bytes], generation: int, snapshot: str) -> tuple[int, Rewritten]:
        """See the port."""
        statement = f"update mirror.{quoted(table)} set _count = 0 where _count <> 0"
        _, touched = self._run(table, statement, ())
        count = 0
        place = (
            b'{"_count":1,"_generation":%d,"_commit":0,"_record":0,"_rank":1,"_tx":0,"_committed_ms":0,' % generation
        )
        page: list[bytes] = []
        for row in rows:
            page.append(place + row.lstrip()[1:])
            count += 1
            if len(page) == PAGE:
                touched = touched.joined(self._count(table, page))
                page = []
        if page:
            touched = touched.joined(self._count(table, page))
        self._connection.exec_driver_sql(SNAPSHOT, (snapshot, table))
        return count, touched

    def _count(self, table: str, page: Sequence[bytes]) -> Rewritten:
        document = JsonDocument(b"[" + b",".join(page) + b"]")
        # No partition brought these: -1, so that no partition's new snapshot takes them away.
        cursor = self._connection.exec_driver_sql(self._statements.mirror.count[table], (-1, document))
        return self._statements.mirror.rewritten(table, cursor)

    def _run(self, table: str, statement: str, values: Sequence[object]) -> tuple[int, Rewritten]:
        ending = self._statements.mirror.returned(table)
        rows = self._connection.exec_driver_sql(f"{statement} {ending}", tuple(values)).all()
        return len(rows), self._statements.mirror.rewritten(table, rows)


class SweepStatements:
    """What the sweep shares with the mirror's own statements."""

    def __init__(self, legacy: Catalog, mirror: MirrorStatements) -> None:
        self.keyless = {table.name for table in legacy.tables.values() if not table.key}
        self.mirror = mirror
