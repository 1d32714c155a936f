"""Rows of the official lists -> rows of our reference files, with every fault by its line; what differs."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from streams.ports.reference import Delivery, Line, Row

KBLI_COLUMNS = ("edisi", "kode", "judul", "kategori")
REGION_COLUMNS = ("kode", "nama")
REGION_EXTRAS = ("dasar", "berlaku_sampai", "kode_pengganti")
EDITIONS = ("2017", "2020", "2025")
_KBLI = re.compile(r"\d{5}", re.ASCII)
_HEADING = re.compile(r"[A-Z]|\d{2,4}", re.ASCII)
_CATEGORY = re.compile(r"[A-Z]", re.ASCII)
_REGION = re.compile(r"\d{2}(\.\d{2}(\.\d{2}(\.\d{4})?)?)?", re.ASCII)
_TITLE_LENGTH, _NAME_LENGTH, _BASIS_LENGTH = 500, 120, 60  # characters of the code tables' columns

Rows = dict[str, Row]
"""Key as it is shown ("2020 55193", "32.01") -> row."""


@dataclass(frozen=True, slots=True)
class Read:
    """What a delivered file holds. ``faults``: sentences with their line, all of them. ``lines``: line by key."""

    rows: Rows
    faults: tuple[str, ...]
    lines: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Differences:
    """Keys, in order. ``restated``: how many rows only name another legal basis."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    restated: int = 0


def kbli_key(row: Row) -> str:
    """How a row of ``kbli.csv`` is shown."""
    return f"{row['edition']} {row['code']}"


def read_kbli(delivery: Delivery) -> Read:
    """Rows for ``kbli.csv``; headings (a letter, two to four digits) are passed over."""

    def row(line: Line) -> Row | None:
        if _HEADING.fullmatch(line.cells["kode"].strip()):
            return None
        cells = {name: " ".join(line.cells[name].split()) for name in KBLI_COLUMNS}
        if cells["edisi"] not in EDITIONS:
            raise ValueError(f"edisi is one of {', '.join(EDITIONS)}")
        if not _KBLI.fullmatch(cells["kode"]):
            raise ValueError("kode is not made of five digits (a lost zero?)")
        if not _CATEGORY.fullmatch(cells["kategori"]):
            raise ValueError("kategori is not one capital letter")
        _check_length("judul", cells["judul"], _TITLE_LENGTH)
        return {
            "edition": cells["edisi"],
            "code": cells["kode"],
            "title": cells["judul"],
            "category": cells["kategori"],
        }

    return _read(delivery, KBLI_COLUMNS, row, kbli_key)


def read_regions(delivery: Delivery, basis: str) -> Read:
    """Rows for ``regions.csv``; ``basis`` is the legal basis of rows that name none."""

    def row(line: Line) -> Row:
        cells = {name: " ".join(line.cells.get(name, "").split()) for name in (*REGION_COLUMNS, *REGION_EXTRAS)}
        code, until, successor = cells["kode"], cells["berlaku_sampai"], cells["kode_pengganti"]
        if not _REGION.fullmatch(code):
            raise ValueError("kode is not dotted (PP.KK.CC.DDDD)")
        if not all(part.strip("0") for part in code.split(".")):
            raise ValueError("kode has a level of zeros")  # in ten digits it would be the region above
        _check_length("nama", cells["nama"], _NAME_LENGTH)
        _check_length("dasar (or the option for it)", cells["dasar"] or basis, _BASIS_LENGTH)
        if until and not _is_date(until):
            raise ValueError("berlaku_sampai is not a date (YYYY-MM-DD)")
        if successor == code:
            raise ValueError("the region succeeds itself")
        return {
            "code": code,
            "oss_code": code.replace(".", "").ljust(10, "0"),
            "name": cells["nama"],
            "level": str(code.count(".") + 1),
            "basis": cells["dasar"] or basis,
            "valid_until": until,
            "successor": successor,
        }

    read = _read(delivery, REGION_COLUMNS, row, lambda found: found["code"])
    faults = [f"line {read.lines[code]}: {sentence}" for code, sentence in _region_faults(read.rows)]
    return Read(read.rows, (*read.faults, *faults))


def _region_faults(rows: Rows) -> Iterator[tuple[str, str]]:
    for code, row in rows.items():
        successor = row["successor"]
        if successor and successor not in rows:
            yield code, "kode_pengganti is not in the file"
        elif successor and rows[successor]["successor"]:
            yield code, "kode_pengganti was replaced itself; name the code in force, since it is followed once"
        elif not successor and "." in code and code.rpartition(".")[0] not in rows:
            yield code, "the region above it is not in the file"


def _read(
    delivery: Delivery, columns: Sequence[str], row_of: Callable[[Line], Row | None], key_of: Callable[[Row], str]
) -> Read:
    missing = [name for name in columns if name not in delivery.columns]
    if missing:
        return Read({}, (f"line 1: the header lacks {', '.join(missing)}",))
    rows: Rows = {}
    faults = list(delivery.faults)
    lines: dict[str, int] = {}
    for line in delivery.lines:
        try:
            row = row_of(line)
        except ValueError as error:
            faults.append(f"line {line.number}: {error}")
            continue
        if row is None:
            continue
        key = key_of(row)
        if key in rows:
            faults.append(f"line {line.number}: the code stands in line {lines[key]} already")
        else:
            rows[key], lines[key] = row, line.number
    if not rows and not faults:
        faults.append("line 1: the file holds no code")
    return Read(rows, tuple(faults), lines)


def _check_length(name: str, text: str, most: int) -> None:
    if not text:
        raise ValueError(f"{name} is missing")
    if len(text) > most:
        raise ValueError(f"{name} is longer than {most} characters")


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def differences(before: Mapping[str, Row], after: Mapping[str, Row]) -> Differences:
    """What it takes to come from one list to the other."""
    common = [key for key in after if key in before]
    changed = [key for key in common if _but_basis(before[key]) != _but_basis(after[key])]
    restated = sum(before[key] != after[key] for key in common) - len(changed)
    return Differences(
        tuple(sorted(set(after) - set(before))),
        tuple(sorted(changed)),
        tuple(sorted(set(before) - set(after))),
        restated,
    )


def _but_basis(row: Row) -> Row:
    return {name: cell for name, cell in row.items() if name != "basis"}


def in_order(before: Sequence[str], after: Rows) -> list[Row]:
    """The rows as the file shall hold them: sorted if it was sorted; else who stays keeps its place, new ones last."""
    if list(before) == sorted(before):
        return [after[key] for key in sorted(after)]
    stay = [key for key in before if key in after]
    return [after[key] for key in (*stay, *sorted(set(after) - set(stay)))]
