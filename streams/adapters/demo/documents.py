"""Rows about a company as such: the NIB document, partners, deeds, the micro-business extract, the account."""

from datetime import datetime, timedelta
from random import Random

from streams.adapters.demo import identifiers
from streams.adapters.demo.formats import (
    cut_money_text,
    date_text,
    money_text,
    required_date_text,
    soiled,
    tax_text,
)
from streams.adapters.demo.pools import Field, Pools
from streams.adapters.demo.profile import FIRST_DAY, Profile, company_email, draw_person
from streams.adapters.demo.tables import Row

UNKNOWN_REGION = "9901000000"


def profile_id(profile: Profile) -> str:
    """The oss_id; one company in a thousand carries a neighbour's (a known fault of the old system)."""
    serial = profile.serial - 1 if profile.serial % 1000 == 999 else profile.serial
    # Drawn from the serial alone, so that the neighbour's id is known without drawing the neighbour.
    moment = FIRST_DAY + timedelta(minutes=serial % 1_000_000)
    return identifiers.stamped("P", moment, serial)


def header(luck: Random, profile: Profile) -> Row:
    """The NIB document as first received."""
    filed = profile.filed.date()
    changed = filed + timedelta(days=luck.randrange(0, 60))
    revoked = luck.random() < 0.007
    return {
        **_registration(luck, profile),
        **_money(luck, profile),
        **_filer(profile),
        "tgl_pengajuan_nib": date_text(luck, filed, empty=0.05),
        "tgl_terbit_nib": required_date_text(luck, filed),
        "tgl_perubahan_nib": date_text(luck, changed, empty=0.15),
        "no_pengesahan": "" if profile.is_person else f"AHU-{profile.serial:07d}.AH.01.01.TAHUN {filed.year}",
        "tgl_pengesahan": "-" if profile.is_person else date_text(luck, filed - timedelta(days=20), empty=0.05),
        "status_nib": "06" if revoked else luck.choices(("01", "02", "03", "04", "05"), (80, 4, 8, 7, 1))[0],
        "tipe_dokumen": luck.choice("34") if revoked else "9",
        "versi_pia": luck.choices(("3.0", "3.2", "4.1", "4.2"), (10, 25, 35, 30))[0],
        "sts_aktif": "0" if luck.random() < 0.01 else "1",
        "tgl_insert": profile.filed,
        "tgl_update": profile.filed + timedelta(hours=luck.randrange(1, 900)) if luck.random() < 0.4 else None,
    }


def just_filed(document: Row, filed: datetime) -> Row:
    """The same document as it looks on the day it comes in: live, and not yet changed."""
    return {
        **document,
        "tgl_perubahan_nib": f"{filed:%Y-%m-%d}",
        "status_nib": "01",
        "tipe_dokumen": "9",
        "sts_aktif": "1",
        "tgl_update": None,
    }


def resent(luck: Random, document: Row, moment: datetime) -> Row:
    """The same document sent again later: an update with a newer date of change."""
    return {
        **document,
        "tgl_perubahan_nib": date_text(luck, moment.date()),
        "tipe_dokumen": "5",
        "sts_aktif": "1",
        "tgl_insert": moment,
        "tgl_update": None,
    }


