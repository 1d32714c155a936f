"""Where the mapping reads codes of the official lists, and what legacy rows hold for codes that changed."""

from pathlib import Path

import pytest

from streams.adapters.files.mapping_files import read_mapping
from streams.ports.reference import Place
from streams.projection.converters import CONVERTERS
from streams.projection.declaration import Column, Input, Lookup, Projection, Source, Term
from streams.services.reference_reach import KBLI_INPUTS, REGION_INPUTS, Reach, kbli_codes, reaches, region_codes

SHIPPED = read_mapping(Path(__file__).parents[2] / "schemas" / "mapping").projections
KEY = Term("COPY", (Input("", ""),))


def declared(*terms: Term, sources: tuple[Source, ...], lookups: tuple[Lookup, ...] = ()) -> Projection:
    """A projection with these terms in one column."""
    return Projection("p", "kunci", sources, (Column("kunci", (KEY,)), Column("c", terms)), lookups)


def reach(projection: Projection) -> Reach:
    """Where it reads regions."""
    return reaches([projection], REGION_INPUTS)["p"]


def test_the_shipped_mapping_reads_business_codes_of_projects_and_products() -> None:
    assert reaches(SHIPPED, KBLI_INPUTS) == {
        "produk": Reach((Place("tr_oss_produk", "kbli", "id_produk", "produk.produk"),)),
        "proyek": Reach((Place("tr_oss_proyek", "kbli", "id_proyek", "proyek.proyek"),)),
        "proyek_awalan": Reach((Place("tr_oss_proyek", "kbli", "", "proyek_awalan.proyek"),)),
    }


def test_the_shipped_mapping_reads_regions_of_five_tables() -> None:
    found = reaches(SHIPPED, REGION_INPUTS)
    places = {name: [f"{p.table}.{p.column}" for p in one.places] for name, one in found.items()}
    assert places["perizinan"] == ["tr_oss_checklist.kd_daerah", "tr_oss_header.kd_daerah"]
    assert {"orang", "pelaku_usaha", "perizinan", "proyek_lokasi"} == found.keys()
    assert all(one.whole for one in found.values())


def test_every_rule_on_the_lists_is_counted() -> None:
    """Those that live beside the two conversions; and each names an input that the rule has."""
    modules = {"kbli": KBLI_INPUTS, "regions": REGION_INPUTS}
    for name, converter in CONVERTERS.items():
        listed = modules.get(converter.call.__module__.rpartition(".")[2])
        assert listed is None or name in listed
    assert {*KBLI_INPUTS, *REGION_INPUTS} <= CONVERTERS.keys()


def test_a_key_is_read_where_its_columns_are() -> None:
    plain = Source("a", "t_a", "daerah")
    derived = Source("b", "t_b", "", parts=(Term("COPY", (Input("b", "nib"),)), Term("COPY", (Input("b", "kode"),))))
    second, whole = Term("WIL", (Input("", "2"),)), Term("WIL", (Input("", ""),))
    there = Place("t_a", "daerah", "daerah", "p.a")
    assert reach(declared(second, sources=(plain, derived))) == Reach((there, Place("t_b", "kode", "", "p.b")))
    assert reach(declared(whole, sources=(plain,))) == Reach((there,))
    assert not reach(declared(whole, sources=(derived,))).whole


def test_a_code_of_a_looked_up_row_is_not_to_be_counted() -> None:
    """No row of the projection's own tables holds it."""
    source, lookup = Source("a", "t_a", "nib"), Lookup("l", "q", Input("a", "nib"))
    by_way = Term("WIL", (Input("l", "daerah"),))
    assert reach(declared(by_way, sources=(source,), lookups=(lookup,))) == Reach((), whole=False)


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({"2017 55194"}, {"55194"}),
        ({"2017 01441"}, {"01441", "1441"}),
        ({"2020 55193"}, {"55194"}),
        ({"2020 55194"}, {"55194"}),  # its title says whether a text means the new edition
        ({"2020 01441"}, set()),
        ({"2025 55194"}, set()),
        ({"2020 20000"}, {"01111", "1111"}),
        ({"2020 01111"}, set()),  # not used again: its title of 2020 is read by nobody
    ],
)
def test_codes_of_2017_that_a_change_concerns(changed: set[str], codes: set[str]) -> None:
    conversion = [
        {"code_2017": "55194", "code_2020": "55193", "kind": "PAKAI_ULANG"},
        {"code_2017": "01111", "code_2020": "20000", "kind": "PINDAH"},
    ]
    assert kbli_codes(changed, conversion) == codes


def test_regions_have_ten_digits_in_legacy_rows() -> None:
    assert region_codes({"32", "32.01", "32.01.02.2003"}) == {"3200000000", "3201000000", "3201022003"}
