"""Databases for the tests of keys that need a person."""

from collections.abc import Iterator

import pytest

from streams.settings import Settings
from tests.conftest import fresh_worlds
from tests.engine import EngineWorld


@pytest.fixture
def world(server: Settings, closing: None) -> Iterator[EngineWorld]:
    """An engine on databases of its own."""
    with fresh_worlds(server) as settings:
        world = EngineWorld(settings)
        yield world
        world.close()
