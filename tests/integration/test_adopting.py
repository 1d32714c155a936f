"""Another mapping that a worker adopts: in force at once, computed in the background, by one process at a time."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from streams.adapters.databases.lock_numbers import RECOMPUTE
from streams.adapters.databases.only_one import only_one
from streams.bootstrap.databases import target_engine
from streams.bootstrap.sync import alone, background_recompute, recompute_service
from streams.errors import ErrorKind, SelarasError
from streams.settings import Settings
from tests.conftest import fresh_worlds
from tests.engine import EngineWorld
from tests.integration.test_sweep import company

pytestmark = pytest.mark.postgres
SHORT = "select nama_singkatan from rba.pelaku_usaha"


@pytest.fixture
def changed(server: Settings, closing: None, tmp_path: Path) -> Iterator[tuple[EngineWorld, Settings]]:
    """A company applied under one mapping, and settings with another one."""
    with fresh_worlds(server) as settings:
        world = EngineWorld(settings)
        history = world.history()
        company(history, 1, nib="9999000000017", oss_id="P-1")
        history.commits()
        world.apply(history.chunks())
        schemas = Path(shutil.copytree(settings.schemas_dir, tmp_path / "schemas"))
        mapping = schemas / "mapping" / "pelaku_usaha.yaml"
        mapping.write_text(mapping.read_text().replace("from: header.nama_singkatan", "from: header.nama_perseroan"))
        yield world, replace(settings, schemas_dir=schemas)
        world.close()


def test_what_was_begun_is_ended_in_the_background(changed: tuple[EngineWorld, Settings]) -> None:
    world, settings = changed
    go_on = background_recompute(settings)
    assert go_on(lambda _name, _done: None) is False
    recompute_service(settings).begin()
    assert world.rows(SHORT) == [{"nama_singkatan": None}]
    assert go_on(lambda _name, _done: None) is True
    assert world.rows(SHORT) == [{"nama_singkatan": "PT Satu"}]
    assert go_on(lambda _name, _done: None) is False


def test_one_process_at_a_time(changed: tuple[EngineWorld, Settings]) -> None:
    _, settings = changed
    recompute_service(settings).begin()
    with only_one(target_engine(settings), RECOMPUTE) as mine:
        assert mine
        assert background_recompute(settings)(lambda _name, _done: None) is False
        with pytest.raises(SelarasError) as refused, alone(settings):
            pass
        assert refused.value.kind is ErrorKind.CONFLICT
    with alone(settings):
        pass
