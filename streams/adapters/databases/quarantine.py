"""Reads the states of keys, and keeps what people accepted of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Engine, text

from streams.adapters.databases.target import translated
from streams.ports.quarantine import Group, Grouping, KeyReading, Waiver, WaiverReading, Wanted

# A plain row may be kept for a finding alone; that is no fault.
# What waits or is refused in a projection without a table shows in the tables that need it: it is not told twice.
FAULTY = """((k.outcome <> 'row' or k.faults <> '[]')
  and k.projection = any(array(select tablename from pg_tables where schemaname = 'rba')))"""
CAUSES = """array(
  select distinct cause collate "C" from (
    select concat_ws(' ', fault ->> 'rule', nullif(fault ->> 'column', '')) || ': ' || (fault ->> 'reason') as cause
    from jsonb_array_elements(k.faults) as fault
    union all select 'waits for ' || k.wait_projection where k.wait_projection <> ''
  ) as causes order by 1)"""
WAIVED = f"""left join selaras.waiver as w on w.projection = k.projection and w.key = k.key
  and w.withdrawn_at is null and w.until >= current_date and w.causes = {CAUSES}"""
WANTED = f"""{FAULTY} and (cast(:table as text) is null or k.projection = :table)
  and (cast(:outcome as text) is null or k.outcome = :outcome)
  and (cast(:accepted as boolean) is null or (w.id is not null) = :accepted)"""
# The NIB of a key: its first part, or that of the project or the licence that the first part names.
NIB = """case when split_part(k.key, '|', 1) ~ '^[0-9]{13}$' then split_part(k.key, '|', 1) else coalesce(
  (select p.nib from mirror.tr_oss_proyek as p where p.id_proyek in (k.key, split_part(k.key, '|', 1))
   order by p._deleted, p.idpryk desc limit 1),
  (select c.nib from mirror.tr_oss_checklist as c where c.id_izin in (k.key, split_part(k.key, '|', 1))
   order by c._deleted, c.idchecklist desc limit 1)) end"""
REGION = f"""coalesce((select left(h.perseroan_daerah_id, 4) from mirror.tr_oss_header as h
  where h.nib = {NIB} and h.perseroan_daerah_id ~ '^[0-9]{{4}}' and h.perseroan_daerah_id !~ '^0000'
  order by h._deleted, h.sts_aktif = '1' desc nulls last, h.idoss desc limit 1), 'unknown')"""
GROUPED = {
    Grouping.CAUSE: ("cause", f"cross join lateral unnest({CAUSES}) as cause"),
    Grouping.TABLE: ("k.projection", ""),
    Grouping.REGION: ("region", f"cross join lateral (select {REGION} as region) as r"),
}
GROUPS = """
select {name}, k.outcome, count(*) filter (where w.id is null), count(w.id),
  extract(epoch from clock_timestamp() - min(k.since) filter (where w.id is null))
from selaras.key_state as k {waived} {joined} where {wanted}
group by 1, 2 order by count(*) desc, 1, 2
"""
COLUMNS = """k.projection, k.key, k.outcome, k.faults, k.wait_projection, k.wait_key, k.since::text,
  extract(epoch from clock_timestamp() - k.since), w.until, w.why, w.accepted_by"""
KEYS = text(f"""
select {COLUMNS} from selaras.key_state as k {WAIVED} where {WANTED}
order by k.since, k.projection, k.key limit :limit
""")
KEY = text(f"""
select {COLUMNS} from selaras.key_state as k {WAIVED} where {FAULTY} and k.projection = :table and k.key = :key
""")
ONE_REGION = text(f"select {REGION} from (select cast(:key as text) as key) as k")
PAGE = text(f"""
select k.key from selaras.key_state as k
where {FAULTY} and k.projection = :table and (cast(:after as text) is null or k.key > :after)
order by k.key limit :limit
""")
TABLES = text("select projection from selaras.authority order by 1")
HOLD = text(f"""
select 1 from selaras.key_state as k where {FAULTY} and k.projection = :table and k.key = :key for share
""")
END = text("""
update selaras.waiver set withdrawn_at = now(), withdrawn_by = :by
where projection = :table and key = :key and withdrawn_at is null
""")
ACCEPT = text(f"""
insert into selaras.waiver (projection, key, causes, until, why, accepted_by)
select k.projection, k.key, {CAUSES}, :until, :why, :by
from selaras.key_state as k where {FAULTY} and k.projection = :table and k.key = :key
""")
WAIVERS = text(f"""
select w.projection, w.key,
  case when k.key is null then 'healed' when w.until < current_date then 'over'
    when w.causes <> {CAUSES} then 'reopened' else 'in force' end,
  w.until, w.why, w.accepted_by, w.causes, w.accepted_at::text
