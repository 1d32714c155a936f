"""The pure function: which row speaks, what becomes of a key, who is computed when."""

from datetime import date
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.projection.catalog import ColumnType, Table
from streams.projection.choose import SourceRow, chooser
from streams.projection.compute import CompiledProjection
from streams.projection.converters import Reference
from streams.projection.declaration import DELETED_AT, Claim, Input, Ordering, Projection, Source
from streams.projection.order import Dependent, dependents, in_order
from streams.projection.outcome import ABSENT, Fault, Outcome, OutcomeKind, Waits
from streams.projection.parse import parse_projection

REFERENCE = Reference(codes={"L": {"1": "01"}})
CONTENT = {
    "target": "anak",
    "key": {"column": "nib", "rule": "NIB13"},
    "sources": {
        "utama": {
            "table": "lama",
            "key": "nib",
            "active": {"column": "aktif", "equals": "1"},
            "newest": [{"column": "tgl", "rule": "TGL"}, "urut"],
        },
        "mikro": {"table": "kecil", "key": "nib"},
    },
    "lookups": {"induk": {"projection": "induk", "key": "utama.ibu"}},
    "claims": [{"column": "kode", "prefer": ["tgl", "nib"]}],
    "columns": {
        "induk_id": {"lookup": "induk.id"},
        "nama": [{"rule": "TXT", "from": "utama.nama"}, {"rule": "TXT", "from": "mikro.nama"}],
        "kode": {"rule": "TXT", "from": "utama.kode", "open": True},
        "tgl": {"rule": "TGL", "from": "utama.tgl", "open": True},
        "status": [{"rule": "CODE", "from": "utama.status", "with": {"list": "L"}, "open": True}, {"value": "01"}],
        "asal": {"value": "MIKRO", "when": "mikro"},
        "hapus": {"commit_time": True, "terms": [{"rule": "COPY", "from": "utama._deleted_at"}]},
    },
}
TEXT = ColumnType("character varying", True, 12)
REQUIRED = ColumnType("character varying", False, 12)
TABLE = Table(
    "anak",
    {
        "nib": ColumnType("character", False, 13),
        "induk_id": REQUIRED,
        "nama": REQUIRED,
        "kode": TEXT,
        "tgl": ColumnType("date"),
        "status": TEXT,
        "asal": TEXT,
        "hapus": TEXT,
    },
    ("nib",),
)
DECLARATION = parse_projection(CONTENT, "anak.yaml")
COMPILED = CompiledProjection(DECLARATION, TABLE, REFERENCE)
KEY = "9999000000017"
FOUND = {"induk": {"id": "i-1"}}


def row(**values: object) -> SourceRow:
    """A live row of the main source."""
    sound = {"nib": KEY, "aktif": "1", "tgl": "2019-03-04", "urut": 1, "ibu": "i", "nama": "Satu", "kode": "K"}
    return {**sound, "status": "1", DELETED_AT: None, **values}


def computed(
    *rows: SourceRow, mikro: list[SourceRow] | None = None, found: dict[str, dict[str, str]] = FOUND
) -> Outcome:
    """The outcome of the key with these source rows."""
    chosen = COMPILED.choose({"utama": rows, "mikro": mikro or []})
    return COMPILED.compute(KEY, chosen, found)


def test_parsing_keeps_everything() -> None:
    assert (DECLARATION.target, DECLARATION.key_column, DECLARATION.file) == ("anak", "nib", "anak.yaml")
    assert DECLARATION.source("utama") == Source(
        "utama", "lama", "nib", ("aktif", "1"), (Ordering("tgl", "TGL"), Ordering("urut"))
    )
    assert DECLARATION.claims == (Claim("kode", ("tgl", "nib")),)
    assert DECLARATION.lookups[0].key == Input("utama", "ibu")
    by_name = {column.name: column for column in DECLARATION.columns}
    assert list(by_name) == ["nib", *CONTENT["columns"]]
    assert [term.inputs for term in by_name["nama"].terms] == [(Input("utama", "nama"),), (Input("mikro", "nama"),)]
    assert by_name["asal"].terms[0].when == "mikro"
    assert by_name["status"].terms[0].arguments == {"list": "L"}
    assert by_name["hapus"].commit_time
    with pytest.raises(KeyError):
        DECLARATION.source("lain")


