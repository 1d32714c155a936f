"""What the machine must bring, each missing thing said with the Debian package that brings it."""

import pwd
import re
import shutil
import subprocess

from streams.errors import ErrorKind, SelarasError

_JAVA_MAJOR = 17


def require_machine(*, maven: bool, server_user: str | None) -> None:
    """SelarasError (configuration) that names everything that is missing at once.

    ``maven`` says whether Java parts have yet to be fetched; ``server_user`` is the system user that runs PostgreSQL,
    None when this process's own user does.
    """
    missing = [sentence for sentence in (_java(), _maven() if maven else "", _user(server_user)) if sentence]
    if missing:
        raise SelarasError(
            ErrorKind.CONFIGURATION, "\n".join(missing), "install what is named, then repeat the command"
        )


def _java() -> str:
    package = "the Debian package openjdk-17-jre-headless brings it"
    if shutil.which("java") is None:
        return f"Java {_JAVA_MAJOR} or newer is missing: {package}."
    answer = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False)
    major = java_major(answer.stderr)
    if major is None:
        return f"`java -version` does not say a version; Java {_JAVA_MAJOR} or newer is needed: {package}."
    if major < _JAVA_MAJOR:
        return f"Java {major} is too old, {_JAVA_MAJOR} or newer is needed: {package}."
    return ""


def java_major(answer: str) -> int | None:
    """The major version in the answer of ``java -version``: 8 for "1.8.0_402", 17 for "17.0.15"; None without one."""
    found = re.search(r'version "(?:1\.)?(\d+)', answer)
    return int(found[1]) if found else None


def _maven() -> str:
    if shutil.which("mvn") is None:
        return "Maven (mvn) is missing, it fetches Kafka, Connect and Debezium: the Debian package maven brings it."
    return ""


def _user(name: str | None) -> str:
    if name is None:
        return ""
    try:
        root = pwd.getpwnam(name).pw_uid == 0
    except KeyError:
        return (
            f"The system user {name!r}, set to run PostgreSQL, does not exist: set stack.server_user to one that does."
        )
    return "PostgreSQL refuses to run as root: set stack.server_user to another system user." if root else ""
