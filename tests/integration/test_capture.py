"""Capture on the real parts: every kind of event, the barrier, re-reads, gaps."""

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from streams.adapters.databases.legacy_session import LegacyDoor
from streams.adapters.databases.world_schema import create_legacy_schema
from streams.adapters.kafka.admin import KafkaDoor
from streams.adapters.kafka.end_offsets import KafkaEndOffsets
from streams.bootstrap.capture import barrier_service, capture_service, end_offsets, leave_broker, reread_service
from streams.bootstrap.stack import stack_service
from streams.errors import ErrorKind, SelarasError
from streams.services.barrier import BarrierResult
from streams.services.capture import Capture
from streams.services.capture_identity import check_identity
from streams.settings import KafkaSettings, Settings, StackSettings
from tests.waiting import wait_until

pytestmark = pytest.mark.stack

ROOT = Path(__file__).parents[2]


def _free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [probe.getsockname()[1] for probe in sockets]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    legacy, target, kafka, controller, connect = _free_ports(5)
    settings = Settings(
        home=tmp_path_factory.mktemp("home"),
        schemas_dir=ROOT / "schemas",
        connectors_dir=ROOT / "connectors",
        stack=StackSettings(
            legacy_port=legacy, target_port=target, kafka_port=kafka, controller_port=controller, connect_port=connect
        ),
    )
    service = stack_service(settings)
    try:
        service.up(print)
        with _legacy(settings).session("oss_owner") as owner:
            create_legacy_schema(owner, ROOT / "schemas")
            owner.execute("insert into oss_iumk (nib, nama_usaha) values ('9120000000001', 'Warung A')")
        yield settings
    finally:
        leave_broker(settings)
        service.reset(print)


@pytest.fixture(scope="module")
def capture(settings: Settings) -> Capture:
    capture = capture_service(settings)
    capture.apply()
    wait_until(lambda: capture.status().snapshot == "done", "the initial snapshot is over")
    return capture


@dataclass
class Reader:
    """Reads what was appended to all data topics since it was made; everything it has read counts as applied."""

    settings: Settings
    topics: tuple[str, ...]

    def __post_init__(self) -> None:
        self._ends = end_offsets(self.settings)
        self._at = dict(self._ends.end_offsets(self.topics))

    def positions(self) -> Mapping[tuple[str, int], int]:
        return self._ends.end_offsets(self.topics)

    def read(self) -> list[dict[str, Any]]:
        from kafka import KafkaConsumer, TopicPartition  # noqa: PLC0415 - after our package has silenced its import

        goal = self._ends.end_offsets(self.topics)
        consumer = KafkaConsumer(bootstrap_servers=self.settings.bootstrap, group_id=None, enable_auto_commit=False)
        try:
            partitions = [TopicPartition(*key) for key in goal]
            consumer.assign(partitions)
            for partition in partitions:
                consumer.seek(partition, self._at.get((partition.topic, partition.partition), 0))
            found = []
            while any(consumer.position(at) < goal[(at.topic, at.partition)] for at in partitions):
                for records in consumer.poll(timeout_ms=500).values():
                    found += [record for record in records if record.offset < goal[(record.topic, record.partition)]]
        finally:
            consumer.close()
        self._at = dict(goal)
        return [
            {"topic": record.topic, "key": record.key and json.loads(record.key), **json.loads(record.value)}
            for record in found
            if ".selaras." not in record.topic
        ]


def _legacy(settings: Settings) -> LegacyDoor:
    legacy = settings.legacy
    return LegacyDoor(legacy.host, settings.legacy_port, legacy.database, settings.secrets.resolve())


def _commit(settings: Settings, *statements: str, role: str = "oss_app") -> None:
    with _legacy(settings).session(role) as session, session.transaction():
        for statement in statements:
            session.execute(statement.encode())


def _pass(settings: Settings, reader: Reader) -> BarrierResult:
    result = barrier_service(settings, reader).pass_(30.0)
    assert result.passed, result.reason
    return result


@pytest.fixture
def reader(settings: Settings, capture: Capture) -> Reader:
    return Reader(settings, capture.plan.data_topics)


def test_the_initial_snapshot_delivers_rows_as_reads(settings: Settings, capture: Capture) -> None:
    reader = Reader(settings, capture.plan.data_topics)
    reader._at.clear()
    (event,) = [event for event in reader.read() if event["op"] == "r"]
    assert event["key"] == {"nib": "9120000000001"}
    assert event["source"]["sequence"].startswith("[null,")


def test_applying_again_changes_nothing(capture: Capture) -> None:
    before = capture.identity()
    assert capture.apply() == before
    assert check_identity(before, capture.identity()) == []
    assert capture.status().healthy


