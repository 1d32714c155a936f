"""The generated functions say what plain evaluation says, for every mapping file, whatever the rows hold."""

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.ddl_tables import DdlColumn, ddl_tables
from streams.adapters.files.mapping_files import read_mapping
from streams.adapters.files.reference_files import read_reference
from streams.projection import remembered
from streams.projection.catalog import Catalog, ColumnType, Table
from streams.projection.compute import CompiledProjection
from streams.projection.converters import CONVERTERS, IdentityKeys, Refusal
from streams.projection.declaration import DELETED_AT, Input, Projection, Source, Term
from streams.projection.generated import generated
from streams.projection.order import in_order
from streams.projection.remembered import Runs
from streams.projection.shortcuts import NAMES, shortcut
from streams.projection.virtual import table_of
from tests.conftest import ROOT
from tests.unit.plain_projection import PlainProjection, plain_keys

SCHEMAS = ROOT / "schemas"
NUMBERS = re.compile(r"\((\d+)(?:,(\d+))?\)")
KEYS = IdentityKeys(bytes(32), bytes(range(64)), "v1")
PROJECTIONS = in_order(read_mapping(SCHEMAS / "mapping").projections)


def _kind(column: DdlColumn) -> ColumnType:
    found = NUMBERS.search(column.sql)
    first, second = (int(n) if n else None for n in found.groups()) if found else (None, None)
    if column.sql.startswith("numeric"):
        return ColumnType("numeric", not column.required, None, first, second)
    return ColumnType(column.sql, not column.required, first)


def _target() -> Catalog:
    tables = ddl_tables(SCHEMAS / "target", "rba").values()
    return Catalog({t.name: Table(t.name, {n: _kind(c) for n, c in t.columns.items()}) for t in tables})


REFERENCE = replace(read_reference(SCHEMAS / "reference").reference, identity=KEYS)
TABLES = {p.target: table for p in PROJECTIONS if (table := table_of(p, _target())) is not None}
PLAIN = {p.target: PlainProjection(p, TABLES[p.target], REFERENCE) for p in PROJECTIONS}

ODD = [None, "", "-", "--", " ", "null", "0000-00-00", " a ", "a  b", "&amp;", "<br>", "é", "Ã©", "\0", "\n", "\ud800"]
CODES = ["0", "1", "2", "01", "02", "03", "04", "10", "13", "17", "21", "Y", "N", "SS", "PT", "WNI", "ID", "4.0", "R"]
NUMERALS = ["9999000000017", "123456789012", "3171234567890123", "3171235504900001", "99999", "62011", "0812345678"]
DATES = [
    "2019-03-04",
    "2019-03-04Z",
    "04/03/2019",
    "20190304",
    "2019-03-04T10:11:12Z",
    "2019-03-04 10:11",
    "31/02/2019",
]
LONG = ["x" * 13, "x" * 45, "x" * 255, "x" * 300, "é" * 255, "9" * 15, "1.234,50", "100.00", "-1", "2147483647"]
NUMERIC = [
    0,
    1,
    -1,
    2**63,
    0.0,
    -0.0,
    1.0,
    1.5,
    float("nan"),
    float("inf"),
    True,
    False,
    Decimal("1.0"),
    Decimal("1.00"),
]
WIDTHS = sorted({kind.length for table in TABLES.values() for kind in table.columns.values() if kind.length})
EXACT = ["x" * (width + more) for width in WIDTHS for more in (0, 1)]
VALUES = (
    st.sampled_from([*ODD, *CODES, *NUMERALS, *DATES, *LONG, *NUMERIC]) | st.sampled_from(EXACT) | st.text(max_size=8)
)
GONE = st.sampled_from([None, None, None, "2020-01-01T00:00:00.000Z", "2021-01-01T00:00:00.000Z"])
ROW_KEYS = st.sampled_from([*NUMERALS, "a|b", "a|01|2019-03-04 10:11:12", "\\|", "", " 1", "\x85", "x" * 30])
LOOKED_UP = st.sampled_from([None, "", "01", "R", "UTAMA", 1, True, Decimal("5.00"), "x" * 300])


@pytest.fixture(scope="module")
def compiled() -> Iterator[dict[str, CompiledProjection]]:
    """Compiled once, so that rules remember from one example to the next; they forget and judge soon."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(remembered, "MOST", 8)
        yield {p.target: CompiledProjection(p, TABLES[p.target], REFERENCE) for p in PROJECTIONS}


@st.composite
def source_rows(draw: st.DrawFn, declaration: Projection) -> dict[str, list[dict[str, object]]]:
    """No row or a few of every source; the columns of "newest" hold texts, as a column's values compare."""
    rows = {}
    for source in declaration.sources:
        ordered = {order.column for order in source.newest if order.rule is None}
        columns = {
            name: st.sampled_from([None, *DATES, *CODES]) if name in ordered else VALUES
            for name in declaration.columns_read(source.name)
        }
        whole = st.fixed_dictionaries({**columns, DELETED_AT: GONE})
        if source.active:
            whole |= whole.map(lambda row, at=source.active: {**row, at[0]: at[1]})
        rows[source.name] = draw(st.lists(whole, max_size=draw(st.sampled_from([0, 1, 1, 3]))))
    return rows