def _registration(luck: Random, profile: Profile) -> Row:
    legal = profile.form in ("01", "07", "21")
    return {
        "nib": profile.nib,
        "oss_id": profile_id(profile),
        "id_izin": identifiers.stamped("I", profile.filed, profile.serial * 10),
        "kd_izin": "029000000001",
        "kd_daerah": profile.region.code,
        "kewenangan": luck.choices(("00", "01", "02"), (5, 10, 85))[0],
        "jenis_pelaku_usaha": profile.actor,
        "status_badan_hukum": "01" if legal else "02",
        "jenis_perseroan": profile.form,
        "status_perseroan": "Y" if profile.scale == "04" and luck.random() < 0.1 else "N",
        "npwp_perseroan": tax_text(luck, profile.serial, profile.owner.identity if profile.is_person else None),
        "nama_perseroan": soiled(luck, profile.name),
        "nama_singkatan": "".join(word[0] for word in profile.name.split()) if legal else "",
        "alamat_perseroan": soiled(luck, profile.address)[:255],
        "rt_rw_perseroan": f"{luck.randrange(1, 20):03d}{luck.choice('//-')}{luck.randrange(1, 12):03d}",
        "kelurahan_perseroan": profile.village[:25],
        "perseroan_daerah_id": UNKNOWN_REGION if luck.random() < 0.005 else profile.region.code,
        "kode_pos_perseroan": f"{luck.randrange(10_000, 99_999)}" if luck.random() < 0.95 else "-",
        "nomor_telpon_perseroan": identifiers.phone(profile.serial),
        "email_perusahaan": company_email(luck, profile),
        "flag_perusahaan": luck.choice("YYN"),
        "flag_ekspor": "Y" if not profile.is_small and luck.random() < 0.3 else "N",
        "flag_impor": "Y" if profile.foreign else "N",
        "jenis_api": luck.choice(("01", "02")) if profile.foreign else "",
    }


def _money(luck: Random, profile: Profile) -> Row:
    share = profile.capital * profile.foreign // 100
    return {
        "status_penanaman_modal": "03" if profile.form == "16" else "01" if profile.foreign else "02",
        "total_modal_dasar": cut_money_text(luck, profile.capital * luck.choice((1, 1, 2, 4))),
        "total_modal_ditempatkan": cut_money_text(luck, profile.capital),
        "nilai_pmdn": money_text(luck, profile.capital - share),
        "total_pma": money_text(luck, share),
        "persen_pma": f"{profile.foreign},00" if profile.foreign else "0",
    }


def _filer(profile: Profile) -> Row:
    return {
        "no_npp": "" if profile.is_small else f"NPP{profile.serial:09d}",
        "no_va": "" if profile.is_small else f"VA{profile.serial:010d}",
        "no_wlkp": ""
        if profile.is_small
        else f"{profile.region.code[:5]}.{profile.filed:%Y%m%d}.{profile.serial:06d}"[:23],
        "jenis_id_user_proses": "01",
        "no_id_user_proses": profile.owner.identity,
        "nama_user_proses": profile.owner.name,
        "email_user_proses": profile.owner.email,
        "hp_user_proses": profile.owner.phone,
    }


def shareholders(luck: Random, pools: Pools, profile: Profile) -> list[Row]:
    """Who owns it: none for a person in business, else one to four."""
    if profile.is_person:
        return []
    count = luck.randrange(1, 3 if profile.is_small else 5)
    rows: list[Row] = []
    left = profile.capital
    for place in range(count):
        person = profile.owner if place == 0 else draw_person(luck, pools, profile.region, profile.serial)
        part = left if place == count - 1 else left // 2
        left -= part
        entity = place == 1 and luck.random() < 0.2
        rows.append(
            {
                "nib": profile.nib,
                "jenis_pemegang_saham": "02" if entity else "01",
                "flag_asing": "Y" if profile.foreign and place == 1 else "N",
                "total_modal_pemegang": money_text(luck, part),
                "jabatan_pemegang_saham": "Direktur Utama" if place == 0 else "Komisaris",
                "nama_pemegang_saham": f"PT {luck.choice(pools.words)}" if entity else person.name,
                "jns_identitas_pemegang_saham": "" if entity else "01",
                "no_identitas_pemegang_saham": "" if entity else person.identity,
                "npwp_pemegang_saham": tax_text(luck, profile.serial + 1_000_000 * (place + 1), None),
                "negara_asal_pemegang_saham": "SG" if profile.foreign and place == 1 else "ID",
                "alamat_pemegang_saham": profile.address[:255],
                "flag_pajak_pemegang_saham": "00",
                "sts_aktif": "1",
                "tgl_insert": profile.filed,
            }
        )
    return rows


