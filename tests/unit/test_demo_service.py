"""Seeding refuses a filled database; traffic ends exactly, on time, and between transactions."""

import threading
from collections.abc import Callable, Mapping, Sequence

import pytest

from streams.errors import ErrorKind, SelarasError
from streams.ports.demo import BusinessTransaction, Defects, Expected, Filled, Planted
from streams.services.demo import BATCH_LIMIT, SeedPlan, SeedService, TrafficPlan, TrafficService


def planted(defect: str, nib: str = "9999000000001") -> Planted:
    return Planted(defect, Expected.ROW, nib, "tr_oss_header", f"nib={nib}", "nib", nib)


class Record:
    def __init__(self, *planted: Planted) -> None:
        self.planted = list(planted)

    def start(self, planted: Sequence[Planted]) -> None:
        self.planted = list(planted)

    def add(self, planted: Sequence[Planted]) -> None:
        self.planted += planted

    def read(self) -> Sequence[Planted]:
        return self.planted


class Tables:
    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.filled: list[tuple[int, int]] = []
        self.rates: Mapping[str, float] = {}

    def prepare(self) -> bool:
        return True

    def counts(self) -> dict[str, int]:
        return {"tr_oss_header": self.rows, "oss_iumk": 0}

    def fill(self, companies: int, seed: int, rates: Mapping[str, float], done: Callable[[int], None]) -> Filled:
        self.filled.append((companies, seed))
        self.rates = rates
        done(companies)
        return Filled({"tr_oss_header": companies, "oss_iumk": 1}, [planted(name) for name in rates for _ in range(2)])


def test_seeding_fills_empty_tables_and_counts() -> None:
    tables, heard = Tables(0), list[int]()
    summary = SeedService(tables, tables, Record()).run(SeedPlan(5, 9), heard.append)
    assert (summary.rows, summary.companies, summary.schemas_made) == (6, 5, True)
    assert tables.filled == [(5, 9)]
    assert heard == [5]


def test_seeding_begins_the_record_anew_and_counts_by_defect() -> None:
    tables, record = Tables(0), Record(planted("of a population before"))
    summary = SeedService(tables, tables, record).run(SeedPlan(5, 9, {"b": 0.5, "a": 0.1}))
    assert tables.rates == {"b": 0.5, "a": 0.1}
    assert summary.by_defect == {"a": 2, "b": 2}
    assert [one.defect for one in record.planted] == ["b", "b", "a", "a"]
    assert SeedService(tables, tables, record).run(SeedPlan(5, 9)).by_defect == {}
    assert not record.planted


def test_seeding_refuses_tables_that_hold_rows() -> None:
    tables = Tables(1)
    with pytest.raises(SelarasError) as refusal:
        SeedService(tables, tables, Record()).run(SeedPlan(5, 9))
    assert refusal.value.kind is ErrorKind.CONFIGURATION
    assert "tr_oss_header" in refusal.value.sentence
    assert not tables.filled


class Application:
    """Counts what it is asked; calls ``at`` after each commit."""

    def __init__(self, at: Callable[[int], None] = lambda _: None) -> None:
        self.made = 0
        self.committed = 0
        self.greatest = 0
        self.closed = False
        self._at = at

    def open(self, seed: int, defects: Defects) -> None:
        self.seed = seed
        self.defects = defects

    def next(self) -> BusinessTransaction:
        self.made += 1
        found = (planted("late", f"{self.made}"),) if self.defects.rates and not self.made % 10 else ()
        return BusinessTransaction("moved" if self.made % 2 else "resent", (), found)

    def commit(self, transactions: Sequence[BusinessTransaction]) -> list[int]:
        self.committed += len(transactions)
        self.greatest = max(self.greatest, len(transactions))
        self._at(self.committed)
        return [3] * len(transactions)

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize("rate", [0, 100_000])
@pytest.mark.parametrize("transactions", [1, BATCH_LIMIT, 101])
def test_traffic_ends_exactly(rate: float, transactions: int) -> None:
    application = Application()
    summary = TrafficService(application, Record()).run(TrafficPlan(rate=rate, seed=4, transactions=transactions))
    assert application.committed == application.made == summary.transactions == transactions
    assert summary.rows == 3 * transactions
    assert sum(summary.by_kind.values()) == transactions
    assert application.closed
    assert application.seed == 4


def test_traffic_spares_what_is_written_down_and_adds_to_it() -> None:
    application, record = Application(), Record(planted("before", "77"))
    service = TrafficService(application, record)
    assert service.run(TrafficPlan(rate=0, seed=1, transactions=40)).by_defect == {}
    assert application.defects == Defects()
    summary = service.run(TrafficPlan(rate=0, seed=1, transactions=40, rates={"late": 1.0}))
    assert application.defects == Defects({"late": 1.0}, frozenset({"77"}))
    assert summary.by_defect == {"late": 4}
    assert [one.defect for one in record.planted] == ["before", *["late"] * 4]


def test_what_could_not_be_committed_is_not_written_down() -> None:
    def gone(_committed: int) -> None:
        raise SelarasError(ErrorKind.UNAVAILABLE, "The legacy database does not answer.")

    record = Record()
    with pytest.raises(SelarasError):
        TrafficService(Application(gone), record).run(TrafficPlan(rate=0, seed=1, rates={"late": 1.0}))
    assert not record.planted


def test_traffic_keeps_its_rate_and_its_time() -> None:
    application = Application()
    summary = TrafficService(application, Record()).run(TrafficPlan(rate=200, seed=1, seconds=0.25))
    assert 0.25 <= summary.seconds < 5
    assert 1 < summary.transactions <= 200 * summary.seconds + 1


def test_traffic_stops_between_transactions() -> None:
    service: TrafficService
    application = Application(lambda committed: service.stop.set() if committed >= 3 else None)
    service = TrafficService(application, Record())
    summary = service.run(TrafficPlan(rate=1000, seed=1))
    assert summary.transactions == application.committed >= 3
    assert application.closed


def test_the_counters_can_be_read_from_another_thread() -> None:
    reached, seen = threading.Event(), threading.Event()

    def at(committed: int) -> None:
        if committed > 100:
            reached.set()
            assert seen.wait(10)

    service = TrafficService(Application(at), Record())
    assert service.summary().transactions == 0
    thread = threading.Thread(target=service.run, args=(TrafficPlan(rate=0, seed=1, transactions=200),))
    thread.start()
    assert reached.wait(10)
    assert 0 < service.summary().transactions < 200
    seen.set()
    thread.join(10)
    assert service.summary().transactions == 200


def test_a_lost_database_closes_the_application() -> None:
    def gone(committed: int) -> None:
        raise SelarasError(ErrorKind.UNAVAILABLE, "The legacy database does not answer.")

    application = Application(gone)
    with pytest.raises(SelarasError):
        TrafficService(application, Record()).run(TrafficPlan(rate=0, seed=1))
    assert application.closed
