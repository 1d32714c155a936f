"""A company in mirror and target, the watch over both, and sessions of others."""

import os
from collections.abc import Iterator

import psycopg
import pytest

from streams.adapters.processes.postgres_roles import as_superuser
from streams.adapters.processes.stack_folders import StackFolders
from streams.bootstrap.databases import target_engine, target_server
from streams.bootstrap.foreign_writes import foreign_watch, triggers_in_place
from streams.ports.foreign_writes import ForeignWrite
from streams.services.foreign_writes import ForeignWatch
from streams.settings import Settings
from tests.conftest import fresh_worlds
from tests.engine import EngineWorld
from tests.integration.explain.company import filled


class Watching:
    """The engine, the watch, and others who write."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.world = EngineWorld(settings)
        self.engine = target_engine(settings)
        self.watch: ForeignWatch = foreign_watch(settings, self.engine)
        self.watch.poll()  # makes the slot
        filled(self.world)

    def by(self, role: str, *statements: str, application: str = "psql") -> None:
        """Somebody runs these in one transaction; ``postgres`` over the server's socket."""
        with self._session(role, application) as connection, connection.transaction():
            for statement in statements:
                connection.execute(statement)

    def session(self, role: str) -> psycopg.Connection:
        """A session of somebody."""
        return self._session(role, "psql")

    def found(self) -> list[ForeignWrite]:
        """What is new, given to the ledger."""
        found = self.watch.poll()
        self.watch.done(found)
        return list(found.writes)

    def named(self) -> list[tuple[str, str | None, str, str]]:
        """Of what is new: table, key, operation, user."""
        return sorted((w.table, w.key or "*", w.operation, w.user) for w in self.found())

    def value(self, sql: str) -> str:
        """One value of the target."""
        with self.engine.connect() as connection:
            return str(connection.exec_driver_sql(sql).scalar_one())

    def close(self) -> None:
        """Give the connections back."""
        self.watch.close()
        self.engine.dispose()
        self.world.close()

    def _session(self, role: str, application: str) -> psycopg.Connection:
        if role == "postgres":
            folders = StackFolders(self.settings.home, "nobody" if os.geteuid() == 0 else None)
            return as_superuser(folders.sockets, self.settings.target_port, self.settings.target.database)
        conninfo = target_server(self.settings, role).conninfo()
        return psycopg.connect(conninfo, autocommit=True, application_name=application)


@pytest.fixture(scope="module")
def one_world(server: Settings) -> Iterator[Watching]:
    """For all tests of a module: a world takes long to make."""
    with fresh_worlds(server) as settings:
        made = Watching(settings)
        yield made
        made.close()


@pytest.fixture
def watching(one_world: Watching) -> Iterator[Watching]:
    """The world with nothing new in it; whatever a test does to the watch itself is mended afterwards."""
    one_world.found()
    yield one_world
    triggers_in_place(one_world.settings)
