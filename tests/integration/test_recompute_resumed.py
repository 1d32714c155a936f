"""Recomputing page by page: killed and gone on with, for chosen keys, under another mapping, with nothing left over."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from streams.bootstrap.databases import legacy_reader_engine
from streams.bootstrap.replicate import ground
from streams.errors import ErrorKind, SelarasError
from streams.ports.recomputing import WHOLE
from streams.services.left_over import LeftOverRows
from streams.services.pages import Pages
from streams.services.recompute import Recompute
from streams.settings import Settings
from tests.conftest import fresh_worlds
from tests.engine import EngineWorld
from tests.history import History
from tests.integration.test_sweep import company

pytestmark = pytest.mark.postgres
NIBS = [f"999900000{number:04d}" for number in range(1, 8)]


@pytest.fixture
def world(server: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[EngineWorld]:
    """Databases of its own, and pages of two keys."""
    monkeypatch.setattr("streams.services.pages.PAGE", 2)
    monkeypatch.setattr("streams.services.left_over.PAGE", 2)
    with fresh_worlds(server) as settings:
        world = EngineWorld(settings)
        yield world
        world.close()


@pytest.fixture
def history(world: EngineWorld) -> History:
    """Seven companies, applied."""
    history = world.history()
    for number, nib in enumerate(NIBS, 1):
        company(history, number, nib=nib, oss_id=f"P-{number}")
    history.commits()
    world.apply(history.chunks())
    return history


def nothing(_name: str, _done: int) -> None:
    """No progress is shown."""


def killed_at(name: str, done: int) -> Callable[[str, int], None]:
    """A progress that ends the process once so many keys of the step are done."""

    def report(at: str, count: int) -> None:
        if (at, count) == (name, done):
            raise InterruptedError

    return report


def another(world: EngineWorld, folder: Path, old: str, new: str) -> Recompute:
    """The service with pelaku_usaha's mapping changed."""
    schemas = folder / "schemas"
    shutil.copytree(world.settings.schemas_dir, schemas)
    file = schemas / "mapping" / "pelaku_usaha.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    legacy = legacy_reader_engine(world.settings)
    try:
        base = ground(replace(world.settings, schemas_dir=schemas), legacy, world.applier)
    finally:
        legacy.dispose()
    return Recompute(base.target, base.plan)


def ids(world: EngineWorld, table: str, column: str) -> set[str]:
    """The keys of a target table."""
    return {str(row[column]) for row in world.rows(f"select {column} from rba.{table}")}


def test_a_killed_run_goes_on_where_it_stopped(world: EngineWorld, history: History) -> None:
    recompute = Recompute(world.ground.target, world.ground.plan)
    with pytest.raises(InterruptedError):
        recompute.run(killed_at("pelaku_usaha", 4))
    step = recompute.steps()["pelaku_usaha"]
    assert (step.after, step.done, step.finished) == (NIBS[3], 4, False)
    assert not recompute.steps()[WHOLE].finished
    seen: list[tuple[str, int]] = []
    computed = recompute.run(lambda name, done: seen.append((name, done)))
    assert [done for name, done in seen if name == "pelaku_usaha"] == [6, 7]
    assert computed.keys["pelaku_usaha"] == {"row": 7}
    assert computed.changes == 0
    assert recompute.steps()[WHOLE].finished
    assert world.rows("select recomputed from selaras.version") == [{"recomputed": True}]
    recompute.run(nothing)
    assert recompute.steps()["pelaku_usaha"].done == 7


def test_a_run_that_is_no_longer_alone_takes_nothing_away(world: EngineWorld, history: History) -> None:
    """Its process loses the session that holds its lock, others begin another run, and end it: then it goes on."""
    recompute, ground = Recompute(world.ground.target, world.ground.plan), world.ground
    before = ids(world, "pelaku_usaha", "id")
    later = Recompute(ground.target, ground.plan)

    def report(name: str, done: int) -> None:
        if (name, done) == ("pelaku_usaha", 4):
            with ground.target.transaction() as work:
                work.guard.enter(exclusive=True)
                work.recomputing.begin((ground.plan.mapping, ground.plan.reference))
            with pytest.raises(InterruptedError):
                later.run(killed_at("pelaku_usaha", 2))

    with pytest.raises(SelarasError, match="Another run") as raised:
        recompute.run(report)
    assert raised.value.kind is ErrorKind.CONFLICT
    assert ids(world, "pelaku_usaha", "id") == before
    assert (later.steps()["pelaku_usaha"].after, later.is_unfinished) == (NIBS[1], True)
    assert sum(later.run(nothing).left_over.values()) == 0
    assert ids(world, "pelaku_usaha", "id") == before


def test_a_run_that_is_no_longer_the_newest_removes_nothing(world: EngineWorld, history: History) -> None:
    """It has computed everything; what the newer one noted is not whole yet, and seems to leave rows over."""
    recompute, before = Recompute(world.ground.target, world.ground.plan), ids(world, "pelaku_usaha", "id")
    older = recompute.begin()
    recompute.run(nothing)
    newer = recompute.begin()
    rest = LeftOverRows(Pages(world.ground.target, world.ground.plan))
    with pytest.raises(SelarasError, match="Another run"):
        rest.remove(older, nothing)
    assert (newer != older, ids(world, "pelaku_usaha", "id")) == (True, before)


