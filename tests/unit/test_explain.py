"""Where a key's values come from: what is written down, that it is what was computed, and what of it may be shown."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.projection.catalog import ColumnType, Table
from streams.projection.choose import SourceRow
from streams.projection.compute import CompiledProjection
from streams.projection.converters import Reference
from streams.projection.curtain import Curtain
from streams.projection.declaration import DELETED_AT, Input
from streams.projection.explain import Trace, TracedColumn, Verdict, trace
from streams.projection.outcome import OutcomeKind
from streams.projection.parse import parse_projection
from streams.services.telling import key_rule, rule_name
from tests.unit.test_projection import COMPILED, DECLARATION, FOUND, KEY, row

PARENT = parse_projection(
    {
        "target": "induk",
        "key": {"column": "id", "rule": "COPY"},
        "sources": {"s": {"table": "t", "key": "k"}},
        "columns": {"kelas": {"rule": "TXT", "from": "s.kelas", "open": True}, "nama": {"rule": "TXT", "from": "s.n"}},
    },
    "induk.yaml",
)
PHONE, NIK = "081234567890", "9271010101900001"
NAMES: Any = st.sampled_from(["Satu", "", None, "terlalu panjang untuk kolom ini", "-"])
ROWS: Any = st.lists(
    st.fixed_dictionaries(
        {
            "nib": st.just(KEY),
            "aktif": st.sampled_from(["1", "0"]),
            "tgl": st.sampled_from(["2019-03-04", "31-02-2020", "04/03/2019", ""]),
            "urut": st.integers(1, 3),
            "ibu": st.just("i"),
            "nama": NAMES,
            "kode": st.sampled_from(["K", None]),
            "status": st.sampled_from(["1", "9", ""]),
            DELETED_AT: st.sampled_from([None, None, "2021-01-01T00:00:00.000Z"]),
        }
    ),
    max_size=4,
)


def traced(*rows: SourceRow, mikro: list[SourceRow] | None = None, found: Any = FOUND) -> Trace:
    """The trace of the key with these source rows."""
    return trace(COMPILED, KEY, {"utama": list(rows), "mikro": mikro or []}, found)


def column(told: Trace, name: str) -> TracedColumn:
    """One of its columns."""
    return next(one for one in told.columns if one.column.name == name)


def verdicts(told: Trace, name: str) -> list[Verdict]:
    """What the terms of a column came to."""
    return [term.verdict for term in column(told, name).terms]


def micro(name: str | None) -> SourceRow:
    """A row of the lesser source."""
    return {"nib": KEY, "nama": name, DELETED_AT: None}


def test_each_term_tells_what_it_came_to() -> None:
    told = traced(row(nama="", status="9"), mikro=[micro("Dua")])
    assert verdicts(told, "nama") == [Verdict.NOTHING, Verdict.GAVE]
    assert column(told, "nama").terms[1].inputs == ((Input("mikro", "nama"), "Dua"),)
    assert column(told, "nama").value == "Dua"
    assert verdicts(told, "status") == [Verdict.REFUSED, Verdict.UNREACHED]
    assert column(told, "status").terms[0].reason
    assert column(told, "status").giver is None
    assert column(told, "nib").terms[0].inputs == ((Input("", ""), KEY),)
    alone = traced(row())
    assert verdicts(alone, "nama") == [Verdict.GAVE, Verdict.UNREACHED]
    assert [(t.verdict, t.reason) for t in column(alone, "asal").terms] == [(Verdict.IDLE, "mikro has no row")]


def test_a_look_up_tells_its_key_and_whether_the_row_was_there() -> None:
    (found,) = traced(row()).lookups
    assert (found.lookup.projection, found.key, found.is_found) == ("induk", "i", True)
    assert column(traced(row()), "induk_id").terms[0].inputs == ((Input("induk", "id"), "i-1"),)
    missing = traced(row(), found={})
    assert [one.is_found for one in missing.lookups] == [False]
    assert missing.outcome.kind is OutcomeKind.WAITING
    assert column(missing, "induk_id").terms[0].reason == "induk was not found"


def test_rows_tell_why_they_speak_or_not() -> None:
    old, new = row(urut=1), row(urut=2)
    gone = row(**{DELETED_AT: "2021-01-01T00:00:00.000Z", "urut": 9})
    off = row(aktif="0", urut=8)
    told = traced(old, new, gone, off).rows["utama"]
    assert [(one.standing, one.is_chosen, one.why) for one in told] == [
        ("live", False, "behind by urut"),
        ("live", True, "first by urut"),
        ("deleted", False, "behind by standing"),
        ("not active", False, "behind by standing"),
    ]
    assert [one.why for one in traced(row()).rows["utama"]] == ["the only one"]
    assert [one.is_chosen for one in traced(row(), row()).rows["utama"]] == [True, False]


def test_a_key_without_rows_runs_nothing() -> None:
    told = traced()
    assert (told.outcome.kind, told.columns, told.lookups) == (OutcomeKind.ABSENT, (), ())


@settings(max_examples=200)
@given(ROWS, st.lists(NAMES.map(micro), max_size=2), st.booleans())
def test_what_is_told_is_what_is_computed(rows: list[SourceRow], mikro: list[SourceRow], is_there: bool) -> None:
    found = FOUND if is_there else {}
    sources = {"utama": rows, "mikro": mikro}
    told, chosen = trace(COMPILED, KEY, sources, found), COMPILED.choose(sources)
    assert told.outcome == COMPILED.compute(KEY, chosen, found)
    if told.outcome.row is not None:
        assert {one.column.name: one.value for one in told.columns} == told.outcome.row
    for name, source_rows in told.rows.items():
        speaking = [one.row for one in source_rows if one.is_chosen]
        assert speaking == ([chosen[name]] if name in chosen else [])


def curtain(known: tuple[str, ...] = (), *, reveal: bool = False) -> Curtain:
    """What may be shown of the projection."""
    return Curtain(DECLARATION, {"induk": PARENT}, known, reveal)


def test_a_curtain_hides_what_no_file_calls_open() -> None:
    hidden = curtain()
    assert hidden.read(Input("utama", "nama"), "Budi", is_open=False) == "x{4}"
    assert hidden.read(Input("utama", "kode"), "K-1", is_open=True) == "K-1"
    assert hidden.read(Input("utama", "kode"), PHONE, is_open=True) == "#" * 12
    assert hidden.read(Input("utama", "kode"), NIK, is_open=True) == "#" * 16
    assert hidden.read(Input("utama", "nama"), None, is_open=False) is None
    assert hidden.read(Input("", "2"), "PEMROSES", is_open=False) == "PEMROSES"
    assert hidden.read(Input("utama", DELETED_AT), "2021-01-01", is_open=False) == "2021-01-01"
    assert hidden.read(Input("induk", "id"), "i-123456789012", is_open=False) == "i-123456789012"
    assert hidden.read(Input("induk", "kelas"), "01", is_open=False) == "01"
    assert hidden.read(Input("induk", "nama"), "01", is_open=False) == "##"
    assert curtain((PHONE,)).read(Input("utama", "nama"), PHONE, is_open=False) == PHONE
    assert curtain(reveal=True).read(Input("utama", "nama"), "Budi", is_open=False) == "Budi"


def test_a_curtain_shows_what_the_mapping_file_gives_itself() -> None:
    told = traced(row(status=""), mikro=[micro("Dua")])
    origin, status, name = (column(told, one) for one in ("asal", "status", "nama"))
    assert curtain().given(origin.column, origin.giver, origin.value) == "MIKRO"
    assert curtain().held(origin.column, "MIKRO") == "x{5}"
    assert curtain().given(status.column, status.giver, status.value) == "01"
    assert curtain().given(name.column, name.giver, name.value) == "x{4}"
    assert curtain(reveal=True).given(name.column, name.giver, name.value) == "Satu"
    day = column(told, "tgl")
    assert curtain().held(day.column, day.value) == "2019-03-04"
    assert curtain().held(column(told, "nib").column, KEY) == KEY


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("nib", "nib"),
        ([{"rule": "AWALAN", "from": "id", "with": {"length": 21}}, "kbli"], "AWALAN length=21(id) | COPY(kbli)"),
    ],
)
def test_key_rules_are_said_in_words(content: Any, said: str) -> None:
    projection = parse_projection(
        {
            "target": "grup",
            "virtual": True,
            "key": {"column": "kunci", "rule": "COPY"},
            "sources": {"s": {"table": "t", "key": content}},
            "columns": {"n": [{"rule": "TXT", "from": "s.n", "unless": "s"}, {"value": 7, "when": "s"}]},
        },
        "grup.yaml",
    )
    assert key_rule(projection.sources[0]) == said
    assert [rule_name(term) for term in projection.columns[1].terms] == ["TXT unless s", "value 7 when s"]


def test_a_row_whose_key_is_refused_runs_nothing() -> None:
    projection = parse_projection(
        {
            "target": "anak",
            "key": {"column": "nib", "rule": "NIB13"},
            "sources": {"s": {"table": "t", "key": [{"rule": "NIB13", "from": "nib"}]}},
            "columns": {"nama": {"rule": "TXT", "from": "s.nama"}},
        },
        "anak.yaml",
    )
    table = Table("anak", {"nib": ColumnType("text", False), "nama": ColumnType("text")}, ("nib",))
    compiled = CompiledProjection(projection, table, Reference())
    told = trace(compiled, "?s:1", {"s": [{"nib": "123", "nama": "Budi", DELETED_AT: None}]}, {})
    assert (told.outcome.kind, told.columns) == (OutcomeKind.QUARANTINED, ())
    assert [one.is_chosen for one in told.rows["s"]] == [True]
