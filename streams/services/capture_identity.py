"""Is the capture still the one that the stored positions belong to?"""

from collections.abc import Mapping, Sequence

from streams.ports.capture import CaptureIdentity, CommittedOffset, LegacyIdentity, SlotState, TopicIdentity

_RELOAD = "The log has a gap: run `selaras capture remove`, then `selaras capture apply`, and load anew."


def check_identity(known: CaptureIdentity, now: CaptureIdentity) -> list[str]:
    """Every difference that matters, a sentence each with what to do; empty if it is the same capture."""
    return [*_legacy(known.legacy, now.legacy), *_topics(known.topics, now.topics)]


def check_slot(slot: SlotState | None, offset: CommittedOffset | None) -> list[str]:
    """Reasons why the slot cannot deliver what follows the committed offset; empty if it can, or nothing was committed.

    Read the slot before the offset. A slot made anew begins at the moment of its making: its confirmed position lies
    above an offset committed earlier, and the server has let go what lies between.
    """
    if offset is None:
        return []
    if slot is None:
        return [f"The replication slot is gone. {_RELOAD}"]
    if slot.wal_status == "lost":
        return [f"The legacy server no longer holds the log that the slot needs. {_RELOAD}"]
    if offset.commit is not None and not offset.snapshot and slot.confirmed > offset.commit:
        return [f"The replication slot was made anew behind the connector's back. {_RELOAD}"]
    return []


def _legacy(known: LegacyIdentity, now: LegacyIdentity) -> Sequence[str]:
    if known.system != now.system:
        return [f"The legacy database is another cluster ({now.system} instead of {known.system}). {_RELOAD}"]
    faults = []
    if known.timeline != now.timeline:
        faults.append(
            f"The legacy server was promoted or restored (timeline {now.timeline} instead of {known.timeline}), so that"
            f" positions in its log may repeat. {_RELOAD}"
        )
    if known.slot != now.slot:
        faults.append(
            f"The replication slot {known.slot} is {'gone' if not now.slot else 'not ' + now.slot}. {_RELOAD}"
        )
    if known.publication != now.publication:
        faults.append(f"The publication {known.publication} is gone. {_RELOAD}")
    elif known.tables != now.tables:
        lost, new = sorted(set(known.tables) - set(now.tables)), sorted(set(now.tables) - set(known.tables))
        changes = [*(f"-{name}" for name in lost), *(f"+{name}" for name in new)]
        faults.append(f"The publication {known.publication} covers other tables ({', '.join(changes)}). {_RELOAD}")
    for table, kind in known.replica_identity.items():
        seen = now.replica_identity.get(table, kind)
        if seen != kind:
            faults.append(
                f"The replica identity of {table} is {seen} instead of {kind}: changes since then lack the row before."
                f" Set it back to {kind}, then `selaras load reread {table}`."
            )
    return faults


def _topics(known: Mapping[str, TopicIdentity], now: Mapping[str, TopicIdentity]) -> Sequence[str]:
    faults = []
    for name, before in known.items():
        after = now.get(name)
        if after is None:
            faults.append(f"Topic {name} is gone. {_RELOAD}")
        elif after.topic_id != before.topic_id:
            faults.append(f"Topic {name} was deleted and made again. {_RELOAD}")
        elif after.partitions != before.partitions:
            faults.append(
                f"Topic {name} has {after.partitions} partitions instead of {before.partitions}, so that records of one"
                f" key lie in two of them. {_RELOAD}"
            )
    return faults
