"""Named places where a test lets the process die: silent unless ``SELARAS_FAIL_AT=name:n`` armed one."""

import os
import signal

from streams.errors import ErrorKind, SelarasError

RECOMPUTE = ("after_page",)
NAMES = ("after_positions", "after_mirror", "before_commit", "after_commit", "after_fetch", "after_seek", *RECOMPUTE)


class ArmedFailPoints:
    """Kills this process, as ``kill -9`` would, when ``name`` is reached for the ``n``-th time."""

    def __init__(self, name: str, n: int) -> None:
        self._name = name
        self._left = n

    def reach(self, name: str) -> None:
        """See the port."""
        if name == self._name:
            self._left -= 1
            if self._left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)


class SilentFailPoints:
    """Production's: nothing ever happens."""

    def reach(self, name: str) -> None:
        """See the port."""


def fail_points(armed: str | None) -> ArmedFailPoints | SilentFailPoints:
    """From the text of ``SELARAS_FAIL_AT``; SelarasError (configuration) names the points that exist."""
    if not armed:
        return SilentFailPoints()
    name, _, count = armed.partition(":")
    if name not in NAMES or not (count or "1").isdecimal():
        raise SelarasError(
            ErrorKind.CONFIGURATION,
            f"SELARAS_FAIL_AT={armed} names no fail point.",
            f"unset it, or set it to NAME:N with one of {', '.join(NAMES)}",
        )
    return ArmedFailPoints(name, int(count or 1))