def test_every_kind_of_change_arrives(settings: Settings, reader: Reader) -> None:
    for statement in (
        "insert into tr_oss_legalitas (nib, no_legal) values ('1', 'a')",
        "update tr_oss_legalitas set no_legal = 'b'",
        "update tr_oss_legalitas set nib = '2'",
        "update tr_oss_legalitas set idlegal = 99",
        "delete from tr_oss_legalitas",
    ):
        _commit(settings, statement)
    _commit(settings, "truncate tr_oss_legalitas", role="oss_owner")
    _pass(settings, reader)
    events = sorted(reader.read(), key=lambda event: (json.loads(event["source"]["sequence"])[1], event["op"] == "c"))
    assert [event["op"] for event in events] == ["c", "u", "d", "c", "u", "d", "t"]
    assert [event["key"] and event["key"]["nib"] for event in events] == ["1", "1", "1", "2", "2", "2", None]
    moved = events[4]
    assert (moved["before"]["idlegal"], moved["after"]["idlegal"]) != (99, None)
    assert moved["after"]["idlegal"] == 99
    assert events[5]["before"]["no_legal"] == "b"


def test_a_barrier_covers_everything_committed_before_it(settings: Settings, reader: Reader) -> None:
    for number in range(20):
        _commit(settings, f"insert into tr_oss_status_izin (nib) values ('{number}')")
    result = _pass(settings, reader)
    assert len(reader.read()) == 20
    assert result.position is not None


def test_a_reread_delivers_every_row_of_one_nib(settings: Settings, capture: Capture, reader: Reader) -> None:
    rows = ", ".join(f"('9120000000007', 'P{number}', now())" for number in range(5))
    _commit(settings, f"insert into tr_oss_proyek (nib, id_proyek, tgl_insert) values {rows}")
    _commit(settings, "insert into oss_iumk (nib, nama_usaha) values ('9120000000007', 'x'), ('9120000000007', 'x')")
    _pass(settings, reader)
    reader.read()
    rereads = reread_service(settings)
    for table, number in (("tr_oss_proyek", 5), ("public.oss_iumk", 2)):
        ticket = rereads.request_reread(table, "nib = '9120000000007'")
        wait_until(lambda ticket=ticket: rereads.reread_finished(ticket), f"{table} is read again")
        _pass(settings, reader)
        events = reader.read()
        assert [event["op"] for event in events] == ["r"] * number
        for event in events:
            commit, _ = json.loads(event["source"]["sequence"])
            assert int(commit) > 0
    assert capture.status().healthy


def test_a_pause_keeps_the_log_and_a_resume_delivers_it(settings: Settings, capture: Capture, reader: Reader) -> None:
    capture.pause()
    wait_until(lambda: (state := capture.status().connector) and state.connector == "PAUSED", "capture is paused")
    _commit(settings, "insert into tr_oss_status_izin (nib) values ('paused')")
    hanging = barrier_service(settings, reader).pass_(0.5)
    assert (hanging.passed, hanging.hung) == (False, "captured")
    capture.resume()
    _pass(settings, reader)
    assert [event["after"]["nib"] for event in reader.read()] == ["paused"]


def test_another_partition_count_is_refused(settings: Settings, capture: Capture) -> None:
    assert capture.status().healthy
    other = capture_service(replace(settings, kafka=KafkaSettings(partitions=6)))
    with pytest.raises(SelarasError, match="has 4 partitions instead of 6"):
        other.apply()


def test_a_silent_broker_is_unavailable_within_seconds() -> None:
    with pytest.raises(SelarasError) as caught:
        KafkaEndOffsets(KafkaDoor("127.0.0.1:1", timeout_s=1.0)).end_offsets(["t"])
    assert caught.value.kind is ErrorKind.UNAVAILABLE


def test_a_lost_slot_is_a_gap_and_a_new_capture_starts_over(settings: Settings, capture: Capture) -> None:
    before = capture.identity()
    capture._parts.connector.remove()
    with pytest.raises(SelarasError, match="left over") as caught:
        capture.apply()
    assert caught.value.kind is ErrorKind.GAP
    capture.remove()
    with _legacy(settings).session("oss_capture") as session:
        row = session.execute("select count(*) from pg_replication_slots").fetchone()
    assert row == (0,)
    after = capture.apply()
    faults = check_identity(before, after)
    assert len(faults) == len(capture.plan.topics)
    assert all("deleted and made again" in fault for fault in faults)
    wait_until(lambda: capture.status().snapshot == "done", "the second snapshot is over")
    assert capture.status().healthy


def test_the_password_is_nowhere_in_connect(settings: Settings, capture: Capture) -> None:
    assert capture.status().healthy
    password = (settings.secrets / "oss_capture").read_text().strip()
    assert password not in json.dumps(dict(capture.plan.config))
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(
            host="127.0.0.1", port=settings.legacy_port, dbname="oss_v1", user="oss_capture", password="x"
        ).close()
