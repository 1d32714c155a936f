"""Real events of the connector, and anything else, become events of ours."""

import json
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.changes.change import Beat, Change, Event, Malformed, Operation, Truncated
from streams.changes.envelope import Decoder
from streams.changes.legacy_table import LegacyTable
from streams.changes.position import Position
from tests.history import FakeRecord

EVENTS = Path(__file__).parent / "events"
KEYS = {
    "tr_oss_header": "idoss",
    "tr_oss_proyek": "idpryk",
    "tr_oss_pemegang_saham": "idps",
    "tr_oss_checklist": "idchecklist",
    "tr_oss_legalitas": "idlegal",
    "tr_oss_lokasi": "idlok",
    "tr_oss_produk": "idprod",
    "tr_oss_status_izin": "idstatus",
    "tb_user_oss": "id_profile",
    "oss_iumk": None,
}
SQL = {
    "tr_oss_header.idoss": "integer",
    "tr_oss_header.jenis_pelaku_usaha": "integer",
    "tr_oss_header.nama_perseroan": "character varying",
    "tr_oss_header.nib": "character varying",
    "tr_oss_produk.idprod": "integer",
    "tr_oss_produk.tkdn": "double precision",
    "tr_oss_checklist.id_kewenangan": "real",
    "oss_iumk.modal_usaha": "double precision",
}


def lines() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every captured event with the file that it is in."""
    for path in sorted(EVENTS.glob("*.json")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip():
                yield path.stem, json.loads(line)


LINES = list(lines())


def columns() -> dict[str, tuple[str, ...]]:
    """By table, the columns that its events carry."""
    found: dict[str, tuple[str, ...]] = {}
    for _, line in LINES:
        value = line["value"]
        row = value.get("after") or value.get("before")
        if row and line["topic"].startswith("oss.public."):
            found[line["topic"].removeprefix("oss.public.")] = tuple(row)
    return found


def table(name: str, names: tuple[str, ...]) -> LegacyTable:
    """The table, with the types that the tests need."""
    key = KEYS[name]
    types = {n: SQL[f"{name}.{n}"] for n in names if f"{name}.{n}" in SQL}
    return LegacyTable(name, names, (key,) if key else (), types)


COLUMNS = dict.fromkeys(KEYS, ()) | columns()
DECODER = Decoder("oss", "public", [table(name, names) for name, names in COLUMNS.items()], 3)


def decoded(line: Mapping[str, Any]) -> list[Event]:
    """What the line's event says."""
    key = None if line["key"] is None else json.dumps(line["key"]).encode()
    record = FakeRecord(line["offset"], key, json.dumps(line["value"]).encode())
    return list(DECODER.decode(line["topic"], record))


def of(name: str) -> list[Event]:
    """All events of one file."""
    return [event for stem, line in LINES if stem == name for event in decoded(line)]


def changes(name: str) -> list[Change]:
    """The row changes of one file."""
    return [event for event in of(name) if isinstance(event, Change)]


@pytest.mark.parametrize("line", [line for _, line in LINES], ids=[f"{stem}-{n}" for n, (stem, _) in enumerate(LINES)])
def test_every_real_event_is_understood(line: dict[str, Any]) -> None:
    events = decoded(line)
    assert not [event for event in events if isinstance(event, Malformed)]
    topic, value = line["topic"], line["value"]
    if topic == "oss.selaras.heartbeat":
        assert events == [Beat(value["source"]["ts_ms"])]
    elif not topic.startswith("oss.public."):
        assert events == []
    else:
        assert {event.table for event in events if not isinstance(event, Beat)} == {value["source"]["table"]}


def test_initial_snapshot_rows_lie_before_everything() -> None:
    for change in changes("snapshot_read"):
        assert (change.operation, change.snapshot, change.transaction) == (Operation.READ, True, 796)
        assert change.position == Position(3, 0, 0, 1)
        assert change.order == 0


def test_the_first_streamed_transaction_has_no_commit_before_it() -> None:
    line = next(line for stem, line in LINES if stem == "create")
    line = json.loads(json.dumps(line))
    line["value"]["source"]["sequence"] = '[null,"29773304"]'
    (change,) = decoded(line)
    assert isinstance(change, Change)
    assert change.position == Position(3, 0, 29773304, 1)
    assert change.position > Position(3, 0, 0, 1)
    assert not change.snapshot


