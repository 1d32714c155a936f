"""What operators decide about keys, and the caps on quarantined ones."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import pytest
import structlog

from streams.errors import ErrorKind, SelarasError
from streams.ports.quarantine import Group, Grouping, KeyReading, TableShare, Waiver, WaiverReading, Wanted
from streams.projection.outcome import Fault, Outcome, OutcomeKind, Waits
from streams.services.quarantine import Quarantine, Retried, Retry
from streams.services.quarantine_caps import Caps, CapWatch, Level, refusal
from streams.services.settle import Settled
from streams.settings import QuarantineSettings
from streams.worker.share_watch import watch_shares

TODAY = date(2024, 5, 6)
A, B = "9999000000017", "9999000000025"


def reading(table: str, key: str, waits: tuple[str, str] | None = None) -> KeyReading:
    """A key's state."""
    outcome = "waiting" if waits else "quarantined"
    return KeyReading(table, key, outcome, (), *(waits or (None, None)), "2024-05-01 00:00:00+00", 5.0, None)


@dataclass
class Kept:
    """States of keys in memory."""

    states: list[KeyReading] = field(default_factory=list)

    def tables(self) -> Sequence[str]:
        return ["nib", "pelaku_usaha", "proyek"]

    def keys(self, _: Wanted, limit: int) -> Sequence[KeyReading]:
        return self.states[:limit]

    def groups(self, by: Grouping, _: Wanted) -> Sequence[Group]:
        return [Group(by.value, "waiting", len(self.states), 0, 1.0)]

    def key(self, table: str, key: str) -> KeyReading | None:
        return next((s for s in self.states if (s.projection, s.key) == (table, key)), None)

    def region(self, _: str) -> str:
        return "9271"

    def page(self, table: str, after: str | None, limit: int) -> Sequence[str]:
        keys = sorted(s.key for s in self.states if s.projection == table)
        return [key for key in keys if after is None or key > after][:limit]


@dataclass
class Accepted:
    """Waivers in memory."""

    known: bool = True
    held: list[Waiver] = field(default_factory=list)

    def accept(self, _table: str, _key: str, waiver: Waiver) -> bool:
        self.held += [waiver] * self.known
        return self.known

    def withdraw(self, *_: str) -> bool:
        return self.known

    def waivers(self, _: int) -> Sequence[WaiverReading]:
        return []


def service(kept: Kept, waivers: Accepted | None = None, rows: Sequence[str] = ()) -> Quarantine:
    """The service over these."""
    return Quarantine(kept, waivers or Accepted(), lambda _, key: key in rows, lambda: TODAY)


def test_a_key_that_waits_is_shown_with_the_reason_at_the_end_of_its_chain() -> None:
    states = [reading("proyek", "R-1", ("nib", A)), reading("nib", A, ("pelaku_usaha", A)), reading("pelaku_usaha", A)]
    picture = service(Kept(states)).show("proyek", "R-1")
    assert (picture.outcome, picture.region, picture.state) == ("waiting", "9271", states[0])
    assert picture.because == states[1:]


def test_keys_that_wait_for_each_other_end_the_chain() -> None:
    """No mapping makes such a ring; if one did, the command must still return."""
    ring = [reading("nib", A, ("nib", B)), reading("nib", B, ("nib", A))]
    assert len(service(Kept(ring)).show("nib", A).because) == 12


@pytest.mark.parametrize(("rows", "outcome"), [((A,), "row"), ((), "absent")])
def test_a_key_with_nothing_wrong_is_as_the_target_has_it(rows: Sequence[str], outcome: str) -> None:
    picture = service(Kept(), rows=rows).show("nib", A)
    assert (picture.outcome, picture.state, picture.because) == (outcome, None, ())


def test_a_table_without_mapping_is_named_with_those_that_there_are() -> None:
    for ask in (
        lambda s: s.show("nibs", A),
        lambda s: s.keys(Wanted("nibs"), 5),
        lambda s: s.groups(Grouping.CAUSE, Wanted("nibs")),
        lambda s: s.unaccept("nibs", A, "x"),
    ):
        with pytest.raises(SelarasError, match="no mapping of a table nibs") as raised:
            ask(service(Kept()))
        assert "pelaku_usaha" in raised.value.next_step


