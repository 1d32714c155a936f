"""A row that no key gives goes only if no key gives it: whoever is about to write it waits, whoever has is seen."""

import threading

import pytest

from tests.integration.repair.conftest import Office
from tests.waiting import wait_until

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("closing")]
WAITING = """
select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
  and application_name like 'selaras applier%%'
"""
TABLE, KEY = "proyek_lokasi", "L-1"


def row_id(office: Office, key: str) -> str:
    """The id that a key gives."""
    return str(office.world.ground.plan.compiled(TABLE).key_value(key))


def in_thread(office: Office, key: str) -> threading.Thread:
    """Computes a key, as a worker would."""
    thread = threading.Thread(target=office.parts.target.keys, args=(TABLE, [key]))
    thread.start()
    return thread


def test_who_computes_the_key_of_a_row_that_is_being_taken_waits_and_writes_it_anew(office: Office) -> None:
    """Though nothing would differ: an upsert that changes nothing locks the row all the same."""
    before = office.world.state()
    with office.world.ground.target.transaction() as work:
        work.guard.enter()
        gone, kept = work.left_over.take(TABLE, [row_id(office, KEY)])
        assert (set(gone), kept) == ({row_id(office, KEY)}, {})
        thread = in_thread(office, KEY)
        wait_until(lambda: bool(office.world.rows(WAITING)), "the other one waits")
    thread.join(20)
    assert not thread.is_alive()
    assert office.world.state() == before


def test_a_row_whose_key_is_being_written_is_taken_only_after_that(office: Office) -> None:
    """The walk over the keys comes behind the wait, and finds the key."""
    before = office.world.state()
    found = []
    with office.world.ground.target.transaction() as work:
        work.guard.enter()
        content = work.target.read(TABLE, [KEY])
        assert work.target.write(TABLE, content) == (0, {})
        thread = threading.Thread(
            target=lambda: found.append(office.parts.target.rows(TABLE, [row_id(office, KEY), "no id"]))
        )
        thread.start()
        wait_until(lambda: bool(office.world.rows(WAITING)), "the other one waits")
    thread.join(20)
    (taken,) = found
    assert (taken.gone, taken.kept, taken.given) == (frozenset(), {}, {row_id(office, KEY): KEY})
    assert office.world.state() == before


def test_a_look_beforehand_takes_nothing(office: Office) -> None:
    office.do(
        "insert into rba.proyek_lokasi (id_proyek_lokasi, id_proyek, wilayah_kode) "
        "select 'X-1', id_proyek, wilayah_kode from rba.proyek_lokasi"
    )
    assert office.parts.target.rows("proyek_lokasi", ["X-1"], keep=False).gone == {"X-1"}
    assert len(office.world.rows("select 1 from rba.proyek_lokasi")) == 2
    assert office.parts.target.rows("proyek_lokasi", ["X-1"]).gone == {"X-1"}
    assert len(office.world.rows("select 1 from rba.proyek_lokasi")) == 1
