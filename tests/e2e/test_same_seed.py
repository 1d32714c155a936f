"""Two runs with the same seed, side by side: the targets are the same, but for the declared times of commits."""

import pytest
import yaml

from streams.bootstrap.demo import seed_service, traffic_service
from streams.bootstrap.sync import registration
from streams.services.demo import SeedPlan, TrafficPlan
from tests.e2e.beside import worlds_beside
from tests.e2e.parallel_run import DEADLINE_S, ROOT, ParallelRun

pytestmark = pytest.mark.stack

COMPANIES, SEED = 60, 5
TRANSACTIONS = 250


def test_the_same_seed_gives_the_same_target(run: ParallelRun) -> None:
    contents = []
    for name, rate in (("a", 0.0), ("b", 60.0)):
        with worlds_beside(run, name) as other:
            seed_service(other.settings).run(SeedPlan(COMPANIES, SEED))
            registration(other.settings).apply(DEADLINE_S)
            other.steady()
            traffic_service(other.settings).run(TrafficPlan(rate, SEED, transactions=TRANSACTIONS))
            other.prove()
            contents.append(_target(other))
    first, second = contents
    assert len(first["nib"]) > COMPANIES
    assert all(first.values())
    for table in first:
        assert first[table] == second[table], table


def _target(run: ParallelRun) -> dict[str, list[str]]:
    """Each projected table's rows as sorted texts, without the columns that hold a time of commit."""
    found = {}
    for path in sorted((ROOT / "schemas" / "mapping").glob("*.yaml")):
        mapping = yaml.safe_load(path.read_text())
        if mapping.get("virtual"):
            continue
        table, columns = mapping["target"], mapping["columns"]
        late = [name for name, terms in columns.items() if isinstance(terms, dict) and terms.get("commit_time")]
        rows = run.find(f"select (to_jsonb(t) - %s::text[])::text from rba.{table} t order by 1", late)
        found[table] = [row for (row,) in rows]
    return found
