"""What a capture consists of, derived from the connector's configuration: the one place where it is declared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from streams.errors import ErrorKind, SelarasError

_OWN_SCHEMA = "selaras."


@dataclass(frozen=True, slots=True)
class CapturePlan:
    """The parts of a capture by name. Their states belong together: they are made and removed together."""

    connector: str
    slot: str
    publication: str
    tables: tuple[str, ...]  # schema.table: legacy tables and our own heartbeat and signal tables
    message_keys: Mapping[str, tuple[str, ...]]  # by table, the columns that records are keyed by
    data_topics: tuple[str, ...]  # one a table, in the order of ``tables``; the worker applies these
    topics: Mapping[str, int]  # every topic that the connector writes to, with its partition count
    config: Mapping[str, str]

    @property
    def legacy_tables(self) -> tuple[str, ...]:
        """The tables of the legacy application alone."""
        return tuple(table for table in self.tables if not table.startswith(_OWN_SCHEMA))


def plan_capture(connector: str, config: Mapping[str, str], partitions: int) -> CapturePlan:
    """Read tables, keys and topics out of the connector's configuration. SelarasError (configuration) if they clash.

    Heartbeat and signal have one row or few, and the connector's own accounts must stay in order: one partition each.
    """
    tables = _list(config["table.include.list"], ",")
    keys: dict[str, tuple[str, ...]] = {}
    for entry in _list(config["message.key.columns"], ";"):
        table, _, columns = entry.partition(":")
        keys[table] = tuple(_list(columns, ","))
    legacy = [table for table in tables if not table.startswith(_OWN_SCHEMA)]
    without = [table for table in legacy if not keys.get(table)]
    foreign = [table for table in keys if table not in legacy]
    if without or foreign:
        raise SelarasError(
            ErrorKind.CONFIGURATION,
            f"The connector file keys the wrong tables: {', '.join([*without, *foreign])}.",
            "Give each captured table its columns in message.key.columns, and no other.",
        )
    prefix = config["topic.prefix"]
    data = {f"{prefix}.{table}": 1 if table.startswith(_OWN_SCHEMA) else partitions for table in tables}
    single = [
        f"{prefix}.message",
        f"{prefix}.transaction",
        config["notification.sink.topic.name"],
        f"__debezium-heartbeat.{prefix}",
    ]
    return CapturePlan(
        connector=connector,
        slot=config["slot.name"],
        publication=config["publication.name"],
        tables=tuple(tables),
        message_keys=keys,
        data_topics=tuple(data),
        topics={**data, **dict.fromkeys(single, 1)},
        config=config,
    )


def _list(text: str, separator: str) -> Sequence[str]:
    return [part.strip() for part in text.split(separator) if part.strip()]
