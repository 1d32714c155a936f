"""A worker, or the monitor, as a child process of this one."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from streams.errors import ErrorKind, SelarasError

LAST_LINES = 4
STOP_S = 30.0  # a batch under way is finished first


class OwnChild:
    """Starts a command of ours that runs on, and ends it with SIGTERM. Its log is appended to one file.

    ``name``: of the process, in sentences and for its log; ``words``: of the command.
    """

    def __init__(self, name: str, home: Path, words: Sequence[str], environment: Mapping[str, str]) -> None:
        self._name = name
        self._words = words
        self._home = home
        self._environment = dict(environment)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """Where it logs."""
        return self._home / "logs" / f"{self._name.replace(' ', '-')}.log"

    @property
    def pid(self) -> int:
        """Its process; 0 before the start."""
        return self._process.pid if self._process else 0

    def start(self) -> None:
        """Start it. In a session of its own, so that Ctrl-C reaches the caller alone, who then ends it in order."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "streams", "--home", str(self._home), *self._words]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, **self._environment},
            )

    def require_alive(self) -> None:
        """SelarasError (unknown) with its exit code if it has ended."""
        code = self._process.poll() if self._process else None
        if code is not None:
            tail = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:]
            raise SelarasError(
                ErrorKind.UNKNOWN,
                f"The {self._name.split()[0]} ended with exit code {code}. Its last words:\n" + "\n".join(tail),
                f"follow them; the whole log is {self.log}",
            )

    def wait(self, deadline_s: float) -> int:
        """Wait for its end; the exit code, negative for a signal. TimeoutExpired if it lives on."""
        return self._process.wait(deadline_s) if self._process else 0

    def stop(self) -> None:
        """End it between two transactions; by force when it does not come to an end."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it at once, as ``kill -9`` does."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            self._process.wait()


class WorkerChild(OwnChild):
    """A worker with these options."""

    def __init__(
        self, name: str, home: Path, environment: Mapping[str, str] | None = None, options: Sequence[str] = ()
    ) -> None:
        super().__init__(f"worker {name}", home, ("sync", "run", "--name", name, *options), environment or {})


class MonitorChild(OwnChild):
    """The monitor of drift."""

    def __init__(self, home: Path, environment: Mapping[str, str] | None = None) -> None:
        super().__init__("monitor", home, ("monitor", "run", "--log-json"), environment or {})
