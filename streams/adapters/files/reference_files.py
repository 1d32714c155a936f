"""Reads ``schemas/reference/*``: the tables that converters look things up in, and a fingerprint of their text."""

import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from streams.adapters.files.code_list_files import read_code_lists
from streams.errors import ErrorKind, SelarasError
from streams.projection.converters import Reference

Row = dict[str, str]
KBLI_CODE = re.compile(r"\d{5}", re.ASCII)
REGION_CODE = re.compile(r"\d{2}(\.\d{2}(\.\d{2}(\.\d{4})?)?)?", re.ASCII)
KINDS = ("TETAP", "PINDAH", "PECAH", "GABUNG", "PAKAI_ULANG")
EDITIONS = ("2017", "2020", "2025")
RISKS = ("R", "MR", "MT", "T")
BOOLEANS = ("true", "false")
COLUMNS = {
    "kbli.csv": ("edition", "code", "title", "category"),
    "kbli_conversion.csv": ("code_2017", "code_2020", "kind", "automatic"),
    "kbli_risk.csv": ("code", "risk"),
    "regions.csv": ("code", "oss_code", "name", "level", "successor"),
}
CODE_LISTS = "codes.yaml"


@dataclass(frozen=True, slots=True)
class ReferenceFiles:
    """The reference data and a fingerprint (sha256, hexadecimal) of the files that they were read from."""

    reference: Reference
    fingerprint: str


@dataclass(slots=True)
class _Reader:
    """The files' rows with their line numbers, and the faults found so far."""

    folder: Path
    faults: list[str] = field(default_factory=list)

    def rows(self, name: str) -> list[tuple[int, Row]]:
        """Rows of one file; none when the file or its header is unfit."""
        content = self.text(name)
        if content is None:
            return []
        lines = csv.DictReader(io.StringIO(content, newline=""), strict=True)
        missing = [column for column in COLUMNS[name] if column not in (lines.fieldnames or ())]
        if missing:
            self.fault(name, 1, f"the header lacks {', '.join(missing)}")
            return []
        found = []
        try:
            for row in lines:
                if None in row or None in row.values():
                    self.fault(name, lines.line_num, "the line has not as many fields as the header")
                else:
                    found.append((lines.line_num, row))
        except csv.Error as error:
            self.fault(name, lines.line_num, str(error))
        return found

    def text(self, name: str) -> str | None:
        try:
            return (self.folder / name).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            self.fault(name, 1, f"the file cannot be read ({type(error).__name__})")
            return None

    def fault(self, name: str, line: int, sentence: str) -> None:
        self.faults.append(f"{self.folder / name}:{line}: {sentence}")

    def unique(
        self, name: str, key_of: Callable[[Row], object], check: Callable[[Row], str]
    ) -> Iterator[tuple[int, Row]]:
        """Lines and rows that pass ``check`` (a fault, or nothing) and whose key was not there before."""
        seen = set()
        for line, row in self.rows(name):
            fault = check(row) or ("the line repeats an earlier one" if key_of(row) in seen else "")
            if fault:
                self.fault(name, line, fault)
            else:
                seen.add(key_of(row))
                yield line, row


def read_reference(folder: Path) -> ReferenceFiles:
    """The reference data of a folder; SelarasError (configuration) names file and line of every fault at once."""
    reader = _Reader(folder)
    titles = _titles(reader)
    conversion, reused = _conversion(reader, titles)
    risk = _risk(reader, titles["2020"])
    regions = _regions(reader)
    codes, code_faults = read_code_lists(reader.text(CODE_LISTS) or "")
    for line, sentence in code_faults:
        reader.fault(CODE_LISTS, line, sentence)
    if reader.faults:
        raise SelarasError(
            ErrorKind.CONFIGURATION,
            "The reference data have faults:\n" + "\n".join(reader.faults),
            "Mend the lines named above; nothing was started.",
        )
    reference = Reference(conversion, reused, titles["2020"], risk, regions, codes)
    return ReferenceFiles(reference, _fingerprint(folder))


def _fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    for name in (*COLUMNS, CODE_LISTS):
        content = (folder / name).read_bytes()
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _titles(reader: _Reader) -> dict[str, dict[str, str]]:
    def check(row: Row) -> str:
        if row["edition"] not in EDITIONS or not KBLI_CODE.fullmatch(row["code"]):
            return f"the edition is one of {', '.join(EDITIONS)} and the code has five digits"
        return "" if row["title"].strip() else "the title is missing"

    titles: dict[str, dict[str, str]] = {edition: {} for edition in EDITIONS}
    for _, row in reader.unique("kbli.csv", lambda row: (row["edition"], row["code"]), check):
        titles[row["edition"]][row["code"]] = row["title"]
    return titles


def _conversion(
    reader: _Reader, titles: dict[str, dict[str, str]]
) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """Targets by 2017 code (none for a single target that only a person may choose), and titles of re-used codes."""

    def check(row: Row) -> str:
        if row["code_2017"] not in titles["2017"] or row["code_2020"] not in titles["2020"]:
            return "a code is not in kbli.csv under its edition"
        if row["kind"] not in KINDS or row["automatic"] not in BOOLEANS:
            return f"the kind is one of {', '.join(KINDS)}, automatic is true or false"
        same = row["code_2017"] == row["code_2020"]
        return "kind TETAP does not change the code" if row["kind"] == "TETAP" and not same else ""

    targets: dict[str, list[str]] = {}
    by_hand, reused = set(), {}
    for _, row in reader.unique("kbli_conversion.csv", lambda row: (row["code_2017"], row["code_2020"]), check):
        code = row["code_2017"]
        targets.setdefault(code, []).append(row["code_2020"])
        if row["automatic"] == "false":
            by_hand.add(code)
        if row["kind"] == "PAKAI_ULANG":
            reused[code] = titles["2017"][code]
    return {
        code: () if code in by_hand and len(found) == 1 else tuple(sorted(found)) for code, found in targets.items()
    }, reused


def _risk(reader: _Reader, titles: dict[str, str]) -> dict[str, str]:
    def check(row: Row) -> str:
        if row["code"] not in titles:
            return "the code is not in kbli.csv under edition 2020"
        return "" if row["risk"] in RISKS else f"the risk is one of {', '.join(RISKS)}"

    return {row["code"]: row["risk"] for _, row in reader.unique("kbli_risk.csv", lambda row: row["code"], check)}


def _regions(reader: _Reader) -> dict[str, str | None]:
    def check(row: Row) -> str:
        code = row["code"]
        if not REGION_CODE.fullmatch(code) or row["level"] != str(code.count(".") + 1):
            return "the code is not dotted (PP.KK.CC.DDDD) or not of its level"
        if row["oss_code"] != code.replace(".", "").ljust(10, "0"):
            return "the ten-digit code is not that of the dotted code"
        return "the region succeeds itself" if row["successor"] == code else ""

    rows = list(reader.unique("regions.csv", lambda row: row["code"], check))
    regions = {row["code"]: row["successor"] or None for _, row in rows}
    for line, row in rows:
        if row["successor"] and row["successor"] not in regions:
            reader.fault("regions.csv", line, "the successor is not in the list")
    return regions
