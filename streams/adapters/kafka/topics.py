"""Topics: made up front with a fixed partition count, known by id."""

from collections.abc import Mapping, Sequence
from typing import Any

from kafka import TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import NotLeaderForPartitionError, TopicAlreadyExistsError, UnknownTopicOrPartitionError

from streams.adapters.kafka.admin import KafkaDoor
from streams.errors import ErrorKind, SelarasError
from streams.ports.capture import Clock, TopicIdentity

SERVED_S = 60.0  # a broker makes the logs of many new partitions one after the other


class KafkaTopics:
    """Topics on a broker."""

    def __init__(self, door: KafkaDoor, replication: int, retention_hours: int, clock: Clock) -> None:
        self._door = door
        self._replication = replication
        self._clock = clock
        # Compaction and transaction markers would leave holes in the offsets; holes mean loss to the worker.
        self._configs = {"cleanup.policy": "delete", "retention.ms": str(retention_hours * 3_600_000)}

    def create(self, partitions: Mapping[str, int]) -> None:
        """Make those that are missing and wait until the leader of each partition serves it.

        Metadata names a leader long before its broker has made the log. A producer that writes then has its first batch
        refused and may have its second one taken; the first is out of order from then on, and is refused for ever.
        """
        missing = {
            name: {"num_partitions": count, "replication_factor": self._replication, "configs": self._configs}
            for name, count in partitions.items()
            if name not in self.identify(list(partitions))
        }
        if missing:
            with self._door.admin() as admin:
                try:
                    admin.create_topics(missing, timeout_ms=self._door.timeout_ms, wait_for_metadata=True)
                except TopicAlreadyExistsError:
                    admin.wait_for_topics(list(missing), timeout_ms=self._door.timeout_ms)
        self._wait_until_served(list(partitions))

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

    def _wait_until_served(self, names: Sequence[str]) -> None:
        """Ask for the ends of all partitions: only a leader at work tells them."""
        ends = {
            TopicPartition(name, partition): OffsetSpec.LATEST
            for name, topic in self.identify(names).items()
            for partition in range(topic.partitions)
        }
        deadline = self._clock.now() + SERVED_S
        while not self._are_served(ends):
            if self._clock.now() >= deadline:
                raise SelarasError(
                    ErrorKind.UNAVAILABLE,
                    f"After {SERVED_S:.0f} s the broker does not serve every partition of {', '.join(sorted(names))}.",
                    "Look at `selaras stack status` and `selaras stack logs kafka`, then run the command again.",
                )
            self._clock.pause(0.1)

    def _are_served(self, ends: Mapping[Any, Any]) -> bool:
        with self._door.admin() as admin:
            try:
                admin.list_partition_offsets(ends)
            except (NotLeaderForPartitionError, UnknownTopicOrPartitionError):
                return False
        return True
