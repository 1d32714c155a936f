"""How far the monitor has come: lists of touched keys, keys without a verdict, looks at stretches of keys."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection

from streams.adapters.databases.drift_ledger import Begin
from streams.adapters.databases.lock_numbers import LEDGER
from streams.adapters.databases.mirror import encoded
from streams.drift.coverage import Coverage, Look, covered, overlaid, runs
from streams.drift.difference import Check
from streams.drift.verdict import Reason
from streams.ports.drift_progress import ScanPart, TouchedKeys

LISTS: Mapping[Check, tuple[str, str]] = {
    Check.PROJECTION: ("selaras.touched", "projection"),
    Check.CAPTURE: ("selaras.touched_row", "table_name"),
}
"""By check, the table of its lists, and the column that names the list's table."""

MOST_LISTS = 500  # in one answer, so that a long backlog is not read whole
TOUCHED = """
select id, name, keys, at from (
  select id, name, keys, at, sum(jsonb_array_length(keys)) over (order by id) - jsonb_array_length(keys) as before
  from (select id, {column} as name, keys, at from {table} order by id limit %s) as oldest
) as counted where before < %s order by id
"""
PENDING = """
select {column}, count(distinct key) from {table} cross join lateral jsonb_array_elements_text(keys) as key group by 1
"""
PUT_UNKNOWN = """
insert into selaras.drift_unknown as u (check_name, table_name, key, reason)
select %s, %s, key, reason from json_each_text(%s) as k(key, reason) order by key
on conflict (check_name, table_name, key) do update set reason = excluded.reason, looked_at = now()
"""
UNKNOWN = """
with oldest as (
  select check_name, table_name, key from selaras.drift_unknown where check_name = %s order by looked_at limit %s
  for update skip locked
)
update selaras.drift_unknown as u set looked_at = now() from oldest as o
where (u.check_name, u.table_name, u.key) = (o.check_name, o.table_name, o.key) returning u.table_name, u.key
"""
ANY_UNKNOWN = "select exists (select from selaras.drift_unknown where check_name = %s and table_name = %s)"
SETTLED = "delete from selaras.drift_unknown where check_name = %s and table_name = %s and key = any(%s)"
UNKNOWN_COUNTS = "select check_name, table_name, count(*) from selaras.drift_unknown group by 1, 2"
BEAT = """
update selaras.drift_monitor set state = %s, seen_at = clock_timestamp(),
  started_at = case when started_at is null or state = 'stopped' or seen_at < clock_timestamp() - interval '1 minute'
    then clock_timestamp() else started_at end
"""
ALIVE = """
select state, seen_at > clock_timestamp() - make_interval(secs => %s) from selaras.drift_monitor
"""
NEXT = """
select last from selaras.drift_scan where check_name = %s and table_name = %s order by at desc, after desc limit 1
"""
LOOKS = "select after, last, keys, at from selaras.drift_scan where check_name = %s and table_name = %s order by after"
FORGET_LOOKS = "delete from selaras.drift_scan where check_name = %s and table_name = %s and after = any(%s)"
PUT_LOOKS = """
insert into selaras.drift_scan (check_name, table_name, after, last, keys, at)
select %s, %s, after, last, keys, at
from json_to_recordset(%s) as n(after text, last text, keys bigint, at timestamptz)
"""
COUNTING = """
select check_name, table_name, after, last, keys, at from selaras.drift_scan
where at >= (select coalesce(forgotten_at, '-infinity') from selaras.drift_monitor) order by 1, 2, 3
"""
# Estimates: they are the denominator until a whole look has counted the keys themselves.
TOTALS = """
select 'projection', c.relname, greatest(c.reltuples::bigint, pg_stat_get_live_tuples(c.oid))
from selaras.authority as a
join pg_class as c on c.relname = a.projection and c.relnamespace = to_regnamespace('rba') and c.relkind in ('r', 'p')
union all
select 'capture', c.relname, greatest(c.reltuples::bigint, pg_stat_get_live_tuples(c.oid))
from selaras.mirror_table as m join pg_class as c on c.relname = m.table_name
  and c.relnamespace = to_regnamespace('mirror') and c.relkind in ('r', 'p')
union all select distinct check_name, table_name, 0::bigint from selaras.drift_scan
"""


