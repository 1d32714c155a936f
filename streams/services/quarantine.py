"""Keys that wait or that a rule refused: list, show, accept as they are, compute again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from streams.errors import ErrorKind, SelarasError
from streams.ports.quarantine import Group, Grouping, KeptKeys, KeyReading, Waiver, WaiverReading, Waivers, Wanted
from streams.projection.outcome import OutcomeKind
from streams.services.recompute import Recompute
from streams.services.settle import Settled

PAGE = 500  # keys computed in one transaction
LONGEST_CHAIN = 12  # as many tables as there are: a key can't wait through more
SEE_LIST = "'selaras quarantine list' shows the keys that need a person"

HasRow = Callable[[str, str], bool]
"""Table and key -> whether the target holds its row."""


@dataclass(frozen=True, slots=True)
class KeyPicture:
    """Everything about one key's state. ``because``: what it waits for, what that waits for in turn, and so on."""

    table: str
    key: str
    outcome: str
    region: str
    state: KeyReading | None  # None: nothing is wrong with it
    because: Sequence[KeyReading]


@dataclass(slots=True)
class Retried:
    """What computing keys again came to. ``along``: by table, keys computed because they depend on those."""

    tried: int = 0
    healed: int = 0
    left: dict[str, int] = field(default_factory=dict)  # by outcome
    along: dict[str, int] = field(default_factory=dict)

    def add(self, table: str, keys: Sequence[str], settled: Settled) -> None:
        """Count what became of these keys."""
        for key in keys:
            outcome = settled.outcomes[table][key]
            is_well = outcome.kind in (OutcomeKind.ROW, OutcomeKind.ABSENT) and not outcome.faults
            self.tried += 1
            self.healed += is_well
            if not is_well:
                self.left[outcome.kind.value] = self.left.get(outcome.kind.value, 0) + 1
        for other, outcomes in settled.outcomes.items():
            count = len(outcomes.keys() - set(keys)) if other == table else len(outcomes)
            if count:
                self.along[other] = self.along.get(other, 0) + count


class Quarantine:
    """What operators ask and decide about keys."""

    def __init__(self, kept: KeptKeys, waivers: Waivers, has_row: HasRow, today: Callable[[], date]) -> None:
        self._kept = kept
        self._waivers = waivers
        self._has_row = has_row
        self._today = today

    def keys(self, wanted: Wanted, limit: int) -> Sequence[KeyReading]:
        """The keys that need a person, the oldest first. SelarasError (configuration) for a table without mapping."""
        require_table(self._kept, wanted.table)
        return self._kept.keys(wanted, limit)

    def groups(self, by: Grouping, wanted: Wanted) -> Sequence[Group]:
        """The same keys counted, the largest group first."""
        require_table(self._kept, wanted.table)
        return self._kept.groups(by, wanted)

    def show(self, table: str, key: str) -> KeyPicture:
        """One key. A key with nothing wrong is ``row`` or ``absent``, as the target has it."""
        require_table(self._kept, table)
        state, region = self._kept.key(table, key), self._kept.region(key)
        if state is None:
            kind = OutcomeKind.ROW if self._has_row(table, key) else OutcomeKind.ABSENT
            return KeyPicture(table, key, kind.value, region, None, ())
        return KeyPicture(table, key, state.outcome, region, state, self._because(state))

    def accept(self, table: str, key: str, waiver: Waiver) -> None:
        """Accept the key as it is, with its present causes: another refusal opens it again by itself.

        SelarasError (configuration) when the day has passed, no reason is given, or the key needs nobody.
        """
        require_table(self._kept, table)
        if waiver.until < self._today():
            raise SelarasError(
                ErrorKind.CONFIGURATION, f"{waiver.until} (UTC) has passed.", "name a day to come with --until"
            )
        if not waiver.why.strip():
            raise SelarasError(ErrorKind.CONFIGURATION, "The reason is empty.", "say with --why why it is acceptable")
        if not self._waivers.accept(table, key, waiver):
            raise SelarasError(
                ErrorKind.CONFIGURATION,
                f"This key of {table} needs nobody: there is nothing to accept.",
                SEE_LIST,
            )

    def unaccept(self, table: str, key: str, by: str) -> None:
        """The key counts as open again. SelarasError (configuration) when nobody had accepted it."""
        require_table(self._kept, table)
        if not self._waivers.withdraw(table, key, by):
            raise SelarasError(
                ErrorKind.CONFIGURATION,
                f"Nobody has accepted this key of {table}.",
                "'selaras quarantine waivers' shows what is accepted",
            )

    def waivers(self, limit: int) -> Sequence[WaiverReading]:
        """What is accepted, and what became of it."""
        return self._waivers.waivers(limit)

    def _because(self, state: KeyReading) -> list[KeyReading]:
        chain: list[KeyReading] = []
        while state.waits_for_table and state.waits_for and len(chain) < LONGEST_CHAIN:
            found = self._kept.key(state.waits_for_table, state.waits_for)
            if found is None:
                break
            chain.append(found)
            state = found
        return chain


class Retry:
    """Computes keys again, through the pass that computes all others. Keys heal by themselves when a legacy row, the
    mapping or the reference data change; this is for what those do not show, such as a constraint that was dropped.
    """

    def __init__(self, kept: KeptKeys, recompute: Recompute, order: Sequence[str]) -> None:
        """``order``: the tables, those that others look up first, so that these are computed along."""
        self._kept = kept
        self._recompute = recompute
        self._order = order

    def run(self, table: str | None, keys: Sequence[str], report: Callable[[int], None]) -> Retried:
        """All keys that need a person, those of one table, or the ones named; ``report`` hears how many are done.

        SelarasError (configuration) for a table without mapping, (stale) unless these files are the ones in force.
        """
        require_table(self._kept, table)
        retried = Retried()
        if table is not None and keys:
            self._page(table, list(dict.fromkeys(keys)), retried)
            return retried
        for name in self._order if table is None else (table,):
            after: str | None = None
            while page := self._kept.page(name, after, PAGE):
                self._page(name, page, retried)
                after = page[-1]
                report(retried.tried)
        return retried

    def _page(self, table: str, keys: Sequence[str], retried: Retried) -> None:
        retried.add(table, keys, self._recompute.keys(table, keys))


def require_table(kept: KeptKeys, table: str | None) -> None:
    """SelarasError (configuration) with the names that there are, unless one of them is given or none at all."""
    if table is None or table in (known := kept.tables()):
        return
    raise SelarasError(
        ErrorKind.CONFIGURATION,
        f"There is no mapping of a table {table}.",
        f"take one of {', '.join(known)}" if known else "start a worker once: it puts the mapping in force",
    )
