"""Legacy documents: one that is refused, one with a refused column, one with nothing wrong."""

from datetime import UTC, datetime

from tests.engine import EngineWorld
from tests.histories_tables import FIXED
from tests.history import History, Row

A, B, C = "9999000000017", "9999000000025", "9999000000033"
TODAY = datetime.now(UTC).date()


def header(history: History, number: int, nib: str, **values: object) -> Row:
    """A NIB document that no rule refuses, but for what is given."""
    sound: Row = {"idoss": number, "nib": nib, "oss_id": f"P-{number}", "nama_perseroan": "PT Baik", "status_nib": "01"}
    sound |= {"tgl_terbit_nib": "04/03/2019", "sts_aktif": "1", "tgl_insert": "2019-03-04T10:11:12Z"}
    return history.insert("tr_oss_header", **{**FIXED["tr_oss_header"], **sound, **values})


def project(history: History, number: int, nib: str) -> Row:
    """A project that no rule refuses."""
    sound: Row = {"idpryk": number, "nib": nib, "id_proyek": f"R-{number}", "kbli": "55194", "uraian_usaha": "Vila"}
    sound |= {"luas_tanah": "1.5", "sts_aktif": "1", "tgl_insert": "2019-03-04T10:11:12Z"}
    return history.insert("tr_oss_proyek", **{**FIXED["tr_oss_proyek"], **sound})


def filled(world: EngineWorld) -> History:
    """A: its number is refused, its project waits. B: a refused column, in another region. C: nothing is wrong."""
    history = world.history()
    header(history, 1, A, tgl_terbit_nib="31-02-2020")
    project(history, 1, A)
    header(history, 2, B, npwp_perseroan="123456", perseroan_daerah_id="3171010001")
    header(history, 3, C)
    project(history, 3, C)
    history.commits()
    world.apply(history.chunks())
    return history


def do(world: EngineWorld, *statements: str) -> None:
    """Run these in one transaction."""
    with world.applier.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
