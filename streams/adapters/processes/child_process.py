"""One process that outlives the command which started it, recorded so that only it is ever signalled."""

import contextlib
import os
import pwd
import select
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import psutil

from streams.ports.stack import Condition, ProcessFacts


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start a process: what, where, as whom, and where its console output goes."""

    arguments: tuple[str, ...]
    folder: Path  # working directory
    console: Path  # standard output and error; the file of the run before is kept beside it as <name>.1
    environment: Mapping[str, str] | None = None  # None means that of this process
    user: str | None = None  # system user, by name; None means that of this process


@dataclass(frozen=True, slots=True)
class _Record:
    pid: int
    birth: str  # boot and clock tick of the start: no later process with the same pid has the same
    fingerprint: str  # of the configuration that it was started with


class ChildProcess:
    """The process of one member, found again through its record ``<run>/<name>.json``."""

    def __init__(self, name: str, run: Path) -> None:
        self._path = run / f"{name}.json"

    def launch(self, launch: Launch, fingerprint: str) -> None:
        """Start in a session of its own and record it. The caller has made sure that none runs."""
        for path in (self._path, launch.console):
            path.parent.mkdir(parents=True, exist_ok=True)
        if launch.console.exists():
            launch.console.replace(launch.console.with_name(launch.console.name + ".1"))
        with launch.console.open("wb") as console:
            process = subprocess.Popen(
                launch.arguments,
                cwd=launch.folder,
                env=launch.environment,
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **identity(launch.user),
            )
        process.returncode = 0  # or its finalizer warns of a process that lives on, as this one is meant to
        record = _Record(process.pid, birth_of(process.pid) or "gone", fingerprint)
        temporary = self._path.with_suffix(".new")
        temporary.write_bytes(msgspec.json.encode(asdict(record)))
        temporary.replace(self._path)

    def condition(self) -> Condition:
        """Running, stopped (no record) or dead (a record without its process)."""
        record = self._record()
        if record is None:
            return Condition.STOPPED
        return Condition.RUNNING if birth_of(record.pid) == record.birth else Condition.DEAD

    def runs_with(self, fingerprint: str) -> bool:
        """Whether it lives and was started with this configuration."""
        record = self._record()
        return record is not None and record.fingerprint == fingerprint and birth_of(record.pid) == record.birth

    def facts(self) -> ProcessFacts | None:
        """Pid, start and memory of the process and its children; None when it does not live."""
        record = self._record()
        if record is None or birth_of(record.pid) != record.birth:
            return None
        try:
            process = psutil.Process(record.pid)
            tree = [process, *process.children(recursive=True)]
            since = datetime.fromtimestamp(process.create_time(), UTC)
        except psutil.NoSuchProcess:
            return None
        return ProcessFacts(record.pid, since, sum(map(_resident, tree)) // 2**20)

    def end(self, steps: Sequence[tuple[signal.Signals, float]]) -> None:
        """Signal it, wait as many seconds as the step allows, go on to the next step; then drop the record."""
        record = self._record()
        if record is not None:
            end_process(record.pid, record.birth, steps)
            self._path.unlink(missing_ok=True)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(record.pid, os.WNOHANG)  # when it was our own child, no zombie stays behind

    def _record(self) -> _Record | None:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=_Record)
        except (FileNotFoundError, msgspec.DecodeError):
            return None


def end_process(pid: int, birth: str, steps: Sequence[tuple[signal.Signals, float]]) -> None:
    """End exactly this process. A pid that meanwhile belongs to another process is left alone."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        # The handle pins the process: what is checked now is what is signalled below, whatever ends in between.
        if birth_of(pid) != birth:
            return
        ended = select.poll()
        ended.register(handle, select.POLLIN)
        for sign, patience_s in steps:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(handle, sign)
            if ended.poll(patience_s * 1000):
                return
    finally:
        os.close(handle)


def birth_of(pid: int) -> str | None:
    """Boot and clock tick at which a living process started; None when there is none (a zombie is none)."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, *numbers = text.rpartition(")")[2].split()
    return None if state in "ZX" else f"{boot}/{numbers[18]}"


def identity(user: str | None) -> dict[str, Any]:
    """The arguments with which ``subprocess`` runs something as another system user; none for None."""
    if user is None:
        return {}
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.AccessDenied:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
