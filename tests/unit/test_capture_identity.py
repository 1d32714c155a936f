"""Is it still the capture that the stored positions belong to?"""

from dataclasses import replace

import pytest

from streams.ports.capture import CaptureIdentity, CommittedOffset, LegacyIdentity, SlotState, TopicIdentity
from streams.services.capture_identity import check_identity, check_slot

LEGACY = LegacyIdentity(
    system="7",
    timeline=1,
    slot="s",
    publication="p",
    tables=("public.a", "public.b"),
    replica_identity={"public.a": "full", "public.b": "full"},
)
KNOWN = CaptureIdentity(LEGACY, {"t": TopicIdentity("x", 4)})


def test_the_same_capture_has_no_difference() -> None:
    assert check_identity(KNOWN, KNOWN) == []


@pytest.mark.parametrize(
    ("now", "part"),
    [
        (replace(KNOWN, legacy=replace(LEGACY, system="8")), "another cluster"),
        (replace(KNOWN, legacy=replace(LEGACY, timeline=2)), "promoted or restored"),
        (replace(KNOWN, legacy=replace(LEGACY, slot="")), "slot s is gone"),
        (replace(KNOWN, legacy=replace(LEGACY, publication="", tables=(), replica_identity={})), "p is gone"),
        (replace(KNOWN, legacy=replace(LEGACY, tables=("public.a", "public.c"))), "-public.b, +public.c"),
        (
            replace(KNOWN, legacy=replace(LEGACY, replica_identity={"public.a": "full", "public.b": "default"})),
            "selaras load reread public.b",
        ),
        (replace(KNOWN, topics={}), "Topic t is gone"),
        (replace(KNOWN, topics={"t": TopicIdentity("y", 4)}), "deleted and made again"),
        (replace(KNOWN, topics={"t": TopicIdentity("x", 8)}), "8 partitions instead of 4"),
    ],
)
def test_each_difference_is_one_sentence_that_says_what_to_do(now: CaptureIdentity, part: str) -> None:
    (sentence,) = check_identity(KNOWN, now)
    assert part in sentence
    assert "`selaras" in sentence


def test_a_topic_that_was_not_known_does_not_matter() -> None:
    assert check_identity(KNOWN, replace(KNOWN, topics={**KNOWN.topics, "new": TopicIdentity("z", 1)})) == []


SLOT = SlotState(active=True, wal_status="reserved", confirmed=100, behind_bytes=0, retained_bytes=0)
AT_100 = CommittedOffset(commit=100, snapshot=False, reread=False)


@pytest.mark.parametrize(
    ("slot", "offset", "part"),
    [
        (None, None, ""),
        (SLOT, None, ""),
        (SLOT, AT_100, ""),
        (SLOT, replace(AT_100, commit=101), ""),
        (SLOT, replace(AT_100, commit=None), ""),
        (replace(SLOT, confirmed=101), replace(AT_100, snapshot=True), ""),
        (None, AT_100, "slot is gone"),
        (replace(SLOT, wal_status="lost"), AT_100, "no longer holds"),
        (replace(SLOT, confirmed=101), AT_100, "made anew"),
    ],
)
def test_a_slot_must_still_hold_what_follows_the_committed_offset(
    slot: SlotState | None, offset: CommittedOffset | None, part: str
) -> None:
    faults = check_slot(slot, offset)
    assert part in "".join(faults)
    assert bool(faults) is bool(part)
