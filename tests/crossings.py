"""Changes that reach two partitions at once: histories whose last transaction two workers apply side by side.

Each case makes a history and returns how far each partition reaches before the two workers begin (none: from 0).
"""

from collections.abc import Callable

from tests.histories_tables import FIXED
from tests.history import History, Row

Case = Callable[[History], dict[tuple[str, int], int]]
A, B = "9999000000017", "9999000000025"  # in two partitions


def header(history: History, number: int, nib: str, **values: object) -> Row:
    """A sound NIB document."""
    sound: Row = {
        "idoss": number,
        "nib": nib,
        "oss_id": f"P-{number}",
        "nama_perseroan": "PT Contoh",
        "tgl_terbit_nib": "04/03/2019",
        "status_nib": "01",
        "total_modal_dasar": "0",
        "sts_aktif": "1",
        "tgl_insert": "2019-03-04T10:11:12Z",
    }
    return history.insert("tr_oss_header", **{**FIXED["tr_oss_header"], **sound, **values})


def project(history: History, number: int, nib: str, name: str = "R-1", **values: object) -> Row:
    """A sound project."""
    sound: Row = {"idpryk": number, "nib": nib, "id_proyek": name, "kbli": "55194", "uraian_usaha": "Vila"}
    sound |= {"luas_tanah": "1", "sts_aktif": "1", "tgl_insert": "2019-03-04T10:11:12Z"}
    return history.insert("tr_oss_proyek", **{**FIXED["tr_oss_proyek"], **sound, **values})


def settled(history: History) -> dict[tuple[str, int], int]:
    """End the transaction; how far each partition reaches."""
    history.commits()
    return {(chunk.topic, chunk.partition): chunk.end for chunk in history.chunks()}


def child_and_parent(history: History) -> dict[tuple[str, int], int]:
    """A project and its NIB, in one transaction."""
    project(history, 1, A)
    header(history, 1, A)
    return {}


def child_and_leaving_parent(history: History) -> dict[tuple[str, int], int]:
    """A project arrives while its NIB is taken away by a correction."""
    row = header(history, 1, A, oss_id="")
    row = history.update("tr_oss_header", row, oss_id="P-1")
    done = settled(history)
    project(history, 1, A)
    history.update("tr_oss_header", row, oss_id="")
    return done


def row_that_moves(history: History) -> dict[tuple[str, int], int]:
    """A NIB is corrected: the row leaves one partition and enters another."""
    row = header(history, 1, A)
    done = settled(history)
    history.update("tr_oss_header", row, nib=B)
    return done


def row_that_moves_and_changes_its_key(history: History) -> dict[tuple[str, int], int]:
    """The same, and the primary key changes with it."""
    row = header(history, 1, A)
    done = settled(history)
    history.update("tr_oss_header", row, nib=B, idoss=2)
    return done


def old_snapshot_row(history: History) -> dict[tuple[str, int], int]:
    """The initial snapshot read a row that an open transaction, logged before, then moved."""
    row = header(history, 1, A)
    history.log.clear()
    history.snapshot("tr_oss_header", 500)
    history.lsn -= 15
    history.update("tr_oss_header", row, nib=B, nama_perseroan="PT Baru")
    return {}


def reread_row(history: History) -> dict[tuple[str, int], int]:
    """A row is read again; a transaction that was open meanwhile, with records before the reading, moves it."""
    row = header(history, 1, A)
    done = settled(history)
    history.reread("tr_oss_header", [row])
    history.lsn -= 15
    history.update("tr_oss_header", row, nib=B)
    return done


def value_that_two_want(history: History) -> dict[tuple[str, int], int]:
    """Two NIBs with one oss_id; the second was issued first."""
    header(history, 1, A, oss_id="P-9", tgl_terbit_nib="04/03/2019")
    header(history, 2, B, oss_id="P-9", tgl_terbit_nib="04/03/2018")
    return {}


def value_that_changes_hands(history: History) -> dict[tuple[str, int], int]:
    """The holder gives its oss_id up, another takes it, in one transaction."""
    first = header(history, 1, A, oss_id="P-9")
    second = header(history, 2, B, oss_id="P-8")
    done = settled(history)
    history.update("tr_oss_header", first, oss_id="P-8")
    history.update("tr_oss_header", second, oss_id="P-9")
    return done


def document_sent_again(history: History) -> dict[tuple[str, int], int]:
    """One project in two rows, of two NIBs."""
    header(history, 1, A)
    header(history, 2, B)
    done = settled(history)
    project(history, 1, A)
    project(history, 2, B, tgl_insert="2020-03-04T10:11:12Z")
    return done


def truncated_row(history: History) -> dict[tuple[str, int], int]:
    """A table is emptied; the event travels in another partition than the row."""
    header(history, 1, A)
    history.truncate("tr_oss_header", _partition(history, B))
    return {}


def micro_and_header(history: History) -> dict[tuple[str, int], int]:
    """Both sources of one NIB."""
    header(history, 1, A, nama_perseroan="")
    history.insert("oss_iumk", nib=A, nama_usaha="Warung", status_nib="Aktif", day_of_tanggal_terbit="2019-03-04Z")
    return {}


CASES = (
    child_and_parent,
    child_and_leaving_parent,
    row_that_moves,
    row_that_moves_and_changes_its_key,
    old_snapshot_row,
    reread_row,
    value_that_two_want,
    value_that_changes_hands,
    document_sent_again,
    truncated_row,
    micro_and_header,
)


def _partition(history: History, nib: str) -> int:
    before = len(history.log)
    row = header(history, 99, nib)
    partition = history.log[before][1]
    del history.log[before:]
    history.rows["tr_oss_header"].remove(row)
    return partition
