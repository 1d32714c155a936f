"""Values that hold only under a condition which another column, or a row that was looked up, decides."""

from collections.abc import Mapping

from streams.projection.converters.codes import read_flag
from streams.projection.converters.dates import read_time, tgl
from streams.projection.converters.legacy_value import as_text, given, storable
from streams.projection.converters.licences import jenis_perizinan, terverifikasi
from streams.projection.converters.registry import Reference, Refusal, Value, converter

_LIVE = "1"
_CERTIFICATE = "SS"


@converter("SATU", inputs=2, reversible=False)
def satu(_reference: Reference, _arguments: Mapping[str, object], value: object, differ: object) -> Value:
    """The value as text, where ``SOURCE._differ.COLUMN`` says that the live rows of the key agree in it. Placeholders
    become NULL. Refuses a value in which they differ: none of them is the one that is meant.
    """
    text = given("SATU", value)
    if differ is True:
        raise Refusal("SATU", "several rows are meant, and they differ: a person must choose")
    return None if text is None else storable("SATU", text)


@converter("JIKA_SAMA", inputs=3, reversible=False, parameters=frozenset({"sebagai"}))
def jika_sama(
    reference: Reference, arguments: Mapping[str, object], one: object, other: object, value: object
) -> Value:
    """The third value where the first two are the same text, else NULL: what belongs to one row of a group, such as the
    approval of the newest deed. ``sebagai: tanggal`` reads the value as `TGL` does.

    Refuses what the target cannot store, and dates as `TGL` does.
    """
    first, second = given("JIKA_SAMA", one), given("JIKA_SAMA", other)
    text = given("JIKA_SAMA", value)
    if first is None or first != second or text is None:
        return None
    if arguments.get("sebagai") != "tanggal":
        return storable("JIKA_SAMA", text)
    try:
        return tgl(reference, {}, text)
    except Refusal as refusal:
        raise Refusal("JIKA_SAMA", refusal.reason) from None


@converter("BILA", inputs=2, reversible=False, parameters=frozenset({"list"}), required=frozenset({"antara"}))
def bila(reference: Reference, arguments: Mapping[str, object], value: object, code: object) -> Value:
    """The value as text where the code is one of ``antara``, else NULL. As a part of a key: rows with other codes do
    not concern the projection. ``list``: a code list that the code is read by first; what it does not hold is no code.

    Placeholders become NULL. Refuses what the target cannot store.
    """
    text, said = given("BILA", value), given("BILA", code)
    if text is None or said is None:
        return None
    accepted = reference.codes.get(str(arguments.get("list")), {})
    read = accepted.get(said) or accepted.get(said.casefold()) or accepted.get("0" + said) or said
    among = arguments.get("antara")
    return storable("BILA", text) if isinstance(among, list | tuple) and read in among else None


@converter("HIDUP", inputs=2, reversible=False)
def hidup(_reference: Reference, _arguments: Mapping[str, object], value: object, deleted_at: object) -> Value:
    """The value as text while its row lives, NULL once ``SOURCE._deleted_at`` is given. Placeholders become NULL.
    Refuses what the target cannot store.
    """
    text = given("HIDUP", value)
    return None if text is None or deleted_at is not None else storable("HIDUP", text)


@converter("HAK_AKTIF", inputs=3, reversible=False)
def hak_aktif(
    _reference: Reference, _arguments: Mapping[str, object], moved: object, status: object, deleted_at: object
) -> Value:
    """Whether an access right is in force: ``flag_migrasi`` says that the account moved, its ``status`` is 1 (or not
    given), and it is not deleted. NULL when the flag says nothing. Refuses flags as `FLAG` does.
    """
    said = read_flag("HAK_AKTIF", moved)
    if said is None:
        return None
    return said and deleted_at is None and given("HAK_AKTIF", status) in (None, _LIVE)


@converter("MIGRASI_PADA", inputs=2, reversible=False)
def migrasi_pada(_reference: Reference, _arguments: Mapping[str, object], moved: object, time: object) -> Value:
    """When an account moved: the time as `WAKTU` reads it where ``flag_migrasi`` says yes, else NULL. Refuses flags as
    `FLAG` does and times as `WAKTU` does.
    """
    text = given("MIGRASI_PADA", time) if read_flag("MIGRASI_PADA", moved) else None
    return None if text is None else read_time(text, "MIGRASI_PADA")


@converter("SELESAI", inputs=2, reversible=False)
def selesai(_reference: Reference, _arguments: Mapping[str, object], active: object, inserted: object) -> Value:
    """The day on which a role ended: the day of the row's last version (``tgl_insert``) where ``sts_aktif`` is given
    and not 1, else NULL. Refuses an end without a time, and times as `WAKTU` does.
    """
    said = as_text("SELESAI", active)
    if said is None or said == _LIVE:
        return None
    time = given("SELESAI", inserted)
    if time is None:
        raise Refusal("SELESAI", "the role has ended, but no time is given")
    return read_time(time, "SELESAI").date()


@converter("TERVERIFIKASI_SS", inputs=None, reversible=False)
def terverifikasi_ss(
    reference: Reference,
    _arguments: Mapping[str, object],
    kind: object,
    supporting: object,
    risk: object,
    *rest: object,
) -> Value:
    """Whether a licence is a verified standard certificate, from ``jenis_izin``, ``flag_transaksional``, the risk of
    the converted KBLI and, optionally, the status, ``flag_checklist`` and ``no_izin``: for the kind SS
    (`JENIS_PERIZINAN`) as `TERVERIFIKASI` says, for other kinds false. Nothing said of the kind: NULL.

    Refuses what those two refuse.
    """
    try:
        if (found := jenis_perizinan(reference, {}, kind, supporting, risk)) is None:
            return None
        status, commitment, number = (*rest, None, None, None)[:3]
        return terverifikasi(reference, {}, risk, status, commitment, number) if found == _CERTIFICATE else False
    except Refusal as refusal:
        raise Refusal("TERVERIFIKASI_SS", refusal.reason) from None
