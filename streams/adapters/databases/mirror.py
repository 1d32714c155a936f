"""The mirror's tables: one statement a table and batch, fed with the events' own JSON."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection

from streams.adapters.databases.engines import JsonDocument
from streams.adapters.databases.sql_names import listed, quoted
from streams.changes.change import Change, Operation, Truncated
from streams.changes.position import Position
from streams.ports.row_keys import Rewritten
from streams.projection.catalog import Catalog, Table

BOOKKEEPING = ("_generation", "_commit", "_record", "_rank", "_tx", "_committed_ms")
ORDER = ("_generation", "_commit", "_record", "_rank", "_tx")
TEMPORAL = ("date", "timestamp without time zone", "time without time zone")


class PostgresMirror:
    """Implements the port ``Mirror`` on the schema ``mirror``."""

    def __init__(self, connection: Connection, statements: "MirrorStatements") -> None:
        self._connection = connection
        self._statements = statements

    def write(self, table: str, changes: Sequence[Change]) -> Rewritten:
        """See the port. Rows are sent sorted by key, so that all workers lock them in one order."""
        rewritten = Rewritten()
        for lacks in sorted({change.lacks for change in changes}, key=sorted):
            alike = sorted((c for c in changes if c.lacks == lacks), key=lambda c: c.identity)
            rows = JsonDocument(b"[" + b",".join(_spliced(c) for c in alike) + b"]")
            rewritten = rewritten.joined(self._run(table, self._statements.upserting(table, lacks), (rows,)))
        return rewritten

    def count(self, table: str, partition: int, changes: Sequence[Change]) -> Rewritten:
        """See the port."""
        rows = b",".join(part for change in changes for part in _counted(change))
        return self._run(table, self._statements.count[table], (partition, JsonDocument(b"[" + rows + b"]")))

    def forget_snapshot(self, table: str, partition: int) -> Rewritten:
        """See the port."""
        return self._run(table, self._statements.forget[table], (partition,))

    def truncate(self, event: Truncated) -> Rewritten:
        """See the port."""
        at, table = event.position, event.table
        place = (at.generation, at.commit, at.record)
        later = self._connection.exec_driver_sql(LATER_TRUNCATION, (table, *place)).first()
        new = self._connection.exec_driver_sql(REMEMBER, (table, *place, event.committed_ms)).rowcount
        if not new or (later and table in self._statements.count):
            return Rewritten()
        if table in self._statements.count:
            return self._empty_keyless(table, at)
        ms = event.committed_ms
        return self._run(table, self._statements.truncate[table], (ms, ms, *place, ms))

    def _empty_keyless(self, table: str, at: Position) -> Rewritten:
        # Counts don't say which of them came after the TRUNCATE: a partition that is already past it can't be
        # emptied, only read again.
        place = (at.commit, at.record)
        ahead = self._connection.exec_driver_sql(PARTITIONS_AHEAD, (f"%.{table}", *place)).scalars().all()
        if ahead:
            self._connection.exec_driver_sql(MAKE_UNKNOWN, (table,))
        return self._run(table, self._statements.empty[table], (list(ahead),))

    def _run(self, table: str, statement: str, parameters: tuple[object, ...]) -> Rewritten:
        rows = self._connection.exec_driver_sql(statement, parameters)
        return self._statements.rewritten(table, rows)


class MirrorStatements:
    """The statements of every mirrored table, made once from the legacy catalog.

    ``returning``: by table, the columns whose values before and after are reported. ``shape``: number of the mirror's
    shape that the catalog shows.
    """

    def __init__(self, legacy: Catalog, returning: Mapping[str, Sequence[str]], shape: int = 0) -> None:
        self.returning = {t: tuple(c) for t, c in returning.items()}
        self._named_by = {t.name: t.named_by for t in legacy.tables.values() if not t.key}
        for table, name in self._named_by.items():
            told = self.returning.get(table, ())
            self.returning[table] = told if name in told else (*told, name)
        self.row_ids = {t.name: row_id(t) for t in legacy.tables.values()}
        self.row_kinds = {t.name: t.columns[row_id(t)].sql if t.key else "uuid" for t in legacy.tables.values()}
        self.truncate: dict[str, str] = {}
        self.count: dict[str, str] = {}
        self.forget: dict[str, str] = {}
        self.empty: dict[str, str] = {}
        self.follow(legacy, shape)

    def follow(self, legacy: Catalog, shape: int) -> None:
        """Make them for the tables as they are now: columns are added, never taken away."""
        self._tables = legacy.tables
        self._upserts: dict[tuple[str, frozenset[str]], str] = {}
        self.shape = shape
        for table in legacy.tables.values():
            if table.key:
                self.truncate[table.name] = self._truncate(table)
            else:
                self.count[table.name] = self._count(table)
                where = "_partition = %s and _count <> 0"
                self.forget[table.name] = self._zero(table.name, where)
                self.empty[table.name] = self._zero(table.name, "_partition <> all(%s::int[]) and _count <> 0")

    def returned(self, table: str) -> str:
        """The end of a statement on this table that ``rewritten`` reads."""
        identity = quoted(self.row_ids[table])
        pairs = (f", old.{quoted(c)}::text, new.{quoted(c)}::text" for c in self.returning.get(table, ()))
        return f"returning new.{identity}::text, old.{identity} is not null" + "".join(pairs)

    def taken(self, table: str) -> str:
        """The same for a statement that takes rows away: they held afterwards what they held before."""
        return self.returned(table).replace("new.", "old.")

    def rewritten(self, table: str, rows: Iterable[Sequence[Any]]) -> Rewritten:
        """The rows that a statement with this ending gave back."""
        found = [(row[0], tuple(row[2::2]) if row[1] else None, tuple(row[3::2])) for row in rows]
        return Rewritten(self.returning.get(table, ()), found, self._named_by.get(table, ""))

    def upserting(self, table: str, lacks: frozenset[str]) -> str:
        """The upsert of rows that lack these columns: what stored rows hold in them stays."""
        found = self._upserts.get((table, lacks))
        if found is None:
            found = self._upserts[table, lacks] = self._upsert(self._tables[table], lacks)
        return found

    def _upsert(self, table: Table, lacks: frozenset[str]) -> str:
        columns = [*table.columns, "_deleted", *BOOKKEEPING]
        values = ", ".join([*_normal(table), "x._deleted", *(f"x.{name}" for name in BOOKKEEPING)])
        updates = ", ".join(
            f"{quoted(c)} = excluded.{quoted(c)}" for c in columns if c not in table.key and c not in lacks
        )
        older = f"({listed(ORDER, 'm.')}) < ({listed(ORDER, 'excluded.')})"
        return (
            f"insert into mirror.{quoted(table.name)} as m ({listed(columns)}) select {values} "
            f"from json_populate_recordset(null::mirror.{quoted(table.name)}, %s) as x "
            f"on conflict ({listed(table.key)}) do update set {updates} where {older} {self.returned(table.name)}"
        )

    def _truncate(self, table: Table) -> str:
        return (
            f"update mirror.{quoted(table.name)} as m set _deleted = true, "
            f"_committed_ms = case when _deleted then least(_committed_ms, %s) else %s end "
            f"where (_generation, _commit, _record) < (%s, %s, %s) and (not _deleted or _committed_ms > %s) "
            + self.returned(table.name)
        )

    def _count(self, table: Table) -> str:
        name, columns = quoted(table.name), listed(table.columns)
        kept = ", ".join(f"max(r.{c}) as {c}" for c in BOOKKEEPING)
        return (
            f"insert into mirror.{name} as m ({columns}, _content, _count, _partition, {listed(BOOKKEEPING)}) "
            f"select {listed(table.columns, 'r.')}, md5(row({listed(table.columns, 'r.')})::text)::uuid, "
            f"sum(r._count), %s, {kept} "
            f"from (select {', '.join(_normal(table))}, x._count, {', '.join('x.' + c for c in BOOKKEEPING)} "
            f"from json_populate_recordset(null::mirror.{name}, %s) as x) as r "
            f"group by {listed(table.columns, 'r.')} order by 1 "
            f"on conflict (_content) do update set _count = excluded._count "
            "+ case when m._generation < excluded._generation then 0 else m._count end, "
            + ", ".join(f"{c} = greatest(m.{c}, excluded.{c})" for c in BOOKKEEPING)
            + " "
            + self.returned(table.name)
        )

    def _zero(self, table: str, where: str) -> str:
        return f"update mirror.{quoted(table)} set _count = 0 where {where} {self.returned(table)}"


LATER_TRUNCATION = """
select 1 from selaras.truncation where table_name = %s and (generation, commit, record) > (%s, %s, %s) limit 1
"""
REMEMBER = """
insert into selaras.truncation (table_name, generation, commit, record, committed_ms) values (%s, %s, %s, %s, %s)
on conflict do nothing
"""
PARTITIONS_AHEAD = """
select partition from selaras.position where topic like %s and (source_commit, source_record) > (%s, %s)
"""
MAKE_UNKNOWN = """
update selaras.mirror_table set unknown_since = coalesce(unknown_since, now()),
  unknown_reason = 'emptied by TRUNCATE while later rows had already arrived: read the table again'
