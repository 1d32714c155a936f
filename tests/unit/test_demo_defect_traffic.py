"""Defects in the traffic: written down when business brings them about, planted in new companies, then left alone."""

from collections import Counter
from pathlib import Path

import pytest

from streams.adapters.demo.business import Business
from streams.adapters.demo.company import CompanyFactory
from streams.adapters.demo.defects.materials import load_materials
from streams.adapters.demo.defects.planting import Planter
from streams.adapters.demo.defects.register import DEFECTS
from streams.adapters.demo.defects.soundness import Judge
from streams.adapters.demo.defects.watching import Watch
from streams.adapters.demo.model import Model
from streams.adapters.demo.pools import load_pools
from streams.ports.demo import BusinessTransaction, Defects, Expected

REFERENCE = Path(__file__).parents[2] / "schemas" / "reference"
FACTORY = CompanyFactory(load_pools(REFERENCE, 1), 1)
MATERIALS = load_materials(REFERENCE)
EVERY = {defect.name: defect.often for defect in DEFECTS}
SPARED = frozenset({"9999000000007", "9999000000011"})


COMPANIES = [FACTORY.build(serial) for serial in range(1, 301)]


def _stream(rates: dict[str, float] | None, length: int) -> list[BusinessTransaction]:
    model, judge, unsound = Model(), Judge(MATERIALS), set()
    for company in COMPANIES:
        model.absorb(company.rows)
        if not all(judge.row(table, row) for table, row in company.rows):
            unsound.add(company.nib)
    watch = None
    if rates is not None:
        planter = Planter(MATERIALS, rates, "t", pairs=False)
        watch = Watch(planter, judge, Defects(rates, SPARED), unsound, "t")
    business = Business(model, FACTORY, 5, watch)
    return [business.next() for _ in range(length)]


@pytest.fixture(scope="module")
def stream() -> list[BusinessTransaction]:
    return _stream(EVERY, 2500)


def test_every_kind_that_business_brings_about_is_written_down(stream: list[BusinessTransaction]) -> None:
    found = Counter(
        (record.defect, record.expected, one.kind)
        for one in stream
        for record in one.planted
        if one.kind != "registered"
    )
    assert set(found) == {
        ("11-children-again", Expected.ROW, "resent"),
        ("12-off-and-on", Expected.TOMBSTONE, "deleted softly"),
        ("12-off-and-on", Expected.ROW, "revived"),
        ("13-hard-delete", Expected.TOMBSTONE, "withdrawn"),
        ("13-hard-delete", Expected.TOMBSTONE, "erased"),
        ("15-event-order", Expected.ROW, "moved"),
    }


def test_new_companies_get_defects_that_need_no_second_one(stream: list[BusinessTransaction]) -> None:
    planted = {record.defect[:2] for one in stream if one.kind == "registered" for record in one.planted}
    assert planted >= {"01", "03", "04", "05", "06", "07", "08", "09", "10", "17", "18", "19", "21", "22", "23"}
    assert not planted & {"02", "20"}
    for one in stream:
        values = {str(value) for statement in one.statements for value in statement.values}
        for record in one.planted:
            assert record.nib in values or record.target_key in values


def test_a_company_that_is_written_down_is_left_alone_from_then_on(stream: list[BusinessTransaction]) -> None:
    done = set(SPARED)
    for one in stream:
        acting = {str(value) for statement in one.statements for value in statement.values} & done
        assert not acting, one.kind
        done.update(record.nib for record in one.planted)
    assert len(done) > 200


def test_events_are_late_or_doubled(stream: list[BusinessTransaction]) -> None:
    for one in stream:
        for record in one.planted:
            if record.defect == "15-event-order" and one.kind == "moved":
                events = [s for s in one.statements if s.text.startswith("INSERT INTO tr_oss_status_izin ")]
                assert len(events) == 2 or events[0].values != one.statements[0].values
                assert record.target_key in events[0].values


def test_without_rates_business_is_what_it_was() -> None:
    plain, watched = _stream(None, 200), _stream({}, 200)
    assert [one.planted for one in plain] == [()] * 200
    assert [one for one in watched if one.planted] == []


def test_the_same_seed_brings_about_the_same() -> None:
    assert _stream(EVERY, 200) == _stream(EVERY, 200)
