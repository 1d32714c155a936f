"""The laws of the mirror's ports, on the twin in memory and on PostgreSQL."""

import pytest

from streams.changes.change import Truncated
from streams.changes.position import Position
from streams.ports.replication import Floor, OutrankedBy
from streams.projection.order import Dependent
from tests.contract.replication_rows import (
    HEADER,
    MICRO,
    A,
    B,
    C,
    advance,
    changed,
    count,
    counted,
    header,
    headers,
    micro,
    micros,
    truncate,
    write,
)
from tests.contract.replication_worlds import World, filled

TOPIC = "oss.public.oss_iumk"


class TestMirrorRegister:
    """The newest by source position wins, in any order."""

    def test_values_are_held_as_postgresql_prints_them(self, world: World) -> None:
        write(world, changed("c", (1, 1, 1), after=header(1)))
        with world.target.transaction() as work:
            (row,) = work.sources.read("pelaku_usaha", [A])[A]["header"]
        assert row == {
            "_deleted_at": None,
            "idoss": 1,
            "nama_perseroan": "PT Satu",
            "nib": A,
            "tgl_insert": "2019-03-04 10:11:12",
            "total_modal_dasar": "5",
        }

    def test_keys_before_and_after_are_reported(self, world: World) -> None:
        assert write(world, changed("c", (1, 1, 1), after=header(1))) == {"nib": {A}}
        assert write(world, changed("u", (2, 2, 1), before=header(1), after=header(1, B))) == {"nib": {A, B}}
        assert headers(world) == []
        assert headers(world, B) == [("PT Satu", False)]

    def test_older_and_equal_changes_are_ignored(self, world: World) -> None:
        write(world, changed("u", (5, 3, 1), before=header(1), after=header(1)))
        for place in ((5, 3, 1), (5, 3, 0), (5, 2, 1), (4, 9, 1), (0, 0, 1)):
            assert write(world, changed("c", place, after=header(1, B, nama_perseroan="Lama"))) == {}
        assert headers(world) == [("PT Satu", False)]
        assert write(world, changed("c", (6, 1, 1), after=header(1, nama_perseroan="Baru"))) == {"nib": {A}}
        assert headers(world) == [("Baru", False)]

    @pytest.mark.parametrize("first", [0, 1])
    def test_on_one_record_the_create_beats_the_delete(self, world: World, first: int) -> None:
        moved = [changed("d", (5, 3, 0), before=header(1)), changed("c", (5, 3, 1), after=header(1, B))]
        write(world, moved[first])
        write(world, moved[1 - first])
        assert headers(world) == []
        assert headers(world, B) == [("PT Satu", False)]

    def test_a_deleted_row_stays_with_its_content_and_time(self, world: World) -> None:
        write(world, changed("d", (5, 3, 0), before=header(1)))
        with world.target.transaction() as work:
            (row,) = work.sources.read("pelaku_usaha", [A])[A]["header"]
        assert (row["nama_perseroan"], row["_deleted_at"]) == ("PT Satu", "2019-02-12T19:33:20.000Z")
        assert write(world, changed("u", (4, 9, 1), before=header(1), after=header(1))) == {}

    def test_of_two_snapshots_the_later_counts(self, world: World) -> None:
        for tx, name in ((500, "Satu"), (600, "Dua"), (500, "Satu")):
            write(world, changed("r", (0, 0, 1), after=header(1, nama_perseroan=name), tx=tx))
        assert headers(world) == [("Dua", False)]

    def test_many_rows_at_once(self, world: World) -> None:
        rows = [changed("c", (1, n, 1), after=header(n, nama_perseroan=f"PT {n}")) for n in (3, 1, 2)]
        assert write(world, *rows) == {"nib": {A}}
        assert [name for name, _ in headers(world)] == ["PT 1", "PT 2", "PT 3"]