from selaras.waiver as w
left join selaras.key_state as k on k.projection = w.projection and k.key = w.key and {FAULTY}
where w.withdrawn_at is null order by w.until, w.id limit :limit
""")


class PostgresKeptKeys:
    """Implements the port ``KeptKeys``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def tables(self) -> Sequence[str]:
        """See the port."""
        return [row[0] for row in self._rows(TABLES)]

    def keys(self, wanted: Wanted, limit: int) -> Sequence[KeyReading]:
        """See the port."""
        return [_key(*row) for row in self._rows(KEYS, **_wanted(wanted), limit=limit)]

    def groups(self, by: Grouping, wanted: Wanted) -> Sequence[Group]:
        """See the port."""
        name, joined = GROUPED[by]
        statement = text(GROUPS.format(name=name, waived=WAIVED, joined=joined, wanted=WANTED))
        rows = self._rows(statement, **_wanted(wanted))
        return [Group(n, outcome, is_open, accepted, seconds(age)) for n, outcome, is_open, accepted, age in rows]

    def key(self, table: str, key: str) -> KeyReading | None:
        """See the port."""
        found = self._rows(KEY, table=table, key=key)
        return _key(*found[0]) if found else None

    def region(self, key: str) -> str:
        """See the port."""
        return str(self._rows(ONE_REGION, key=key)[0][0])

    def page(self, table: str, after: str | None, limit: int) -> Sequence[str]:
        """See the port."""
        return [row[0] for row in self._rows(PAGE, table=table, after=after, limit=limit)]

    def _rows(self, statement: Any, **values: Any) -> Sequence[Any]:
        with translated("target"), self._engine.connect() as connection:
            return connection.execute(statement, values).all()


class PostgresWaivers:
    """Implements the port ``Waivers``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def accept(self, table: str, key: str, waiver: Waiver) -> bool:
        """See the port."""
        values = {"table": table, "key": key, "until": waiver.until, "why": waiver.why, "by": waiver.by}
        with translated("target"), self._engine.begin() as connection:
            if connection.execute(HOLD, values).first() is None:
                return False
            connection.execute(END, values)
            connection.execute(ACCEPT, values)
            return True

    def withdraw(self, table: str, key: str, by: str) -> bool:
        """See the port."""
        with translated("target"), self._engine.begin() as connection:
            return connection.execute(END, {"table": table, "key": key, "by": by}).rowcount > 0

    def waivers(self, limit: int) -> Sequence[WaiverReading]:
        """See the port."""
        with translated("target"), self._engine.connect() as connection:
            return [_waiver(*row) for row in connection.execute(WAIVERS, {"limit": limit})]


def seconds(value: Any) -> float | None:
    """An interval's seconds, to the millisecond."""
    return None if value is None else round(float(value), 3)


def _wanted(wanted: Wanted) -> dict[str, Any]:
    return {"table": wanted.table, "outcome": wanted.outcome, "accepted": wanted.accepted}


def _key(*row: Any) -> KeyReading:
    projection, key, outcome, faults, wait_table, wait_key, since, age, *waiver = row
    accepted = Waiver(*waiver) if waiver[0] is not None else None
    told = tuple(_fault(fault) for fault in faults)
    return KeyReading(projection, key, outcome, told, wait_table, wait_key, since, round(float(age), 3), accepted)


def _fault(fault: Mapping[str, str | None]) -> Mapping[str, str | None]:
    return {name: fault.get(name) for name in ("column", "rule", "reason", "masked")}


def _waiver(*row: Any) -> WaiverReading:
    projection, key, state, until, why, by, causes, at = row
    return WaiverReading(projection, key, state, Waiver(until, why, by), tuple(causes), at)
