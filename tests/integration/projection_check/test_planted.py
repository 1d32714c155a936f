"""Whatever is not as the mapping says is found, and told for what it is."""

from collections.abc import Iterator

import pytest

from streams.drift.difference import Difference, Kind
from tests.integration.explain.company import LICENCE, PROJECT, SECRETS, A, B, filled
from tests.integration.projection_check.conftest import Checked

pytestmark = pytest.mark.postgres


@pytest.fixture
def company(checked: Checked) -> Iterator[Checked]:
    """A company with a row everywhere, and another one that lost a claim; nothing differs yet."""
    checked.world.empty()
    filled(checked.world)
    different, unknown, same = checked.all()
    assert (different, unknown) == ([], {})
    assert same > 20
    yield checked
    checked.world.empty()


def found(checked: Checked) -> list[tuple[str, str, Kind]]:
    """Table, key and kind of every difference there is."""
    different, unknown, _ = checked.all()
    assert unknown == {}
    return sorted((one.table, one.key, one.kind) for one in different)


def only(checked: Checked) -> Difference:
    """The one difference there is."""
    different, unknown, _ = checked.all()
    assert unknown == {}
    (one,) = different
    return one


@pytest.mark.parametrize(
    ("change", "like"),
    [
        ("update rba.pelaku_usaha set nama = nama || ' '", "trailing blank"),
        ("update rba.pelaku_usaha set nama = upper(nama)", "case"),
        ("update rba.proyek set nilai_tanah = nilai_tanah + 0.4", "rounding"),
        ("update rba.perizinan_riwayat set waktu = waktu + interval '7 hours'", "time zone"),
        ("update rba.pelaku_usaha set nama = 'Lain'", ""),
        ("update rba.orang set no_identitas_enc = decode('00', 'hex')", ""),
        ("update rba.proyek set dihapus_pada = now()", ""),
    ],
)
def test_a_changed_column_is_different_in_this_column_alone(company: Checked, change: str, like: str) -> None:
    table, column = (
        change.removeprefix("update rba.").split(" set ")[0],
        change.split(" set ")[1].split(" = ", maxsplit=1)[0],
    )
    company.do(f"{change} where ctid = (select min(ctid) from rba.{table} where {column} is not null or '{like}' = '')")
    one = only(company)
    assert (one.table, one.kind, list(one.columns), one.likeness) == (table, Kind.DIFFERENT, [column], like)
    assert "/" in one.position


def test_a_deleted_row_is_missing(company: Checked) -> None:
    company.do("delete from rba.proyek_lokasi")
    one = only(company)
    assert (one.table, one.key, one.kind) == ("proyek_lokasi", "L-1", Kind.MISSING)
    assert one.columns["id_proyek_lokasi"] == ("L-1", None)


def test_a_row_of_a_key_that_nobody_has_is_extra(company: Checked) -> None:
    company.do(
        "insert into rba.proyek_lokasi (id_proyek_lokasi, id_proyek, wilayah_kode) "
        "select 'X-1', id_proyek, wilayah_kode from rba.proyek_lokasi",
        "insert into rba.orang (id, jenis_identitas, no_identitas_enc, no_identitas_hmac, nama, kewarganegaraan) "
        "select gen_random_uuid(), '01', 'x', repeat('0', 64), nama, 'ID' from rba.orang limit 1",
    )
    (person,) = [row["id"] for row in company.world.rows("select id from rba.orang where no_identitas_enc = 'x'")]
    key = f"?:{person}"
    assert found(company) == [("orang", key, Kind.EXTRA), ("proyek_lokasi", "?:X-1", Kind.EXTRA)]
    assert [one.kind for one in company.check.keys("orang", [key]).different] == [Kind.EXTRA]
    company.do(
        "delete from rba.orang where no_identitas_enc = 'x'",
        "delete from rba.proyek_lokasi where id_proyek_lokasi = 'X-1'",
    )
    assert company.check.keys("orang", [key]).same == (key,)
    assert found(company) == []


def test_two_rows_that_swapped_their_values_are_both_different(company: Checked) -> None:
    company.do(
        "update rba.pelaku_usaha as a set nama = b.nama, legacy_idoss = b.legacy_idoss, alamat = 'x' "
        "from rba.pelaku_usaha as b where a.id <> b.id"
    )
    assert found(company) == [("pelaku_usaha", key, Kind.DIFFERENT) for key in (A, B)]


