"""Re-reads: asked for one at a time, finished when the connector says so."""

import pytest

from streams.adapters.memory.capture import MemoryConnector, MemoryLegacy, MemoryNotifications
from streams.errors import ErrorKind, SelarasError
from streams.ports.capture import CommittedOffset, Notification
from streams.services.capture_plan import plan_capture
from streams.services.reread import Reread, reread_outcome
from tests.unit.test_capture import CONFIG

RESOLVED = Notification("DATA_COLLECTIONS_RESOLVED", ("public.a",))
OTHER = Notification("DATA_COLLECTIONS_RESOLVED", ("public.b",))
STARTED, COMPLETED, ABORTED = (Notification(kind, ()) for kind in ("STARTED", "COMPLETED", "ABORTED"))


class World:
    """A capture whose initial snapshot is over."""

    def __init__(self) -> None:
        self.legacy = MemoryLegacy()
        self.connector = MemoryConnector(self.legacy)
        self.connector.configure(CONFIG)
        self.connector.committed = CommittedOffset(10, snapshot=False, reread=False)
        self.notifications = MemoryNotifications([STARTED, RESOLVED, COMPLETED])
        self.reread = Reread(plan_capture("c", CONFIG, 4), self.legacy, self.notifications, self.connector)


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        ([], None),
        ([STARTED, RESOLVED], None),
        ([STARTED, RESOLVED, COMPLETED], True),
        ([STARTED, RESOLVED, ABORTED], False),
        ([COMPLETED, STARTED, RESOLVED], None),
        ([STARTED, OTHER, COMPLETED], None),
        ([STARTED, OTHER, COMPLETED, STARTED, RESOLVED, COMPLETED], True),
    ],
)
def test_the_end_that_counts_follows_the_line_which_names_the_table(
    lines: list[Notification], outcome: bool | None
) -> None:
    assert reread_outcome(lines, "public.a") is outcome


def test_a_reread_is_finished_by_lines_written_after_it_was_asked_for() -> None:
    world = World()
    ticket = world.reread.request_reread("a", "nib = '1'")
    assert ticket.table == "public.a"
    assert world.legacy.asked[ticket.signal] == "nib = '1'"
    assert ticket.since < world.legacy.lsn
    assert not world.reread.reread_finished(ticket)
    world.notifications.lines += [STARTED, RESOLVED, COMPLETED]
    assert world.reread.reread_finished(ticket)
    assert world.legacy.open_rereads() == {}


def test_one_at_a_time_unless_the_other_is_given_up() -> None:
    world = World()
    first = world.reread.request_reread("public.a")
    with pytest.raises(SelarasError, match=r"public\.a is still under way") as caught:
        world.reread.request_reread("public.b")
    assert caught.value.kind is ErrorKind.CONFLICT
    second = world.reread.request_reread("public.b", replace=True)
    assert first.signal not in world.legacy.open_rereads()
    assert second.signal in world.legacy.open_rereads()


def test_a_reread_that_was_given_up_is_told() -> None:
    world = World()
    ticket = world.reread.request_reread("a")
    world.notifications.lines += [STARTED, RESOLVED, ABORTED]
    with pytest.raises(SelarasError, match="gave up"):
        world.reread.reread_finished(ticket)
    assert world.legacy.open_rereads() == {}


@pytest.mark.parametrize("table", ["public.x", "selaras.signal", "heartbeat", ""])
def test_only_legacy_tables_can_be_read_again(table: str) -> None:
    with pytest.raises(SelarasError, match="is not captured"):
        World().reread.request_reread(table)


def test_a_condition_that_the_server_refuses_never_reaches_the_connector() -> None:
    world = World()
    world.legacy.bad_conditions.add("nope")
    with pytest.raises(SelarasError, match="does not accept"):
        world.reread.request_reread("a", "nope")
    assert world.legacy.open_rereads() == {}


def test_not_while_the_initial_snapshot_runs() -> None:
    world = World()
    world.connector.committed = CommittedOffset(None, snapshot=True, reread=False)
    with pytest.raises(SelarasError, match="initial snapshot"):
        world.reread.request_reread("a")
