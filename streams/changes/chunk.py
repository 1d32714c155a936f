"""What one fetch brought of one partition."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class Record(Protocol):
    """One record of a topic, as far as decoding needs it."""

    @property
    def offset(self) -> int:
        """Its offset in the partition."""

    @property
    def key(self) -> bytes | None:
        """The message key, JSON, or None."""

    @property
    def value(self) -> bytes | None:
        """The envelope, JSON, or None."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Records of one partition in order; ``start`` is the position that they were read from."""

    topic: str
    partition: int
    start: int
    records: Sequence[Record]

    @property
    def end(self) -> int:
        """The offset after the last record: the position once this chunk is applied."""
        return self.records[-1].offset + 1 if self.records else self.start

    @property
    def is_whole(self) -> bool:
        """Whether no record is missing inside: topics are neither compacted nor transactional, so offsets are dense."""
        return self.end - self.start == len(self.records)

    def since(self, offset: int) -> "Chunk":
        """The part at or after ``offset``."""
        return Chunk(self.topic, self.partition, offset, [r for r in self.records if r.offset >= offset])

    def until(self, number: int) -> "Chunk":
        """The part before the record of that number."""
        return Chunk(self.topic, self.partition, self.start, self.records[:number])

    def followed_by(self, after: "Chunk") -> "Chunk":
        """Both as one; ValueError unless ``after`` starts where this ends."""
        if (after.topic, after.partition, after.start) != (self.topic, self.partition, self.end):
            raise ValueError(f"{after.topic}[{after.partition}] from {after.start} does not follow {self.end}")
        return Chunk(self.topic, self.partition, self.start, [*self.records, *after.records])


def merged(chunks: Sequence[Chunk]) -> list[Chunk]:
    """One chunk a partition, sorted by topic and partition, so that all workers lock positions in one order."""
    by_partition: dict[tuple[str, int], Chunk] = {}
    for chunk in chunks:
        at = (chunk.topic, chunk.partition)
        by_partition[at] = by_partition[at].followed_by(chunk) if at in by_partition else chunk
    return [by_partition[at] for at in sorted(by_partition)]
