"""Settings -> the demo."""

from streams.adapters.demo.copying import CopiedTables
from streams.adapters.processes.worker_child import WorkerChild
from streams.bootstrap.capture import SystemClock
from streams.bootstrap.databases import legacy_server
from streams.bootstrap.demo import seed_service, traffic_service
from streams.bootstrap.stack import stack_service
from streams.bootstrap.status import status_service
from streams.bootstrap.sync import prove_service, registration
from streams.ports.demo import LegacyTables
from streams.services.demo_run import Demo, DemoParts, DemoPlan
from streams.settings import Settings


def demo(settings: Settings, plan: DemoPlan) -> Demo:
    """The demo on the local stack of these settings."""
    parts = DemoParts(
        stack_service(settings),
        lambda: seed_service(settings),
        lambda: _tables(settings),
        lambda: registration(settings),
        WorkerChild("demo", settings.home.resolve()),
        lambda: traffic_service(settings),
        lambda: status_service(settings),
        lambda: prove_service(settings),
        SystemClock(),
    )
    return Demo(plan, parts)


def _tables(settings: Settings) -> LegacyTables:
    server = legacy_server(settings, "oss_app")
    return CopiedTables(server.conninfo(), settings.schemas_dir / "reference")
