"""A worker goes on with a recompute that was begun and not ended, beside the live changes."""

import asyncio
import threading
import time
from collections.abc import Callable

import structlog

from streams.errors import Reaction, SelarasError
from streams.ports.replication import FailPoints

log = structlog.get_logger()
LOOK_EVERY_S = 5.0
SAY_EVERY_S = 5.0
Report = Callable[[str, int], None]
Continue = Callable[[Report], bool]
"""Goes on with an unfinished recompute, if there is one and nobody else is at it; True when it ended one."""


class Stopped(Exception):
    """The worker stops: the page that was done is the last one; the next worker goes on behind it."""


async def finish_recompute(go_on: Continue, stopping: threading.Event, fail: FailPoints) -> None:
    """Look now and then; a recompute that another process began or left is finished here."""
    while not stopping.is_set():
        try:
            if await asyncio.to_thread(go_on, _Progress(stopping, fail)):
                log.info("recompute_finished")
        except Stopped:
            log.info("recompute_interrupted")
            return
        except SelarasError as error:
            log.warning("recompute_not_finished", kind=error.kind.value, what=error.sentence)
            if error.policy.reaction not in (Reaction.RETRY, Reaction.RESEEK):
                return
        await asyncio.sleep(LOOK_EVERY_S)


class _Progress:
    """Says how far it is every few seconds, and ends it between two pages once the worker stops."""

    def __init__(self, stopping: threading.Event, fail: FailPoints) -> None:
        self._stopping = stopping
        self._fail = fail
        self._said = time.monotonic()

    def __call__(self, name: str, done: int) -> None:
        self._fail.reach("after_page")
        if self._stopping.is_set():
            raise Stopped
        if time.monotonic() - self._said >= SAY_EVERY_S:
            self._said = time.monotonic()
            log.info("recomputing", step=name, keys=done)
