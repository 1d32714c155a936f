"""When a worker must not start, and how a capture that has a gap is made anew."""

import shutil
from contextlib import closing
from pathlib import Path

import pytest

from streams.adapters.databases.legacy_session import Session
from streams.adapters.kafka.admin import KafkaDoor
from streams.adapters.processes.worker_child import WorkerChild
from tests.e2e.companies import Companies
from tests.e2e.parallel_run import ParallelRun
from tests.e2e.traffic import Traffic
from tests.waiting import wait_until

pytestmark = pytest.mark.stack

SLOT = "selaras_legacy"
MARKED = "select count(*) from mirror.tr_oss_proyek where nib = %s and not _deleted"


@pytest.fixture
def schemas(run: ParallelRun, tmp_path: Path) -> Path:
    """A copy of the schemas, to be changed."""
    return Path(shutil.copytree(run.settings.schemas_dir, tmp_path / "schemas"))


def test_a_mapping_with_faults_stops_the_start_and_every_fault_is_named(run: ParallelRun, schemas: Path) -> None:
    nib, project = schemas / "mapping" / "nib.yaml", schemas / "mapping" / "proyek.yaml"
    _change(nib, "from: header.oss_id", "from: header.no_such_column")
    _change(nib, "{rule: CODE, from: iumk.status_nib", "{rule: NO_SUCH_RULE, from: iumk.status_nib")
    _change(project, "tki_l:", "no_such_target:")
    told = run.selaras("sync", "run", environment={"SELARAS_SCHEMAS_DIR": str(schemas)})
    assert told.code == 78
    for path, column, fault in (
        (nib, "oss_id", "no_such_column"),
        (nib, "status_nib", "NO_SUCH_RULE"),
        (project, "no_such_target", "no_such_target"),
    ):
        line = path.read_text().splitlines().index(_declaration(path, column)) + 1
        assert [text for text in told.err.splitlines() if text.startswith(f"{path}:{line}:3: ") and fault in text], (
            told.err
        )


def test_another_mapping_must_be_put_in_force_first(run: ParallelRun, worker: WorkerChild, schemas: Path) -> None:
    run.settle()
    _change(schemas / "mapping" / "pelaku_usaha.yaml", "from: header.nama_singkatan", "from: header.nama_perseroan")
    other = {"SELARAS_SCHEMAS_DIR": str(schemas)}
    assert run.selaras("sync", "run", environment=other).code == 76
    same = "select count(*) from rba.pelaku_usaha where nama_singkatan is not distinct from nama"
    before = run.find(same)
    told = run.selaras("sync", "recompute", "--json", environment=other)
    assert told.code == 0, told.err
    assert told.document["differing"]["pelaku_usaha"] > 0
    assert run.find(same) > before
    _stops_by_itself(run, worker)
    assert run.selaras("sync", "run").code == 76
    assert run.selaras("sync", "recompute").code == 0
    assert run.find(same) == before
    run.steady()
    run.prove()


def _stops_by_itself(run: ParallelRun, worker: WorkerChild) -> None:
    """A worker of the old rules ends with its next batch and writes nothing."""
    with Traffic(run.settings) as traffic:
        traffic.go_on(2)
        assert worker.wait(30) == 76


def test_a_capture_with_a_gap_is_refused_and_made_anew(run: ParallelRun, companies: Companies) -> None:
    gone, kept = companies.make(), companies.make()
    run.steady()
    run.settle()
    run.rest()
    _tear_a_gap(run, gone.nib)
    told = run.selaras("sync", "run")
    assert told.code == 77
    assert "was made anew" in told.err
    assert "capture remove" in told.err
    with closing(KafkaDoor(run.settings.bootstrap)) as door, door.admin() as admin:
        admin.create_partitions({"oss.public.tr_oss_lokasi": 6})
    told = run.selaras("sync", "run")
    assert told.code == 77
    assert "tr_oss_lokasi has 6 partitions instead of 4" in told.err
    assert run.selaras("capture", "apply").code == 77
    assert run.selaras("capture", "remove", "--yes", "--json").code == 0
    told = run.selaras("sync", "run")
    assert told.code == 78
    assert "No capture is registered" in told.err
    _capture_anew(run, gone.nib)
    assert run.find(MARKED, gone.nib) == [(0,)]
    assert run.find(MARKED, kept.nib) != [(0,)]


def _tear_a_gap(run: ParallelRun, nib: str) -> None:
    """The slot is dropped and made again; what was committed in between reaches nobody."""
    run.kill("connect")
    with run.legacy("oss_capture") as session:
        wait_until(lambda: not _active(session), "nobody reads the slot", 150.0)
        session.execute("select pg_drop_replication_slot(%s)", [SLOT])
        run.commit(f"delete from tr_oss_proyek where nib = '{nib}'")
        session.execute("select pg_create_logical_replication_slot(%s, 'pgoutput')", [SLOT])
    run.mend()
    wait_until(lambda: "FAILED" in run.selaras("capture", "status", "--json").out, "the connector refuses to go on")


def _capture_anew(run: ParallelRun, nib: str) -> None:
    run.commit(f"delete from tr_oss_header where nib = '{nib}'", f"delete from oss_iumk where nib = '{nib}'")
    told = run.selaras("capture", "apply", "--json")
    assert told.code == 0, told.err
    assert told.document["settled"] is False
    run.steady()
    with Traffic(run.settings) as traffic:
        told = run.selaras("load", "settle", "--json")
        assert told.code == 0, told.err
        assert told.document["left_over"] >= 1
        traffic.go_on(20)
    run.prove()
    assert run.selaras("load", "settle", "--json").document["left_over"] == 0


def _active(session: Session) -> bool:
    row = session.execute("select active from pg_replication_slots where slot_name = %s", [SLOT]).fetchone()
    assert row is not None
    return bool(row[0])


def _change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1, old
    path.write_text(text.replace(old, new))


def _declaration(path: Path, column: str) -> str:
    return next(line for line in path.read_text().splitlines() if line.startswith(f"  {column}:"))
