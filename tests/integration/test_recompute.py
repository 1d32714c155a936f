"""Every key computed again: to adopt a mapping, to change it, and to find what is not as it says."""

from collections.abc import Iterator

import pytest

from streams.errors import ErrorKind, SelarasError
from streams.services.recompute import Recompute
from streams.settings import Settings
from tests.conftest import fresh_worlds
from tests.engine import EngineWorld
from tests.integration.test_sweep import company

pytestmark = pytest.mark.postgres


@pytest.fixture
def world(server: Settings) -> Iterator[EngineWorld]:
    """Databases of its own: the mapping in force is changed here."""
    with fresh_worlds(server) as settings:
        world = EngineWorld(settings)
        yield world
        world.close()


def nothing(_name: str, _done: int) -> None:
    """No progress is shown."""


def test_differences_are_found_and_nothing_is_written(world: EngineWorld) -> None:
    """A foreign change, a missing row and a left-over row are counted; the check itself changes nothing."""
    history = world.history()
    for number in range(1, 6):
        company(history, number, nib=f"999900000{number:04d}", oss_id=f"P-{number}")
    history.commits()
    world.apply(history.chunks())
    recompute = Recompute(world.ground.target, world.ground.plan)
    assert recompute.differences(nothing).changes == 0
    with world.applier.begin() as connection:
        connection.exec_driver_sql("update rba.pelaku_usaha set nama = 'Lain' where legacy_idoss = 1")
        connection.exec_driver_sql("delete from rba.nib where nib = '9999000000002'")
    before = world.state()
    found = recompute.differences(nothing)
    assert {name: count for name, count in found.differing.items() if count} == {"pelaku_usaha": 1, "nib": 1}
    (changed,), (missing,) = found.samples["pelaku_usaha"], found.samples["nib"]
    assert (changed.key, changed.before, changed.after) == ("9999000000001", {"nama": "x{4}"}, {"nama": "xx x{4}"})
    assert (missing.key, missing.before) == ("9999000000002", None)
    assert world.state() == before
    assert recompute.run(nothing).changes == 2
    assert recompute.differences(nothing).changes == 0


def test_pages_cover_every_key_the_empty_one_too(world: EngineWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys at the border of a page, blank keys, keys of several sources."""
    monkeypatch.setattr("streams.services.pages.PAGE", 2)
    history = world.history()
    for number, nib in enumerate(("", "9999000000001", "9999000000002", "9999000000003"), 1):
        company(history, number, nib=nib, oss_id=f"P-{number}")
    history.insert("oss_iumk", nib="9999000000009", nama_usaha="Toko")
    history.commits()
    world.apply(history.chunks())
    keys = Recompute(world.ground.target, world.ground.plan).differences(nothing).keys
    assert sum(keys["pelaku_usaha"].values()) == 5
    assert keys["nib"] == {"quarantined": 2, "row": 3}


def test_a_batch_is_refused_while_another_mapping_is_in_force(world: EngineWorld) -> None:
    """Nothing is written by rules that are no longer in force; recompute puts these files in force again."""
    history = world.history()
    company(history, 1)
    history.commits()
    with world.ground.target.transaction() as work:
        work.guard.enter(exclusive=True)
        work.guard.put_in_force("other", world.ground.plan.reference, ())
    recompute = Recompute(world.ground.target, world.ground.plan)
    assert not recompute.adopt()
    with pytest.raises(SelarasError) as raised:
        world.apply(history.chunks())
    assert raised.value.kind is ErrorKind.STALE
    assert world.rows("select 1 from mirror.tr_oss_header") == []
    recompute.run(nothing)
    assert recompute.adopt()
    world.apply(history.chunks())
    assert len(world.rows("select 1 from rba.nib")) == 1
