"""States of keys, and who holds claimed values."""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection

from streams.adapters.databases.mirror import encoded
from streams.projection.declaration import Claim
from streams.projection.outcome import Outcome, OutcomeKind

FORGET = "delete from selaras.key_state where projection = %s and key = any(%s)"
STORE = """
insert into selaras.key_state as s (projection, key, outcome, faults, findings, wait_projection, wait_key)
select %s, key, outcome, faults, findings, wait_projection, wait_key
from json_to_recordset(%s)
  as x(key text, outcome text, faults jsonb, findings jsonb, wait_projection text, wait_key text)
on conflict (projection, key) do update set outcome = excluded.outcome, faults = excluded.faults,
  findings = excluded.findings, wait_projection = excluded.wait_projection, wait_key = excluded.wait_key,
  since = case when s.outcome = excluded.outcome then s.since else excluded.since end
where (s.outcome, s.faults, s.findings, s.wait_projection, s.wait_key) is distinct from
  (excluded.outcome, excluded.faults, excluded.findings, excluded.wait_projection, excluded.wait_key)
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

    def record(self, projection: str, outcomes: Mapping[str, Outcome]) -> None:
        """See the port."""
        kept = [_state(key, outcomes[key]) for key in sorted(outcomes) if _is_kept(outcomes[key])]
        forgotten = [key for key in sorted(outcomes) if not _is_kept(outcomes[key])]
        if forgotten:
            self._connection.exec_driver_sql(FORGET, (projection, forgotten))
        if kept:
            self._connection.exec_driver_sql(STORE, (projection, encoded(kept)))

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
