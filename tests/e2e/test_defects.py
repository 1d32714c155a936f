"""Every planted defect, by name, through the whole path: what its record says is what the new database shows.

The last known kind, 24 (the same NIB edited in both systems at once), is not checked here: it is no defect of the
legacy data, and is found by the drift monitor.
That unchanged children (11) cause no write is counted in ``test_replaced_children.py``.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from scripts.defect_outcomes import Outcomes
from scripts.defects_paper import COMPANIES, PAPER, SEED, TRANSACTIONS, outcomes_of, paper, target_session
from streams.adapters.demo.defects.record import planted
from streams.adapters.demo.defects.register import DEFECTS, Defect
from streams.bootstrap.demo import defect_rates, seed_service, traffic_service
from streams.bootstrap.sync import registration
from streams.ports.demo import Expected, Planted
from streams.services.demo import SeedPlan, TrafficPlan
from tests.e2e.beside import worlds_beside
from tests.e2e.parallel_run import DEADLINE_S, ParallelRun

pytestmark = pytest.mark.stack


@dataclass(frozen=True)
class Defective:
    """A target that took over data with defects, and the record of them."""

    records: Sequence[Planted]
    outcomes: Outcomes
    waiting: Sequence[dict[str, Any]]  # as 'quarantine list' tells them

    def of(self, defect: Defect) -> list[Planted]:
        return [record for record in self.records if record.defect == defect.name]


@pytest.fixture(scope="module")
def defective(run: ParallelRun) -> Iterator[Defective]:
    """Seeded with every defect, captured, and business with every defect on top."""
    rates = defect_rates("all")
    with worlds_beside(run, "defects") as other:
        seed_service(other.settings).run(SeedPlan(COMPANIES, SEED, rates))
        registration(other.settings).apply(DEADLINE_S)
        other.steady()
        traffic_service(other.settings).run(TrafficPlan(0, SEED, TRANSACTIONS, rates=rates))
        other.prove()
        told = other.selaras("quarantine", "list", "--outcome", "waiting", "--limit", "10000", "--json")
        assert told.code == 0, told.err
        with target_session(other.settings) as session:
            yield Defective(planted(other.settings.home), outcomes_of(session), told.document)


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_what_is_planted_is_handled(defective: Defective, defect: Defect) -> None:
    records = defective.of(defect)
    assert {record.expected for record in records} == set(defect.expected)
    wrong = [(record, complaint) for record in records if (complaint := defective.outcomes.complaint(record))]
    assert not wrong


def test_whatever_waits_is_listed_with_its_age(defective: Defective) -> None:
    listed = {(entry["projection"], entry["key"]): entry for entry in defective.waiting}
    records = [record for record in defective.records if record.expected is Expected.WAITING]
    assert records
    for record in records:
        for key in defective.outcomes.keys(record):
            entry = listed[record.target, key]
            assert entry["age_s"] >= 0
            assert entry["waits_for"]


def test_deleted_rows_have_children_that_stay(defective: Defective) -> None:
    records = [record for record in defective.records if record.expected is Expected.TOMBSTONE]
    by_table = Counter[str]()
    for record in records:
        by_table[record.target] += defective.outcomes.children(record)[0]
    assert set(by_table) == {"nib", "proyek"}
    assert min(by_table.values()) > 0


def test_a_record_that_is_not_true_is_found(defective: Defective) -> None:
    """The tests above test something."""
    for record in defective.records:
        refused = record.expected in (Expected.QUARANTINED, Expected.TOMBSTONE)
        lie = replace(record, expected=Expected.WAITING if refused else Expected.QUARANTINED)
        assert defective.outcomes.complaint(lie), record


def test_the_page_of_defects_is_what_this_run_gives(defective: Defective) -> None:
    assert PAPER.read_text(encoding="utf-8") == paper(defective.records, {}), (
        "docs/defects.md is stale: 'python -m scripts.defects_paper' writes it anew"
    )
