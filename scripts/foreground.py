"""Runs a command as the terminal's foreground group of its own, and ends with its exit code.

For recipes of make. Ctrl-C goes to the terminal's whole foreground group; make would then end with its own code for an
interrupt, whatever the command made of it. In a group of its own the command alone hears Ctrl-C, once. Without a
terminal the command simply replaces this process.
"""

import os
import signal
import subprocess
import sys


def main(command: list[str]) -> int:
    """The command's exit code, 128 plus the signal's number if a signal ended it."""
    if not (os.isatty(0) and os.tcgetpgrp(0) == os.getpgrp()):
        os.execvp(command[0], command)  # noqa: S606 - a list of arguments, no shell
    # Handing the terminal over from a group that is no longer in front would stop this process.
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    child = subprocess.Popen(command, preexec_fn=_take_terminal)  # noqa: PLW1509 - there are no threads here
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, _: child.send_signal(received))
    try:
        code = child.wait()
    finally:
        os.tcsetpgrp(0, os.getpgrp())
    return code if code >= 0 else 128 - code


def _take_terminal() -> None:
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpgrp())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    # Make would go on waiting for a stopped command, with nobody left to wake it.
    signal.signal(signal.SIGTSTP, signal.SIG_IGN)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
