"""Defects in what a column holds: 16 identity numbers, 19 and 21 text, 22 coordinates."""

from streams.adapters.demo.defects.subject import Subject, planted
from streams.ports.demo import Expected, Planted

_MISREAD = " \u00e2\u20ac\u201c"  # an en dash whose UTF-8 bytes were read as latin1
_ROWS_OF_KELURAHAN = (("Kelurahan ", "Kel. "), ("Kel. ", "Kelurahan "))


def wrong_identity(name: str, subject: Subject) -> list[Planted]:
    """16: an identity number with a digit too many, a passport among them, or a NIB in the extract's column."""
    way = subject.variant("17 digits", "passport", "NIB")
    if way == "NIB":
        extracts = subject.rows("oss_iumk")
        for row in extracts:
            row["no_ktp"] = subject.nib
        return [_person(name, subject, "oss_iumk", "orang")] if extracts else []
    row = subject.luck.choice(subject.rows("tr_oss_penanggung_jwb"))
    number = str(row["no_identitas_penanggung_jwb"])
    row["no_identitas_penanggung_jwb"] = f"{number}7" if way == "17 digits" else f"X{number[-7:]}"
    return [_person(name, subject, "tr_oss_penanggung_jwb", "peran_orang")]


def _person(name: str, subject: Subject, table: str, target: str) -> Planted:
    at = (table, "nib", subject.nib)
    return planted(name, Expected.QUARANTINED, subject.nib, at=at, shown=(target, subject.nib))


def soiled_address(name: str, subject: Subject) -> list[Planted]:
    """19: an address with a tag in it, and the two ways to write the village mixed."""
    text = str(subject.header["alamat_perseroan"])
    old, new = _ROWS_OF_KELURAHAN[0] if "Kelurahan " in text else _ROWS_OF_KELURAHAN[1]
    soiled = text.replace(", ", "<br>", 1).replace(old, new)
    if "<br>" not in soiled or len(soiled) > 255:
        return []
    subject.header["alamat_perseroan"] = soiled
    return [_company(name, Expected.ROW, subject, "alamat")]


def misread_bytes(name: str, subject: Subject) -> list[Planted]:
    """21: bytes that were read in the wrong character set."""
    column, target = subject.variant(("nama_perseroan", "nama"), ("alamat_perseroan", "alamat"))
    text = f"{subject.header[column]}{_MISREAD}"
    if len(text) > 255:
        return []
    subject.header[column] = text
    return [_company(name, Expected.FINDING, subject, target)]


def wrong_place(name: str, subject: Subject) -> list[Planted]:
    """22: coordinates swapped, or the point where nothing is."""
    site = subject.luck.choice(subject.rows("tr_oss_lokasi"))
    south, east = f"{subject.luck.uniform(-10.5, 5.5):.6f}", f"{subject.luck.uniform(95.5, 140.5):.6f}"
    swapped = subject.variant(True, False)
    site["lat_lng"] = f"{east},{south}" if swapped else "0,0"
    id_ = str(site["id_proyek_lokasi"])
    # The place of a small business is its owner's home: the value is not written down.
    return [
        planted(
            name,
            Expected.ROW if swapped else Expected.QUARANTINED,
            subject.nib,
            at=("tr_oss_lokasi", "id_proyek_lokasi", id_),
            shown=("proyek_lokasi", id_, "lintang"),
        )
    ]


def _company(name: str, expected: Expected, subject: Subject, column: str) -> Planted:
    return planted(
        name,
        expected,
        subject.nib,
        at=("tr_oss_header", "nib", subject.nib),
        shown=("pelaku_usaha", subject.nib, column),
    )
