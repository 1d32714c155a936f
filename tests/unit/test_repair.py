"""Repair on twins: its pace, what makes it stop, what is journalled when a deed fails, what it says beforehand."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from streams.adapters.databases.sql_names import one_of
from streams.adapters.memory.capture import ManualClock
from streams.adapters.memory.drift import MemoryDriftStore, MemoryLedger
from streams.adapters.memory.projection_check import MemoryCheckMoments
from streams.drift.cause import Cause
from streams.drift.difference import Check, Difference, Kind
from streams.drift.entry import EntryState
from streams.drift.verdict import Reason, Verdicts
from streams.errors import ErrorKind, SelarasError
from streams.ports.drift_status import DriftReading
from streams.services.drift_book import DriftBook
from streams.services.load import LoadRequest
from streams.services.pages import Pages
from streams.services.repair import Pace, Repair, Repaired, RepairParts
from streams.services.repair_choice import RepairRequest
from streams.services.repair_gate import MirrorGate
from streams.services.repair_mirror import MirrorMender
from streams.services.repair_preview import foresee
from streams.services.repair_target import TargetMender
from tests.unit.language_world import LEGACY, A, LanguageWorld
from tests.unit.test_projection_check import check_of, computed

P, C = Check.PROJECTION, Check.CAPTURE
UPDATE, INSERT = ({"operation": (None, what)} for what in ("UPDATE", "INSERT"))


@dataclass
class Rereads:
    """Remembers what was asked; may fail."""

    asked: list[LoadRequest] = field(default_factory=list)
    fails: SelarasError | None = None
    meanwhile: Callable[[], None] = lambda: None

    def reread(self, request: LoadRequest, deadline_s: float, report: Callable[[str], None]) -> None:
        assert deadline_s > 0
        report("reading")
        self.asked.append(request)
        self.meanwhile()
        if self.fails:
            raise self.fails


@dataclass
class Status:
    """Whether the monitor runs."""

    said: str = "never ran"

    def read(self, alive_s: float) -> DriftReading:
        assert alive_s > 0
        return DriftReading(datetime.now(UTC), self.said, 1.0 if self.said == "running" else None, (), (), ())


class Bench:
    """Four projects, the ledger, and everything that repair works with."""

    def __init__(self) -> None:
        self.world: LanguageWorld = computed()
        for number in range(1, 5):
            self.world.history.insert("proyek", id=number, kode=f"abc-{number}", nib=A, kbli=str(number))
        self.world.apply()
        self.store, self.status, self.clock, self.rereads = MemoryDriftStore(), Status(), ManualClock(), Rereads()
        self.book = DriftBook(self.store)
        plan, check = self.world.plan, check_of(self.world)
        self.looks: list[tuple[str, frozenset[str]]] = []

        def captured(table: str, keys: Collection[str]) -> Verdicts:
            self.looks.append((table, frozenset(keys)))
            return Verdicts(C, table, tuple(keys))

        self.parts = RepairParts(
            self.store,
            self.status,
            self.book,
            {P: check.keys, C: captured},
            TargetMender(Pages(self.world.target, plan)),
            MirrorMender(self.rereads, LEGACY.tables, one_of),
            MirrorGate(plan, MemoryCheckMoments(self.world.target), LEGACY.tables, self.store),
            self.clock,
        )

    def found(self, *places: tuple[str, str], check: Check = P, kind: Kind = Kind.DIFFERENT, **more: object) -> None:
        """Differences of these tables and keys."""
        for table, key in places:
            one = Difference(check, table, key, kind, **more)  # type: ignore[arg-type]
            self.book.record([Verdicts(check, table, different=(one,))])

    def tamper(self, *keys: str) -> None:
        """Rows of these projects are altered, and found to be."""
        for key in keys:
            self.world.target.state.rows["t_proyek"][key]["nib"] = "9999000000099"
        self.found(*(("t_proyek", key) for key in keys))

    def run(self, *numbers: int, pace: Pace | None = None, limit: int = 100) -> Repaired:
        """Repair these, or whatever has no known cause."""
        causes = () if numbers else (Cause.UNKNOWN, Cause.MISSED_CHANGE, Cause.FOREIGN_WRITE)
        request = RepairRequest("Wati", "because", numbers, causes, limit=limit)
        return Repair(self.parts, pace or Pace(keys_s=1000)).run(request, lambda _: None)

    def lives(self) -> list[list[EntryState]]:
        """The states of every entry's life."""
        ledger = MemoryLedger(self.store.state, self.store.now)
        return [[step.now for step in ledger.of(number)] for number in self.store.state.entries]


