"""Which transactions a snapshot of the legacy database shows."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Snapshot:
    """PostgreSQL's ``xmin:xmax:xip,xip``: what had committed when the snapshot was taken, and nothing else, is in it.

    Deciding by transaction is exact; comparing log positions is not, since a record is written before its commit.
    """

    xmin: int
    xmax: int
    running: frozenset[int]

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read ``pg_current_snapshot()::text``; ValueError if it is anything else."""
        xmin, xmax, running = text.split(":")
        return cls(int(xmin), int(xmax), frozenset(int(one) for one in running.split(",") if one))

    def shows(self, transaction: int) -> bool:
        """Whether the changes of a committed transaction are in the snapshot.

        The log names a transaction by its last 32 bits, a snapshot by all 64: the number is taken to lie within half
        a turn of the snapshot's.
        """
        whole = (self.xmax >> 32 << 32) + (transaction & 0xFFFFFFFF)
        if whole - self.xmax > 1 << 31:
            whole -= 1 << 32
        elif self.xmax - whole > 1 << 31:
            whole += 1 << 32
        return whole < self.xmin or (whole < self.xmax and whole not in self.running)