def test_rows_read_again_lie_behind_the_last_commit_and_before_every_later_record() -> None:
    for change in changes("reread_blocking_where") + changes("reread_incremental"):
        assert (change.operation, change.snapshot, change.position.record) == (Operation.READ, False, 0)
    reread, (after,) = changes("reread_blocking")[:-1], changes("reread_blocking")[-1:]
    assert {change.position for change in reread} == {Position(3, 29931536, 0, 1)}
    assert after.position > reread[0].position
    assert Position(3, 29931536, 29931000, 1) > reread[0].position


def test_create_update_and_delete() -> None:
    created = changes("create")[0]
    assert (created.table, created.operation, created.identity) == ("tr_oss_header", Operation.CREATE, (3,))
    assert (created.position, created.transaction, created.order) == (Position(3, 29773304, 29773304, 1), 872, 1)
    assert created.before is None
    assert json.loads(created.after or b"")["nama_perseroan"] == "PT Contoh Tiga"
    (updated,) = changes("update")
    assert updated.operation is Operation.UPDATE
    assert updated.before != updated.after
    (same,) = changes("update_without_change")
    assert same.before == same.after
    (deleted,) = changes("delete")
    assert (deleted.operation, deleted.identity, deleted.after) == (Operation.DELETE, (1001,), None)
    assert deleted.position.rank == 0


def test_one_transaction_keeps_its_order() -> None:
    found = changes("create_delete_create_one_transaction")
    assert [c.operation.value for c in found] == ["c", "d", "c"]
    assert [c.order for c in found] == [1, 2, 3]
    assert [c.position for c in found] == sorted(c.position for c in found)


def test_a_row_that_changes_its_partition_leaves_and_enters_on_one_log_record() -> None:
    left, entered = changes("nib_change")
    assert (left.operation, entered.operation) == (Operation.DELETE, Operation.CREATE)
    assert left.identity == entered.identity
    assert (left.position.commit, left.position.record) == (entered.position.commit, entered.position.record)
    assert left.position < entered.position
    assert (left.order, entered.order) == (1, 2)


def test_a_changed_primary_key_becomes_a_delete_and_an_update() -> None:
    gone, changed = changes("primary_key_change")
    assert (gone.operation, gone.identity, gone.after) == (Operation.DELETE, (3,), None)
    assert gone.position.rank == 0
    assert (changed.operation, changed.identity) == (Operation.UPDATE, (1000,))
    assert [c.identity for c in changes("primary_key_and_nib_change")] == [(1000,), (1001,)]


def test_keyless_rows_have_no_identity_and_each_its_place() -> None:
    twins = changes("keyless_duplicates")
    assert [c.identity for c in twins] == [(), ()]
    assert twins[0].after == twins[1].after
    places = [(c.position.commit, c.position.record, c.order) for c in changes("keyless_nib_change")]
    assert places == sorted(set(places))


def test_truncate_names_table_position_and_time() -> None:
    created, emptied = of("truncate")
    assert emptied == Truncated("tr_oss_legalitas", Position(3, 29820408, 29822216, 0), 1795530301301, 907)
    assert isinstance(created, Change)
    assert created.position < emptied.position
    assert [event.table for event in of("truncate_many")] == ["tr_oss_lokasi", "tr_oss_status_izin"]


def test_a_topic_that_nobody_captured() -> None:
    (event,) = DECODER.decode("oss.public.baru", FakeRecord(7, None, b'{"op":"c","source":{"table":"x","ts_ms":1}}'))
    assert event == Malformed(
        None, 7, "no captured table has this topic", None, b'{"op":"c","source":{"table":"x","ts_ms":1}}'
    )