where table_name = %s
"""


def row_id(table: Table) -> str:
    """The column that tells a mirror table's rows apart."""
    return table.key[0] if table.key else "_content"


def _normal(table: Table) -> Iterable[str]:
    """Each column as PostgreSQL itself would print the legacy value.

    Debezium adds a false Z to dates and times without a zone, and pads characters; the mirror holds the one form
    that the legacy's own ``::text`` gives, so that both sides compare as text.
    """
    for name, kind in table.columns.items():
        column = f"x.{quoted(name)}"
        if kind.sql in TEMPORAL:
            yield f"replace(rtrim({column}, 'Z'), 'T', ' ') as {quoted(name)}"
        elif kind.sql == "character":
            yield f"rtrim({column}, ' ') as {quoted(name)}"
        else:
            yield f"{column} as {quoted(name)}"


def _place(change: Change) -> bytes:
    at = change.position
    return b'"_generation":%d,"_commit":%d,"_record":%d,"_rank":%d,"_tx":%d,"_committed_ms":%d' % (
        at.generation,
        at.commit,
        at.record,
        at.rank,
        change.transaction,
        change.committed_ms,
    )


def _spliced(change: Change) -> bytes:
    deleted = change.operation is Operation.DELETE
    image = (change.before if deleted else change.after) or b"{}"
    return b'{"_deleted":%s,%s,%s' % (b"true" if deleted else b"false", _place(change), image.lstrip()[1:])


def _counted(change: Change) -> Iterable[bytes]:
    place = _place(change)
    if change.operation in (Operation.DELETE, Operation.UPDATE) and change.before is not None:
        yield b'{"_count":-1,%s,%s' % (place, change.before.lstrip()[1:])
    if change.operation is not Operation.DELETE and change.after is not None:
        yield b'{"_count":1,%s,%s' % (place, change.after.lstrip()[1:])


def encoded(value: object) -> JsonDocument:
    """A value as one JSON parameter."""
    return JsonDocument(msgspec.json.encode(value))
