"""Where in the legacy database's log a row's content comes from."""

from typing import Self

import msgspec


class Position(msgspec.Struct, frozen=True, order=True, gc=False):
    """A total order over everything that is ever said about one legacy row.

    ``generation``: number of the capture; a newly registered capture beats all before it.
    ``commit``: LSN (as integer) of the last commit that precedes the record's transaction: it orders
    transactions by commit. 0 for rows of the initial snapshot, so that every streamed change beats them.
    ``record``: LSN of the record within the transaction. A record's LSN alone would misorder: a row
    logged at 100 and committed at 150 must beat what a snapshot read at 120.
    ``rank``: on the same log record a create (1) beats the delete (0) that the same update left behind in
    another partition.
    """

    generation: int
    commit: int = 0
    record: int = 0
    rank: int = 0

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read ``generation/commit/record/rank``; ValueError if it is anything else."""
        generation, commit, record, rank = (int(part) for part in text.split("/"))
        return cls(generation, commit, record, rank)

    def __str__(self) -> str:
        return f"{self.generation}/{self.commit}/{self.record}/{self.rank}"


def lsn_to_int(text: str) -> int:
    """PostgreSQL's ``16/B374D848`` as the integer that Debezium and Connect's offsets use."""
    high, _, low = text.partition("/")
    return (int(high, 16) << 32) + int(low, 16)


def lsn_to_text(lsn: int) -> str:
    """The integer form back in PostgreSQL's notation."""
    return f"{lsn >> 32:X}/{lsn & 0xFFFFFFFF:X}"
