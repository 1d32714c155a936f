"""Soft deletes and revocations."""

from collections.abc import Mapping

from streams.projection.converters.dates import read_time
from streams.projection.converters.legacy_value import as_text, given
from streams.projection.converters.registry import Reference, Refusal, Value, converter

_ABSENT = object()


@converter("TOMBSTONE", inputs=None, reversible=True)
def tombstone(
    _reference: Reference,
    _arguments: Mapping[str, object],
    active: object,
    second: object,
    third: object,
    fourth: object = _ABSENT,
) -> Value:
    """When the row was deleted, from ``sts_aktif, [tipe_dokumen,] tgl_update, tgl_insert``: NULL while it lives, else
    ``tgl_update``, or ``tgl_insert`` where that is missing.

    A row is deleted when ``sts_aktif`` is given and not ``1``, or when ``tipe_dokumen`` is 3 (revocation) or 4
    (cancellation). The target row stays; nothing is deleted physically.
    Refuses a deletion without a time, and times as `WAKTU` does.
    """
    document, updated, inserted = (None, second, third) if fourth is _ABSENT else (second, third, fourth)
    if _is("1", active, otherwise=True) and not (_is("3", document) or _is("4", document)):
        return None
    time = given("TOMBSTONE", updated) or given("TOMBSTONE", inserted)
    if time is None:
        raise Refusal("TOMBSTONE", "the row is deleted, but no time is given")
    return read_time(time, "TOMBSTONE")


def _is(text: str, value: object, *, otherwise: bool = False) -> bool:
    """Whether the value is this text; ``otherwise`` when there is no value at all."""
    return otherwise if value is None else value == text or as_text("TOMBSTONE", value) == text
