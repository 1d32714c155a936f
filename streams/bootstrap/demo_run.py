"""Settings -> the demo."""

from streams.adapters.processes.worker_child import MonitorChild, WorkerChild
from streams.bootstrap.capture import SystemClock
from streams.bootstrap.demo import legacy_tables, seed_service, traffic_service
from streams.bootstrap.drift_act import drift_act
from streams.bootstrap.stack import stack_service
from streams.bootstrap.status import status_service
from streams.bootstrap.sync import prove_service, registration
from streams.services.demo_run import Demo, DemoParts, DemoPlan
from streams.settings import Settings


def demo(settings: Settings, plan: DemoPlan) -> Demo:
    """The demo on the local stack of these settings."""
    parts = DemoParts(
        stack_service(settings),
        lambda: seed_service(settings),
        lambda: legacy_tables(settings),
        lambda: registration(settings),
        WorkerChild("demo", settings.home.resolve()),
        MonitorChild(settings.home.resolve()),
        lambda: drift_act(settings),
        lambda: traffic_service(settings),
        lambda: status_service(settings),
        lambda: prove_service(settings),
        SystemClock(),
    )
    return Demo(plan, parts)