HEADER_LINE = next(line for stem, line in LINES if stem == "update")
HEADER_VALUE = json.dumps(HEADER_LINE["value"]).encode()
SPOILT = {
    "no value": None,
    "not UTF-8": b'{"op":"\xff"}',
    "not JSON": b"PT Rahasia",
    "deeply nested": b'{"op":' * 50_000,
    "unknown operation": HEADER_VALUE.replace(b'"op": "u"', b'"op": "PT Rahasia"'),
    "no column at all": json.dumps({**HEADER_LINE["value"], "after": {"kolom_baru": 1}}).encode(),
    "another table": HEADER_VALUE.replace(b'"table": "tr_oss_header"', b'"table": "tr_oss_proyek"'),
    "text as a number": HEADER_VALUE.replace(b'"jenis_pelaku_usaha": 0', b'"jenis_pelaku_usaha": "PT Rahasia"'),
    "number as a text": HEADER_VALUE.replace(b'"nib": "9120000000003"', b'"nib": 9120000000003'),
    "no primary key": HEADER_VALUE.replace(b'"idoss": 3', b'"idoss": null'),
    "too large": HEADER_VALUE.replace(b'"idoss": 3', b'"idoss": 9223372036854775808'),
    "NUL": HEADER_VALUE.replace(b'"rt_rw_perseroan": ""', b'"rt_rw_perseroan": "PT\\u0000Rahasia"').replace(
        b'"nama_perseroan": "', b'"nama_perseroan": "PT\\u0000Rahasia'
    ),
    "no sequence": HEADER_VALUE.replace(b'"sequence"', b'"sequences"'),
    "sequence of words": HEADER_VALUE.replace(rb'"sequence": "[\"', rb'"sequence": "[\"PT Rahasia'),
    "negative sequence": HEADER_VALUE.replace(rb'"sequence": "[\"', rb'"sequence": "[\"-'),
    "huge sequence": HEADER_VALUE.replace(rb'"sequence": "[\"', rb'"sequence": "[\"99999999999999'),
    "no row before": HEADER_VALUE.replace(b'"before": {', b'"before": null, "befor": {'),
    "no row after": HEADER_VALUE.replace(b'"after": {', b'"after": null, "aft": {'),
    "time before time": HEADER_VALUE.replace(b'"ts_ms": ', b'"ts_ms": -'),
}


@pytest.mark.parametrize("value", SPOILT.values(), ids=SPOILT.keys())
def test_a_spoilt_event_is_malformed_and_says_why_without_values(value: bytes | None) -> None:
    (event,) = DECODER.decode("oss.public.tr_oss_header", FakeRecord(9, b"{}", value))
    assert isinstance(event, Malformed)
    assert (event.table, event.offset, event.key, event.value) == ("tr_oss_header", 9, b"{}", value)
    assert event.reason
    assert event.reason.isprintable()
    assert "Rahasia" not in event.reason


def test_a_number_that_is_none_passes_where_the_connector_writes_it_as_text() -> None:
    line = next(line for stem, line in LINES if stem == "numbers_and_timestamps" and "produk" in line["topic"])
    line = json.loads(json.dumps(line))
    for text, kind in (("NaN", Change), ("-Infinity", Change), ("banyak", Malformed)):
        line["value"]["after"]["tkdn"] = text
        assert isinstance(decoded(line)[0], kind)


def test_a_backslash_before_u0000_is_no_nul() -> None:
    value = HEADER_VALUE.replace(b'"nama_perseroan": "', b'"nama_perseroan": "\\\\u0000')
    (event,) = DECODER.decode("oss.public.tr_oss_header", FakeRecord(0, None, value))
    assert isinstance(event, Change)


TOPICS = st.sampled_from([*(f"oss.public.{name}" for name in KEYS), "oss.selaras.heartbeat", "oss.message", "", "x"])
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["c", "[]", "t"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["op", "source", "before", "after", "table", "ts_ms", "sequence"]), inner)
    ),
    max_leaves=12,
)


@given(topic=TOPICS, value=st.none() | st.binary(max_size=60) | ANY_JSON.map(lambda v: json.dumps(v).encode()))
def test_no_bytes_raise(topic: str, value: bytes | None) -> None:
    for event in DECODER.decode(topic, FakeRecord(0, value, value)):
        assert isinstance(event, Change | Truncated | Beat | Malformed)


@given(seed=st.integers(0, 2**32), cuts=st.integers(1, 4))
def test_no_damage_to_a_real_event_raises(seed: int, cuts: int) -> None:
    chosen = random.Random(seed)
    _, line = chosen.choice(LINES)
    value = bytearray(json.dumps(line["value"]).encode())
    for _ in range(cuts):
        at = chosen.randrange(len(value))
        value[at : at + chosen.choice((0, 1, 9))] = bytes(chosen.randrange(256) for _ in range(chosen.randrange(3)))
    for event in DECODER.decode(line["topic"], FakeRecord(0, None, bytes(value))):
        assert isinstance(event, Change | Truncated | Beat | Malformed)
