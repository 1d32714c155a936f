"""Defects in numbers and dates: 03, 07, 08, 10."""

from datetime import datetime

from streams.adapters.demo.defects.soundness import tax_digits
from streams.adapters.demo.defects.subject import Subject, planted
from streams.adapters.demo.formats import CUT_MONEY
from streams.adapters.demo.identifiers import broken_tax_number, punctuated, serial_of
from streams.adapters.demo.projects import INT_MAX
from streams.adapters.demo.tables import Row
from streams.ports.demo import Expected, Planted


def tax_spelling(name: str, subject: Subject) -> list[Planted]:
    """03: an entity's tax number with points, as bare 15 or 16 digits, or with a wrong check digit."""
    base = tax_digits(subject.header)
    if not subject.is_entity or base is None or len(base) != 15:
        return []
    wrong = broken_tax_number(serial_of(subject.nib))
    text = subject.variant(punctuated(base), wrong, base, f"0{base}")
    subject.header["npwp_perseroan"] = text
    return [
        planted(
            name,
            Expected.QUARANTINED if text == wrong else Expected.ROW,
            subject.nib,
            at=("tr_oss_header", "nib", subject.nib),
            shown=("pelaku_usaha", subject.nib, "npwp16"),
        )
    ]


def overflowed_summary(name: str, subject: Subject) -> list[Planted]:
    """07: the summary column is full, the true amount stands in the text column."""
    project = subject.luck.choice(subject.rows("tr_oss_proyek"))
    amount = 2_500_000_000 + subject.luck.randrange(1000) * 1_000_000
    parts = {"pembelian_pematang_tanah", "bangunan_gedung", "mesin_peralatan", "investasi_lain"}
    project.update(dict.fromkeys(parts, "0"))
    project.update(modal_kerja=str(amount), jumlah_investasi=str(amount), jumlah_investasi_rekap=INT_MAX)
    return [_project(name, Expected.FINDING, subject, project, f"{amount}.00")]


def cut_amount(name: str, subject: Subject) -> list[Planted]:
    """08: an amount that did not fit into 15 characters, of the project or of the company."""
    if subject.variant(True, False):
        project = subject.luck.choice(subject.rows("tr_oss_proyek"))
        project["jumlah_investasi"] = CUT_MONEY
        return [_project(name, Expected.QUARANTINED, subject, project, None)]
    subject.header["total_modal_dasar"] = CUT_MONEY
    return [
        planted(
            name,
            Expected.QUARANTINED,
            subject.nib,
            at=("tr_oss_header", "nib", subject.nib),
            shown=("pelaku_usaha", subject.nib, "modal_dasar"),
        )
    ]


def date_spelling(name: str, subject: Subject) -> list[Planted]:
    """10: dates that say nothing, dates written the other way round, a date of issue that is none."""
    filed = subject.header["tgl_insert"]
    if subject.rows("oss_iumk") or not isinstance(filed, datetime):
        return []  # the extract's date would stand in for the document's
    column, text, expected, value = subject.variant(
        ("tgl_perubahan", f"{filed:%d/%m/%Y}", Expected.ROW, f"{filed:%Y-%m-%d}"),
        ("tgl_terbit", "31/31/2019", Expected.QUARANTINED, None),
        ("tgl_perubahan", "-", Expected.ROW, ""),
        ("tgl_terbit", "0000-00-00", Expected.QUARANTINED, None),
        ("tgl_perubahan", "0000-00-00", Expected.ROW, ""),
    )
    subject.header[f"{column}_nib"] = text
    return [
        planted(
            name,
            expected,
            subject.nib,
            at=("tr_oss_header", "nib", subject.nib),
            shown=("nib", subject.nib, column),
            value=value,
        )
    ]


def _project(name: str, expected: Expected, subject: Subject, project: Row, value: str | None) -> Planted:
    id_ = str(project["id_proyek"])
    return planted(
        name,
        expected,
        subject.nib,
        at=("tr_oss_proyek", "id_proyek", id_),
        shown=("proyek", id_, "jumlah_investasi"),
        value=value,
    )
