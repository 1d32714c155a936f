"""The worker's look at how many keys are quarantined: it says so loudly, and ends the run where that is asked for."""

import asyncio

import structlog

from streams.errors import SelarasError
from streams.services.quarantine_caps import CapChange, CapWatch, Level, refusal
from streams.settings import QuarantineSettings

log = structlog.get_logger()


async def watch_shares(caps: CapWatch, limits: QuarantineSettings, stopping: asyncio.Event) -> None:
    """Tell of shares of quarantined keys that cross a cap, once each time; where it must be, end the run with why."""
    while True:
        try:
            changes = await asyncio.to_thread(caps.look)
        except SelarasError as error:
            log.warning("shares_unknown", kind=error.kind.value, what=error.sentence)
        else:
            for change in changes:
                _tell_share(change, limits)
            reason = refusal(changes, limits.share_stop)
            if reason is not None:
                stopping.set()
                raise reason
        await asyncio.sleep(limits.check_every_s)


def _tell_share(change: CapChange, limits: QuarantineSettings) -> None:
    share = change.share
    known = {"table": share.table, "quarantined": share.quarantined, "accepted": share.accepted, "keys": share.keys}
    if change.level is Level.WELL:
        log.info("quarantine_below_cap", **known, cap=limits.share_warn)
        return
    cap = limits.share_stop if change.level is Level.STOP else limits.share_warn
    what = f"{share.share:.1%} of the keys of {share.table} are quarantined, more than {cap:.1%}"
    see = f"selaras quarantine list --by cause --table {share.table}"
    log.error("quarantine_above_cap", **known, cap=cap, what=what, see=see)
