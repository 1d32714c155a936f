"""The laws of the target's ports beside the mirror, on the twin in memory and on PostgreSQL."""

import threading
from datetime import date
from decimal import Decimal

import pytest

from streams.changes.change import Beat, Malformed
from streams.changes.chunk import Chunk
from streams.errors import ErrorKind, SelarasError
from streams.ports.replication import Watermark
from streams.projection.outcome import Fault, Outcome, OutcomeKind, Waits
from tests.contract.replication_rows import HEADER, OSS_ID, A, B, C, advance, changed, header, headers
from tests.contract.replication_worlds import COMPILED, World
from tests.waiting import wait_until


class TestTransaction:
    """One transaction is whole or nothing."""

    def test_what_raises_leaves_nothing(self, world: World) -> None:
        with pytest.raises(RuntimeError), world.target.transaction() as work:
            work.positions.load({("t", 0): 0})
            work.mirror.write(HEADER, [changed("c", (1, 1, 1), after=header(1))])
            work.guard.put_in_force("m", "r", ["nib"])
            raise RuntimeError
        assert headers(world) == []
        with world.target.transaction() as work:
            assert work.guard.enter().mapping == ""

    def test_what_commits_is_seen_by_the_next(self, world: World) -> None:
        with world.target.transaction() as work:
            in_force = work.guard.enter(exclusive=True)
            assert (in_force.mapping, in_force.reference, in_force.writable) == ("", "", frozenset())
            work.guard.put_in_force("m", "r", ["nib", "pelaku_usaha"])
            work.guard.recomputed()
        with world.target.transaction() as work:
            in_force = work.guard.enter()
            assert (in_force.mapping, in_force.reference) == ("m", "r")
            assert in_force.writable == {"nib", "pelaku_usaha"}

    def test_who_enters_alone_waits_for_the_others(self, world: World) -> None:
        entered = threading.Event()

        def alone() -> None:
            with world.target.transaction() as work:
                work.guard.enter(exclusive=True)
                entered.set()

        thread = threading.Thread(target=alone)
        with world.target.transaction() as first, world.target.transaction() as second:
            first.guard.enter()
            second.guard.enter()
            thread.start()
            assert not entered.wait(0.1)
        thread.join(10)
        assert entered.is_set()


class TestLocks:
    """Advisory locks."""

    def test_they_keep_others_out_until_the_transaction_ends(self, world: World) -> None:
        with world.target.transaction() as second:
            with world.target.transaction() as first:
                first.locks.acquire([(0, 1), (2, 5)])
                assert first.locks.try_acquire([(2, 5)])
                assert not second.locks.try_acquire([(0, 2), (2, 5)])
                assert second.locks.try_acquire([(0, 3)])
                assert second.locks.try_acquire([])
            assert second.locks.try_acquire([(0, 1), (2, 5)])

    def test_acquiring_waits(self, world: World) -> None:
        got = threading.Event()

        def wait() -> None:
            with world.target.transaction() as work:
                work.locks.acquire([(0, 1)])
                got.set()

        thread = threading.Thread(target=wait)
        with world.target.transaction() as first:
            first.locks.acquire([(0, 1)])
            thread.start()
            assert not got.wait(0.1)
        wait_until(got.is_set, "the lock is free", 10)
        thread.join(10)


class TestPositions:
    """Compare-and-swap."""

    def test_a_topic_that_starts_at_0_is_seeded(self, world: World) -> None:
        with world.target.transaction() as work:
            assert work.positions.load({("t", 0): 0, ("t", 1): 0}) == {("t", 0): 0, ("t", 1): 0}

    def test_a_topic_that_no_longer_starts_at_0_is_a_gap(self, world: World) -> None:
        with pytest.raises(SelarasError) as gap, world.target.transaction() as work:
            work.positions.load({("t", 0): 0, ("t", 1): 3})
        assert gap.value.kind is ErrorKind.GAP
        with world.target.transaction() as work:
            work.positions.load({("t", 0): 0})
            assert work.positions.take([advance("t", 0, 0, 3)])
        with world.target.transaction() as work:
            assert work.positions.load({("t", 0): 3}) == {("t", 0): 3}
        with pytest.raises(SelarasError), world.target.transaction() as work:
            work.positions.load({("t", 0): 4})

    def test_taking_moves_all_or_says_no(self, world: World) -> None:
        with world.target.transaction() as work:
            work.positions.load({("t", 0): 0, ("t", 1): 0})
        with world.target.transaction() as work:
            taken = work.positions.take([advance("t", 0, 0, 3), advance("t", 1, 0, 2)])
            assert taken == {("t", 0): Watermark(0, 0, 0, 0), ("t", 1): Watermark(0, 0, 0, 0)}
        for replay in (
            [advance("t", 0, 0, 3)],
            [advance("t", 0, 3, 4), advance("t", 1, 1, 4)],
            [advance("u", 0, 0, 1)],
        ):
            with pytest.raises(InterruptedError), world.target.transaction() as work:
                assert work.positions.take(replay) is None
                raise InterruptedError
        with world.target.transaction() as work:
            assert work.positions.load({("t", 0): 0, ("t", 1): 0}) == {("t", 0): 3, ("t", 1): 2}

    def test_watermarks_only_rise(self, world: World) -> None:
        marks = [(10, 12, 1, 0), (10, 12, 2, 500), (10, 11, 9, 0), (20, 1, 1, 600)]
        before = []
        with world.target.transaction() as work:
            work.positions.load({("t", 0): 0})
        for number, mark in enumerate(marks):
            with world.target.transaction() as work:
                taken = work.positions.take([advance("t", 0, number, number + 1, mark=mark)])
                before.append((taken or {})[("t", 0)])
        assert before == [
            Watermark(0, 0, 0, 0),
            Watermark(10, 12, 1, 0),
            Watermark(10, 12, 2, 500),
            Watermark(10, 12, 2, 500),
        ]


