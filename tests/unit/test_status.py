"""Status: what can't be reached is unknown, never zero; and what counts as well."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from rich.console import Console

from streams.cli.ages import age
from streams.cli.status_commands import plain_status
from streams.cli.status_view import status_view
from streams.drift.cause import Cause
from streams.drift.coverage import STOPPED, Coverage
from streams.drift.difference import Check, Kind
from streams.drift.entry import EntryState
from streams.drift.verdict import Reason
from streams.errors import ErrorKind, SelarasError
from streams.ports.drift_ledger import Group
from streams.ports.drift_status import DriftReading, UnknownKeys
from streams.ports.status import KeysReading, RecomputeReading, TargetReading, WorkerReading
from streams.projection.schema_change import ChangeKind, SchemaChange
from streams.services.capture import CaptureStatus
from streams.services.status import Status, StatusService, advice

ALIVE = WorkerReading("w1", "host", 1, "running", 0.4, 10, 5)
READING = TargetReading(1, "abc", True, 0.5, 0.01, 0.2, {("t", 0): 7}, [ALIVE], {"nib": 3}, {}, {}, {}, 0, {}, {})

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
DRIFT = DriftReading(NOW, "never ran", None, (), (), ())
OPEN = Group(Check.PROJECTION, "nib", Kind.DIFFERENT, Cause.FOREIGN_WRITE, EntryState.OPEN, 3, NOW, NOW)


class Fixed:
    """A part that says one thing, or is away."""

    def __init__(self, answer: object) -> None:
        self._answer = answer

    def _ask(self, *_: object) -> object:
        if isinstance(self._answer, SelarasError):
            raise self._answer
        return self._answer

    read = end_offsets = status = _ask
    plan = type("Plan", (), {"data_topics": ("t",)})()


def read(
    target: object = READING,
    ends: object = None,
    capture: CaptureStatus | None = None,
    schema: object = (),
    drift: object = DRIFT,
) -> Status:
    """A status from fixed answers."""
    parts = (Fixed(capture or CaptureStatus()), Fixed({("t", 0): 9, ("t", 1): 2} if ends is None else ends))
    asked = Fixed(schema)
    service = StatusService(parts[0], parts[1], Fixed(target), asked.read, Fixed(drift))  # type: ignore[arg-type]
    return service.read()


def test_events_behind_count_partitions_without_a_position() -> None:
    """A partition that nothing was applied of is behind by all of it."""
    assert read().behind == {"t": 4}


@pytest.mark.parametrize(("part", "name"), [("target", "target"), ("ends", "broker")])
def test_a_part_that_is_away_is_unknown(part: str, name: str) -> None:
    """Neither zero nor an error."""
    away = SelarasError(ErrorKind.UNAVAILABLE, "It does not answer.")
    status = read(**{part: away})  # type: ignore[arg-type]
    assert status.unknown == {name: "It does not answer."}
    assert status.behind is None
    assert not status.healthy


def test_a_silent_worker_is_not_alive() -> None:
    """Reports older than a few seconds don't count, nor do workers that stopped."""
    silent, stopped = replace(ALIVE, seen_s=60.0), replace(ALIVE, state="stopped")
    assert read(replace(READING, workers=[silent, stopped, ALIVE])).workers_alive == 1


def test_an_unknown_table_is_not_well() -> None:
    """Although everything else is."""
    assert not read(replace(READING, unknown_tables={"tr_oss_header": "undecodable"})).healthy


def test_changes_of_the_legacy_tables_are_told() -> None:
    """Those that need a person as what is needed, others beside; one that could not be asked is unknown."""
    dropped = SchemaChange(ChangeKind.DROPPED, "tr_oss_header", "nib", "It is gone.", "bring it back", ("nib",))
    new = SchemaChange(ChangeKind.NEW_TABLE, "tabel_baru", "", "It is new.", needed=False)
    status = read(schema=[dropped, new])
    assert "It is gone. Next: bring it back" in advice(status)
    assert not [line for line in advice(status) if "is new" in line]
    console = Console(width=140, record=True, file=io.StringIO())
    console.print(status_view(status))
    shown = console.export_text()
    assert "It is gone. Next: bring it back" in shown
    assert "It is new." in shown
    assert msgspec.json.decode(msgspec.json.encode(plain_status(status)))["legacy_schema"][1]["kind"] == "new table"
    away = read(schema=SelarasError(ErrorKind.UNAVAILABLE, "It does not answer."))
    assert (away.schema, away.unknown) == (None, {"legacy schema": "It does not answer."})


def test_keys_are_shown_with_age_and_trend_and_accepted_ones_apart() -> None:
    """What nobody counted is unknown, not zero; a table without rows of its own is shown for its keys."""
    waiting = KeysReading(open=12, accepted=3, oldest_s=7200.0, hour_ago=14, day_ago=None)
    refused = KeysReading(open=5, accepted=0, oldest_s=90.0, hour_ago=5, day_ago=1)
    keys = {"nib": {"waiting": waiting}, "kelompok": {"quarantined": refused}}
    console = Console(width=140, record=True, file=io.StringIO())
    console.print(status_view(read(replace(READING, deleted={"nib": 1}, keys=keys))))
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in console.export_text().splitlines()]
    assert ["nib", "3", "1", "12", "0", "0", "3"] in rows
    assert ["kelompok", "-", "-", "0", "5", "0", "0"] in rows
    assert ["nib", "waiting", "12", "2.0 h", "-2", "unknown"] in rows
    assert ["kelompok", "quarantined", "5", "1.5 min", "same", "+4"] in rows


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "-"), (0.0, "0.0 s"), (59.9, "59.9 s"), (3600.0, "1.0 h"), (172800.0, "2.0 d")]
)
def test_an_age_is_told_in_its_largest_unit(seconds: float | None, text: str) -> None:
    """One figure behind the point."""
    assert age(seconds) == text


