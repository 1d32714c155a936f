"""Companies of a test's own: made like the generator's, with business numbers that it never gives out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from streams.adapters.demo.company import CompanyFactory
from streams.adapters.demo.deeds import insert
from streams.adapters.demo.pools import load_pools
from streams.adapters.demo.tables import Row
from tests.e2e.parallel_run import ROOT, ParallelRun

FIRST_SERIAL = 700_000_000
FIRST_DAY = datetime(2019, 3, 1, 9)  # noqa: DTZ001 - the legacy system's local time
PREFIX = "8888"
# Some companies of the generator carry the old system's faults; these carry none.
SOUND: Mapping[str, Row] = {
    "tr_oss_header": {
        "npwp_perseroan": "",
        "total_modal_ditempatkan": "750000000",
        "tgl_pengajuan_nib": "2019-03-01",
        "tgl_terbit_nib": "2019-03-01",
        "tgl_perubahan_nib": "2019-03-02",
        "perseroan_daerah_id": "3171010000",
    },
    "tr_oss_proyek": {"kbli": "47112", "uraian_usaha": "Toko", "jumlah_investasi": "900000000"},
}


@dataclass(frozen=True)
class Made:
    """A company's business number and rows, in the order of their insertion."""

    nib: str
    rows: list[tuple[str, Row]]

    @property
    def projects(self) -> list[str]:
        """Ids of its projects."""
        return [str(row["id_proyek"]) for table, row in self.rows if table == "tr_oss_proyek"]


class Companies:
    """Numbered from one on, behind those ``made`` already; the same number is the same company."""

    def __init__(self, run: ParallelRun, made: int = 0) -> None:
        self._run = run
        self._factory = CompanyFactory(load_pools(ROOT / "schemas" / "reference", 1), 1)
        self._made = made

    def draw(self, **changed: object) -> Made:
        """The next company, not yet committed; ``changed``: columns of its document."""
        self._made += 1
        nib = f"{PREFIX}{self._made:09d}"
        company = self._factory.build(FIRST_SERIAL + self._made, FIRST_DAY + timedelta(hours=self._made))
        document = {"nama_perseroan": f"PT Uji {self._made}", "oss_id": f"P-UJI-{self._made:06d}", **changed}
        rows = []
        for table, row in company.rows:
            own = {"nib": nib} if "nib" in row else {"data_nib": nib} if "data_nib" in row else {}
            fixed = {**SOUND.get(table, {}), **(document if table == "tr_oss_header" else {})}
            rows.append((table, {**row, **own, **fixed}))
        return Made(nib, rows)

    def commit(self, rows: list[tuple[str, Row]]) -> None:
        """Insert rows in one transaction."""
        with self._run.legacy() as session, session.transaction():
            for table, row in rows:
                statement = insert(table, row)
                session.execute(statement.text, statement.values)

    def make(self, **changed: object) -> Made:
        """The next company, committed."""
        made = self.draw(**changed)
        self.commit(made.rows)
        return made

    def project(self, nib: str) -> list[tuple[str, Row]]:
        """The rows of one more project."""
        self._made += 1
        moment = FIRST_DAY + timedelta(hours=self._made)
        luck = Random(self._made)
        rows = self._factory.another_project(luck, nib, FIRST_SERIAL // 100 + self._made, moment)
        return [(table, {**row, **SOUND.get(table, {})}) for table, row in rows]