def test_one_closed_term_closes_the_column() -> None:
    opened = {"rule": "TXT", "from": "utama.kode", "open": True}
    closed = {"rule": "TXT", "from": "utama.nama"}
    for terms, expected in (
        (opened, True),
        ([opened, {"value": 1}], True),
        ([opened, closed], False),
        (closed, False),
        ({"value": 1}, False),
        ({"open": True, "terms": [closed]}, True),
    ):
        column = parse_projection({**CONTENT, "columns": {"kode": terms}}, "").columns[1]
        assert column.open is expected, terms


def test_a_projection_reads_only_what_its_function_reads() -> None:
    assert DECLARATION.columns_read("utama") == ("aktif", "ibu", "kode", "nama", "nib", "status", "tgl", "urut")
    assert DECLARATION.columns_read("mikro") == ("nama", "nib")


CHOICES = [
    (row(urut=2), row(urut=1)),
    (row(tgl="05/03/2019"), row(tgl="2019-03-04", urut=9)),
    (row(tgl="2019-03-04"), row(tgl="besok", urut=9)),
    (row(), row(aktif="0", tgl="2020-01-01")),
    (row(aktif="0"), row(**{DELETED_AT: "2020-01-01T00:00:00.000Z"}, tgl="2020-01-01")),
    (row(urut=1), row(urut=None)),
]


@pytest.mark.parametrize(("better", "worse"), CHOICES)
def test_active_before_live_before_deleted_then_the_newest(better: SourceRow, worse: SourceRow) -> None:
    choose = chooser(DECLARATION.source("utama"), REFERENCE)
    assert choose([better, worse]) == choose([worse, better]) == better


ROWS = st.builds(
    row,
    aktif=st.sampled_from(["1", "0", None]),
    tgl=st.sampled_from(["2019-03-04", "04/03/2019", "-", None]),
    urut=st.sampled_from([1.0, float("nan"), float("inf"), None]),
    nama=st.sampled_from(["Satu", "Dua"]),
)


@settings(max_examples=40)
@given(rows=st.lists(ROWS, min_size=1, max_size=4))
def test_the_choice_does_not_depend_on_the_order_of_reading(rows: list[SourceRow]) -> None:
    choose = chooser(DECLARATION.source("utama"), REFERENCE)
    assert len({repr(choose(list(order))) for order in permutations(rows)}) == 1


def test_a_sound_key_is_a_row() -> None:
    assert computed(row()) == Outcome(
        OutcomeKind.ROW,
        {
            "nib": KEY,
            "induk_id": "i-1",
            "nama": "Satu",
            "kode": "K",
            "tgl": date(2019, 3, 4),
            "status": "01",
            "asal": None,
            "hapus": None,
        },
    )


def test_the_first_term_with_a_value_wins() -> None:
    outcome = computed(row(nama=""), mikro=[{"nib": KEY, "nama": "Warung", DELETED_AT: None}])
    assert outcome.row is not None
    assert (outcome.row["nama"], outcome.row["asal"]) == ("Warung", "MIKRO")


def test_no_source_row_is_absent() -> None:
    assert computed() is ABSENT


def test_a_missing_parent_is_waited_for() -> None:
    outcome = computed(row(), found={})
    assert (outcome.kind, outcome.row, outcome.waits) == (OutcomeKind.WAITING, None, Waits("induk", "i"))
    without_reference = computed(row(ibu=None), found={})
    assert without_reference.waits == Waits("induk", "")


