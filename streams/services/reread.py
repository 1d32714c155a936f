"""Reading legacy rows again through the capture, when the mirror is known or feared to lack something."""

from collections.abc import Sequence
from uuid import uuid4

from streams.errors import ErrorKind, SelarasError
from streams.ports.capture import CommittedOffsets, LegacyMarks, Notification, Notifications, RereadTicket
from streams.services.capture_plan import CapturePlan

_ENDED = {"COMPLETED": True, "ABORTED": False, "SKIPPED": False}


def reread_outcome(lines: Sequence[Notification], table: str) -> bool | None:
    """True if a re-read of ``table`` is complete, False if it was given up, None if it is still under way.

    The connector's account does not repeat the signal's id; its snapshots follow one another, so that the first end
    after the line which names the table belongs to it.
    """
    begun = False
    for line in lines:
        if line.kind == "DATA_COLLECTIONS_RESOLVED":
            begun = table in line.tables
        elif begun and line.kind in _ENDED:
            return _ENDED[line.kind]
    return None


class Reread:
    """Asks for re-reads and tells when they are delivered. One at a time."""

    def __init__(
        self, plan: CapturePlan, marks: LegacyMarks, notifications: Notifications, offsets: CommittedOffsets
    ) -> None:
        self._plan = plan
        self._marks = marks
        self._notifications = notifications
        self._offsets = offsets

    def request_reread(self, table: str, where: str = "", *, replace: bool = False) -> RereadTicket:
        """Ask for the rows of ``table`` (with or without schema) that satisfy ``where``, an SQL condition.

        SelarasError (configuration) for an unknown table or a condition that the server refuses; (conflict) while
        another re-read or the initial snapshot is under way. ``replace`` forgets a request that will never be answered.
        """
        name = self._name(table)
        self._marks.check_condition(name, where)
        waiting = self._marks.open_rereads()
        if replace:
            for signal in waiting:
                self._marks.close_reread(signal)
        elif waiting:
            raise SelarasError(
                ErrorKind.CONFLICT,
                f"A re-read of {', '.join(sorted(set(waiting.values())))} is still under way.",
                "Wait for it; if the connector was restarted meanwhile, it is lost: ask again with --replace.",
            )
        offset = self._offsets.offset()
        if offset is None or offset.snapshot:
            raise SelarasError(
                ErrorKind.CONFLICT, "The initial snapshot is not over; it reads every row anyway.", "Wait for it."
            )
        notified = self._notifications.end()
        signal = f"reread-{uuid4()}"
        since = self._marks.signal_reread(signal, name, where)
        return RereadTicket(signal, name, since, notified)

    def reread_finished(self, ticket: RereadTicket) -> bool:
        """Whether its rows are on their way to the topics; behind a barrier begun after that, they are applied.

        SelarasError (unavailable) if the connector gave it up.
        """
        outcome = reread_outcome(self._notifications.since(ticket.notified), ticket.table)
        if outcome is None:
            return False
        self._marks.close_reread(ticket.signal)
        if not outcome:
            raise SelarasError(
                ErrorKind.UNAVAILABLE, f"The connector gave up reading {ticket.table} again.", "Ask for it again."
            )
        return True

    def _name(self, table: str) -> str:
        for known in self._plan.legacy_tables:
            if table in (known, known.split(".", 1)[1]):
                return known
        raise SelarasError(
            ErrorKind.CONFIGURATION,
            f"Table {table} is not captured.",
            f"Captured are {', '.join(self._plan.legacy_tables)}.",
        )
