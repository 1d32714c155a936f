"""Legacy = mirror: touched rows at once, all rows part by part; read-only on both sides."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from streams.drift.canonical import INTEGERS, has_form, key_at, place
from streams.drift.difference import Check
from streams.drift.verdict import Reason, Verdicts
from streams.errors import ErrorKind, Reaction, SelarasError
from streams.ports.capture import Clock
from streams.ports.capture_check import Compared, Keys, LegacySide, MirrorColumns, MirrorSide, Run
from streams.ports.drift_progress import ScanPart
from streams.projection.catalog import Table
from streams.services.barrier import BarrierResult
from streams.services.capture_look import Case, Look, Sides
from streams.services.captured import LegacyCurtain

LOOKS = 3  # at a row that changes meanwhile, before it stays without a verdict
PAGE = 2000  # rows that are read whole at once
FIRST_CHUNK, LEAST_CHUNK, MOST_CHUNK = 500, 50, 50_000  # rows


class Proof(Protocol):
    """A barrier: begun when it is called, passed once everything committed before is applied."""

    def pass_(self, timeout: float) -> BarrierResult:
        """Wait up to ``timeout`` seconds."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How gentle: ``chunk_s``: seconds that a chunk of a scan may take on the legacy side, about; ``barrier_s``:
    seconds that a barrier may take until keys stay without a verdict.
    """

    chunk_s: float = 0.1
    barrier_s: float = 3.0


@dataclass(slots=True)
class CaptureCheck:
    """Compares what the legacy database holds with what the mirror says that it holds.

    ``tables``: the captured ones, as the mirror follows them.
    """

    legacy: LegacySide
    mirror: MirrorSide
    proof: Proof
    clock: Clock
    tables: Mapping[str, Table]
    curtain: LegacyCurtain
    budget: Budget = field(default_factory=Budget)
    _chunks: dict[str, int] = field(default_factory=dict, init=False)

    def rows(self, table: str, keys: Collection[str]) -> Verdicts:
        """Of these keys: primary keys as text; of a table without one, business numbers ('' for none)."""
        return self.of_tables({table: keys})[0]

    def of_tables(self, keys: Mapping[str, Collection[str]]) -> Sequence[Verdicts]:
        """The same of several tables: keys that need a barrier share one, whatever their table is."""
        cases = [Case(self.tables[table], set(found)) for table, found in keys.items()]
        try:
            for case in cases:
                case.columns, case.held = self._columns(case.table.name)
                if not case.columns:
                    # The table is not there any more; the schema watch says so.
                    case.unknown |= dict.fromkeys(case.left, Reason.PAUSED)
                    case.left = set()
                self._settle_by_digest(case)
            for _ in range(LOOKS):
                if not any(case.left for case in cases):
                    break
                Look(Sides(self.legacy, self.mirror), self.curtain, self._passed).take(cases)
        except SelarasError as error:
            # The target's absence is found by whoever stores the verdicts.
            if error.policy.reaction not in (Reaction.RETRY, Reaction.RESEEK):
                raise
            for case in cases:
                case.unknown |= dict.fromkeys(case.left, Reason.SIDE_DOWN)
                case.left = set()
        return [case.verdicts() for case in cases]

    def part(self, table: str, after: str) -> tuple[Verdicts, ScanPart]:
        """The next keys behind the place ``after`` ('' for the first): one digest of all of them on each side, single
        digests where it differs, rows where those do. SelarasError (unavailable) when a side is away.
        """
        described = self.tables[table]
        is_number = self._is_number(described)
        columns, _ = self._columns(table)
        if not columns:
            raise SelarasError(ErrorKind.UNAVAILABLE, f"The legacy database has no table {table} any more.")
        first = key_at(after, is_number=is_number) if after else None
        begun, size = self.clock.now(), self._chunks.get(table, FIRST_CHUNK)
        run = Run(first, self._end(table, first, size))
        theirs = self.legacy.total(table, columns, run)
        self._resize(table, size, self.clock.now() - begun)
        ours = self.mirror.total(table, columns, run)
        verdicts = Verdicts(Check.CAPTURE, table, tuple(ours.keys))
        if theirs.digest is None or (theirs.count, theirs.digest) != (ours.count, ours.digest):
            verdicts = self._drill(table, columns, run)
        last = None if run.last is None else place(run.last, is_number=is_number)
        return verdicts, ScanPart(Check.CAPTURE, table, after, last, max(ours.count, theirs.count))

    def _drill(self, table: str, columns: Sequence[Compared], run: Run) -> Verdicts:
        theirs = self.legacy.digests(table, columns, run)
        ours = self.mirror.digests(table, columns, run)
        same = {key for key, digest in ours.items() if digest is not None and theirs.get(key) == digest}
        left = sorted((ours.keys() | theirs.keys()) - same)
        judged = [self.rows(table, left[start : start + PAGE]) for start in range(0, len(left), PAGE)]
        return Verdicts(
            Check.CAPTURE,
            table,
            (*sorted(same), *(key for each in judged for key in each.same)),
            tuple(one for each in judged for one in each.different),
            {key: reason for each in judged for key, reason in each.unknown.items()},
        )

    def _end(self, table: str, after: str | None, size: int) -> str | None:
        """Where a chunk ends: on neither side it has more rows than asked for."""
        number = self._is_number(self.tables[table])
        bounds = [side.bound(table, after, size) for side in (self.legacy, self.mirror)]
        return min((b for b in bounds if b is not None), key=lambda key: place(key, is_number=number), default=None)

    def _resize(self, table: str, size: int, took: float) -> None:
        fitting = size * self.budget.chunk_s / max(took, 1e-4)
        self._chunks[table] = int(min(MOST_CHUNK, 2 * size, max(LEAST_CHUNK, fitting)))

    def _columns(self, table: str) -> tuple[Sequence[Compared], MirrorColumns]:
        theirs, ours = self.legacy.columns(table), self.mirror.columns(table)
        key = self.tables[table].named_by
        both = [
            Compared(name, kind, ours.held[name])
            for name, kind in theirs.items()
            if name in ours.held and name not in ours.lacking and (has_form(kind) or name == key)
        ]
        return both, ours

    def _settle_by_digest(self, case: Case) -> None:
        name = case.table.name
        if not case.left:
            return
        ours = self.mirror.digests(name, case.columns, Keys(case.left))
        theirs = self.legacy.digests(name, case.columns, Keys(case.left))
        absent = {key for key in case.left if key not in ours and key not in theirs}
        equal = {key for key, digest in ours.items() if digest is not None and theirs.get(key) == digest}
        case.same |= absent | equal
        case.left -= case.same

    def _passed(self, behind: int) -> bool:
        result = self.proof.pass_(self.budget.barrier_s)
        return result.passed and result.position is not None and result.position >= behind

    @staticmethod
    def _is_number(table: Table) -> bool:
        return table.columns[table.named_by].sql in INTEGERS
