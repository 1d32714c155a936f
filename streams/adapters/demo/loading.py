"""Read the traffic's model from the legacy database."""

from collections.abc import Callable

import psycopg
from psycopg.rows import dict_row

from streams.adapters.demo.model import Model
from streams.adapters.demo.tables import Row

# Ordered by content alone: two databases with equal rows give equal models. Headers come first, so that a company's
# place follows its NIB.
_READS = (
    ("tr_oss_header", 'SELECT nib, sts_aktif, tgl_insert, tgl_update FROM {table} ORDER BY nib COLLATE "C", idoss'),
    (
        "tr_oss_proyek",
        'SELECT nib, id_proyek, tgl_insert, tgl_update FROM {table} ORDER BY id_proyek COLLATE "C", idpryk',
    ),
    (
        "tr_oss_checklist",
        "SELECT nib, id_proyek, id_izin, kd_izin, status_checklist FROM {table} "
        'ORDER BY id_izin COLLATE "C", idchecklist',
    ),
    ("oss_iumk", 'SELECT nib FROM {table} WHERE nib IS NOT NULL ORDER BY nib COLLATE "C"'),
    (
        "tb_user_oss",
        "SELECT username, data_nib, tgl_update FROM {table} WHERE data_nib <> '' "
        'ORDER BY username COLLATE "C", id_profile',
    ),
)


def load_model(connection: psycopg.Connection) -> Model:
    """All companies with their keys and states, read in one snapshot."""
    model = Model()
    with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        for table, text in _READS:
            cursor.execute(text.format(table=table).encode())
            for row in cursor:
                model.absorb([(table, row)])
                model.go_on_after(row.get("tgl_insert"))
                model.go_on_after(row.get("tgl_update"))
    return model


def load_unsound(connection: psycopg.Connection, sound: Callable[[str, Row], bool]) -> set[str]:
    """NIBs of which a document in force, a project or a licence is not sound."""
    found: set[str] = set()
    for table, where in (
        ("tr_oss_header", "WHERE sts_aktif = '1'"),
        ("tr_oss_proyek", ""),
        ("tr_oss_checklist", ""),
    ):
        # Named cursors fetch in portions: rows are read whole here.
        with connection.transaction(), connection.cursor("sound", row_factory=dict_row) as cursor:
            cursor.execute(f"SELECT * FROM {table} {where}".encode())  # noqa: S608 - names are constants
            found.update(str(row["nib"]) for row in cursor if not sound(table, row))
    return found
