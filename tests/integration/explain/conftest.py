"""The engine and the command for the tests of explanations."""

from collections.abc import Callable
from dataclasses import asdict

import pytest
from typer.testing import CliRunner

from streams.cli.main import app
from tests.engine import EngineWorld
from tests.integration.quarantine.conftest import world

__all__ = ["told", "world"]

Told = Callable[..., tuple[int, str]]


@pytest.fixture
def told(world: EngineWorld, monkeypatch: pytest.MonkeyPatch) -> Told:
    """Runs ``selaras explain`` on the world's databases: exit code and everything that was printed."""
    settings = world.settings
    for group in ("legacy", "target"):
        for name, value in asdict(getattr(settings, group)).items():
            monkeypatch.setenv(f"SELARAS_{group}_{name}".upper(), str(value))
    for name in ("home", "schemas_dir", "connectors_dir"):
        monkeypatch.setenv(f"SELARAS_{name}".upper(), str(getattr(settings, name)))

    def run(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["explain", *words])
        return result.exit_code, result.output

    return run
