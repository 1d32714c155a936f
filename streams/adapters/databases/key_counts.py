"""How many keys are in which state: for the caps, for status, and hour by hour for the trend."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy import Connection, Engine, text

from streams.adapters.databases.quarantine import FAULTY, WAIVED, seconds
from streams.adapters.databases.sql_names import quoted
from streams.adapters.databases.target import translated
from streams.ports.quarantine import TableShare
from streams.ports.status import KeysReading

Counts = Mapping[str, Mapping[str, Mapping[str, int]]]
"""By projection and outcome: ``open`` and ``accepted``."""

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# Counts are an hour apart, and a worker looks a moment later than on the hour; an older count is another question.
SLACK = timedelta(hours=1, minutes=15)

NOW = text(f"""
select k.projection, k.outcome, count(*) filter (where w.id is null), count(w.id),
  extract(epoch from clock_timestamp() - min(k.since) filter (where w.id is null))
from selaras.key_state as k {WAIVED} where {FAULTY} group by 1, 2
""")
BEFORE = text("""
select counts from selaras.key_count where at <= now() - :age and at > now() - :age - :slack order by at desc limit 1
""")
RECORDED = text("select 1 from selaras.key_count where hour = date_trunc('hour', now())")
RECORD = text(f"""
insert into selaras.key_count (hour, counts)
select date_trunc('hour', now()), coalesce(jsonb_object_agg(projection, by_outcome), '{{}}') from (
  select projection, jsonb_object_agg(outcome, jsonb_build_object('open', open, 'accepted', accepted)) as by_outcome
  from (
    select k.projection, k.outcome, count(*) filter (where w.id is null) as open, count(w.id) as accepted
    from selaras.key_state as k {WAIVED} where {FAULTY} group by 1, 2
  ) as counted group by 1
) as grouped
on conflict do nothing
""")
FORGET = text("delete from selaras.key_count where hour < now() - interval '32 days'")
SHARES = text(f"""
select k.projection, greatest(c.reltuples::bigint, pg_stat_get_live_tuples(c.oid)),
  count(*) filter (where k.outcome = 'waiting'),
  count(*) filter (where k.outcome = 'quarantined' and w.id is null),
  count(*) filter (where k.outcome = 'quarantined' and w.id is not null)
from selaras.key_state as k {WAIVED}
join pg_class as c on c.relname = k.projection and c.relnamespace = to_regnamespace('rba') and c.relkind = 'r'
where k.outcome in ('waiting', 'quarantined') group by k.projection, c.oid, c.reltuples
having count(*) filter (where k.outcome = 'quarantined') > 0 order by 1
""")


class PostgresKeyCounts:
    """Implements the port ``KeyCounts``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def shares(self) -> Sequence[TableShare]:
        """See the port."""
        with translated("target"), self._engine.connect() as connection:
            return [TableShare(*row) for row in connection.execute(SHARES)]

    def rows(self, table: str) -> int:
        """See the port."""
        with translated("target"), self._engine.connect() as connection:
            return int(connection.execute(text(f"select count(*) from rba.{quoted(table)}")).scalar_one())

    def record(self) -> None:
        """See the port."""
        with translated("target"), self._engine.begin() as connection:
            if connection.execute(RECORDED).first() is None:
                connection.execute(RECORD)
                connection.execute(FORGET)


def read_keys(connection: Connection) -> dict[str, dict[str, KeysReading]]:
    """Keys that need a person by projection and outcome, with their age and what there was an hour and a day ago."""
    hour, day = (_before(connection, age) for age in (HOUR, DAY))
    now = {(row[0], row[1]): (row[2], row[3], seconds(row[4])) for row in connection.execute(NOW)}
    earlier = {(p, outcome) for counts in (hour, day) for p, kinds in (counts or {}).items() for outcome in kinds}
    found: dict[str, dict[str, KeysReading]] = {}
    for projection, outcome in sorted(now.keys() | earlier):
        trend = (_open(counts, projection, outcome) for counts in (hour, day))
        is_open, accepted, oldest = now.get((projection, outcome), (0, 0, None))
        found.setdefault(projection, {})[outcome] = KeysReading(is_open, accepted, oldest, *trend)
    return found


def _before(connection: Connection, age: timedelta) -> Counts | None:
    found: Counts | None = connection.execute(BEFORE, {"age": age, "slack": SLACK}).scalar()
    return found


def _open(counts: Counts | None, projection: str, outcome: str) -> int | None:
    return None if counts is None else counts.get(projection, {}).get(outcome, {}).get("open", 0)