def test_what_changes_meanwhile_is_applied(world: EngineWorld, history: History) -> None:
    """Between two pages a company comes and another one changes; both stay as they came."""
    recompute = Recompute(world.ground.target, world.ground.plan)
    sent = {(c.topic, c.partition): c.end for c in history.chunks()}

    def report(name: str, done: int) -> None:
        if (name, done) != ("pelaku_usaha", 4):
            return
        company(history, 9, nib="9999000000000", oss_id="P-9")
        history.update("tr_oss_header", history.rows["tr_oss_header"][0], nama_perseroan="PT Baru")
        history.commits()
        new = [c.since(sent.get((c.topic, c.partition), 0)) for c in history.chunks()]
        world.apply([c for c in new if c.records])

    computed = recompute.run(report)
    assert computed.left_over["pelaku_usaha"] == 0
    assert len(ids(world, "pelaku_usaha", "id")) == 8
    assert world.rows("select nama from rba.pelaku_usaha where legacy_idoss = 1") == [{"nama": "PT Baru"}]
    assert recompute.differences(nothing).changes == 0


def test_another_rule_for_ids_leaves_nothing_behind(world: EngineWorld, history: History, tmp_path: Path) -> None:
    """Killed half-way under it, and then under the old one again, which starts over."""
    before = ids(world, "pelaku_usaha", "id")
    changed = another(world, tmp_path, "namespace: pelaku_usaha", "namespace: pelaku_lain")
    preview = changed.preview(None, "", nothing)
    assert preview.left_over["pelaku_usaha"] == 7
    assert preview.differing["pelaku_usaha"] == 7
    assert ids(world, "pelaku_usaha", "id") == before
    with pytest.raises(InterruptedError):
        changed.run(killed_at("nib", 2))
    original = Recompute(world.ground.target, world.ground.plan)
    with pytest.raises(SelarasError) as stale:
        original.table("nib", nothing)
    assert stale.value.kind is ErrorKind.STALE
    computed = changed.run(nothing)
    after = ids(world, "pelaku_usaha", "id")
    assert (len(after), after & before, computed.left_over["pelaku_usaha"]) == (7, set(), 7)
    assert changed.differences(nothing).changes == 0
    assert ids(world, "nib", "nib") == set(NIBS)
    with pytest.raises(InterruptedError):
        original.run(killed_at("pelaku_usaha", 2))
    with pytest.raises(InterruptedError):
        changed.run(killed_at("pelaku_usaha", 2))
    original.run(nothing)
    assert ids(world, "pelaku_usaha", "id") == before
    assert original.differences(nothing).changes == 0


def test_keys_without_any_source_row_are_found(world: EngineWorld, history: History) -> None:
    """What the target, outcomes and claims remember is computed too."""
    with world.applier.begin() as connection:
        connection.exec_driver_sql("update rba.nib set nib = '9999000000900' where nib = '9999000000001'")
        connection.exec_driver_sql(
            "insert into selaras.key_state (projection, key, outcome) values ('nib', '9999000000901', 'quarantined')"
        )
        connection.exec_driver_sql(
            "insert into selaras.claim (projection, column_name, value, key, rank) "
            "values ('nib', 'oss_id', 'P-2', '9999000000902', '')"
        )
    found = Recompute(world.ground.target, world.ground.plan).differences(nothing)
    assert found.keys["nib"]["absent"] == 3
    # The first page is refused, for a row that a later one removes holds its oss_id: it is tried again in the end.
    Recompute(world.ground.target, world.ground.plan).run(nothing)
    after = Recompute(world.ground.target, world.ground.plan).differences(nothing)
    assert (after.keys["nib"], after.changes) == ({"row": 7}, 0)
    assert ids(world, "nib", "nib") == set(NIBS)
    for table in ("key_state", "claim"):
        assert world.rows(f"select 1 from selaras.{table} where key like '999900000090%%'") == []


def test_chosen_keys_alone_are_computed(world: EngineWorld, history: History) -> None:
    with world.applier.begin() as connection:
        connection.exec_driver_sql("update rba.pelaku_usaha set nama = 'Lain'")
    recompute = Recompute(world.ground.target, world.ground.plan)
    where = "idoss > 4 and nib like '9999%' -- three"
    assert recompute.preview("pelaku_usaha", where, nothing).differing["pelaku_usaha"] == 3
    assert recompute.chosen("pelaku_usaha", where, nothing).differing["pelaku_usaha"] == 3
    assert len(world.rows("select 1 from rba.pelaku_usaha where nama = 'Lain'")) == 4
    computed = recompute.table("pelaku_usaha", nothing)
    assert (computed.differing["pelaku_usaha"], list(computed.keys)) == (4, ["pelaku_usaha"])


@pytest.mark.parametrize("where", ["nonsense = 1", "1 = 1); delete from rba.nib; --", "true) order by 1 --"])
def test_a_condition_that_cannot_be_is_refused(world: EngineWorld, where: str) -> None:
    with pytest.raises(SelarasError) as raised:
        Recompute(world.ground.target, world.ground.plan).preview("nib", where, nothing)
    assert raised.value.kind is ErrorKind.CONFIGURATION


def test_an_unknown_table_is_refused(world: EngineWorld) -> None:
    with pytest.raises(SelarasError, match="no mapping of a table x"):
        Recompute(world.ground.target, world.ground.plan).table("x", nothing)
