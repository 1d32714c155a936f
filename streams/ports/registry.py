"""What the target remembers of captures, loads and workers; each call is a transaction of its own."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from streams.ports.capture import CaptureIdentity


@dataclass(frozen=True, slots=True)
class RegisteredCapture:
    """A capture that the target knows. ``settled``: what older generations left behind is gone."""

    generation: int
    identity: CaptureIdentity
    settled: bool


@dataclass(frozen=True, slots=True)
class Load:
    """A re-read. ``floor``: LSN before it was asked for; what it did not bring lies below."""

    id: str
    table: str
    condition: str
    floor: int
    state: str
    left_over: int | None
    counted: int | None = None  # rows of a keyless table; known to the load itself alone


@dataclass(frozen=True, slots=True)
class WorkerFacts:
    """What a worker says of itself."""

    name: str
    host: str
    pid: int
    state: str
    events: int
    written: int
    transient: int = 0  # keys written as deleted that the same transaction then brought back


class CaptureRegistry(Protocol):
    """Which capture the stored positions belong to."""

    def current(self) -> RegisteredCapture | None:
        """The capture that is followed, or None before the first and after a removal."""

    def register(self, identity: CaptureIdentity) -> RegisteredCapture:
        """A new capture, one generation on; its topics must be new, so that positions of older ones are dropped."""

    def retire(self) -> None:
        """The capture is removed; no error if there is none."""

    def snapshot_transaction(self) -> int:
        """The transaction of the newest initial snapshot seen in any partition; 0 if none was."""

    def settle(self, generation: int) -> None:
        """What older generations left behind is gone."""


class LoadRegistry(Protocol):
    """Re-reads under way and done."""

    def begin(self, load: Load) -> None:
        """Remember a re-read; an older one of the table that did not come to its end is given up."""

    def finish(self, load_id: str, left_over: int) -> None:
        """It is complete. If it was of the whole table, what made the table unknown before it began is resolved."""

    def loads(self, limit: int) -> Sequence[Load]:
        """The newest first."""


class KeylessReader(Protocol):
    """Reads a keyless legacy table directly."""

    def read(self, table: str) -> AbstractContextManager[tuple[str, Iterator[bytes]]]:
        """The snapshot that the rows are read in, as text, and the rows as JSON objects."""


class WorkerRegistry(Protocol):
    """Who is at work."""

    def report(self, facts: WorkerFacts) -> None:
        """This worker lives; called every second or so."""
