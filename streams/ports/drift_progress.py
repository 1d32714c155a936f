"""How far the monitor has come: lists of touched keys, parts of scans, keys without a verdict."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from streams.drift.coverage import Coverage
from streams.drift.difference import Check
from streams.drift.verdict import Reason


@dataclass(frozen=True, slots=True)
class TouchedKeys:
    """Keys that applied batches touched, by table, and the lists that they come from (``done`` takes these away)."""

    check: Check
    lists: tuple[int, ...]
    keys: Mapping[str, frozenset[str]] = field(default_factory=dict)
    since: datetime | None = None  # when the oldest of the batches was applied


@dataclass(frozen=True, slots=True)
class ScanPart:
    """A run of keys, in the order of their bytes, that a scan went over: ``after`` < key <= ``last``.

    ``after`` '' for the first part; ``last`` None for the part that ended the table. ``keys``: how many there were.
    """

    check: Check
    table: str
    after: str
    last: str | None
    keys: int


class DriftProgress(Protocol):
    """What is stored here survives the monitor; a monitor that starts goes on where the last one stopped."""

    def touched(self, check: Check, limit: int) -> TouchedKeys | None:
        """The oldest lists, about ``limit`` keys; None when there is none. They stay until ``done``."""

    def done(self, check: Check, lists: Collection[int]) -> None:
        """These lists were looked at; keys of them without a verdict must have been given to ``put_unknown`` before."""

    def put_unknown(self, check: Check, table: str, keys: Mapping[str, Reason]) -> None:
        """Remember keys without a verdict; a known one keeps its first moment."""

    def unknown(self, check: Check, limit: int) -> Mapping[str, Sequence[str]]:
        """By table, keys without a verdict: those that were not looked at for the longest time. Marks them as looked
        at now.
        """

    def settled(self, check: Check, table: str, keys: Collection[str]) -> None:
        """These keys have a verdict."""

    def beat(self, state: str) -> None:
        """The monitor lives; ``state``: in a word what it does."""


class ScanProgress(Protocol):
    """The rolling scans."""

    def next_after(self, check: Check, table: str) -> str:
        """The key after which the scan goes on, behind the part looked at last; '' when a new round begins."""

    def scanned(self, part: ScanPart, at: datetime | None = None) -> None:
        """The part was looked at (None: just now). Of older looks only what lies outside of it counts on."""

    def coverage(self, totals: Mapping[tuple[Check, str], int], alive_s: float) -> Sequence[Coverage]:
        """By check and table, in order. ``totals``: about how many keys there are; ``alive_s``: a beat older than this
        means stopped.

        Where the looks that count go over the whole table, its keys are those that they found (or ``totals``, if that
        is more) and all are scanned: a key that came later is pending until it is looked at. Else one is lacking at
        least. Looks from before a list of touched keys was dropped unread count for nothing. A check does not run
        while the monitor's last word names it among those that wait.
        """
