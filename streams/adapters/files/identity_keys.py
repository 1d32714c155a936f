"""The keys for identity numbers, from two files of hexadecimal digits."""

import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streams.errors import ErrorKind, SelarasError
from streams.projection.converters import IdentityKeys
from streams.projection.converters.registry import HMAC_KEY_BYTES, SIV_KEY_BYTES

HMAC_KEY_FILE, SIV_KEY_FILE = "identity_hmac_key", "identity_siv_key"


def read_identity_keys(hmac_key_file: Path, siv_key_file: Path) -> IdentityKeys:
    """The keys of 32 and 64 bytes; the version is a fingerprint of both, eight hexadecimal digits.

    SelarasError (configuration) names the file that is missing or has no such key, never its content.
    """
    hmac_key, siv_key = _read(hmac_key_file, HMAC_KEY_BYTES), _read(siv_key_file, SIV_KEY_BYTES)
    # The keys are random and long: eight digits of a hash over both tell them apart and tell nothing about them.
    version = hashlib.sha256(b"selaras identity keys" + hmac_key + siv_key).hexdigest()[:8]
    return IdentityKeys(hmac_key, siv_key, version)


def ensure_identity_keys(folder: Path) -> tuple[Path, Path]:
    """The local stack's two key files in ``folder``; drawn once, readable by their owner only.

    SelarasError (configuration) when only one is there: a new one beside it would not open what the lost one closed.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    hmac_file, siv_file = folder / HMAC_KEY_FILE, folder / SIV_KEY_FILE
    with _alone_in(folder):
        missing = [path for path in (hmac_file, siv_file) if not path.exists()]
        if len(missing) == 1:
            raise SelarasError(
                ErrorKind.CONFIGURATION,
                f"The key file {missing[0]} is missing, while the other one is there.",
                "put it back from a backup; remove the other one only if no identity number was ever encrypted",
            )
        if missing:
            _draw(hmac_file, HMAC_KEY_BYTES)
            _draw(siv_file, SIV_KEY_BYTES)
    return hmac_file, siv_file


def _read(path: Path, size: int) -> bytes:
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii"))
    except OSError as error:
        raise SelarasError(
            ErrorKind.CONFIGURATION,
            f"The key file {path} can't be read ({type(error).__name__}).",
            "'selaras stack up' draws keys for the local stack; elsewhere put the file in place (settings: identity). "
            "Without its key identity numbers are neither encrypted nor found again",
        ) from None
    except ValueError:
        key = b""
    if len(key) != size:
        raise SelarasError(
            ErrorKind.CONFIGURATION,
            f"The key file {path} does not hold {size} bytes as {2 * size} hexadecimal digits.",
            "put the right file in place; a new key makes every identity number's row be computed again",
        )
    return key


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Two starts at once must not draw two pairs, of which each would use one half."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _draw(path: Path, size: int) -> None:
    """Write it whole or not at all: a killed start must not leave half a key."""
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(secrets.token_hex(size))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
