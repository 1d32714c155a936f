"""People, places and business fields to draw from: Faker's Indonesian names, and the reference sets' codes."""

import csv
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Generic, TypeVar

from faker import Faker

T = TypeVar("T")


class Weighted(Generic[T]):
    """Things to draw with different likelihood."""

    def __init__(self, items: list[tuple[T, float]]) -> None:
        """Things with their weights."""
        self._things = [thing for thing, _ in items]
        self._sums = list(accumulate(weight for _, weight in items))

    def draw(self, luck: Random) -> T:
        """One of them."""
        return luck.choices(self._things, cum_weights=self._sums)[0]


@dataclass(frozen=True, slots=True)
class Field:
    """A business field of KBLI 2017; the code of 2020 where a machine can tell it."""

    code: str
    title: str
    converted: str


@dataclass(frozen=True, slots=True)
class Region:
    """A region by its ten-digit code, with names as people write them."""

    code: str
    name: str
    district: str


@dataclass(frozen=True, slots=True)
class Pools:
    """Everything that companies are made of."""

    people: tuple[str, ...]
    words: tuple[str, ...]
    streets: tuple[str, ...]
    villages: tuple[str, ...]
    fields: Weighted[Field]
    regions: Weighted[Region]


_SHARES = {"TETAP": 0.90, "PINDAH": 0.035, "GABUNG": 0.03, "PAKAI_ULANG": 0.03, "PECAH": 0.005}
_COMMON = {"47112": 9, "47111": 3, "56102": 5, "56103": 5, "47711": 3, "10794": 3, "96112": 2, "46339": 2, "47911": 3}
_CITIES = {"31": 6, "32": 5, "33": 3, "35": 4, "36": 3}


def load_pools(reference: Path, seed: int) -> Pools:
    """Read the reference sets in ``reference`` and draw the names with ``seed``."""
    faker = Faker("id_ID")
    faker.seed_instance(seed)
    people = tuple(f"{faker.first_name()} {faker.last_name()}" for _ in range(3000))
    words = tuple(sorted({faker.last_name() for _ in range(800)}))
    streets = tuple(faker.street_name() for _ in range(800))
    villages = tuple(faker.city_name() for _ in range(200))
    return Pools(people, words, streets, villages, _fields(reference), _regions(reference))


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _fields(reference: Path) -> Weighted[Field]:
    titles = {row["code"]: row["title"] for row in _rows(reference / "kbli.csv") if row["edition"] == "2017"}
    kinds: dict[str, dict[str, str]] = {kind: {} for kind in _SHARES}
    for row in _rows(reference / "kbli_conversion.csv"):
        kinds[row["kind"]][row["code_2017"]] = row["code_2020"] if row["automatic"] == "true" else ""
    items: list[tuple[Field, float]] = []
    for kind, codes in kinds.items():
        total = sum(_COMMON.get(code, 1) for code in codes)
        items += [
            (Field(code, titles[code], converted), _SHARES[kind] * _COMMON.get(code, 1) / total)
            for code, converted in sorted(codes.items())
        ]
    return Weighted(items)


def _regions(reference: Path) -> Weighted[Region]:
    rows = _rows(reference / "regions.csv")
    names = {row["code"]: row["name"] for row in rows}
    items: list[tuple[Region, float]] = []
    for row in rows:
        # The new provinces' codes are younger than the legacy system: it only ever knew those that they replaced.
        if row["level"] == "1" or row["code"][:2] in {"93", "94", "95", "96"}:
            continue
        city = names[row["code"][:5]]
        district = names[row["code"][:8]] if int(row["level"]) > 2 else "Pusat"
        weight = 0.1 if row["successor"] else float(_CITIES.get(row["code"][:2], 1))
        items.append((Region(row["oss_code"], city, district), weight))
    return Weighted(items)
