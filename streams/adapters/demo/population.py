"""The seeded population: companies 1 to N in batches, ready to be copied table by table."""

from collections.abc import Iterator
from pathlib import Path

from streams.adapters.demo.company import CompanyFactory
from streams.adapters.demo.defects.planting import Planter
from streams.adapters.demo.pools import load_pools
from streams.adapters.demo.tables import TABLES, Row

Batch = dict[str, list[Row]]

BATCH = 500


def population(
    reference: Path, companies: int, seed: int, planter: Planter | None = None
) -> Iterator[tuple[int, Batch]]:
    """Companies 1..N as rows by table, with the number of companies in each batch; needs no database.

    With a planter, some of them have defects.
    """
    factory = CompanyFactory(load_pools(reference, seed), seed)
    for start in range(1, companies + 1, BATCH):
        stop = min(start + BATCH, companies + 1)
        batch: Batch = {table: [] for table in TABLES}
        for serial in range(start, stop):
            company = factory.build(serial)
            if planter:
                planter.plant(company)
            for table, row in company.rows:
                batch[table].append(row)
        yield stop - start, batch
