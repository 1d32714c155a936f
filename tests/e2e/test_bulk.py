"""Large things while the stream goes on: a TRUNCATE, a transaction of 20,000 rows, a COPY into the keyless table."""

import pytest

from tests.e2e.parallel_run import ParallelRun
from tests.e2e.traffic import Traffic

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("worker")]

LARGE = 20_000
EVENTS = f"""
insert into tr_oss_status_izin (nib, id_izin, kd_status, tgl_status)
select (7777000000000 + n % 400)::text, 'I-LARGE-' || n, '10', '2021-02-03 04:05:06' from generate_series(1, {LARGE}) n
"""


def test_a_truncate_empties_one_table_under_traffic(run: ParallelRun) -> None:
    with Traffic(run.settings) as traffic:
        traffic.go_on(20)
        old = run.read("select min(idsyarat) from tr_oss_persyaratan")[0][0]
        run.commit("truncate tr_oss_persyaratan", role="oss_owner")
        traffic.go_on(40)
    proof = run.prove()
    (table,) = [table for table in proof.tables if table.table == "tr_oss_persyaratan"]
    assert table.legacy_rows < 500
    assert run.find("select _deleted from mirror.tr_oss_persyaratan where idsyarat = %s", old) == [(True,)]


def test_rows_that_come_back_in_the_transaction_of_the_truncate_stay(run: ParallelRun) -> None:
    before = run.read("select count(*) from tr_oss_proyek")
    with Traffic(run.settings) as traffic:
        run.commit(
            "create temporary table kept on commit drop as table tr_oss_proyek",
            "truncate tr_oss_proyek",
            "insert into tr_oss_proyek select * from kept",
            role="oss_owner",
        )
        traffic.go_on(20)
    assert before[0][0] > 200
    proof = run.prove()
    (table,) = [table for table in proof.tables if table.table == "tr_oss_proyek"]
    assert table.mirror_rows == table.legacy_rows > 200


def test_a_transaction_of_20000_rows_and_a_copy_into_the_keyless_table(run: ParallelRun) -> None:
    with Traffic(run.settings) as traffic:
        traffic.go_on(10)
        run.commit(EVENTS)
        with run.legacy() as session, session.cursor().copy("copy oss_iumk (nib, nama_usaha, kbli) from stdin") as copy:
            for number in range(2000):
                copy.write_row((f"{5550000000000 + number % 500}", f"Warung {number % 500}", 56102))
        traffic.go_on(40)
    run.settle()
    large = "select count(*) from mirror.tr_oss_status_izin where id_izin like 'I-LARGE-%' and not _deleted"
    assert run.find(large) == [(LARGE,)]
    copied = "select count(*), min(_count), max(_count) from mirror.oss_iumk where nama_usaha like 'Warung %'"
    assert run.find(copied + " and nib like '555%'") == [(500, 4, 4)]
    run.prove()