@st.composite
def looked_up(draw: st.DrawFn, declaration: Projection) -> dict[str, dict[str, object]]:
    """A row of each look-up, of some or of none."""
    found = {}
    for lookup in declaration.lookups:
        if draw(st.sampled_from([True, True, True, False])):
            found[lookup.name] = {name: draw(LOOKED_UP) for name in TABLES[lookup.projection].columns}
    return found


@pytest.mark.parametrize("name", [p.target for p in PROJECTIONS])
@given(data=st.data())
def test_generated_and_plain_say_the_same(name: str, data: st.DataObject, compiled: dict[str, CompiledProjection]):
    ready, plain = compiled[name], PLAIN[name]
    rows = data.draw(source_rows(plain.declaration))
    key, found = data.draw(ROW_KEYS), data.draw(looked_up(plain.declaration))
    chosen, expected = ready.choose(rows), plain.choose(rows)
    assert repr(sorted(map(_sorted, chosen.items()))) == repr(sorted(map(_sorted, expected.items())))
    references = {lookup.name: wanted for lookup, wanted in ready.lookup_keys(key, chosen)}
    assert references == plain.references(key, chosen)
    # Texts are compared: to Python, 1 and True, and 1.0 and 1.00, are equal.
    assert repr(ready.compute(key, chosen, found)) == repr(plain.compute(key, chosen, found))


def _sorted(pair: tuple[str, object]) -> tuple[str, list[tuple[str, object]]]:
    name, row = pair
    return name, sorted(row.items())  # type: ignore[attr-defined]


DERIVED = [(p.target, source) for p in PROJECTIONS for source in p.sources if source.is_derived]
TEXTS = VALUES | st.sampled_from(["?a", "a|b", "a\\b", "|", "\\", "?"])


@pytest.mark.parametrize(("name", "source"), DERIVED, ids=lambda one: getattr(one, "name", one))
@given(data=st.data())
def test_derived_keys_are_those_of_the_rules(
    name: str, source: Source, data: st.DataObject, compiled: dict[str, CompiledProjection]
) -> None:
    row = data.draw(st.fixed_dictionaries(dict.fromkeys(source.key_columns, TEXTS)))
    maker, expected = compiled[name].key_makers[source.name], plain_keys(source, REFERENCE, row, "7")
    assert maker.keys(row, "7") == expected
    columns = data.draw(st.permutations([*row, "another"]))
    held = tuple(None if row.get(column) is None else str(row[column]) for column in columns)
    assert maker.keys_of_held(tuple(columns))(held, "7") == expected


OF_SHORTCUTS = {"  ", "&", "<", "1", "3", "4"}


@pytest.mark.parametrize("declaration", PROJECTIONS, ids=lambda p: p.target)
def test_the_text_holds_no_word_of_the_mapping(declaration: Projection) -> None:
    text = generated(declaration, TABLES[declaration.target], REFERENCE, Runs()).text
    code = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    texts = {found for line in code for found in re.findall(r'"([^"]*)"', line)}
    assert texts <= {"KEY", "blanks around the key"} | OF_SHORTCUTS


SHORT = [
    Term("COPY", (Input("a", "b"),)),
    Term("NULL0", (Input("a", "b"),)),
    Term("NIB13", (Input("a", "b"),)),
    Term("TXT", (Input("a", "b"),)),
    Term("TXT", (Input("a", "b"),), {"max_length": 5}),
    Term("UUID5", (Input("a", "b"),), {"namespace": "n"}),
    Term("TEKS_RUSAK", (Input("a", "b"),)),
    Term("MUNGKIN_TERPOTONG", (Input("a", "b"),), {"panjang": 13}),
]


@pytest.mark.parametrize("term", SHORT, ids=lambda term: term.rule)
@given(text=VALUES.filter(lambda value: isinstance(value, str)))
def test_a_shortcut_says_what_its_rule_says(term: Term, text: str) -> None:
    short = shortcut(term, None)
    assert short is not None
    try:
        expected: object = CONVERTERS[term.rule].call(REFERENCE, term.arguments, text)
    except Refusal:
        expected = Refusal
    assert CONVERTERS[term.rule].call(REFERENCE, term.arguments, None) is None
    names = {"x": text, "CALL": short.call, **NAMES}
    if eval(short.given, names):
        assert eval(short.value, names) == expected
