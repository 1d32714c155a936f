"""An entry of the ledger in words: what speaks for its cause, and the next safe step."""

from streams.drift.cause import Cause
from streams.drift.difference import Check, Difference, Kind
from streams.drift.entry import Entry, EntryState

KINDS = {
    Kind.MISSING: "a row that must be there is not",
    Kind.EXTRA: "a row is there that no key gives",
    Kind.DIFFERENT: "columns differ",
    Kind.LEFT_OVER: "a row is there of a key that gives none",
    Kind.ORPHAN: "its parent row is not there, though a constraint demands it",
    Kind.STATE: "what is remembered of the key is not what its rows give",
    Kind.TOTAL: "a sum has a rest that nothing explains",
    Kind.WRITE: "somebody else wrote to it",
}
WAITING = {
    EntryState.VERIFIED: "",
    EntryState.REPAIRED: "wait: the monitor looks at the key again",
    EntryState.ACCEPTED: "nothing until the acceptance runs out",
}
EVIDENCE = {
    Cause.MISSED_CHANGE: "The legacy row is not as the mirror has it, though everything that the look at it shows is "
    "applied, and nobody else was seen to write to the mirror: a change was not captured, or got lost.",
    Cause.MAPPING_CHANGED: "The key was computed by other rules than those in force, and the recompute has not come to "
    "it yet.",
    Cause.IN_QUARANTINE: "A rule refuses the key, so that no row belongs there.",
    Cause.WAITING: "The key waits for another row, so that no row belongs there.",
    Cause.TYPE_OR_ROUNDING: "Both values are the same but for their form.",
    Cause.UNKNOWN: "Nothing explains it: nobody else was seen to write to the row, and its key is computed by the "
    "rules in force.",
}


def evidence(entry: Entry) -> str:
    """A sentence for the cause."""
    if entry.cause is Cause.FOREIGN_WRITE:
        return f"Somebody else wrote to the row: {entry.evidence or 'which write it was is not known any more'}."
    likeness = f" ({entry.difference.likeness})" if entry.difference.likeness else ""
    return EVIDENCE[entry.cause].removesuffix(".") + f"{likeness}."


def next_step(entry: Entry) -> str:
    """What to do about it; empty when there is nothing to do."""
    one = entry.difference
    if entry.state in WAITING:
        return WAITING[entry.state]
    if one.check is Check.FOREIGN:
        return f"selaras drift list --table {one.table}: what differs; verified by itself once the row is right"
    if one.check is Check.TOTALS:
        return "selaras drift list: differences of the tables that the sum is made of"
    if entry.cause is Cause.MAPPING_CHANGED:
        return "selaras sync recompute"
    return f"selaras drift repair {entry.id} --dry-run"


def kind(one: Difference) -> str:
    """What is wrong, in words."""
    return KINDS[one.kind] + (f" ({one.state})" if one.state else "")
