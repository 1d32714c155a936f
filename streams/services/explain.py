"""Where target rows come from: one key in full, or everything that is processed about a NIB."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from streams.errors import ErrorKind, SelarasError
from streams.ports.explain import KeptClaim, MirrorRow, Moment, Moments
from streams.projection.compute import CompiledProjection
from streams.projection.curtain import Curtain
from streams.projection.explain import Trace, trace
from streams.projection.keys import split
from streams.projection.outcome import Outcome
from streams.projection.schema_change import paused
from streams.services.explained import Explanation, Record, in_short
from streams.services.plan import Plan
from streams.services.telling import Facts, told

PAGE = 200  # keys read at once

Rows = Mapping[str, Sequence[MirrorRow]]
Found = Mapping[str, Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What one question needs again and again."""

    moment: Moment
    paused: Mapping[str, Outcome]
    notes: tuple[str, ...]
    text: str
    reveal: bool


class Explain:
    """Answers from one moment of the target database, by the mapping of this plan."""

    def __init__(self, plan: Plan, moments: Moments, *, reveal_allowed: bool) -> None:
        self._plan = plan
        self._moments = moments
        self._reveal_allowed = reveal_allowed

    def key(self, table: str, text: str, *, reveal: bool = False) -> list[Explanation]:
        """The key; or, where ``text`` is no key of the table, the table's keys that belong to the NIB, ``id_proyek`` or
        ``id_izin`` of that text. At least one: a key that nobody knows is absent.

        SelarasError (configuration) for a table without mapping, and when values must not be revealed.
        """
        compiled = self._known(table)
        self._allow(reveal)
        with self._moments.now() as moment:
            asked = self._asked(moment, text, reveal)
            first = self._explain(compiled, [text], asked)
            if first[0].rows or first[0].history or first[0].kept.outcome != "absent":
                return first
            keys = moment.mirror.belonging(text).get(table, ())
            return self._explain(compiled, keys, asked) if keys else first

    def nib(self, nib: str, *, reveal: bool = False, report: Callable[[int], None] | None = None) -> Record:
        """Every key of every projection that the NIB's legacy rows touch; ``report`` hears how many are done.

        SelarasError (configuration) when nothing is known of the NIB, and when values must not be revealed.
        """
        self._allow(reveal)
        keys = []
        with self._moments.now() as moment:
            asked = self._asked(moment, nib, reveal)
            belonging = moment.mirror.belonging(nib)
            for compiled in self._plan.ordered:
                found = belonging.get(compiled.declaration.target, ())
                for start in range(0, len(found), PAGE):
                    keys += [in_short(one) for one in self._explain(compiled, found[start : start + PAGE], asked)]
                    if report is not None:
                        report(len(keys))
        if not keys:
            raise SelarasError(
                ErrorKind.CONFIGURATION,
                "Nothing is processed about this NIB: no legacy row in the mirror names it, and no key is stored.",
                "check the number; 'selaras status' shows whether every table of the mirror is known",
            )
        return Record(nib, keys)

    def _known(self, table: str) -> CompiledProjection:
        if table not in self._plan.ranks:
            raise SelarasError(
                ErrorKind.CONFIGURATION,
                f"There is no mapping of a table {table}.",
                f"take one of {', '.join(self._plan.ranks)}",
            )
        return self._plan.compiled(table)

    def _allow(self, reveal: bool) -> None:
        if reveal and not self._reveal_allowed:
            raise SelarasError(
                ErrorKind.CONFIGURATION,
                "Values are shown behind a mask: revealing them is not allowed by the settings.",
                "whoever answers for personal data sets SELARAS_EXPLAIN_REVEAL_ALLOWED=true; or leave --reveal out",
            )

    def _asked(self, moment: Moment, text: str, reveal: bool) -> _Asked:
        notes = []
        if moment.kept.in_force() != (self._plan.mapping, self._plan.reference):
            notes.append(
                "The mapping and reference files are not those in force: what the target holds was made by others."
            )
        stopped = paused([compiled.declaration for compiled in self._plan.ordered], moment.kept.lacking())
        return _Asked(moment, stopped, tuple(notes), text, reveal)

    def _explain(self, compiled: CompiledProjection, keys: Sequence[str], asked: _Asked) -> list[Explanation]:
        name = compiled.declaration.target
        mirror, kept = asked.moment.mirror.of_keys(name, keys), asked.moment.kept
        states, claims, history = kept.states(name, keys), kept.claims(name, keys), kept.history(name, keys)
        held = {key: _written(row) for key, row in asked.moment.target.read(name, keys).items()}
        values = {key: _values(mirror.get(key, {})) for key in keys}
        found = self._look_up(compiled, values, asked.moment)
        result = []
        for key in keys:
            traced = trace(compiled, key, values[key], found[key])
            asked_for = claims.get(key, ())
            stopped = asked.paused.get(name)
            outcome = stopped if stopped is not None else _claimed(compiled, traced, key, asked_for)
            facts = Facts(key, mirror.get(key, {}), states.get(key), held.get(key), asked_for, history.get(key, ()))
            curtain = self._curtain(compiled, key, traced, asked)
            result.append(told(compiled, replace(traced, outcome=outcome), facts, curtain, asked.notes))
        return result

    def _look_up(
        self,
        compiled: CompiledProjection,
        values: Mapping[str, Mapping[str, Sequence[Mapping[str, object]]]],
        moment: Moment,
    ) -> dict[str, Found]:
        pairs = {key: compiled.lookup_keys(key, compiled.choose(rows)) for key, rows in values.items()}
        wanted: dict[str, set[str]] = {}
        for one in pairs.values():
            for lookup, key in one:
                if key is not None:
                    wanted.setdefault(lookup.projection, set()).add(key)
        rows = {name: moment.target.find(name, keys) for name, keys in wanted.items()}
        return {
            key: {
                lookup.name: rows[lookup.projection][other]
                for lookup, other in one
                if other is not None and other in rows[lookup.projection]
            }
            for key, one in pairs.items()
        }

    def _curtain(self, compiled: CompiledProjection, key: str, traced: Trace, asked: _Asked) -> Curtain:
        declared = {
            lookup.name: self._plan.compiled(lookup.projection).declaration for lookup in compiled.declaration.lookups
        }
        known: Collection[str] = {asked.text, key, *split(key), *(one.key or "" for one in traced.lookups)}
        return Curtain(compiled.declaration, declared, known, asked.reveal)


def _written(row: Mapping[str, object]) -> dict[str, object]:
    """Bytes as rules write them: their Python form could be compared with nothing."""
    return {name: "\\x" + value.hex() if isinstance(value, bytes) else value for name, value in row.items()}


def _values(rows: Rows) -> dict[str, list[Mapping[str, object]]]:
    return {source: [row.values for row in found] for source, found in rows.items()}


def _claimed(compiled: CompiledProjection, traced: Trace, key: str, claims: Sequence[KeptClaim]) -> Outcome:
    """The outcome once claims are settled as the target has them."""
    outcome = traced.outcome
    for claim in claims:
        if outcome.row is not None and claim.holder != key and str(outcome.row[claim.column]) == claim.value:
            outcome = compiled.without(outcome, claim.column)
    return outcome