@pytest.fixture
def bench() -> Bench:
    return Bench()


OPEN, REPAIRED, VERIFIED = EntryState.OPEN, EntryState.REPAIRED, EntryState.VERIFIED


def test_it_keeps_its_pace(bench: Bench) -> None:
    bench.tamper("abc-1", "abc-2", "abc-3", "abc-4")
    result = bench.run(pace=Pace(keys_s=2))
    assert (result.verified, result.is_well, bench.clock.time) == ([1, 2, 3, 4], True, 2.0)
    assert bench.lives() == [[OPEN, REPAIRED, VERIFIED]] * 4


def test_it_stops_when_it_makes_new_drift(bench: Bench) -> None:
    """Three differences of other keys are more than two; those of its own keys do not count."""
    bench.tamper("abc-1", "abc-2", "abc-3", "abc-4")
    others = iter(["1", "2", "3"])

    def meanwhile() -> None:
        bench.found(("t_produk", next(others)), ("t_proyek", "abc-4"), kind=Kind.MISSING)

    bench.clock.on_pause = meanwhile
    result = bench.run(pace=Pace(keys_s=1, most_new=2))
    assert (result.verified, result.left, result.is_well) == ([1, 2, 3, 4], [], False)
    assert "turned up while it ran: 3" in result.stopped


def test_what_it_did_not_come_to_stays_open(bench: Bench) -> None:
    bench.tamper("abc-1", "abc-2")
    bench.clock.on_pause = lambda: bench.found(("t_akses", "1"))
    bench.found(("t_akses", "1"))
    bench.store.state.entries[3] = replace(bench.store.state.entries[3], state=VERIFIED)
    bench.tamper("abc-3")
    result = bench.run(1, 2, 4, pace=Pace(keys_s=1, most_new=0))
    assert (result.verified, result.left) == ([1, 2], [4])
    assert "turned up while it ran: 1" in result.stopped


def test_a_failed_deed_is_undone_in_the_ledger_and_nothing_more_is_tried(bench: Bench) -> None:
    bench.tamper("abc-1")
    bench.found(("proyek", "2"), ("proyek", "3"), check=C)
    bench.rereads.fails = SelarasError(ErrorKind.UNAVAILABLE, "The connector is away.", "start it")
    result = bench.run()
    assert result.stopped == "The connector is away. Next: start it"
    assert (result.refused, result.left) == ({2: "The connector is away.", 3: "The connector is away."}, [1])
    assert bench.lives() == [[OPEN], [OPEN, REPAIRED, OPEN], [OPEN, REPAIRED, OPEN]]
    why = [step.why for step in bench.store.state.steps if step.entry == 2]
    assert why[-1] == "not repaired: The connector is away."


def test_whoever_looks_before_the_deed_is_done_opens_the_entry_only_for_a_while(bench: Bench) -> None:
    bench.found(("proyek", "2"), check=C)
    bench.rereads.meanwhile = lambda: bench.found(("proyek", "2"), check=C)
    assert bench.run().verified == [1]
    assert bench.lives() == [[OPEN, REPAIRED, OPEN, REPAIRED, VERIFIED]]


def test_where_a_monitor_runs_it_looks_first_at_what_was_repaired(bench: Bench) -> None:
    bench.status.said = "running"
    bench.tamper("abc-1")
    result = bench.run(pace=Pace(keys_s=1000, wait_s=1.0))
    assert (result.waiting, result.watched, result.is_well) == ([1], True, True)
    assert {place: reason for place, (reason, _) in bench.store.state.unknown.items()} == {
        (P, "t_proyek", "abc-1"): Reason.CHANGING
    }
    bench.tamper("abc-2")
    bench.clock.on_pause = lambda: bench.book.record([Verdicts(P, "t_proyek", ("abc-2",))])
    assert bench.run().verified == [2]


