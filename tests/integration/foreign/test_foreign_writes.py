"""Writes by others to the target are found on a real PostgreSQL, whatever way they take, and our own never are."""

import time

import psycopg
import pytest

from streams.adapters.databases.world_schema import load_reference
from streams.bootstrap.databases import applier_engine
from streams.bootstrap.foreign_writes import triggers_in_place
from streams.drift.difference import WHOLE_TABLE, Check, Kind
from streams.errors import ErrorKind, SelarasError
from tests.integration.explain.company import A
from tests.integration.foreign.conftest import Watching
from tests.waiting import wait_until

pytestmark = pytest.mark.postgres
CHANGE = f"update rba.nib set versi = versi + 1 where nib = '{A}'"
CORRUPT = "update mirror.tr_oss_header set nama_perseroan = 'PT Lain' where idoss = 2"
THOUSANDS = """
insert into mirror.tr_oss_legalitas (idlegal, nib, _generation, _commit, _record, _rank, _tx, _committed_ms)
select n, '1', 1, n, n, 1, 1, 1 from generate_series(1000, 10999) as n
"""
OFF, ON = (f"alter table rba.nib {word} trigger note_foreign_row" for word in ("disable", "enable always"))


def test_our_own_writes_are_nobody_elses(watching: Watching) -> None:
    assert watching.value("select count(*) from rba.nib") == "1"
    assert watching.value("select count(*) from selaras.foreign_write") == "0"
    assert watching.watch.health().faults == ()


def test_the_application_is_named_with_table_key_operation_and_time(watching: Watching) -> None:
    begun = time.time()
    watching.by("rba_app", CHANGE, application="rba-web")
    (write,) = watching.found()
    assert (write.schema, write.table, write.key, write.operation) == ("rba", "nib", A, "UPDATE")
    assert (write.user, write.application, write.address) == ("rba_app", "rba-web", "127.0.0.1")
    assert write.seen_by == "trigger"
    assert begun - 1 < write.at.timestamp() < time.time() + 1
    assert watching.found() == []


def test_what_was_not_given_to_the_ledger_is_told_again(watching: Watching) -> None:
    watching.by("rba_app", CHANGE)
    assert watching.watch.poll() == watching.watch.poll()
    assert len(watching.found()) == 1


def test_a_finding_shows_who_and_what(watching: Watching) -> None:
    watching.by("rba_app", CHANGE)
    found = watching.watch.poll()
    (verdicts,) = found.verdicts
    (difference,) = verdicts.different
    assert (verdicts.check, verdicts.table) == (Check.FOREIGN, "nib")
    assert (difference.key, difference.kind) == (A, Kind.WRITE)
    assert difference.columns["user"] == (None, "rba_app")
    assert found.rows == {("rba", "nib"): frozenset({A})}


def test_a_replica_session_does_not_get_around_the_triggers(watching: Watching) -> None:
    watching.by("postgres", "set local session_replication_role = replica", CHANGE)
    assert watching.named() == [("nib", A, "UPDATE", "postgres")]


def test_with_the_trigger_disabled_the_slot_finds_it(watching: Watching) -> None:
    watching.by("rba_owner", OFF)
    assert watching.watch.health().faults == ("trigger note_foreign_row on rba.nib is disabled",)
    watching.by("rba_owner", CHANGE)
    watching.by("rba_owner", ON)
    (write,) = watching.found()
    assert (write.table, write.key, write.operation, write.user, write.seen_by) == ("nib", A, "UPDATE", "", "slot")
    assert watching.watch.health().faults == ()


def test_our_role_in_a_session_that_is_not_ours_is_named(watching: Watching) -> None:
    watching.by("selaras_applier", CHANGE)
    assert watching.named() == [("nib", A, "UPDATE", "selaras_applier")]


def test_a_session_that_only_has_our_name_is_found_by_the_slot(watching: Watching) -> None:
    watching.by("selaras_applier", CHANGE, application="selaras applier 1")
    assert watching.named() == [("nib", A, "UPDATE", "")]


def test_copy_and_delete(watching: Watching) -> None:
    columns = "edisi, kode, judul, kategori"
    with watching.session("rba_owner") as owner, owner.cursor().copy(f"copy rba.ref_kbli ({columns}) from stdin") as c:
        c.write("2099\t00001\tLain\tA\n2099\t00002\tLain\tA\n")
    assert watching.named() == [("ref_kbli", f"2099|0000{n}", "INSERT", "rba_owner") for n in (1, 2)]
    watching.by("rba_owner", "delete from rba.ref_kbli where edisi = 2099")
    assert watching.named() == [("ref_kbli", f"2099|0000{n}", "DELETE", "rba_owner") for n in (1, 2)]


def test_a_truncate_is_of_the_whole_table(watching: Watching) -> None:
    watching.by("postgres", "truncate rba.hak_akses")
    found = watching.watch.poll()
    assert [d.key for v in found.verdicts for d in v.different] == [WHOLE_TABLE]
    assert found.rows == {}


def test_the_mirror_altered_by_hand(watching: Watching) -> None:
    watching.by("postgres", CORRUPT, f"update mirror.oss_iumk set nama_usaha = 'x' where nib = '{A}'")
    assert watching.named() == [("oss_iumk", A, "UPDATE", "postgres"), ("tr_oss_header", "2", "UPDATE", "postgres")]


def test_a_changed_key_names_both_rows_and_a_rollback_nothing(watching: Watching) -> None:
    with watching.session("rba_app") as app, pytest.raises(ZeroDivisionError), app.transaction():
        app.execute(CHANGE)
        raise ZeroDivisionError
    watching.by("postgres", "update mirror.tr_oss_header set idoss = 77 where idoss = 1")
    assert [(t, k) for t, k, *_ in watching.named()] == [("tr_oss_header", "1"), ("tr_oss_header", "77")]


