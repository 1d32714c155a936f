"""Commands and services that run inside the tests' own process leave no connection behind."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine

from streams.adapters.databases.engines import engine_for
from streams.bootstrap import databases


@pytest.fixture
def closing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever connects to the databases meanwhile is closed afterwards."""
    opened: list[Engine] = []

    def opening(*args: Any, **kwargs: Any) -> Engine:
        opened.append(engine_for(*args, **kwargs))
        return opened[-1]

    monkeypatch.setattr(databases, "engine_for", opening)
    yield
    for engine in opened:
        engine.dispose()
