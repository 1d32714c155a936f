"""An engine with a check beside it, and what a look at everything finds."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from streams.adapters.processes.postgres_roles import as_superuser
from streams.adapters.processes.stack_folders import StackFolders
from streams.bootstrap.databases import checker_engine
from streams.bootstrap.projection_check import projection_check
from streams.drift.difference import Difference
from streams.drift.verdict import Reason
from streams.services.projection_check import ProjectionCheck
from streams.settings import Settings
from tests.conftest import fresh_worlds
from tests.engine import EngineWorld


@dataclass(slots=True)
class Checked:
    """An engine whose target counts as computed, and a check of it."""

    world: EngineWorld
    check: ProjectionCheck

    def all(self, limit: int = 3) -> tuple[list[Difference], dict[tuple[str, str], Reason], int]:
        """Every key of every projection and every row: differences, keys without a verdict, keys that are the same."""
        different: list[Difference] = []
        unknown: dict[tuple[str, str], Reason] = {}
        same = 0
        for table in self.check.tables:
            after: str | None = ""
            while after is not None:
                verdicts, part = self.check.page(table, after, limit)
                assert verdicts.keys == part.keys
                different += verdicts.different
                unknown |= {(table, key): reason for key, reason in verdicts.unknown.items()}
                same += len(verdicts.same)
                after = part.last
        for table in self.check.with_ids:
            different += self.check.extra(table, "", 1000)[0].different
        return different, unknown, same

    def past_constraints(self, *statements: str) -> int:
        """Run these as the superuser, past foreign keys; how many rows the last one changed."""
        settings = self.world.settings
        folders = StackFolders(settings.home, "nobody" if os.geteuid() == 0 else None)
        with as_superuser(folders.sockets, settings.target_port, settings.target.database) as connection:
            connection.execute("set session_replication_role = replica")
            count = 0
            for statement in statements:
                count = connection.execute(statement).rowcount
            return count

    def do(self, *statements: str) -> None:
        """Run these in one transaction."""
        with self.world.applier.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)


@pytest.fixture(scope="module")
def checked(server: Settings) -> Iterator[Checked]:
    """One for all tests of a module; each empties it first."""
    with fresh_worlds(server) as fresh:
        world = EngineWorld(fresh)
        with world.ground.target.transaction() as work:
            work.guard.enter(exclusive=True)
            work.guard.recomputed()
        engine = checker_engine(fresh)
        yield Checked(world, projection_check(fresh, world.ground.plan, engine))
        engine.dispose()
        world.close()
