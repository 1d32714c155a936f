"""The stack's order and its words, on members that exist in memory only."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from streams.errors import ErrorKind, SelarasError
from streams.ports.stack import Condition, ProcessFacts, Report
from streams.services.stack import StackService


@dataclass
class FakeMember:
    name: str
    journal: list[str]
    log: Path
    port: int = 1
    now: Condition = Condition.STOPPED
    silent_for: int = 1  # questions that stay without an answer after a start
    ends_at_start: bool = False
    asked: int = 0

    def start(self) -> bool:
        if self.now is Condition.RUNNING:
            return False
        self.journal.append(f"start {self.name}")
        self.now = Condition.DEAD if self.ends_at_start else Condition.RUNNING
        return True

    def condition(self) -> Condition:
        return self.now

    def answers(self) -> bool:
        self.asked += 1
        return self.now is Condition.RUNNING and self.asked > self.silent_for

    def settle(self) -> None:
        self.journal.append(f"settle {self.name}")

    def stop(self) -> None:
        self.journal.append(f"stop {self.name}")
        self.now = Condition.STOPPED

    def facts(self) -> ProcessFacts | None:
        return ProcessFacts(7, datetime(2024, 1, 2, tzinfo=UTC), 30)


@dataclass
class FakeGround:
    journal: list[str] = field(default_factory=list)
    fault: SelarasError | None = None

    def check(self) -> None:
        if self.fault:
            raise self.fault
        self.journal.append("check")

    def install(self, report: Report) -> None:
        report("installing")
        self.journal.append("install")

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        self.journal.append("lock")
        yield
        self.journal.append("unlock")

    def complete(self) -> None:
        self.journal.append("complete")

    def wipe(self) -> None:
        self.journal.append("wipe")


@pytest.fixture
def ground() -> FakeGround:
    return FakeGround()


@pytest.fixture
def database(ground: FakeGround, tmp_path: Path) -> FakeMember:
    return FakeMember("database", ground.journal, tmp_path / "database.log")


@pytest.fixture
def connect(ground: FakeGround, tmp_path: Path) -> FakeMember:
    return FakeMember("connect", ground.journal, tmp_path / "connect.log")


@pytest.fixture
def service(ground: FakeGround, database: FakeMember, connect: FakeMember) -> StackService:
    return StackService(ground, ((database,), (connect,)), deadline_s=30.0)


def test_a_later_stage_starts_when_the_earlier_one_answers(service: StackService, ground: FakeGround) -> None:
    service.up(lambda _: None)
    members = ["start database", "settle database", "start connect", "settle connect"]
    assert ground.journal == ["lock", "check", "install", *members, "complete", "unlock"]


def test_up_again_starts_only_what_died(service: StackService, ground: FakeGround, connect: FakeMember) -> None:
    service.up(lambda _: None)
    ground.journal.clear()
    connect.now = Condition.DEAD
    lines: list[str] = []
    service.up(lines.append)
    assert [line for line in ground.journal if line.startswith("start")] == ["start connect"]
    assert any("connect: had died and is back" in line for line in lines)
    assert any("database: was running" in line for line in lines)


def test_a_member_that_ends_is_told_at_once_with_its_log(service: StackService, database: FakeMember) -> None:
    database.ends_at_start = True
    database.log.write_text("first\nthe reason\n")
    with pytest.raises(SelarasError, match="database ended while it was starting") as caught:
        service.up(lambda _: None)
    assert "the reason" in caught.value.sentence
    assert str(database.log) in caught.value.sentence
    assert caught.value.kind is ErrorKind.UNAVAILABLE


def test_a_silent_member_is_given_up_at_the_deadline(ground: FakeGround, database: FakeMember) -> None:
    database.silent_for = 10**9
    with pytest.raises(SelarasError, match=r"did not answer within 0\.2 s"):
        StackService(ground, ((database,),), deadline_s=0.2).up(lambda _: None)


def test_a_machine_that_lacks_something_starts_nothing(service: StackService, ground: FakeGround) -> None:
    ground.fault = SelarasError(ErrorKind.CONFIGURATION, "no Java")
    with pytest.raises(SelarasError, match="no Java"):
        service.up(lambda _: None)
    assert not [line for line in ground.journal if line.startswith("start")]


def test_down_stops_readers_before_what_they_read(service: StackService, ground: FakeGround) -> None:
    service.up(lambda _: None)
    ground.journal.clear()
    service.down(lambda _: None)
    assert ground.journal == ["lock", "stop connect", "stop database", "unlock"]


def test_reset_wipes_only_after_everything_stopped(service: StackService, ground: FakeGround) -> None:
    service.reset(lambda _: None)
    assert ground.journal == ["lock", "stop connect", "stop database", "wipe", "unlock"]


def test_status_shows_a_dead_member_without_pid(service: StackService, connect: FakeMember) -> None:
    service.up(lambda _: None)
    connect.now = Condition.DEAD
    first, second = service.status()
    assert (first.condition, first.answers, first.pid, first.memory_mb) == (Condition.RUNNING, True, 7, 30)
    assert (second.condition, second.answers, second.pid, second.since) == (Condition.DEAD, False, None, None)


def test_logs_of_a_name_that_is_none(service: StackService, connect: FakeMember) -> None:
    assert service.logs("connect") == connect.log
    with pytest.raises(SelarasError) as caught:
        service.logs("zookeeper")
    assert "database, connect" in caught.value.next_step
