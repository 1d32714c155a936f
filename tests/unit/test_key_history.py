"""Of every key that has a history, its last entry is its state: random changes, on the twin of the target."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from streams.adapters.memory.state import Entry
from streams.projection.outcome import OutcomeKind
from streams.services.recompute import Recompute
from tests.history import Row
from tests.unit.language_world import PROJECT, A, B, LanguageWorld

IDS = st.integers(1, 3)
CODES = st.sampled_from(["ABC1", "ABC2", "XYZ1", ""])
CHANGES: dict[str, Any] = {
    "proyek": st.fixed_dictionaries(
        {"kode": CODES, "nib": st.sampled_from([A, B, "12", None]), "kbli": st.just("55194")}
    ),
    "produk": st.fixed_dictionaries(
        {"kode": CODES, "potongan": st.sampled_from(["ABC", "XYZ"]), "kbli": st.just("55194")}
    ),
    "akun": st.fixed_dictionaries(
        {
            "daftar": st.sampled_from([A, f"{A},{B}", f"{A},12", ""]),
            "surel": st.sampled_from(["x", "y", None]),
            "utama": st.sampled_from(["T", "F"]),
        }
    ),
}
CHANGE = st.sampled_from(sorted(CHANGES)).flatmap(
    lambda table: st.tuples(st.just(table), IDS, st.none() | CHANGES[table])
)


def change(world: LanguageWorld, table: str, number: int, values: Row | None) -> None:
    """Insert or update this row; without values, delete it."""
    row = next((row for row in world.history.rows.get(table, []) if row["id"] == number), None)
    if row is not None and values is None:
        world.history.delete(table, row)
    elif row is not None and values is not None:
        world.history.update(table, row, **values)
    elif values is not None:
        world.history.insert(table, id=number, **values)


def agrees(world: LanguageWorld) -> None:
    """Each state ends a history; each history ends with a state, a plain row, or nothing at all."""
    state = world.target.state
    assert state.states.keys() <= state.history.keys()
    for (name, key), entries in state.history.items():
        last, known = entries[-1].outcome, state.states.get((name, key))
        with world.target.transaction() as work:
            is_there = key in work.target.read(name, [key])
        if known is not None:
            reasons = known.kind, known.faults, known.findings, known.waits
            assert (last.kind, last.faults, last.findings, last.waits) == reasons
        else:
            assert last.kind is (OutcomeKind.ROW if is_there else OutcomeKind.ABSENT)
        assert last.row is None
        follows(entries)


def follows(entries: tuple[Entry, ...]) -> None:
    """Each entry begins where the one before ended."""
    for one, other in pairwise(entries):
        assert other.was == one.outcome.kind.value
        assert one.outcome != other.outcome or other.columns


@given(st.lists(st.lists(CHANGE, min_size=1, max_size=4), max_size=8))
def test_the_last_entry_is_the_state(batches: list[list[tuple[str, int, Row | None]]]) -> None:
    world = LanguageWorld()
    for batch in batches:
        for one in batch:
            change(world, *one)
        world.apply()
        agrees(world)
    entries = dict(world.target.state.history)
    Recompute(world.target, world.plan).run(lambda *_: None)
    assert world.target.state.history == entries


def moved(remap: Callable[[LanguageWorld], None]) -> tuple[LanguageWorld, list[Entry]]:
    """A project's history once something else happened to it."""
    world = LanguageWorld(PROJECT)
    world.history.insert("proyek", id=1, kode="ABC1", nib=A, kbli="1")
    world.apply()
    remap(world)
    return world, list(world.target.state.history.get(("t_proyek", "ABC1"), ()))


def test_an_entry_tells_the_newest_change_of_its_batch() -> None:
    def change_two(world: LanguageWorld) -> None:
        world.history.update("proyek", world.history.rows["proyek"][0], nib=B)
        world.history.insert("proyek", id=2, kode="XYZ1", nib=A, kbli="1")
        world.apply()

    world, (entry,) = moved(change_two)
    assert entry.as_of is not None
    updated, inserted = sorted(row.order[:3] for row in world.target.state.mirror["proyek"].values())
    at = entry.as_of.position
    assert (at.generation, at.commit, at.record) in (updated, inserted)
    assert (entry.was, entry.outcome.kind, entry.columns) == ("row", OutcomeKind.ROW, ("nib",))


def test_another_mapping_makes_an_entry_without_a_change() -> None:
    def recompute(world: LanguageWorld) -> None:
        world.remap({**PROJECT, "columns": {"nib": {"rule": "TXT", "from": "proyek.kbli"}}})
        Recompute(world.target, world.plan).run(lambda *_: None)

    _, (entry,) = moved(recompute)
    assert (entry.was, entry.columns, entry.as_of) == ("row", ("nib",), None)
