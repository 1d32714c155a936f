"""One PostgreSQL cluster of the stack: made, configured, started, mended, stopped."""

import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from streams.adapters.processes.child_process import ChildProcess, Launch, birth_of, end_process, identity
from streams.adapters.processes.ports_taken import require_free
from streams.adapters.processes.postgres_binaries import postgres_programs
from streams.adapters.processes.postgres_files import configuration_files
from streams.adapters.processes.postgres_roles import SUPERUSER, RolePlan, as_superuser, put_in_place
from streams.adapters.processes.secret_files import SecretFiles
from streams.adapters.processes.stack_folders import StackFolders
from streams.errors import ErrorKind, SelarasError
from streams.ports.stack import Condition, ProcessFacts

_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}  # nothing of the caller's reaches the server
# Fast shutdown, then immediate (recovers from the log at the next start), then by force.
_STOP = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 5.0))


@dataclass(frozen=True, slots=True)
class ClusterPlan:
    """What tells one cluster from the other."""

    name: str
    port: int
    port_setting: str  # the setting that moves the port
    roles: RolePlan


class PostgresCluster:
    """A member of the stack. Its server listens on 127.0.0.1 and on a socket, and knows its starter over the latter."""

    def __init__(self, plan: ClusterPlan, folders: StackFolders, secrets: SecretFiles) -> None:
        self._plan = plan
        self._folders = folders
        self._secrets = secrets
        self._data = folders.cluster(plan.name)
        self._process = ChildProcess(plan.name, folders.run)

    @property
    def name(self) -> str:
        """As in ``stack status``."""
        return self._plan.name

    @property
    def port(self) -> int:
        """TCP port on 127.0.0.1."""
        return self._plan.port

    @property
    def log(self) -> Path:
        """The server's own messages; it never writes statements or row values there."""
        return self._folders.logs / f"{self.name}.log"

    def start(self) -> bool:
        """See that the server runs as configured."""
        programs = postgres_programs(self._folders.shared, self._folders.server_user)
        if not (self._data / "PG_VERSION").exists():
            self._make(programs)
        files = configuration_files(self._folders.conf_outside / self.name, self.port, self._folders.sockets)
        command = (str(programs / "postgres"), "-D", str(self._data), "-c", f"config_file={next(iter(files))}")
        fingerprint = hashlib.sha256(repr((command, files)).encode()).hexdigest()
        if self._process.runs_with(fingerprint):
            return False
        self.stop()
        require_free(self.name, {self.port: self._plan.port_setting})
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            path.parent.chmod(0o755)  # the server's user reads them, whatever the umask
            path.chmod(0o644)
        # Every process of the old server is gone by now; the pid in its lock files may be a zombie's or anybody's.
        socket = self._folders.sockets / f".s.PGSQL.{self.port}"
        for stale in (self._data / "postmaster.pid", socket, socket.with_name(f"{socket.name}.lock")):
            stale.unlink(missing_ok=True)
        user = self._folders.server_user
        self._process.launch(Launch(command, self._data, self.log, _ENVIRONMENT, user), fingerprint)
        return True

    def condition(self) -> Condition:
        """Whether the postmaster that we started lives."""
        return self._process.condition()

    def answers(self) -> bool:
        """Whether it answers SQL."""
        try:
            with as_superuser(self._folders.sockets, self.port, SUPERUSER) as connection:
                return connection.execute("SELECT 1").fetchone() is not None
        except psycopg.OperationalError:
            return False

    def settle(self) -> None:
        """Database, roles, grants and passwords."""
        try:
            put_in_place(self._plan.roles, self._folders.sockets, self.port, self._secrets)
        except psycopg.Error as error:
            state = error.sqlstate or "no answer"
            raise SelarasError(
                ErrorKind.UNAVAILABLE,
                f"{self.name}: database and roles could not be put in place (SQLSTATE {state}).",
                f"read {self.log}, then run `selaras stack up` again",
            ) from error

    def stop(self) -> None:
        """Fast shutdown; afterwards no process works in the data folder any more, whoever started it."""
        self._process.end(_STOP)
        self._end_strays()

    def facts(self) -> ProcessFacts | None:
        """The postmaster, with the memory of all its children."""
        return self._process.facts()

    def _make(self, programs: Path) -> None:
        """``initdb`` beside the final place, then one rename: a half-made cluster is never mistaken for a whole one."""
        fresh = self._data.with_name(self._data.name + ".new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        owner = identity(self._folders.server_user)
        if owner:
            os.chown(fresh, owner["user"], owner["group"])
        locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8")
        command = (programs / "initdb", "-D", fresh, "-U", SUPERUSER, "-A", "trust", "--no-sync", *locale)
        done = subprocess.run(command, cwd="/", env=_ENVIRONMENT, capture_output=True, check=False, **owner)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if done.returncode != 0:
            self.log.write_bytes(done.stdout + done.stderr)
            raise SelarasError(
                ErrorKind.CONFIGURATION,
                f"{self.name}: initdb could not make the cluster in {self._data}; {self.log} says why.",
                "remove the cause, then run `selaras stack up` again",
            )
        fresh.rename(self._data)

    def _end_strays(self) -> None:
        """Backends of a killed postmaster keep the data folder in use until they notice; a lost record hides a whole
        server. Both are known by their working directory, which PostgreSQL sets to the data folder."""
        data = self._data.resolve()
        strays = {pid: birth for pid in psutil.pids() if _works_in(pid, data) and (birth := birth_of(pid))}
        first = _postmaster(data)
        if first in strays:
            end_process(first, strays[first], _STOP)
        for pid, birth in strays.items():
            end_process(pid, birth, ((signal.SIGKILL, 5.0),))


def _works_in(pid: int, folder: Path) -> bool:
    # Read straight from the kernel: as another user's process may end, or be closed to us, at any moment.
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cwd").readlink() == folder
    return False


def _postmaster(data: Path) -> int:
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int((data / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
    return 0
