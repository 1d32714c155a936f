"""What people ask about findings: counted, listed, and refused when nobody declares what they ask for."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from streams.errors import ErrorKind, SelarasError
from streams.ports.findings import FindingCount, FindingReading, Sought
from streams.services.findings import Findings

FOUND = FindingReading("nib", "9999000000017", "nib_ganda", "there are 2", "row", "2024-05-01 00:00:00+00")
DECLARED = {"nib": frozenset({"nib_ganda"}), "proyek": frozenset({"rekap_luapan"}), "orang": frozenset[str]()}


@dataclass
class Kept:
    """Findings in memory."""

    found: Sequence[FindingReading] = ()
    asked: list[Sought] = field(default_factory=list)

    def counts(self, sought: Sought) -> Sequence[FindingCount]:
        self.asked.append(sought)
        return [FindingCount("nib", "nib_ganda", len(self.found))]

    def findings(self, _: Sought, limit: int) -> Sequence[FindingReading]:
        return self.found[:limit]


def test_all_are_counted_and_the_first_are_listed() -> None:
    picture = Findings(Kept([FOUND, FOUND]), DECLARED).read(Sought(), 1)
    assert (picture.counts[0].keys, picture.findings) == (2, [FOUND])


@pytest.mark.parametrize("sought", [Sought("nib"), Sought(name="rekap_luapan"), Sought("nib", "nib_ganda")])
def test_what_is_declared_is_sought(sought: Sought) -> None:
    kept = Kept()
    Findings(kept, DECLARED).read(sought, 1)
    assert kept.asked == [sought]


@pytest.mark.parametrize(
    ("sought", "next_step"),
    [
        (Sought("produk"), "take one of nib, orang, proyek"),
        (Sought(name="nib_gnda"), "take one of nib_ganda, rekap_luapan"),
        (Sought("nib", "rekap_luapan"), "take one of nib_ganda"),
        (Sought("orang", "nib_ganda"), "leave --name out"),
    ],
)
def test_what_nobody_declares_is_refused_not_found_empty(sought: Sought, next_step: str) -> None:
    kept = Kept()
    with pytest.raises(SelarasError) as refused:
        Findings(kept, DECLARED).read(sought, 1)
    assert (refused.value.kind, refused.value.next_step) == (ErrorKind.CONFIGURATION, next_step)
    assert not kept.asked
