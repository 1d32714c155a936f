"""The target of the replication contract, and the store of the drift contract: twins in memory, or PostgreSQL."""

from collections.abc import Iterator

import pytest

from streams.settings import Settings
from tests.conftest import fresh_worlds
from tests.contract.drift_worlds import DriftWorld, MemoryDriftWorld, PostgresDriftWorld
from tests.contract.replication_worlds import MemoryWorld, PostgresWorld, World, postgres_world


@pytest.fixture(scope="module")
def database(request: pytest.FixtureRequest) -> Iterator[PostgresWorld]:
    """One database for the whole suite."""
    server: Settings = request.getfixturevalue("server")
    with fresh_worlds(server) as fresh:
        yield from postgres_world(fresh)


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.postgres)])
def world(request: pytest.FixtureRequest) -> World:
    """An empty target."""
    if request.param == "memory":
        return MemoryWorld()
    made: PostgresWorld = request.getfixturevalue("database")
    made.empty()
    return made


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.postgres)])
def drift(request: pytest.FixtureRequest) -> DriftWorld:
    """A ledger without entries, a monitor that never ran."""
    if request.param == "memory":
        return MemoryDriftWorld()
    made: PostgresWorld = request.getfixturevalue("database")
    return PostgresDriftWorld(made.engine)
