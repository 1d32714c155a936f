"""The watch and what the monitor does with it, on twins: nothing is lost, nothing is told twice, troubles are said."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from streams.adapters.databases.foreign_log import widened
from streams.drift.difference import WHOLE_TABLE, Check
from streams.drift.verdict import Reason, Verdicts
from streams.errors import ErrorKind, SelarasError
from streams.ports.drift_progress import ScanPart
from streams.ports.foreign_writes import Decoded, ForeignWrite, SlotWrite, WatchState
from streams.services.foreign_duties import ForeignWritesDuty, WatchHealthDuty
from streams.services.foreign_writes import ForeignWatch
from streams.services.key_search import KeySearch
from streams.services.pages import Pages
from tests.unit.language_world import PROJECT, LanguageWorld

AT = datetime(2026, 11, 24, tzinfo=UTC)
AWAY = SelarasError(ErrorKind.UNAVAILABLE, "away")
TAKEN = SelarasError(ErrorKind.CONFLICT, "Somebody else reads the slot.")


@dataclass
class Slot:
    """A log of transactions; each ends where its number says."""

    there: bool = True
    log: list[SlotWrite] = field(default_factory=list)
    advanced: int = 0
    fails: SelarasError | None = None

    def is_there(self) -> bool:
        return self.there

    def make(self) -> None:
        self.there = True

    def peek(self, limit: int) -> Decoded:
        if self.fails:
            raise self.fails
        new = [(str(end), [one]) for end, one in enumerate(self.log, 1) if end > self.advanced][:limit]
        return Decoded(new, new[-1][0] if len(new) == limit else str(len(self.log)))

    def advance(self, upto: str) -> None:
        self.advanced = int(upto)

    def drop(self) -> None:
        self.there = False

    def close(self) -> None: ...


@dataclass
class Log:
    """Stored writes. A transaction in ``hidden`` is not to be seen yet."""

    stored: list[ForeignWrite] = field(default_factory=list)
    told_ids: set[int] = field(default_factory=set)
    hidden: set[int] = field(default_factory=set)
    voided: int = 0

    def merge(self, decoded: Decoded) -> str | None:
        came_to = None
        for end, writes in decoded.transactions:
            if any(write.xid in self.hidden for write in writes):
                return came_to
            self.stored += [as_stored(write, len(self.stored) + n) for n, write in enumerate(writes, 1)]
            came_to = end
        return decoded.upto

    def untold(self, limit: int) -> Sequence[ForeignWrite]:
        return [one for one in self.stored if one.id not in self.told_ids][:limit]

    def told(self, ids: Collection[int]) -> None:
        self.told_ids |= set(ids)

    def void_looks(self) -> None:
        self.voided += 1


@dataclass
class Health:
    faults: tuple[str, ...] = ()

    def look(self) -> WatchState:
        return WatchState(self.faults, 0)


@dataclass
class Kept:
    """A book and the progress of the monitor."""

    recorded: list[Verdicts] = field(default_factory=list)
    unknown: dict[tuple[Check, str], set[str]] = field(default_factory=dict)
    fails: SelarasError | None = None

    def record(self, verdicts: Sequence[Verdicts], lists: Collection[int] = (), part: ScanPart | None = None) -> None:
        assert (lists, part) == ((), None)
        if self.fails:
            raise self.fails
        self.recorded += verdicts

    def put_unknown(self, check: Check, table: str, keys: Mapping[str, Reason]) -> None:
        self.unknown.setdefault((check, table), set()).update(keys)


def write(xid: int, table: str = "t_proyek", key: str | None = "K1", schema: str = "rba") -> SlotWrite:
    return SlotWrite(xid, AT, schema, table, key, "UPDATE")


def as_stored(one: SlotWrite, number: int) -> ForeignWrite:
    return ForeignWrite(number, one.at, one.xid, one.schema, one.table, one.key, one.operation, seen_by="slot")


def duty(watch: ForeignWatch, kept: Kept) -> ForeignWritesDuty:
    world = LanguageWorld(PROJECT)
    return ForeignWritesDuty(watch, kept, kept, KeySearch(Pages(world.target, world.plan)))  # type: ignore[arg-type]


def test_a_slot_that_is_made_voids_the_looks_before_it() -> None:
    slot, log = Slot(there=False), Log()
    watch = ForeignWatch(slot, log, Health())
    watch.poll()
    watch.poll()
    assert (slot.there, log.voided) == (True, 2)
    assert watch.health().is_whole


def test_a_watch_that_was_given_up_begins_anew() -> None:
    slot, log = Slot(), Log()
    watch = ForeignWatch(slot, log, Health())
    watch.poll()
    watch.retire()
    assert not slot.there
    watch.poll()
    assert (slot.there, log.voided) == (True, 2)


def test_a_transaction_that_is_not_to_be_seen_yet_waits_in_the_slot() -> None:
    slot, log = Slot(log=[write(1), write(2), write(3)]), Log(hidden={2})
    watch = ForeignWatch(slot, log, Health())
    assert [one.tx for one in watch.poll().writes] == [1]
    assert slot.advanced == 1
    log.hidden.clear()
    assert [one.tx for one in watch.poll().writes] == [1, 2, 3]


def test_a_slot_that_another_reads_keeps_no_trigger_from_being_heard() -> None:
    slot, log = Slot(fails=TAKEN), Log([as_stored(write(1), 1)])
    watch = ForeignWatch(slot, log, Health())
    assert len(watch.poll().writes) == 1
    assert watch.health().faults == (TAKEN.sentence,)
    slot.fails = None
    watch.poll()
    assert watch.health().is_whole


def test_a_database_that_is_away_is_said() -> None:
    with pytest.raises(SelarasError):
        ForeignWatch(Slot(fails=AWAY), Log(), Health()).poll()


def test_each_row_is_one_finding_the_newest_write_to_it() -> None:
    newer = replace(as_stored(write(2), 2), user="rba_app", at=AT.replace(hour=1))
    log = Log([as_stored(write(1), 1), newer, as_stored(write(3, key=None), 3)])
    found = ForeignWatch(Slot(), log, Health()).poll()
    (verdicts,) = found.verdicts
    assert {one.key for one in verdicts.different} == {"K1", WHOLE_TABLE}
    assert [one.columns.get("user") for one in verdicts.different] == [(None, "rba_app"), None]


def test_rows_of_the_mirror_go_to_one_check_and_rows_of_the_target_to_the_other() -> None:
    slot, kept = Slot(log=[write(1), write(2, "tr_oss_header", "7", "mirror"), write(3, key=None)]), Kept()
    one = duty(ForeignWatch(slot, Log(), Health()), kept)
    assert not one.bite()
    assert [v.table for v in kept.recorded] == ["t_proyek", "tr_oss_header"]
    assert kept.unknown == {(Check.PROJECTION, "t_proyek"): {"K1"}, (Check.CAPTURE, "tr_oss_header"): {"7"}}
    one.bite()
    assert len(kept.recorded) == 2


def test_what_the_ledger_did_not_take_is_given_again() -> None:
    slot, kept = Slot(log=[write(1)]), Kept(fails=AWAY)
    one = duty(ForeignWatch(slot, Log(), Health()), kept)
    with pytest.raises(SelarasError):
        one.bite()
    kept.fails = None
    one.bite()
    assert len(kept.recorded) == 1


def test_a_watch_that_is_not_whole_is_a_trouble_of_the_monitor() -> None:
    health = Health(("trigger a is missing", "trigger b is missing"))
    one = WatchHealthDuty(ForeignWatch(Slot(), Log(), health))
    with pytest.raises(SelarasError, match=r"trigger a is missing \(and 1 more\)") as raised:
        one.bite()
    assert raised.value.kind is ErrorKind.UNAVAILABLE
    health.faults = ()
    assert not one.bite()


@pytest.mark.parametrize(
    ("xid", "latest", "wide"),
    [(7, 9, 7), (9, 7, 9), (5, 2**32 + 7, 2**32 + 5), (2**32 - 2, 2**32 + 7, 2**32 - 2), (3, 2**32 - 1, 2**32 + 3)],
)
def test_ids_of_transactions_are_told_in_full(xid: int, latest: int, wide: int) -> None:
    assert widened(xid, latest) == wide