class TestTruncate:
    """Everything below the position counts as deleted."""

    def test_rows_below_are_marked_with_its_time(self, world: World) -> None:
        write(world, changed("c", (5, 6, 1), after=header(1)), changed("c", (9, 9, 1), after=header(2)))
        assert truncate(world, HEADER, 7, 8) == {"nib": {A}}
        assert headers(world) == [("PT Satu", False), ("PT Satu", True)]
        with world.target.transaction() as work:
            assert work.guard.enter().truncations == {HEADER: [Truncated(HEADER, Position(1, 7, 8), 1_560_000_000_000)]}
            times = [row["_deleted_at"] for row in work.sources.read("pelaku_usaha", [A])[A]["header"]]
        assert set(times) == {None, "2019-06-08T13:20:00.000Z"}

    def test_it_happens_once(self, world: World) -> None:
        write(world, changed("c", (5, 6, 1), after=header(1)))
        truncate(world, HEADER, 7, 8)
        assert truncate(world, HEADER, 7, 8) == {}

    def test_rows_keep_their_own_positions(self, world: World) -> None:
        write(world, changed("c", (5, 6, 1), after=header(1)))
        truncate(world, HEADER, 7, 8)
        assert write(world, changed("d", (6, 1, 1), before=header(1, nama_perseroan="Baru"))) == {"nib": {A}}
        assert headers(world) == [("Baru", True)]
        write(world, changed("c", (8, 1, 1), after=header(1, nama_perseroan="Hidup")))
        assert headers(world) == [("Hidup", False)]

    def test_an_older_one_that_comes_late_gives_its_time(self, world: World) -> None:
        write(world, changed("c", (5, 6, 1), after=header(1)))
        truncate(world, HEADER, 17, 18, 1_570_000_000_000)
        assert truncate(world, HEADER, 7, 8) == {"nib": {A}}
        with world.target.transaction() as work:
            (row,) = work.sources.read("pelaku_usaha", [A])[A]["header"]
        assert row["_deleted_at"] == "2019-06-08T13:20:00.000Z"

    def test_counts_of_partitions_that_have_not_come_past_it_are_emptied(self, world: World) -> None:
        count(world, counted("c", after=micro(name="Lama")), partition=0)
        assert truncate(world, MICRO, 30, 31) == {"nib": {A}}
        assert micros(world) == [("Lama", True)]
        assert world.unknown() == []

    def test_counts_that_a_later_row_may_hold_make_the_table_unknown(self, world: World) -> None:
        with world.target.transaction() as work:
            work.positions.load({(TOPIC, 0): 0, (TOPIC, 1): 0})
            work.positions.take([advance(TOPIC, 1, 0, 1, mark=(40, 41, 1, 0))])
        count(world, counted("c", after=micro(name="Nol")), partition=0)
        count(world, counted("c", after=micro(name="Satu")), partition=1)
        truncate(world, MICRO, 30, 31)
        assert micros(world) == [("Nol", True), ("Satu", False)]
        assert world.unknown() == [MICRO]


class TestKeylessCounts:
    """A multiset of contents."""

    def test_contents_are_counted(self, world: World) -> None:
        assert count(world, counted("c", after=micro()), counted("c", after=micro()), counted("c", after=micro(B))) == {
            "nib": {A, B}
        }
        count(world, counted("d", before=micro()))
        assert micros(world) == [("Warung", False)]
        count(world, counted("d", before=micro()))
        assert micros(world) == [("Warung", True)]

    def test_counts_may_be_negative_on_the_way(self, world: World) -> None:
        count(world, counted("d", before=micro()))
        assert micros(world) == [("Warung", True)]
        count(world, counted("c", after=micro()))
        assert micros(world) == [("Warung", True)]
        count(world, counted("c", after=micro()))
        assert micros(world) == [("Warung", False)]

    def test_a_content_is_known_however_its_changes_were_cut(self, world: World) -> None:
        count(world, counted("c", after=micro()), counted("d", before=micro()))
        assert micros(world) == [("Warung", True)]

    def test_an_update_moves_one(self, world: World) -> None:
        count(world, counted("c", after=micro()), counted("c", after=micro()))
        count(world, counted("u", before=micro(), after=micro(name="Toko")))
        assert micros(world) == [("Toko", False), ("Warung", False)]
        count(world, counted("u", before=micro(), after=micro()))
        assert micros(world) == [("Toko", False), ("Warung", False)]

    def test_nothing_and_no_number_are_contents_too(self, world: World) -> None:
        rows = [micro(None), micro(A, "", None), micro(A, "", "NaN"), micro(A, "", "-Infinity")]
        count(world, *(counted("c", after=row) for row in rows), counted("d", before=rows[2]))
        assert micros(world) == [("", False), ("", False), ("", True)]

    def test_a_snapshot_that_begins_again_takes_its_partition_s_counts_away(self, world: World) -> None:
        count(world, counted("r", after=micro(name="Nol")), partition=0)
        count(world, counted("r", after=micro(name="Satu")), partition=1)
        with world.target.transaction() as work:
            assert filled(work.mirror.forget_snapshot(MICRO, 1)) == {"nib": {A}}
            assert filled(work.mirror.forget_snapshot(MICRO, 1)) == {}
        assert micros(world) == [("Nol", False), ("Satu", True)]

    def test_rows_are_named_by_their_key_or_their_business_number(self, world: World) -> None:
        with world.target.transaction() as work:
            keyed = work.mirror.write(HEADER, [changed("c", (1, 1, 1), after=header(n)) for n in (1, 10)])
            counts = [counted("c", after=micro()), counted("c", after=micro(None)), counted("c", after=micro(name="B"))]
            keyless = work.mirror.count(MICRO, 0, counts)
        assert keyed.names == {"1", "10"}
        assert keyless.names == {A, ""}

    def test_counts_of_an_older_generation_are_not_added_to(self, world: World) -> None:
        count(world, counted("c", after=micro()), counted("c", after=micro()))
        count(world, counted("c", after=micro(), generation=2))
        count(world, counted("d", before=micro(), generation=2))
        assert micros(world) == [("Warung", True)]


