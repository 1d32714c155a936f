"""The machine, the installed parts and the folders that the members stand on."""

import fcntl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from streams.adapters.processes.java_parts import JavaParts
from streams.adapters.processes.machine_check import require_machine
from streams.adapters.processes.secret_files import SecretFiles
from streams.adapters.processes.stack_folders import StackFolders
from streams.errors import ErrorKind, SelarasError
from streams.ports.stack import Report


class StackGround:
    """Implements the port; the only one that removes state, since its pieces only make sense together."""

    def __init__(
        self,
        folders: StackFolders,
        parts: JavaParts,
        secrets: SecretFiles,
        secret_names: Sequence[str],
        state: Sequence[Path],
        draw_keys: Callable[[], object],
    ) -> None:
        self._folders = folders
        self._parts = parts
        self._secrets = secrets
        self._secret_names = secret_names
        self._draw_keys = draw_keys
        self._state = state  # what exists of each member once it was made

    def check(self) -> None:
        """The machine first, then that no state went missing on its own."""
        require_machine(maven=not self._parts.installed(), server_user=self._folders.server_user)
        missing = [str(path) for path in self._state if not path.exists()]
        if self._folders.complete.exists() and missing:
            raise SelarasError(
                ErrorKind.GAP,
                f"The stack lost a part of its state: {', '.join(missing)}. Replication slot, offsets and databases "
                "only make sense together.",
                "run `selaras stack reset` and fill the stack again",
            )

    def install(self, report: Report) -> None:
        """The folders, the keys for identity numbers and the Java parts; PostgreSQL comes with the Python packages."""
        self._folders.make()
        self._draw_keys()
        self._parts.install(report)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """A lock on the home, held by the file system: it ends with the process, however that ends."""
        self._folders.home.mkdir(parents=True, exist_ok=True)
        with (self._folders.home / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def complete(self) -> None:
        """Leave the mark."""
        self._folders.complete.touch()

    def wipe(self) -> None:
        """Everything but the logs and the Java parts."""
        self._folders.wipe()
        self._secrets.remove(self._secret_names)
