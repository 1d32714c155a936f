"""Where target rows come from, told on a real PostgreSQL: a merged company, claims, keys that belong, masks."""

import json
from dataclasses import replace

import msgspec
import psycopg
import pytest

from streams.bootstrap.databases import target_server
from streams.bootstrap.explain import explain_service
from streams.errors import ErrorKind, SelarasError
from streams.services.explained import Explanation, ToldColumn
from streams.settings import ExplainSettings
from tests.engine import EngineWorld
from tests.integration.explain.company import EMAILS, LICENCE, PERSON, PHONES, PROJECT, SECRETS, A, B, filled
from tests.integration.explain.conftest import Told
from tests.integration.quarantine.documents import do

pytestmark = pytest.mark.postgres


def explained(world: EngineWorld, table: str, key: str) -> Explanation:
    """The only explanation of this key."""
    (one,) = explain_service(world.settings).key(table, key)
    return one


def column(one: Explanation, name: str) -> ToldColumn:
    """A column of it."""
    return next(column for column in one.columns if column.name == name)


def test_a_merged_company_tells_each_columns_source(world: EngineWorld) -> None:
    filled(world)
    one = explained(world, "pelaku_usaha", A)
    assert (one.outcome, one.kept.outcome, one.differs) == ("row", "row", False)
    rows = [(row.source, row.id, row.chosen, row.standing, row.why) for row in one.rows]
    assert rows[:2] == [
        ("header", "1", False, "live", "behind by tgl_perubahan_nib"),
        ("header", "2", True, "live", "first by tgl_perubahan_nib"),
    ]
    assert [(row.source, row.chosen, row.why) for row in one.rows[2:]] == [("iumk", True, "the only one")]
    assert all(row.generation == 1 and row.record != "0/0" and row.committed_at[:2] == "20" for row in one.rows)
    phone = column(one, "telepon")
    assert [term.came_to for term in phone.terms] == ["no value", "gave the value"]
    assert [(read.name, read.value) for read in phone.terms[1].inputs] == [("iumk.telp", "##########")]
    assert (phone.given_by, phone.held == phone.value, phone.differs) == (2, True, False)
    assert [term.came_to for term in column(one, "nama").terms] == ["gave the value", "not reached"]
    assert column(one, "skala_usaha").value == "01"
    assert {finding.name for finding in one.findings} == {"nama_berbeda_iumk"}


def test_a_claim_that_was_lost_names_its_holder(world: EngineWorld) -> None:
    filled(world)
    loser = explained(world, "nib", B)
    assert [(c.column, c.holder, c.is_lost) for c in loser.claims] == [("oss_id", A, True)]
    assert [(fault.column, fault.rule) for fault in loser.faults] == [("oss_id", "CLAIM")]
    assert (loser.outcome, loser.kept.outcome, loser.differs) == ("quarantined", "quarantined", False)
    assert loser.kept.since is not None
    assert [(k.table, k.key, k.found) for k in loser.lookups] == [("pelaku_usaha", B, True)]


def test_what_the_target_holds_beside_the_mapping_is_marked(world: EngineWorld) -> None:
    filled(world)
    do(world, f"update rba.proyek set nama_kegiatan = 'lain' where id_proyek = '{PROJECT}'")
    one = explained(world, "proyek", PROJECT)
    assert one.differs
    assert [c.name for c in one.columns if c.differs] == ["nama_kegiatan"]
    do(world, "delete from rba.proyek_lokasi")
    gone = explained(world, "proyek_lokasi", "L-1")
    assert (gone.outcome, gone.kept.outcome, gone.differs) == ("row", "absent", True)


def test_what_keeps_an_explanation_from_being_whole_is_said(world: EngineWorld) -> None:
    filled(world)
    do(
        world,
        "insert into selaras.lacking_column (table_name, column_name, is_gone) values ('tr_oss_proyek', 'kbli', true)",
    )
    one = explained(world, "proyek", PROJECT)
    assert (one.outcome, one.kept.outcome, one.waits_for) == ("waiting", "row", "tr_oss_proyek.kbli")
    assert (one.differs, any(column.differs for column in one.columns)) == (False, False)
    assert any("lacks values of tr_oss_proyek.kbli" in note for note in one.notes)
    do(world, "update selaras.version set mapping = 'another'")
    assert any("not those in force" in note for note in explained(world, "nib", A).notes)


def test_a_row_that_the_new_database_refused_is_told_from_both_sides(world: EngineWorld) -> None:
    with psycopg.connect(target_server(world.settings, "rba_owner").conninfo()) as owner:
        owner.execute("alter table rba.proyek add constraint tanpa_vila check (uraian_usaha <> 'Vila')")
    filled(world)
    one = explained(world, "proyek", PROJECT)
    assert (one.outcome, one.kept.outcome, one.differs) == ("row", "quarantined", True)
    assert [fault["rule"] for fault in one.kept.faults] == ["TARGET"]
    assert any("itself refused" in note for note in one.notes)


