"""Capture as a use case, on twins of the outside world."""

import dataclasses

import pytest

from streams.adapters.memory.capture import ManualClock, MemoryConnector, MemoryLegacy, MemoryTopics
from streams.errors import ErrorKind, SelarasError
from streams.ports.capture import CommittedOffset, SlotState
from streams.services.capture import Capture, CaptureParts
from streams.services.capture_plan import plan_capture

CONFIG = {
    "table.include.list": "public.a,public.b,selaras.heartbeat,selaras.signal",
    "message.key.columns": "public.a:nib;public.b:id_proyek",
    "topic.prefix": "oss",
    "slot.name": "slot",
    "publication.name": "publication",
    "notification.sink.topic.name": "oss.notification",
}


class World:
    """A legacy database, a broker and Connect, all empty."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.legacy = MemoryLegacy()
        self.topics = MemoryTopics()
        self.connector = MemoryConnector(self.legacy)
        parts = CaptureParts(
            self.legacy, self.legacy, self.topics, self.connector, self.connector, self.topics, self.clock
        )
        self.capture = Capture(plan_capture("c", CONFIG, 4), parts)


def test_the_plan_follows_from_the_connector_file() -> None:
    plan = plan_capture("c", CONFIG, 4)
    assert plan.legacy_tables == ("public.a", "public.b")
    assert plan.message_keys == {"public.a": ("nib",), "public.b": ("id_proyek",)}
    assert plan.data_topics == ("oss.public.a", "oss.public.b", "oss.selaras.heartbeat", "oss.selaras.signal")
    assert plan.topics["oss.public.b"] == 4
    assert plan.topics["oss.selaras.signal"] == 1
    assert {"oss.message", "oss.transaction", "oss.notification", "__debezium-heartbeat.oss"} <= set(plan.topics)


@pytest.mark.parametrize("keys", ["public.a:nib", "public.a:nib;public.b:x;public.c:y"])
def test_a_table_without_key_or_a_key_without_table_is_refused(keys: str) -> None:
    with pytest.raises(SelarasError, match=r"public\.[bc]"):
        plan_capture("c", {**CONFIG, "message.key.columns": keys}, 4)


def test_apply_makes_everything_and_repeating_it_changes_nothing() -> None:
    world = World()
    first = world.capture.apply()
    assert first.legacy.slot == "slot"
    assert set(first.legacy.tables) == set(world.capture.plan.tables)
    assert set(first.topics) == set(world.capture.plan.topics)
    assert world.capture.apply() == first


def test_all_faults_are_told_at_once() -> None:
    world = World()
    world.legacy.trouble += ["wal_level is replica.", "Table public.a has replica identity default."]
    world.topics.create({"oss.public.b": 3})
    with pytest.raises(SelarasError) as caught:
        world.capture.apply()
    assert caught.value.kind is ErrorKind.CONFIGURATION
    for part in ("wal_level", "replica identity", "oss.public.b has 3 partitions instead of 4"):
        assert part in caught.value.sentence
    assert world.connector.config is None


def test_a_slot_without_its_connector_is_refused() -> None:
    world = World()
    world.legacy.slots["slot"] = SlotState(False, "reserved", 1, 0, 0)
    with pytest.raises(SelarasError, match="replication slot slot") as caught:
        world.capture.apply()
    assert caught.value.kind is ErrorKind.GAP


def test_records_of_a_predecessor_are_refused() -> None:
    world = World()
    world.topics.create({"oss.public.a": 4})
    world.topics.append("oss.public.a", 3)
    with pytest.raises(SelarasError, match=r"topic oss\.public\.a"):
        world.capture.apply()


def test_a_lost_slot_is_a_gap_and_not_made_anew() -> None:
    world = World()
    world.capture.apply()
    world.connector.committed = CommittedOffset(10, snapshot=False, reread=False)
    del world.legacy.slots["slot"]
    with pytest.raises(SelarasError, match="slot is gone") as caught:
        world.capture.apply()
    assert caught.value.kind is ErrorKind.GAP


def test_a_failed_connector_is_named_without_its_message() -> None:
    world = World()
    world.connector.failure = "DebeziumException"
    with pytest.raises(SelarasError, match=r"failed \(DebeziumException\)"):
        world.capture.apply()


def test_a_slot_that_stays_idle_ends_at_the_deadline() -> None:
    world = World()
    world.capture.apply()
    world.legacy.slots["slot"] = SlotState(False, "reserved", 1, 0, 0)
    with pytest.raises(SelarasError, match="the slot is idle") as caught:
        world.capture.apply(deadline_s=3.0)
    assert caught.value.kind is ErrorKind.UNAVAILABLE
    assert world.clock.time >= 3.0


def test_apply_resumes_a_paused_capture() -> None:
    world = World()
    world.capture.apply()
    world.capture.pause()
    assert not world.capture.status().healthy
    world.capture.apply()
    assert world.capture.status().connector == world.connector.state()


def test_status_tells_the_phases_of_the_snapshot() -> None:
    world = World()
    assert world.capture.status().snapshot == "not begun"
    world.capture.apply()
    world.connector.committed = CommittedOffset(None, snapshot=True, reread=False)
    assert world.capture.status().snapshot == "running"
    world.connector.committed = CommittedOffset(1000, snapshot=False, reread=False)
    found = world.capture.status()
    assert found.snapshot == "done"
    assert found.healthy
    assert found.missing_topics == ()


def test_what_cannot_be_reached_is_unknown_and_not_none() -> None:
    world = World()
    world.capture.apply()

    def away() -> None:
        raise SelarasError(ErrorKind.UNAVAILABLE, "Kafka Connect does not answer.")

    world.connector.state = away  # type: ignore[method-assign, assignment]
    found = world.capture.status()
    assert found.unknown == {"connector": "Kafka Connect does not answer."}
    assert found.slot is not None
    assert found.snapshot is None
    assert not found.healthy


def test_remove_waits_for_the_slot_and_takes_everything() -> None:
    world = World()
    world.capture.apply()
    world.topics.append("oss.public.a", 2)
    held = dataclasses.replace(world.legacy.slots["slot"])
    world.connector.remove()
    world.legacy.slots["slot"] = held

    def let_go() -> None:
        world.legacy.slots["slot"] = SlotState(False, "reserved", 1, 0, 0)

    world.clock.on_pause = let_go
    world.capture.remove()
    assert world.legacy.slots == {}
    assert world.legacy.publications == {}
    assert world.topics.identify(list(world.capture.plan.topics)) == {}
    world.capture.remove()
    world.capture.apply()


def test_remove_gives_up_on_a_slot_that_somebody_holds() -> None:
    world = World()
    world.legacy.slots["slot"] = SlotState(True, "reserved", 1, 0, 0)
    with pytest.raises(SelarasError, match="still being read"):
        world.capture.remove(deadline_s=2.0)
