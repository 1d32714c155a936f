"""States of keys with their history, and who holds claimed values."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection

from streams.adapters.databases.mirror import encoded
from streams.ports.key_states import NO_ROWS, AsOf, RowsChanged
from streams.projection.declaration import Claim
from streams.projection.outcome import Outcome, OutcomeKind

# One statement: what changed is known while it is changed. Parts are united by key with an aggregate, for the applier
# joins by nested loops alone, which over parts without an index would look at every pair.
RECORD = """
with forgotten as (
  delete from selaras.key_state where projection = %(projection)s and key = any(%(plain)s) returning key, outcome
), stored as (
  insert into selaras.key_state as s (projection, key, outcome, faults, findings, wait_projection, wait_key)
  select %(projection)s, key, outcome, faults, findings, wait_projection, wait_key
  from json_to_recordset(%(kept)s)
    as x(key text, outcome text, faults jsonb, findings jsonb, wait_projection text, wait_key text)
  on conflict (projection, key) do update set outcome = excluded.outcome, faults = excluded.faults,
    findings = excluded.findings, wait_projection = excluded.wait_projection, wait_key = excluded.wait_key,
    since = case when s.outcome = excluded.outcome then s.since else excluded.since end
  where (s.outcome, s.faults, s.findings, s.wait_projection, s.wait_key) is distinct from
    (excluded.outcome, excluded.faults, excluded.findings, excluded.wait_projection, excluded.wait_key)
  returning s.key, old.outcome as was, s.outcome, s.faults, s.findings, s.wait_projection, s.wait_key
), back as (
  update selaras.outcome_history set is_gone = false
  where projection = %(projection)s and key = any(%(plain)s::text[] || %(stateful)s::text[])
    and key <> all(%(absent)s) and is_gone
  returning key
), part as (
  select key, true as is_state, was, outcome, faults, findings, wait_projection, wait_key, null::text[] as columns
  from stored
  union all select key, true, outcome, null, null, null, null, null, null from forgotten
  union all select key, false, was, outcome, faults, findings, wait_projection, wait_key, columns
  from json_to_recordset(%(changed)s) as x(key text, was text, outcome text, faults jsonb, findings jsonb,
    wait_projection text, wait_key text, columns text[])
  union all select key, false, 'absent', null, null, null, null, null, null from back
), entry as (
  select key,
    coalesce(max(was) filter (where is_state),
      case when bool_or(is_state) and bool_or(columns is not null) then 'row' end,
      max(was) filter (where not is_state)) as was,
    coalesce(any_value(outcome), case when key = any(%(absent)s) then 'absent' else 'row' end) as outcome,
    coalesce(any_value(faults), '[]') as faults, coalesce(any_value(findings), '[]') as findings,
    any_value(wait_projection) as wait_projection, any_value(wait_key) as wait_key,
    coalesce(any_value(columns), '{}') as columns
  from part group by key
)
insert into selaras.outcome_history (projection, key, was, outcome, is_gone, faults, findings, wait_projection,
  wait_key, columns, generation, commit, record, committed_ms)
select %(projection)s, key, was, outcome, outcome = 'absent', faults, findings, wait_projection, wait_key, columns,
  %(generation)s::integer, %(commit)s::bigint, %(record)s::bigint, %(committed_ms)s::bigint
