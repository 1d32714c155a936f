"""What holds for every converter of the register, whatever a legacy column holds."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.projection.converters import CONVERTERS, IdentityKeys, Reference, Refusal
from streams.projection.converters.registry import converter

REFERENCE = Reference(
    kbli_conversion={"01111": ("01111",), "55194": ("55193",), "01441": ("01441", "01444"), "10000": ()},
    kbli_reused={"55194": "Vila"},
    kbli_titles_2020={"55194": "Apartemen hotel"},
    kbli_risk={"55193": "MR"},
    regions={"32.01": None, "92.71": "96.71"},
    codes={
        **{"L14": {"01": "01", "aktif": "01"}, "L3": {"n": ""}, "L18": {"11": "01"}, "L26": {"01": "01"}},
        **{"L4": {"01": "01", "paspor": "02"}, "L10": {"00": "00", "50": "50"}, "STATUS_KELOMPOK": {"50": "TERBIT"}},
        **{"L16": {"01": "01", "02": "02"}, "L21": {"01": "01", "02": "02", "03": "03"}, "L28": {"n": "N"}},
        **{"L27": {"02": "02"}, "JENIS_PERIZINAN": {"02 R": "NIB"}, "JENIS_LOKASI": {"01": "01", "y": "01"}},
        **{"KEWENANGAN": {"00": "00", "02": "02"}, "TINGKAT": {"11": "UTAMA"}},
    },
    identity=IdentityKeys(bytes(32), bytes(range(64)), "test"),
)
ARGUMENTS = {
    "CODE": {"list": "L14"},
    "UUID5": {"namespace": "nib"},
    "TGL": {"max_year": 2100},
    "COPY": {},
    "AWALAN": {"length": 21},
    "TXT": {"max_length": 255},
}
SEEN_IN_THE_WILD = [
    "-", "0000-00-00", "04/03/2019", "2019-03-04", "2019-03-04T10:11:12Z", "2019-03-04 10:11:12", "1.500.000", "Rp 1,5",
    "1.5E+9", "1e999", "999999999999999", "9999000000017", "99.800.123.4-999.000", "0998001234999000", "01111", "1111",
    "55194", "10000", "3201000000", "9271000000", "Y", "N", "1", "0", "01", "Aktif", "001/002", "081234567890", "a@b",
    "Apartemen hotel", "4.3", "<br>&amp;<", "&#0;&#xD800;", "a\x00b", "²", "٣", "\u00a0", "13", "21", "Ha", "İ@İ",
    "3201014512909001", "9271010512909001", "paspor", "X1234567", "-6.2,106.8", "106.8 -6,2", "0,0", "20190304",
    "2019-03-", "9999000000017, 9999000000025,", "No. 12", "1.250,5", "R", "MT", "50", "02", "03", "ID",
    "R-201903041011121234567",
]  # fmt: skip
ANYTHING = st.one_of(
    st.sampled_from(SEEN_IN_THE_WILD),
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([2**31 - 1, 2**63, 10**5000, -1]),
    st.floats(),
    st.text(max_size=40),
    st.text(alphabet="0123456789.,-/ :TZEeRp%+", max_size=24),
    st.text(alphabet="&amp;<br/> \x00\n", max_size=40),
)
STORABLE = (str, int, bool, Decimal, date, datetime, type(None))


def outcome(name: str, *values: object) -> object:
    """The value, or the refusal."""
    try:
        return CONVERTERS[name].call(REFERENCE, ARGUMENTS.get(name, {}), *values)
    except Refusal as refusal:
        return refusal


@pytest.mark.parametrize("name", sorted(CONVERTERS))
@given(data=st.data())
def test_every_value_ends_in_a_value_or_a_refusal(name: str, data: st.DataObject) -> None:
    entry = CONVERTERS[name]
    most = entry.least_inputs + 2 if entry.most_inputs is None else entry.most_inputs
    values = data.draw(st.lists(ANYTHING, min_size=entry.least_inputs, max_size=most))
    found = outcome(name, *values)
    if isinstance(found, Refusal):
        assert found.rule == name
        assert found.reason
    else:
        assert isinstance(found, tuple) == entry.many
        for one in found if isinstance(found, tuple) else (found,):
            assert isinstance(one, str if entry.many else STORABLE)
            if isinstance(one, str):
                assert "\0" not in one
                one.encode()
    assert outcome(name, *values) == found or isinstance(found, Refusal)


@pytest.mark.parametrize("name", sorted(CONVERTERS))
def test_a_refusal_never_tells_the_value(name: str) -> None:
    value = "Q7#z\x00secret\ud800"
    for count in range(1, 5):
        if CONVERTERS[name].accepts(count):
            found = outcome(name, *[value] * count)
            assert not isinstance(found, Refusal) or ("secret" not in str(found) and "Q7" not in str(found))


@pytest.mark.parametrize("name", sorted(CONVERTERS))
def test_missing_values_pass_or_become_the_declared_nothing(name: str) -> None:
    found = outcome(name, *[None] * CONVERTERS[name].least_inputs)
    assert found == {"UANG0": Decimal(0), "INT0": 0, "NPWP_STATUS": "BELUM_CEK", "DAFTAR_NIB": ()}.get(name)


@pytest.mark.parametrize(
    "name",
    [
        *("TXT", "NULL0", "TELP", "EMAIL", "NIB13", "KODE_POS", "KBLI_ASAL", "NPWP16", "NIK", "NOMOR_AKTA", "AWALAN"),
        *("WILAYAH_ASAL", "STATUS_IZIN", "KEWENANGAN"),
    ],
)
@given(value=ANYTHING)
def test_a_second_pass_changes_nothing(name: str, value: object) -> None:
    once = outcome(name, value)
    if not isinstance(once, Refusal):
        assert outcome(name, once) == once


def test_every_converter_is_documented_and_says_how_many_columns_it_takes() -> None:
    for entry in CONVERTERS.values():
        assert entry.doc
        assert entry.accepts(entry.least_inputs)
        assert entry.inputs is None or (entry.least_inputs, entry.most_inputs) == (entry.inputs, entry.inputs)
        assert not entry.accepts(0)
    assert [CONVERTERS["TOMBSTONE"].accepts(n) for n in (2, 3, 4, 5)] == [False, True, True, False]
    assert CONVERTERS["UUID5"].accepts(9)


def test_a_name_is_registered_once_and_with_the_right_number_of_columns() -> None:
    def two(_reference: Reference, _arguments: object, _one: object, _two: object) -> None:
        return None

    with pytest.raises(ValueError, match="UANG"):
        converter("UANG", inputs=2, reversible=False)(two)
    with pytest.raises(ValueError, match="NEW"):
        converter("NEW", inputs=1, reversible=False)(two)
    assert "NEW" not in CONVERTERS
