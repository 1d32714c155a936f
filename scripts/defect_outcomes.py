"""What became of planted defects in the new database: asked in SQL, by nothing that the worker itself uses."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from streams.ports.demo import Expected, Planted

# Projections whose keys stand beside their rows: the source, and what the mirror knows its rows by.
DERIVED = {
    "hak_akses": ("akun", "id_profile"),
    "npwp_bersama": ("header", "idoss"),
    "orang": ("iumk", "_content"),
    "peran_orang": ("jawab", "idpj"),
    "persyaratan": ("syarat", "idsyarat"),
}
KEYS = """
select distinct k.key from selaras.row_key as k join mirror.{table} as m on m.{id}::text = k.row
where k.source = %s and m.{column} = %s
"""
ROW = """
select (select jsonb_object_agg(key, value) from jsonb_each_text(to_jsonb(t)))
from rba.{table} as t where {row} and ({more})
"""
ROWS = {
    "hak_akses": "nib = %s",
    "nib": "nib = %s",
    "pelaku_usaha": "id = (select n.pelaku_usaha_id from rba.nib as n where n.nib = %s)",
    "perizinan": "id_izin = %s",
    "produk": "id_produk = %s",
    "proyek": "id_proyek = %s",
    "proyek_lokasi": "id_proyek_lokasi = %s",
}
STATES = "select outcome, faults, findings from selaras.key_state where projection = %s and key = any(%s)"
FINDINGS = {
    "01-nib-resent": {"nib_ganda"},
    "02-two-nibs": {"npwp_bersama", "npwp_bersama_iumk", "npwp_bersama_silang"},
    "07-sum-overflow": {"rekap_luapan"},
    "21-bytes-misread": {"teks_rusak"},
}
# What the record can't state, because it would be personal or is not known beforehand: it must hold in the row as well.
NEWEST = """status_kode = (select s.kd_status from mirror.tr_oss_status_izin as s
  where s.id_izin = t.id_izin and not s._deleted order by s.tgl_status desc, s.kd_status desc limit 1)"""
HOLDS = {
    "03-npwp-spelling": "npwp16 ~ '^[0-9]{16}$'",
    "04-kbli-reused": "kbli_edisi = 2020 and kbli <> kbli_asal_2017",
    "06-kbli-zero-lost": "kbli_asal_2017 ~ '^0[0-9]{4}$'",
    "11-children-again": "dihapus_pada is null",
    "15-event-order": NEWEST,
    "19-address-soiled": "alamat !~ '<'",
    "20-email-shared": "aktif and tingkat = 'UTAMA'",
    "22-place-wrong": "lintang between -11.5 and 6.5 and bujur between 94.5 and 141.5",
}
# By parent: tables of its children, their keys, how the mirror finds them.
CHILDREN = {
    "nib": (("proyek", "tr_oss_proyek", "id_proyek", "nib"), ("perizinan", "tr_oss_checklist", "id_izin", "nib")),
    "proyek": (
        ("proyek_lokasi", "tr_oss_lokasi", "id_proyek_lokasi", "id_proyek"),
        ("perizinan", "tr_oss_checklist", "id_izin", "id_proyek"),
    ),
}
LOST = """
select count(r.{key}), count(*) filter (where r.{key} is null and s.key is null)
from (select distinct {key} from mirror.{mirrored} where {parent} = %s) as m
left join rba.{table} as r on r.{key} = m.{key}
left join selaras.key_state as s on s.projection = %s and s.key = m.{key} and s.outcome <> 'row'
"""


class Outcomes:
    """Compares the record of planted defects with a target that is settled."""

    def __init__(self, target: psycopg.Connection, open_columns: Mapping[str, frozenset[str]]) -> None:
        """A session that may read ``rba``, ``mirror`` and ``selaras``; by table, the columns that are never masked."""
        self._target = target
        self._open = open_columns
        self._judges = {
            Expected.ROW: self._row,
            Expected.FINDING: self._finding,
            Expected.QUARANTINED: self._quarantined,
            Expected.TOMBSTONE: self._tombstone,
            Expected.WAITING: self._waiting,
        }

    def complaint(self, record: Planted) -> str | None:
        """What is otherwise than the record says, or None."""
        return self._judges[record.expected](record)

    def keys(self, record: Planted) -> Sequence[str]:
        """The keys that the record is about, as the key states have them."""
        if record.target not in DERIVED:
            return [record.target_key]
        source, id_ = DERIVED[record.target]
        column, _, value = record.key.partition("=")
        names = {"table": record.table, "id": id_, "column": column}
        found = self._ask(KEYS, names, f"{record.target}.{source}", value)
        return [key for (key,) in found]

    def children(self, record: Planted) -> tuple[int, int]:
        """Of the row's children: how many the target holds, and how many are neither there nor refused nor waiting."""
        kept = lost = 0
        for table, mirrored, key, parent in CHILDREN[record.target]:
            names = {"table": table, "mirrored": mirrored, "key": key, "parent": parent}
            ((there, gone),) = self._ask(LOST, names, record.target_key, table)
            kept, lost = kept + there, lost + gone
        return kept, lost

    def _row(self, record: Planted) -> str | None:
        row = self._found(record)
        if row is None:
            return "there is no row"
        if record.column is not None:
            value = row[record.column]
            if record.value is None and value is None:
                return f"{record.column} is empty"
            if record.value is not None and (record.value or None) != value:
                return f"{record.column} is not as stated"
        return None if self._found(record, HOLDS.get(record.defect, "true")) else "the row does not hold what it must"

    def _finding(self, record: Planted) -> str | None:
        names = {finding["name"] for _, _, findings in self._states(record) for finding in findings}
        if not names & FINDINGS[record.defect]:
            return f"of the findings {sorted(names)} none tells it"
        return self._row(record) if record.target in ROWS else None

    def _quarantined(self, record: Planted) -> str | None:
        states = self._states(record)
        told = [
            (outcome, fault)
            for outcome, faults, _ in states
            for fault in faults
            if record.column in (None, fault["column"])
        ]
        if not told:
            return "nothing was refused"
        if self._shows(record, [fault["masked"] for _, fault in told]):
            return "a mask shows too much"
        if record.column is None:
            return None if any(outcome == "quarantined" for outcome, _ in told) else "no key is quarantined"
        row = self._found(record)
        if any(outcome == "quarantined" for outcome, _ in told):
            return None if row is None else "the key is quarantined, and the row is there"
        return None if row is not None and row[record.column] is None else "the refused column holds a value"

    def _shows(self, record: Planted, masks: Sequence[str | None]) -> bool:
        """Of a column that is not open a mask shows the shape alone: the count of letters in braces, and signs."""
        if record.column in self._open.get(record.target, ()):
            return False
        shapes = [re.sub(r"x\{\d+\}", "", mask) for mask in masks if mask is not None]
        return any(character.isalnum() and character != "x" for shape in shapes for character in shape)

    def _tombstone(self, record: Planted) -> str | None:
        row = self._found(record)
        if row is None:
            return "there is no row"
        if row["dihapus_pada"] is None:
            return "the row is not marked as deleted"
        _, lost = self.children(record)
        return f"{lost} children are gone" if lost else None

    def _waiting(self, record: Planted) -> str | None:
        outcomes = {outcome for outcome, _, _ in self._states(record)}
        return None if outcomes == {"waiting"} else f"the outcome is {sorted(outcomes) or 'a row'}"

    def _found(self, record: Planted, condition: str = "true") -> Mapping[str, str | None] | None:
        """Its row, every value as text."""
        parts = {"row": sql.SQL(ROWS[record.target]), "more": sql.SQL(condition)}
        found = self._ask(ROW, {"table": record.target}, record.target_key, **parts)
        return found[0][0] if found else None

    def _states(self, record: Planted) -> Sequence[tuple[Any, ...]]:
        return self._target.execute(STATES, (record.target, list(self.keys(record)))).fetchall()

    def _ask(
        self, query: LiteralString, names: Mapping[str, str], *values: str, **parts: sql.SQL
    ) -> Sequence[tuple[Any, ...]]:
        quoted = {name: sql.Identifier(value) for name, value in names.items()}
        return self._target.execute(sql.SQL(query).format(**quoted, **parts), values).fetchall()
