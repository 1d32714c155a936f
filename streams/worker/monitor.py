"""Runs the monitor of drift as a process of its own."""

import signal
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

import structlog

from streams.errors import Reaction, SelarasError
from streams.services.monitor import Monitor, MonitorEvent

log = structlog.get_logger()
FIRST_DELAY_S = 0.2
Make = Callable[[Callable[[MonitorEvent], None]], AbstractContextManager[Monitor]]
"""Who hears of troubles -> a monitor that is ready to run."""


def run_monitor(make: Make, most_delay_s: float) -> None:
    """Run until SIGTERM or SIGINT; what is away at the start is waited for. SelarasError when it must not go on."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stopping.set())
    delay = FIRST_DELAY_S
    while not stopping.is_set():
        try:
            with make(_tell) as monitor:
                log.info("monitor_started")
                monitor.run(stopping)
        except SelarasError as error:
            if error.policy.reaction is not Reaction.RETRY:
                raise
            log.warning("waiting", kind=error.kind.value, what=error.sentence, again_in_s=delay)
            stopping.wait(delay)
            delay = min(2 * delay, most_delay_s)
    log.info("monitor_stopped")


def _tell(event: MonitorEvent) -> None:
    if event.trouble:
        log.warning("check_waits", check=event.duty, what=event.trouble)
    else:
        log.info("check_goes_on", check=event.duty)
