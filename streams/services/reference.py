"""Importing an official list: check it whole, tell what differs and what becomes invalid, then put it in place."""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path

from streams.errors import ErrorKind, SelarasError
from streams.ports.reference import CodeTables, MirroredCodes, ReferenceLists, Row
from streams.projection.declaration import Projection
from streams.services.reference_reach import KBLI_INPUTS, REGION_INPUTS, Reach, kbli_codes, reaches, region_codes
from streams.services.reference_rows import Rows, differences, in_order, kbli_key, read_kbli, read_regions


class ListKind(Enum):
    """The lists that can be imported."""

    KBLI = "kbli"
    REGIONS = "regions"


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """``basis``: the legal basis of regions whose rows name none. ``dry_run``: tell, and write nothing."""

    kind: ListKind
    path: Path
    basis: str = ""
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import changes. Codes are shown with their edition ("2020 55193") or dotted ("32.01").

    ``kept``: replaced regions that the file does not name; they stay, since legacy rows name them. ``restated``: rows
    that only name another legal basis. ``invalid``: why the list can't be put in place; then nothing is.
    ``before``/``after``: fingerprints of the reference data. ``tables``: rows of the target's code tables that changed.
    ``keys``: by projection that reads the codes, how many keys hold one that was added, changed or removed: they are to
    be computed again. None where that can't be told, and for all of it where the mapping can't be read; ``unknown``
    says why.
    """

    kind: ListKind
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    kept: tuple[str, ...]
    restated: int
    invalid: tuple[str, ...]
    notes: tuple[str, ...]
    before: str
    after: str | None
    written: bool = False
    tables: Mapping[str, int] = field(default_factory=dict)
    keys: Mapping[str, int | None] | None = None
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Plan:
    """The file to write and its rows, before and after."""

    name: str
    before: Rows
    after: Rows
    kept: tuple[str, ...]
    invalid: tuple[str, ...]
    notes: tuple[str, ...]

    def rows(self) -> list[Row]:
        return in_order(list(self.before), self.after)


class ImportReference:
    """The use case. Order: code tables first, file last, so that the file never names a code the tables lack."""

    def __init__(
        self,
        lists: ReferenceLists,
        tables: CodeTables,
        mirror: MirroredCodes,
        mapping: Callable[[], Sequence[Projection]],
    ) -> None:
        """``mapping``: reads the declarations; like the mirror it is asked only to tell which keys are concerned, so
        that its SelarasError leaves that unknown and the import as it is.
        """
        self._lists = lists
        self._tables = tables
        self._mirror = mirror
        self._mapping = mapping

    def run(self, request: ImportRequest) -> ImportReport:
        """Import, or with ``dry_run`` only tell. SelarasError (configuration) names every fault of the file at once,
        and, unless it is a dry run, everything that would become invalid.
        """
        plan = self._kbli(request) if request.kind is ListKind.KBLI else self._regions(request)
        if plan.invalid:
            if not request.dry_run:
                raise _refused("The list can't be put in place", plan.invalid)
            return self._report(request, plan, None)
        with self._lists.stage({plan.name: plan.rows()}) as staged:
            after = staged.fingerprint
            if request.dry_run or after == self._lists.fingerprint():
                return self._report(request, plan, after)
            report = self._report(request, plan, after)
            tables = self._tables.load(staged.schemas_dir)
            staged.put_in_place()
        return replace(report, written=True, tables=dict(tables))

    def _report(self, request: ImportRequest, plan: _Plan, after: str | None) -> ImportReport:
        found = differences(plan.before, plan.after)
        keys, unknown = self._keys(request.kind, {*found.added, *found.changed, *found.removed})
        return ImportReport(
            request.kind,
            found.added,
            found.changed,
            found.removed,
            plan.kept,
            found.restated,
            plan.invalid,
            plan.notes,
            self._lists.fingerprint(),
            after,
            keys=keys,
            unknown=unknown,
        )

    def _keys(self, kind: ListKind, changed: Set[str]) -> tuple[Mapping[str, int | None] | None, tuple[str, ...]]:
        """By projection, the keys that hold a changed code; and why that is unknown."""
        if not changed:
            return {}, ()
        try:
            declared = self._mapping()
        except SelarasError as error:
            return None, (error.sentence.partition("\n")[0],)
        if kind is ListKind.KBLI:
            codes = kbli_codes(changed, self._lists.rows("kbli_conversion.csv"))
            return self._counted(reaches(declared, KBLI_INPUTS), codes)
        return self._counted(reaches(declared, REGION_INPUTS), region_codes(changed))

    def _counted(self, found: Mapping[str, Reach], codes: Set[str]) -> tuple[Mapping[str, int | None], tuple[str, ...]]:
        keys: dict[str, int | None] = dict.fromkeys(found)
        unknown = []
        for name, reach in found.items():
            if not reach.whole:
                unknown.append(f"{name} has codes by way of another projection")
                continue
            try:
                keys[name] = self._mirror.keys(reach.places, codes) if codes else 0
            except SelarasError as error:
                return keys, (*unknown, error.sentence)
            if keys[name] is None:
                tables = ", ".join(sorted({place.table for place in reach.places}))
                unknown.append(f"for {name} the mirror lacks rows of {tables}, or it is not known whether it does")
        return keys, tuple(unknown)

    def _kbli(self, request: ImportRequest) -> _Plan:
        """The editions that the file holds are replaced whole; the others stay."""
        read = read_kbli(self._lists.delivered(request.path))
        if read.faults:
            raise _refused(f"The file {request.path} has faults", read.faults)
        before = {kbli_key(row): row for row in self._lists.rows("kbli.csv")}
        editions = {row["edition"] for row in read.rows.values()}
        after = {key: row for key, row in before.items() if row["edition"] not in editions} | read.rows
        conversion, risk = self._lists.rows("kbli_conversion.csv"), self._lists.rows("kbli_risk.csv")
        return _Plan("kbli.csv", before, after, (), _orphans(after, conversion, risk), _gaps(after, conversion, risk))

    def _regions(self, request: ImportRequest) -> _Plan:
        """The file replaces the list, but for codes that were replaced before and lead to a code in force."""
        read = read_regions(self._lists.delivered(request.path), request.basis)
        if read.faults:
            raise _refused(f"The file {request.path} has faults", read.faults)
        before = {row["code"]: row for row in self._lists.rows("regions.csv")}
        history = {code: row for code, row in before.items() if row["successor"] and code not in read.rows}
        kept = {code: row for code, row in history.items() if _is_in_force(read.rows, row["successor"])}
        lost = tuple(
            f"region {code} was replaced by {row['successor']}, which is no longer in force: the file must name {code}"
            for code, row in history.items()
            if code not in kept
        )
        return _Plan("regions.csv", before, read.rows | kept, tuple(sorted(kept)), lost, ())


def _is_in_force(rows: Mapping[str, Row], code: str) -> bool:
    return code in rows and not rows[code]["successor"]


def _orphans(codes: Mapping[str, Row], conversion: Sequence[Row], risk: Sequence[Row]) -> tuple[str, ...]:
    """What other files say of codes that the list would no longer hold."""
    pairs = [(f"{edition} {row[f'code_{edition}']}", row) for row in conversion for edition in ("2017", "2020")]
    sentences = [
        f"kbli_conversion.csv converts {row['code_2017']} to {row['code_2020']}, but the list would lack {key}"
        for key, row in pairs
        if key not in codes
    ]
    sentences += [
        f"kbli_risk.csv gives a risk to 2020 {row['code']}, which the list would lack"
        for row in risk
        if f"2020 {row['code']}" not in codes
    ]
    return tuple(sentences)


def _gaps(codes: Mapping[str, Row], conversion: Sequence[Row], risk: Sequence[Row]) -> tuple[str, ...]:
    """How many codes other files say nothing of."""
    converted, rated = {row["code_2017"] for row in conversion}, {row["code"] for row in risk}
    without_conversion = sum(row["edition"] == "2017" and row["code"] not in converted for row in codes.values())
    without_risk = sum(row["edition"] == "2020" and row["code"] not in rated for row in codes.values())
    notes = []
    if without_conversion:
        notes.append(f"{without_conversion} codes of 2017 have no conversion: legacy rows with them go to quarantine")
    if without_risk:
        notes.append(f"{without_risk} codes of 2020 have no risk")
    return tuple(notes)


def _refused(what: str, sentences: Sequence[str]) -> SelarasError:
    return SelarasError(
        ErrorKind.CONFIGURATION,
        f"{what}:\n" + "\n".join(sentences),
        "mend what is named above and import again; the reference data are as before",
    )
