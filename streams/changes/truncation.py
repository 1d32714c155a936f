"""What a TRUNCATE does to changes that it overtook on the way."""

from collections.abc import Sequence

from msgspec.structs import replace

from streams.changes.change import Change, Operation, Truncated


def truncated(change: Change, truncations: Sequence[Truncated], *, keyless: bool) -> Sequence[Change]:
    """The change as it counts behind the truncations of its table, in whatever order they arrived.

    A row that one of them emptied is a deleted row with the change's content and position, so that it ends as it would
    have if the change had come first. A keyless table's content becomes known, and its count does not move.
    """
    above = [t.committed_ms for t in truncations if t.table == change.table and change.position < t.position]
    if not above:
        return (change,)
    if keyless:
        images = [image for image in (change.before, change.after) if image is not None]
        return [replace(change, operation=Operation.UPDATE, before=image, after=image) for image in images]
    if change.operation is Operation.DELETE:
        return (replace(change, committed_ms=min(change.committed_ms, *above)),)
    gone = replace(change, operation=Operation.DELETE, before=change.after, after=None, committed_ms=min(above))
    return (gone,)