@pytest.mark.parametrize(
    ("waiver", "known", "sentence"),
    [
        (Waiver(date(2024, 5, 5), "known", "x"), True, "has passed"),
        (Waiver(TODAY, "  ", "x"), True, "reason is empty"),
        (Waiver(TODAY, "known", "x"), False, "nothing to accept"),
    ],
)
def test_what_cannot_be_accepted(waiver: Waiver, known: bool, sentence: str) -> None:
    waivers = Accepted(known)
    with pytest.raises(SelarasError, match=sentence) as raised:
        service(Kept(), waivers).accept("nib", A, waiver)
    assert raised.value.kind is ErrorKind.CONFIGURATION
    assert A not in raised.value.sentence
    assert waivers.held == []


def test_the_last_day_is_a_day_of_acceptance() -> None:
    waivers = Accepted()
    service(Kept(), waivers).accept("nib", A, Waiver(TODAY, "known", "x"))
    assert len(waivers.held) == 1


def test_nobody_withdraws_what_nobody_accepted() -> None:
    with pytest.raises(SelarasError, match="Nobody has accepted"):
        service(Kept(), Accepted(known=False)).unaccept("nib", A, "x")


class Healing:
    """Computes: companies heal, and so does every business number that waits for one; others stay."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    def keys(self, name: str, keys: Sequence[str]) -> Settled:
        refused = Outcome(OutcomeKind.QUARANTINED, faults=(Fault("kbli", "KBLI", "unknown"),))
        well = Outcome(OutcomeKind.ROW, {})
        settled = Settled({name: dict.fromkeys(keys, well if name == "pelaku_usaha" else refused)})
        if name == "pelaku_usaha":
            settled.outcomes["nib"] = dict.fromkeys(keys, well)
            self._kept.states = [s for s in self._kept.states if s.projection == "proyek"]
        return settled


def test_retry_counts_what_healed_what_is_left_and_what_went_along() -> None:
    kept = Kept([reading("pelaku_usaha", A), reading("nib", A, ("pelaku_usaha", A)), reading("proyek", "R-1")])
    heard: list[int] = []
    retry = Retry(kept, Healing(kept), ("pelaku_usaha", "nib", "proyek"))  # type: ignore[arg-type]
    assert retry.run(None, (), heard.append) == Retried(2, 1, {"quarantined": 1}, {"nib": 1})
    assert heard == [1, 2]
    assert retry.run("proyek", ("R-1", "R-1"), heard.append) == Retried(1, 0, {"quarantined": 1}, {})


def test_a_row_with_refused_columns_and_a_key_that_waits_are_not_healed() -> None:
    retried = Retried()
    outcomes = {
        "a": Outcome(OutcomeKind.ROW, {}, (Fault("npwp16", "NPWP16", "no"),)),
        "b": Outcome(OutcomeKind.WAITING, waits=Waits("nib", A)),
        "c": Outcome(OutcomeKind.ABSENT),
    }
    retried.add("proyek", list(outcomes), Settled({"proyek": outcomes}))
    assert retried == Retried(3, 1, {"row": 1, "waiting": 1}, {})


CAPS = Caps(share_warn=0.05, share_stop=0.5, least_keys=100)


@pytest.mark.parametrize(
    ("share", "level"),
    [
        (TableShare("nib", 95, 0, 5, 0), Level.WELL),
        (TableShare("nib", 94, 0, 6, 0), Level.WARN),
        (TableShare("nib", 40, 9, 50, 1), Level.WARN),
        (TableShare("nib", 40, 9, 51, 0), Level.STOP),
        (TableShare("nib", 0, 0, 99, 0), Level.WELL),
        (TableShare("nib", 0, 0, 0, 100), Level.WELL),
        (TableShare("nib", 0, 0, 0, 0), Level.WELL),
    ],
)
def test_a_share_is_judged_by_the_caps(share: TableShare, level: Level) -> None:
    assert CAPS.level(share) is level


def test_a_cap_of_nothing_is_no_cap() -> None:
    assert Caps(0.0, 0.0, 1).level(TableShare("nib", 0, 0, 9, 0)) is Level.WELL


@dataclass
class Counts:
    """Shares as the database would tell them."""

    told: list[TableShare]
    counted: dict[str, int]
    recorded: int = 0
    asked: int = 0

    def shares(self) -> Sequence[TableShare]:
        return self.told

    def rows(self, table: str) -> int:
        self.asked += 1
        return self.counted[table]

    def record(self) -> None:
        self.recorded += 1


def test_a_change_is_told_once_and_so_is_its_end() -> None:
    counts = Counts([TableShare("nib", 90, 0, 10, 0)], {"nib": 90})
    watch = CapWatch(counts, CAPS)
    assert [change.level for change in watch.look()] == [Level.WARN]
    assert watch.look() == []
    counts.told = [TableShare("nib", 10, 0, 90, 0)]
    counts.counted = {"nib": 10}
    assert [change.level for change in watch.look()] == [Level.STOP]
    counts.told = []
    assert [(change.share.table, change.level) for change in watch.look()] == [("nib", Level.WELL)]
    assert watch.look() == []
    assert counts.recorded == 5


def test_an_estimate_wakes_nobody() -> None:
    """Rows are counted before anything is said, and only then."""
    counts = Counts([TableShare("nib", 0, 0, 100, 0)], {"nib": 1_000_000})
    watch = CapWatch(counts, CAPS)
    assert watch.look() == []
    assert counts.asked == 1
    counts.told = [TableShare("nib", 1_000_000, 0, 100, 0)]
    assert watch.look() == []
    assert counts.asked == 1


def test_the_reason_to_stop_names_table_share_and_next_step() -> None:
    changes = CapWatch(Counts([TableShare("nib", 0, 0, 200, 0)], {"nib": 100}), CAPS).look()
    reason = refusal(changes, 0.5)
    assert reason is not None
    assert reason.policy.exit_code == 65
    assert "nib: 200 of 300 keys (66.7%)" in reason.sentence
    assert "SELARAS_QUARANTINE_SHARE_STOP" in reason.next_step
    assert refusal([], 0.5) is None


def test_a_worker_above_the_cap_says_so_and_stops() -> None:
    counts = Counts([TableShare("nib", 0, 0, 200, 0)], {"nib": 100})

    async def watched() -> bool:
        stopping = asyncio.Event()
        limits = QuarantineSettings(share_stop=0.5)
        with pytest.raises(SelarasError, match="More keys are quarantined") as raised:
            await watch_shares(CapWatch(counts, CAPS), limits, stopping)
        assert raised.value.kind is ErrorKind.BAD_DATA
        return stopping.is_set()

    with structlog.testing.capture_logs() as lines:
        assert asyncio.run(watched())
    (line,) = lines
    assert (line["event"], line["log_level"], line["quarantined"]) == ("quarantine_above_cap", "error", 200)
    assert line["see"] == "selaras quarantine list --by cause --table nib"


def test_a_worker_above_the_first_cap_alone_goes_on() -> None:
    """A database that is away in between changes nothing."""
    away = SelarasError(ErrorKind.UNAVAILABLE, "It does not answer.")
    answers = iter(
        [away, [TableShare("nib", 80, 0, 20, 0)], [TableShare("nib", 100, 0, 1, 0)], asyncio.CancelledError()]
    )

    class Changing(Counts):
        def shares(self) -> Sequence[TableShare]:
            answer = next(answers)
            if isinstance(answer, BaseException):
                raise answer
            return answer

    async def watched(stopping: asyncio.Event) -> None:
        limits = QuarantineSettings(check_every_s=0.001)
        with pytest.raises(asyncio.CancelledError):
            await watch_shares(CapWatch(Changing([], {"nib": 80}), CAPS), limits, stopping)
        assert not stopping.is_set()

    with structlog.testing.capture_logs() as lines:
        asyncio.run(watched(asyncio.Event()))
    assert [line["event"] for line in lines] == ["shares_unknown", "quarantine_above_cap", "quarantine_below_cap"]
