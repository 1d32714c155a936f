"""The laws of keys' histories, on the twin in memory and on PostgreSQL."""

import pytest

from streams.changes.position import Position
from streams.ports.key_states import NO_ROWS, AsOf, HistoryBounds, RowsChanged
from streams.projection.outcome import ABSENT, Fault, Finding, Outcome, OutcomeKind, Waits
from tests.contract.replication_rows import A, B, C
from tests.contract.replication_worlds import World
from tests.contract.test_replication_ports import company

ROW = Outcome(OutcomeKind.ROW, {"nib": A})
FAULT = Fault("kolom", "ATURAN", "alasan", "99")
FAULTY = Outcome(OutcomeKind.ROW, {"nib": A}, (FAULT,))
WAITS = Outcome(OutcomeKind.WAITING, waits=Waits("pelaku_usaha", "x"))
BAD = Outcome(OutcomeKind.QUARANTINED, faults=(FAULT,))


def recorded(world: World, outcome: Outcome, changed: RowsChanged = NO_ROWS, record: int | None = None) -> None:
    """One transaction that computes A alone."""
    as_of = None if record is None else AsOf(Position(1, 7, record), 1_551_694_272_000)
    with world.target.transaction() as work:
        work.states.record("nib", {A: outcome}, changed, as_of)


def updated(*columns: str) -> RowsChanged:
    """A's row was written over."""
    return RowsChanged({A: columns})


GONE = RowsChanged({}, {A})


def test_each_change_of_a_key_is_an_entry_and_nothing_else_is(world: World) -> None:
    for number, outcome in enumerate((WAITS, WAITS, BAD, FAULTY, FAULTY, ROW, ROW)):
        recorded(world, outcome, record=number)
    assert world.history("nib", A) == [
        (None, "waiting", [], [], 0),
        ("waiting", "quarantined", ["ATURAN"], [], 2),
        ("quarantined", "row", ["ATURAN"], [], 3),
        ("row", "row", [], [], 5),
    ]
    assert world.history("nib", B) == []


def test_other_reasons_are_a_change(world: World) -> None:
    other = Outcome(OutcomeKind.QUARANTINED, faults=(Fault("kolom", "LAIN", "alasan"),))
    worth = Outcome(OutcomeKind.ROW, {"nib": A}, findings=(Finding("nama", "alasan"),))
    for outcome in (BAD, other, worth, Outcome(OutcomeKind.WAITING, waits=Waits("nib", "y")), WAITS):
        recorded(world, outcome)
    assert [entry[:3] for entry in world.history("nib", A)] == [
        (None, "quarantined", ["ATURAN"]),
        ("quarantined", "quarantined", ["LAIN"]),
        ("quarantined", "row", []),
        ("row", "waiting", []),
        ("waiting", "waiting", []),
    ]


def test_a_plain_row_begins_without_an_entry_and_ends_with_one(world: World) -> None:
    recorded(world, ROW)
    assert world.history("nib", A) == []
    recorded(world, ROW, updated("status_nib"), 3)
    recorded(world, ABSENT, GONE, 4)
    recorded(world, ABSENT)
    assert world.history("nib", A) == [
        ("row", "row", [], ["status_nib"], 3),
        ("row", "absent", [], [], 4),
    ]


def test_a_key_that_comes_back_goes_on_with_its_history(world: World) -> None:
    recorded(world, ABSENT, GONE)
    recorded(world, ROW, record=5)
    recorded(world, ROW)
    recorded(world, ABSENT, GONE)
    recorded(world, WAITS)
    recorded(world, ABSENT)
    assert [entry[:2] for entry in world.history("nib", A)] == [
        ("row", "absent"),
        ("absent", "row"),
        ("row", "absent"),
        ("absent", "waiting"),
        ("waiting", "absent"),
    ]


def test_a_row_and_a_state_that_change_together_are_one_entry(world: World) -> None:
    recorded(world, FAULTY, updated("oss_id"))
    recorded(world, FAULTY, updated("asal"))
    recorded(world, BAD, GONE)
    recorded(world, WAITS, GONE)
    assert [(*entry[:2], entry[3]) for entry in world.history("nib", A)] == [
        ("row", "row", ["oss_id"]),
        ("row", "row", ["asal"]),
        ("row", "quarantined", []),
        ("quarantined", "waiting", []),
    ]


def test_what_is_rolled_back_leaves_no_entry(world: World) -> None:
    with pytest.raises(InterruptedError), world.target.transaction() as work:
        work.states.record("nib", {A: BAD, B: WAITS, C: ROW})
        raise InterruptedError
    assert (world.history("nib", A), world.history("nib", B)) == ([], [])


def test_the_target_tells_what_it_wrote_over_and_deleted(world: World) -> None:
    with world.target.transaction() as work:
        work.target.write("pelaku_usaha", {A: company(A), B: company(B), C: company(C)})
        work.target.write("kelompok", {"k": {"kunci": "k", "nama": "Satu"}})
        assert work.target.changed("pelaku_usaha") == RowsChanged({}, ())
    changed = {A: company(A), B: company(B, "PT Dua", "7.00")}
    with world.target.transaction() as work:
        work.target.write("pelaku_usaha", changed)
        work.target.delete("pelaku_usaha", [C, "123"])
        work.target.write("kelompok", {"k": {"kunci": "k", "nama": "Dua"}})
        work.target.delete("kelompok", ["k", "l"])
        told, group = work.target.changed("pelaku_usaha"), work.target.changed("kelompok")
    assert ({k: list(v) for k, v in told.updated.items()}, set(told.deleted)) == ({B: ["nama", "modal_dasar"]}, {C})
    assert ({k: list(v) for k, v in group.updated.items()}, set(group.deleted)) == ({"k": ["nama"]}, {"k"})
    with world.target.transaction() as work:
        assert set(work.target.changed("pelaku_usaha").deleted) == set()


def test_only_the_newest_entries_stay(world: World) -> None:
    for number in range(5):
        recorded(world, FAULTY, updated("asal"), number)
    with world.target.transaction() as work:
        assert work.tidying.drop_history(HistoryBounds(9, 5)) == 0
        assert work.tidying.drop_history(HistoryBounds(9, 2)) == 3
    assert [entry[4] for entry in world.history("nib", A)] == [3, 4]


@pytest.mark.postgres
def test_old_entries_go(database) -> None:
    database.empty()
    for outcome in (WAITS, BAD):
        recorded(database, outcome)
    with database.engine.begin() as connection:
        connection.exec_driver_sql(
            "update selaras.outcome_history set at = now() - interval '8 days' where outcome = 'waiting'"
        )
    with database.target.transaction() as work:
        assert work.tidying.drop_history(HistoryBounds(9, 5)) == 0
        assert work.tidying.drop_history(HistoryBounds(7, 5)) == 1
    assert [entry[1] for entry in database.history("nib", A)] == ["quarantined"]
