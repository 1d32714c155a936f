"""A second pair of databases beside the parallel run's own, captured and applied apart from it."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from streams.adapters.processes.postgres_roles import as_superuser
from streams.adapters.processes.stack_folders import StackFolders
from streams.bootstrap.capture import capture_service
from tests.e2e.parallel_run import ROOT, ParallelRun

ROLES = {"oss_v1": "legacy.sql", "oss_rba": "target.sql"}


@contextmanager
def worlds_beside(run: ParallelRun, name: str) -> Iterator[ParallelRun]:
    """A pair of empty databases on the same servers, with a capture and a worker of their own."""
    settings = run.settings
    names = {database: f"{database}_{name}" for database in ROLES}
    other = ParallelRun(
        replace(
            settings,
            legacy=replace(settings.legacy, database=names["oss_v1"]),
            target=replace(settings.target, database=names["oss_rba"]),
            kafka=replace(settings.kafka, topic_prefix=f"oss_{name}"),
            connect=replace(
                settings.connect, connector=f"selaras-{name}", slot=f"selaras_{name}", publication=f"selaras_{name}"
            ),
            worker=replace(settings.worker, group=f"selaras-{name}"),
        ),
        f"seeded-{name}",
    )
    with ExitStack() as undone:
        for database, port in (("oss_v1", settings.legacy_port), ("oss_rba", settings.target_port)):
            undone.enter_context(_database(run, port, database, names[database]))
        undone.callback(capture_service(other.settings).remove)
        undone.callback(other.rest)
        yield other


@contextmanager
def _database(run: ParallelRun, port: int, template: str, name: str) -> Iterator[None]:
    """An empty database with the grants of the stack's own."""
    sockets = StackFolders(run.settings.home.resolve(), "nobody" if os.geteuid() == 0 else None).sockets
    grants = (ROOT / "schemas" / "roles" / ROLES[template]).read_text().replace(template, name)
    with as_superuser(sockets, port, "postgres") as admin:
        admin.execute(f"create database {name}")
        try:
            with as_superuser(sockets, port, name) as inside:
                inside.execute(grants)
            yield
        finally:
            admin.execute(f"drop database {name} with (force)")