def test_a_nib_a_project_or_a_licence_finds_keys_that_are_derived(world: EngineWorld) -> None:
    filled(world)
    service = explain_service(world.settings)
    (deed,) = service.key("legalitas", A)
    assert deed.key == f"{A}|01|7|2019-03-04"
    assert [one.key for one in service.key("perizinan_riwayat", LICENCE)] == [
        one.key for one in service.key("perizinan_riwayat", A)
    ]
    assert [one.key for one in service.key("produk", PROJECT)] == ["D-1"]
    (nobody,) = service.key("legalitas", "9999000000041")
    assert (nobody.outcome, nobody.rows, nobody.kept.outcome) == ("absent", [], "absent")
    with pytest.raises(SelarasError) as unknown:
        service.key("orangutan", A)
    assert unknown.value.kind is ErrorKind.CONFIGURATION


def test_the_record_of_a_nib_holds_every_table_and_no_other_company(world: EngineWorld) -> None:
    filled(world)
    record = explain_service(world.settings).nib(A)
    tables = {key.table for key in record.keys}
    assert tables >= {"pelaku_usaha", "nib", "orang", "peran_orang", "legalitas", "proyek", "proyek_lokasi", "produk"}
    assert tables >= {"perizinan", "perizinan_riwayat", "persyaratan", "hak_akses", "proyek_awalan", "akta_terakhir"}
    assert {key.key for key in record.keys if key.table in ("pelaku_usaha", "nib")} == {A}
    legacy = {(row.table, row.id) for key in record.keys if key.table == "peran_orang" for row in key.legacy}
    assert legacy == {("tr_oss_penanggung_jwb", "1"), ("tr_oss_pemegang_saham", "1")}
    assert len([key for key in record.keys if key.table == "orang"]) == 2
    assert [(key.table, key.key, key.outcome, key.row) for key in record.keys if key.differs] == []
    assert {key.key for key in record.keys if key.table == "hak_akses"} == {f"{A}|1"}
    with pytest.raises(SelarasError) as unknown:
        explain_service(world.settings).nib("9999000000041")
    assert unknown.value.kind is ErrorKind.CONFIGURATION


def test_a_mask_lies_over_everything_unless_it_may_be_lifted(world: EngineWorld) -> None:
    filled(world)
    service = explain_service(world.settings)
    record = service.nib(A)
    told = [one for key in record.keys for one in service.key(key.table, key.key)]
    text = msgspec.json.encode([record, told], enc_hook=str).decode()
    assert [secret for secret in SECRETS if secret in text] == []
    with pytest.raises(SelarasError) as refused:
        service.nib(A, reveal=True)
    assert refused.value.policy.exit_code == 78
    allowed = explain_service(replace(world.settings, explain=ExplainSettings(reveal_allowed=True)))
    (company,) = allowed.key("pelaku_usaha", A, reveal=True)
    assert (column(company, "email").held, column(company, "email").value) == (EMAILS[0], EMAILS[0])
    people = [one for key in record.keys if key.table == "orang" for one in allowed.key("orang", key.key, reveal=True)]
    shown = msgspec.json.encode(people, enc_hook=str).decode()
    assert PERSON in shown
    assert PHONES[0] in shown


def test_the_command_tells_people_and_machines(world: EngineWorld, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(world)
    code, text = told("pelaku_usaha", A)
    assert code == 0, text
    assert all(word in text for word in ("tr_oss_header 2", "chosen", "iumk.telp=##########", "nama_berbeda_iumk")), (
        text
    )
    record = told("--nib", A)
    assert record[0] == 0
    assert all(f"{table}" in record[1] for table in ("hak_akses", "orang", "proyek_awalan (no table)"))
    outputs = [text, record[1], told("--nib", A, "--json")[1], told("orang", A)[1], told("hak_akses", A, "--json")[1]]
    assert [secret for secret in SECRETS if any(secret in output for output in outputs)] == []
    (document,) = json.loads(told("nib", B, "--json")[1])["keys"]
    assert document["claims"] == [{"column": "oss_id", "holder": A, "is_lost": True}]
    assert told("--nib", A, "--reveal")[0] == 78
    assert told("nib")[0] == 78
    monkeypatch.setenv("SELARAS_EXPLAIN_REVEAL_ALLOWED", "true")
    assert PHONES[1] in told("pelaku_usaha", A, "--reveal")[1]
