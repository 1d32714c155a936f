"""Where topics end: the other half of the lag."""

from collections.abc import Mapping, Sequence
from typing import Any

from kafka import TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import UnknownTopicOrPartitionError

from streams.adapters.kafka.admin import KafkaDoor


class KafkaEndOffsets:
    """End offsets by one request to each leader."""

    def __init__(self, door: KafkaDoor) -> None:
        self._door = door
        self._partitions: dict[str, int] = {}

    def end_offsets(self, topics: Sequence[str]) -> Mapping[tuple[str, int], int]:
        """By topic and partition the offset that the next record gets; topics that do not exist are left out."""
        with self._door.admin() as admin:
            try:
                return self._ask(admin, topics)
            except UnknownTopicOrPartitionError:
                # Partition counts are remembered; a topic that was removed since must be looked for again.
                self._partitions.clear()
                return self._ask(admin, topics)

    def _ask(self, admin: Any, topics: Sequence[str]) -> Mapping[tuple[str, int], int]:
        unknown = [topic for topic in topics if topic not in self._partitions]
        if unknown:
            self._partitions |= {
                str(topic["name"]): len(topic["partitions"])
                for topic in admin.describe_topics(unknown)
                if topic["error_code"] == 0
            }
        wanted = {
            TopicPartition(topic, partition): OffsetSpec.LATEST
            for topic in topics
            for partition in range(self._partitions.get(topic, 0))
        }
        found: dict[Any, Any] = admin.list_partition_offsets(wanted) if wanted else {}
        return {(at.topic, at.partition): int(end.offset) for at, end in found.items()}
