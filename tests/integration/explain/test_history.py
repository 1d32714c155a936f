"""What became of a key, told on a real PostgreSQL: with positions and times, also when the key is gone."""

import json

import pytest

from streams.bootstrap.explain import explain_service
from streams.bootstrap.quarantine import quarantine_service
from streams.changes.chunk import Chunk
from streams.services.explained import ToldEntry
from streams.services.recompute import Recompute
from tests.engine import EngineWorld
from tests.history import History
from tests.integration.explain.company import EMAILS, PROJECT, SECRETS, A, B, document, filled, put
from tests.integration.explain.conftest import Told
from tests.integration.quarantine.documents import do

pytestmark = pytest.mark.postgres

C = "9999000000033"
PLACES = {"tr_oss_proyek": {"nib": A, "id_proyek": PROJECT, "kbli": "55194", "uraian_usaha": "Vila", "sts_aktif": "1"}}


def goes_on(world: EngineWorld, history: History) -> None:
    """Commit, and apply what was not applied yet in one batch."""
    history.commits()
    service = world.service()
    stored = service.positions({(c.topic, c.partition): 0 for c in history.chunks()})
    batch = []
    for chunk in history.chunks():
        start = stored[(chunk.topic, chunk.partition)]
        if records := [record for record in chunk.records if record.offset >= start]:
            batch.append(Chunk(chunk.topic, chunk.partition, start, records))
    service.apply(batch)


def past(world: EngineWorld, table: str, key: str) -> list[ToldEntry]:
    """The history of the key."""
    (one,) = explain_service(world.settings).key(table, key)
    return list(one.history)


def lived(world: EngineWorld) -> History:
    """A's number was refused and its project waited; then it was mended, changed, and given to C."""
    history = world.history()
    header = document(history, 1, A, tgl_terbit_nib="31-02-2020", email_perusahaan=EMAILS[0])
    put(history, "tr_oss_proyek", idpryk=1, tgl_insert="2019-03-04T10:11:12Z", **PLACES["tr_oss_proyek"])
    goes_on(world, history)
    history.update("tr_oss_header", header, tgl_terbit_nib="04/03/2019")
    goes_on(world, history)
    history.update("tr_oss_header", header, status_nib="04", nama_perseroan="PT Baru")
    goes_on(world, history)
    history.update("tr_oss_header", header, nib=C)
    goes_on(world, history)
    return history


def test_a_key_tells_what_it_was_also_when_it_is_gone(world: EngineWorld) -> None:
    lived(world)
    number = past(world, "nib", A)
    assert [(e.was, e.outcome, [f.rule for f in e.faults]) for e in number] == [
        (None, "quarantined", ["TGL"]),
        ("quarantined", "row", []),
        ("row", "row", []),
        ("row", "absent", []),
    ]
    assert number[0].faults[0].masked is not None
    assert "status_nib" in number[2].columns
    company = past(world, "pelaku_usaha", A)
    assert [(e.outcome, "nama" in e.columns) for e in company] == [("row", True), ("absent", False)]
    project = past(world, "proyek", PROJECT)
    assert [(e.was, e.outcome, e.waits_for) for e in project] == [
        (None, "waiting", f"nib {A}"),
        ("waiting", "row", None),
        ("row", "waiting", f"nib {A}"),
    ]
    for entries in (number, company, project):
        assert entries == sorted(entries, key=lambda entry: (len(entry.record or ""), entry.record))
        assert all(e.generation == 1 and e.commit != "0/0" and (e.committed_at or "")[:2] == "20" for e in entries)
    (gone,) = explain_service(world.settings).key("nib", A)
    assert (gone.outcome, gone.kept.outcome, gone.rows, gone.differs) == ("absent", "absent", [], False)


def test_the_record_of_a_nib_tells_the_past_of_its_keys_and_those_that_are_gone(world: EngineWorld) -> None:
    lived(world)
    record = {(key.table, key.key): key for key in explain_service(world.settings).nib(A).keys}
    assert [entry.outcome for entry in record["nib", A].history][-1] == "absent"
    assert [entry.outcome for entry in record["proyek", PROJECT].history] == ["waiting", "row", "waiting"]
    assert ("nib", C) not in record


def test_a_plain_row_begins_without_an_entry(world: EngineWorld) -> None:
    filled(world)
    assert past(world, "proyek", PROJECT) == []
    do(world, f"update rba.proyek set nama_kegiatan = 'lain' where id_proyek = '{PROJECT}'")
    Recompute(world.ground.target, world.ground.plan).keys("proyek", [PROJECT])
    (entry,) = past(world, "proyek", PROJECT)
    assert (entry.was, entry.outcome, entry.columns) == ("row", "row", ["nama_kegiatan"])
    assert (entry.generation, entry.commit, entry.record, entry.committed_at) == (None, None, None, None)


def test_the_history_ends_with_what_the_quarantine_shows(world: EngineWorld) -> None:
    filled(world)
    state = quarantine_service(world.settings).show("nib", B).state
    assert state is not None
    (entry,) = past(world, "nib", B)
    assert (entry.outcome, entry.at[:19]) == (state.outcome, state.since[:19].replace(" ", "T"))
    told = [{"column": f.column, "rule": f.rule, "reason": f.reason, "masked": f.masked} for f in entry.faults]
    assert told == list(state.faults)


def test_no_personal_text_is_in_a_history(world: EngineWorld, told: Told) -> None:
    history = filled(world)
    for row in list(history.rows["tr_oss_header"]):
        history.update("tr_oss_header", row, email_perusahaan="baru@rahasia.co.id", npwp_perseroan="123456")
    for row in list(history.rows["tr_oss_penanggung_jwb"]):
        history.update("tr_oss_penanggung_jwb", row, no_identitas_penanggung_jwb="123", nama_penanggung_jwb="Siti Baru")
    goes_on(world, history)
    kept = repr(world.rows("select * from selaras.outcome_history"))
    secrets = (*SECRETS, "baru@rahasia.co.id", "Siti Baru", "123456")
    assert "email" in kept
    assert [secret for secret in secrets if secret in kept] == []
    outputs = [told("pelaku_usaha", A)[1], told("--nib", A)[1], told("--nib", A, "--json")[1]]
    assert [secret for secret in secrets if any(secret in output for output in outputs)] == []


def test_the_command_tells_the_history(world: EngineWorld, told: Told) -> None:
    lived(world)
    code, text = told("nib", A)
    assert code == 0, text
    assert all(words in text for words in ("quarantined -> row", "row -> absent", "changed: status_nib")), text
    (document,) = json.loads(told("nib", A, "--json")[1])["keys"]
    assert [entry["outcome"] for entry in document["history"]] == ["quarantined", "row", "row", "absent"]
    assert "row -> absent" in told("--nib", A)[1]
    assert "No change of this key is on record" in told("proyek_lokasi", "L-9")[1]
