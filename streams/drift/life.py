"""What becomes of an entry of the ledger: when its key is looked at, when somebody moves it, when time passes."""

from dataclasses import dataclass, replace
from datetime import datetime

from streams.drift.cause import Cause
from streams.drift.difference import Difference
from streams.drift.entry import ALLOWED, Entry, EntryState

MONITOR = "monitor"  # who did it, when nobody did


@dataclass(frozen=True, slots=True)
class Step:
    """A transition, and who made it."""

    was: EntryState | None
    now: EntryState
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class Sight:
    """A difference as a look found it. ``at``: when the look began."""

    difference: Difference
    cause: Cause
    at: datetime
    detected_ms: int | None = None
    evidence: str = ""


Change = tuple[Entry, Step | None]
"""The entry as it is now, and the step that it made, if it made one."""

FIRST = Step(None, EntryState.OPEN, MONITOR, "found")


def begun(sight: Sight) -> Entry:
    """A new entry, whose id whoever stores it gives; its first step is ``FIRST``."""
    at = sight.at
    return Entry(
        0,
        sight.difference,
        sight.cause,
        EntryState.OPEN,
        at,
        at,
        sight.detected_ms,
        looked_at=at,
        evidence=sight.evidence,
    )


def found(entry: Entry, sight: Sight) -> Change:
    """The difference was seen again. Nothing changes when the entry was decided by a look that began later."""
    if _is_older(sight.at, entry):
        return entry, None
    # A cause that was known once stays known while the entry stays open, though its evidence may fade.
    if sight.cause is Cause.UNKNOWN and entry.state is not EntryState.VERIFIED:
        sight = replace(sight, cause=entry.cause, evidence=entry.evidence)
    seen = replace(
        entry,
        difference=sight.difference,
        cause=sight.cause,
        evidence=sight.evidence,
        last_seen=sight.at,
        looked_at=sight.at,
    )
    why = _opens(entry, sight.difference)
    if why is None:
        return seen, None
    opened = replace(seen, state=EntryState.OPEN, detected_ms=sight.detected_ms, times=entry.times + 1)
    return opened, Step(entry.state, EntryState.OPEN, MONITOR, why)


def settled(entry: Entry, at: datetime) -> Change:
    """A look that began at ``at`` found nothing of the kind any more."""
    if entry.state is EntryState.VERIFIED or _is_older(at, entry):
        return entry, None
    why = "looked at after the repair: the same" if entry.state is EntryState.REPAIRED else "looked at: the same"
    return replace(entry, state=EntryState.VERIFIED, looked_at=at), Step(entry.state, EntryState.VERIFIED, MONITOR, why)


def moved(entry: Entry, step: Step, until: datetime | None, now: datetime) -> Change:
    """Somebody moves it; nothing changes when ``ALLOWED`` does not name the way. ``step.was`` is not read."""
    if step.now not in ALLOWED[entry.state]:
        return entry, None
    made = replace(entry, state=step.now)
    if step.now in (EntryState.ACCEPTED, EntryState.EXPLAINED):
        made = replace(made, until=until, by=step.by, why=step.why)
    elif step.now is EntryState.OPEN:
        made = replace(made, times=entry.times + 1)
    else:
        made = replace(made, looked_at=now)  # looks from before say nothing of what was mended meanwhile
    return made, replace(step, was=entry.state)


def ran_out(entry: Entry, now: datetime) -> Change:
    """Time passes: an acceptance holds up to ``until``."""
    if entry.state is not EntryState.ACCEPTED or entry.until is None or entry.until > now:
        return entry, None
    step = Step(entry.state, EntryState.OPEN, MONITOR, "the acceptance ran out")
    return replace(entry, state=EntryState.OPEN, times=entry.times + 1), step


def _is_older(at: datetime, entry: Entry) -> bool:
    return entry.looked_at is not None and at < entry.looked_at


def _opens(entry: Entry, difference: Difference) -> str | None:
    """Why a difference that was seen again opens its entry; None: it is open, or explained, or accepted as it is."""
    if entry.state is EntryState.REPAIRED:
        return "still there after the repair"
    if entry.state is EntryState.VERIFIED:
        return "it came back"
    if entry.state is EntryState.ACCEPTED and _shown(entry.difference) != _shown(difference):
        return "it is not the difference that was accepted"
    return None


def _shown(difference: Difference) -> tuple[object, ...]:
    return dict(difference.columns), difference.likeness, difference.state