class PostgresDriftProgress:
    """Implements the port ``DriftProgress``."""

    def __init__(self, begin: Begin) -> None:
        self._begin = begin

    def touched(self, check: Check, limit: int) -> TouchedKeys | None:
        """See the port."""
        table, column = LISTS[check]
        with self._begin() as connection:
            statement = TOUCHED.format(table=table, column=column)
            rows = connection.exec_driver_sql(statement, (MOST_LISTS, limit)).all()
        if not rows:
            return None
        keys: dict[str, set[str]] = {}
        for _, name, touched, _ in rows:
            keys.setdefault(name, set()).update(touched)
        since = min(at for *_, at in rows).astimezone(UTC)
        found = {name: frozenset(these) for name, these in keys.items()}
        return TouchedKeys(check, tuple(row[0] for row in rows), found, since)

    def done(self, check: Check, lists: Collection[int]) -> None:
        """See the port."""
        with self._begin() as connection:
            connection.exec_driver_sql(f"delete from {LISTS[check][0]} where id = any(%s)", (list(lists),))

    def put_unknown(self, check: Check, table: str, keys: Mapping[str, Reason]) -> None:
        """See the port."""
        if keys:
            with self._begin() as connection:
                connection.exec_driver_sql(PUT_UNKNOWN, (check.value, table, encoded(keys)))

    def unknown(self, check: Check, limit: int) -> Mapping[str, Sequence[str]]:
        """See the port."""
        found: dict[str, list[str]] = {}
        with self._begin() as connection:
            for table, key in connection.exec_driver_sql(UNKNOWN, (check.value, limit)):
                found.setdefault(table, []).append(key)
        return {table: sorted(keys) for table, keys in sorted(found.items())}

    def settled(self, check: Check, table: str, keys: Collection[str]) -> None:
        """See the port."""
        with self._begin() as connection:
            place = (check.value, table)
            if keys and connection.exec_driver_sql(ANY_UNKNOWN, place).scalar():
                connection.exec_driver_sql(SETTLED, (*place, sorted(keys)))

    def beat(self, state: str) -> None:
        """See the port."""
        with self._begin() as connection:
            connection.exec_driver_sql(BEAT, (state,))


class PostgresScanProgress:
    """Implements the port ``ScanProgress``."""

    def __init__(self, begin: Begin) -> None:
        self._begin = begin

    def next_after(self, check: Check, table: str) -> str:
        """See the port."""
        with self._begin() as connection:
            return connection.exec_driver_sql(NEXT, (check.value, table)).scalar() or ""

    def scanned(self, part: ScanPart, at: datetime | None = None) -> None:
        """See the port."""
        place = (part.check.value, part.table)
        with self._begin() as connection:
            now = connection.exec_driver_sql("select pg_advisory_xact_lock(%s), clock_timestamp()", (LEDGER,)).one()[1]
            there = [Look(*row) for row in connection.exec_driver_sql(LOOKS, place)]
            left = overlaid(there, Look(part.after, part.last, part.keys, at or now))
            gone = [one.after for one in there if one not in left]
            connection.exec_driver_sql(FORGET_LOOKS, (*place, gone))
            connection.exec_driver_sql(PUT_LOOKS, (*place, encoded([one for one in left if one not in there])))

    def coverage(self, totals: Mapping[tuple[Check, str], int], alive_s: float) -> Sequence[Coverage]:
        """See the port."""
        with self._begin() as connection:
            state, is_alive = connection.exec_driver_sql(ALIVE, (alive_s,)).one()
            looks: dict[tuple[str, str], list[Look]] = {}
            for check, table, *look in connection.exec_driver_sql(COUNTING):
                looks.setdefault((check, table), []).append(Look(*look))
            pending = {place: keys for check in LISTS for place, keys in _pending(connection, check)}
            unknown = {(check, t): n for check, t, n in connection.exec_driver_sql(UNKNOWN_COUNTS)}
        return [
            covered(
                check,
                table,
                looks.get((check, table), []),
                (total, pending.get((check, table), 0), unknown.get((check, table), 0)),
                running=bool(is_alive) and runs(check, state),
            )
            for (check, table), total in sorted(totals.items())
        ]


def read_totals(connection: Connection) -> dict[tuple[Check, str], int]:
    """About how many keys each table has, by check: what the database estimates."""
    totals: dict[tuple[Check, str], int] = {}
    for check, table, keys in connection.exec_driver_sql(TOTALS):
        place = (Check(check), table)
        totals[place] = max(totals.get(place, 0), keys)
    return totals


def _pending(connection: Connection, check: Check) -> list[tuple[tuple[str, str], int]]:
    table, column = LISTS[check]
    rows = connection.exec_driver_sql(PENDING.format(table=table, column=column))
    return [((check, name), keys) for name, keys in rows]
