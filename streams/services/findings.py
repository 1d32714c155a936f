"""Findings: counted by table and name, and listed."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from streams.errors import ErrorKind, SelarasError
from streams.ports.findings import FindingCount, FindingReading, KeptFindings, Sought


@dataclass(frozen=True, slots=True)
class FindingsPicture:
    """All of them counted, and the first ones."""

    counts: Sequence[FindingCount]
    findings: Sequence[FindingReading]


class Findings:
    """What people ask about findings."""

    def __init__(self, kept: KeptFindings, declared: Mapping[str, Set[str]]) -> None:
        """``declared``: by mapped table, the names of its findings."""
        self._kept = kept
        self._declared = declared

    def read(self, sought: Sought, limit: int) -> FindingsPicture:
        """Counts, and at most ``limit`` findings.

        SelarasError (configuration) for a table or a name that no mapping file declares: nothing found would be a lie.
        """
        self._require_table(sought.table)
        self._require_name(sought)
        return FindingsPicture(self._kept.counts(sought), self._kept.findings(sought, limit))

    def _require_table(self, table: str | None) -> None:
        if table is not None and table not in self._declared:
            raise SelarasError(
                ErrorKind.CONFIGURATION,
                f"There is no mapping of a table {table}.",
                f"take one of {', '.join(sorted(self._declared))}",
            )

    def _require_name(self, sought: Sought) -> None:
        names = self._declared[sought.table] if sought.table else frozenset().union(*self._declared.values())
        if sought.name is None or sought.name in names:
            return
        where = f"the mapping of {sought.table}" if sought.table else "any mapping"
        raise SelarasError(
            ErrorKind.CONFIGURATION,
            f"There is no finding {sought.name} in {where}.",
            f"take one of {', '.join(sorted(names))}" if names else "leave --name out",
        )
