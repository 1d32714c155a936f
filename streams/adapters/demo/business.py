"""The stream of business transactions: which deed comes next, on which company, at which business time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from streams.adapters.demo.company import CompanyFactory
from streams.adapters.demo.deeds import Deed, Deeds
from streams.adapters.demo.defects.happenings import Happening
from streams.adapters.demo.defects.watching import Watch
from streams.adapters.demo.model import Known, Model
from streams.adapters.demo.pools import Weighted
from streams.adapters.demo.small_deeds import SmallDeeds
from streams.ports.demo import BusinessTransaction

REGISTERED = 30  # share of new companies, beside the kinds' shares
TRIES = 40  # companies looked at before a new one is registered instead


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of transaction: its share, what a company must have for it, and the deed."""

    name: str
    share: float
    fits: Callable[[Known], bool]
    deed: Deed


class Business:
    """From the same model and seed always the same transactions; the clock of the world plays no part."""

    def __init__(self, model: Model, factory: CompanyFactory, seed: int, watch: Watch | None = None) -> None:
        """What exists, the maker of new companies, the seed of all choices; and who sees to defects, if anybody."""
        self._model = model
        start = f"traffic/{seed}/{len(model)}/{model.last_serial}/{model.clock}"
        self._luck = Random(start)  # noqa: S311 - repeatable
        self._watch = watch
        self._deeds = Deeds(model, factory, watch)
        kinds = _kinds(self._deeds, SmallDeeds(factory))
        self._kinds: Weighted[Kind | None] = Weighted([(None, REGISTERED), *((kind, kind.share) for kind in kinds)])

    def next(self) -> BusinessTransaction:
        """The next transaction; the model is already in the state after it."""
        self._model.clock += timedelta(seconds=self._luck.randrange(1, 20))
        kind = self._kinds.draw(self._luck)
        known = self._candidate(kind) if kind else None
        moment = self._model.clock
        if kind is None or known is None:
            statements = tuple(self._deeds.registered(self._luck, moment))
            return BusinessTransaction("registered", statements, self._watch.taken() if self._watch else ())
        statements = tuple(kind.deed(self._luck, moment, known))
        if not self._watch:
            return BusinessTransaction(kind.name, statements)
        self._watch.note(Happening(kind.name, known, moment, statements))
        return BusinessTransaction(kind.name, statements, self._watch.taken())

    def _candidate(self, kind: Kind) -> Known | None:
        for _ in range(TRIES if len(self._model) else 0):
            known = self._model.pick(self._luck)
            if kind.fits(known) and not (self._watch and self._watch.spares(known.nib)):
                return known
        return None


def _kinds(deeds: Deeds, small: SmallDeeds) -> list[Kind]:
    def documented(known: Known) -> bool:
        return known.documents > 0

    return [
        Kind("resent", 20, documented, deeds.resent),
        Kind("extended", 13, lambda known: known.active and len(known.projects) < 6, deeds.extended),
        Kind("moved", 18, lambda known: bool(known.licences), deeds.moved),
        Kind("deleted softly", 4, lambda known: known.active, deeds.switched),
        Kind("revived", 3, lambda known: known.documents > 0 and not known.active, deeds.switched),
        Kind("corrected", 7, lambda known: known.active, deeds.corrected),
        Kind("renumbered", 1, documented, deeds.renumbered),
        Kind("withdrawn", 2, lambda known: bool(known.projects), deeds.withdrawn),
        Kind("erased", 0.7, documented, deeds.erased),
        Kind("account changed", 3, lambda known: bool(known.account), small.account_changed),
        Kind("extract changed", 4, lambda known: known.extracts > 0 or known.active, small.extract_changed),
    ]
