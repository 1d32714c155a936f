"""What the twin of the target holds."""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field, fields

from streams.changes.change import Malformed, Truncated
from streams.changes.snapshot import Snapshot
from streams.ports.key_states import AsOf
from streams.ports.recomputing import Step
from streams.ports.replication import Watermark
from streams.projection.outcome import Outcome

Place = tuple[str, int]
Order = tuple[int, int, int, int, int]
"""Generation, commit, record, rank, transaction."""


@dataclass(frozen=True, slots=True)
class MirrorRow:
    """One row of a keyed table, or one content of a keyless one with its count."""

    values: Mapping[str, object]
    is_deleted: bool
    order: Order
    committed_ms: int
    count: int | None = None  # of a keyless table's content
    partition: int = 0

    @property
    def is_gone(self) -> bool:
        """Whether the legacy table holds it no more."""
        return self.is_deleted if self.count is None else self.count <= 0


@dataclass(frozen=True, slots=True)
class Entry:
    """One of a key's history."""

    was: str | None
    outcome: Outcome
    columns: tuple[str, ...]
    as_of: AsOf | None


@dataclass(slots=True)
class State:
    """Everything that the target holds; containers are copied for each transaction, their values never change."""

    versions: tuple[str, str] = ("", "")
    is_recomputed: bool = False
    writable: set[str] = field(default_factory=set)
    positions: dict[Place, tuple[int, Watermark]] = field(default_factory=dict)
    mirror: dict[str, dict[tuple[object, ...], MirrorRow]] = field(default_factory=dict)
    truncations: dict[tuple[str, int, int, int], Truncated] = field(default_factory=dict)
    counted_in: dict[str, Snapshot] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)
    lacking: set[tuple[str, str]] = field(default_factory=set)
    rows: dict[str, dict[str, Mapping[str, object]]] = field(default_factory=dict)
    row_keys: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    references: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    states: dict[tuple[str, str], Outcome] = field(default_factory=dict)
    history: dict[tuple[str, str], tuple[Entry, ...]] = field(default_factory=dict)
    wishes: dict[tuple[str, str], dict[str, tuple[str, str]]] = field(default_factory=dict)
    touched: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    touched_rows: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    undecodable: dict[tuple[str, int, int], Malformed] = field(default_factory=dict)
    beat_ms: int | None = None
    steps: dict[str, tuple[tuple[str, str], Step]] = field(default_factory=dict)
    runs: int = 0  # recomputes that began
    noted: set[tuple[str, str]] = field(default_factory=set)
    young: set[tuple[str, str]] = field(default_factory=set)  # rows written since the newest recompute began

    def fork(self) -> "State":
        """A copy whose containers, and theirs, are its own."""
        made = State()
        for each in fields(self):
            value = copy(getattr(self, each.name))
            if each.name in ("mirror", "rows", "wishes", "references"):
                value = {name: dict(inner) for name, inner in value.items()}
            setattr(made, each.name, value)
        return made
