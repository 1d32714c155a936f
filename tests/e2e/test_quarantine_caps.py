"""A worker above the cap on quarantined keys stops and says why; accepted keys don't count, and heal like others."""

from datetime import UTC, datetime, timedelta

import pytest

from streams.bootstrap.quarantine import quarantine_service
from streams.ports.quarantine import Waiver, Wanted
from tests.e2e.companies import Companies
from tests.e2e.parallel_run import ParallelRun

pytestmark = pytest.mark.stack

STATE = "select outcome from selaras.key_state where projection = 'nib' and key = %s"
COUNTED = "select count(*) from selaras.key_count"
STRICT = {
    "SELARAS_QUARANTINE_SHARE_STOP": "0.000001",
    "SELARAS_QUARANTINE_LEAST_KEYS": "1",
    "SELARAS_QUARANTINE_CHECK_EVERY_S": "0.2",
}


def test_a_worker_above_the_cap_stops_until_keys_are_accepted(run: ParallelRun, companies: Companies) -> None:
    run.steady()
    made = companies.make(tgl_terbit_nib="31-02-2020")
    run.shows([("quarantined",)], STATE, made.nib)
    run.shows([(1,)], COUNTED)
    run.rest()
    told = run.selaras("sync", "run", environment=STRICT)
    assert told.code == 65, told.err
    assert "More keys are quarantined" in told.err
    assert "quarantine_above_cap" in told.out + told.err

    service, day = quarantine_service(run.settings), datetime.now(UTC).date() + timedelta(days=7)
    for key in service.keys(Wanted(outcome="quarantined"), 10_000):
        service.accept(key.projection, key.key, Waiver(day, "known", "tests"))
    shown = run.selaras("quarantine", "show", "nib", made.nib, "--json").document
    assert (shown["outcome"], shown["state"]["accepted"]["why"]) == ("quarantined", "known")
    keys = run.selaras("status", "--json").document["target"]["keys"]["nib"]["quarantined"]
    assert keys["open"] == 0
    assert keys["accepted"] >= 1

    worker = run.worker("capped", **STRICT)
    worker.start()
    try:
        run.commit(f"update tr_oss_header set tgl_terbit_nib = '2020-02-28' where nib = '{made.nib}'")
        run.shows([], STATE, made.nib)
        worker.require_alive()
    finally:
        worker.stop()
    waivers = run.selaras("quarantine", "waivers", "--limit", "10000", "--json").document
    assert {w["state"] for w in waivers if w["key"] == made.nib} == {"healed"}
    for key in service.keys(Wanted(accepted=True), 10_000):
        service.unaccept(key.projection, key.key, "tests")
