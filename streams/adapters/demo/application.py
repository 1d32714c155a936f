"""The legacy application's users on PostgreSQL: transactions in pipelines, a commit each."""

from collections.abc import Sequence
from pathlib import Path

import psycopg

from streams.adapters.demo.business import Business
from streams.adapters.demo.company import CompanyFactory
from streams.adapters.demo.connect import told
from streams.adapters.demo.defects.materials import load_materials
from streams.adapters.demo.defects.planting import Planter
from streams.adapters.demo.defects.soundness import Judge
from streams.adapters.demo.defects.watching import Watch
from streams.adapters.demo.loading import load_model, load_unsound
from streams.adapters.demo.model import Model
from streams.adapters.demo.pools import load_pools
from streams.errors import ErrorKind, SelarasError
from streams.ports.demo import BusinessTransaction, Defects


class PostgresApplication:
    """Implements ``LegacyApplication``."""

    def __init__(self, conninfo: str, reference: Path) -> None:
        """Connection string of the application's role, and the folder of the reference sets."""
        self._conninfo = conninfo
        self._reference = reference
        self._connection: psycopg.Connection | None = None
        self._business: Business | None = None

    def open(self, seed: int, defects: Defects) -> None:
        """See the port."""
        with told():
            # Autocommit, since BEGIN and COMMIT travel in the pipeline like any other statement.
            self._connection = psycopg.connect(self._conninfo, autocommit=True, application_name="oss-app")
            model = load_model(self._connection)
            watch = self._watch(self._connection, model, seed, defects) if defects.rates else None
        self._business = Business(model, CompanyFactory(load_pools(self._reference, seed), seed), seed, watch)

    def next(self) -> BusinessTransaction:
        """See the port."""
        return self._opened()[1].next()

    def commit(self, transactions: Sequence[BusinessTransaction]) -> list[int]:
        """See the port."""
        connection, _ = self._opened()
        with told():
            counted: list[list[tuple[psycopg.Cursor, int]]] = []
            with connection.pipeline():
                for transaction in transactions:
                    connection.execute("BEGIN")
                    counted.append([])
                    for statement in transaction.statements:
                        cursor = connection.execute(statement.text.encode(), statement.values)
                        counted[-1].append((cursor, statement.touches))
                    connection.execute("COMMIT")
            return [sum(cursor.rowcount * touches for cursor, touches in cursors) for cursors in counted]

    def close(self) -> None:
        """See the port."""
        if self._connection is not None:
            self._connection.close()
        self._connection = self._business = None

    def _watch(self, connection: psycopg.Connection, model: Model, seed: int, defects: Defects) -> Watch:
        materials = load_materials(self._reference)
        judge = Judge(materials)
        start = f"traffic/{seed}/{len(model)}/{model.last_serial}/{model.clock}"
        planter = Planter(materials, defects.rates, start, pairs=False)
        return Watch(planter, judge, defects, load_unsound(connection, judge.row), start)

    def _opened(self) -> tuple[psycopg.Connection, Business]:
        if self._connection is None or self._business is None:
            raise SelarasError(ErrorKind.UNKNOWN, "The application was not opened.")
        return self._connection, self._business
