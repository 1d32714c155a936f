"""What can't be applied stops nothing and is never dropped silently."""

from collections.abc import Iterator

import psycopg
import pytest

from streams.bootstrap.databases import target_server
from streams.changes.chunk import Chunk
from streams.errors import OutOfLocks
from streams.projection.outcome import OutcomeKind
from streams.settings import Settings
from tests.engine import EngineWorld
from tests.histories_tables import FIXED
from tests.history import FakeRecord, History, Row

pytestmark = pytest.mark.postgres

A, B = "9999000000017", "9999000000025"
FORBIDDEN = "PT Terlarang"
CHECK = f"alter table rba.pelaku_usaha add constraint nama_diizinkan check (nama <> '{FORBIDDEN}')"
STATES = "select * from selaras.key_state order by projection, key"
UNDECODABLE = 'select * from selaras.undecodable order by topic, partition, "offset"'


@pytest.fixture
def world(worlds: Settings) -> Iterator[EngineWorld]:
    """An engine whose target has one more constraint than its mapping knows."""
    made = EngineWorld(worlds)
    with psycopg.connect(target_server(worlds, "rba_owner").conninfo()) as owner:
        owner.execute(CHECK)
    yield made
    made.close()


def header(history: History, number: int, nib: str, name: str) -> Row:
    """A NIB document that no rule refuses."""
    sound: Row = {"idoss": number, "nib": nib, "oss_id": f"P-{number}", "nama_perseroan": name, "status_nib": "01"}
    sound |= {"tgl_terbit_nib": "04/03/2019", "sts_aktif": "1", "tgl_insert": "2019-03-04T10:11:12Z"}
    return history.insert("tr_oss_header", **{**FIXED["tr_oss_header"], **sound})


def names(world: EngineWorld) -> list[str]:
    """The companies of the target."""
    return [row["nama"] for row in world.rows("select nama from rba.pelaku_usaha order by nama")]


def test_a_row_that_the_target_refuses_is_quarantined_alone(world: EngineWorld) -> None:
    history = world.history()
    row = header(history, 1, A, FORBIDDEN)
    header(history, 2, B, "PT Baik")
    history.commits()
    (applied,) = world.apply(history.chunks())
    assert names(world) == ["PT Baik"]
    outcome = applied.settled.outcomes["pelaku_usaha"][A]
    assert outcome.kind is OutcomeKind.QUARANTINED
    child, company = world.rows(STATES)
    assert (child["projection"], child["outcome"], child["wait_key"]) == ("nib", "waiting", A)
    assert (company["projection"], company["key"], company["outcome"]) == ("pelaku_usaha", A, "quarantined")
    assert [fault["rule"] for fault in company["faults"]] == ["TARGET"]
    assert "nama_diizinkan" in str(company["faults"])
    assert FORBIDDEN not in str(company["faults"])

    done = {(chunk.topic, chunk.partition): chunk.end for chunk in history.chunks()}
    history.update("tr_oss_header", row, nama_perseroan="PT Juga Baik")
    history.commits()
    rest = [chunk.since(done[(chunk.topic, chunk.partition)]) for chunk in history.chunks()]
    world.service().apply([chunk for chunk in rest if chunk.records])
    assert names(world) == ["PT Baik", "PT Juga Baik"]
    assert world.rows(STATES) == []


def test_a_refusal_is_remembered_for_that_row_only(world: EngineWorld) -> None:
    """Between two tries of a batch another worker may make another row of the same key."""
    history = world.history()
    header(history, 1, A, "")
    history.commits()
    world.apply(history.chunks())
    history.log.clear()
    history.insert("oss_iumk", nib=A, nama_usaha=FORBIDDEN)
    (micro,) = history.chunks()
    history.log.clear()
    history.update("tr_oss_header", history.rows["tr_oss_header"][0], nama_perseroan="PT Baik")
    history.commits()
    (document,) = history.chunks()
    later = Chunk(document.topic, document.partition, 1, [FakeRecord(1, r.key, r.value) for r in document.records])
    world.seed([micro])

    class OtherWorker:
        """Applies its own batch when this one tries again."""

        tries = 0

        def reach(self, name: str) -> None:
            """See the port."""
            self.tries += name == "after_positions"
            if (name, self.tries) == ("after_positions", 2):
                world.service().apply([later])

    world.service(OtherWorker()).apply([micro])
    assert names(world) == ["PT Baik"]
    assert [state for state in world.rows(STATES) if state["faults"]] == []


