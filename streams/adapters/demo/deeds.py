"""The kinds of business transaction, each as the statements that the legacy application sends."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from random import Random

from streams.adapters.demo import identifiers, licences
from streams.adapters.demo.company import NUMBERS_PER_COMPANY, CompanyFactory
from streams.adapters.demo.defects.watching import Watch
from streams.adapters.demo.formats import date_text, money_text
from streams.adapters.demo.licences import Licence
from streams.adapters.demo.model import Known, Model
from streams.adapters.demo.tables import TABLES, Row
from streams.ports.demo import Statement

NIB_TABLES = (
    "tr_oss_header",
    "tr_oss_pemegang_saham",
    "tr_oss_penanggung_jwb",
    "tr_oss_legalitas",
    "tr_oss_proyek",
    "tr_oss_checklist",
    "tr_oss_status_izin",
    "oss_iumk",
)
RESENT_TABLES = (
    "tr_oss_pemegang_saham",
    "tr_oss_penanggung_jwb",
    "tr_oss_legalitas",
    "tr_oss_proyek",
    "tr_oss_checklist",
)
PROJECT_TABLES = ("tr_oss_lokasi", "tr_oss_proyek")
SOFT_TABLES = ("tr_oss_header", "tr_oss_proyek", "tr_oss_checklist")


def insert(table: str, row: Row) -> Statement:
    """One new row."""
    columns = TABLES[table].columns
    return Statement(_insert_text(table, columns), tuple(row[column] for column in columns))


def again(table: str, key: str, value: str) -> Statement:
    """Delete the rows of a key and insert them unchanged, under new surrogate keys."""
    columns = ", ".join(TABLES[table].columns)
    return Statement(
        f"WITH gone AS (DELETE FROM {table} WHERE {key} = %s RETURNING *) "  # noqa: S608 - names are constants
        f"INSERT INTO {table} ({columns}) SELECT {columns} FROM gone ORDER BY {TABLES[table].surrogate}",
        (value,),
        touches=2,
    )


def delete(table: str, key: str, value: str) -> Statement:
    """Delete the rows of a key for good."""
    return Statement(f"DELETE FROM {table} WHERE {key} = %s", (value,))  # noqa: S608 - names are constants


class Deeds:
    """Each method is one deed: it changes the model and returns the statements that do the same to the database."""

    def __init__(self, model: Model, factory: CompanyFactory, watch: Watch | None = None) -> None:
        """The companies that exist, the maker of new ones; and who sees to defects in new rows, if anybody."""
        self._model = model
        self._factory = factory
        self._watch = watch

    def registered(self, luck: Random, moment: datetime) -> list[Statement]:
        """A new NIB with all its children."""
        del luck
        company = self._factory.build(self._model.last_serial + 1, moment)
        if self._watch:
            self._watch.registered(company)
        self._model.absorb(company.rows)
        return [insert(table, row) for table, row in company.rows]

    def resent(self, luck: Random, moment: datetime, known: Known) -> list[Statement]:
        """The document is sent again: one more header row, children deleted and inserted unchanged."""
        columns = TABLES["tr_oss_header"].columns
        fresh: Row = {
            "tgl_perubahan_nib": date_text(luck, moment.date()),
            "tipe_dokumen": "5",
            "sts_aktif": "1",
            "tgl_insert": moment,
            "tgl_update": None,
        }
        source = ", ".join("%s" if column in fresh else column for column in columns)
        values = tuple(fresh[column] for column in columns if column in fresh)
        statements = []
        if luck.random() < 0.6:
            statements.append(_switch("tr_oss_header", known.nib, moment, active=False))
        statements.append(
            Statement(
                f"INSERT INTO tr_oss_header ({', '.join(columns)}) SELECT {source} FROM tr_oss_header "  # noqa: S608
                "WHERE nib = %s ORDER BY idoss DESC LIMIT 1",
                (*values, known.nib),
            )
        )
        statements += [again(table, "nib", known.nib) for table in RESENT_TABLES]
        statements += [again("tr_oss_lokasi", "id_proyek", project) for project in known.projects]
        known.documents += 1
        known.active = True
        return statements

    def extended(self, luck: Random, moment: datetime, known: Known) -> list[Statement]:
        """A project is added."""
        number = self._model.last_serial * NUMBERS_PER_COMPANY + NUMBERS_PER_COMPANY - 1
        rows = list(self._factory.another_project(luck, known.nib, number, moment))
        if self._watch:
            self._watch.arrived(known.nib, rows)
        self._model.absorb(rows)
        touched = Statement(
            "UPDATE tr_oss_header SET tgl_update = %s WHERE nib = %s AND sts_aktif = '1'", (moment, known.nib)
        )
        return [touched, *(insert(table, row) for table, row in rows)]

    def moved(self, luck: Random, moment: datetime, known: Known) -> list[Statement]:
        """A licence takes its next step; now and then the event is sent twice, or arrives late."""
        place = luck.randrange(len(known.licences))
        old = known.licences[place]
        new = replace(old, status=luck.choice(licences.NEXT.get(old.status, ("10",))))
        known.licences[place] = new
        when = moment - timedelta(days=3) if luck.random() < 0.05 else moment
        event = insert("tr_oss_status_izin", licences.event(luck, new, new.status, when))
        statements = [_advance(luck, new, moment), event]
        if luck.random() < 0.03:
            statements.append(event)
        if new.status == "10":
            row = licences.requirement(luck, new, moment, luck.randrange(100))
            statements.append(insert("tr_oss_persyaratan", row))
        return statements

    def switched(self, luck: Random, moment: datetime, known: Known) -> list[Statement]:
        """A soft delete of a live company, or the revival of one that was deleted so."""
        del luck
        known.active = not known.active
        return [_switch(table, known.nib, moment, active=known.active) for table in SOFT_TABLES]

    def corrected(self, luck: Random, moment: datetime, known: Known) -> list[Statement]:
        """A name, an amount or a date is put right."""
        amount = money_text(luck, luck.randrange(1, 900) * 1_000_000)
        text, value = luck.choice(
            (
                ("nama_perseroan = left(nama_perseroan || %s, 255)", luck.choice((" Jaya", " Abadi", " &amp; Rekan"))),
                ("total_modal_ditempatkan = %s", amount),
                ("tgl_perubahan_nib = %s", date_text(luck, moment.date())),
                ("nomor_telpon_perseroan = %s", identifiers.phone(luck.randrange(10_000_000))),
            )
        )
        statements = [
            Statement(
                f"UPDATE tr_oss_header SET {text}, tgl_update = %s WHERE nib = %s AND sts_aktif = '1'",  # noqa: S608
                (value, moment, known.nib),
            )
        ]
        if known.projects and luck.random() < 0.5:
            statements.append(
                Statement(
                    "UPDATE tr_oss_proyek SET modal_kerja = %s, tgl_update = %s WHERE id_proyek = %s",
                    (amount, moment, luck.choice(known.projects)),
                )
            )
        return statements

    def renumbered(self, luck: Random, moment: datetime, known: Known) -> list[Statement]:
        """A NIB that was typed wrong is put right everywhere: rows move from one key to another."""
        del luck, moment
        old, new = known.nib, identifiers.nib(self._model.last_serial + 1)
        self._model.rename(known, new)
        statements = [Statement(f"UPDATE {table} SET nib = %s WHERE nib = %s", (new, old)) for table in NIB_TABLES]  # noqa: S608
        if known.account:
            text = "UPDATE tb_user_oss SET data_nib = replace(data_nib, %s, %s) WHERE username = %s"
            statements.append(Statement(text, (old, new, known.account)))
        return statements

    def withdrawn(self, luck: Random, moment: datetime, known: Known) -> list[Statement]:
        """A project is deleted for good, with everything below it."""
        del moment
        project = known.projects.pop(luck.randrange(len(known.projects)))
        gone = [licence for licence in known.licences if licence.project == project]
        known.licences = [licence for licence in known.licences if licence.project != project]
        return _erase_project(project, gone)

    def erased(self, luck: Random, moment: datetime, known: Known) -> list[Statement]:
        """A NIB is deleted for good."""
        del luck, moment
        self._model.forget(known)
        statements = [
            statement
            for project in known.projects
            for statement in _erase_project(project, [one for one in known.licences if one.project == project])
        ]
        if known.account:
            statements.append(delete("tb_user_oss", "username", known.account))
        return [*statements, *(delete(table, "nib", known.nib) for table in reversed(NIB_TABLES))]


def _switch(table: str, nib: str, moment: datetime, active: bool) -> Statement:
    before, after = ("0", "1") if active else ("1", "0")
    if "tgl_update" in TABLES[table].columns:
        text = f"UPDATE {table} SET sts_aktif = %s, tgl_update = %s WHERE nib = %s AND sts_aktif = %s"  # noqa: S608
        return Statement(text, (after, moment, nib, before))
    text = f"UPDATE {table} SET sts_aktif = %s WHERE nib = %s AND sts_aktif = %s"  # noqa: S608
    return Statement(text, (after, nib, before))


def _advance(luck: Random, licence: Licence, moment: datetime) -> Statement:
    issued = licences.issue(luck, licence, moment)
    return Statement(
        "UPDATE tr_oss_checklist SET status_checklist = %s, no_izin = %s, tgl_izin = %s, tgl_berlaku_izin = %s "
        "WHERE id_izin = %s",
        (licence.status, issued["no_izin"], issued["tgl_izin"], issued["tgl_berlaku_izin"], licence.id),
    )


def _erase_project(project: str, gone: Iterable[Licence]) -> list[Statement]:
    statements = [delete("tr_oss_persyaratan", "id_izin", licence.id) for licence in gone]
    statements += [delete("tr_oss_status_izin", "id_proyek", project), delete("tr_oss_checklist", "id_proyek", project)]
    # Two projects can share the 21 characters that the product table keeps: a product of the other goes as well,
    # as it did in the old system.
    statements.append(delete("tr_oss_produk", "id_proyek", project[:21]))
    return [*statements, *(delete(table, "id_proyek", project) for table in PROJECT_TABLES)]


@cache
def _insert_text(table: str, columns: tuple[str, ...]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(columns))})"  # noqa: S608


Deed = Callable[[Random, datetime, Known], list[Statement]]
