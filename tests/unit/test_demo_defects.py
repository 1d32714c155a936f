"""Planted defects: at their rates, repeatable, one a company, each as the record tells it."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from streams.adapters.demo.company import Company, CompanyFactory
from streams.adapters.demo.defects.materials import Materials, load_materials
from streams.adapters.demo.defects.planting import Planter
from streams.adapters.demo.defects.register import BY_NAME, DEFECTS, Defect
from streams.adapters.demo.pools import Pools, load_pools
from streams.adapters.demo.tables import TABLES, Row, Value
from streams.ports.demo import Expected, Planted
from tests.unit.test_demo_population import _ddl

REFERENCE = Path(__file__).parents[2] / "schemas" / "reference"
POOLS: Pools = load_pools(REFERENCE, 1)
MATERIALS: Materials = load_materials(REFERENCE)
COMPANIES = 600
PLANTED = [defect for defect in DEFECTS if defect.plant]
EVERY = {defect.name: defect.often for defect in DEFECTS}


@dataclass(frozen=True)
class World:
    """Companies with defects, and the same without."""

    companies: list[Company]
    plain: list[Company]
    records: list[Planted]
    known: dict[tuple[str, str], dict[str, list[Row]]] = field(default_factory=dict)

    def row(self, record: Planted) -> Row:
        return self.rows(record)[0]

    def rows(self, record: Planted) -> list[Row]:
        """The newest first: a planted row stands behind those that were there."""
        key, _, value = record.key.partition("=")
        if (record.table, key) not in self.known:
            found = self.known[record.table, key] = defaultdict(list)
            for company in self.companies:
                for table, row in reversed(company.rows):
                    if table == record.table:
                        found[str(row[key])].append(row)
        return self.known[record.table, key][value]

    def of(self, number: int) -> list[Planted]:
        return [record for record in self.records if record.defect.startswith(f"{number:02d}-")]


def _make(companies: int, rates: dict[str, float], seed: str = "1") -> World:
    factory, planter = CompanyFactory(POOLS, 1), Planter(MATERIALS, rates, seed)
    made = [factory.build(serial) for serial in range(1, companies + 1)]
    for company in made:
        planter.plant(company)
    return World(made, [factory.build(serial) for serial in range(1, companies + 1)], planter.planted)


@pytest.fixture(scope="module")
def world() -> World:
    return _make(COMPANIES, EVERY)


def test_the_register_holds_every_kind_but_the_edit_on_both_sides() -> None:
    assert [defect.number for defect in DEFECTS] == list(range(1, 24))
    assert len(BY_NAME) == len(DEFECTS)
    for defect in DEFECTS:
        assert re.fullmatch(r"\d\d(-[a-z]+)+", defect.name)
        assert bool(defect.plant) is not bool(defect.notice)
        assert 0 < defect.rate <= defect.often <= 1


@pytest.mark.parametrize("defect", PLANTED, ids=lambda defect: defect.name)
def test_each_is_planted_as_often_as_stated_and_in_all_its_ways(world: World, defect: Defect) -> None:
    name = defect.name
    records = [record for record in world.records if record.defect == name]
    due = COMPANIES * defect.often
    assert due / 2 <= len(records) / (2 if name[:2] in ("02", "20") else 1) <= due + 1
    assert {record.expected for record in records} == set(defect.expected)


def test_companies_without_a_defect_are_the_same_to_the_byte(world: World) -> None:
    touched = {record.nib for record in world.records}
    changed = [
        company.nib
        for company, plain in zip(world.companies, world.plain, strict=True)
        if company.rows != plain.rows and company.nib not in touched
    ]
    # An account that also held a neighbour with a defect holds its own company alone.
    for nib in changed:
        place = next(place for place, company in enumerate(world.companies) if company.nib == nib)
        pairs = zip(world.companies[place].rows, world.plain[place].rows, strict=True)
        assert {before[0] for after, before in pairs if after != before} == {"tb_user_oss"}
    assert len(changed) < COMPANIES / 50


def test_the_same_seed_plants_the_same_and_more_companies_only_add() -> None:
    small, again, big, other = _make(40, EVERY), _make(40, EVERY), _make(80, EVERY), _make(40, EVERY, "2")
    assert small.records == again.records == big.records[: len(small.records)]
    assert [company.rows for company in small.companies] == [company.rows for company in big.companies[:40]]
    assert small.records != other.records


def test_a_company_has_one_defect_at_most(world: World) -> None:
    kinds: dict[str, set[str]] = {}
    for record in world.records:
        kinds.setdefault(record.nib, set()).add(record.defect)
    assert all(len(names) == 1 for names in kinds.values())


def test_rows_still_fit_their_tables(world: World) -> None:
    ddl = _ddl()
    for company in world.companies:
        for table, row in company.rows:
            assert set(row) == set(TABLES[table].columns)
            for column, kind in ddl[table].items():
                if width := re.search(r"\((\d+)\)", kind):
                    assert len(str(row.get(column) or "")) <= int(width[1]), (table, column)


def test_every_record_leads_to_its_row_and_tells_nothing_personal(world: World) -> None:
    for record in world.records:
        assert world.rows(record), record
        assert re.fullmatch(r"9999\d{9}", record.nib)
        assert re.fullmatch(r"(nib|username|id_\w+)=(9999\d{9}|pengguna\d+|[RLIO]-\d{21})", record.key)
        assert re.fullmatch(r"9999\d{9}|[RLIO]-\d{21}", record.target_key)


def _texts(rows: list[Row], column: str) -> list[Value]:
    return [row[column] for row in rows]


def test_01_two_active_documents_the_newer_is_named(world: World) -> None:
    for record in world.of(1):
        rows = world.rows(record)
        assert _texts(rows, "sts_aktif") == ["1", "1"]
        assert rows[0]["tgl_perubahan_nib"] == record.value
        assert str(rows[0]["tgl_insert"]) > str(rows[1]["tgl_insert"])


def test_02_two_nibs_hold_one_tax_number(world: World) -> None:
    numbers = Counter(str(world.row(record)["npwp_perseroan"]) for record in world.of(2))
    assert set(numbers.values()) == {2}


def test_09_two_projects_share_what_the_product_keeps(world: World) -> None:
    for record in world.of(9):
        product = world.row(record)
        company = next(company for company in world.companies if company.nib == record.nib)
        found = [
            row
            for table, row in company.rows
            if table == "tr_oss_proyek" and str(row["id_proyek"])[:21] == product["id_proyek"]
        ]
        assert len({str(row["id_proyek"]) for row in found}) == 2
        fitting = [row["id_proyek"] for row in found if row["kbli"] == product["kbli"]]
        assert len(fitting) == (2 if record.expected is Expected.QUARANTINED else 1)
        assert record.value in (None, *fitting)


def test_project_ids_stay_unique(world: World) -> None:
    ids = [row["id_proyek"] for company in world.companies for table, row in company.rows if table == "tr_oss_proyek"]
    assert len(set(ids)) == len(ids)


def test_15_the_newest_event_is_named(world: World) -> None:
    for record in world.of(15):
        assert max((str(row["tgl_status"]), row["kd_status"]) for row in world.rows(record))[1] == record.value


def test_20_two_active_accounts_share_an_address(world: World) -> None:
    accounts = [world.row(record) for record in world.of(20)]
    assert set(Counter(str(row["email"]) for row in accounts).values()) == {2}
    assert {(row["flag_migrasi"], row["role"]) for row in accounts} == {("Y", "11")}
    for keeps, loses in _pairs(world.of(20)):
        assert (keeps.expected, loses.expected) == (Expected.ROW, Expected.QUARANTINED)
        first, second = world.row(keeps), world.row(loses)
        assert (str(first["tgl_update"]), first["data_nib"]) < (str(second["tgl_update"]), second["data_nib"])


def _pairs(records: list[Planted]) -> Iterator[tuple[Planted, Planted]]:
    return zip(records[::2], records[1::2], strict=True)


def test_23_the_parent_is_nowhere(world: World) -> None:
    parents = {"tr_oss_checklist": ("tr_oss_proyek", "id_proyek"), "tr_oss_lokasi": ("tr_oss_proyek", "id_proyek")}
    tables = set()
    for record in world.of(23):
        table, column = parents.get(record.table, ("tr_oss_checklist", "id_izin"))
        wanted = world.row(record)[column]
        tables.add(record.table)
        assert not any(
            row[column] == wanted for company in world.companies for name, row in company.rows if name == table
        )
    assert len(tables) == 3


def test_a_pair_needs_companies_that_stay_as_they_were() -> None:
    factory, planter = CompanyFactory(POOLS, 1), Planter(MATERIALS, EVERY, "1", pairs=False)
    for serial in range(1, 200):
        planter.plant(factory.build(serial))
    assert not {record.defect[:2] for record in planter.planted} & {"02", "20"}
