"""Defects in codes: 04, 05, 06 business fields, 14 licence status, 17 regions, 18 sectors."""

from datetime import datetime, timedelta

from streams.adapters.demo import licences
from streams.adapters.demo.defects.subject import Subject, planted
from streams.adapters.demo.licences import Licence
from streams.adapters.demo.pools import Field
from streams.adapters.demo.tables import Row
from streams.ports.demo import Expected, Planted

_GROUPS = {"91": "DICABUT", "92": "DIBATALKAN"}
_HEALTH = "024"  # health in the legacy list, religion in the new one


def reused_code(name: str, subject: Subject) -> list[Planted]:
    """04: a code of 2017 that means something else in 2020, with the old meaning described."""
    return _business(name, Expected.ROW, subject, subject.luck.choice(subject.materials.reused))


def split_code(name: str, subject: Subject) -> list[Planted]:
    """05: a code of 2017 that became several."""
    return _business(name, Expected.QUARANTINED, subject, subject.luck.choice(subject.materials.split))


def short_code(name: str, subject: Subject) -> list[Planted]:
    """06: a code that lost its leading zero on the way through a numeric field."""
    return _business(name, Expected.ROW, subject, subject.luck.choice(subject.materials.short), zero_lost=True)


def _business(name: str, expected: Expected, subject: Subject, kind: Field, zero_lost: bool = False) -> list[Planted]:
    if subject.rows("oss_iumk"):
        return []  # the extract would tell of another business
    project = subject.luck.choice(subject.rows("tr_oss_proyek"))
    id_ = str(project["id_proyek"])
    code = kind.code.lstrip("0") if zero_lost else kind.code
    project.update(kbli=code, uraian_usaha=kind.title[:255])
    for row in subject.rows("tr_oss_checklist"):
        if row["id_proyek"] == id_:
            row["kbli_konversi"] = kind.converted
    for row in subject.rows("tr_oss_produk"):
        if row["id_proyek"] == id_[:21]:
            row.update(kbli=code, jenis_produksi=kind.title)
    return [_project(name, expected, subject, id_, kind.converted or None)]


def withdrawn_status(name: str, subject: Subject) -> list[Planted]:
    """14: an issued licence that was revoked (91) or cancelled (92): statuses that the new list does not have."""
    issued = [row for row in subject.rows("tr_oss_checklist") if row["status_checklist"] == "50"]
    if not issued:
        return []
    row, status = subject.luck.choice(issued), subject.variant(*sorted(_GROUPS))
    id_ = str(row["id_izin"])
    times = [str(step["tgl_status"]) for step in subject.rows("tr_oss_status_izin") if step["id_izin"] == id_]
    moment = datetime.fromisoformat(max(times)) + timedelta(days=subject.luck.randrange(1, 60))
    row["status_checklist"] = status
    licence = _licence(row)
    subject.add("tr_oss_status_izin", licences.event(subject.luck, licence, status, moment))
    return [
        planted(
            name,
            Expected.ROW,
            subject.nib,
            at=("tr_oss_checklist", "id_izin", id_),
            shown=("perizinan", id_, "status_kelompok"),
            value=_GROUPS[status],
        )
    ]


def _licence(row: Row) -> Licence:
    return Licence(
        id=str(row["id_izin"]),
        project=str(row["id_proyek"]),
        nib=str(row["nib"]),
        code=str(row["kd_izin"]),
        status=str(row["status_checklist"]),
    )


def replaced_region(name: str, subject: Subject) -> list[Planted]:
    """17: a region of the list of 2019 that has another code now."""
    old, new = subject.luck.choice(subject.materials.replaced)
    subject.header["perseroan_daerah_id"] = old
    return [
        planted(
            name,
            Expected.ROW,
            subject.nib,
            at=("tr_oss_header", "nib", subject.nib),
            shown=("pelaku_usaha", subject.nib, "wilayah_kode"),
            value=new,
        )
    ]


def moved_sector(name: str, subject: Subject) -> list[Planted]:
    """18: the sector code of health, which is that of religion in the new list: the KBLI alone may decide."""
    project = subject.luck.choice(subject.rows("tr_oss_proyek"))
    kinds = {kind.code: kind.converted for kind in (*subject.materials.plain, *subject.materials.reused)}
    project["sektor"] = _HEALTH
    return [_project(name, Expected.ROW, subject, str(project["id_proyek"]), kinds.get(str(project["kbli"])))]


def _project(name: str, expected: Expected, subject: Subject, id_: str, value: str | None) -> Planted:
    return planted(
        name,
        expected,
        subject.nib,
        at=("tr_oss_proyek", "id_proyek", id_),
        shown=("proyek", id_, "kbli"),
        value=value,
    )
