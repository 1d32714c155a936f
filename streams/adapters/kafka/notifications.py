"""The connector's account of its snapshots, read from its notification topic."""

import json
from collections.abc import Sequence
from time import monotonic

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaTimeoutError

from streams.adapters.kafka.admin import KafkaDoor
from streams.adapters.kafka.end_offsets import KafkaEndOffsets
from streams.ports.capture import Notification


class KafkaNotifications:
    """Debezium's sink notifications: a topic with one partition."""

    def __init__(self, door: KafkaDoor, topic: str) -> None:
        self._door = door
        self._topic = topic
        self._ends = KafkaEndOffsets(door)

    def end(self) -> int:
        """The offset that the next line gets."""
        return self._ends.end_offsets([self._topic]).get((self._topic, 0), 0)

    def since(self, offset: int) -> Sequence[Notification]:
        """Every line from ``offset`` on that is there now."""
        end = self.end()
        if end <= offset:
            return []
        partition = TopicPartition(self._topic, 0)
        values: list[bytes] = []
        with self._door.guarded():
            consumer = KafkaConsumer(
                bootstrap_servers=self._door.bootstrap, group_id=None, enable_auto_commit=False, fetch_max_wait_ms=100
            )
            try:
                consumer.assign([partition])
                consumer.seek(partition, offset)
                deadline = monotonic() + self._door.timeout_ms / 1000
                while consumer.position(partition) < end:
                    if monotonic() > deadline:
                        raise KafkaTimeoutError("no records before the deadline")
                    for records in consumer.poll(timeout_ms=500).values():
                        values.extend(record.value for record in records if record.offset < end)
            finally:
                consumer.close()
        return [_notification(value) for value in values]


def _notification(value: bytes) -> Notification:
    line = json.loads(value)
    tables = str((line.get("additional_data") or {}).get("data_collections", ""))
    return Notification(str(line["type"]), tuple(name for name in tables.split(",") if name))