from entry
"""
WAITING = "select projection, key from selaras.key_state where wait_projection = %s and wait_key = any(%s)"
UNREFER = "delete from selaras.reference where projection = %s and lookup = %s and key = any(%s)"
REFER = """
insert into selaras.reference as r (projection, lookup, key, refers_to)
select %s, %s, key, refers_to from json_to_recordset(%s) as x(key text, refers_to text)
on conflict (projection, lookup, key) do update set refers_to = excluded.refers_to
where r.refers_to <> excluded.refers_to
"""
HELD = "select distinct value from selaras.claim where projection = %s and column_name = %s and key = any(%s)"
HOLDERS = """
select distinct on (value) value, key from selaras.claim
where projection = %s and column_name = %s and value = any(%s) order by value, rank, key collate "C"
"""
WITHDRAW = "delete from selaras.claim where projection = %s and column_name = %s and key = any(%s)"
WISH = """
insert into selaras.claim (projection, column_name, value, key, rank)
select %s, %s, value, key, rank from json_to_recordset(%s) as x(value text, key text, rank text)
"""


class PostgresKeyStates:
    """Implements the port ``KeyStates``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def record(
        self,
        projection: str,
        outcomes: Mapping[str, Outcome],
        changed: RowsChanged = NO_ROWS,
        as_of: AsOf | None = None,
    ) -> None:
        """See the port."""
        if not outcomes:
            return
        plain: list[str] = []
        stateful: list[str] = []
        for key in sorted(outcomes):
            (stateful if _is_kept(outcomes[key]) else plain).append(key)
        rows = {**dict.fromkeys(changed.deleted, ()), **changed.updated}
        told = [_changed(key, outcomes[key], columns) for key, columns in rows.items() if key in outcomes]
        position = as_of.position if as_of else None
        values = {
            "projection": projection,
            "plain": plain,
            "stateful": stateful,
            "absent": [key for key in plain if outcomes[key].kind is OutcomeKind.ABSENT],
            "kept": encoded([_state(key, outcomes[key]) for key in stateful]),
            "changed": encoded(told),
            "generation": position.generation if position else None,
            "commit": position.commit if position else None,
            "record": position.record if position else None,
            "committed_ms": as_of.committed_ms if as_of else None,
        }
        self._connection.exec_driver_sql(RECORD, values)

    def waiting_for(self, projection: str, keys: Collection[str]) -> Mapping[str, set[str]]:
        """See the port."""
        found: dict[str, set[str]] = {}
        for waiting, key in self._connection.exec_driver_sql(WAITING, (projection, list(keys))):
            found.setdefault(waiting, set()).add(key)
        return found

    def refer(self, projection: str, lookup: str, references: Mapping[str, str | None]) -> None:
        """See the port."""
        gone = [key for key in sorted(references) if references[key] is None]
        kept = [{"key": key, "refers_to": references[key]} for key in sorted(references) if references[key] is not None]
        if gone:
            self._connection.exec_driver_sql(UNREFER, (projection, lookup, gone))
        if kept:
            self._connection.exec_driver_sql(REFER, (projection, lookup, encoded(kept)))

    def held_values(self, projection: str, claim: Claim, keys: Collection[str]) -> set[str]:
        """See the port."""
        return set(self._connection.exec_driver_sql(HELD, (projection, claim.column, list(keys))).scalars())

    def claim(
        self, projection: str, claim: Claim, wishes: Mapping[str, tuple[str, str] | None]
    ) -> Mapping[str, tuple[str | None, str | None]]:
        """See the port."""
        keys = sorted(wishes)
        values = self.held_values(projection, claim, keys) | {wish[0] for wish in wishes.values() if wish}
        before = self._holders(projection, claim, values)
        self._connection.exec_driver_sql(WITHDRAW, (projection, claim.column, keys))
        rows = [{"key": key, "value": w[0], "rank": w[1]} for key in keys if (w := wishes[key]) is not None]
        if rows:
            self._connection.exec_driver_sql(WISH, (projection, claim.column, encoded(rows)))
        after = self._holders(projection, claim, values)
        return {value: (before.get(value), after.get(value)) for value in values}

    def _holders(self, projection: str, claim: Claim, values: Collection[str]) -> dict[str, str]:
        if not values:
            return {}
        rows = self._connection.exec_driver_sql(HOLDERS, (projection, claim.column, list(values)))
        return {value: key for value, key in rows}  # noqa: C416  the type checker takes a row for no pair


def _is_kept(outcome: Outcome) -> bool:
    return outcome.kind in (OutcomeKind.WAITING, OutcomeKind.QUARANTINED) or bool(outcome.faults or outcome.findings)


def _state(key: str, outcome: Outcome) -> dict[str, object]:
    waits = outcome.waits
    return {
        "key": key,
        "outcome": outcome.kind.value,
        "faults": outcome.faults,
        "findings": outcome.findings,
        "wait_projection": waits.projection if waits else None,
        "wait_key": waits.key if waits else None,
    }


def _changed(key: str, outcome: Outcome, columns: Sequence[str]) -> dict[str, object]:
    """Of a row that was there. Where the key has a state that does not change, it was what it is."""
    if _is_kept(outcome):
        return {**_state(key, outcome), "was": outcome.kind.value, "columns": columns}
    return {"key": key, "was": "row", "outcome": outcome.kind.value, "columns": columns}