def company(key: str, name: str | None = "PT Satu", capital: str = "5.00") -> dict[str, object]:
    """A row of the first projection."""
    return {
        "id": COMPILED[0].key_value(key),
        "jenis_pelaku_usaha": "01",
        "nama": name,
        "modal_dasar": Decimal(capital),
    }


def number(key: str, oss_id: str) -> dict[str, object]:
    """A row of the second projection."""
    return {
        "nib": key,
        "pelaku_usaha_id": COMPILED[0].key_value(key),
        "oss_id": oss_id,
        "status_nib": "01",
        "tgl_terbit": date(2019, 3, 4),
        "asal": "OSS_1_1",
    }


class TestTargetRows:
    """The application's tables."""

    def test_only_what_differs_is_written(self, world: World) -> None:
        with world.target.transaction() as work:
            assert work.target.write("pelaku_usaha", {A: company(A), B: company(B)}) == (2, {})
        with world.target.transaction() as work:
            assert work.target.write("pelaku_usaha", {A: company(A), B: company(B, "PT Dua")}) == (1, {})
            assert work.target.write("pelaku_usaha", {}) == (0, {})
            assert work.target.read("pelaku_usaha", [A, B, C, "123"]) == {A: company(A), B: company(B, "PT Dua")}

    def test_refused_rows_are_found_among_many(self, world: World) -> None:
        keys = [f"99990000000{n:02}" for n in range(20)]
        rows = {key: company(key, None if key in (keys[3], keys[17]) else "PT") for key in keys}
        with world.target.transaction() as work:
            written, refused = work.target.write("pelaku_usaha", rows)
            assert (written, set(refused)) == (18, {keys[3], keys[17]})
            assert all(reason and keys[3] not in reason for reason in refused.values())
            assert set(work.target.read("pelaku_usaha", keys)) == set(keys) - set(refused)

    def test_a_value_taken_already_is_refused(self, world: World) -> None:
        with world.target.transaction() as work:
            work.target.write("pelaku_usaha", {A: company(A), B: company(B)})
            written, refused = work.target.write("nib", {A: number(A, "P-1"), B: number(B, "P-1")})
            assert (written, set(refused)) == (1, {B})

    def test_two_rows_can_swap_their_values(self, world: World) -> None:
        with world.target.transaction() as work:
            work.target.write("pelaku_usaha", {A: company(A), B: company(B)})
            work.target.write("nib", {A: number(A, "P-1"), B: number(B, "P-2")})
        with world.target.transaction() as work:
            work.target.release("nib", OSS_ID, {A: "P-2", B: "P-1", C: "P-3"})
            assert work.target.write("nib", {A: number(A, "P-2"), B: number(B, "P-1")}) == (2, {})
        with world.target.transaction() as work:
            assert {k: r["oss_id"] for k, r in work.target.read("nib", [A, B]).items()} == {A: "P-2", B: "P-1"}

    def test_a_row_that_wants_what_it_has_keeps_it(self, world: World) -> None:
        with world.target.transaction() as work:
            work.target.write("pelaku_usaha", {A: company(A), B: company(B)})
            work.target.write("nib", {A: number(A, "P-1"), B: number(B, "P-2")})
            work.target.release("nib", OSS_ID, {A: "P-1", B: None})
            assert work.target.write("nib", {A: number(A, "P-1")}) == (0, {})
            assert work.target.read("nib", [B])[B]["oss_id"] != "P-2"

    def test_rows_are_deleted_where_they_are(self, world: World) -> None:
        with world.target.transaction() as work:
            work.target.write("pelaku_usaha", {A: company(A), B: company(B)})
            assert work.target.delete("pelaku_usaha", [A, C, "123"]) == (1, {})
            assert work.target.delete("pelaku_usaha", []) == (0, {})
            assert set(work.target.read("pelaku_usaha", [A, B])) == {B}

    def test_a_row_that_others_refer_to_stays(self, world: World) -> None:
        with world.target.transaction() as work:
            work.target.write("pelaku_usaha", {A: company(A), B: company(B), C: company(C)})
            work.target.write("nib", {B: number(B, "P-2")})
        with world.target.transaction() as work:
            deleted, kept = work.target.delete("pelaku_usaha", [A, B, C])
            assert (deleted, set(kept)) == (2, {B})
            assert set(work.target.read("pelaku_usaha", [A, B, C])) == {B}


