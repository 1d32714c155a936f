"""Debezium's envelopes become events. Total: bytes that can't be understood become ``Malformed``, nothing is raised.

Topics are ``<prefix>.<schema>.<table>``; the envelope has no schema part (JSON converter, ``schemas.enable=false``).
"""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
from msgspec.structs import replace

from streams.changes.change import Beat, Change, Event, Malformed, Operation, Truncated
from streams.changes.chunk import Record
from streams.changes.legacy_table import LegacyTable
from streams.changes.position import Position

HEARTBEAT_TABLE = "selaras.heartbeat"
NULL = b"null"
NUL = b"\\u0000"
RANK = {"d": 0, "t": 0}
# A member of an enumeration costs many times what a name of the module does.
READ, UPDATE, DELETE = Operation.READ, Operation.UPDATE, Operation.DELETE
READS = READ.value
OPERATIONS = {operation.value: operation for operation in Operation}
LARGEST = 2**63 - 1
LATEST_MS = 253_402_300_799_999  # the end of the year 9999
NULLABLE_INTEGER = Annotated[int, msgspec.Meta(ge=-LARGEST - 1, le=LARGEST)] | None
NULLABLE_FLOAT = float | Literal["NaN", "Infinity", "-Infinity"] | None
_Natural = Annotated[int, msgspec.Meta(ge=0, le=LARGEST)]
_NO_IMAGE = msgspec.Raw(NULL)


class _Source(msgspec.Struct, gc=False):
    table: str
    ts_ms: Annotated[int, msgspec.Meta(ge=0, le=LATEST_MS)]
    sequence: str | None = None
    txId: _Natural | None = None  # noqa: N815 - Debezium's name


class _Transaction(msgspec.Struct, gc=False):
    total_order: _Natural


class _Envelope(msgspec.Struct, gc=False):
    op: str
    source: _Source
    before: msgspec.Raw = _NO_IMAGE
    after: msgspec.Raw = _NO_IMAGE
    transaction: _Transaction | None = None


_decode = msgspec.json.Decoder(_Envelope).decode
_decode_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_lsns = msgspec.json.Decoder(tuple[_Natural, _Natural], strict=False).decode
_decode_sequence = msgspec.json.Decoder(tuple[str | None, str | None]).decode


Identity = tuple[object, ...]
Read = Callable[[bytes], tuple[Identity, frozenset[str]]]


@dataclass(frozen=True, slots=True)
class _Topic:
    table: LegacyTable
    read: Read  # a row's image -> primary key, columns that it lacks


class Decoder:
    """Decodes records of the topics of one capture.

    ``generation``: the capture's number; it leads every position.
    """

    def __init__(self, prefix: str, schema: str, tables: Sequence[LegacyTable], generation: int) -> None:
        self._generation = generation
        self._heartbeat = f"{prefix}.{HEARTBEAT_TABLE}"
        self._silent = {f"{prefix}.{name}" for name in ("selaras.signal", "message", "transaction", "notification")}
        self._silent.add(f"__debezium-heartbeat.{prefix}")
        topics = {f"{prefix}.{schema}.{table.name}": table for table in tables}
        self._topics: Mapping[str, _Topic] = {
            name: _topic(table) for name, table in topics.items() if name not in self._silent
        }

    def decode(self, topic: str, record: Record) -> Sequence[Event]:
        """What the record says: one event, or two where an update changed the primary key."""
        known = self._topics.get(topic)
        if known is None and topic in self._silent:
            return ()
        try:
            if record.value is None:
                raise ValueError("an event without a value (tombstones are switched off at the source)")
            envelope = _decode(record.value)
            if known is not None and topic != self._heartbeat:
                return self._row_events(known, envelope)
            if topic == self._heartbeat:
                return (Beat(envelope.source.ts_ms),)
            raise ValueError("no captured table has this topic")
        except (ValueError, msgspec.MsgspecError, RecursionError) as error:
            table = known.table.name if known else None
            return (Malformed(table, record.offset, _sentence(error), record.key, record.value),)

    def _row_events(self, topic: _Topic, envelope: _Envelope) -> Sequence[Event]:
        source, name = envelope.source, topic.table.name
        if source.table != name:
            raise ValueError("the envelope names another table than its topic")
        position = self._position(source, envelope.op)
        if envelope.op == "t":
            return (Truncated(name, position, source.ts_ms, source.txId or 0),)
        operation = OPERATIONS.get(envelope.op)
        if operation is None:
            raise ValueError("an unknown operation")
        before, after = _image(envelope.before), _image(envelope.after)
        image = before if operation is DELETE else after
        if image is None:
            raise ValueError("a change without the row's image")
        if operation is UPDATE and before is None:
            raise ValueError("an update without the row before (REPLICA IDENTITY is not FULL)")
        identity, lacks = topic.read(image)
        old = identity
        if before is not None and operation is UPDATE:
            old, lacked = topic.read(before)
            lacks |= lacked
        change = Change(
            name,
            operation,
            identity,
            position,
            before,
            after,
            source.txId or 0,
            source.ts_ms,
            operation is READ and position.commit == 0,
            envelope.transaction.total_order if envelope.transaction else 0,
            lacks,
        )
        if old == identity:
            return (change,)
        gone = replace(change, operation=DELETE, identity=old, position=replace(position, rank=0), after=None)
        return (gone, change)

    def _position(self, source: _Source, operation: str) -> Position:
        commit, record = _lsns(source.sequence)
        if operation == READS:
            # A row that was read has no record of its own. Behind the last commit that was decoded before the read,
            # and before any record after it, so that every transaction decoded later beats it: it may have been
            # open, with older records, while the row was read. Initial snapshots follow no commit: 0.
            return Position(self._generation, commit or 0, 0, 1)
        if record is None:
            raise ValueError("the source's position is missing")
        return Position(self._generation, commit or 0, record, RANK.get(operation, 1))


