"""Another mapping that a worker adopts under traffic: computed in the background, killed half-way, gone on with.

On a pair of databases of their own: the other tests keep their mapping.
"""

import logging
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from streams.adapters.databases.lock_numbers import RECOMPUTE
from streams.adapters.databases.only_one import only_one
from streams.adapters.processes.worker_child import WorkerChild
from streams.bootstrap.databases import target_engine
from streams.bootstrap.demo import seed_service
from streams.bootstrap.sync import registration
from streams.ports.recomputing import WHOLE
from streams.services.demo import SeedPlan
from tests.e2e.beside import worlds_beside
from tests.e2e.companies import Companies
from tests.e2e.parallel_run import DEADLINE_S, ParallelRun
from tests.e2e.traffic import Traffic
from tests.waiting import wait_until

log = logging.getLogger(__name__)
pytestmark = pytest.mark.stack

COMPANIES, SEED, RATE = 150, 13, 15
KILLED_AT = "after_page:34"
NIB = "select dihapus_pada is null from rba.nib where nib = %s"
SHORT = (
    "select p.nama_singkatan = p.nama from rba.nib n join rba.pelaku_usaha p on p.id = n.pelaku_usaha_id where nib = %s"
)
ALL_SHORT = "select count(*) > 0, count(*) filter (where nama_singkatan = nama) > 0 from rba.pelaku_usaha"
IDS = "select id from rba.pelaku_usaha"
DEED, DAY = "No. 77 B", "2019-03-04"  # written one way: 77B
DEEDS = (
    "select count(*) from rba.legalitas l join rba.nib n using (pelaku_usaha_id) "
    f"where n.nib = %s and l.tanggal = '{DAY}' and l.nomor in ('77B', '{DEED}')"
)
KEPT = ("row_key where source = 'legalitas.legal'", "key_state where projection = 'legalitas'")
FINISHED = f"select finished_at is not null from selaras.recompute where step = '{WHOLE}'"
STEPS = "select step, keys_done, finished_at, started_at, begun::text from selaras.recompute order by changed_at"
POSITIONS = "select sum(next_offset) from selaras.position"
MOVING = f"select ({FINISHED}), (select sum(keys_done) from selaras.recompute), ({POSITIONS})"


@pytest.fixture(scope="module")
def world(run: ParallelRun) -> Iterator[ParallelRun]:
    """Seeded, captured, applied under the mapping of the files."""
    with worlds_beside(run, "adopt") as other:
        seed_service(other.settings).run(SeedPlan(COMPANIES, SEED))
        registration(other.settings).apply(DEADLINE_S)
        other.steady()
        other.prove()
        yield other


@pytest.fixture
def changed(world: ParallelRun, tmp_path: Path) -> Iterator[ParallelRun]:
    """The same pair of databases with files to be changed; in the end the first ones are in force again."""
    schemas = Path(shutil.copytree(world.settings.schemas_dir, tmp_path / "schemas"))
    other = ParallelRun(replace(world.settings, schemas_dir=schemas), "changed")
    world.steady()
    yield other
    other.rest()
    _take_back(world)


def test_a_mapping_is_adopted_while_business_goes_on(world: ParallelRun, changed: ParallelRun) -> None:
    _change(changed, "pelaku_usaha", "from: header.nama_singkatan", "from: header.nama_perseroan")
    assert world.find(ALL_SHORT) == [(True, False)]
    old, new = world.steady(), changed.worker("adopting", "--adopt")
    with _started(new), Traffic(world.settings, RATE) as traffic:
        assert old.wait(60) == 76
        late = Companies(world).make()
        changed.shows([(True,)], SHORT, late.nib)
        wait_until(lambda: changed.find(FINISHED) == [(True,)], "the recompute comes to its end", DEADLINE_S)
        traffic.go_on(20)
        changed.settle()
        told = changed.selaras("projection", "progress", "--json")
        assert told.code == 0, told.err
        assert all(step["finished"] for step in told.document.values())
        new.require_alive()
    assert "recompute_finished" in new.log.read_text()
    changed.steady()
    assert changed.find(ALL_SHORT) == [(True, True)]
    changed.prove()