def test_a_refused_required_column_quarantines_the_key_even_while_it_waits() -> None:
    for found in (FOUND, {}):
        outcome = computed(row(nama="Nama yang panjang sekali"), found=found)
        assert (outcome.kind, outcome.row) == (OutcomeKind.QUARANTINED, None)
        assert [(f.column, f.rule) for f in outcome.faults] == [("nama", "FITS")]
    assert computed(row(nama="")).faults == (Fault("nama", "REQUIRED", "no value"),)


def test_a_refused_nullable_column_is_lost_alone() -> None:
    outcome = computed(row(tgl="31/02/2019", status="7"))
    assert outcome.kind is OutcomeKind.ROW
    assert outcome.row is not None
    assert (outcome.row["tgl"], outcome.row["status"]) == (None, None)
    assert [(f.column, f.rule, f.masked) for f in outcome.faults] == [
        ("tgl", "TGL", "31/02/2019"),
        ("status", "CODE", "7"),
    ]


def test_a_closed_value_is_masked() -> None:
    (fault,) = computed(row(nama="PT Sangat Rahasia")).faults
    assert (fault.rule, fault.masked) == ("FITS", "xx x{6} x{7}")
    (fault,) = computed(row(kode="Rahasia-12345")).faults
    assert fault.masked == "x{7}-#####"


@pytest.mark.parametrize("key", ["123", "", f" {KEY}", f"{KEY}\u00a0", "912000000000A"])
def test_a_key_that_means_no_row_is_quarantined(key: str) -> None:
    outcome = COMPILED.compute(key, {"utama": row(nib=key)}, FOUND)
    assert outcome.kind is OutcomeKind.QUARANTINED
    assert outcome.faults[0].column == "nib"
    assert COMPILED.key_value(key) is None


@given(key=st.text(max_size=15) | st.from_regex(r"\s?\d{13}\s?", fullmatch=True))
def test_two_keys_never_mean_one_row(key: str) -> None:
    assert COMPILED.key_value(key) in (None, key)


def test_a_lost_claim_takes_the_column_or_the_row() -> None:
    outcome = COMPILED.without(computed(row()), "kode")
    assert outcome.kind is OutcomeKind.ROW
    assert outcome.row is not None
    assert outcome.row["kode"] is None
    assert outcome.faults == (Fault("kode", "CLAIM", "the value belongs to another key", "K"),)
    strict = CompiledProjection(DECLARATION, Table("anak", {**TABLE.columns, "kode": REQUIRED}, ("nib",)), REFERENCE)
    lost = strict.without(computed(row()), "kode")
    assert (lost.kind, lost.row) == (OutcomeKind.QUARANTINED, None)


@settings(max_examples=20)
@given(rows=st.lists(ROWS, max_size=3))
def test_computing_twice_gives_the_same(rows: list[SourceRow]) -> None:
    assert computed(*rows) == computed(*rows)


def looking_up(target: str, *others: str) -> Projection:
    """A projection that looks these up by its own key."""
    lookups = {name: {"projection": name, "key": "key"} for name in others}
    return parse_projection({**CONTENT, "target": target, "lookups": lookups, "claims": []}, "")


def test_looked_up_projections_come_first_ties_by_name() -> None:
    found = in_order([looking_up("d", "c", "b"), looking_up("c", "a"), looking_up("b"), looking_up("a")])
    assert [p.target for p in found] == ["a", "b", "c", "d"]


def test_a_circle_is_named() -> None:
    with pytest.raises(ValueError, match="in a circle: a, b"):
        in_order([looking_up("a", "b"), looking_up("b", "a"), looking_up("c")])


def test_dependents_by_legacy_column_and_by_key() -> None:
    parent = looking_up("induk")
    found = dependents([parent, DECLARATION, looking_up("lain", "induk")])
    assert found["induk"] == (
        Dependent("anak", "induk", "lama", "ibu", "nib", frozenset({"id"})),
        Dependent("lain", "induk", None, None, None, frozenset({"id"})),
    )
    assert found["anak"] == ()
