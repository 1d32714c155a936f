"""A recompute in the background of a worker: it goes on, says why it does not, and ends with the worker."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from streams.adapters.memory.fail_points import SilentFailPoints
from streams.errors import ErrorKind, SelarasError
from streams.worker import recompute_task
from streams.worker.recompute_task import Report, finish_recompute
from tests.waiting import wait_until


def run_until(go_on: Callable[[Report], bool], holds: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the task until something holds, then stop it as a worker does."""
    monkeypatch.setattr(recompute_task, "LOOK_EVERY_S", 0.001)
    stopping = threading.Event()

    async def both() -> None:
        task = asyncio.create_task(finish_recompute(go_on, stopping, SilentFailPoints()))
        try:
            await asyncio.to_thread(wait_until, holds, "the task came so far")
        finally:
            stopping.set()
        await asyncio.wait_for(task, 10)

    asyncio.run(both())


def test_it_looks_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[bool] = []

    def go_on(_report: Report) -> bool:
        looks.append(True)
        return len(looks) == 2

    run_until(go_on, lambda: len(looks) > 3, monkeypatch)


def test_it_ends_between_two_pages_once_the_worker_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    pages: list[int] = []

    def go_on(report: Report) -> bool:
        while True:
            report("nib", len(pages))
            pages.append(1)

    run_until(go_on, lambda: len(pages) > 3, monkeypatch)


@pytest.mark.parametrize("kind", [ErrorKind.UNAVAILABLE, ErrorKind.CONFLICT])
def test_what_may_pass_is_tried_again(kind: ErrorKind, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[bool] = []

    def go_on(_report: Report) -> bool:
        looks.append(True)
        if len(looks) == 1:
            raise SelarasError(kind, "The target database does not answer.")
        return False

    run_until(go_on, lambda: len(looks) > 1, monkeypatch)


def test_files_that_are_no_longer_in_force_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[bool] = []

    def go_on(_report: Report) -> bool:
        looks.append(True)
        raise SelarasError(ErrorKind.STALE, "Another version is in force.")

    run_until(go_on, lambda: looks, monkeypatch)
    assert looks == [True]
