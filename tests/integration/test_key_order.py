"""A target that does not order texts by their bytes is refused before anything is written to it."""

import os
from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from sqlalchemy import text

from streams.adapters.databases import key_order
from streams.adapters.processes.postgres_roles import as_superuser
from streams.adapters.processes.stack_folders import StackFolders
from streams.bootstrap.databases import legacy_reader_engine, target_engine, target_server
from streams.bootstrap.replicate import ground
from streams.errors import ErrorKind, Reaction, SelarasError
from streams.settings import Settings

pytestmark = pytest.mark.postgres


@pytest.fixture
def empty(worlds: Settings) -> Iterator[Settings]:
    """An empty target database."""
    folders = StackFolders(worlds.home, "nobody" if os.geteuid() == 0 else None)
    with as_superuser(folders.sockets, worlds.target_port, "postgres") as admin:
        admin.execute("create database empty_target template template0")
        try:
            yield replace(worlds, target=replace(worlds.target, database="empty_target"))
        finally:
            admin.execute("drop database empty_target with (force)")


@pytest.mark.parametrize("answer", ["select 'i', 'id-ID'", "select 'c', 'en_US.utf8'"])
def test_another_locale_is_refused_first(empty: Settings, answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_order, "LOCALE", text(answer))
    legacy, applier = legacy_reader_engine(empty), target_engine(empty)
    try:
        with pytest.raises(SelarasError, match="by their bytes") as raised:
            ground(empty, legacy, applier)
    finally:
        legacy.dispose()
        applier.dispose()
    assert (raised.value.kind, raised.value.policy.reaction) == (ErrorKind.CONFIGURATION, Reaction.STOP)
    with psycopg.connect(target_server(empty, "selaras_applier").conninfo()) as connection:
        assert connection.execute("select to_regnamespace('selaras')").fetchone() == (None,)


@pytest.mark.parametrize("locale", ["provider builtin builtin_locale 'C'", "provider libc locale 'C.UTF-8'"])
def test_the_locales_of_code_points_pass(empty: Settings, locale: str) -> None:
    folders = StackFolders(empty.home, "nobody" if os.geteuid() == 0 else None)
    with as_superuser(folders.sockets, empty.target_port, "postgres") as admin:
        admin.execute("drop database empty_target")
        admin.execute(f"create database empty_target template template0 encoding 'UTF8' locale_{locale}")
    applier = target_engine(empty)
    with applier.connect() as connection:
        key_order.check_key_order(connection)
    applier.dispose()
