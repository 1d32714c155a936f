"""Topics: made up front with a fixed partition count, known by id."""

from collections.abc import Mapping, Sequence
from typing import Any

from kafka.errors import TopicAlreadyExistsError, UnknownTopicOrPartitionError

from streams.adapters.kafka.admin import KafkaDoor
from streams.ports.capture import Clock, TopicIdentity


class KafkaTopics:
    """Topics on a broker."""

    def __init__(self, door: KafkaDoor, replication: int, retention_hours: int, clock: Clock) -> None:
        self._door = door
        self._replication = replication
        self._clock = clock
        # Compaction and transaction markers would leave holes in the offsets; holes mean loss to the worker.
        self._configs = {"cleanup.policy": "delete", "retention.ms": str(retention_hours * 3_600_000)}

    def create(self, partitions: Mapping[str, int]) -> None:
        """Make those that are missing and wait until each partition has a leader."""
        missing = {
            name: {"num_partitions": count, "replication_factor": self._replication, "configs": self._configs}
            for name, count in partitions.items()
            if name not in self.identify(list(partitions))
        }
        if not missing:
            return
        with self._door.admin() as admin:
            try:
                admin.create_topics(missing, timeout_ms=self._door.timeout_ms, wait_for_metadata=True)
            except TopicAlreadyExistsError:
                admin.wait_for_topics(list(missing), timeout_ms=self._door.timeout_ms)

    def identify(self, names: Sequence[str]) -> Mapping[str, TopicIdentity]:
        """Id and partition count of those that exist."""
        with self._door.admin() as admin:
            found: list[dict[str, Any]] = admin.describe_topics(list(names))
        return {
            str(topic["name"]): TopicIdentity(str(topic["topic_id"]), len(topic["partitions"]))
            for topic in found
            if topic["error_code"] == 0
        }

    def delete(self, names: Sequence[str]) -> None:
        """Remove them; a topic made again under a name still being deleted would be refused, hence the wait."""
        present = list(self.identify(names))
        if present:
            with self._door.admin() as admin:
                try:
                    admin.delete_topics(present, timeout_ms=self._door.timeout_ms)
                except UnknownTopicOrPartitionError:
                    return
        deadline = self._clock.now() + self._door.timeout_ms / 1000
        while self.identify(names) and self._clock.now() < deadline:
            self._clock.pause(0.1)
