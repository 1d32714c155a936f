"""Positions, chunks, and what a TRUNCATE does to changes that it overtook."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from streams.changes.change import Change, Operation, Truncated
from streams.changes.chunk import Chunk, merged
from streams.changes.position import Position, lsn_to_int, lsn_to_text
from streams.changes.truncation import truncated
from tests.history import FakeRecord

NATURAL = st.integers(0, 2**63 - 1)
POSITIONS = st.builds(Position, st.integers(0, 9), NATURAL, NATURAL, st.integers(0, 1))


def chunk(start: int, *offsets: int, topic: str = "t", partition: int = 0) -> Chunk:
    """A chunk with records at these offsets."""
    return Chunk(topic, partition, start, [FakeRecord(offset, None, b"") for offset in offsets])


def test_positions_follow_generation_then_commit_then_record_then_rank() -> None:
    ordered = [
        Position(1),
        Position(1, 0, 0, 1),  # the initial snapshot
        Position(1, 0, 120, 1),  # the first transaction of a slot
        Position(1, 150, 0, 1),  # a row read again
        Position(1, 150, 100, 0),  # logged earlier, committed later
        Position(1, 150, 100, 1),  # the create of an update that moved a row beats its delete
        Position(1, 160, 10, 1),
        Position(2, 0, 0, 1),  # a newer capture beats everything
    ]
    assert all(lower < higher for lower, higher in pairwise(ordered))


@given(position=POSITIONS)
def test_a_position_survives_its_text(position: Position) -> None:
    assert Position.from_text(str(position)) == position


@pytest.mark.parametrize("text", ["", "1/2/3", "1/2/3/4/5", "a/2/3/4"])
def test_other_texts_are_no_position(text: str) -> None:
    with pytest.raises(ValueError):
        Position.from_text(text)


@given(lsn=NATURAL)
def test_an_lsn_survives_its_text(lsn: int) -> None:
    assert lsn_to_int(lsn_to_text(lsn)) == lsn


def test_an_lsn_as_postgresql_writes_it() -> None:
    assert lsn_to_int("16/B374D848") == 0x16B374D848
    assert lsn_to_text(0x16B374D848) == "16/B374D848"


def test_a_chunk_knows_its_end_and_whether_it_is_whole() -> None:
    assert chunk(5, 5, 6, 7).end == 8
    assert chunk(5, 5, 6, 7).is_whole
    assert not chunk(5, 5, 7).is_whole
    assert not chunk(5, 6).is_whole
    assert chunk(5).end == 5
    assert chunk(5).is_whole


def test_a_chunk_can_be_cut_and_joined() -> None:
    whole = chunk(5, 5, 6, 7)
    rest = whole.since(7)
    assert (rest.start, [r.offset for r in rest.records]) == (7, [7])
    assert chunk(5, 5, 6).followed_by(rest) == whole
    for other in (chunk(8, 8), chunk(7, 7, topic="u"), chunk(7, 7, partition=1)):
        with pytest.raises(ValueError, match="does not follow"):
            chunk(5, 5, 6).followed_by(other)


def test_merging_joins_partitions_and_sorts_them() -> None:
    found = merged([chunk(3, 3, partition=1), chunk(0, 0), chunk(4, 4, partition=1), chunk(9, topic="a")])
    assert [(c.topic, c.partition, c.start, c.end) for c in found] == [("a", 0, 9, 9), ("t", 0, 0, 1), ("t", 1, 3, 5)]


LATE = Change("t", Operation.UPDATE, (1,), Position(1, 10, 11, 1), b'{"a":1}', b'{"a":2}', 7, 1000, order=3)
EMPTIED = Truncated("t", Position(1, 10, 20), 2000)


def test_a_late_row_below_a_truncation_is_a_deleted_row_at_its_own_position() -> None:
    (gone,) = truncated(LATE, [EMPTIED], keyless=False)
    assert (gone.operation, gone.before, gone.after) == (Operation.DELETE, LATE.after, None)
    assert (gone.position, gone.committed_ms) == (LATE.position, 2000)


def test_the_first_truncation_above_a_row_took_it_away() -> None:
    later = Truncated("t", Position(1, 30, 40), 3000)
    assert truncated(LATE, [later, EMPTIED], keyless=False)[0].committed_ms == 2000
    deleted = replace(LATE, operation=Operation.DELETE, after=None)
    assert truncated(deleted, [EMPTIED], keyless=False) == (deleted,)


def test_truncations_of_other_tables_or_below_change_nothing() -> None:
    below = Truncated("t", Position(1, 5, 20), 900)
    assert truncated(LATE, [below, replace(EMPTIED, table="u")], keyless=False) == (LATE,)


def test_a_late_keyless_row_becomes_known_without_being_counted() -> None:
    known = truncated(LATE, [EMPTIED], keyless=True)
    assert [(c.before, c.after) for c in known] == [(LATE.before, LATE.before), (LATE.after, LATE.after)]
    assert {c.operation for c in known} == {Operation.UPDATE}