class TestSweepAndTidying:
    """What loads and barriers take away."""

    def test_rows_that_a_load_did_not_bring_are_marked(self, world: World) -> None:
        write(world, changed("c", (5, 6, 1), after=header(1)), changed("c", (9, 9, 1), after=header(2, B)))
        with world.target.transaction() as work:
            swept, touched = work.sweep.mark_left_over(HEADER, "", Floor(1, 7))
            assert (swept, filled(touched)) == (1, {"nib": {A}})
            assert work.sweep.mark_left_over(HEADER, "", Floor(1, 7))[0] == 0
        assert headers(world) == [("PT Satu", True)]
        assert headers(world, B) == [("PT Satu", False)]

    def test_of_rows_that_never_were_nothing_stays(self, world: World) -> None:
        write(world, changed("c", (5, 6, 1), after=header(1)), changed("c", (9, 9, 1), after=header(2, B)))
        with world.target.transaction() as work:
            taken, touched = work.sweep.take_away(HEADER, "", Floor(1, 7))
            assert (taken, filled(touched), touched.names) == (1, {"nib": {A}}, {"1"})
            assert work.sweep.take_away(HEADER, "", Floor(1, 7))[0] == 0
        assert headers(world) == []
        assert headers(world, B) == [("PT Satu", False)]

    def test_a_keyless_table_is_counted_anew(self, world: World) -> None:
        count(world, counted("c", after=micro(name="Lama")), counted("c", after=micro(name="Beda")))
        with world.target.transaction() as work:
            work.guard.enter(exclusive=True)
            _, touched = work.sweep.recount(MICRO, [micro(name="Beda"), micro(B)], 1, "100:105:102")
            assert filled(touched) == {"nib": {A, B}}
        assert micros(world) == [("Beda", False), ("Lama", True)]
        with world.target.transaction() as work:
            counted_in = work.guard.enter().counted_in[MICRO]
        assert [counted_in.shows(tx) for tx in (99, 102, 104, 105)] == [True, False, True, False]

    def test_a_deleted_row_leaves_once_one_deleted_later_holds_its_key(self, world: World) -> None:
        """The later one too lies below the floor; a live one outranks nobody, for it may leave the key."""
        write(
            world,
            changed("d", (5, 6, 0), before=header(1), at_ms=1),
            changed("c", (9, 9, 1), after=header(2)),
            changed("d", (5, 7, 0), before=header(3, B), at_ms=1),
            changed("d", (50, 60, 0), before=header(4), at_ms=3),
        )
        with world.target.transaction() as work:
            assert work.tidying.drop_outranked(HEADER, OutrankedBy(("nib",)), 20) == 0
        write(
            world,
            changed("d", (6, 8, 0), before=header(5), at_ms=2),
            changed("d", (6, 9, 0), before=header(6), at_ms=2),
        )
        with world.target.transaction() as work:
            assert work.tidying.drop_outranked(HEADER, OutrankedBy(("nib",)), 20) == 1
        assert headers(world) == [("PT Satu", False), *[("PT Satu", True)] * 3]
        assert headers(world, B) == [("PT Satu", True)]

    def test_old_truncations_are_forgotten(self, world: World) -> None:
        truncate(world, HEADER, 7, 8)
        truncate(world, HEADER, 17, 18)
        with world.target.transaction() as work:
            assert work.tidying.drop_truncations(17) == 1
            assert [t.position.commit for t in work.guard.enter().truncations[HEADER]] == [17]


class TestSources:
    """What the projections read."""

    def test_rows_come_by_key_and_source(self, world: World) -> None:
        write(world, changed("c", (1, 1, 1), after=header(1)), changed("c", (1, 2, 1), after=header(2, None)))
        count(world, counted("c", after=micro(B)), counted("c", after=micro(None)))
        with world.target.transaction() as work:
            found = work.sources.read("pelaku_usaha", [A, B, C])
        assert {key: {name: len(rows) for name, rows in by.items()} for key, by in found.items()} == {
            A: {"header": 1},
            B: {"iumk": 1},
        }

    def test_dependents_by_column_and_by_key(self, world: World) -> None:
        write(world, changed("c", (1, 1, 1), after=header(1)), changed("d", (1, 2, 0), before=header(2, B)))
        by_column = Dependent("nib", "pelaku", HEADER, "oss_id", "nib", frozenset())
        with world.target.transaction() as work:
            assert work.sources.dependents(by_column, ["P-1", "P-9"]) == {A, B}
            assert work.sources.dependents(by_column, ["P-9"]) == set()
            assert work.sources.dependents(Dependent("nib", "pelaku", None, None, None, frozenset()), [C]) == {C}

    def test_keys_come_in_pages(self, world: World) -> None:
        write(world, *(changed("c", (1, n, 1), after=header(n, nib)) for n, nib in enumerate((A, C, "", None, A))))
        count(world, counted("c", after=micro(B)))
        pages, after = [], None
        with world.target.transaction() as work:
            while page := work.sources.keys_after("nib", after, 2):
                pages.append(list(page))
                after = page[-1]
        assert pages == [["", A], [B, C], ["?header:3"]]
