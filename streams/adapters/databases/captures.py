"""Which capture the target follows: its generation and identity."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from streams.adapters.databases.mirror import encoded

CURRENT = text("select generation, identity, floor, settled from selaras.capture order by generation desc limit 1")
REGISTER = "insert into selaras.capture (generation, identity, floor, settled) values (%s, %s, %s, %s)"
SETTLED = text("update selaras.capture set settled = true where generation = :generation")


@dataclass(frozen=True, slots=True)
class RegisteredCapture:
    """A capture that the target knows: its number, what it was registered as, the LSN before it began."""

    generation: int
    identity: Mapping[str, Any]
    floor: int
    settled: bool


def current_capture(connection: Connection) -> RegisteredCapture | None:
    """The newest capture, or None before the first."""
    row = connection.execute(CURRENT).first()
    return RegisteredCapture(*row) if row else None


def register_capture(connection: Connection, capture: RegisteredCapture) -> None:
    """Remember a new capture; its number must be new."""
    values = (capture.generation, encoded(json.loads(json.dumps(capture.identity))), capture.floor, capture.settled)
    connection.exec_driver_sql(REGISTER, values)


def mark_settled(connection: Connection, generation: int) -> None:
    """What older generations left behind is gone."""
    connection.execute(SETTLED, {"generation": generation})
