"""Defects that business brings about by itself, written down when they happen: 11, 12, 13, 15."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from streams.adapters.demo.defects.subject import planted
from streams.adapters.demo.model import Known
from streams.adapters.demo.tables import TABLES, Row
from streams.ports.demo import Expected, Planted, Statement

_STEPS = TABLES["tr_oss_status_izin"].columns
_ID, _TIME, _STATUS = (_STEPS.index(column) for column in ("id_izin", "tgl_status", "kd_status"))


@dataclass(frozen=True, slots=True)
class Happening:
    """One committed deed: its kind, the company after it, the business time, and what was sent."""

    kind: str
    known: Known
    moment: datetime
    statements: Sequence[Statement]


Notice = Callable[[str, Happening], list[Planted]]
"""What a deed has brought about of one defect; an empty list: nothing."""


def children_again(name: str, happening: Happening) -> list[Planted]:
    """11: a document sent again, its children deleted and inserted unchanged: the target does not change."""
    if happening.kind != "resent" or not happening.known.projects:
        return []
    id_ = happening.known.projects[0]
    at = ("tr_oss_proyek", "id_proyek", id_)
    return [planted(name, Expected.ROW, happening.known.nib, at=at, shown=("proyek", id_))]


def switched(name: str, happening: Happening) -> list[Planted]:
    """12: a company switched off is marked as deleted, one switched on again is not."""
    expected = {"deleted softly": Expected.TOMBSTONE, "revived": Expected.ROW}.get(happening.kind)
    if expected is None:
        return []
    nib = happening.known.nib
    value = "" if expected is Expected.ROW else None
    at = ("tr_oss_header", "nib", nib)
    return [planted(name, expected, nib, at=at, shown=("nib", nib, "dihapus_pada"), value=value)]


def deleted(name: str, happening: Happening) -> list[Planted]:
    """13: rows deleted for good: a project, or a company."""
    nib = happening.known.nib
    if happening.kind == "erased":
        at, shown = ("tr_oss_header", "nib", nib), ("nib", nib)
    elif happening.kind == "withdrawn":
        text = "DELETE FROM tr_oss_proyek "
        id_ = next(str(one.values[0]) for one in happening.statements if one.text.startswith(text))
        at, shown = ("tr_oss_proyek", "id_proyek", id_), ("proyek", id_)
    else:
        return []
    return [planted(name, Expected.TOMBSTONE, nib, at=at, shown=(*shown, "dihapus_pada"))]


def event_out_of_order(name: str, happening: Happening) -> list[Planted]:
    """15: a licence's event sent twice, or after a newer one."""
    if happening.kind != "moved":
        return []
    events = [one.values for one in happening.statements if one.text.startswith("INSERT INTO tr_oss_status_izin ")]
    if len(events) < 2 and str(events[0][_TIME]) == f"{happening.moment:%Y-%m-%d %H:%M:%S}":
        return []
    return [_licence(name, happening.known.nib, str(events[0][_ID]), None)]


def steps_out_of_order(name: str, nib: str, rows: Iterable[tuple[str, Row]]) -> list[Planted]:
    """15 in a company that is found with a past; the status is that of the newest event."""
    ways: dict[str, list[tuple[str, str]]] = {}
    for table, row in rows:
        if table == "tr_oss_status_izin":
            ways.setdefault(str(row["id_izin"]), []).append((str(row["tgl_status"]), str(row["kd_status"])))
    return [
        _licence(name, nib, id_, max(way)[1])
        for id_, way in ways.items()
        if [moment for moment, _ in way] != sorted({moment for moment, _ in way})
    ]


def _licence(name: str, nib: str, id_: str, status: str | None) -> Planted:
    at = ("tr_oss_status_izin", "id_izin", id_)
    return planted(name, Expected.ROW, nib, at=at, shown=("perizinan", id_, "status_kode"), value=status)
