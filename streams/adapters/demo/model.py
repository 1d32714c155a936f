"""What the traffic knows about the legacy database: keys and states of every company, kept in memory."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from streams.adapters.demo.identifiers import serial_of
from streams.adapters.demo.licences import Licence
from streams.adapters.demo.profile import TRAFFIC_START
from streams.adapters.demo.tables import Row


@dataclass(slots=True)
class Known:
    """One NIB: what hangs on it, as far as a transaction must know it to change it."""

    nib: str
    active: bool = False
    documents: int = 0
    projects: list[str] = field(default_factory=list)
    licences: list[Licence] = field(default_factory=list)
    extracts: int = 0
    account: str = ""  # its user name


class Model:
    """All companies, in an order that depends on the database's contents alone."""

    def __init__(self) -> None:
        """An empty world."""
        self._companies: list[Known] = []
        self._places: dict[str, int] = {}
        self.last_serial = 0
        self.clock = TRAFFIC_START

    def __len__(self) -> int:
        return len(self._companies)

    def company(self, nib: str) -> Known:
        """The company with this NIB, made when it is new."""
        if nib not in self._places:
            self._places[nib] = len(self._companies)
            self._companies.append(Known(nib))
            self.last_serial = max(self.last_serial, serial_of(nib))
        return self._companies[self._places[nib]]

    def absorb(self, rows: Iterable[tuple[str, Row]]) -> None:
        """Take note of rows that are inserted."""
        for table, row in rows:
            nib = row.get("nib")
            if table == "tb_user_oss":
                nib = str(row["data_nib"]).partition(",")[0]
            if isinstance(nib, str):
                self._note(self.company(nib), table, row)

    def _note(self, known: Known, table: str, row: Row) -> None:
        match table:
            case "tr_oss_header":
                known.documents += 1
                known.active = known.active or row["sts_aktif"] == "1"
            case "tr_oss_proyek":
                known.projects.append(str(row["id_proyek"]))
            case "tr_oss_checklist":
                known.licences.append(
                    Licence(
                        id=str(row["id_izin"]),
                        project=str(row["id_proyek"]),
                        nib=known.nib,
                        code=str(row["kd_izin"]),
                        status=str(row["status_checklist"]),
                    )
                )
            case "oss_iumk":
                known.extracts += 1
            case "tb_user_oss":
                known.account = str(row["username"])

    def go_on_after(self, moment: object) -> None:
        """Business time is at least this moment, if it is one."""
        if isinstance(moment, datetime) and moment > self.clock:
            self.clock = moment

    def pick(self, luck: Random) -> Known:
        """Any company; IndexError when there is none."""
        return self._companies[luck.randrange(len(self._companies))]

    def forget(self, known: Known) -> None:
        """The company is gone, with everything that hung on it."""
        place = self._places.pop(known.nib)
        last = self._companies.pop()
        if last is not known:
            self._companies[place] = last
            self._places[last.nib] = place

    def rename(self, known: Known, nib: str) -> None:
        """The company's number was wrong and is put right."""
        self._places[nib] = self._places.pop(known.nib)
        known.nib = nib
        known.licences = [
            Licence(id=old.id, project=old.project, nib=nib, code=old.code, status=old.status) for old in known.licences
        ]
        self.last_serial = max(self.last_serial, serial_of(nib))
