"""Databases for the tests of keys that need a person."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine

from streams.adapters.databases.engines import engine_for
from streams.bootstrap import databases
from streams.settings import Settings
from tests.conftest import fresh_worlds
from tests.engine import EngineWorld


@pytest.fixture
def world(server: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[EngineWorld]:
    """An engine on databases of its own; whatever else connects to them in this process is closed as well."""
    opened: list[Engine] = []

    def opening(*args: Any, **kwargs: Any) -> Engine:
        opened.append(engine_for(*args, **kwargs))
        return opened[-1]

    monkeypatch.setattr(databases, "engine_for", opening)
    with fresh_worlds(server) as settings:
        yield EngineWorld(settings)
        for engine in opened:
            engine.dispose()
