"""The configuration files of a PostgreSQL cluster of the stack, as text."""

import os
import pwd
from pathlib import Path

from streams.adapters.processes.postgres_roles import SUPERUSER

_MAP = "selaras"

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "100",
    "max_locks_per_transaction": "512",  # a large batch takes thousands of advisory locks
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "wal_level": "logical",
    "max_wal_senders": "20",
    "max_replication_slots": "20",
    "max_active_replication_origins": "100",
    "track_commit_timestamp": "on",
    "fsync": "on",
    "jit": "off",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    # Messages of the level ERROR quote values of rows, and statements hold them: neither may reach the log.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


def configuration_files(folder: Path, port: int, sockets: Path) -> dict[Path, str]:
    """The three files with their texts, the main one first.

    They lie outside of the data folder, where only the starter of the stack may write. What ALTER SYSTEM sets still
    goes before them.
    """
    rules, users = folder / "pg_hba.conf", folder / "pg_ident.conf"
    places = {"hba_file": str(rules), "ident_file": str(users), "unix_socket_directories": str(sockets)}
    values = {"port": str(port), **places, **_SETTINGS}
    return {
        folder / "postgresql.conf": "".join(f"{name} = '{value}'\n" for name, value in values.items()),
        rules: _host_rules(),
        users: f'{_MAP} "{pwd.getpwuid(os.geteuid()).pw_name}" {SUPERUSER}\n',
    }


def _host_rules() -> str:
    """Over the socket by system user, and for the superuser only; over TCP by password."""
    return (
        f"local all {SUPERUSER} peer map={_MAP}\n"
        "host all all 127.0.0.1/32 scram-sha-256\n"
        "host replication oss_capture,rba_capture 127.0.0.1/32 scram-sha-256\n"
    )