def test_killed_half_way_it_goes_on_where_it_stopped_and_nothing_is_left_behind(
    world: ParallelRun, changed: ParallelRun
) -> None:
    """Other ids of all companies, and another key of deeds: what is written in two ways is two deeds now."""
    _change(changed, "pelaku_usaha", "namespace: pelaku_usaha", "namespace: pelaku_lain")
    _change(changed, "legalitas", "{rule: NOMOR_AKTA, from: no_legal,", "{rule: TXT, from: no_legal,")
    _change(changed, "legalitas", "{rule: NOMOR_AKTA, from: key.3,", "{rule: TXT, from: key.3,")
    companies = Companies(world, made=100)
    nib = _with_one_deed_in_two_ways(world, companies)
    before = set(world.find(IDS))
    with Traffic(world.settings, RATE) as traffic:
        _killed_half_way(world, changed)
        stopped = _steps(changed)
        with only_one(target_engine(changed.settings), RECOMPUTE) as mine:
            assert mine
            changed.steady()
            late = companies.make()
            changed.shows([(True,)], NIB, late.nib)
            assert _steps(changed) == stopped
        _moves_beside_live_changes(changed)
        traffic.go_on(20)
    _went_on(stopped, _steps(changed))
    changed.prove()
    other = set(changed.find(IDS))
    assert (before & other, changed.find(DEEDS, nib)) == (set(), [(2,)])
    changed.rest()
    _take_back(world)
    world.steady()
    world.prove()
    assert (other & set(world.find(IDS)), world.find(DEEDS, nib)) == (set(), [(1,)])
    for place in KEPT:
        assert world.find(f"select count(*) from selaras.{place} and strpos(key, %s) > 0", DEED) == [(0,)]


def _change(run: ParallelRun, name: str, old: str, new: str) -> None:
    path = run.settings.schemas_dir / "mapping" / f"{name}.yaml"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    path.write_text(text.replace(old, new), encoding="utf-8")


def _take_back(world: ParallelRun) -> None:
    told = world.selaras("sync", "recompute")
    assert told.code == 0, told.err


@contextmanager
def _started(worker: WorkerChild) -> Iterator[None]:
    worker.start()
    try:
        yield
    finally:
        worker.stop()


def _with_one_deed_in_two_ways(world: ParallelRun, companies: Companies) -> str:
    made = companies.make()
    deeds = (f"('{made.nib}', '01', '{number}', '{DAY}')" for number in (DEED, "77B"))
    world.commit(f"insert into tr_oss_legalitas (nib, jenis_legal, no_legal, tgl_legal) values {', '.join(deeds)}")
    world.shows([(1,)], DEEDS, made.nib)
    return made.nib


def _killed_half_way(world: ParallelRun, changed: ParallelRun) -> None:
    old, doomed = world.steady(), changed.worker("doomed", "--adopt", SELARAS_FAIL_AT=KILLED_AT)
    doomed.start()
    assert doomed.wait(60) == -signal.SIGKILL
    assert old.wait(60) == 76
    told = changed.selaras("projection", "progress", "--json")
    assert told.code == 1, told.err
    assert {step["finished"] for step in told.document.values()} == {True, False}


def _steps(run: ParallelRun) -> dict[str, tuple[object, ...]]:
    """Where the recompute stands, in the order of its last moves: keys done, when it ended, and its beginning."""
    return {name: tuple(facts) for name, *facts in run.find(STEPS)}


def _moves_beside_live_changes(run: ParallelRun) -> None:
    """Until it ends, keys are computed and live changes applied in turn."""
    seen = set()

    def ended() -> bool:
        ((finished, keys, applied),) = run.find(MOVING)
        if not finished:
            seen.add((keys, applied))
        return bool(finished)

    wait_until(ended, "the recompute goes on to its end", DEADLINE_S)
    assert len({keys for keys, _ in seen}) > 2
    first = min(keys for keys, _ in seen)
    assert len({applied for keys, applied in seen if keys > first}) > 1


def _went_on(stopped: dict[str, tuple[object, ...]], ended: dict[str, tuple[object, ...]]) -> None:
    """What was finished was not touched again, and what was under way was not begun again."""
    halfway = [name for name, (_, finished, *_) in stopped.items() if finished is None and name != WHOLE]
    assert len(halfway) == 1
    log.info("killed in %s with %s keys done", halfway[0], stopped[halfway[0]][0])
    for name, (done, finished, *beginning) in stopped.items():
        late_done, late_finished, *late_beginning = ended[name]
        assert (late_finished is not None, late_beginning) == (True, beginning), name
        assert late_done == done or (name in halfway and late_done > done), name  # type: ignore[operator]
        assert finished in (None, late_finished), name
