"""Fixtures that several tiers share: a PostgreSQL server of the tests' own, and fresh pairs of databases in it."""

import itertools
import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import hypothesis
import psycopg
import pytest

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
from tests.waiting import wait_until

ROOT = Path(__file__).parent.parent
# A fixed sample of examples unless the whole is asked for; and no deadline for one of them: the machine may be busy.
hypothesis.settings.register_profile("sample", max_examples=10, deadline=None, derandomize=True)
hypothesis.settings.register_profile("whole", max_examples=100, deadline=None)
hypothesis.settings.load_profile("whole" if os.environ.get("SELARAS_TEST_FULL") == "1" else "sample")
NUMBERS = itertools.count(1)
OWNERS = {"oss_v1": "oss_owner", "oss_rba": "rba_owner"}


def free_port() -> int:
    """A TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """One server with both worlds as templates; settings point at them."""
    home = tmp_path_factory.mktemp("home")
    folders = StackFolders(home, "nobody" if os.geteuid() == 0 else None)
    folders.make()
    secrets = SecretFiles(home / "secrets")
    ensure_identity_keys(secrets.folder)
    roles, port = ROOT / "schemas" / "roles", free_port()
    legacy = RolePlan("oss_v1", roles / "legacy.sql", LEGACY_ROLES, LEGACY_SUPERUSER_SECRET)
    target = RolePlan("oss_rba", roles / "target.sql", TARGET_ROLES, TARGET_SUPERUSER_SECRET)
    cluster = PostgresCluster(ClusterPlan("tests", port, "stack.legacy_port", legacy), folders, secrets)
    cluster.start()
    try:
        wait_until(cluster.answers, "the tests' PostgreSQL answers")
        cluster.settle()
        put_in_place(target, folders.sockets, port, secrets)
        for database, owner, create in (
            ("oss_v1", "oss_owner", create_legacy_schema),
            ("oss_rba", "rba_owner", create_target_schema),
        ):
            with psycopg.connect(_conninfo(port, database, owner, secrets), autocommit=True) as connection:
                create(connection, ROOT / "schemas")
        yield Settings(
            home=home,
            schemas_dir=ROOT / "schemas",
            connectors_dir=ROOT / "connectors",
            legacy=LegacySettings(port=port),
            target=TargetSettings(port=port),
        )
    finally:
        cluster.stop()
        folders.wipe()


@pytest.fixture
def worlds(server: Settings) -> Iterator[Settings]:
    """Fresh copies of both databases, dropped afterwards."""
    with fresh_worlds(server) as settings:
        yield settings


class fresh_worlds:  # noqa: N801 - used as a function
    """``with fresh_worlds(server) as settings``: copies of both template databases."""

    def __init__(self, server: Settings) -> None:
        self._server = server
        number = next(NUMBERS)
        self._names = {"oss_v1": f"oss_v1_{number}", "oss_rba": f"oss_rba_{number}"}

    def __enter__(self) -> Settings:
        with self._admin() as admin:
            for template, name in self._names.items():
                admin.execute(f"create database {name} template {template} owner {OWNERS[template]}")
                admin.execute(f"grant create on database {name} to selaras_applier, oss_owner, rba_owner")
        legacy = replace(self._server.legacy, database=self._names["oss_v1"])
        target = replace(self._server.target, database=self._names["oss_rba"])
        return replace(self._server, legacy=legacy, target=target)

    def __exit__(self, *_: object) -> None:
        with self._admin() as admin:
            for name in self._names.values():
                admin.execute(f"drop database {name} with (force)")

    def _admin(self) -> psycopg.Connection:
        folders = StackFolders(self._server.home, "nobody" if os.geteuid() == 0 else None)
        return as_superuser(folders.sockets, self._server.legacy.port, "postgres")


def _conninfo(port: int, database: str, role: str, secrets: SecretFiles) -> str:
    return psycopg.conninfo.make_conninfo(
        host="127.0.0.1", port=port, dbname=database, user=role, password=secrets.password(role)
    )
