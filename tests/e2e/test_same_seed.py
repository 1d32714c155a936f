"""Two runs with the same seed, side by side: the targets are the same, but for the declared times of commits."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import pytest
import yaml

from streams.adapters.processes.postgres_roles import as_superuser
from streams.adapters.processes.stack_folders import StackFolders
from streams.bootstrap.capture import capture_service
from streams.bootstrap.demo import seed_service, traffic_service
from streams.bootstrap.sync import registration
from streams.services.demo import SeedPlan, TrafficPlan
from tests.e2e.parallel_run import DEADLINE_S, ROOT, ParallelRun

pytestmark = pytest.mark.stack

COMPANIES, SEED = 60, 5
TRANSACTIONS = 250
ROLES = {"oss_v1": "legacy.sql", "oss_rba": "target.sql"}


def test_the_same_seed_gives_the_same_target(run: ParallelRun) -> None:
    contents = []
    for name, rate in (("a", 0.0), ("b", 60.0)):
        with _worlds(run, name) as other:
            seed_service(other.settings).run(SeedPlan(COMPANIES, SEED))
            registration(other.settings).apply(DEADLINE_S)
            other.steady()
            traffic_service(other.settings).run(TrafficPlan(rate, SEED, transactions=TRANSACTIONS))
            other.prove()
            contents.append(_target(other))
    first, second = contents
    assert min(len(rows) for rows in first.values()) > COMPANIES
    for table in first:
        assert first[table] == second[table], table


def _target(run: ParallelRun) -> dict[str, list[str]]:
    """Each projected table's rows as sorted texts, without the columns that hold a time of commit."""
    found = {}
    for path in sorted((ROOT / "schemas" / "mapping").glob("*.yaml")):
        mapping = yaml.safe_load(path.read_text())
        table, columns = mapping["target"], mapping["columns"]
        late = [name for name, terms in columns.items() if isinstance(terms, dict) and terms.get("commit_time")]
        rows = run.find(f"select (to_jsonb(t) - %s::text[])::text from rba.{table} t order by 1", late)
        found[table] = [row for (row,) in rows]
    return found


@contextmanager
def _worlds(run: ParallelRun, name: str) -> Iterator[ParallelRun]:
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