def test_one_transaction_and_row_is_one_write(watching: Watching) -> None:
    watching.by("rba_app", CHANGE, CHANGE)
    assert len(watching.found()) == 1
    assert watching.found() == []


def test_a_write_is_found_while_the_engine_writes_thousands_of_rows(watching: Watching) -> None:
    with watching.world.applier.begin() as ours:
        ours.exec_driver_sql(THOUSANDS)
    watching.by("rba_app", CHANGE)
    assert watching.named() == [("nib", A, "UPDATE", "rba_app")]


def test_found_within_a_second_of_its_commit(watching: Watching) -> None:
    begun = time.monotonic()
    watching.by("rba_app", CHANGE)
    wait_until(lambda: watching.found() != [], "the write is found")
    assert time.monotonic() - begun < 1


def test_loading_the_code_tables_is_ours_and_changing_them_is_not(watching: Watching) -> None:
    watching.by("rba_owner", "update rba.ref_kbli set judul = judul || '.'")
    assert {table for table, *_ in watching.named()} == {"ref_kbli"}
    with watching.session("rba_owner") as owner:
        assert load_reference(owner, watching.settings.schemas_dir)["ref_kbli"] > 0
    assert watching.named() == []


def test_a_slot_that_was_dropped_is_made_again_and_older_looks_are_void(watching: Watching) -> None:
    slot = watching.value("select slot_name from pg_replication_slots where database = current_database()")
    before = watching.value("select forgotten_at from selaras.drift_monitor")
    with watching.session("postgres") as admin:
        admin.execute("select pg_drop_replication_slot(%s)", (slot,))
    assert f"replication slot {slot} is missing" in watching.watch.health().faults
    watching.by("rba_app", CHANGE)
    assert watching.named() == [("nib", A, "UPDATE", "rba_app")]
    watching.found()
    assert watching.watch.health().faults == ()
    assert watching.value("select forgotten_at from selaras.drift_monitor") > before


def test_a_new_table_has_no_trigger_until_it_gets_one_and_is_seen_all_the_same(watching: Watching) -> None:
    watching.by("rba_owner", "create table rba.baru (a int, b int, primary key (a, b))")
    missing = [f"trigger note_foreign_{kind} on rba.baru is missing" for kind in ("row", "truncate")]
    assert list(watching.watch.health().faults) == missing
    watching.by("rba_app", "insert into rba.baru values (1, 2)")
    assert watching.named() == [("baru", "1|2", "INSERT", "")]
    triggers_in_place(watching.settings)
    assert watching.watch.health().faults == ()
    watching.by("rba_app", "insert into rba.baru values (1, 3)")
    assert watching.named() == [("baru", "1|3", "INSERT", "rba_app")]


TAMPERED = {
    "create or replace function rba.note_foreign_write() returns trigger language plpgsql security definer "
    "set search_path = pg_catalog, pg_temp as 'begin return null; end'": (
        "function rba.note_foreign_write is not the one that schemas/watch/foreign_writes.sql makes"
    ),
    "alter table rba.nib enable trigger note_foreign_row": "trigger note_foreign_row on rba.nib is not always on",
    "create or replace trigger note_foreign_row after delete on rba.proyek for each row "
    "execute function rba.note_foreign_write('id'); alter table rba.proyek enable always trigger note_foreign_row": (
        "trigger note_foreign_row on rba.proyek is not the one that is wanted"
    ),
    "drop trigger note_foreign_truncate on rba.nib": "trigger note_foreign_truncate on rba.nib is missing",
}


def test_a_watch_that_was_tampered_with_says_so(watching: Watching) -> None:
    watching.by("rba_owner", *TAMPERED)
    assert set(watching.watch.health().faults) == set(TAMPERED.values())
    triggers_in_place(watching.settings)
    assert watching.watch.health().faults == ()


def test_nobody_writes_less_because_the_log_is_not_there(watching: Watching) -> None:
    with watching.session("postgres") as admin:
        admin.execute("revoke insert on selaras.foreign_write from rba_owner")
    watching.by("rba_app", CHANGE)
    assert watching.named() == [("nib", A, "UPDATE", "")]
    fault = "the owner of rba.note_foreign_write may not write selaras.foreign_write"
    assert watching.watch.health().faults == (fault,)


def test_two_sessions_of_ours_have_two_origins(watching: Watching) -> None:
    with watching.world.applier.connect() as one, watching.world.applier.connect() as other:
        names = [c.exec_driver_sql("select current_setting('application_name')").scalar_one() for c in (one, other)]
    assert len(set(names)) == 2
    assert all(name.startswith("selaras applier ") for name in names)
    with pytest.raises(psycopg.errors.ObjectInUse), watching.session("selaras_applier") as thief:
        thief.execute(
            "select pg_replication_origin_session_setup(%s)", (names[0].replace("selaras applier ", "selaras_"),)
        )


def test_a_session_that_can_not_be_marked_is_refused(watching: Watching) -> None:
    function = "function pg_replication_origin_session_setup(text)"
    watching.by("postgres", f"revoke execute on {function} from selaras_applier")
    engine = applier_engine(watching.settings)
    with pytest.raises(SelarasError, match="could not be told from what others write") as raised:
        engine.connect()
    assert raised.value.kind is ErrorKind.CONFIGURATION
    watching.by("postgres", f"grant execute on {function} to selaras_applier")
    engine.connect().close()
    engine.dispose()
