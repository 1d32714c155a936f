"""What defects are made of: the reference sets' awkward codes."""

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from streams.adapters.demo.pools import Field


@dataclass(frozen=True, slots=True)
class Materials:
    """Codes of KBLI 2017 by how they convert, and regions that have a successor."""

    plain: tuple[Field, ...]  # same code and meaning in 2020
    reused: tuple[Field, ...]  # the meaning moved, and the code means something else now
    split: tuple[Field, ...]  # several codes of 2020: only a person may choose
    short: tuple[Field, ...]  # plain ones that lose their zero in a numeric column
    replaced: tuple[tuple[str, str], ...]  # ten-digit region code of 2019, dotted code of its successor
    convertible: frozenset[str]  # every code of 2017 that a machine may convert


def load_materials(reference: Path) -> Materials:
    """Read the reference sets in ``reference``."""
    titles = {row["code"]: row["title"] for row in _rows(reference / "kbli.csv") if row["edition"] == "2017"}
    conversions = _rows(reference / "kbli_conversion.csv")
    targets = Counter(row["code_2017"] for row in conversions)
    kinds: dict[str, list[Field]] = {}
    for row in conversions:
        code = row["code_2017"]
        if row["automatic"] == "true" and targets[code] == 1:
            kinds.setdefault(row["kind"], []).append(Field(code, titles[code], row["code_2020"]))
    split = sorted({row["code_2017"] for row in conversions if row["kind"] == "PECAH"})
    plain = tuple(kinds["TETAP"])
    return Materials(
        plain=plain,
        reused=tuple(kinds["PAKAI_ULANG"]),
        split=tuple(Field(code, titles[code], "") for code in split),
        short=tuple(field for field in plain if field.code[0] == "0" and field.code[1] != "0"),
        replaced=tuple(
            (row["oss_code"], row["successor"]) for row in _rows(reference / "regions.csv") if row["successor"]
        ),
        convertible=frozenset(field.code for fields in kinds.values() for field in fields),
    )


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
