"""Passwords of the database roles: one file a role, readable by its owner only."""

import os
import secrets
from collections.abc import Iterable
from pathlib import Path


class SecretFiles:
    """The folder of passwords. A file holds the password and nothing else, not even a newline: Connect reads it raw."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def password(self, role: str) -> str:
        """The role's password; drawn and written when there is none yet."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.folder / role
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text(encoding="ascii").strip()
        drawn = secrets.token_urlsafe(24)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(drawn)
        return drawn

    def remove(self, roles: Iterable[str]) -> None:
        """Forget these roles' passwords; files of others stay."""
        for role in roles:
            (self.folder / role).unlink(missing_ok=True)
