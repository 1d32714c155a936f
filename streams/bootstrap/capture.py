"""Settings -> capture, barrier, re-reads."""

import time
from functools import cache

from streams.adapters.databases.legacy_capture import LegacyCapture
from streams.adapters.databases.legacy_marks import LegacyMarks
from streams.adapters.databases.legacy_session import LegacyDoor
from streams.adapters.debezium.connect_client import ConnectConnector
from streams.adapters.debezium.connect_rest import ConnectRest
from streams.adapters.debezium.connector_file import read_connector
from streams.adapters.kafka.admin import KafkaDoor
from streams.adapters.kafka.end_offsets import KafkaEndOffsets
from streams.adapters.kafka.notifications import KafkaNotifications
from streams.adapters.kafka.topics import KafkaTopics
from streams.ports.capture import AppliedPositions
from streams.services.barrier import Barrier, BarrierParts
from streams.services.capture import Capture, CaptureParts
from streams.services.capture_plan import CapturePlan, plan_capture
from streams.services.reread import Reread
from streams.settings import Settings


class SystemClock:
    """The machine's own time."""

    def now(self) -> float:
        """Seconds that only go forward."""
        return time.monotonic()

    def pause(self, seconds: float) -> None:
        """Sleep."""
        time.sleep(seconds)


def capture_plan(settings: Settings) -> CapturePlan:
    """What is captured, under which names. SelarasError (configuration) if the connector file is at fault."""
    values = {
        "host": settings.connect.legacy_host or settings.legacy.host,
        "port": str(settings.connect.legacy_port or settings.legacy_port),
        "database": settings.legacy.database,
        "schema": settings.legacy.schema,
        "secrets_dir": settings.connect.secrets_dir or str(settings.secrets.resolve()),
        "slot": settings.connect.slot,
        "publication": settings.connect.publication,
        "topic_prefix": settings.kafka.topic_prefix,
    }
    config = read_connector(settings.connectors_dir / "legacy-postgres.json", values)
    return plan_capture(settings.connect.connector, config, settings.kafka.partitions)


def capture_service(settings: Settings) -> Capture:
    """The capture of the legacy database."""
    legacy, connector = LegacyCapture(_legacy(settings)), _connector(settings)
    kafka = settings.kafka
    door, clock = _kafka(settings), SystemClock()
    topics = KafkaTopics(door, kafka.replication, kafka.retention_hours, clock)
    parts = CaptureParts(legacy, legacy, topics, connector, connector, KafkaEndOffsets(door), clock)
    return Capture(capture_plan(settings), parts)


def end_offsets(settings: Settings) -> KafkaEndOffsets:
    """Where topics end, over one connection that is kept; hold on to it."""
    return KafkaEndOffsets(_kafka(settings))


def barrier_service(settings: Settings, applied: AppliedPositions) -> Barrier:
    """The barrier over all data topics."""
    parts = BarrierParts(
        LegacyMarks(_legacy(settings)), _connector(settings), end_offsets(settings), applied, SystemClock()
    )
    return Barrier(capture_plan(settings).data_topics, parts)


def reread_service(settings: Settings) -> Reread:
    """Re-reads through the capture."""
    plan = capture_plan(settings)
    notifications = KafkaNotifications(_kafka(settings), plan.config["notification.sink.topic.name"])
    return Reread(plan, LegacyMarks(_legacy(settings)), notifications, _connector(settings))


def leave_broker(settings: Settings) -> None:
    """Close the connection to the broker that everything made here shares; the next call opens it anew."""
    _kafka(settings).close()


def _legacy(settings: Settings) -> LegacyDoor:
    legacy = settings.legacy
    return LegacyDoor(legacy.host, settings.legacy_port, legacy.database, settings.secrets)


def _connector(settings: Settings) -> ConnectConnector:
    rest = ConnectRest(settings.connect_url, settings.connect.timeout_s)
    return ConnectConnector(rest, settings.connect.connector, SystemClock())


@cache
def _door(bootstrap: str) -> KafkaDoor:
    return KafkaDoor(bootstrap)


def _kafka(settings: Settings) -> KafkaDoor:
    return _door(settings.bootstrap)


def legacy_marks(settings: Settings) -> LegacyMarks:
    """Marks in the legacy database's log."""
    return LegacyMarks(_legacy(settings))
