"""One pass down the projections: keys whose sources changed are computed again, and whoever depends on them after them.

All outcomes are computed first. Then, in one transaction: claimed values that change hands are released, rows are
written in the order of the projections, and rows that are no more are deleted in reverse order. Deletes come last
because a child that moves from a parent that goes away must have moved before the parent can go.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from streams.errors import ErrorKind, SelarasError
from streams.ports.key_states import AsOf
from streams.ports.replication import Bucket, UnitOfWork
from streams.projection.choose import Chosen
from streams.projection.compute import CompiledProjection
from streams.projection.declaration import Claim, Lookup
from streams.projection.outcome import Fault, Outcome, OutcomeKind
from streams.projection.schema_change import paused
from streams.services.plan import Plan
from streams.services.touched import TouchedRows

Row = Mapping[str, object]


class TargetRefused(SelarasError):
    """The target refused rows that no rule foresaw: the batch runs again with these rows in quarantine.

    The row is remembered with the reason: in the next try another worker's change may have made a better one of it.
    """

    def __init__(self, refused: Mapping[tuple[str, str], tuple[Row, str]]) -> None:
        super().__init__(ErrorKind.CONFLICT, "The new database refused rows of this batch.")
        self.refused = refused


class NeedLocks(SelarasError):
    """Locks of a lower class turned out to be needed late and were not free: the batch runs again with all of them."""

    def __init__(self, buckets: frozenset[Bucket]) -> None:
        super().__init__(ErrorKind.CONFLICT, "Another worker holds keys that this batch needs.")
        self.buckets = buckets


@dataclass(slots=True)
class Settled:
    """What a pass did: outcomes by projection and key, rows written, rows deleted."""

    outcomes: dict[str, dict[str, Outcome]] = field(default_factory=dict)
    written: int = 0
    deleted: int = 0
    written_in: dict[str, int] = field(default_factory=dict)  # by projection
    deleted_in: dict[str, int] = field(default_factory=dict)

    def counts(self, name: str, keys: Collection[str]) -> dict[str, int]:
        """Of these keys of a projection, how many came to which outcome."""
        result: dict[str, int] = {}
        for key in keys:
            kind = self.outcomes[name][key].kind.value
            result[kind] = result.get(kind, 0) + 1
        return result


@dataclass(slots=True)
class Again:
    """What earlier tries of the same batch taught: locks to take from the start, rows that the target refuses."""

    locks: set[Bucket] = field(default_factory=set)
    refused: dict[tuple[str, str], tuple[Row, str]] = field(default_factory=dict)

    def learn(self, error: "NeedLocks | TargetRefused") -> None:
        """Remember why the try failed, so that the next one does not fail for it."""
        if isinstance(error, NeedLocks):
            self.locks |= error.buckets
        else:
            self.refused |= error.refused

    def judged(self, name: str, key: str, outcome: Outcome) -> Outcome:
        """The outcome, or a quarantine where the target refused this very row before."""
        row, reason = self.refused.get((name, key), (None, ""))
        if row is None or row != outcome.row:
            return outcome
        return Outcome(OutcomeKind.QUARANTINED, faults=(Fault("", "TARGET", reason),))


class Pass:
    """One pass in one transaction; made anew for every transaction."""

    def __init__(
        self, plan: Plan, work: UnitOfWork, writable: frozenset[str], again: "Again", as_of: AsOf | None = None
    ) -> None:
        """``as_of``: the newest legacy change that made the pass necessary, where there is one."""
        self._plan = plan
        self._work = work
        self._as_of = as_of
        # What can't be computed is told of its keys, and nothing of it is written: rows stay as they are.
        self._paused = paused([c.declaration for c in plan.ordered], work.lacking.columns())
        self._writable = writable - self._paused.keys()
        self._again = again
        self._held: set[Bucket] = set()
        self._pending: dict[str, set[str]] = {}
        self._references: dict[tuple[str, str], dict[str, str | None]] = {}
        self.result = Settled()

    def run(self, touched: TouchedRows) -> Settled:
        """Settle everything that these changed rows concern."""
        self._work.evidence.touched_rows(touched.names)
        keys = self._plan.keys_touched(touched.values)
        for name, derived in touched.keys.items():
            keys[name] |= derived
        wanted = set(self._again.locks)
        for name, looked_up in self._plan.looked_up(touched.values).items():
            wanted |= self._plan.key_buckets(name, keys[name] | looked_up)
        self._lock(wanted)
        return self.run_keys(keys)

    def run_keys(self, keys: Mapping[str, set[str]]) -> Settled:
        """Settle these keys and whoever depends on them."""
        self._lock(self._again.locks)
        self._pending = {name: set(keys.get(name, ())) for name in self._plan.ranks}
        for compiled in self._plan.ordered:
            name = compiled.declaration.target
            if self._pending[name]:
                self._settle(compiled, self._pending[name])
        self._write()
        return self.result

    def _lock(self, buckets: Collection[Bucket]) -> None:
        missing = sorted(set(buckets) - self._held)
        if not missing:
            return
        # Waiting is safe only upwards in the one global order; below what is held, a lock may only be tried.
        if not self._held or missing[0] > max(self._held):
            self._work.locks.acquire(missing)
        elif not self._work.locks.try_acquire(missing):
            raise NeedLocks(frozenset(self._held | set(missing)))
        self._held.update(missing)

    def _settle(self, compiled: CompiledProjection, keys: set[str]) -> None:
        name = compiled.declaration.target
        self._lock(self._plan.key_buckets(name, keys))
        if name in self._paused:
            self.result.outcomes[name] = dict.fromkeys(keys, self._paused[name])
            return
        before = self._work.target.find(name, keys) if self._plan.dependents[name] else {}
        outcomes = self.result.outcomes.setdefault(name, {})
        work = set(keys)
        while work:
            outcomes.update(self._compute(compiled, work))
            extra = self._settle_claims(compiled, work, outcomes)
            if extra:
                self._lock(self._plan.key_buckets(name, extra))
                before = {**before, **self._work.target.find(name, extra)} if self._plan.dependents[name] else before
            work = extra
        self._wake(name, before, outcomes)

    def _compute(self, compiled: CompiledProjection, keys: Collection[str]) -> dict[str, Outcome]:
        rows = self._work.sources.read(compiled.declaration.target, keys)
        chosen = {key: compiled.choose(rows.get(key, {})) for key in keys}
        found = self._look_up(compiled, chosen)
        name = compiled.declaration.target
        return {
            key: self._again.judged(name, key, compiled.compute(key, chosen[key], found.get(key, {}))) for key in keys
        }

    def _look_up(
        self, compiled: CompiledProjection, chosen: Mapping[str, Chosen]
    ) -> dict[str, dict[str, Mapping[str, object]]]:
        if not compiled.declaration.lookups:
            return {}
        references = {key: compiled.lookup_keys(key, c) for key, c in chosen.items()}
        self._note_references(compiled.declaration.target, references)
        wanted: dict[str, set[str]] = {}
        for pairs in references.values():
            for lookup, key in pairs:
                if key is not None:
                    wanted.setdefault(lookup.projection, set()).add(key)
        rows = {name: self._rows_of(name, keys) for name, keys in wanted.items()}
        found: dict[str, dict[str, Mapping[str, object]]] = {}
        for key, pairs in references.items():
            found[key] = {
                lookup.name: rows[lookup.projection][wanted_key]
                for lookup, wanted_key in pairs
                if wanted_key is not None and wanted_key in rows[lookup.projection]
            }
        return found

    def _note_references(self, name: str, references: Mapping[str, list[tuple[Lookup, str | None]]]) -> None:
        for lookup in self._plan.recorded(name):
            noted = self._references.setdefault((name, lookup), {})
            noted |= {key: wanted for key, pairs in references.items() for one, wanted in pairs if one.name == lookup}

    def _rows_of(self, name: str, keys: set[str]) -> dict[str, Mapping[str, object]]:
        self._lock(self._plan.key_buckets(name, keys))
        computed = {} if name in self._paused else self.result.outcomes.get(name, {})
        rows = {key: o.row for key in keys if (o := computed.get(key)) is not None and o.row is not None}
        others = keys - computed.keys()
        return {**rows, **self._work.target.find(name, others)} if others else rows

    def _settle_claims(
        self, compiled: CompiledProjection, keys: Collection[str], outcomes: dict[str, Outcome]
    ) -> set[str]:
        name, extra = compiled.declaration.target, set()
        for claim in compiled.declaration.claims:
            wishes = {key: wish_of(claim, outcomes[key]) for key in keys}
            values = {wish[0] for wish in wishes.values() if wish} | self._work.states.held_values(name, claim, keys)
            self._lock(self._plan.claim_buckets(name, claim.column, values))
            holders = self._work.states.claim(name, claim, wishes)
            for key, wish in wishes.items():
                if wish is not None and holders[wish[0]][1] != key:
                    outcomes[key] = self._again.judged(name, key, compiled.without(outcomes[key], claim.column))
            for was, now in holders.values():
                if was != now:
                    extra |= {key for key in (was, now) if key is not None and key not in keys}
        return extra

    def _wake(self, name: str, before: Mapping[str, Mapping[str, object]], outcomes: Mapping[str, Outcome]) -> None:
        if not self._plan.dependents[name]:
            return
        appeared = {key for key, o in outcomes.items() if o.row is not None and key not in before}
        vanished = {key for key, o in outcomes.items() if o.row is None and key in before}
        if appeared:
            for waiting, keys in self._work.states.waiting_for(name, appeared).items():
                if waiting in self._pending:  # a mapping that is gone may have left keys that wait
                    self._pending[waiting] |= keys
        for dependent in self._plan.dependents[name]:
            changed = {
                key
                for key, o in outcomes.items()
                if o.row is not None and key in before and any(o.row[c] != before[key][c] for c in dependent.reads)
            }
            # Who waits for another row too, or is refused beside waiting, is known to its references alone.
            concerned = appeared | vanished | changed
            if concerned:
                self._pending[dependent.projection] |= self._work.sources.dependents(dependent, concerned)

    def _write(self) -> None:
        ordered = [c.declaration for c in self._plan.ordered if self.result.outcomes.get(c.declaration.target)]
        written = [p for p in ordered if p.target in self._writable]
        for projection in written:
            for claim in projection.claims:
                wishes = {key: wish_of(claim, o) for key, o in self.result.outcomes[projection.target].items()}
                wanted = {key: wish[0] if wish else None for key, wish in wishes.items()}
                self._work.target.release(projection.target, claim, wanted)
        for projection in written:
            outcomes = self.result.outcomes[projection.target]
            rows = {key: o.row for key, o in outcomes.items() if o.row is not None}
            count, refused = self._work.target.write(projection.target, rows)
            self.result.written += count
            self.result.written_in[projection.target] = count
            if refused:
                raise TargetRefused({(projection.target, key): (rows[key], reason) for key, reason in refused.items()})
        for projection in reversed(written):
            outcomes = self.result.outcomes[projection.target]
            gone = [key for key, o in outcomes.items() if o.row is None]
            count, kept = self._work.target.delete(projection.target, gone)
            self.result.deleted += count
            self.result.deleted_in[projection.target] = count
            outcomes |= {key: self._kept(outcomes[key], reason) for key, reason in kept.items()}
        for projection in ordered:
            name = projection.target
            changed = self._work.target.changed(name)
            self._work.states.record(name, self.result.outcomes[name], changed, self._as_of)
        for (name, lookup), references in self._references.items():
            self._work.states.refer(name, lookup, references)
        self._work.evidence.touched({p.target: self.result.outcomes[p.target].keys() for p in ordered})

    def _kept(self, outcome: Outcome, reason: str) -> Outcome:
        """A row that should go, but that rows of nobody's mapping refer to, stays and is told of.

        While a projection is paused they may be its rows: then the key waits for what that waits for.
        """
        for stopped in self._paused.values():
            return Outcome(OutcomeKind.WAITING, None, (*outcome.faults, *stopped.faults), stopped.waits)
        return Outcome(OutcomeKind.QUARANTINED, None, (*outcome.faults, Fault("", "TARGET", reason)), outcome.waits)


def wish_of(claim: Claim, outcome: Outcome) -> tuple[str, str] | None:
    """The value that an outcome asks for, and its rank: the least of those who ask holds it."""
    row = outcome.row
    if row is None or row[claim.column] is None or any(row[column] != value for column, value in claim.when):
        return None
    rank = "\x1f".join(str(row[column]) for column in claim.prefer)
    return str(row[claim.column]), rank
