"""What a check says of keys: same, different or unknown. There is no fourth, and no guess."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from streams.drift.difference import Check, Difference


class Reason(StrEnum):
    """Why a verdict can't be reached yet. What is unknown is looked at again; gates read it as red."""

    CHANGING = "changing"  # the mirror shows a change that the legacy snapshot does not, or the row changed meanwhile
    SIDE_DOWN = "side down"
    RECOMPUTE_PENDING = "recompute pending"  # the key was computed by older rules
    PAUSED = "paused"  # a legacy column that its projection needs is missing
    UNDECODABLE = "undecodable event"  # of its table, stored and not read again yet
    NO_BARRIER = "barrier not passed"  # whether everything that the snapshot shows is applied is not proven yet
    WITHHELD = "authority elsewhere"  # the new side leads here: the target is not ours to judge


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Of keys of one table by one check. A key stands in exactly one of the three.

    ``at``: when the look began, by the target database's clock; None: just now. A look never overrules one that began
    later, in whatever order the two are recorded.
    """

    check: Check
    table: str
    same: tuple[str, ...] = ()
    different: tuple[Difference, ...] = ()
    unknown: Mapping[str, Reason] = field(default_factory=dict)
    at: datetime | None = None

    @property
    def keys(self) -> int:
        """How many keys were judged, the unknown ones included; a key can differ in two kinds and counts once."""
        return len(self.same) + len({one.key for one in self.different}) + len(self.unknown)
