"""The law of capture's database and broker ports, on the twins and on the real parts alike."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
import pytest

from streams.adapters.databases.legacy_capture import LegacyCapture
from streams.adapters.databases.legacy_marks import LegacyMarks as PostgresMarks
from streams.adapters.databases.legacy_session import LegacyDoor
from streams.adapters.memory.capture import MemoryLegacy, MemoryTopics
from streams.adapters.processes.postgres_roles import as_superuser
from streams.adapters.processes.stack_folders import StackFolders
from streams.errors import ErrorKind, SelarasError
from streams.ports.capture import LegacyMarks, LegacySetup, LegacySlots
from streams.settings import Settings

TABLES = ["public.tr_oss_header", "public.oss_iumk", "selaras.heartbeat", "selaras.signal"]


@dataclass(frozen=True)
class Legacy:
    """One legacy database behind its three ports."""

    setup: LegacySetup
    slots: LegacySlots
    marks: LegacyMarks


def _twin() -> Legacy:
    twin = MemoryLegacy(bad_conditions={"no_such_column = 1", "true) or (", "true); drop table x; --"})
    return Legacy(twin, twin, twin)


@pytest.fixture
def database(worlds: Settings) -> Settings:
    """A legacy database that belongs to the owner of its tables, as the stack's does."""
    folders = StackFolders(worlds.home, "nobody" if os.geteuid() == 0 else None)
    with as_superuser(folders.sockets, worlds.legacy_port, "postgres") as admin:
        admin.execute(f"alter database {worlds.legacy.database} owner to oss_owner")
    return worlds


@pytest.fixture(params=["twin", pytest.param("postgres", marks=pytest.mark.postgres)])
def legacy(request: pytest.FixtureRequest) -> Legacy:
    if request.param == "twin":
        return _twin()
    door = _door(request.getfixturevalue("database"))
    capture = LegacyCapture(door)
    return Legacy(capture, capture, PostgresMarks(door))


def _door(settings: Settings) -> LegacyDoor:
    return LegacyDoor(settings.legacy.host, settings.legacy_port, settings.legacy.database, settings.secrets)


def test_a_publication_is_made_once_and_removed_once(legacy: Legacy) -> None:
    assert legacy.setup.create_publication("p", TABLES)
    assert not legacy.setup.create_publication("p", TABLES[:1])
    found = legacy.setup.identity("no_slot", "p")
    assert found.publication == "p"
    assert found.slot == ""
    assert found.tables == tuple(sorted(TABLES))
    assert found.replica_identity["public.oss_iumk"] == "full"
    assert found == legacy.setup.identity("no_slot", "p")
    legacy.setup.drop_publication("p")
    legacy.setup.drop_publication("p")
    assert legacy.setup.identity("no_slot", "p").publication == ""


def test_a_sound_database_has_no_faults_and_a_narrower_publication_is_one(legacy: Legacy) -> None:
    assert list(legacy.setup.faults("p", TABLES)) == []
    legacy.setup.create_publication("p", TABLES[1:])
    (fault,) = legacy.setup.faults("p", TABLES)
    assert "lacks public.tr_oss_header" in fault


def test_a_slot_that_is_not_there_is_none_and_can_be_dropped(legacy: Legacy) -> None:
    assert legacy.slots.slot("no_such_slot") is None
    assert legacy.slots.drop_slot("no_such_slot")


def test_tokens_rise_through_the_log(legacy: Legacy) -> None:
    first, second = legacy.marks.token("a"), legacy.marks.token("b")
    assert 0 < first < second


def test_requests_are_open_until_closed(legacy: Legacy) -> None:
    before = legacy.marks.token("a")
    since = legacy.marks.signal_reread("s1", "public.oss_iumk", "nib = '1'")
    assert before < since < legacy.marks.token("b")
    assert legacy.marks.open_rereads() == {"s1": "public.oss_iumk"}
    legacy.marks.close_reread("s1")
    legacy.marks.close_reread("s1")
    assert legacy.marks.open_rereads() == {}


@pytest.mark.parametrize("where", ["", "nib = '1'", "nib like '9%' or kbli is null"])
def test_conditions_that_the_table_understands_pass(legacy: Legacy, where: str) -> None:
    legacy.marks.check_condition("public.oss_iumk", where)


@pytest.mark.parametrize("where", ["no_such_column = 1", "true) or (", "true); drop table x; --"])
def test_other_conditions_are_refused(legacy: Legacy, where: str) -> None:
    with pytest.raises(SelarasError) as caught:
        legacy.marks.check_condition("public.oss_iumk", where)
    assert caught.value.kind is ErrorKind.CONFIGURATION


@contextmanager
def _as_owner(settings: Settings) -> Iterator[psycopg.Connection]:
    with _door(settings).session("oss_owner") as session:
        yield session


@pytest.mark.postgres
def test_every_fault_of_a_real_database_is_told_at_once(database: Settings) -> None:
    with _as_owner(database) as owner:
        owner.execute("alter table public.tr_oss_header replica identity default")
        owner.execute("revoke select on public.oss_iumk from oss_capture")
        owner.execute("create publication half for table public.tb_user_oss with (publish = 'insert')")
    faults = "\n".join(LegacyCapture(_door(database)).faults("half", [*TABLES, "public.no_such_table"]))
    for part in (
        "ALTER TABLE public.tr_oss_header REPLICA IDENTITY FULL",
        "GRANT SELECT ON public.oss_iumk TO oss_capture",
        "public.no_such_table does not exist",
        "leaves out some kinds of change",
        "half lacks",
        "also covers public.tb_user_oss",
    ):
        assert part in faults


@pytest.mark.postgres
def test_a_real_slot_tells_how_far_it_is_behind(database: Settings) -> None:
    name = database.legacy.database
    capture, marks = LegacyCapture(_door(database)), PostgresMarks(_door(database))
    with _door(database).session("oss_capture") as session:
        session.execute("select pg_create_logical_replication_slot(%s, 'pgoutput')", [name])
    try:
        marks.token("a")
        slot = capture.slot(name)
        assert slot is not None
        assert not slot.active
        assert slot.wal_status == "reserved"
        assert 0 < slot.behind_bytes <= slot.retained_bytes
        assert capture.identity(name, "none").slot == name
    finally:
        assert capture.drop_slot(name)
    assert capture.slot(name) is None


@pytest.mark.postgres
def test_an_absent_server_and_an_absent_password_are_told_apart(database: Settings) -> None:
    silent = LegacyDoor("127.0.0.1", 1, "oss_v1", database.secrets, timeout_s=1)
    with pytest.raises(SelarasError) as caught:
        LegacyCapture(silent).slot("s")
    assert caught.value.kind is ErrorKind.UNAVAILABLE
    with pytest.raises(SelarasError, match="cannot be read from") as caught:
        LegacyCapture(LegacyDoor("127.0.0.1", 1, "oss_v1", database.home / "nowhere")).slot("s")
    assert caught.value.kind is ErrorKind.CONFIGURATION


def test_topics_in_memory_behave_like_topics() -> None:
    topics = MemoryTopics()
    topics.create({"a": 2, "b": 1})
    first = topics.identify(["a", "b", "c"])
    topics.create({"a": 2})
    assert topics.identify(["a", "b", "c"]) == first
    topics.append("a", 1)
    assert topics.end_offsets(["a"]) == {("a", 0): 0, ("a", 1): 1}
    topics.delete(["a", "c"])
    topics.create({"a": 2})
    assert topics.identify(["a"])["a"].topic_id != first["a"].topic_id
    assert topics.end_offsets(["a"]) == {("a", 0): 0, ("a", 1): 0}
