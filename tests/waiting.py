"""Waiting for a state, never for a while."""

import time
from collections.abc import Callable


def wait_until(holds: Callable[[], object], what: str, deadline_s: float = 60.0) -> None:
    """Ask again and again until it holds; AssertionError names what did not happen."""
    end = time.monotonic() + deadline_s
    while not holds():
        if time.monotonic() > end:
            raise AssertionError(f"after {deadline_s:g} s it is still not so that {what}")
        time.sleep(0.02)
