"""Plants defects in companies, one at most in each, so that every outcome has a single cause."""

from collections import Counter
from collections.abc import Mapping
from random import Random

from streams.adapters.demo.company import Company
from streams.adapters.demo.defects import companies, happenings
from streams.adapters.demo.defects.materials import Materials
from streams.adapters.demo.defects.register import BY_NAME, DEFECTS
from streams.adapters.demo.defects.soundness import Judge
from streams.adapters.demo.defects.subject import Earlier, Subject
from streams.ports.demo import Planted

_EVENTS = "15-event-order"
_PAIRS = frozenset({"02-two-nibs", "20-email-shared"})


class Planter:
    """Changes companies as they come, in the order of their making.

    A defect falls due once in 1/rate companies, and is then planted in the next sound one that fits. Its draws are its
    own: companies without a defect stay as they are, to the byte.
    """

    def __init__(self, materials: Materials, rates: Mapping[str, float], seed: str, pairs: bool = True) -> None:
        """Rates by name, and the seed of all choices; ``pairs``: plant those that concern an earlier company as well,
        which must still be as it was planted.
        """
        self.planted: list[Planted] = []
        self._materials = materials
        self._judge = Judge(materials)
        self._seed = seed
        self._pairs = pairs
        self._earlier = Earlier()
        self._touched: set[str] = set()
        self._share = rates.get(_EVENTS, 0.0)
        self._rates = {
            defect.name: rate
            for defect in DEFECTS
            if defect.plant and (pairs or defect.name not in _PAIRS) and (rate := rates.get(defect.name, 0.0))
        }
        start = Random(f"defects/{seed}")  # noqa: S311 - repeatable
        self._due = {name: start.random() for name in self._rates}
        self._turns: Counter[str] = Counter()

    def plant(self, company: Company) -> list[Planted]:
        """Change the company, or not; what was planted in it is also kept in ``planted``."""
        for name, rate in self._rates.items():
            self._due[name] += rate
        self._keep_apart(company)
        if not self._judge.company(company.rows):
            return []
        luck = Random(f"defects/{self._seed}/{company.nib}")  # noqa: S311 - repeatable
        subject = Subject(company, luck, self._materials, self._earlier)
        found = self._happened(subject) or self._planted(subject)
        if found:
            self._touched.update(one.nib for one in found)
            self.planted += found
        elif self._pairs:
            companies.remember(subject)
        return found

    def _planted(self, subject: Subject) -> list[Planted]:
        for name in sorted(self._due, key=lambda name: (-self._due[name], name)):
            if self._due[name] < 1:
                return []
            plant = BY_NAME[name].plant
            subject.turn = self._turns[name]
            if plant and (found := plant(name, subject)):
                self._due[name] -= 1
                self._turns[name] += 1
                return found
        return []

    def _happened(self, subject: Subject) -> list[Planted]:
        found = happenings.steps_out_of_order(_EVENTS, subject.nib, subject.company.rows)
        return found if found and subject.luck.random() < self._share else []

    def _keep_apart(self, company: Company) -> None:
        """An account that also holds an earlier NIB would decide about that NIB's defect as well."""
        for table, row in company.rows:
            if table == "tb_user_oss":
                nibs = str(row["data_nib"]).split(",")
                if self._touched.intersection(nibs[1:]):
                    row["data_nib"] = nibs[0]
                elif self._earlier.migrated and self._earlier.migrated["data_nib"] in nibs[1:]:
                    self._earlier.migrated = None
