"""Which rows have no fault of their own: only among sound rows is a planted defect's outcome certain."""

import re
from collections import Counter
from collections.abc import Iterable

from streams.adapters.demo.defects.materials import Materials
from streams.adapters.demo.documents import UNKNOWN_REGION
from streams.adapters.demo.formats import BAD_DATES, CUT_MONEY
from streams.adapters.demo.identifiers import luhn_digit, serial_of
from streams.adapters.demo.tables import Row

_IDENTITY = re.compile(r"\d{16}", re.ASCII)
_SOUTH_EAST = re.compile(r"(-?\d{1,2}\.\d+,\d{2,3}\.\d+)?", re.ASCII)
_SOILED = ("<br>", "  ", "\u00e2\u20ac\u201c")


class Judge:
    """Judges rows as the generator and the traffic make them; it looks for the faults that those bring about."""

    def __init__(self, materials: Materials) -> None:
        """The reference sets' codes, to know which are convertible."""
        self._convertible = materials.convertible

    def company(self, rows: Iterable[tuple[str, Row]]) -> bool:
        """Whether this is one live document with children, and none of the rows has a fault."""
        rows = list(rows)
        tables = Counter(table for table, _ in rows)
        projects = [str(row["id_proyek"])[:21] for table, row in rows if table == "tr_oss_proyek"]
        return (
            tables["tr_oss_header"] == 1
            and bool(projects)
            and len(set(projects)) == len(projects)
            and all(self.row(table, row) for table, row in rows)
        )

    def row(self, table: str, row: Row) -> bool:
        """Whether this row is live and has no fault."""
        match table:
            case "tr_oss_header":
                return _header(row)
            case "tr_oss_proyek":
                return (
                    row["sts_aktif"] == "1"
                    and row["kbli"] in self._convertible
                    and row["jumlah_investasi"] != CUT_MONEY
                    and row["flag_cabang"] == "N"
                    and _clean(row["uraian_usaha"])
                )
            case "tr_oss_checklist":
                return row["sts_aktif"] == "1" and row["status_checklist"] != "35"
            case "tr_oss_lokasi":
                return row["proyek_daerah_id"] != UNKNOWN_REGION and bool(_SOUTH_EAST.fullmatch(str(row["lat_lng"])))
            case _:
                return _other(table, row)


def _header(row: Row) -> bool:
    return (
        row["sts_aktif"] == "1"
        and row["tipe_dokumen"] in ("5", "9")
        and row["status_nib"] != "06"
        and row["tgl_terbit_nib"] not in BAD_DATES
        and row["perseroan_daerah_id"] != UNKNOWN_REGION
        and CUT_MONEY not in (row["total_modal_dasar"], row["total_modal_ditempatkan"])
        # One company in a thousand carries the oss_id of the one before it.
        and serial_of(str(row["nib"])) % 1000 not in (998, 999)
        and bool(_IDENTITY.fullmatch(str(row["no_id_user_proses"])))
        and tax_digits(row) is not None
        and all(_clean(row[column]) for column in ("nama_perseroan", "alamat_perseroan"))
    )


def tax_digits(header: Row) -> str | None:
    """The fifteen digits of the head office behind a well-formed tax number, the sixteen of a person; else None."""
    digits = re.sub(r"\D", "", str(header["npwp_perseroan"]))
    if len(digits) == 16 and digits[0] != "0":
        return digits
    base = digits[-15:]
    good = len(digits) in (15, 16) and bool(base.strip("0")) and luhn_digit(base[:8]) == base[8]
    return base if good else None


def _other(table: str, row: Row) -> bool:
    match table:
        case "tr_oss_pemegang_saham":
            entity = row["jenis_pemegang_saham"] == "02"
            return entity or bool(_IDENTITY.fullmatch(str(row["no_identitas_pemegang_saham"])))
        case "tr_oss_penanggung_jwb":
            return bool(_IDENTITY.fullmatch(str(row["no_identitas_penanggung_jwb"])))
        case "tr_oss_persyaratan":
            return not str(row["tgl_dokumen"]).endswith("-")
        case "oss_iumk":
            return row["day_of_tanggal_terbit"] is not None and bool(_IDENTITY.fullmatch(str(row["no_ktp"])))
        case "tb_user_oss":
            return "," not in str(row["data_nib"]) and bool(_IDENTITY.fullmatch(str(row["nomor_identitas"])))
        case _:
            return True


def _clean(text: object) -> bool:
    return not any(mark in str(text) for mark in _SOILED) and str(text) == str(text).strip()
