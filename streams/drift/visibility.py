"""When a mirror row and the legacy row, read in a snapshot, can be said to differ. Never by positions, nor by time."""

from dataclasses import dataclass
from enum import Enum


class Decision(Enum):
    """What two reads of one key say."""

    SAME = "same"
    DIFFERENT = "different"
    CHANGING = "changing"  # the mirror shows what the snapshot does not: read again
    WAIT = "wait"  # until everything that the snapshot shows is applied


@dataclass(frozen=True, slots=True)
class Facts:
    """Of one key whose legacy row was read in a snapshot, and of its mirror row, read before or after.

    ``is_equal``: their contents are. ``is_shown``: the snapshot shows every change that the mirror row holds (so too
    where there is no mirror row). ``is_applied``: everything that the snapshot shows was applied before the mirror row
    was read: a barrier begun after the snapshot was passed. ``is_written``: the legacy row's present version was
    written by the very transaction whose change the mirror row holds, as its streamed change. ``is_complete``: of that
    transaction nothing is to come any more, since every partition has brought a later one. ``is_as_known``: the legacy
    table's columns and types are those that the mirror follows: rewriting a table leaves no event, and may keep the
    writer's number.
    """

    is_equal: bool
    is_shown: bool
    is_applied: bool = False
    is_written: bool = False
    is_complete: bool = False
    is_as_known: bool = False


def decide(facts: Facts) -> Decision:
    """By the snapshot rule: a change of a transaction is in the snapshot if, and only if, the snapshot shows it.

    Equal contents need no proof. Else the mirror must hold nothing more than the snapshot (or the row changes just
    now), and nothing less: either since a barrier was passed, or since the row's writer is known and done.
    """
    if facts.is_equal:
        return Decision.SAME
    if not facts.is_shown:
        return Decision.CHANGING
    is_whole = facts.is_written and facts.is_complete and facts.is_as_known
    return Decision.DIFFERENT if facts.is_applied or is_whole else Decision.WAIT
