"""Settings -> the watch over foreign writes on the target."""

from sqlalchemy import Engine

from streams.adapters.databases.engines import engine_for
from streams.adapters.databases.foreign_log import PostgresForeignLog, PostgresWatchHealth
from streams.adapters.databases.foreign_slot import PostgresForeignSlot, slot_name
from streams.adapters.databases.target import translated
from streams.adapters.databases.watch_triggers import ddl, put_in_place
from streams.bootstrap.databases import target_engine, target_server
from streams.bootstrap.own_schema import own_schema
from streams.bootstrap.replicate import Ground
from streams.ports.drift_progress import DriftProgress
from streams.services.foreign_duties import ForeignWritesDuty, WatchHealthDuty
from streams.services.foreign_writes import TARGET, ForeignWatch
from streams.services.key_search import KeySearch
from streams.services.monitor_duties import Book
from streams.services.pages import Pages
from streams.settings import Settings

CAPTURE, OWNER = "rba_capture", "rba_owner"  # reads the log and may write nothing; owns the new system's tables


def triggers_in_place(settings: Settings) -> None:
    """Have the triggers on every table of both schemas, those of ``rba`` where the password of its owner is at hand.

    What lacks then is told by the watch's health.
    """
    own_schema(settings)
    if (settings.secrets / OWNER).is_file():
        owner = engine_for(target_server(settings, OWNER), "selaras", pool_size=1)
        try:
            with translated("target"):
                put_in_place(owner, ("rba",), ddl(settings.schemas_dir))
        finally:
            owner.dispose()


def foreign_watch(settings: Settings, engine: Engine | None = None) -> ForeignWatch:
    """The watch; ``engine``: connections of the applier's role to share, else its own."""
    connections = engine or target_engine(settings)
    reader = engine_for(target_server(settings, CAPTURE), "selaras foreign writes", pool_size=1)
    slot = slot_name(settings.target.database)
    return ForeignWatch(
        PostgresForeignSlot(reader, slot, TARGET.schemas),
        PostgresForeignLog(connections),
        watch_health(settings, connections),
    )


def watch_health(settings: Settings, engine: Engine | None = None) -> PostgresWatchHealth:
    """How the watch is, for whoever shows it: needs no monitor."""
    slot = slot_name(settings.target.database)
    return PostgresWatchHealth(engine or target_engine(settings), slot, TARGET.schemas, ddl(settings.schemas_dir))


def foreign_duties(
    watch: ForeignWatch, book: Book, progress: DriftProgress, ground: Ground, every_s: float
) -> tuple[ForeignWritesDuty, WatchHealthDuty]:
    """What the monitor does with the watch; ``every_s``: seconds between two polls."""
    search = KeySearch(Pages(ground.target, ground.plan))
    return ForeignWritesDuty(watch, book, progress, search, every_s), WatchHealthDuty(watch)
