"""The target is mended by computing keys again: every kind of difference, its journal, what stands in the way."""

import pytest

from streams.drift.difference import Check, Difference, Kind
from streams.drift.entry import EntryState
from tests.integration.explain.company import LICENCE, PROJECT, A, B
from tests.integration.repair.conftest import Office

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("closing")]
P = Check.PROJECTION


def kinds(office: Office) -> set[tuple[str, str, Kind]]:
    """Table, key and kind of what is open."""
    return {(e.difference.table, e.difference.key, e.difference.kind) for e in office.entries(EntryState.OPEN)}


def test_what_differs_in_the_target_is_mended_and_found_the_same(office: Office) -> None:
    before = office.world.state()
    office.do(
        "update rba.pelaku_usaha set nama = 'Lain'",
        "delete from rba.proyek_lokasi",
        "update rba.proyek set nilai_tanah = nilai_tanah + 1",
        f"delete from selaras.key_state where projection = 'nib' and key = '{B}'",
        "insert into rba.nib (nib, pelaku_usaha_id, oss_id, status_nib, tgl_terbit, asal) "
        f"select '{B}', pelaku_usaha_id, 'P-9', status_nib, tgl_terbit, asal from rba.nib",
    )
    office.look(P)
    found = kinds(office)
    assert {kind for *_, kind in found} == {Kind.DIFFERENT, Kind.MISSING, Kind.STATE, Kind.LEFT_OVER}
    result = office.repair()
    assert (len(result.verified), result.is_well, result.watched) == (len(found), True, False)
    assert office.entries() == []
    assert office.world.state() == before
    assert office.steps(result.verified[0])[-2:] == [
        (EntryState.REPAIRED, "Wati", "a test"),
        (EntryState.VERIFIED, "monitor", "looked at after the repair: the same"),
    ]


def test_rows_of_no_key_go_and_a_row_that_a_key_gives_after_all_stays(office: Office) -> None:
    before = office.world.state()
    office.do(
        "insert into rba.orang (id, jenis_identitas, no_identitas_enc, no_identitas_hmac, nama, kewarganegaraan) "
        "select gen_random_uuid(), '01', 'x', repeat('0', 64), nama, 'ID' from rba.orang limit 1",
        "update rba.pelaku_usaha set nama = 'Lain' where alamat is not null",
    )
    (person,) = office.world.rows("select id::text from rba.orang where no_identitas_enc = 'x'")
    (company, *_) = office.world.rows("select id::text from rba.pelaku_usaha")
    office.note(
        Difference(P, "orang", f"?:{person['id']}", Kind.EXTRA),
        Difference(P, "pelaku_usaha", f"?:{company['id']}", Kind.EXTRA),
        Difference(P, "pelaku_usaha", "?:no uuid", Kind.EXTRA),
    )
    result = office.repair()
    assert result.is_well, result
    assert office.world.state() == before


def test_a_parent_is_computed_before_its_orphan(office: Office) -> None:
    """Alone the child would wait for the row that it lacks, and go."""
    before = office.world.state()
    office.past_constraints(f"delete from rba.proyek where id_proyek = '{PROJECT}'")
    office.look(P)
    assert ("proyek_lokasi", "L-1", Kind.ORPHAN) in kinds(office)
    (site,) = [e.id for e in office.entries() if e.difference.key == "L-1"]
    (ctid,) = office.world.rows("select ctid::text from rba.proyek_lokasi")
    assert office.repair(site).verified == [site]
    assert office.world.rows("select ctid::text from rba.proyek_lokasi") == [ctid]
    assert office.world.state() == before
    # The others are the same now, without anybody having mended them.
    office.look(P)
    assert office.entries() == []


def test_a_write_by_others_is_mended_by_its_row(office: Office) -> None:
    before = office.world.state()
    office.do(
        "update rba.pelaku_usaha set nama = 'Lain'", f"delete from rba.perizinan_riwayat where id_izin = '{LICENCE}'"
    )
    (company, _) = office.world.rows("select id::text from rba.pelaku_usaha order by 1")
    office.note(
        Difference(Check.FOREIGN, "pelaku_usaha", company["id"], Kind.WRITE),
        Difference(Check.FOREIGN, "perizinan_riwayat", "*", Kind.WRITE, {"operation": (None, "TRUNCATE")}),
        Difference(Check.FOREIGN, "ref_kbli", "x", Kind.WRITE),
        Difference(Check.TOTALS, "nib", "x", Kind.TOTAL),
    )
    one, emptied, code, total = [entry.id for entry in office.entries()]
    result = office.repair()
    assert (result.verified, result.waiting, set(result.refused)) == ([one], [emptied], {code, total})
    assert office.repair(emptied).refused == {emptied: "it is repaired"}
    office.do("update rba.pelaku_usaha set nama = 'PT Baik' where nama = 'Lain'")
    assert office.world.state()["rba.perizinan_riwayat"] == before["rba.perizinan_riwayat"]


def test_the_mirror_comes_first_where_it_is_known_to_be_wrong(office: Office) -> None:
    office.do("update mirror.tr_oss_header set nama_perseroan = 'PT Palsu' where idoss = 2")
    office.look(P)
    (wrong,) = office.entries()
    assert (wrong.difference.table, wrong.difference.key) == ("pelaku_usaha", A)
    office.look(Check.CAPTURE, {"tr_oss_header": ["1", "2", "3"]})
    (first,) = [e.id for e in office.entries() if e.difference.check is Check.CAPTURE]
    held = office.repair(wrong.id)
    assert held.refused.keys() == {wrong.id}
    assert f"repair entry {first} first" in held.refused[wrong.id]
    both = office.repair(wrong.id, first)
    assert sorted(both.verified) == sorted([wrong.id, first])
    assert office.world.rows("select 1 from rba.pelaku_usaha where nama = 'PT Palsu'") == []
