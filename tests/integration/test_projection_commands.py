"""``selaras projection``: what people see of a recompute."""

import json
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from streams.cli.projection_commands import app
from streams.services.recompute import Recompute
from streams.settings import Settings
from tests.conftest import fresh_worlds
from tests.engine import EngineWorld
from tests.integration.test_sweep import company

pytestmark = pytest.mark.postgres
NAME, NIB = "PT Rahasia Besar", "9999000000001"


@pytest.fixture(scope="module")
def world(server: Settings) -> Iterator[EngineWorld]:
    """Three companies, one of them changed by somebody else."""
    with fresh_worlds(server) as settings:
        world = EngineWorld(settings)
        history = world.history()
        for number in (1, 2, 3):
            company(history, number, nib=f"999900000000{number}", oss_id=f"P-{number}", nama_perseroan=NAME)
        history.commits()
        world.apply(history.chunks())
        with world.applier.begin() as connection:
            connection.exec_driver_sql("update rba.pelaku_usaha set nama = 'Lain' where legacy_idoss = 1")
        yield world
        world.close()


@pytest.fixture(autouse=True)
def service(world: EngineWorld, closing: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the world's own connections: a command leaves its own to the end of the process."""
    made = Recompute(world.ground.target, world.ground.plan)
    monkeypatch.setattr("streams.bootstrap.sync.recompute_service", lambda _settings: made)


def told(world: EngineWorld, *words: str) -> tuple[int, str]:
    """Exit code and output of a command."""
    result = CliRunner().invoke(app, words, obj=world.settings)
    return result.exit_code, result.output


def test_a_preview_shows_masked_samples_and_writes_nothing(world: EngineWorld) -> None:
    code, text = told(world, "recompute", "pelaku_usaha", "--dry-run")
    assert (code, NIB in text, "xx x{7} x{5}" in text) == (0, True, True)
    assert "Rahasia" not in text and "Lain" not in text
    code, text = told(world, "recompute", "--dry-run", "--json")
    document = json.loads(text)
    assert (document["differing"]["pelaku_usaha"], document["left_over"]["pelaku_usaha"]) == (1, 0)
    (one,) = document["samples"]["pelaku_usaha"]
    assert (one["key"], one["before"]) == (NIB, {"nama": "x{4}"})
    assert world.rows("select 1 from rba.pelaku_usaha where nama = 'Lain'")


def test_a_condition_needs_a_table(world: EngineWorld) -> None:
    assert told(world, "recompute", "--where", "idoss = 1")[0] == 78


def test_chosen_keys_then_all_of_them(world: EngineWorld) -> None:
    code, text = told(world, "recompute", "pelaku_usaha", "--where", "idoss = 2", "--json")
    assert (code, json.loads(text)["differing"]["pelaku_usaha"]) == (0, 0)
    code, text = told(world, "recompute")
    assert (code, "pelaku_usaha" in text, "start them again" in text) == (0, True, True)
    assert world.rows("select 1 from rba.pelaku_usaha where nama = 'Lain'") == []
    code, text = told(world, "progress", "--json")
    assert (code, json.loads(text)["nib"]["finished"]) == (0, True)
    assert "Nothing would change." in told(world, "recompute", "--dry-run")[1]
