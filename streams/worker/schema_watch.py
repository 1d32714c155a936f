"""The worker's look at the legacy catalogue: changes are told once each, and keys that waited for one are computed."""

import asyncio

import structlog

from streams.errors import SelarasError
from streams.services.schema_watch import Looked, SchemaWatch

log = structlog.get_logger()


async def watch_schema(watch: SchemaWatch, every_s: float) -> None:
    """Look, and look again after ``every_s`` seconds, until cancelled. Nothing that it finds ends the run."""
    while True:
        try:
            tell_schema(await asyncio.to_thread(watch.look))
        except SelarasError as error:
            log.warning("schema_unknown", kind=error.kind.value, what=error.sentence)
        await asyncio.sleep(every_s)


def tell_schema(looked: Looked) -> None:
    """One line a change that came or went."""
    for change in looked.appeared:
        tell = log.warning if change.needed else log.info
        tell("legacy_schema_changed", change=change.kind.value, what=change.sentence, next=change.next_step)
    for change in looked.over:
        log.info("legacy_schema_settled", change=change.kind.value, table=change.table, column=change.column)
    if looked.freed:
        log.info("computed_again", keys=looked.freed, why="the columns that they waited for are there again")
