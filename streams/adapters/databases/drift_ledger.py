"""The ledger of differences and its journal."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from streams.adapters.databases.lock_numbers import LEDGER
from streams.adapters.databases.mirror import encoded
from streams.drift.cause import Cause
from streams.drift.difference import Check, Difference, Kind
from streams.drift.entry import Entry, EntryState, Transition
from streams.drift.life import FIRST, Change, Sight, Step, begun, found, moved, ran_out, settled
from streams.ports.drift_ledger import Deed, Finding, Group, Wanted

Begin = Callable[[], AbstractContextManager[Connection]]
"""Gives a connection in a transaction: the one that goes on, or one that ends with the block."""

NOW = "select pg_advisory_xact_lock(%s), clock_timestamp()"
COLUMNS = """e.id, e.check_name, e.table_name, e.key, e.kind, e.state, e.cause, e.columns, e.likeness, e.key_state,
  e.position, e.first_seen, e.last_seen, e.detected_ms, e.until, e.by_whom, e.why, e.times, e.looked_at, e.evidence"""
SELECT = f"select {COLUMNS} from selaras.drift_entry as e"
SAME_PLACES = f"""{SELECT} join json_to_recordset(%s) as w(check_name text, table_name text, key text, kind text)
using (check_name, table_name, key, kind)"""
OF_KEYS = f"{SELECT} where e.check_name = %s and e.table_name = %s and e.key = any(%s) and e.state <> 'verified'"
ANY = """
select exists (select from selaras.drift_entry where check_name = %s and table_name = %s and state <> 'verified')
"""
BY_ID = f"{SELECT} where e.id = any(%s) order by e.id"
RAN_OUT = f"{SELECT} where e.state = 'accepted' and e.until <= %s order by e.id"
ROW = """id bigint, check_name text, table_name text, key text, kind text, state text, cause text, columns jsonb,
  likeness text, key_state text, position text, first_seen timestamptz, last_seen timestamptz, detected_ms bigint,
  until timestamptz, by_whom text, why text, times integer, looked_at timestamptz, evidence text"""
NAMES = [part.split()[0] for part in ROW.replace("\n", " ").split(",")]
PLACE = ("check_name", "table_name", "key", "kind")
INSERT = f"""insert into selaras.drift_entry ({", ".join(NAMES[1:])})
select {", ".join(NAMES[1:])} from json_to_recordset(%s) as n({ROW}) returning id, {", ".join(PLACE)}"""
CHANGED = [name for name in NAMES[1:] if name not in (*PLACE, "first_seen")]
UPDATE = f"""update selaras.drift_entry as e set {", ".join(f"{name} = n.{name}" for name in CHANGED)}
from json_to_recordset(%s) as n({ROW}) where e.id = n.id"""
STEPS = """insert into selaras.drift_step (entry, at, was, now, by_whom, why)
select * from json_to_recordset(%s) as n(entry bigint, at timestamptz, was text, now text, by_whom text, why text)"""
GROUPS = """select check_name, table_name, kind, cause, state, count(*), min(first_seen), max(last_seen)
from selaras.drift_entry group by 1, 2, 3, 4, 5
order by check_name collate "C", table_name collate "C", kind collate "C", cause collate "C", state collate "C"
"""
HISTORY = "select s.entry, s.at, s.was, s.now, s.by_whom, s.why from selaras.drift_step as s"
OF_ENTRY = f"{HISTORY} where s.entry = %s order by s.id"
OF_KEY = f"""{HISTORY} join selaras.drift_entry as e on e.id = s.entry
where e.table_name = %s and e.key = %s order by s.id"""


class PostgresLedger:
    """Implements the port ``Ledger``."""

    def __init__(self, begin: Begin) -> None:
        self._begin = begin

    def note(self, findings: Sequence[Finding]) -> Sequence[int]:
        """See the port."""
        if not findings:
            return []
        with self._begin() as connection:
            now = _alone(connection)
            places = [_place(one.difference) for one in findings]
            wanted = [dict(zip(PLACE, place, strict=True)) for place in dict.fromkeys(places)]
            entries = {_place(e.difference): e for e in _entries(connection, SAME_PLACES, encoded(wanted))}
            changes = _Changes()
            for place, one in zip(places, findings, strict=True):
                sight = Sight(one.difference, one.cause, one.at or now, one.detected_ms, one.evidence)
                if place in entries:
                    entries[place] = changes.add(entries[place], found(entries[place], sight))
                else:
                    entries[place] = begun(sight)
                    changes.new[place] = entries[place]
            ids = {place: entry.id for place, entry in entries.items()} | changes.write(connection, now)
            return [ids[place] for place in places]

    def settle(
        self,
        check: Check,
        table: str,
        keys: Collection[str],
        still: Collection[tuple[str, Kind]] = (),
        at: datetime | None = None,
    ) -> int:
        """See the port."""
        places, differing = (check.value, table, list(keys)), frozenset(still)
        with self._begin() as connection:
            # Most keys have no entry, and most tables none that counts: asked for before anybody is kept waiting.
            if not places[2] or not connection.exec_driver_sql(ANY, places[:2]).scalar():
                return 0
            if not _entries(connection, OF_KEYS, *places):
                return 0
            now = _alone(connection)
            entries = [
                entry
                for entry in _entries(connection, OF_KEYS, *places)
                if (entry.difference.key, entry.difference.kind) not in differing
            ]
            return len(_change(connection, now, ((entry, settled(entry, at or now)) for entry in entries)))

    def move(self, ids: Collection[int], deed: Deed) -> Sequence[int]:
        """See the port."""
        step = Step(None, deed.to, deed.by, deed.why)
        with self._begin() as connection:
            now = _alone(connection)
            entries = _entries(connection, BY_ID, list(ids))
            return _change(connection, now, ((entry, moved(entry, step, deed.until, now)) for entry in entries))

    def run_out(self, now: datetime) -> Sequence[int]:
        """See the port."""
        with self._begin() as connection:
            if not _entries(connection, RAN_OUT, now):
                return []
            at = _alone(connection)
            entries = _entries(connection, RAN_OUT, now)
            return _change(connection, at, ((entry, ran_out(entry, now)) for entry in entries))

    def entries(self, wanted: Wanted) -> Sequence[Entry]:
        """See the port."""
        conditions, values = ["e.id > %s"], [wanted.after]
        for name, chosen in _chosen(wanted):
            conditions.append(f"e.{name} = any(%s)")
            values.append(chosen)
        statement = f"{SELECT} where {' and '.join(conditions)} order by e.id limit %s"
        with self._begin() as connection:
            return _entries(connection, statement, *values, wanted.limit)

    def groups(self) -> Sequence[Group]:
        """See the port."""
        with self._begin() as connection:
            return [
                Group(Check(check), table, Kind(kind), Cause(cause), EntryState(state), count, _utc(first), _utc(last))
                for check, table, kind, cause, state, count, first, last in connection.exec_driver_sql(GROUPS)
            ]


class PostgresLedgerHistory:
    """Implements the port ``LedgerHistory``."""

    def __init__(self, begin: Begin) -> None:
        self._begin = begin

    def of(self, entry: int) -> Sequence[Transition]:
        """See the port."""
        return self._steps(OF_ENTRY, entry)

    def of_key(self, table: str, key: str) -> Sequence[Transition]:
        """See the port."""
        return self._steps(OF_KEY, table, key)

    def _steps(self, statement: str, *values: object) -> Sequence[Transition]:
        with self._begin() as connection:
            return [
                Transition(entry, _utc(at), EntryState(was) if was else None, EntryState(now), by, why)
                for entry, at, was, now, by, why in connection.exec_driver_sql(statement, values)
            ]


Place = tuple[str, str, str, str]


@dataclass(slots=True)
class _Changes:
    """Entries to write, and the steps that they made."""

    new: dict[Place, Entry] = field(default_factory=dict)
    rows: dict[int, Entry] = field(default_factory=dict)
    steps: list[tuple[int, Step]] = field(default_factory=list)

    def add(self, entry: Entry, change: Change) -> Entry:
        made, step = change
        if entry.id == 0:
            self.new[_place(made.difference)] = made
        elif made is not entry:
            self.rows[entry.id] = made
            self.steps += [(entry.id, step)] if step else []
        return made

    def write(self, connection: Connection, now: datetime) -> dict[Place, int]:
        ids: dict[Place, int] = {}
        if self.new:
            rows = connection.exec_driver_sql(INSERT, (encoded([_row(entry) for entry in self.new.values()]),))
            ids = {(check, table, key, kind): number for number, check, table, key, kind in rows}
        if self.rows:
            connection.exec_driver_sql(UPDATE, (encoded([_row(entry) for entry in self.rows.values()]),))
        steps = [*((number, FIRST) for number in sorted(ids.values())), *self.steps]
        if steps:
            connection.exec_driver_sql(STEPS, (encoded([_step(number, step, now) for number, step in steps]),))
        return ids


def _change(connection: Connection, now: datetime, changes: Iterable[tuple[Entry, Change]]) -> list[int]:
    """Write them; the ids of those that made a step."""
    written = _Changes()
    for entry, change in changes:
        written.add(entry, change)
    written.write(connection, now)
    return [number for number, _ in written.steps]


def _alone(connection: Connection) -> datetime:
    return _utc(connection.exec_driver_sql(NOW, (LEDGER,)).one()[1])


def _entries(connection: Connection, statement: str, *values: object) -> list[Entry]:
    return [_entry(*row) for row in connection.exec_driver_sql(statement, values)]


def _entry(number: int, check: str, table: str, key: str, kind: str, state: str, *rest: Any) -> Entry:
    cause, columns, likeness, key_state, position, first, last, detected, until, *judged = rest
    shown = {name: (expected, is_there) for name, (expected, is_there) in columns.items()}
    difference = Difference(Check(check), table, key, Kind(kind), shown, likeness, key_state, position)
    moments = (EntryState(state), _utc(first), _utc(last), detected, until and _utc(until))
    by, why, times, looked_at, evidence = judged
    return Entry(number, difference, Cause(cause), *moments, by, why, times, _utc(looked_at), evidence)


def _row(entry: Entry) -> Mapping[str, object]:
    one = entry.difference
    values = (
        *(entry.id, *_place(one), entry.state, entry.cause, one.columns, one.likeness, one.state, one.position),
        *(entry.first_seen, entry.last_seen, entry.detected_ms, entry.until, entry.by, entry.why, entry.times),
        *(entry.looked_at, entry.evidence),
    )
    return dict(zip(NAMES, values, strict=True))


def _step(number: int, step: Step, at: datetime) -> Mapping[str, object]:
    return {"entry": number, "at": at, "was": step.was, "now": step.now, "by_whom": step.by, "why": step.why}


def _place(one: Difference) -> Place:
    return one.check.value, one.table, one.key, one.kind.value


def _chosen(wanted: Wanted) -> Iterator[tuple[str, Any]]:
    named = (
        ("id", wanted.ids),
        ("check_name", wanted.checks),
        ("table_name", wanted.tables),
        ("cause", wanted.causes),
        ("state", wanted.states),
        ("key", (wanted.key,) if wanted.key else ()),
    )
    return ((name, [str(v) if name != "id" else v for v in values]) for name, values in named if values)


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
