"""Control totals: business sums of both sides at one moment, and what explains that they differ."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from streams.drift.difference import Check, Difference, Kind
from streams.drift.total import Group, Line, Total, Values, differing, lines
from streams.drift.verdict import Verdicts
from streams.errors import ErrorKind, SelarasError
from streams.ports.totals import TotalResult, TotalsBook, TotalsMoment, TotalsSource

MOST_KEYS = 5  # named in an entry of the ledger


class Totals:
    """Takes totals, keeps them, and tells of the groups that nothing explains."""

    def __init__(
        self, totals: Sequence[Total], source: TotalsSource, book: TotalsBook, today: Callable[[], datetime]
    ) -> None:
        self._totals = {total.name: total for total in totals}
        self._source = source
        self._book = book
        self._today = today

    @property
    def names(self) -> Sequence[str]:
        """All totals, in order."""
        return tuple(self._totals)

    def take(self, names: Collection[str] = (), *, on_legacy: bool = False) -> Sequence[TotalResult]:
        """Take these totals (none: all), at one moment, and keep what came of it.

        ``on_legacy``: the legacy's own tables are asked for their sums: right only while nobody writes there. Sums that
        are not those of the mirror are a rest without keys.
        """
        wanted = [self._known(name) for name in names or self._totals]
        taken = {total.name: self._source.legacy_sums(total) for total in wanted} if on_legacy else {}
        with self._source.now() as moment:
            at = self._today()
            results = [TotalResult(t, at, _lines(moment, t, taken.get(t.name)), on_legacy) for t in wanted]
        self._book.keep(results)
        return results

    def listed(self, name: str, group: Group) -> tuple[Total, Mapping[str, Sequence[tuple[str, ...]]]]:
        """The rows of one group on both sides ("legacy", "target"), as the office's own reconciliation lists them.

        SelarasError (configuration) for an unknown total or a group with another number of columns.
        """
        total = self._known(name)
        if len(group) != len(total.groups):
            raise SelarasError(
                ErrorKind.CONFIGURATION,
                f"The groups of {name} have {len(total.groups)} column(s): {', '.join(total.groups)}.",
                "give one value for each, in this order",
            )
        with self._source.now() as moment:
            return total, {side: moment.listed(total, group, side) for side in ("legacy", "target")}

    def _known(self, name: str) -> Total:
        if name not in self._totals:
            raise SelarasError(
                ErrorKind.CONFIGURATION,
                f"There is no control total {name}.",
                f"take one of {', '.join(self._totals)}, or add a file to schemas/totals",
            )
        return self._totals[name]


def _lines(moment: TotalsMoment, total: Total, taken: Mapping[Group, Values] | None) -> Sequence[Line]:
    legacy, target = moment.sums(total, "legacy"), moment.sums(total, "target")
    facts = moment.facts(total, differing(legacy, target))
    known = moment.known(total, facts.legacy.keys() | facts.target.keys())
    return lines(legacy if taken is None else taken, target, facts, known)


def verdicts(result: TotalResult, noted: Collection[str]) -> Verdicts:
    """What the ledger is told: groups with a rest differ; all others are the same, those among ``noted`` included that
    neither side knows any more.
    """
    found = differences(result)
    agreeing = {" | ".join(line.group) for line in result.lines} | set(noted)
    same = tuple(sorted(agreeing - {one.key for one in found}))
    return Verdicts(Check.TOTALS, result.total.name, same, tuple(found), at=result.at)


def differences(result: TotalResult) -> Sequence[Difference]:
    """The groups with a rest, as the ledger takes them: the group is the key, the sums are what was found."""
    found = []
    for line in result.lines:
        if line.agrees:
            continue
        names = ("jumlah", *result.total.values)
        columns: dict[str, tuple[str | None, str | None]] = {
            name: (str(one), str(other))
            for name, one, other in zip(names, line.legacy, line.target, strict=True)
            if one != other
        }
        if line.keys:
            columns["keys"] = (None, ", ".join(line.keys[:MOST_KEYS]))
        found.append(Difference(Check.TOTALS, result.total.name, " | ".join(line.group), Kind.TOTAL, columns))
    return found
