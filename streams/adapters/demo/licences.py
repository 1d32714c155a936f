"""Rows about a project's licences: the licence, what was handed in for it, and its way through the statuses."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from streams.adapters.demo import identifiers
from streams.adapters.demo.formats import date_text
from streams.adapters.demo.profile import Profile
from streams.adapters.demo.projects import Project
from streams.adapters.demo.tables import Row

# What may follow a status: an issued licence may be suspended or revoked, a refused one is asked for again.
NEXT: dict[str, tuple[str, ...]] = {
    "0": ("10",),
    "00": ("10",),
    "10": ("20", "20", "11"),
    "11": ("10",),
    "20": ("40", "30", "50"),
    "30": ("31",),
    "31": ("40",),
    "40": ("50", "50", "41", "90"),
    "41": ("42",),
    "42": ("50",),
    "50": ("50", "60", "70", "91"),
    "60": ("50",),
    "70": ("50",),
    "90": ("10",),
    "91": ("10",),
    "92": ("10",),
}
ISSUED = frozenset({"50", "60", "70", "91"})
_KINDS = (
    ("01", "Izin Lokasi"),
    ("02", "Izin Usaha"),
    ("03", "Izin Komersial/Operasional"),
    ("04", "Sertifikat Standar"),
)
_OFFICES = ("DPMPTSP", "Kementerian Perdagangan", "Kementerian Perindustrian", "Kementerian Pekerjaan Umum")


@dataclass(frozen=True, slots=True)
class Licence:
    """One licence of a project."""

    id: str
    project: str
    nib: str
    code: str
    status: str


def draw_licence(luck: Random, profile: Profile, project: Project, place: int) -> Licence:
    """The ``place``-th licence of a project, somewhere on its way."""
    status = luck.choices(("50", "0", "10", "20", "40", "90", "70", "91", "35"), (62, 6, 9, 7, 8, 4, 1, 2, 0.5))[0]
    return Licence(
        id=identifiers.stamped("I", project.opened, project.number * 10 + place),
        project=project.id,
        nib=profile.nib,
        code=f"0{luck.randrange(10, 99)}{luck.randrange(1, 200):09d}",
        status=status,
    )


def licence_row(luck: Random, profile: Profile, project: Project, licence: Licence) -> Row:
    """The licence as it stands."""
    kind, name = luck.choices(_KINDS, (10, 60, 15, 15))[0]
    return {
        "nib": licence.nib,
        "id_proyek": licence.project,
        "id_produk": "",
        "id_izin": licence.id,
        "jenis_izin": kind,
        "kd_izin": licence.code,
        "kd_daerah": profile.region.code,
        "nama_izin": name,
        "instansi": luck.choice(_OFFICES),
        "id_kewenangan": float(luck.randrange(1, 30_000)),
        "parameter_kewenangan": "",
        "kewenangan": luck.choices(("02", "01", "00"), (80, 12, 8))[0],
        "flag_checklist": luck.choices(("Y", "N", "O", "T"), (50, 30, 15, 5))[0],
        "flag_transaksional": "Y" if kind == "03" and luck.random() < 0.2 else "N",
        "flag_perpanjangan": "Y" if luck.random() < 0.02 else "N",
        **issue(luck, licence, project.opened),
        "file_izin": f"https://berkas.example.id/{licence.id}.pdf" if licence.status in ISSUED else None,
        "kbli_konversi": project.field.converted,
        "status_checklist": licence.status,
        "sts_aktif": "1",
        "tgl_permohonan": f"{project.opened:%Y-%m-%d %H:%M:%S}",
        "tgl_insert": project.opened,
    }


def issue(luck: Random, licence: Licence, moment: datetime) -> Row:
    """Number and dates of a licence: '-' until it is issued."""
    if licence.status not in ISSUED:
        return {"no_izin": "-", "tgl_izin": "-", "tgl_berlaku_izin": "-"}
    issued = moment.date() + timedelta(days=14)
    return {
        "no_izin": f"503/{luck.randrange(1, 9999)}/{issued.year}",
        "tgl_izin": date_text(luck, issued),
        "tgl_berlaku_izin": date_text(luck, issued + timedelta(days=1825), empty=0.4),
    }


def requirement(luck: Random, licence: Licence, moment: datetime, place: int) -> Row:
    """A document handed in; its date is now and then cut off at eight characters of the long form."""
    day = moment.date() - timedelta(days=luck.randrange(5, 300))
    return {
        "id_izin": licence.id,
        "id_syarat": f"S{luck.randrange(1, 60):03d}-{place}",
        "no_dokumen": f"DOK-{luck.randrange(1, 99_999)}",
        "tgl_dokumen": f"{day:%Y-%m-%d}"[:8] if luck.random() < 0.05 else f"{day:%Y%m%d}",
        "file_dokumen": f"https://berkas.example.id/{licence.id}/{place}.pdf",
        "keterangan": "" if luck.random() < 0.9 else "Asli diperlihatkan",
    }


def event(luck: Random, licence: Licence, status: str, moment: datetime) -> Row:
    """One step of a licence."""
    billed = status in ("30", "31")
    return {
        "nib": licence.nib,
        "id_proyek": licence.project,
        "id_izin": licence.id,
        "kd_izin": licence.code,
        "kd_instansi": licence.code[:3],
        "kd_status": status,
        "tgl_status": f"{moment:%Y-%m-%d %H:%M:%S}",
        "nip_status": f"9{luck.randrange(10**16):017d}",
        "nama_status": f"Petugas {luck.randrange(1, 200)}",
        "keterangan": None if luck.random() < 0.7 else "Sesuai berkas",
        "kd_billing": f"8200{luck.randrange(10**8):08d}" if billed else "",
        "nominal": str(luck.randrange(1, 20) * 50_000) if billed else "0",
    }


def just_applied(luck: Random, licence: Licence) -> Licence:
    """The same licence on the day it is asked for."""
    return replace(licence, status=luck.choice(("0", "10", "10")))


def history(luck: Random, licence: Licence, opened: datetime) -> list[Row]:
    """The events that led to a licence's status: some late, some twice. The first one has the time of the request."""
    if licence.status in ("0", "00"):
        return []
    way = {"10": ["10"], "20": ["10", "20"], "40": ["10", "20", "40"]}.get(licence.status, ["10", "20", licence.status])
    if licence.status in ("70", "91"):
        way.insert(2, "50")
    moment = opened
    rows = []
    for status in way:
        rows.append(event(luck, licence, status, moment))
        moment += timedelta(hours=luck.randrange(1, 96), seconds=luck.randrange(3600))
    if luck.random() < 0.03:
        rows.append(dict(rows[-1]))
    if len(rows) > 1 and luck.random() < 0.03:
        rows[0], rows[-1] = rows[-1], rows[0]
    return rows
