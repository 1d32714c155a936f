"""Sees to defects in the traffic: plants them in new companies, writes down those that business brings about."""

from collections.abc import Iterable
from random import Random

from streams.adapters.demo.company import Company
from streams.adapters.demo.defects.happenings import Happening
from streams.adapters.demo.defects.planting import Planter
from streams.adapters.demo.defects.register import DEFECTS
from streams.adapters.demo.defects.soundness import Judge
from streams.adapters.demo.tables import Row
from streams.ports.demo import Defects, Planted


class Watch:
    """Knows which companies are sound: only of those is the outcome certain, and written down for a share."""

    def __init__(self, planter: Planter, judge: Judge, defects: Defects, unsound: set[str], seed: str) -> None:
        """Who plants, who judges rows; what to write down, and whom to leave alone; the NIBs of companies with a
        fault of their own; and the seed of all choices.
        """
        self._planter = planter
        self._judge = judge
        self._noticed = [
            (defect.name, defect.notice, rate)
            for defect in DEFECTS
            if defect.notice and (rate := defects.rates.get(defect.name, 0.0))
        ]
        self._spared = set(defects.spared)
        self._unsound = unsound
        self._off: set[str] = set()
        self._found: list[Planted] = []
        self._luck = Random(f"watch/{seed}")  # noqa: S311 - repeatable, and apart from the business

    def spares(self, nib: str) -> bool:
        """Whether business must leave this company alone: what is written down of it would no longer be true."""
        return nib in self._spared

    def taken(self) -> tuple[Planted, ...]:
        """What was planted or brought about since the last call."""
        found, self._found = tuple(self._found), []
        return found

    def registered(self, company: Company) -> None:
        """A new company, before it is written: it may get a defect."""
        if found := self._planter.plant(company):
            self._keep(found)
        else:
            self.arrived(company.nib, company.rows)

    def arrived(self, nib: str, rows: Iterable[tuple[str, Row]]) -> None:
        """Rows that business adds to a company."""
        if not all(self._judge.row(table, row) for table, row in rows):
            self._unsound.add(nib)

    def note(self, happening: Happening) -> None:
        """A deed that was done."""
        if not self._is_whole(happening):
            return
        for name, notice, rate in self._noticed:
            found = notice(name, happening)
            if found and self._luck.random() < rate:
                self._keep(found)
                return

    def _keep(self, found: list[Planted]) -> None:
        self._found += found
        self._spared.update(one.nib for one in found)

    def _is_whole(self, happening: Happening) -> bool:
        """Whether the company was sound and switched on before, or is switched on again with everything it has."""
        nib = happening.known.nib
        was_off = nib in self._off
        match happening.kind:
            case "deleted softly":
                self._off.add(nib)
            case "revived":
                self._off.discard(nib)
                return nib not in self._unsound
            case "renumbered":
                # What is known of it stands under its old number.
                self._unsound.add(nib)
        return nib not in self._unsound and not was_off