def test_the_mirror_is_mended_first_a_table_at_a_time(bench: Bench) -> None:
    bench.store.state.put_there.add(("proyek", "9"))
    bench.tamper("abc-1")
    bench.found(("proyek", "3"), ("proyek", "4"), check=C)
    bench.found(("proyek", "9"), check=C, kind=Kind.EXTRA)
    bench.found(("akun", "1"), check=Check.FOREIGN, kind=Kind.WRITE, columns=UPDATE)
    result = bench.run()
    assert bench.rereads.asked == [
        LoadRequest("akun", "\"id\" in ('1')"),
        LoadRequest("proyek", "\"id\" in ('3', '4', '9')", invented="\"id\" in ('9')"),
    ]
    assert bench.looks == [("akun", frozenset({"1"})), ("proyek", frozenset({"3", "4", "9"}))]
    assert sorted(result.verified) == [1, 2, 3, 4, 5]


def test_a_key_waits_for_the_mirror_rows_behind_it_and_behind_what_it_looks_up(bench: Bench) -> None:
    bench.world.history.insert("produk", id=1, kode="P1", potongan="abc", kbli="1")
    bench.world.apply()
    bench.found(("proyek", "1"), check=C)
    bench.found(("t_produk", "P1"), ("t_proyek", "abc-1"), ("t_proyek", "abc-2"))
    result = bench.run(2, 3, 4)
    assert result.verified == [4]
    assert all("repair entry 1 first" in result.refused[number] for number in (2, 3))
    bench.found(("proyek", "8"), check=C, kind=Kind.MISSING)
    bench.found(("t_proyek", "abc-3"))
    assert bench.run(6).refused.keys() == {6}
    assert bench.run(6, 5, 1).is_well


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (RepairRequest("Wati", " ", (1,)), "why"),
        (RepairRequest("Wati", "why"), "not both"),
        (RepairRequest("Wati", "why", (1,), (Cause.UNKNOWN,)), "not both"),
        (RepairRequest("Wati", "why", (1, 7)), "entry 7"),
    ],
)
def test_a_wrong_request_does_nothing(bench: Bench, request_: RepairRequest, said: str) -> None:
    bench.tamper("abc-1")
    with pytest.raises(SelarasError, match=said):
        Repair(bench.parts, Pace()).run(request_, lambda _: None)
    assert bench.lives() == [[OPEN]]


def test_what_can_t_be_mended_here_is_refused_with_a_reason(bench: Bench) -> None:
    bench.tamper("abc-1")
    bench.run()
    bench.found(("nib per region", "x"), check=Check.TOTALS, kind=Kind.TOTAL)
    bench.found(("ref_kbli", "x"), check=Check.FOREIGN, kind=Kind.WRITE)
    result = bench.run(1, 2, 3)
    assert result.refused == {
        1: "it is verified",
        2: "a sum is mended with the rows that it sums up",
        3: "no mapping writes this table",
    }
    bench.world.target.state.writable -= {"t_proyek"}
    bench.tamper("abc-2")
    assert bench.run(4).refused == {4: "the new side leads this table"}


def test_the_limit_holds_and_says_that_there_is_more(bench: Bench) -> None:
    bench.tamper("abc-1", "abc-2", "abc-3")
    result = bench.run(limit=2)
    assert (result.verified, result.more) == ([1, 2], True)
    assert not bench.run(limit=2).more


def test_beforehand_it_is_told_what_would_change_and_nothing_does(bench: Bench) -> None:
    rows = bench.world.target.state.rows["t_proyek"]
    bench.tamper("abc-1")
    rows["9"] = {"kode": "9", "nib": A}
    del rows["abc-3"]
    bench.found(("t_proyek", "9"), ("t_proyek", "abc-3"), ("t_proyek", "abc-2"))
    columns = {"kbli": ("a***", None)}
    bench.found(("proyek", "9"), check=C, kind=Kind.EXTRA, columns=columns)
    before = bench.world.rows("t_proyek")
    seen = foresee(bench.parts, _asked(1, 2, 3, 4, 5))
    told = {step.entry: (step.does.split(";")[0], set(step.columns)) for step in seen.steps}
    assert told == {
        5: ("reads the legacy row again", {"kbli"}),
        1: ("writes the columns that differ", {"nib"}),
        2: ("removes the row", {"kode", "nib"}),
        3: ("writes the row, which is not there", {"kode", "nib"}),
        4: ("computes the key and those that it looks up", set()),
    }
    (first,) = [step for step in seen.steps if step.entry == 1]
    assert "9999000000099" not in str(first.columns)
    assert (bench.world.rows("t_proyek"), bench.rereads.asked, bench.lives()) == (before, [], [[OPEN]] * 5)


def _asked(*numbers: int) -> RepairRequest:
    return RepairRequest("Wati", "dry run", numbers)
