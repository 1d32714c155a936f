"""Which keys a change of an official list concerns: where the mapping reads its codes, what legacy rows call them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from streams.ports.reference import Place, Row
from streams.projection.declaration import Input, Projection, Source, Term

KBLI_INPUTS: Mapping[str, int] = {"KBLI": 0, "KBLI_ASAL": 0, "RISIKO": 0, "KBLI_TEKS": 0, "KUNCI_PROYEK": 1}
"""By rule that reads a business code: which of its inputs that is."""

REGION_INPUTS: Mapping[str, int] = {"WIL": 0, "WILAYAH_ASAL": 0}
"""Likewise for regions. Rules that only check a number's regency, as those of identity numbers do, are left out."""

_REUSED = "PAKAI_ULANG"


@dataclass(frozen=True, slots=True)
class Reach:
    """Where one projection reads codes. ``whole``: no other place is known of; else what is counted is too little."""

    places: tuple[Place, ...]
    whole: bool = True


def reaches(projections: Sequence[Projection], inputs: Mapping[str, int]) -> dict[str, Reach]:
    """By projection that reads codes through one of these rules, directly from its own legacy tables."""
    found = {}
    for projection in projections:
        read = [*_read(projection, inputs)]
        if read:
            places = dict.fromkeys(place for place in read if place is not None)
            found[projection.target] = Reach(tuple(places), None not in read)
    return found


def _read(projection: Projection, inputs: Mapping[str, int]) -> Iterator[Place | None]:
    """The places; None for a value that comes by way of another projection."""
    for given in _codes(projection.terms, inputs):
        yield from _places(projection, given)
    for source in projection.sources:
        for given in _codes(source.parts, inputs):
            yield _place(projection, source, given.column)


def _codes(terms: Sequence[Term], inputs: Mapping[str, int]) -> Iterator[Input]:
    for term in terms:
        at = inputs.get(term.rule)
        if at is not None and at < len(term.inputs) and not term.inputs[at].is_pseudo:
            yield term.inputs[at]


def _places(projection: Projection, given: Input) -> Iterator[Place | None]:
    if not given.is_key:
        source = next((s for s in projection.sources if s.name == given.source), None)
        yield None if source is None else _place(projection, source, given.column)
        return
    for source in projection.sources:
        if not source.is_derived:
            yield _place(projection, source, source.key)
        elif given.column and int(given.column) <= len(source.parts):
            part = source.parts[int(given.column) - 1]
            yield from (_place(projection, source, one.column) for one in part.inputs)
        else:
            yield None


def _place(projection: Projection, source: Source, column: str) -> Place:
    return Place(source.table, column, source.key, f"{projection.target}.{source.name}")


def kbli_codes(changed: Collection[str], conversion: Sequence[Row]) -> frozenset[str]:
    """What legacy rows hold for changed codes ("2020 55193"): codes of 2017 that changed or lead to a changed code of
    2020, and codes that were used again, since their title of 2020 is read; also without a lost leading zero.
    """
    codes = {key.removeprefix("2017 ") for key in changed if key.startswith("2017 ")}
    for row in conversion:
        read = {row["code_2020"], row["code_2017"]} if row["kind"] == _REUSED else {row["code_2020"]}
        if any(f"2020 {code}" in changed for code in read):
            codes.add(row["code_2017"])
    return frozenset(codes | {code[1:] for code in codes if code.startswith("0")})


def region_codes(changed: Collection[str]) -> frozenset[str]:
    """What legacy rows hold for changed regions: ten digits."""
    return frozenset(code.replace(".", "").ljust(10, "0") for code in changed)
