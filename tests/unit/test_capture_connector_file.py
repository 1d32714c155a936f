"""The connector's configuration and what Connect answers."""

import json
from pathlib import Path

import pytest

from streams.adapters.debezium.connect_client import committed_offset
from streams.adapters.debezium.connector_file import read_connector
from streams.bootstrap.capture import capture_plan
from streams.errors import SelarasError
from streams.ports.capture import CommittedOffset
from streams.settings import load_settings

ROOT = Path(__file__).parents[2]


def test_placeholders_are_filled_and_secrets_stay_references(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    path.write_text('{"a": "{{host}}:{{port}}", "password": "${dir:{{folder}}:role}"}')
    found = read_connector(path, {"host": "h", "port": "1", "folder": '/with "quotes"'})
    assert found == {"a": "h:1", "password": '${dir:/with "quotes":role}'}


@pytest.mark.parametrize(
    ("text", "part"),
    [("{{", "not JSON"), ('{"a": "{{x}}{{y}}"}', "x, y"), ('{"a": 1}', "texts"), ("[]", "one object")],
)
def test_a_faulty_file_is_named_with_its_fault(tmp_path: Path, text: str, part: str) -> None:
    path = tmp_path / "c.json"
    path.write_text(text)
    with pytest.raises(SelarasError, match=part) as caught:
        read_connector(path, {})
    assert str(path) in caught.value.sentence


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SelarasError, match="cannot be read"):
        read_connector(tmp_path / "none.json", {})


def test_the_shipped_file_keeps_the_promises_of_capture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    plan = capture_plan(load_settings({}))
    assert len(plan.legacy_tables) == 12
    assert plan.config["tombstones.on.delete"] == "false"
    assert plan.config["skipped.operations"] == "none"
    assert plan.config["publication.autocreate.mode"] == "disabled"
    assert plan.config["producer.override.enable.idempotence"] == "true"
    assert "slot.stream.params" not in plan.config
    assert "transforms" not in plan.config
    assert plan.config["database.password"].startswith("${dir:/")
    for table in ("public.tr_oss_header", "public.oss_iumk"):
        assert plan.message_keys[table] == ("nib",)


def test_every_setting_of_the_shipped_file_is_explained() -> None:
    settings = json.loads((ROOT / "connectors" / "legacy-postgres.json").read_text(encoding="utf-8"))
    page = (ROOT / "connectors" / "README.md").read_text(encoding="utf-8")
    assert [name for name in settings if f"`{name}`" not in page] == []


@pytest.mark.parametrize(
    ("offset", "expected"),
    [
        ({"lsn": 5, "snapshot": "INITIAL", "snapshot_completed": False}, CommittedOffset(None, True, False)),
        ({"lsn": 9, "lsn_commit": 7, "messageType": "COMMIT"}, CommittedOffset(7, False, False)),
        ({"lsn_commit": 7, "snapshot": "BLOCKING", "snapshot_completed": False}, CommittedOffset(7, False, False)),
        ({"lsn_commit": 7, "incremental_snapshot_collections": "[]"}, CommittedOffset(7, False, True)),
    ],
)
def test_offsets_are_read_by_their_commit(offset: dict[str, object], expected: CommittedOffset) -> None:
    assert committed_offset(offset) == expected
