"""Settings -> the act of the demo."""

from collections.abc import Sequence

from streams.adapters.databases.engines import engine_for
from streams.adapters.databases.planted_row import OneRupiahMore
from streams.bootstrap.capture import SystemClock
from streams.bootstrap.databases import target_engine, target_server
from streams.bootstrap.drift import drift_progress
from streams.bootstrap.repair import repair_service
from streams.services.drift_act import DriftAct
from streams.services.repair_choice import RepairRequest
from streams.settings import Settings

APPLICATION = "rba_app"  # the new system's own role: it may write there, and must not before the switch
BY, WHY = "demo", "planted by the demo"


def drift_act(settings: Settings) -> DriftAct:
    """A write by the new application, found, repaired and verified."""
    _, _, ledger = drift_progress(target_engine(settings))
    application = engine_for(target_server(settings, APPLICATION), "rba", pool_size=1)

    def mend(ids: Sequence[int]) -> None:
        repair_service(settings).run(RepairRequest(BY, WHY, tuple(ids)), lambda _line: None)

    return DriftAct(OneRupiahMore(application), ledger, mend, SystemClock())
