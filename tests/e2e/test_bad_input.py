"""Events that nobody can read, rows that a rule or the target refuses: kept, counted, shown, healed."""

import json
from typing import Any

import pytest

from tests.e2e.companies import Companies
from tests.e2e.events import produce
from tests.e2e.parallel_run import ParallelRun
from tests.e2e.traffic import Traffic
from tests.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("worker")]

TABLE, TOPIC = "tr_oss_lokasi", "oss.public.tr_oss_lokasi"
STATE = "select outcome from selaras.key_state where projection = %s and key = %s"
LIVE = "select npwp16 from rba.nib n join rba.pelaku_usaha p on p.id = n.pelaku_usaha_id where n.nib = %s"


def test_events_that_nobody_can_read_stop_nothing_and_are_not_dropped(run: ParallelRun, companies: Companies) -> None:
    source = {"table": TABLE, "ts_ms": 1, "sequence": '["1","1"]', "txId": 1}
    spoilt = {"op": "c", "source": source, "before": None, "after": {"idlok": "satu"}}
    produce(run, TOPIC, [b"\x00 not json", json.dumps(spoilt).encode(), None])
    with Traffic(run.settings) as traffic:
        wait_until(lambda: _undecodable(run) == 3, "three events are stored")
        traffic.go_on(20)
        made = companies.make()
        run.shows([(made.nib,)], "select nib from rba.nib where nib = %s", made.nib)
    found = run.selaras("status", "--json")
    assert found.code == 1
    assert found.document["target"]["undecodable"] == 3
    assert list(found.document["target"]["unknown_tables"]) == [TABLE]
    events = run.selaras("quarantine", "events", "--json").document
    assert [(e["topic"], e["partition"], e["resolved"]) for e in events] == [(TOPIC, 0, False)] * 3
    offsets = sorted(event["offset"] for event in events)
    assert offsets == [offsets[0], offsets[0] + 1, offsets[0] + 2]
    assert sum("idlok" in e["reason"] for e in events) == 1
    _read_again(run)


def _read_again(run: ParallelRun) -> None:
    with Traffic(run.settings) as traffic:
        told = run.selaras("load", "reread", TABLE, "--json")
        assert told.code == 0, told.err
        assert told.document["state"] == "done"
        traffic.go_on(10)
    found = run.selaras("status", "--json")
    assert found.code == 0, found.out
    assert found.document["target"]["undecodable"] == 0
    assert found.document["target"]["unknown_tables"] == {}
    assert {e["resolved"] for e in run.selaras("quarantine", "events", "--json").document} == {True}
    run.prove()


def test_a_row_that_a_rule_refuses_leaves_its_key_in_quarantine(run: ParallelRun, companies: Companies) -> None:
    made = companies.make(tgl_terbit_nib="31-02-2020")
    run.shows([("quarantined",)], STATE, "nib", made.nib)
    (key,) = _keys(run, "quarantined", made.nib)
    fault = next(fault for fault in key["faults"] if fault["column"] == "tgl_terbit")
    assert fault["rule"] == "TGL"
    assert fault["reason"]
    assert fault["masked"]
    run.commit(f"update tr_oss_header set tgl_terbit_nib = '2020-02-28' where nib = '{made.nib}'")
    run.shows([], STATE, "nib", made.nib)
    run.shows([(None,)], LIVE, made.nib)
    run.prove()


def test_a_column_that_a_rule_refuses_is_null_and_its_value_is_masked(run: ParallelRun, companies: Companies) -> None:
    made = companies.make(npwp_perseroan="123456")
    run.shows([(None,)], LIVE, made.nib)
    keys = [key for key in _keys(run, "row") if "123456" in json.dumps(key) or _refuses(key, "npwp16", "######")]
    assert keys
    assert "123456" not in json.dumps(keys)
    run.commit(f"update tr_oss_header set npwp_perseroan = '' where nib = '{made.nib}'")
    run.settle()
    assert not [key for key in _keys(run, "row") if key["key"] == keys[-1]["key"]]


def test_a_row_that_only_the_target_refuses_is_quarantined_alone(run: ParallelRun, companies: Companies) -> None:
    refused, welcome = companies.draw(nama_perseroan="PT Terlarang"), companies.draw()
    with run.target("rba_owner") as owner:
        owner.execute("alter table rba.pelaku_usaha add constraint terlarang check (nama <> 'PT Terlarang')")
    companies.commit([*refused.rows, *welcome.rows])
    run.shows([(welcome.nib,)], "select nib from rba.nib where nib = %s", welcome.nib)
    run.settle()
    assert run.find("select nib from rba.nib where nib = %s", refused.nib) == []
    assert any(fault["rule"] == "TARGET" for key in _keys(run, "quarantined") for fault in key["faults"])
    with run.target("rba_owner") as owner:
        owner.execute("alter table rba.pelaku_usaha drop constraint terlarang")
    run.commit(f"update tr_oss_header set nama_perseroan = 'PT Terlarang Jaya' where nib = '{refused.nib}'")
    run.shows([(refused.nib,)], "select nib from rba.nib where nib = %s", refused.nib)
    run.prove()


def _undecodable(run: ParallelRun) -> int:
    return run.find("select count(*) from selaras.undecodable where resolved_at is null")[0][0]


def _keys(run: ParallelRun, outcome: str, key: str | None = None) -> list[dict[str, Any]]:
    told = run.selaras("quarantine", "list", "--outcome", outcome, "--limit", "10000", "--json")
    assert told.code == 0, told.err
    return [found for found in told.document if key is None or found["key"] == key]


def _refuses(key: dict[str, Any], column: str, shape: str) -> bool:
    return any(fault["column"] == column and fault["masked"] == shape for fault in key["faults"])
