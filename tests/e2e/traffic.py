"""Business traffic beside a test."""

import itertools
import threading
from types import TracebackType

from streams.bootstrap.demo import traffic_service
from streams.errors import ErrorKind, SelarasError
from streams.services.demo import TrafficPlan, TrafficService
from streams.settings import Settings
from tests.waiting import wait_until

SEEDS = itertools.count(100)
PAUSE_S = 0.2


class Traffic:
    """Commits business transactions in a thread, from ``with`` to its end.

    ``patient``: while the legacy database is away it tries again and again; otherwise that fails the test.
    """

    def __init__(self, settings: Settings, rate: float = 40, *, patient: bool = False) -> None:
        self._settings = settings
        self._rate = rate
        self._patient = patient
        self._stopping = threading.Event()
        self._service: TrafficService | None = None
        self._before = 0
        self._failures: list[Exception] = []
        self._thread = threading.Thread(target=self._work, name="traffic", daemon=True)

    @property
    def committed(self) -> int:
        """Transactions so far."""
        service = self._service
        return self._before + (service.summary().transactions if service else 0)

    def go_on(self, transactions: int, deadline_s: float = 60.0) -> None:
        """Wait until so many more are committed."""
        goal = self.committed + transactions
        wait_until(lambda: self._failures or self.committed >= goal, f"{goal} transactions are committed", deadline_s)
        self._require()

    def __enter__(self) -> "Traffic":
        self._thread.start()
        self.go_on(1)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        if self._service is not None:
            self._service.stop.set()
        self._thread.join()
        if error is None:
            self._require()

    def _require(self) -> None:
        if self._failures:
            raise self._failures[0]

    def _work(self) -> None:
        while not self._stopping.is_set():
            self._service = traffic_service(self._settings)
            if self._stopping.is_set():
                return
            try:
                self._service.run(TrafficPlan(self._rate, next(SEEDS)))
            except SelarasError as error:
                if not self._patient or error.kind is not ErrorKind.UNAVAILABLE:
                    self._failures.append(error)
                    return
            except Exception as error:  # told by the thread of the test
                self._failures.append(error)
                return
            self._before, self._service = self.committed, None
            self._stopping.wait(PAUSE_S)
