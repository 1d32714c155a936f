"""Progress of a recompute, and target rows that no key yields any more."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection
from sqlalchemy.exc import DataError, IntegrityError

from streams.adapters.databases.mirror import encoded
from streams.adapters.databases.sql_names import quoted
from streams.adapters.databases.target_rows import TargetStatements, refusal_reason
from streams.ports.recomputing import WHOLE, Step, Versions

STEPS = """
select step, after_key, keys_done, came_to, finished_at is not null from selaras.recompute
where (mapping, reference) = (%s, %s)
"""
PUT = """
insert into selaras.recompute as r (step, mapping, reference, after_key, keys_done, came_to, finished_at)
values (%s, %s, %s, %s, %s, %s, case when %s then now() end)
on conflict (step) do update set mapping = excluded.mapping, reference = excluded.reference,
  after_key = excluded.after_key, keys_done = excluded.keys_done, came_to = excluded.came_to, changed_at = now(),
  finished_at = excluded.finished_at,
  started_at = case when excluded.keys_done = 0 and excluded.finished_at is null then now() else r.started_at end
"""
BEGUN = f"select begun::text from selaras.recompute where step = '{WHOLE}'"
FORGET = "delete from selaras.recompute"
FORGET_IDS = "delete from selaras.recompute_id"
NOTE = "insert into selaras.recompute_id (projection, id) select %s, unnest(%s::text[]) on conflict do nothing"
# Older than the run: age() counts transactions, so that numbers that wrapped around do not matter.
OLD = (
    f"age(t.xmin) > (select age(begun::xid) from selaras.recompute where step = '{WHOLE}') and not exists "
    "(select 1 from selaras.recompute_id as i where i.projection = %(projection)s and i.id = t.{key}::text)"
)
REFUSED = """
select key from selaras.key_state where projection = %s and key > %s::text and outcome = 'quarantined'
  and faults @> '[{"rule": "TARGET"}]' order by key limit %s
"""


class PostgresRecomputing:
    """Implements the port ``Recomputing``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def steps(self, versions: Versions) -> Mapping[str, Step]:
        """See the port."""
        rows = self._connection.exec_driver_sql(STEPS, versions)
        return {name: Step(name, after, done, **came_to, finished=ended) for name, after, done, came_to, ended in rows}

    def put(self, versions: Versions, step: Step) -> None:
        """See the port."""
        came_to = encoded({"counts": step.counts, "written": step.written, "deleted": step.deleted})
        values = (step.name, *versions, step.after, step.done, came_to, step.finished)
        self._connection.exec_driver_sql(PUT, values)

    def begin(self, versions: Versions) -> None:
        """See the port."""
        self._connection.exec_driver_sql(FORGET)
        self._connection.exec_driver_sql(FORGET_IDS)
        self.put(versions, Step(WHOLE))

    def begun(self) -> str | None:
        """See the port."""
        begun: str | None = self._connection.exec_driver_sql(BEGUN).scalar()
        return begun


class PostgresLeftOver:
    """Implements the port ``LeftOver`` on the schema ``rba``."""

    def __init__(self, connection: Connection, statements: TargetStatements) -> None:
        self._connection = connection
        self._statements = statements

    def note(self, projection: str, keys: Collection[str]) -> None:
        """See the port."""
        self._connection.exec_driver_sql(NOTE, (projection, self._ids(projection, keys)))

    def find(self, projection: str, after: str | None, limit: int) -> Sequence[str]:
        """See the port."""
        key, kind = self._key(projection)
        beyond = f"t.{key} > %(after)s::{kind} and " if after is not None else ""
        statement = (
            f"select t.{key}::text from rba.{quoted(projection)} as t where {beyond}{OLD.format(key=key)} "
            f"order by t.{key} limit %(limit)s"
        )
        values = {"projection": projection, "after": after, "limit": limit}
        return list(self._connection.exec_driver_sql(statement, values).scalars())

    def remove(self, projection: str, ids: Collection[str]) -> tuple[int, Mapping[str, str]]:
        """See the port. Rows that others refer to are found by halving."""
        key, kind = self._key(projection)
        statement = (
            f"delete from rba.{quoted(projection)} as t where t.{key} = any(%(ids)s::{kind}[]) "
            f"and {OLD.format(key=key)}"
        )
        wanted = sorted(ids)
        try:
            with self._connection.begin_nested():
                deleted = self._connection.exec_driver_sql(statement, {"projection": projection, "ids": wanted})
                return deleted.rowcount, {}
        except IntegrityError as error:
            if len(wanted) == 1:
                return 0, {wanted[0]: refusal_reason(error)}
        half = len(wanted) // 2
        first, kept = self.remove(projection, wanted[:half])
        second, also = self.remove(projection, wanted[half:])
        return first + second, {**kept, **also}

    def take(self, projection: str, ids: Collection[str]) -> tuple[Collection[str], Mapping[str, str]]:
        """See the port. An upsert locks the row that it meets, also where it then changes nothing."""
        key, kind = self._key(projection)
        statement = (
            f"delete from rba.{quoted(projection)} as t where t.{key} = any(%s::{kind}[]) returning t.{key}::text"
        )
        wanted = sorted(ids)
        try:
            with self._connection.begin_nested():
                return set(self._connection.exec_driver_sql(statement, (wanted,)).scalars()), {}
        except DataError:
            return self._halved(projection, wanted, "")
        except IntegrityError as error:
            return self._halved(projection, wanted, refusal_reason(error))

    def _halved(self, projection: str, ids: Sequence[str], reason: str) -> tuple[Collection[str], Mapping[str, str]]:
        """What can't be taken is found by halving; what can be no id (no reason) is no row."""
        if len(ids) == 1:
            return set(), {ids[0]: reason} if reason else {}
        half = len(ids) // 2
        first, kept = self.take(projection, ids[:half])
        second, also = self.take(projection, ids[half:])
        return {*first, *second}, {**kept, **also}

    def refused(self, projection: str, after: str | None, limit: int) -> Sequence[str]:
        """See the port."""
        rows = self._connection.exec_driver_sql(REFUSED, (projection, after or "", limit))
        return list(rows.scalars())

    def count(self, projection: str, keys: Collection[str] | None = None) -> int:
        """See the port."""
        key, kind = self._key(projection)
        statement = f"select count(*) from rba.{quoted(projection)}"
        if keys is None:
            return int(self._connection.exec_driver_sql(statement).scalar_one())
        ids = self._ids(projection, keys)
        return int(
            self._connection.exec_driver_sql(f"{statement} where {key} = any(%s::{kind}[])", (ids,)).scalar_one()
        )

    def _ids(self, projection: str, keys: Collection[str]) -> list[str]:
        compiled = self._statements.compiled[projection]
        return sorted({str(value) for key in keys if (value := compiled.key_value(key)) is not None})

    def _key(self, projection: str) -> tuple[str, str]:
        return self._statements.keys[projection]
