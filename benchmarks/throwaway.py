"""A PostgreSQL server for one benchmark, gone afterwards; every run gets fresh copies of both databases."""

import os
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg

from streams.adapters.databases.world_schema import create_legacy_schema, create_target_schema
from streams.adapters.files.identity_keys import ensure_identity_keys
from streams.adapters.processes.postgres_cluster import ClusterPlan, PostgresCluster
from streams.adapters.processes.postgres_roles import (
    LEGACY_ROLES,
    LEGACY_SUPERUSER_SECRET,
    TARGET_ROLES,
    TARGET_SUPERUSER_SECRET,
    RolePlan,
    as_superuser,
    put_in_place,
)
from streams.adapters.processes.secret_files import SecretFiles
from streams.adapters.processes.stack_folders import StackFolders
from streams.settings import LegacySettings, Settings, TargetSettings

ROOT = Path(__file__).parent.parent
START_DEADLINE_S = 60.0
OWNERS = {
    "oss_v1": ("oss_owner", create_legacy_schema),
    "oss_rba": ("rba_owner", create_target_schema),
}


@contextmanager
def throwaway_server() -> Iterator[Settings]:
    """Settings of a server that holds both worlds with empty tables."""
    with tempfile.TemporaryDirectory(prefix="selaras-bench-") as name:
        folders = StackFolders(Path(name), _server_user())
        folders.make()
        ensure_identity_keys(folders.home / "secrets")
        secrets, roles, port = SecretFiles(folders.home / "secrets"), ROOT / "schemas" / "roles", _free_port()
        legacy = RolePlan("oss_v1", roles / "legacy.sql", LEGACY_ROLES, LEGACY_SUPERUSER_SECRET)
        target = RolePlan("oss_rba", roles / "target.sql", TARGET_ROLES, TARGET_SUPERUSER_SECRET)
        cluster = PostgresCluster(ClusterPlan("bench", port, "stack.legacy_port", legacy), folders, secrets)
        try:
            cluster.start()
            _wait(cluster)
            cluster.settle()
            put_in_place(target, folders.sockets, port, secrets)
            for database, (owner, create) in OWNERS.items():
                password = secrets.password(owner)
                with psycopg.connect(
                    host="127.0.0.1", port=port, dbname=database, user=owner, password=password, autocommit=True
                ) as connection:
                    create(connection, ROOT / "schemas")
            yield Settings(
                home=folders.home,
                schemas_dir=ROOT / "schemas",
                connectors_dir=ROOT / "connectors",
                legacy=LegacySettings(port=port),
                target=TargetSettings(port=port),
            )
        finally:
            cluster.stop()
            folders.wipe()


@contextmanager
def fresh_target(settings: Settings, name: str) -> Iterator[Settings]:
    """The same settings with a fresh copy of the empty target database called ``name``, dropped afterwards."""
    folders = StackFolders(settings.home, _server_user())
    with as_superuser(folders.sockets, settings.target_port, "postgres") as admin:
        admin.execute(f"create database {name} template {settings.target.database}".encode())
        admin.execute(f"grant create on database {name} to selaras_applier".encode())
    try:
        yield replace(settings, target=replace(settings.target, database=name))
    finally:
        with as_superuser(folders.sockets, settings.target_port, "postgres") as admin:
            admin.execute(f"drop database {name} with (force)".encode())


def _server_user() -> str | None:
    return "nobody" if os.geteuid() == 0 else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(cluster: PostgresCluster) -> None:
    end = time.monotonic() + START_DEADLINE_S
    while not cluster.answers():
        if time.monotonic() > end:
            raise TimeoutError(f"PostgreSQL does not answer; see {cluster.log}")
        time.sleep(0.05)
