"""The laws of keys beside mirror rows, of what keys look up, and of rows that have no table, on both targets."""

import pytest

from streams.ports.replication import OutrankedBy
from streams.ports.row_keys import KeyedRow
from streams.projection.order import Dependent
from tests.contract.replication_rows import HEADER, A, B, changed, header, write
from tests.contract.replication_worlds import World

pytestmark = pytest.mark.postgres

SOURCE = "kelompok.header"
ONE, TWO = f"{A}|X", f"{B}|X"


def put(world: World, **keys: tuple[str, ...]) -> None:
    """Store keys beside rows, given as ``row_1=(...)``."""
    with world.target.transaction() as work:
        work.row_keys.put(SOURCE, {row.removeprefix("row_"): held for row, held in keys.items()})


class TestRowKeys:
    """Keys that are no plain column."""

    def test_a_row_is_read_by_each_of_its_keys_and_no_more_by_those_it_lost(self, world: World) -> None:
        write(world, changed("c", (1, 1, 1), after=header(1)))
        put(world, row_1=(ONE, TWO))
        with world.target.transaction() as work:
            found = work.sources.read("kelompok", [ONE, TWO])
            assert {key: rows["header"][0]["nib"] for key, rows in found.items()} == {ONE: A, TWO: A}
        put(world, row_1=(TWO,))
        with world.target.transaction() as work:
            assert set(work.sources.read("kelompok", [ONE, TWO])) == {TWO}
        put(world, row_1=())
        with world.target.transaction() as work:
            assert work.sources.read("kelompok", [ONE, TWO]) == {}

    def test_one_key_may_have_several_rows(self, world: World) -> None:
        write(world, *(changed("c", (1, n, 1), after=header(n)) for n in (1, 2)))
        put(world, row_1=(ONE,), row_2=(ONE,))
        with world.target.transaction() as work:
            assert len(work.sources.read("kelompok", [ONE])[ONE]["header"]) == 2

    def test_keys_that_a_row_holds_no_more_are_told(self, world: World) -> None:
        with world.target.transaction() as work:
            assert work.row_keys.put(SOURCE, {"1": (ONE, TWO), "2": (TWO,)}) == set()
        with world.target.transaction() as work:
            assert work.row_keys.put(SOURCE, {"1": (ONE,), "2": ("a", "b")}) == {TWO}
            assert work.row_keys.put(SOURCE, {"1": (ONE,), "2": ()}) == {"a", "b"}

    def test_keys_come_in_pages(self, world: World) -> None:
        write(world, *(changed("c", (1, n, 1), after=header(n)) for n in (1, 2, 3)))
        put(world, row_1=("b", "a"), row_2=("a",), row_3=("c",))
        with world.target.transaction() as work:
            assert list(work.sources.keys_after("kelompok", None, 2)) == ["a", "b"]
            assert list(work.sources.keys_after("kelompok", "b", 2)) == ["c"]
            assert list(work.sources.keys_after("kelompok", "c", 2)) == []

    def test_rows_come_in_pages_with_the_keys_stored(self, world: World) -> None:
        write(world, *(changed("c", (1, n, 1), after=header(n, nib)) for n, nib in ((9, A), (10, None), (11, B))))
        put(world, row_9=(ONE, TWO))
        with world.target.transaction() as work:
            assert list(work.row_keys.rows_after(SOURCE, None, 2)) == [
                KeyedRow("9", {"nib": A}, frozenset({ONE, TWO})),
                KeyedRow("10", {"nib": None}, frozenset()),
            ]
            assert [row.row for row in work.row_keys.rows_after(SOURCE, "10", 2)] == ["11"]
            assert list(work.row_keys.rows_after(SOURCE, "11", 2)) == []

    def test_a_deleted_row_goes_once_rows_deleted_later_hold_all_its_keys(self, world: World) -> None:
        keys = OutrankedBy((), (SOURCE,))
        write(world, changed("d", (2, 3, 0), before=header(1), at_ms=1), changed("c", (1, 3, 1), after=header(3)))
        write(world, changed("d", (2, 4, 0), before=header(2), at_ms=2))
        put(world, row_1=(ONE, TWO), row_2=(ONE,), row_3=(ONE, TWO))
        with world.target.transaction() as work:
            assert work.tidying.drop_outranked(HEADER, keys, 20) == 0
        put(world, row_2=(ONE, TWO))
        with world.target.transaction() as work:
            assert work.tidying.drop_outranked(HEADER, keys, 20) == 1
            assert len(work.sources.read("kelompok", [TWO])[TWO]["header"]) == 2
            assert [row.row for row in work.row_keys.rows_after(SOURCE, None, 9)] == ["2", "3"]

    def test_a_deleted_row_without_keys_stays(self, world: World) -> None:
        write(world, changed("c", (1, 1, 1), after=header(1)))
        write(world, changed("d", (2, 3, 0), before=header(1)))
        with world.target.transaction() as work:
            assert work.tidying.drop_outranked(HEADER, OutrankedBy((), (SOURCE,)), 20) == 0


class TestReferences:
    """What a key looked up, where no column tells."""

    def test_keys_are_found_by_what_they_look_up_last(self, world: World) -> None:
        dependent = Dependent("nib", "grup", None, None, None, frozenset(), recorded=True)
        with world.target.transaction() as work:
            work.states.refer("nib", "grup", {A: ONE, B: TWO})
            work.states.refer("nib", "lain", {A: TWO})
        with world.target.transaction() as work:
            assert work.sources.dependents(dependent, [ONE, TWO]) == {A, B}
            work.states.refer("nib", "grup", {A: TWO, B: None})
        with world.target.transaction() as work:
            assert work.sources.dependents(dependent, [ONE]) == set()
            assert work.sources.dependents(dependent, [TWO]) == {A}


class TestRowsWithoutTable:
    """Projections that others look up only."""

    def test_rows_are_written_where_they_differ_read_and_removed(self, world: World) -> None:
        rows = {ONE: {"kunci": ONE, "nama": "PT Satu"}, TWO: {"kunci": TWO, "nama": None}}
        with world.target.transaction() as work:
            assert work.target.write("kelompok", rows) == (2, {})
            assert work.target.write("kelompok", {**rows, TWO: {"kunci": TWO, "nama": "PT Dua"}}) == (1, {})
        with world.target.transaction() as work:
            assert work.target.read("kelompok", [ONE, TWO, "lain"]) == {
                ONE: rows[ONE],
                TWO: {"kunci": TWO, "nama": "PT Dua"},
            }
            assert work.target.delete("kelompok", [ONE, "lain"]) == (1, {})
            assert set(work.target.read("kelompok", [ONE, TWO])) == {TWO}
