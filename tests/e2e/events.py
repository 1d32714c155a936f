"""Events that the connector would never write."""

from collections.abc import Sequence

from kafka import KafkaProducer

from tests.e2e.parallel_run import ParallelRun

ACKNOWLEDGED_S = 30.0


def produce(run: ParallelRun, topic: str, values: Sequence[bytes | None]) -> None:
    """Append values to a topic's first partition."""
    producer = KafkaProducer(bootstrap_servers=run.settings.bootstrap)
    try:
        for value in values:
            producer.send(topic, value=value, key=b"{}", partition=0).get(ACKNOWLEDGED_S)
    finally:
        producer.close()
