"""Topics are made, and given away only when every partition takes records."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pytest

from streams.adapters.kafka.admin import KafkaDoor, KafkaError
from streams.adapters.kafka.topics import (
    SERVED_S,
    KafkaTopics,
    NotLeaderForPartitionError,
    UnknownTopicOrPartitionError,
)
from streams.adapters.memory.capture import ManualClock
from streams.errors import ErrorKind, SelarasError


class ScriptedAdmin:
    """A broker that knows its topics at once, and answers for their partitions as the script says."""

    def __init__(self, answers: Iterable[type[KafkaError] | None]) -> None:
        self._answers = iter(answers)
        self.made: dict[str, int] = {}
        self.asked: list[set[tuple[str, int]]] = []

    def describe_topics(self, names: Sequence[str]) -> list[dict[str, Any]]:
        """The topics made."""
        return [
            {"name": name, "topic_id": f"id of {name}", "partitions": [None] * self.made[name], "error_code": 0}
            for name in names
            if name in self.made
        ]

    def create_topics(self, topics: Mapping[str, Mapping[str, int]], **_: object) -> None:
        """In the metadata from now on."""
        self.made |= {name: topic["num_partitions"] for name, topic in topics.items()}

    def list_partition_offsets(self, wanted: Iterable[Any]) -> None:
        """By the script; served when it has ended."""
        self.asked.append({(at.topic, at.partition) for at in wanted})
        if (refusal := next(self._answers, None)) is not None:
            raise refusal


def topics(admin: ScriptedAdmin, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> KafkaTopics:
    """Topics by way of this admin client."""
    door = KafkaDoor("broker:9092")
    monkeypatch.setattr(door, "_client", admin)
    return KafkaTopics(door, 1, 168, clock)


def test_it_waits_until_every_partition_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    admin = ScriptedAdmin([NotLeaderForPartitionError, UnknownTopicOrPartitionError, None])
    made = topics(admin, ManualClock(), monkeypatch)
    made.create({"a": 2, "b": 1})
    assert admin.made == {"a": 2, "b": 1}
    assert admin.asked == [{("a", 0), ("a", 1), ("b", 0)}] * 3


def test_topics_that_somebody_has_just_made_are_waited_for_too(monkeypatch: pytest.MonkeyPatch) -> None:
    admin = ScriptedAdmin([NotLeaderForPartitionError])
    admin.made["a"] = 2
    topics(admin, ManualClock(), monkeypatch).create({"a": 2})
    assert len(admin.asked) == 2


def test_a_broker_that_does_not_come_so_far_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = ManualClock()
    admin = ScriptedAdmin([NotLeaderForPartitionError] * 10_000)
    with pytest.raises(SelarasError) as refused:
        topics(admin, clock, monkeypatch).create({"a": 1})
    assert refused.value.kind is ErrorKind.UNAVAILABLE
    assert clock.now() >= SERVED_S
