"""The stack of this tier: made once, seeded, captured, applied by a worker, torn down whatever happens."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, event

from streams.adapters.processes.worker_child import WorkerChild
from streams.bootstrap.capture import leave_broker
from streams.bootstrap.demo import seed_service
from streams.bootstrap.sync import registration
from streams.services.demo import SeedPlan
from tests.e2e.companies import Companies
from tests.e2e.parallel_run import DEADLINE_S, ParallelRun, own_settings

COMPANIES = 300
SEED = 7


@pytest.fixture(scope="session", autouse=True)
def connections() -> Iterator[None]:
    """Services are made as the commands make them, a process each: here their connections are closed for them."""
    used: set[Engine] = set()

    def note(connection: object) -> None:
        used.add(connection.engine)  # type: ignore[attr-defined]

    event.listen(Engine, "engine_connect", note)
    yield
    event.remove(Engine, "engine_connect", note)
    for engine in used:
        engine.dispose()


@pytest.fixture(scope="session")
def run(connections: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ParallelRun]:
    """The parallel run under way."""
    run = ParallelRun(own_settings(tmp_path_factory.mktemp("home")))
    try:
        run.stack.up(print)
        seed_service(run.settings).run(SeedPlan(COMPANIES, SEED))
        registration(run.settings).apply(DEADLINE_S)
        run.steady()
        yield run
    finally:
        try:
            run.rest()
        finally:
            leave_broker(run.settings)
            run.stack.reset(print)


@pytest.fixture
def worker(run: ParallelRun) -> WorkerChild:
    """The shared worker, alive."""
    return run.steady()


@pytest.fixture(scope="session")
def companies(run: ParallelRun) -> Companies:
    """Makes companies that the traffic has not made."""
    return Companies(run)
