"""Where topics end: the other half of the lag."""

from collections.abc import Mapping, Sequence
from typing import Any

from kafka import TopicPartition
from kafka.admin import OffsetSpec

from streams.adapters.kafka.admin import KafkaDoor


class KafkaEndOffsets:
    """End offsets by one request to each leader."""

    def __init__(self, door: KafkaDoor) -> None:
        self._door = door
        self._partitions: dict[str, int] = {}

    def end_offsets(self, topics: Sequence[str]) -> Mapping[tuple[str, int], int]:
        """By topic and partition the offset that the next record gets; topics that do not exist are left out."""
        with self._door.admin() as admin:
            unknown = [topic for topic in topics if topic not in self._partitions]
            if unknown:
                for topic in admin.describe_topics(unknown):
                    if topic["error_code"] == 0:
                        self._partitions[str(topic["name"])] = len(topic["partitions"])
            wanted = {
                TopicPartition(topic, partition): OffsetSpec.LATEST
                for topic in topics
                for partition in range(self._partitions.get(topic, 0))
            }
            try:
                found: dict[Any, Any] = admin.list_partition_offsets(wanted) if wanted else {}
            except Exception:
                self._partitions.clear()
                raise
        return {(tp.topic, tp.partition): int(at.offset) for tp, at in found.items()}
