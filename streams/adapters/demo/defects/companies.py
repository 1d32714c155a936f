"""Defects that concern more than one document, company or account: 01, 02, 20."""

from datetime import datetime, timedelta

from streams.adapters.demo import documents
from streams.adapters.demo.defects.soundness import tax_digits
from streams.adapters.demo.defects.subject import Subject, planted
from streams.adapters.demo.tables import Row
from streams.ports.demo import Expected, Planted


def nib_resent(name: str, subject: Subject) -> list[Planted]:
    """01: the document a second time, with a newer date of change, the older one left active."""
    header = subject.header
    filed = header["tgl_insert"]
    if not isinstance(filed, datetime):
        return []
    never_changed = header["tgl_perubahan_nib"] == f"{filed:%Y-%m-%d}"
    moment = filed + timedelta(days=1 if never_changed else subject.luck.randrange(61, 90))
    again = documents.resent(subject.luck, header, moment)
    again["tgl_perubahan_nib"] = f"{moment:%Y-%m-%d}"
    subject.add("tr_oss_header", again)
    return [
        planted(
            name,
            Expected.FINDING,
            subject.nib,
            at=("tr_oss_header", "nib", subject.nib),
            shown=("nib", subject.nib, "tgl_perubahan"),
            value=f"{moment:%Y-%m-%d}",
        )
    ]


def two_nibs(name: str, subject: Subject) -> list[Planted]:
    """02: a company with the tax number of an earlier one."""
    twin = subject.earlier.entity
    if twin is None or not subject.is_entity:
        return []
    subject.header["npwp_perseroan"] = twin["npwp_perseroan"]
    subject.earlier.entity = None
    # The key of the group is the tax number, which is not written down: it is found through the NIB.
    return [
        planted(
            name,
            Expected.FINDING,
            nib,
            at=("tr_oss_header", "nib", nib),
            shown=("npwp_bersama", nib),
        )
        for nib in (str(twin["nib"]), subject.nib)
    ]


def shared_email(name: str, subject: Subject) -> list[Planted]:
    """20: an active main account with the e-mail of another; whoever moved first, then the lower NIB, keeps it."""
    other, accounts = subject.earlier.migrated, subject.rows("tb_user_oss")
    if other is None or not accounts:
        return []
    mine = accounts[0]
    mine.update(email=other["email"], flag_migrasi="Y", role="11", status="1")
    subject.earlier.migrated = None
    first, second = sorted((other, mine), key=lambda row: (str(row["tgl_update"]), str(row["data_nib"])))
    return [
        _account(name, Expected.ROW, first),
        _account(name, Expected.QUARANTINED, second),
    ]


def _account(name: str, expected: Expected, row: Row) -> Planted:
    nib = str(row["data_nib"])
    return planted(
        name,
        expected,
        nib,
        at=("tb_user_oss", "username", row["username"]),
        shown=("hak_akses", nib, "email"),
    )


def remember(subject: Subject) -> None:
    """Note what a sound company without a defect offers to later ones."""
    header = subject.header
    digits = tax_digits(header)
    if subject.is_entity and digits is not None and len(digits) == 15 and "." not in str(header["npwp_perseroan"]):
        subject.earlier.entity = header
    for row in subject.rows("tb_user_oss"):
        if row["flag_migrasi"] == "Y" and not str(row["email"]).startswith("biro.jasa"):
            subject.earlier.migrated = row
