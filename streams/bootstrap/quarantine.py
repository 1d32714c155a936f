"""Settings -> what operators ask and decide about keys, and the worker's look at their share."""

from datetime import UTC, datetime

from streams.adapters.databases.key_counts import PostgresKeyCounts
from streams.adapters.databases.quarantine import PostgresKeptKeys, PostgresWaivers
from streams.bootstrap.databases import applier_engine, legacy_reader_engine, target_engine
from streams.bootstrap.replicate import ground
from streams.services.quarantine import Quarantine, Retry
from streams.services.quarantine_caps import Caps, CapWatch
from streams.services.recompute import Recompute
from streams.settings import Settings


def quarantine_service(settings: Settings) -> Quarantine:
    """Lists, single keys, waivers. The mapping is read only when a key has nothing wrong and its row is asked for."""
    engine = target_engine(settings)

    def has_row(table: str, key: str) -> bool:
        base = ground(settings, legacy_reader_engine(settings), applier_engine(settings))
        with base.target.transaction() as work:
            return bool(work.target.read(table, {key}))

    return Quarantine(PostgresKeptKeys(engine), PostgresWaivers(engine), has_row, lambda: datetime.now(UTC).date())


def retry_service(settings: Settings) -> Retry:
    """Computes keys again."""
    base = ground(settings, legacy_reader_engine(settings), applier_engine(settings))
    kept = PostgresKeptKeys(target_engine(settings))
    return Retry(kept, Recompute(base.target, base.plan), tuple(base.plan.ranks))


def cap_watch(settings: Settings) -> CapWatch:
    """The worker's look at the shares; it remembers between looks, so that there is one a worker."""
    limits = settings.quarantine
    caps = Caps(limits.share_warn, limits.share_stop, limits.least_keys)
    return CapWatch(PostgresKeyCounts(target_engine(settings)), caps)