class TestKeyStates:
    """States and claims."""

    def test_only_what_is_no_plain_row_is_kept(self, world: World) -> None:
        row = Outcome(OutcomeKind.ROW, {"nib": A})
        faulty = Outcome(OutcomeKind.ROW, {"nib": A}, (Fault("kolom", "ATURAN", "alasan", "99"),))
        waits = Outcome(OutcomeKind.WAITING, waits=Waits("pelaku_usaha", "x"))
        bad = Outcome(OutcomeKind.QUARANTINED, faults=faulty.faults)
        with world.target.transaction() as work:
            work.states.record("nib", {A: row, B: waits, C: bad, "f": faulty, "n": Outcome(OutcomeKind.ABSENT)})
        assert world.states() == {("nib", B): "waiting", ("nib", C): "quarantined", ("nib", "f"): "row"}
        with world.target.transaction() as work:
            assert work.states.waiting_for("pelaku_usaha", ["x", "y"]) == {"nib": {B}}
            assert work.states.waiting_for("nib", ["x"]) == {}
            work.states.record("nib", {B: row, C: Outcome(OutcomeKind.ABSENT)})
            assert work.states.waiting_for("pelaku_usaha", ["x"]) == {}
        assert world.states() == {("nib", "f"): "row"}

    def test_the_least_rank_holds_a_value_ties_by_key(self, world: World) -> None:
        with world.target.transaction() as work:
            assert work.states.claim("nib", OSS_ID, {B: ("v", "2"), C: ("w", "1")}) == {"v": (None, B), "w": (None, C)}
            assert work.states.claim("nib", OSS_ID, {A: ("v", "2")}) == {"v": (B, A)}
            assert work.states.claim("nib", OSS_ID, {C: ("v", "1")}) == {"v": (A, C), "w": (C, None)}
        with world.target.transaction() as work:
            assert work.states.held_values("nib", OSS_ID, [A, C]) == {"v"}
            assert work.states.held_values("pelaku_usaha", OSS_ID, [A, C]) == set()
            assert work.states.claim("nib", OSS_ID, {C: None, A: ("v", "2")}) == {"v": (C, A)}
            assert work.states.claim("nib", OSS_ID, {A: None, B: None}) == {"v": (A, None)}
            assert work.states.claim("nib", OSS_ID, {A: None}) == {}

    def test_ranks_compare_by_their_bytes(self, world: World) -> None:
        with world.target.transaction() as work:
            holders = work.states.claim("nib", OSS_ID, {"a": ("v", "b"), "b": ("v", "B"), "c": ("v", "Ä")})
        assert holders == {"v": (None, "b")}


class TestEvidence:
    """What a batch leaves behind."""

    def test_touched_keys(self, world: World) -> None:
        with world.target.transaction() as work:
            work.evidence.touched({"nib": {B, A}, "pelaku_usaha": set()})
        assert world.touched() == [("nib", (A, B))]

    def test_touched_rows(self, world: World) -> None:
        with world.target.transaction() as work:
            work.evidence.touched_rows({"tr_oss_header": {"2", "10"}, "oss_iumk": set()})
            work.evidence.touched_rows({})
        assert world.touched_rows() == [("tr_oss_header", ("10", "2"))]

    def test_undecodable_events_are_stored_once_and_their_table_is_unknown(self, world: World) -> None:
        event = Malformed(HEADER, 5, "why", None, b"\x00\xff")
        for _ in range(2):
            with world.target.transaction() as work:
                work.evidence.undecodable(Chunk("t", 1, 5, []), [event, Malformed(None, 6, "why", b"k", None)])
        assert world.undecodable() == [("t", 1, 5, b"\x00\xff"), ("t", 1, 6, None)]
        assert world.unknown() == [HEADER]

    def test_the_newest_beat_stays(self, world: World) -> None:
        for ms in (10, 30, 20):
            with world.target.transaction() as work:
                work.evidence.beat(Beat(ms))
        assert world.beat_ms() == 30