def _topic(table: LegacyTable) -> _Topic:
    names, read = table.key, _reader(table)
    only = names[0] if len(names) == 1 else ""

    def read_row(image: bytes) -> tuple[Identity, frozenset[str]]:
        row, lacks = read(image)
        if NUL in image and any("\0" in value for value in msgspec.structs.astuple(row) if isinstance(value, str)):
            raise ValueError("a text with a NUL character")
        values = (getattr(row, only, None),) if only else tuple([getattr(row, name, None) for name in names])
        if None in values:
            raise ValueError("a row without its primary key")
        return values, lacks

    return _Topic(table, read_row)


def _reader(table: LegacyTable) -> Callable[[bytes], tuple[msgspec.Struct, frozenset[str]]]:
    """Reads images of whatever columns: those that the table does not have are left out, missing ones are told.

    Each shape is strict by itself, so that a column which disappears is seen at its first event; a value of another
    type would fail the whole batch in the database.
    """
    kinds = {name: _kind(table.types.get(name)) for name in table.columns}
    shapes: dict[tuple[frozenset[str], bool], _Shape] = {}
    current = shapes[frozenset(kinds), False] = _shape(table, kinds, frozenset(), strict=True)

    def read(image: bytes) -> tuple[msgspec.Struct, frozenset[str]]:
        nonlocal current
        try:
            return current.decode(image), current.lacks
        except msgspec.ValidationError:
            members = _members(image)
        has, more = members.intersection(kinds), not members.issubset(kinds)
        if not has:
            raise ValueError("a row without one column of its table")
        shape = shapes.get((has, more))
        if shape is None:
            shape = shapes[has, more] = _shape(table, kinds, kinds.keys() - has, strict=not more)
        row = shape.decode(image)
        # A shape that leaves members out could leave out a column that is back, were it tried first.
        current = current if shape.lacks and more else shape
        return row, shape.lacks

    return read


@dataclass(frozen=True, slots=True)
class _Shape:
    decode: Callable[[bytes], msgspec.Struct]
    lacks: frozenset[str]


def _shape(table: LegacyTable, kinds: Mapping[str, Any], lacks: AbstractSet[str], *, strict: bool) -> _Shape:
    fields = [(name, kind) for name, kind in kinds.items() if name not in lacks]
    struct = msgspec.defstruct(f"Row_{table.name}", fields, gc=False, forbid_unknown_fields=strict)
    return _Shape(msgspec.json.Decoder(struct).decode, frozenset(lacks))


def _kind(sql: str | None) -> Any:
    """The JSON type of a column's values; what the mirror holds as text may be of any one."""
    if sql is None or sql.startswith("numeric"):
        return int | float | str | None
    if sql == "text":
        return int | float | bool | str | None
    if sql == "boolean":
        return bool | None
    if sql in ("smallint", "integer", "bigint"):
        return NULLABLE_INTEGER
    return NULLABLE_FLOAT if sql in ("real", "double precision") else str | None


def _members(image: bytes) -> frozenset[str]:
    return frozenset(_decode_members(image))


def _lsns(sequence: str | None) -> tuple[int | None, int | None]:
    """The two numbers of ``["COMMIT","RECORD"]``, None where there is none."""
    if not sequence:
        return None, None
    try:
        first, second = _decode_lsns(sequence)
    except msgspec.MsgspecError:
        pass
    else:
        # Other texts than digits are taken for numbers too: only what the connector would write counts.
        if f'["{first}","{second}"]' == sequence:
            return first, second
    commit, record = (None if text is None else _lsn(text) for text in _decode_sequence(sequence))
    return commit, record


def _lsn(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= LARGEST):
        raise ValueError("the source's position is no number")
    return int(text)


def _sentence(error: Exception) -> str:
    """Why, without a value of the row: msgspec names types and paths; only for enumerations it repeats the value."""
    text = str(error) if not str(error).startswith("Invalid enum value") else "a value of another type"
    return "".join(c if c.isprintable() else "?" for c in text[:200])


def _image(raw: msgspec.Raw) -> bytes | None:
    return None if raw == _NO_IMAGE else bytes(raw)
