"""What the driver says becomes our own failures, without a word of the row."""

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from streams.adapters.databases.target import translated
from streams.errors import ErrorKind, OutOfLocks, Reaction


def test_no_room_for_locks_is_told_apart_from_a_database_that_is_away() -> None:
    with pytest.raises(OutOfLocks, match="no room for the locks") as raised, translated("target"):
        raise OperationalError("select", {}, psycopg.errors.lookup("53200")("out of shared memory"))
    assert (raised.value.kind, raised.value.policy.reaction) == (ErrorKind.UNAVAILABLE, Reaction.RETRY)
    assert "max_locks_per_transaction" in raised.value.next_step
