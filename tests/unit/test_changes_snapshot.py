"""What a snapshot of the legacy database shows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.changes.snapshot import Snapshot

TURN = 1 << 32


def test_it_reads_postgresql_s_own_form() -> None:
    """And nothing else."""
    assert Snapshot.from_text("10:20:12,15") == Snapshot(10, 20, frozenset({12, 15}))
    assert Snapshot.from_text("10:10:") == Snapshot(10, 10, frozenset())
    with pytest.raises(ValueError, match="unpack"):
        Snapshot.from_text("10")


def test_running_and_later_transactions_are_not_shown() -> None:
    """Only what had committed is."""
    snapshot = Snapshot(10, 20, frozenset({12, 15}))
    assert [number for number in range(8, 22) if snapshot.shows(number)] == [8, 9, 10, 11, 13, 14, 16, 17, 18, 19]


@given(st.integers(0, 5 * TURN), st.integers(0, 1000), st.integers(-TURN // 4, TURN // 4))
def test_thirty_two_bits_are_enough(xmin: int, width: int, distance: int) -> None:
    """A transaction near the snapshot is recognised by its last 32 bits, wherever the counter stands."""
    snapshot = Snapshot(xmin, xmin + width, frozenset())
    transaction = snapshot.xmax + distance
    if transaction >= 0:
        assert snapshot.shows(transaction % TURN) == (transaction < snapshot.xmax)
