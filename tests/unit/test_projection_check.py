"""The projection check on the twin of the target: random histories give no difference, every planted one is found."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.adapters.memory.projection_check import MemoryCheckMoments
from streams.adapters.memory.state import State
from streams.drift.difference import Kind
from streams.drift.verdict import Reason
from streams.projection.outcome import Outcome, OutcomeKind
from streams.services.projection_check import ProjectionCheck
from tests.unit.language_world import A, B, LanguageWorld

SHOWN = {
    "proyek": {"kode": ("abc-1", "abc-2", "xyz-1", ""), "nib": (A, B, "13"), "kbli": ("1", "2", "")},
    "produk": {"kode": ("P1", "P2", "P3"), "potongan": ("abc", "xyz", ""), "kbli": ("1", "2")},
    "akun": {"daftar": (A, f"{A},{B}", "x", ""), "surel": ("s@x", "t@x", ""), "utama": ("Y", "N", "?")},
}
Found = set[tuple[str, str, Kind]]


def lived(world: LanguageWorld, random: Random, deeds: int) -> None:
    """Rows come, change and go; now and then everything so far is applied."""
    history = world.history
    for number in range(deeds):
        table = random.choice(list(SHOWN))
        values = {name: random.choice(several) for name, several in SHOWN[table].items()}
        rows = history.rows.get(table, [])
        what = random.random()
        if not rows or what < 0.5:
            history.insert(table, id=number + 1, **values)
        elif what < 0.8:
            history.update(table, random.choice(rows), **values)
        else:
            history.delete(table, random.choice(rows))
        if random.random() < 0.2:
            world.apply()
    world.apply()


def computed() -> LanguageWorld:
    """A world whose mapping is in force, with every key computed under it."""
    world = LanguageWorld()
    with world.target.transaction() as work:
        work.guard.enter(exclusive=True)
        work.guard.recomputed()
    return world


def check_of(world: LanguageWorld) -> ProjectionCheck:
    """The check of this world."""
    return ProjectionCheck(world.plan, MemoryCheckMoments(world.target))


def looked(world: LanguageWorld) -> Found:
    """Every difference there is; each key has a verdict, and one only."""
    check, found = check_of(world), set()
    for table in check.tables:
        after: str | None = ""
        while after is not None:
            verdicts, part = check.page(table, after, 2)
            assert verdicts.unknown == {}
            assert verdicts.keys == part.keys
            found |= {(table, one.key, one.kind) for one in verdicts.different}
            after = part.last
    for table in check.with_ids:
        found |= {(table, one.key, one.kind) for one in check.extra(table, "", 100)[0].different}
    return found


@given(st.integers(0, 2**32), st.integers(0, 40))
def test_random_histories_give_no_difference(seed: int, deeds: int) -> None:
    world = computed()
    lived(world, Random(seed), deeds)
    assert looked(world) == set()


@given(st.integers(0, 2**32))
def test_whatever_is_planted_is_found_for_what_it_is(seed: int) -> None:
    world, random = computed(), Random(seed)
    lived(world, random, 40)
    state = world.target.state = world.target.state.fork()
    rows = [(table, key) for table, held in state.rows.items() for key in held]
    if not rows:
        return
    table, key = random.choice(sorted(rows))
    plant = random.choice([changed, deleted, added, told_otherwise])
    expected = plant(world, state, random, (table, key))
    found = looked(world)
    assert expected <= found
    # Who looks the row up is as it was, but that its parent may be gone.
    assert {one for one in found - expected if one[2] is not Kind.ORPHAN} == set()


def key_of(world: LanguageWorld, table: str, row: str) -> str:
    """The key that gives the row; here rows are known by their keys."""
    assert world.plan.compiled(table).key_value(row) == row
    return row


def changed(world: LanguageWorld, state: State, random: Random, place: tuple[str, str]) -> Found:
    """One owned column holds another value."""
    table, row = place
    declared = world.plan.compiled(table).declaration
    column = random.choice([c.name for c in declared.columns if c.name != declared.key_column])
    value = state.rows[table][row][column]
    other = not value if isinstance(value, bool) else f"{value}!" if value else "!"
    state.rows[table][row] = {**state.rows[table][row], column: other}
    return {(table, key_of(world, table, row), Kind.DIFFERENT)}


def deleted(world: LanguageWorld, state: State, _random: Random, place: tuple[str, str]) -> Found:
    """A row is gone."""
    table, row = place
    del state.rows[table][row]
    return {(table, key_of(world, table, row), Kind.MISSING)}


def added(_world: LanguageWorld, state: State, _random: Random, place: tuple[str, str]) -> Found:
    """A row of a key that nobody has."""
    table, row = place
    declared = _world.plan.compiled(table).declaration
    state.rows[table]["new|9"] = {**state.rows[table][row], declared.key_column: "new|9"}
    return {(table, "new|9", Kind.EXTRA)}


def told_otherwise(world: LanguageWorld, state: State, _random: Random, place: tuple[str, str]) -> Found:
    """A key's stored state says something else."""
    table, row = place
    known = state.states.get(place)
    state.states[place] = Outcome(OutcomeKind.WAITING) if known is None else replace_kind(known)
    return {(table, key_of(world, table, row), Kind.STATE)}


def replace_kind(outcome: Outcome) -> Outcome:
    """The same, quarantined."""
    return Outcome(OutcomeKind.QUARANTINED, None, outcome.faults, outcome.waits, outcome.findings)


@given(st.integers(0, 2**32))
def test_two_rows_that_swapped_their_values_are_both_different(seed: int) -> None:
    world, random = computed(), Random(seed)
    lived(world, random, 40)
    state = world.target.state = world.target.state.fork()
    held = state.rows.get("t_proyek", {})
    pairs = [(a, b) for a in held for b in held if a < b and held[a]["nib"] != held[b]["nib"]]
    for a, b in pairs[:1]:
        held[a], held[b] = {**held[b], "kode": a}, {**held[a], "kode": b}
        assert looked(world) == {("t_proyek", a, Kind.DIFFERENT), ("t_proyek", b, Kind.DIFFERENT)}


def test_a_key_of_the_other_mapping_waits_for_its_recompute() -> None:
    world = computed()
    world.history.insert("proyek", id=1, kode="abc-1", nib=A, kbli="1")
    world.apply()
    world.target.state = world.target.state.fork()
    world.target.state.versions = ("another", "r")
    assert check_of(world).keys("t_proyek", ["abc-1"]).unknown == {"abc-1": Reason.RECOMPUTE_PENDING}


@pytest.mark.parametrize("limit", [0, 1, 2, 7])
def test_pages_meet_at_their_borders(limit: int) -> None:
    """However small they are asked for, and with a blank key at the front."""
    world = computed()
    for number, code in enumerate(("", "a", "b", "c", "d"), 1):
        world.history.insert("proyek", id=number, kode=code, nib=A, kbli="1")
    world.apply()
    check, after, keys = check_of(world), "", []
    while True:
        verdicts, part = check.page("t_proyek", after, limit)
        keys += sorted([*verdicts.same, *verdicts.unknown])
        assert part.after == after
        if part.last is None:
            break
        after = part.last
    assert keys == sorted(set(keys))
    assert {"a", "b", "c", "d"} <= set(keys)
