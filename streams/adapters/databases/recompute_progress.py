"""Reads how far recomputes have come."""

from collections.abc import Sequence

from sqlalchemy import Connection, text

from streams.adapters.databases.quarantine import seconds
from streams.ports.recomputing import ALONE, WHOLE
from streams.ports.status import RecomputeReading

# Steps of a whole run, and those of one table alone, are told apart by their names.
UNFINISHED = text(f"""
with steps as (
  select r.*, case when step like '% {ALONE}' then step else '{WHOLE}' end as run
  from selaras.recompute as r join selaras.version as v using (mapping, reference)
)
select run, count(*) filter (where finished_at is not null),
  (array_agg(step order by changed_at desc) filter (where finished_at is null and step <> '{WHOLE}'))[1],
  sum(keys_done), extract(epoch from clock_timestamp() - min(started_at)),
  extract(epoch from clock_timestamp() - max(changed_at))
from steps group by run having bool_or(step = run and finished_at is null) order by run
""")


def read_recomputes(connection: Connection) -> Sequence[RecomputeReading]:
    """Those that were begun under the versions in force and are not finished."""
    return [
        RecomputeReading(
            None if run == WHOLE else run.removesuffix(f" {ALONE}"),
            finished,
            step.removesuffix(f" {ALONE}") if step else None,
            int(keys),
            seconds(begun) or 0.0,
            seconds(moved) or 0.0,
        )
        for run, finished, step, keys, begun, moved in connection.execute(UNFINISHED)
    ]
