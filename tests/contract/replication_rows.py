"""Rows, changes and the few deeds that the replication contract is told in."""

import json

from streams.changes.change import Change, Operation, Truncated
from streams.changes.chunk import Chunk
from streams.changes.position import Position
from streams.ports.replication import Advance
from tests.contract.replication_worlds import COMPILED, World, filled
from tests.history import FakeRecord

A, B, C = "9999000000017", "9999000000025", "9999000000033"
OSS_ID = COMPILED[1].declaration.claims[0]
HEADER, MICRO = "tr_oss_header", "oss_iumk"


def header(number: int, nib: str | None = A, **values: object) -> bytes:
    """The image of a row of the keyed table."""
    row = {"idoss": number, "nib": nib, "oss_id": "P-1", "nama_perseroan": "PT Satu", "tgl_terbit_nib": "2019-03-04"}
    row |= {"total_modal_dasar": "5              ", "tgl_insert": "2019-03-04T10:11:12Z"}
    return json.dumps({**row, **values}).encode()


def micro(nib: str | None = A, name: str = "Warung", capital: object = 5.0) -> bytes:
    """The image of a row of the keyless table."""
    return json.dumps({"nib": nib, "nama_usaha": name, "modal_usaha": capital}).encode()


def changed(
    operation: str,
    at: tuple[int, int, int],
    *,
    before: bytes | None = None,
    after: bytes | None = None,
    tx: int = 7,
    at_ms: int = 0,
) -> Change:
    """A change of the keyed table at (commit, record, rank), committed so many milliseconds after the first."""
    number = json.loads(after or before or b"{}")["idoss"]
    committed_ms = 1_550_000_000_000 + at_ms
    return Change(HEADER, Operation(operation), (number,), Position(1, *at), before, after, tx, committed_ms)


def counted(operation: str, *, before: bytes | None = None, after: bytes | None = None, generation: int = 1) -> Change:
    """A change of the keyless table."""
    place = Position(generation, 10, 20, 1)
    return Change(MICRO, Operation(operation), (), place, before, after, 7, 1_550_000_000_000)


def advance(
    topic: str, partition: int, start: int, end: int, *, mark: tuple[int, int, int, int] = (0, 0, 0, 0)
) -> Advance:
    """A chunk from start to end that raises the watermark."""
    chunk = Chunk(topic, partition, start, [FakeRecord(n, None, b"") for n in range(start, end)])
    return Advance(chunk, *mark, 1000)


def write(world: World, *changes: Change) -> dict[str, set[str]]:
    """Write changes of the keyed table in a transaction."""
    with world.target.transaction() as work:
        return filled(work.mirror.write(HEADER, changes))


def count(world: World, *changes: Change, partition: int = 0) -> dict[str, set[str]]:
    """Count changes of the keyless table in a transaction."""
    with world.target.transaction() as work:
        return filled(work.mirror.count(MICRO, partition, changes))


def truncate(world: World, table: str, commit: int, record: int, ms: int = 1_560_000_000_000) -> dict[str, set[str]]:
    """Empty a table in a transaction."""
    with world.target.transaction() as work:
        work.guard.enter(exclusive=True)
        return filled(work.mirror.truncate(Truncated(table, Position(1, commit, record), ms)))


def headers(world: World, nib: str = A) -> list[tuple[object, bool]]:
    """Name and whether it is deleted of the keyed rows with this NIB."""
    with world.target.transaction() as work:
        rows = work.sources.read("pelaku_usaha", [nib]).get(nib, {}).get("header", ())
    return sorted((str(row["nama_perseroan"]), row["_deleted_at"] is not None) for row in rows)


def micros(world: World, nib: str = A) -> list[tuple[object, bool]]:
    """Name and whether its count is used up of the contents with this NIB."""
    with world.target.transaction() as work:
        rows = work.sources.read("pelaku_usaha", [nib]).get(nib, {}).get("iumk", ())
    return sorted((str(row["nama_usaha"]), row["_deleted_at"] is not None) for row in rows)