def test_a_row_of_a_quarantined_key_is_left_over(company: Checked) -> None:
    """B lost its oss_id to A, so that there must be no such NIB."""
    company.do(
        "insert into rba.nib (nib, pelaku_usaha_id, oss_id, status_nib, tgl_terbit, asal) "
        f"select '{B}', pelaku_usaha_id, 'P-9', status_nib, tgl_terbit, asal from rba.nib"
    )
    one = only(company)
    assert (one.key, one.kind, one.state) == (B, Kind.LEFT_OVER, "quarantined")


def test_what_is_stored_of_a_key_must_be_what_it_comes_to(company: Checked) -> None:
    company.do(f"delete from selaras.key_state where projection = 'nib' and key = '{B}'")
    one = only(company)
    assert (one.key, one.kind, one.columns) == (B, Kind.STATE, {"outcome": ("quarantined", "nothing stored")})
    company.do(
        f"update selaras.key_state set outcome = 'waiting' where projection = 'nib' and key = '{A}'",
        f"delete from selaras.claim where projection = 'nib' and key = '{B}'",
        "update selaras.key_state set findings = '[]' where projection = 'pelaku_usaha'",
    )
    states = [one for one in company.all()[0] if one.kind is Kind.STATE]
    assert {(one.table, one.key): set(one.columns) for one in states} == {
        ("nib", A): {"outcome"},
        ("nib", B): {"outcome", "claim on oss_id"},
        ("pelaku_usaha", A): {"findings"},
    }


def test_a_child_without_its_parent_is_an_orphan_and_else_as_it_must_be(company: Checked) -> None:
    """What must be there is told from the mirror: the child neither waits nor is left over."""
    company.past_constraints(f"delete from rba.proyek where id_proyek = '{PROJECT}'")
    assert found(company) == [
        ("perizinan", LICENCE, Kind.ORPHAN),
        ("produk", "D-1", Kind.ORPHAN),
        ("proyek", PROJECT, Kind.MISSING),
        ("proyek_lokasi", "L-1", Kind.ORPHAN),
    ]
    (site,) = company.check.keys("proyek_lokasi", ["L-1"]).different
    assert site.columns.keys() == {"id_proyek"}


def test_a_code_that_went_from_a_code_list_leaves_orphans(company: Checked) -> None:
    company.past_constraints(
        "create table kept as select * from rba.ref_kbli where kode = (select kbli from rba.proyek)",
        "delete from rba.ref_kbli where kode = (select kbli from rba.proyek)",
    )
    one = only(company)
    company.past_constraints("insert into rba.ref_kbli select * from kept", "drop table kept")
    assert (one.table, one.kind, set(one.columns)) == ("proyek", Kind.ORPHAN, {"kbli_edisi", "kbli"})


def test_a_tampered_parent_neither_hides_nor_invents_what_its_child_is(company: Checked) -> None:
    """The project takes its size class from the company."""
    company.do("update rba.pelaku_usaha set skala_usaha = '04'")
    assert found(company) == [("pelaku_usaha", key, Kind.DIFFERENT) for key in (A, B)]
    company.do("update rba.proyek set skala_usaha = '04'")
    assert found(company) == [
        ("pelaku_usaha", A, Kind.DIFFERENT),
        ("pelaku_usaha", B, Kind.DIFFERENT),
        ("proyek", PROJECT, Kind.DIFFERENT),
    ]


def test_a_tampered_group_is_told_apart_from_who_looks_it_up(company: Checked) -> None:
    company.do(
        """update selaras.group_row set content = content || '{"kode": "91"}' where projection = 'status_terakhir'"""
    )
    assert {one[0] for one in found(company)} == {"status_terakhir"}
    company.do(
        "delete from rba.perizinan_riwayat",
        "delete from rba.persyaratan",
        f"delete from rba.perizinan where id_izin = '{LICENCE}'",
    )
    assert ("perizinan", LICENCE, Kind.MISSING) in found(company)


def test_no_personal_data_are_told(company: Checked) -> None:
    company.do(
        "update rba.orang set nama = nama || '!', telepon = '0', email = 'x', alamat = 'y'",
        "delete from rba.hak_akses",
        "update rba.pelaku_usaha set telepon = '1', email = 'x', npwp16 = '1234567890123456'",
    )
    different, _, _ = company.all()
    assert len(different) > 4
    assert not [secret for secret in SECRETS if secret in repr(different)]