def test_a_row_that_a_foreign_row_refers_to_stays_and_is_told_of(world: EngineWorld) -> None:
    history = world.history()
    row = header(history, 1, A, "PT Baik")
    history.commits()
    world.apply(history.chunks())
    (company,) = world.rows("select id from rba.pelaku_usaha")
    with psycopg.connect(target_server(world.settings, "rba_owner").conninfo()) as owner:
        owner.execute("create table rba.asing (pelaku uuid references rba.pelaku_usaha (id))")
        owner.execute("insert into rba.asing values (%s)", (company["id"],))
    before = {(chunk.topic, chunk.partition): chunk.end for chunk in history.chunks()}
    history.update("tr_oss_header", row, nib=B)
    history.commits()
    world.seed(history.chunks())
    rest = [chunk.since(before.get((chunk.topic, chunk.partition), 0)) for chunk in history.chunks()]
    world.service().apply([chunk for chunk in rest if chunk.records])
    assert names(world) == ["PT Baik", "PT Baik"]
    (state,) = world.rows(STATES)
    assert (state["projection"], state["key"], state["outcome"]) == ("pelaku_usaha", A, "quarantined")
    assert "asing_pelaku_fkey" in str(state["faults"])


def test_malformed_events_are_stored_and_make_their_table_unknown(world: EngineWorld) -> None:
    history = world.history()
    header(history, 1, A, "PT Baik")
    history.commits()
    (sound,) = history.chunks()
    value = sound.records[0].value
    spoilt = [
        b"\xff\xfe",
        b"[" * 100_000,
        value.replace(b'"idoss": 1', b'"idoss": "satu"'),
        value.replace(b'"idoss": 1', b'"idoss": 18446744073709551616'),
        value.replace(b"PT Baik", b"PT\\u0000Baik"),
        None,
    ]
    records = [FakeRecord(n, b"{}", text) for n, text in enumerate(spoilt)]
    records.append(FakeRecord(len(records), sound.records[0].key, value))
    (applied,) = world.apply(
        [
            Chunk(sound.topic, sound.partition, 0, records),
            Chunk("oss.public.tabel_baru", 0, 0, [FakeRecord(0, None, b'{"op": "c"}')]),
        ]
    )
    assert applied.malformed == len(spoilt) + 1
    assert names(world) == ["PT Baik"]
    assert world.unknown_tables() == ["tr_oss_header"]
    stored = world.rows(UNDECODABLE)
    assert [(row["topic"], row["offset"]) for row in stored] == [
        ("oss.public.tabel_baru", 0),
        *((sound.topic, n) for n in range(len(spoilt))),
    ]
    assert [row["value"] for row in stored[1:]] == spoilt
    assert all(row["reason"] for row in stored)


def test_a_replayed_batch_stores_its_malformed_events_once(world: EngineWorld) -> None:
    bad = Chunk("oss.public.tr_oss_header", 0, 0, [FakeRecord(0, None, b"?"), FakeRecord(1, None, b"?")])
    world.apply([Chunk(bad.topic, 0, 0, bad.records[:1])], [bad.since(1)])
    assert [row["offset"] for row in world.rows(UNDECODABLE)] == [0, 1]


def test_a_transaction_that_finds_no_room_for_its_locks_is_told_as_one(world: EngineWorld) -> None:
    with pytest.raises(OutOfLocks), world.ground.target.transaction() as work:
        work.locks.acquire([(30_000, bucket) for bucket in range(200_000)])
    with world.ground.target.transaction() as work:
        work.locks.acquire([(30_000, 1)])
