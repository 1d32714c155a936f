"""Where the stack keeps its things."""

import hashlib
import os
import pwd
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from streams.errors import ErrorKind, SelarasError

_REACHABLE = Path("/var/tmp")  # noqa: S108 - every user may enter it; our folders in it are checked for their owner


@dataclass(frozen=True, slots=True)
class StackFolders:
    """The folders under one home, and those outside of it that PostgreSQL needs.

    A socket's path may have 107 bytes, and a server that runs as another user cannot enter the home of root: sockets
    always, and for another user the data too, lie in a short folder named after the home, linked from it.
    """

    home: Path  # absolute
    server_user: str | None  # system user of PostgreSQL, None for this process's own

    @property
    def run(self) -> Path:
        """Records of the running processes."""
        return self.home / "run"

    @property
    def logs(self) -> Path:
        """One or two files a member."""
        return self.home / "logs"

    @property
    def conf(self) -> Path:
        """Written anew at every start."""
        return self.home / "conf"

    @property
    def kafka(self) -> Path:
        """The broker's log.dirs: topics, offsets, connector configurations."""
        return self.home / "data" / "kafka"

    @property
    def complete(self) -> Path:
        """The mark that every member's state was made."""
        return self.home / "data" / "complete"

    @property
    def outside(self) -> Path:
        """The folder of this home in a place that every user can reach."""
        return _REACHABLE / f"selaras-{hashlib.sha256(f'{os.geteuid()}:{self.home}'.encode()).hexdigest()[:10]}"

    @property
    def sockets(self) -> Path:
        """The sockets of both clusters."""
        return self.outside / "run"

    @property
    def conf_outside(self) -> Path:
        """PostgreSQL's configuration: written by the starter of the stack, read by the server's user."""
        return self.outside / "conf"

    @property
    def shared(self) -> Path:
        """PostgreSQL's programs for another user, shared by all homes of this one."""
        return _REACHABLE / f"selaras-{os.geteuid()}"

    def cluster(self, name: str) -> Path:
        """The data folder of one PostgreSQL cluster."""
        return (self.home / "data" if self.server_user is None else self.outside) / name

    def make(self) -> None:
        """See that the folders exist; SelarasError (configuration) when somebody else's folder stands in the way."""
        for folder in (self.home, self.run, self.logs, self.conf, self.home / "data"):
            folder.mkdir(parents=True, exist_ok=True)
        _own(self.outside)
        for folder in (self.sockets, self.conf_outside):
            folder.mkdir(exist_ok=True)
            folder.chmod(0o755)
        if self.server_user is not None:
            os.chown(self.sockets, pwd.getpwnam(self.server_user).pw_uid, -1)
            _own(self.shared)
            link = self.home / "data" / "postgres"
            if not link.is_symlink():
                link.symlink_to(self.outside)

    def wipe(self) -> None:
        """Remove all state and configuration; logs stay for whoever wants to know why."""
        for folder in (self.outside, self.home / "data", self.conf, self.run):
            shutil.rmtree(folder, ignore_errors=True)


def _own(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise SelarasError(
            ErrorKind.CONFIGURATION,
            f"{folder} is not a folder of this user; the stack would put its databases into somebody else's hands.",
            "remove it, or set another home",
        )
    folder.chmod(0o755)  # whatever the umask made of it
