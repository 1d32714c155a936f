"""No log and no list shows what belongs to a person, whatever goes wrong with it. Sorts last: it reads all logs."""

import pytest

from streams.adapters.processes.worker_child import WorkerChild
from tests.e2e.companies import Companies
from tests.e2e.events import produce
from tests.e2e.parallel_run import ParallelRun
from tests.waiting import wait_until

pytestmark = pytest.mark.stack

IDENTITY, TAX, PHONE = "3171014501019876", "0999887766554433", "081299887766"
NAME, EMAIL = "Siti Rahasia Sekali", "siti.rahasia@example.com"
PLANTED = (IDENTITY, TAX, PHONE, NAME, EMAIL)
DOCUMENT = {
    "no_id_user_proses": IDENTITY,
    "nama_user_proses": NAME,
    "email_user_proses": EMAIL,
    "hp_user_proses": PHONE,
    "npwp_perseroan": TAX,
    "nama_perseroan": NAME,
    "email_perusahaan": f"{EMAIL}, x@y",
    "nomor_telpon_perseroan": f"{PHONE} / 12",
    "tgl_terbit_nib": "31-02-2020",
}
PERSONAL = """
select distinct unnest(array[no_identitas_penanggung_jwb, nama_penanggung_jwb, no_hp_penanggung_jwb,
  email_penanggung_jwb]) from tr_oss_penanggung_jwb
union select distinct unnest(array[nomor_identitas, nama, email, telp]) from tb_user_oss
union select distinct unnest(array[no_id_user_proses, nama_user_proses, email_user_proses, hp_user_proses])
  from tr_oss_header
"""
SHORTEST = 9  # characters; shorter values occur in logs by chance


def test_nothing_personal_is_in_a_log_or_a_list(run: ParallelRun, worker: WorkerChild, companies: Companies) -> None:
    made = companies.make(**DOCUMENT)
    with run.target("rba_owner") as owner:
        owner.execute(f"alter table rba.pelaku_usaha add constraint orang check (nama <> '{NAME}') not valid")
    other = companies.make(**{**DOCUMENT, "tgl_terbit_nib": "2020-02-28"})
    event = f'{{"op":"c","source":{{"table":"tr_oss_lokasi"}},"after":{{"nik":"{IDENTITY}","nama":"{NAME}"}}}}'
    produce(run, "oss.public.tr_oss_lokasi", [event.encode(), f"{NAME} {EMAIL} {PHONE}".encode()])
    wait_until(lambda: _stored(run) == 2, "both events are stored")
    run.settle()
    keys = ("quarantine", "list", "--outcome", "quarantined", "--limit", "10000")
    shown = [run.selaras(*keys, *form).out for form in ((), ("--json",))]
    shown += [run.selaras("quarantine", "events", *form).out for form in ((), ("--json",))]
    shown += [_refused_with(run, "tr_oss_header", f"nama_user_proses = '{NAME}' and no_id_user_proses = {IDENTITY}")]
    shown += [run.selaras("status", "--json").out]
    assert made.nib in shown[1]
    with run.target("rba_owner") as owner:
        owner.execute("alter table rba.pelaku_usaha drop constraint orang")
    # A key that the target refused is computed again when a source row changes, not when the target's rules do.
    run.commit(f"update tr_oss_header set nama_perseroan = 'PT Baik' where nib in ('{made.nib}', '{other.nib}')")
    worker.kill()
    logs = {path.name: path.read_text(errors="replace") for path in (run.settings.home / "logs").iterdir()}
    assert {"worker-steady.log", "legacy.log", "target.log", "kafka.log", "connect.log"} <= set(logs)
    for value in (*PLANTED, *_personal(run)):
        assert not [name for name, text in logs.items() if value in text], value
    for value in PLANTED:
        assert not [text for text in shown if value in text], value
    run.steady()
    assert run.selaras("load", "reread", "tr_oss_lokasi").code == 0
    run.prove()


def _refused_with(run: ParallelRun, table: str, where: str) -> str:
    """A command that fails on a condition which holds personal values."""
    told = run.selaras("load", "reread", table, "--where", where + " and no_such_column")
    assert told.code == 78
    return told.out + told.err


def _personal(run: ParallelRun) -> list[str]:
    return [value for (value,) in run.read(PERSONAL) if value is not None and len(value) >= SHORTEST]


def _stored(run: ParallelRun) -> int:
    return int(run.find("select count(*) from selaras.undecodable where resolved_at is null")[0][0])
