"""Lines of the plugin, as a server of version 18 wrote them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.adapters.databases.decoded_lines import changed, committed_at

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)))


def keys(line: str, *columns: str) -> set[str | None]:
    found = changed(line)
    assert found is not None
    return set(found.keys(columns))


@pytest.mark.parametrize(
    ("line", "columns", "found"),
    [
        (
            "table rba.nib: INSERT: nib[character]:'9999000000017' versi[bigint]:1 ok[boolean]:true",
            ["nib"],
            {"9999000000017"},
        ),
        ("table rba.a: INSERT: edisi[smallint]:2017 kode[character]:'01111'", ["edisi", "kode"], {"2017|01111"}),
        ("table rba.a: UPDATE: id[uuid]:'u' t[text]:'it''s' x[integer[]]:'{1,2}'", ["id"], {"u"}),
        ("table rba.a: UPDATE: old-key: id[integer]:1 new-tuple: id[integer]:2 t[text]:null", ["id"], {"1", "2"}),
        ("table rba.a: UPDATE: t[text]:' new-tuple: id[integer]:9' id[integer]:2", ["id"], {"2"}),
        ("table rba.a: UPDATE: id[integer]:2 t[text]:unchanged-toast-datum b[bit]:B'101'", ["id"], {"2"}),
        ("table rba.a: DELETE: id[character varying]:'x: y'", ["id"], {"x: y"}),
        ("table rba.a: DELETE: (no-tuple-data)", ["id"], {None}),
        ("table mirror.oss_iumk: DELETE: _content[uuid]:'u'", ["nib"], {None}),
        ("table mirror.oss_iumk: INSERT: nib[text]:null _content[uuid]:'u'", ["nib"], {""}),
        ("table rba.a: INSERT: x[integer]:1", [], {None}),
        ('table rba."A: ""b""": INSERT: "I d"[integer]:-1.5', ["I d"], {"-1.5"}),
    ],
)
def test_the_key_of_a_row(line: str, columns: list[str], found: set[str | None]) -> None:
    assert keys(line, *columns) == found


def test_a_truncate_names_every_table() -> None:
    found = changed('table rba.a, rba."b.c": TRUNCATE: restart_seqs cascade')
    assert found is not None
    assert (found.tables, found.operation) == ((("rba", "a"), ("rba", "b.c")), "TRUNCATE")
    assert set(found.keys(["id"])) == {None}


def test_times_of_commits_and_other_lines() -> None:
    at = datetime(2026, 11, 24, 22, 3, 52, 123456, UTC)
    assert committed_at("COMMIT (at 2026-11-24 22:03:52.123456+00)") == at
    assert committed_at("BEGIN") is None
    assert changed("BEGIN") is None
    assert changed("message: transactional: 1 prefix: table rba.a: INSERT:, sz: 4 content:x") is None


@given(TEXTS, TEXTS)
def test_no_value_can_pass_for_anything_else(key: str, value: str) -> None:
    quoted = [text.replace("'", "''") for text in (value, key)]
    line = "table rba.a: INSERT: t[text]:'{}' id[text]:'{}' n[integer]:1".format(*quoted)
    assert keys(line, "id", "n") == {f"{key}|1"}
