"""What the record expects is what the rules make of the planted rows; and sound rows pass all rules."""

from collections.abc import Callable
from pathlib import Path

import pytest

from streams.adapters.demo.company import CompanyFactory
from streams.adapters.demo.defects.materials import load_materials
from streams.adapters.demo.defects.planting import Planter
from streams.adapters.demo.defects.register import DEFECTS
from streams.adapters.demo.defects.soundness import Judge
from streams.adapters.demo.pools import load_pools
from streams.adapters.demo.tables import Row
from streams.adapters.files.reference_files import read_reference
from streams.ports.demo import Expected, Planted
from streams.projection.converters import CONVERTERS, Refusal, Value

FOLDER = Path(__file__).parents[2] / "schemas" / "reference"
REFERENCE = read_reference(FOLDER).reference
MATERIALS = load_materials(FOLDER)
FACTORY = CompanyFactory(load_pools(FOLDER, 1), 1)
Rule = tuple[str, tuple[str, ...]]

# target and column -> converter, legacy columns
RULES: dict[tuple[str, str | None], Rule] = {
    ("nib", "tgl_perubahan"): ("TGL", ("tgl_perubahan_nib",)),
    ("nib", "tgl_terbit"): ("TGL", ("tgl_terbit_nib",)),
    ("pelaku_usaha", "npwp16"): ("NPWP16", ("npwp_perseroan", "jenis_pelaku_usaha", "jenis_perseroan")),
    ("pelaku_usaha", "modal_dasar"): ("UANG", ("total_modal_dasar",)),
    ("pelaku_usaha", "wilayah_kode"): ("WIL", ("perseroan_daerah_id",)),
    ("pelaku_usaha", "alamat"): ("TXT", ("alamat_perseroan",)),
    ("pelaku_usaha", "nama"): ("TXT", ("nama_perseroan",)),
    ("proyek", "kbli"): ("KBLI", ("kbli", "uraian_usaha")),
    ("proyek", "jumlah_investasi"): ("UANG0", ("jumlah_investasi",)),
    ("proyek_lokasi", "lintang"): ("LINTANG", ("lat_lng",)),
    ("perizinan", "status_kelompok"): ("STATUS_KELOMPOK", ("status_checklist",)),
    ("peran_orang", None): ("NIK", ("jns_identitas_penanggung_jwb", "no_identitas_penanggung_jwb")),
    ("orang", None): ("NIK", ("no_ktp",)),
}
SOUND: tuple[tuple[str, Rule], ...] = (
    ("tr_oss_header", RULES["nib", "tgl_terbit"]),
    ("tr_oss_header", RULES["nib", "tgl_perubahan"]),
    ("tr_oss_header", ("NPWP16", ("npwp_perseroan",))),
    ("tr_oss_header", RULES["pelaku_usaha", "modal_dasar"]),
    ("tr_oss_header", ("UANG", ("total_modal_ditempatkan",))),
    ("tr_oss_header", RULES["pelaku_usaha", "wilayah_kode"]),
    ("tr_oss_header", ("NIK", ("jenis_id_user_proses", "no_id_user_proses"))),
    ("tr_oss_proyek", RULES["proyek", "kbli"]),
    ("tr_oss_proyek", RULES["proyek", "jumlah_investasi"]),
    ("tr_oss_proyek", ("NITKU", ("flag_cabang", "npwp_cabang"))),
    ("tr_oss_lokasi", RULES["proyek_lokasi", "lintang"]),
    ("tr_oss_lokasi", ("WIL", ("proyek_daerah_id",))),
    ("tr_oss_checklist", RULES["perizinan", "status_kelompok"]),
    ("tr_oss_persyaratan", ("TGL_DOKUMEN", ("tgl_dokumen",))),
    ("tr_oss_penanggung_jwb", RULES["peran_orang", None]),
    ("oss_iumk", RULES["orang", None]),
    ("tb_user_oss", ("NIK", ("jenis_identitas", "nomor_identitas"))),
)


def _apply(rule: Rule, row: Row) -> Value:
    name, columns = rule
    return CONVERTERS[name].call(REFERENCE, {}, *(row[column] for column in columns))


@pytest.fixture(scope="module")
def planted() -> list[tuple[Planted, Row]]:
    planter = Planter(MATERIALS, {defect.name: defect.often for defect in DEFECTS}, "7")
    companies = [FACTORY.build(serial) for serial in range(1, 601)]
    for company in companies:
        planter.plant(company)
    found = []
    for record in planter.planted:
        key, _, value = record.key.partition("=")
        own = (c for c in companies if c.nib == record.nib)
        rows = [row for c in own for t, row in c.rows if t == record.table and str(row[key]) == value]
        if record.table == "tr_oss_penanggung_jwb":
            rows.sort(key=lambda row: len(str(row["no_identitas_penanggung_jwb"])) != 16)
        found.append((record, rows[-1]))
    return found


def _checked(planted: list[tuple[Planted, Row]], expected: Expected) -> list[tuple[Planted, Row, Rule]]:
    return [
        (record, row, RULES[record.target, record.column])
        for record, row in planted
        if record.expected is expected and (record.target, record.column) in RULES
    ]


def test_what_is_quarantined_is_refused(planted: list[tuple[Planted, Row]]) -> None:
    checked = _checked(planted, Expected.QUARANTINED)
    assert {record.defect[:2] for record, _, _ in checked} == {"03", "05", "08", "10", "16", "22"}
    for _, row, rule in checked:
        if row.get(rule[1][0]) == "0000-00-00":
            assert _apply(rule, row) is None  # a date that must be there is not
            continue
        with pytest.raises(Refusal):
            _apply(rule, row)


@pytest.mark.parametrize("expected", [Expected.ROW, Expected.FINDING])
def test_what_is_a_row_is_taken_and_becomes_what_is_stated(
    planted: list[tuple[Planted, Row]], expected: Expected
) -> None:
    text: Callable[[Value], str] = lambda value: "" if value is None else str(value)  # noqa: E731
    checked = _checked(planted, expected)
    numbers = {"03", "04", "06", "10", "14", "17", "18", "19", "22"} if expected is Expected.ROW else {"01", "07", "21"}
    assert {record.defect[:2] for record, _, _ in checked} == numbers
    for record, row, rule in checked:
        value = text(_apply(rule, row))
        if record.value is not None:
            assert value == record.value, record.defect
        else:
            assert value, record.defect
            assert "<br>" not in value


def test_sound_companies_pass_the_rules() -> None:
    judge = Judge(MATERIALS)
    sound = [company for company in map(FACTORY.build, range(1, 700)) if judge.company(company.rows)]
    assert len(sound) > 300
    for company in sound:
        for wanted, rule in SOUND:
            for table, row in company.rows:
                if table == wanted:
                    _apply(rule, row)
