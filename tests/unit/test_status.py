"""Status: what can't be reached is unknown, never zero; and what counts as well."""

from dataclasses import replace

import pytest

from streams.errors import ErrorKind, SelarasError
from streams.ports.status import TargetReading, WorkerReading
from streams.services.capture import CaptureStatus
from streams.services.status import Status, StatusService

ALIVE = WorkerReading("w1", "host", 1, "running", 0.4, 10, 5)
READING = TargetReading(1, "abc", True, 0.5, 0.01, 0.2, {("t", 0): 7}, [ALIVE], {"nib": 3}, {}, {}, {}, 0, {}, {})


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


def read(target: object = READING, ends: object = None, capture: CaptureStatus | None = None) -> Status:
    """A status from fixed answers."""
    parts = (Fixed(capture or CaptureStatus()), Fixed({("t", 0): 9, ("t", 1): 2} if ends is None else ends))
    service = StatusService(parts[0], parts[1], Fixed(target))  # type: ignore[arg-type]
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
