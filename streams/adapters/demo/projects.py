"""Rows about what a company does: projects with their sites and products."""

from dataclasses import dataclass
from datetime import datetime
from random import Random

from streams.adapters.demo import identifiers
from streams.adapters.demo.documents import UNKNOWN_REGION
from streams.adapters.demo.formats import CUT_MONEY, money_text, soiled
from streams.adapters.demo.pools import Field
from streams.adapters.demo.profile import Profile
from streams.adapters.demo.tables import Row

INT_MAX = 2_147_483_647
BAD_CODES = ("99999", "4711", "ABCDE", "")


@dataclass(frozen=True, slots=True)
class Project:
    """One activity at one site."""

    id: str
    number: int  # running number, unique within the legacy system's ids
    field: Field
    opened: datetime


def project_row(luck: Random, profile: Profile, project: Project) -> Row:
    """The project: one in two hundred with a wrong code, one in two hundred with an amount that was cut."""
    area, unit = _area(luck, profile)
    bad = luck.random() < 0.005
    return {
        "nib": profile.nib,
        "id_proyek": project.id,
        "nomor_proyek": f"{project.opened:%Y%m}-{project.number:08d}",
        "uraian_usaha": soiled(luck, project.field.title)[:255],
        "nama_kegiatan": profile.name if profile.is_person else "",
        "kbli": luck.choice(BAD_CODES) if bad else project.field.code,
        "sektor": _sector(project.field.code),
        **_staff(luck, profile),
        "status_tanah": luck.choice(("01", "02", "03", "")),
        "luas_tanah": area,
        "satuan_luas_tanah": unit,
        **_investment(luck, profile),
        "flag_perluasan": "Y" if luck.random() < 0.02 else "N",
        **_branch(luck, profile),
        "flag_merger": "N",
        "npwp_perseroan_merger": "",
        "status_proyek": luck.choice(("01", "01", "02")),
        "jenis_proyek": luck.choices(("01", "02", "03"), (90, 9, 1))[0],
        "sts_aktif": "0" if luck.random() < 0.015 else "1",
        "tgl_insert": project.opened,
        "tgl_update": None,
    }


def site(luck: Random, profile: Profile, project: Project) -> Row:
    """Where it is; coordinates now and then swapped or zero."""
    south, east = f"{luck.uniform(-10.5, 5.5):.6f}", f"{luck.uniform(95.5, 140.5):.6f}"
    draw = luck.random()
    place = f"{east},{south}" if draw < 0.01 else "0,0" if draw < 0.015 else "" if draw < 0.2 else f"{south},{east}"
    estate = not profile.is_small and luck.random() < 0.3
    return {
        "id_proyek": project.id,
        "id_proyek_lokasi": identifiers.stamped("L", project.opened, project.number),
        "proyek_daerah_id": UNKNOWN_REGION if luck.random() < 0.005 else profile.region.code,
        "kd_kawasan": f"{luck.randrange(1, 99):03d}" if estate else "",
        "jenis_kawasan": "01" if estate else "02",
        "alamat_usaha": soiled(luck, profile.address),
        "jenis_lokasi": luck.choices(("02", "01", "N", "Y"), (85, 5, 8, 2))[0],
        "status_lokasi": "01",
        "lat_lng": place,
    }


def product(luck: Random, project: Project) -> Row:
    """What it makes. The column cuts the project's id at 21 characters."""
    return {
        "id_produk": identifiers.stamped("O", project.opened, project.number),
        "id_proyek": project.id[:21],
        "kbli": project.field.code,
        "id_bidang_usaha": str(luck.randrange(1, 77)),
        "jenis_produksi": project.field.title[:1024],
        "kapasitas": f"{luck.randrange(1, 5000)},{luck.choice((0, 25, 5))}",
        "satuan": luck.choice(("Buah", "Kg", "Ton", "Porsi", "Unit", "Paket")),
        "merk_dagang": "" if luck.random() < 0.7 else f"Merek {project.number}",
        "pemegang_haki": "",
        "pi_nomor": "",
        "pi_tanggal": "-",
        "tkdn": round(luck.uniform(20, 100), 2) if luck.random() < 0.3 else None,
    }


def _area(luck: Random, profile: Profile) -> tuple[str, str]:
    if profile.is_small:
        return luck.choice(("0", "24", "36.5", "80", "120")), luck.choices(("01", ""), (97, 3))[0]
    return luck.choice(("1.5", "2", "12.25")), "02"


def _staff(luck: Random, profile: Profile) -> Row:
    most = {"01": 4, "02": 15, "03": 60, "04": 400}[profile.scale]
    return {
        "jumlah_tki_l": str(luck.randrange(most + 1)),
        "jumlah_tki_p": luck.choice((str(luck.randrange(most + 1)), "", "0")),
        "jumlah_tka_l": str(luck.randrange(1, 6)) if profile.foreign else "0",
        "jumlah_tka_p": "0",
    }


def _investment(luck: Random, profile: Profile) -> Row:
    million = 1_000_000
    working = max(million, profile.capital * luck.randrange(20, 60) // 100 // million * million)
    parts = [profile.capital * luck.randrange(0, 30) // 100 // million * million for _ in range(4)]
    if profile.scale == "01":
        parts[0] = parts[1] = 0
    total = working + sum(parts)
    return {
        "pembelian_pematang_tanah": money_text(luck, parts[0]),
        "bangunan_gedung": money_text(luck, parts[1]),
        "mesin_peralatan": money_text(luck, parts[2]),
        "investasi_lain": money_text(luck, parts[3]),
        "modal_kerja": money_text(luck, working),
        "jumlah_investasi": CUT_MONEY if luck.random() < 0.005 else money_text(luck, total),
        "jumlah_investasi_rekap": min(total, INT_MAX),
    }


def _branch(luck: Random, profile: Profile) -> Row:
    if profile.is_small or luck.random() > 0.05:
        return {"flag_cabang": "N", "npwp_cabang": "", "nama_cabang": ""}
    number = identifiers.tax_number(profile.serial)
    return {
        "flag_cabang": "Y",
        "npwp_cabang": f"{number[:12]}{luck.randrange(1, 40):03d}",
        "nama_cabang": f"{profile.name} Cabang",
    }


def _sector(code: str) -> str:
    groups = {"01": "018", "03": "032", "41": "033", "42": "033", "43": "033", "55": "040", "56": "040", "79": "040"}
    if code[:2] in groups:
        return groups[code[:2]]
    if "10" <= code[:2] <= "33":
        return "019"
    return "024" if code.startswith("86") else "090"
