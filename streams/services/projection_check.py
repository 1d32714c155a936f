"""The projection check: whether the target holds what the mapping makes of the mirror, exactly, at one moment.

Target, mirror, states and claims sit in one database. One snapshot of it shows whole batches only, so that no
difference is a matter of time, however many workers are at work.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from streams.drift.difference import ROW, Check, Difference, Kind
from streams.drift.verdict import Reason, Verdicts
from streams.errors import ErrorKind, SelarasError
from streams.ports.drift_progress import ScanPart
from streams.ports.projection_check import CheckMoment, CheckMoments, Standing
from streams.projection.compute import CompiledProjection
from streams.projection.key_text import is_key_text
from streams.services.plan import Plan
from streams.services.projected import Projected
from streams.services.projection_difference import Differences, Unlike

PAGE = 1000  # keys computed at once
WALK = 10_000  # keys read at once where nothing is computed of them


class ProjectionCheck:
    """Judges keys by the mapping of this plan."""

    def __init__(self, plan: Plan, moments: CheckMoments) -> None:
        self._plan = plan
        self._moments = moments

    @property
    def tables(self) -> Sequence[str]:
        """What is to be scanned by ``page``: every projection, those without table too."""
        return tuple(self._plan.ranks)

    @property
    def with_ids(self) -> Sequence[str]:
        """What is to be scanned by ``extra`` as well: tables whose rows do not tell their keys."""
        return tuple(name for name in self._plan.ranks if self._has_ids(name))

    def keys(self, projection: str, keys: Collection[str]) -> Verdicts:
        """Judge these keys; a thousand at a time, each thousand in a moment of its own.

        SelarasError (configuration) for a table without mapping.
        """
        self._require(projection)
        parts = []
        for part in _parts(keys):
            try:
                with self._moments.now() as moment:
                    parts.append(self._judge(moment, moment.standing(), projection, part))
            except SelarasError as error:
                if error.kind is not ErrorKind.UNAVAILABLE:
                    raise
                parts.append(_unknown(projection, part, Reason.SIDE_DOWN))
        return _joined(projection, parts)

    def page(self, projection: str, after: str, limit: int) -> tuple[Verdicts, ScanPart]:
        """Judge the next keys after this one in the order of bytes ('': from the first), at least two if there are.

        Keys are those of source rows, of states, claims and references, and of rows that tell their keys; rows that
        do not are found by ``extra``. SelarasError (unavailable) when the database is away.
        """
        self._require(projection)
        limit = max(limit, 2)  # the first key may be blank, and a page must come further than the one before
        with self._moments.now() as moment:
            found = moment.sources.keys_after(projection, after or None, limit)
            standing = moment.standing()
            parts = [self._judge(moment, standing, projection, part) for part in _parts(found)]
        last = found[-1] if len(found) == limit else None
        return _joined(projection, parts), ScanPart(Check.PROJECTION, projection, after, last, len(found))

    def extra(self, projection: str, after: str, limit: int) -> tuple[Verdicts, ScanPart | None]:
        """Rows that no key gives, among the next ``limit`` rows after this id; for tables whose ids are derived.

        An id can't be turned back into its key, so each call walks over all keys there are, in the snapshot that
        the ids were read in, and strikes their ids out: exact, and nothing is written. Some microseconds a key and
        some hundred bytes a row of the part are the price, so parts should be large (some 100,000 rows: a few walks
        for a large table). The alternatives are worse: ids noted while pages go by need writes, or miss rows that
        come and go between two pages, or judge them by transaction numbers that a row written by nobody's batch has
        too; and no function of the database derives these ids.

        The part's table is ``<projection> ids``. None, and nothing said, while nothing can be judged.
        """
        self._require(projection)
        compiled = self._plan.compiled(projection)
        with self._moments.now() as moment:
            standing = moment.standing()
            if not standing.is_recomputed or self._withheld(
                standing, Projected(self._plan, moment, standing), compiled
            ):
                return Verdicts(Check.PROJECTION, projection), None
            ids = moment.comparison.ids_after(projection, after or None, limit) if self._has_ids(projection) else ()
            different = self._extra(moment, standing, compiled, ids)
        last = ids[-1] if ids and len(ids) == limit else None
        part = ScanPart(Check.PROJECTION, f"{projection} ids", after, last, len(ids))
        return Verdicts(Check.PROJECTION, projection, (), tuple(different), at=standing.at), part

    def _require(self, projection: str) -> None:
        if projection not in self._plan.ranks:
            raise SelarasError(
                ErrorKind.CONFIGURATION,
                f"There is no mapping of a table {projection}.",
                f"take one of {', '.join(self._plan.ranks)}",
            )

    def _has_ids(self, projection: str) -> bool:
        declaration = self._plan.compiled(projection).declaration
        return not declaration.virtual and not is_key_text(declaration)

    def _withheld(self, standing: Standing, projected: Projected, compiled: CompiledProjection) -> Reason | None:
        """Why no key of the projection can be judged."""
        name = compiled.declaration.target
        if standing.versions != (self._plan.mapping, self._plan.reference):
            return Reason.RECOMPUTE_PENDING
        if name not in standing.writable:
            return Reason.WITHHELD
        if name in projected.paused:
            return Reason.PAUSED
        if standing.unknown & {source.table for source in compiled.declaration.sources}:
            return Reason.UNDECODABLE
        return None

    def _judge(self, moment: CheckMoment, standing: Standing, name: str, keys: Sequence[str]) -> Verdicts:
        compiled = self._plan.compiled(name)
        projected = Projected(self._plan, moment, standing)
        if reason := self._withheld(standing, projected, compiled):
            return replace(_unknown(name, keys, reason), at=standing.at)
        rows = {key for key in keys if key.startswith(ROW)} if self._has_ids(name) else set()
        rows -= moment.sources.read(name, rows).keys() if rows else set()
        mine = [key for key in keys if key not in rows] if rows else keys
        differences = Differences(compiled, moment, projected)
        found = self._found(projected, differences, compiled, mine)
        unknown = self._undecided(standing, projected, compiled, mine, found)
        different = list(differences.told({key: one for key, one in found.items() if key not in unknown}))
        if rows:
            different += self._extra(moment, standing, compiled, [key.removeprefix(ROW) for key in rows])
        unlike = {one.key for one in different} | unknown.keys()
        same = tuple(key for key in keys if key not in unlike)
        return Verdicts(Check.PROJECTION, name, same, tuple(different), unknown, standing.at)

    def _found(
        self, projected: Projected, differences: Differences, compiled: CompiledProjection, keys: Sequence[str]
    ) -> dict[str, list[Unlike]]:
        """Differences by key; what a looked-up row of the target makes doubtful is computed again without it."""
        name = compiled.declaration.target
        found = differences.of(projected.quick(name, keys))
        if compiled.declaration.lookups and (doubtful := found.keys() | projected.misled(name, keys)):
            again = differences.of(projected.thorough(name, doubtful))
            found = {key: one for key, one in again.items() if key in doubtful}
        for key, orphaned in differences.orphans(keys).items():
            found[key] = [*found.get(key, ()), *orphaned]
        return found

    def _undecided(
        self,
        standing: Standing,
        projected: Projected,
        compiled: CompiledProjection,
        keys: Sequence[str],
        found: Mapping[str, Sequence[Unlike]],
    ) -> dict[str, Reason]:
        """Keys for which what was found decides nothing."""
        name = compiled.declaration.target
        unknown: dict[str, Reason] = {}
        if not standing.is_recomputed:
            sources = [source for sources in self._plan.derived.values() for source in sources]
            names = [source.name for source in sources if source.projection == name]
            is_derived = all(step in standing.steps and standing.steps[step].finished for step in names)
            waiting = found.keys() if is_derived else keys
            unknown |= {key: Reason.RECOMPUTE_PENDING for key in waiting if not _is_done(standing, name, key)}
        if projected.paused:
            # A row that had to go stays while rows refer to it whose own keys wait: perhaps they do so no more.
            states = projected.states(name, found.keys())
            kept = {key for key in found if (state := states[key]) is not None and state.waits_for_table == ""}
            unknown |= dict.fromkeys(kept, Reason.PAUSED)
        return unknown

    def _extra(
        self, moment: CheckMoment, standing: Standing, compiled: CompiledProjection, ids: Collection[str]
    ) -> list[Difference]:
        """Those of the ids that are in the target and that no key gives."""
        name = compiled.declaration.target
        left, after = set(moment.comparison.rows(name, ids) if len(ids) <= PAGE else ids), None
        while left and (keys := moment.sources.keys_after(name, after, WALK)):
            left.difference_update(str(compiled.key_value(key)) for key in keys)
            after = keys[-1]
        if not left:
            return []
        found = {}
        for identity, row in moment.comparison.rows(name, sorted(left)).items():
            columns = {column: (None, value) for column, value in row.items() if value is not None}
            found[f"{ROW}{identity}"] = [Unlike(Kind.EXTRA, columns)]
        return list(Differences(compiled, moment, Projected(self._plan, moment, standing)).told(found))


def _is_done(standing: Standing, name: str, key: str) -> bool:
    """Whether the recompute under way has computed the key."""
    step = standing.steps.get(name)
    return step is not None and (step.finished or (step.after is not None and key <= step.after))


def _parts(keys: Collection[str]) -> list[list[str]]:
    each = list(dict.fromkeys(keys))
    return [each[start : start + PAGE] for start in range(0, len(each), PAGE)]


def _unknown(name: str, keys: Sequence[str], reason: Reason) -> Verdicts:
    return Verdicts(Check.PROJECTION, name, unknown=dict.fromkeys(keys, reason))


def _joined(name: str, parts: Sequence[Verdicts]) -> Verdicts:
    same = tuple(key for part in parts for key in part.same)
    different = tuple(one for part in parts for one in part.different)
    unknown = {key: reason for part in parts for key, reason in part.unknown.items()}
    began = min((part.at for part in parts if part.at is not None), default=None)
    return Verdicts(Check.PROJECTION, name, same, different, unknown, began)
