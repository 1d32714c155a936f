"""Takes away what no comparison needs any more."""

from collections.abc import Mapping

from sqlalchemy import Connection

from streams.adapters.databases.sql_names import quoted
from streams.ports.key_states import HistoryBounds
from streams.ports.replication import OutrankedBy

DROP_TRUNCATIONS = "delete from selaras.truncation where commit < %s"
# What a look saw that began after a batch was committed stays true; a list's time is that of its batch's begin.
DROP_TOUCHED = """
with keys as (delete from selaras.touched where at < now() - make_interval(hours => %(hours)s) returning at),
rows as (delete from selaras.touched_row where at < now() - make_interval(hours => %(hours)s) returning at),
gone as (select at from keys union all select at from rows),
forgotten as (
  update selaras.drift_monitor set forgotten_at =
    greatest(forgotten_at, (select max(at) from gone) + interval '1 hour') where exists (select from gone)
)
select count(*) from gone
"""
# Whoever applies may mark an entry at the same time: what is locked is left for the next round.
DROP_OLD = """
delete from selaras.outcome_history where (projection, key, id) in (
  select projection, key, id from selaras.outcome_history where at < now() - make_interval(days => %s)
  for update skip locked)
"""
# Only a key that got an entry can have too many: those of the last day are looked at.
DROP_MANY = """
delete from selaras.outcome_history as h using (
  select projection, key from selaras.outcome_history where at > now() - interval '1 day' group by projection, key
) as k, lateral (
  select id from selaras.outcome_history as o where o.projection = k.projection and o.key = k.key
  order by id desc offset %s limit 1
) as bound
where h.projection = k.projection and h.key = k.key and h.id <= bound.id
"""

FORGET_KEYS = "delete from selaras.row_key where source = any(%s) and row = any(%s)"
LATER = "later._deleted and later._commit < %(floor)s and later._committed_ms > gone._committed_ms"
DERIVED_HELD = f"""
exists (select 1 from selaras.row_key as k where k.source = any(%(derived)s) and k.row = gone.{{identity}}::text)
and not exists (
  select 1 from selaras.row_key as k where k.source = any(%(derived)s) and k.row = gone.{{identity}}::text
  and not exists (
    select 1 from selaras.row_key as other join mirror.{{table}} as later on later.{{identity}} = other.row::{{kind}}
    where other.source = k.source and other.key = k.key and {LATER}
  )
)"""


class PostgresTidying:
    """Implements the port ``Tidying``."""

    def __init__(self, connection: Connection, row_ids: Mapping[str, str], row_kinds: Mapping[str, str]) -> None:
        """``row_ids``: by table, the column that tells its rows apart; ``row_kinds``: its type."""
        self._connection = connection
        self._row_ids = row_ids
        self._row_kinds = row_kinds

    def drop_outranked(self, table: str, keys: OutrankedBy, floor: int) -> int:
        """See the port."""
        name, identity = quoted(table), quoted(self._row_ids[table])
        held = [
            f"exists (select 1 from mirror.{name} as later where later.{column} = gone.{column} and {LATER})"
            for column in map(quoted, keys.columns)
        ]
        derived = list(keys.derived)
        if derived:
            # Rows are found by their index: compared as texts, each key would be looked for in the whole table.
            held.append(DERIVED_HELD.format(table=name, identity=identity, kind=self._row_kinds[table]))
        statement = (
            f"delete from mirror.{name} as gone where gone._deleted and gone._commit < %(floor)s "
            f"and {' and '.join(held)} returning gone.{identity}::text"
        )
        values = {"floor": floor, "derived": derived}
        gone = list(self._connection.exec_driver_sql(statement, values).scalars())
        if gone and derived:
            self._connection.exec_driver_sql(FORGET_KEYS, (derived, gone))
        return len(gone)

    def drop_truncations(self, floor: int) -> int:
        """See the port."""
        return self._connection.exec_driver_sql(DROP_TRUNCATIONS, (floor,)).rowcount

    def drop_touched(self, hours: int) -> int:
        """See the port."""
        return int(self._connection.exec_driver_sql(DROP_TOUCHED, {"hours": hours}).scalar_one())

    def drop_history(self, bounds: HistoryBounds) -> int:
        """See the port."""
        old = self._connection.exec_driver_sql(DROP_OLD, (bounds.days,)).rowcount
        return old + self._connection.exec_driver_sql(DROP_MANY, (bounds.entries,)).rowcount
