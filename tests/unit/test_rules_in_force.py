"""Whoever takes rows away does so under the rules in force alone; whoever refers to a row that appears is computed."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from streams.errors import ErrorKind, SelarasError
from streams.ports.key_states import HistoryBounds
from streams.services.left_over import LeftOverRows
from streams.services.load import LoadParts, LoadService
from streams.services.pages import Pages
from streams.services.recompute import Recompute
from streams.services.tidy import Tidy
from tests.unit.language_world import GROUP, PRODUCT, PROJECT, TABLES, A, B, LanguageWorld

BY_ID: dict[str, Any] = {**PROJECT, "key": {"column": "kode", "rule": "NULL0"}}  # rows that do not tell their keys
PASSED = cast("Any", SimpleNamespace(pass_=lambda _seconds: SimpleNamespace(passed=True)))


@pytest.fixture
def world() -> LanguageWorld:
    """A row deleted twice, and one that lives."""
    world = LanguageWorld(BY_ID)
    for number in (1, 2):
        world.history.delete("proyek", world.history.insert("proyek", id=number, kode="abc-1", nib=A))
        world.apply()
    world.history.insert("proyek", id=3, kode="abc-2", nib=B)
    world.apply()
    return world


def tidy(world: LanguageWorld) -> Tidy:
    """The service, behind a barrier that is passed at once."""
    marks = cast("Any", SimpleNamespace(token=lambda _name: world.history.lsn + 1))
    return Tidy(marks, PASSED, world.target, world.plan, frozenset(), HistoryBounds(30, 10))


def load(world: LanguageWorld) -> LoadService:
    """The service, after a new capture that brought nothing."""
    tables = tuple(f"public.{table.name}" for table in TABLES)
    capture = SimpleNamespace(
        settled=False, generation=2, identity=SimpleNamespace(legacy=SimpleNamespace(tables=tables))
    )
    captures = SimpleNamespace(current=lambda: capture, snapshot_transaction=lambda: 0, settle=lambda _generation: None)
    none = cast("Any", None)
    return LoadService(LoadParts(none, none, PASSED, none, cast("Any", captures), world.target, world.plan, {}, none))


def nothing(*_: object) -> None:
    """Nothing is shown."""


def mirrored(world: LanguageWorld) -> dict[str, bool]:
    """By number of the row: whether it counts as deleted."""
    return {str(key[0]): row.is_deleted for key, row in world.target.state.mirror["proyek"].items()}


def test_all_of_them_work_under_the_rules_in_force(world: LanguageWorld) -> None:
    assert tidy(world).run(1.0).tombstones == 1
    assert mirrored(world) == {"2": True, "3": False}
    assert load(world).settle_capture(1.0, nothing) == 1
    assert (mirrored(world), world.rows("t_proyek")) == (
        {"2": True, "3": True},
        {"abc-1": {"kode": "abc-1", "nib": A}, "abc-2": {"kode": "abc-2", "nib": B}},
    )


def test_none_of_them_works_by_rules_that_are_not_in_force(world: LanguageWorld) -> None:
    before, rows = mirrored(world), world.rows("t_proyek")
    world.remap(BY_ID)
    left = LeftOverRows(Pages(world.target, world.plan))
    for deed in (
        lambda: tidy(world).run(1.0),
        lambda: load(world).settle_capture(1.0, nothing),
        lambda: left.remove("1", nothing),
    ):
        with pytest.raises(SelarasError) as raised:
            deed()
        assert raised.value.kind is ErrorKind.STALE
    assert (mirrored(world), world.rows("t_proyek")) == (before, rows)


def test_nothing_is_tidied_while_everything_is_computed(world: LanguageWorld) -> None:
    recompute = Recompute(world.target, world.plan)
    recompute.begin()
    assert tidy(world).run(1.0).tombstones == 0
    recompute.run(nothing)
    assert tidy(world).run(1.0).tombstones == 1


def test_a_row_that_appears_wakes_who_is_refused_beside_waiting_for_it() -> None:
    """Its state is the same whichever of the two comes first."""
    columns = {
        "proyek": {"rule": "NIB13", "from": "produk.potongan"},
        "induk": {"rule": "NIB13", "from": "awalan.proyek"},
    }
    states = []
    for first, second in (("produk", "proyek"), ("proyek", "produk")):
        world = LanguageWorld(PROJECT, GROUP, {**PRODUCT, "columns": columns})
        for table in (first, second):
            values = {"kode": "P1", "potongan": "abc"} if table == "produk" else {"kode": "abc-1", "nib": A}
            world.history.insert(table, id=1, kbli="1", **values)
            world.apply()
        states.append(world.target.state.states["t_produk", "P1"])
    assert states[0] == states[1]
    assert [fault.column for fault in states[0].faults] == ["proyek", "induk"]
