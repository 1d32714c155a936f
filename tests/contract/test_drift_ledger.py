"""The ledger of differences: each law on the twin and on PostgreSQL."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.drift.cause import Cause
from streams.drift.difference import Check, Kind
from streams.drift.entry import ALLOWED, UNSETTLED, Entry, EntryState
from streams.ports.drift_ledger import Deed, Finding, Wanted
from tests.contract.drift_worlds import (
    EARLIER,
    LATER,
    LATEST,
    NOW,
    DriftWorld,
    MemoryDriftWorld,
    PostgresDriftWorld,
    finding,
    only,
    replayed,
)

OPEN, EXPLAINED, ACCEPTED, REPAIRED, VERIFIED = EntryState
ALL = Wanted(limit=1000)


def note(world: DriftWorld, *findings: Finding) -> Sequence[int]:
    with world.store.transaction() as work:
        return work.ledger.note(findings)


def settle(world: DriftWorld, *keys: str, **more: object) -> int:
    with world.store.transaction() as work:
        return work.ledger.settle(Check.PROJECTION, "nib", keys, **more)  # type: ignore[arg-type]


def move(world: DriftWorld, to: EntryState, *ids: int, until: object = None) -> Sequence[int]:
    with world.store.transaction() as work:
        return work.ledger.move(ids, Deed(to, "budi", "seen", until))  # type: ignore[arg-type]


def entries(world: DriftWorld, wanted: Wanted = ALL) -> Sequence[Entry]:
    with world.store.transaction() as work:
        return work.ledger.entries(wanted)


def brought_to(world: DriftWorld, state: EntryState) -> int:
    """An entry in this state, which was found in the past."""
    (number,) = note(world, finding(at=EARLIER))
    if state is VERIFIED:
        settle(world, "1", at=EARLIER)
    elif state is not OPEN:
        move(world, state, number, until=LATER)
    return number


def test_an_entry_is_opened_with_what_was_found(drift: DriftWorld) -> None:
    columns = {"nama": ("xx ##", None), "tgl": ("2020-01-02", "2020-01-03")}
    one = finding(columns=columns, likeness="case", state="waiting", position="0/1", cause=Cause.WAITING, detected_ms=7)
    (number,) = note(drift, one)
    entry = only(entries(drift))
    assert (entry.id, entry.difference, entry.cause, entry.state) == (number, one.difference, one.cause, OPEN)
    assert (entry.detected_ms, entry.times, entry.first_seen) == (7, 1, entry.last_seen)
    step = only(drift.history.of(number))
    assert (step.was, step.now, step.by, step.why) == (None, OPEN, "monitor", "found")


def test_ids_come_in_the_order_given_and_one_place_has_one_entry(drift: DriftWorld) -> None:
    first, second = note(drift, finding("a"), finding("b"))
    assert note(drift, finding("b"), finding("c"), finding("a"), finding("c"))[:3:2] == [second, first]
    assert note(drift, finding("a", Kind.STATE))[0] not in (first, second)
    assert [entry.times for entry in entries(drift)] == [1, 1, 1, 1]
    assert note(drift) == []


@pytest.mark.parametrize("state", [OPEN, EXPLAINED, ACCEPTED])
def test_what_is_seen_again_stays_as_it_is(drift: DriftWorld, state: EntryState) -> None:
    number = brought_to(drift, state)
    assert note(drift, finding(cause=Cause.FOREIGN_WRITE, position="0/2")) == [number]
    entry = only(entries(drift))
    assert (entry.state, entry.times, entry.cause) == (state, 1, Cause.FOREIGN_WRITE)
    assert entry.difference.position == "0/2"
    assert entry.first_seen < entry.last_seen
    note(drift, finding())
    assert only(entries(drift)).cause is Cause.FOREIGN_WRITE


@pytest.mark.parametrize(("state", "why"), [(REPAIRED, "still there after the repair"), (VERIFIED, "it came back")])
def test_what_returns_is_opened_again(drift: DriftWorld, state: EntryState, why: str) -> None:
    number = brought_to(drift, state)
    note(drift, finding(detected_ms=3, at=LATER))
    entry = only(entries(drift))
    assert (entry.state, entry.times, entry.detected_ms) == (OPEN, 2, 3)
    assert drift.history.of(number)[-1].why == why


def test_an_accepted_difference_that_changes_is_opened(drift: DriftWorld) -> None:
    number = brought_to(drift, ACCEPTED)
    note(drift, finding(position="0/9"))
    assert only(entries(drift)).state is ACCEPTED
    note(drift, finding(columns={"nama": ("xx", "xxx")}))
    assert only(entries(drift)).state is OPEN
    assert drift.history.of(number)[-1].why == "it is not the difference that was accepted"


def test_an_acceptance_runs_out(drift: DriftWorld) -> None:
    number = brought_to(drift, ACCEPTED)
    other = note(drift, finding("2"))[0]
    move(drift, ACCEPTED, other, until=LATEST)
    with drift.store.transaction() as work:
        assert work.ledger.run_out(LATER - timedelta(seconds=1)) == []
        assert work.ledger.run_out(LATER) == [number]
        assert work.ledger.run_out(LATER) == []
    assert [entry.state for entry in entries(drift)] == [OPEN, ACCEPTED]
    assert drift.history.of(number)[-1].why == "the acceptance ran out"


@pytest.mark.parametrize("state", EntryState)
def test_a_transition_that_is_not_allowed_is_refused(drift: DriftWorld, state: EntryState) -> None:
    number = brought_to(drift, state)
    for to in EntryState:
        with drift.store.transaction() as work:
            assert work.ledger.move([number + 99], Deed(to, "budi", "seen")) == []
        if to not in ALLOWED[state]:
            assert move(drift, to, number) == []
    assert only(entries(drift)).state is state


@pytest.mark.parametrize(("was", "to"), [(was, to) for was in EntryState for to in sorted(ALLOWED[was])])
def test_an_allowed_one_is_made_and_journalled(drift: DriftWorld, was: EntryState, to: EntryState) -> None:
    number = brought_to(drift, was)
    assert move(drift, to, number, until=LATEST) == [number]
    entry, step = only(entries(drift)), drift.history.of(number)[-1]
    assert (step.was, step.now, step.by, step.why) == (was, to, "budi", "seen")
    assert replayed(drift.history.of(number)) == (to, entry.times)
    if to is ACCEPTED:
        assert (entry.until, entry.by, entry.why) == (LATEST, "budi", "seen")


def test_keys_that_are_the_same_are_verified_whatever_their_state_was(drift: DriftWorld) -> None:
    for number, state in enumerate([OPEN, EXPLAINED, ACCEPTED, REPAIRED]):
        (one,) = note(drift, finding(str(number)))
        move(drift, state, one, until=LATER)
    note(drift, finding("0", Kind.STATE), finding("0", table="orang"), finding("0", check=Check.CAPTURE))
    assert settle(drift, "0", "1", "2", "3", "4", still=[("0", Kind.STATE)]) == 4
    assert [entry.state for entry in entries(drift)] == [VERIFIED] * 4 + [OPEN] * 3
    assert settle(drift, "0", "1", still=[("0", Kind.STATE)]) == 0
    assert settle(drift) == 0


def test_an_older_look_never_overrules_a_newer_one(drift: DriftWorld) -> None:
    note(drift, finding("a", at=NOW), finding("b", at=NOW))
    assert settle(drift, "a", at=EARLIER) == 0
    assert settle(drift, "a", "b", at=LATER) == 2
    note(drift, finding("a", at=NOW), finding("b", at=LATEST))
    assert [entry.state for entry in entries(drift)] == [VERIFIED, OPEN]


def test_a_look_from_before_a_repair_does_not_open_it_again(drift: DriftWorld) -> None:
    number = brought_to(drift, OPEN)
    move(drift, REPAIRED, number)
    note(drift, finding(at=EARLIER))
    assert only(entries(drift)).state is REPAIRED
    assert settle(drift, "1", at=EARLIER) == 0
    assert settle(drift, "1") == 1


def test_entries_are_chosen(drift: DriftWorld) -> None:
    a, b, c = note(
        drift,
        finding("a", cause=Cause.WAITING),
        finding("b", table="orang"),
        finding("a", check=Check.CAPTURE, table="tr_oss_header"),
    )
    move(drift, EXPLAINED, b)
    for wanted, ids in (
        (ALL, [a, b, c]),
        (Wanted(limit=2), [a, b]),
        (Wanted(after=a), [b, c]),
        (Wanted(ids=(c, a)), [a, c]),
        (Wanted(checks=(Check.CAPTURE,)), [c]),
        (Wanted(tables=("orang", "nib")), [a, b]),
        (Wanted(causes=(Cause.WAITING,)), [a]),
        (Wanted(states=(EXPLAINED, VERIFIED)), [b]),
        (Wanted(key="a", states=tuple(UNSETTLED)), [a, c]),
        (Wanted(key="a", tables=("orang",)), []),
    ):
        assert [entry.id for entry in entries(drift, wanted)] == ids


def test_entries_are_counted(drift: DriftWorld) -> None:
    note(drift, finding("a"), finding("b"), finding("c", Kind.MISSING), finding("a", check=Check.CAPTURE))
    settle(drift, "c")
    with drift.store.transaction() as work:
        found = work.ledger.groups()
    told = [(group.check.value, group.kind.value, group.state.value, group.count) for group in found]
    assert told == [
        ("capture", "different", "open", 1),
        ("projection", "different", "open", 2),
        ("projection", "missing", "verified", 1),
    ]
    assert all(group.first_seen <= group.last_seen for group in found)


def test_the_history_of_a_key_has_the_steps_of_all_its_entries(drift: DriftWorld) -> None:
    a, b, _ = note(drift, finding("a"), finding("a", Kind.STATE), finding("b"))
    settle(drift, "a")
    note(drift, finding("a", Kind.STATE))
    assert [(s.entry, s.now) for s in drift.history.of_key("nib", "a")] == [
        *((a, OPEN), (b, OPEN)),
        *((a, VERIFIED), (b, VERIFIED)),
        (b, OPEN),
    ]
    assert drift.history.of_key("nib", "z") == []
    assert drift.history.of(b + 99) == []


def test_nothing_of_a_transaction_that_broke_is_kept(drift: DriftWorld) -> None:
    with pytest.raises(ZeroDivisionError), drift.store.transaction() as work:
        work.ledger.note([finding()])
        raise ZeroDivisionError
    assert entries(drift) == []


def ledger_lives() -> st.SearchStrategy[list[tuple[str, str, int]]]:
    """What can happen to a few keys: found, found in another form, looked at, moved; at moments in any order."""
    acts = [*EntryState, "found", "found otherwise", "looked at", "time passes"]
    return st.lists(st.tuples(st.sampled_from(acts), st.sampled_from("ab"), st.integers(0, 9)), max_size=30)


def lived(world: DriftWorld, life: list[tuple[str, str, int]]) -> None:
    ids: dict[str, int] = {}
    for act, key, minute in life:
        at = NOW + timedelta(minutes=minute)
        if act.startswith("found"):
            columns = {"nama": ("x", "xx" if act == "found" else None)}
            (ids[key],) = note(world, finding(key, at=at, columns=columns))
        elif act == "looked at":
            settle(world, key, at=at)
        elif act == "time passes":
            with world.store.transaction() as work:
                work.ledger.run_out(at)
        elif key in ids:
            move(world, EntryState(act), ids[key], until=at)


def as_told(world: DriftWorld) -> list[tuple[object, ...]]:
    """Everything but the clock's part."""
    told: list[tuple[object, ...]] = []
    for entry in entries(world):
        steps = drift_steps(world, entry)
        told.append((entry.difference, entry.state, entry.times, entry.until, entry.by, steps))
    return told


def drift_steps(world: DriftWorld, entry: Entry) -> list[tuple[object, ...]]:
    steps = world.history.of(entry.id)
    assert replayed(steps) == (entry.state, entry.times)
    return [(step.was, step.now, step.by, step.why) for step in steps]


@given(life=ledger_lives())
def test_replaying_the_journal_gives_the_state_and_no_step_is_forbidden(life: list[tuple[str, str, int]]) -> None:
    world = MemoryDriftWorld()
    lived(world, life)
    for entry in entries(world):
        for was, now, *_ in drift_steps(world, entry):
            assert was is None or now in ALLOWED[was]  # type: ignore[index]


@pytest.mark.postgres
@settings(max_examples=10)
@given(life=ledger_lives())
def test_the_twin_keeps_what_the_database_keeps(
    request: pytest.FixtureRequest, life: list[tuple[str, str, int]]
) -> None:
    twin, real = MemoryDriftWorld(), PostgresDriftWorld(request.getfixturevalue("database").engine)
    lived(twin, life)
    lived(real, life)
    assert as_told(twin) == as_told(real)