def shown(reading: TargetReading) -> str:
    """What a terminal shows of it."""
    console = Console(width=140, record=True, file=io.StringIO())
    console.print(status_view(read(reading)))
    return console.export_text()


def test_findings_are_told_by_count_where_there_are_any() -> None:
    found = {"nib": {"nib_ganda": 2}, "proyek": {"proyek_ganda": 1, "rekap_luapan": 1200}}
    line = "Findings, worth a look: 1,200 rekap_luapan (proyek), 2 nib_ganda (nib), 1 proyek_ganda (proyek)."
    assert line in shown(replace(READING, findings=found))
    assert "Findings" not in shown(READING)


def test_an_unfinished_recompute_is_shown_with_its_progress() -> None:
    whole = RecomputeReading(None, 3, "proyek", 12345, 90.0, 2.0)
    alone = RecomputeReading("nib", 0, "nib", 7, 5.0, 1.0)
    text = shown(replace(READING, recomputes=[whole, alone]))
    assert "3 steps finished, at proyek, 12,345 keys done, begun 1.5 min ago, last page 2.0 s ago" in text
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in text.splitlines()]
    assert ["recompute", "nib", "7 keys done, begun 5.0 s ago, last page 1.0 s ago"] in rows
    assert "recompute" not in shown(READING)
    plain = msgspec.json.decode(msgspec.json.encode(plain_status(read(replace(READING, recomputes=[whole])))))
    assert plain["target"]["recomputes"][0]["keys"] == 12345


def test_workers_whose_transactions_were_cut_are_named() -> None:
    text = shown(replace(READING, workers=[ALIVE, replace(ALIVE, name="w2", transient=1500)]))
    assert "w2: 1,500" in text
    assert "cut" not in shown(READING)
    plain = msgspec.json.decode(msgspec.json.encode(plain_status(read())))
    assert plain["target"]["workers"][0]["transient"] == 0


def test_of_a_target_that_is_away_nothing_is_told_for_zero() -> None:
    console = Console(width=140, record=True, file=io.StringIO())
    status = read(SelarasError(ErrorKind.UNAVAILABLE, "It does not answer."))
    console.print(status_view(status))
    text = console.export_text()
    assert not [word for word in ("recompute", "Findings", "cut") if word in text]
    assert plain_status(status)["target"] is None


def told(drift: object) -> tuple[str, list[str]]:
    """What a terminal shows of drift, and what is said to be needed."""
    console = Console(width=160, record=True, file=io.StringIO())
    status = read(drift=drift)
    console.print(status_view(status))
    return console.export_text(), [line for line in advice(status) if not line.startswith("Capture")]


def test_drift_is_summed_up() -> None:
    """Only what is not settled is needed; a share is never rounded up."""
    accepted = replace(OPEN, state=EntryState.ACCEPTED, count=9)
    unknown = UnknownKeys(Check.CAPTURE, "tr_oss_header", Reason.CHANGING, 4, 1.0)
    oldest = NOW - timedelta(minutes=2)
    looks = [Coverage(Check.PROJECTION, "nib", 10000, 10000, 1, 0, oldest, running=True)]
    looks += [Coverage(Check.CAPTURE, "tr_oss_header", 10, 5, 0, 4, None, running=True)]
    drift = DriftReading(NOW, "running", 0.4, looks, [OPEN, accepted], [unknown])
    text, needed = told(drift)
    assert needed == ["Differences that are not settled: 3. Next: selaras drift list"]
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in text.splitlines()]
    assert ["drift", "monitor", "running"] in rows
    assert ["", "differences not settled", "3 foreign write"] in rows
    assert ["", "keys without a verdict", "4"] in rows
    assert ["", "verified by the projection check", "99.9 % (nib), oldest look 2.0 min"] in rows
    assert ["", "verified by the capture check", "10.0 % (tr_oss_header), oldest look not all looked at yet"] in rows
    plain = msgspec.json.decode(msgspec.json.encode(plain_status(read(drift=drift))))["drift"]
    assert (plain["unsettled"], plain["unknown"], plain["coverage"][0]["age_s"]) == (3, 4, 120.0)
    assert plain["coverage"][0]["share"] == 0.9999


@pytest.mark.parametrize(
    ("said", "seen_s", "shown_as", "needs"),
    [
        ("never ran", None, "never ran", False),
        (STOPPED, 3600.0, "not running, last word 1.0 h ago: stopped", False),
        ("running", 60.0, "not running, last word 1.0 min ago: running", True),
    ],
)
def test_a_monitor_that_does_not_run_is_told_and_one_that_fell_silent_is_a_fault(
    said: str, seen_s: float | None, shown_as: str, needs: bool
) -> None:
    text, needed = told(replace(DRIFT, said=said, seen_s=seen_s))
    assert shown_as in text
    assert bool(needed) is needs


def test_drift_that_could_not_be_read_is_unknown() -> None:
    away = SelarasError(ErrorKind.UNKNOWN, "It refused.")
    status = read(drift=away)
    assert (status.drift, status.unknown) == (None, {"drift": "It refused."})
    assert plain_status(status)["drift"] is None