def responsible(luck: Random, pools: Pools, profile: Profile) -> list[Row]:
    """Who answers for it: the owner, in bigger ones a second person."""
    people = [profile.owner]
    if not profile.is_small:
        people.append(draw_person(luck, pools, profile.region, profile.serial))
    return [
        {
            "nib": profile.nib,
            "flag_asing": "N",
            "jns_identitas_penanggung_jwb": "01",
            "no_identitas_penanggung_jwb": person.identity,
            "nama_penanggung_jwb": person.name,
            "jabatan_penanggung_jwb": "Pemilik" if profile.is_person else "Direktur",
            "kebangsaan_penanggung_jwb": "01",
            "npwp_penanggung_jwb": "",
            "alamat_penanggung_jwb": profile.address[:255],
            "daerah_id_penanggung_jwb": profile.region.code,
            "no_hp_penanggung_jwb": person.phone,
            "email_penanggung_jwb": person.email,
            "sts_aktif": "1",
            "tgl_insert": profile.filed,
        }
        for person in people
    ]


def deeds(luck: Random, pools: Pools, profile: Profile) -> list[Row]:
    """The founding deed, and sometimes a change."""
    if profile.is_person:
        return []
    kinds = ("01", "02") if luck.random() < 0.25 else ("01",)
    return [
        {
            "nib": profile.nib,
            "jenis_legal": kind,
            "no_legal": f"{luck.choice(('', '', 'No. '))}{luck.randrange(1, 400)}",
            "tgl_legal": date_text(luck, profile.filed.date() - timedelta(days=400 - 180 * place), empty=0.03),
            "nama_notaris": f"{luck.choice(pools.people)}, S.H., M.Kn.",
            "alamat_notaris": luck.choice(pools.streets),
        }
        for place, kind in enumerate(kinds)
    ]


def extract(luck: Random, profile: Profile, field: Field) -> Row:
    """The row of the micro-business extract."""
    return {
        "nib": profile.nib,
        "day_of_tanggal_terbit": profile.filed.date() if luck.random() < 0.99 else None,
        "status_nib": luck.choices(("Aktif", "01", "Belum Aktif"), (80, 15, 5))[0],
        "nama_usaha": profile.name,
        "pemilik": profile.owner.name,
        "no_ktp": profile.nib if luck.random() < 0.005 else profile.owner.identity,
        "npwp": tax_text(luck, profile.serial, profile.owner.identity),
        "sektor": "Perdagangan" if field.code.startswith(("45", "46", "47")) else "Lainnya",
        "kbli": int(field.code),
        "kegiatan_usaha": field.title,
        "alamat": profile.address,
        "kelurahan": profile.village,
        "kecamatan": profile.region.district,
        "kota": profile.region.name,
        "telp": profile.owner.phone,
        "email": profile.owner.email[:47],
        "modal_usaha": float(profile.capital),
        "jml_tenaga_kerja": luck.randrange(1, 8),
    }


def account(luck: Random, profile: Profile) -> Row:
    """The user account that holds this NIB, and sometimes the one before it as well."""
    nibs = [profile.nib]
    if profile.serial > 1 and luck.random() < 0.03:
        nibs.append(identifiers.nib(profile.serial - 1))
    return {
        "username": f"pengguna{profile.serial}",
        "jenis_identitas": "01",
        "nomor_identitas": profile.owner.identity,
        "nama": profile.owner.name,
        "email": company_email(luck, profile) if luck.random() < 0.5 else profile.owner.email,
        "telp": profile.owner.phone,
        "role": "11",
        "status": "1",
        "flag_umk": "Y" if profile.is_small else "N",
        "jenis_pelaku_usaha": str(profile.actor),
        "npwp_perseroan": identifiers.tax_number(profile.serial),
        "data_nib": ",".join(nibs),
        "flag_migrasi": "Y" if luck.random() < 0.1 else "N",
        "tgl_update": profile.filed,
    }
