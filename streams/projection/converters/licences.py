"""Licences: status, kind, verification, authority, origin."""

from collections.abc import Mapping

from streams.projection.converters.codes import listed, read_flag
from streams.projection.converters.legacy_value import given, is_digits
from streams.projection.converters.registry import Reference, Refusal, Value, converter

_RISKS = frozenset({"R", "MR", "MT", "T"})
_BUSINESS_LICENCE = "02"
_ISSUED = "TERBIT"
_WITH_COMMITMENTS = "Y"
_FOREIGN_FRANCHISE = "17"
_FRANCHISE_AUTHORITY = {"00": "00", "02": "01", "03": "02"}


@converter("STATUS_IZIN", inputs=1, reversible=True)
def status_izin(reference: Reference, _arguments: Mapping[str, object], value: object) -> Value:
    """The status of a licence (list L10), two digits; ``0``, the legacy's default, is ``00``. Labels are taken in any
    case. Placeholders become NULL.

    Refuses other single digits (a cut ``50`` would be read as ``05``), and what the list does not hold: 35, 47, 81
    and 82 are seen in applications, but nobody says what they mean.
    """
    return _status("STATUS_IZIN", reference, value)


@converter("STATUS_KELOMPOK", inputs=1, reversible=False)
def status_kelompok(reference: Reference, _arguments: Mapping[str, object], value: object) -> Value:
    """The group that a status of L10 belongs to (list ``STATUS_KELOMPOK``): DRAF, PROSES, TERBIT, TERBIT_SEMENTARA,
    DITOLAK, DIBEKUKAN, DICABUT, DIBATALKAN. Accepts and refuses as `STATUS_IZIN`.
    """
    return _group("STATUS_KELOMPOK", reference, value)


def _group(rule: str, reference: Reference, value: object) -> str | None:
    status = _status(rule, reference, value)
    return None if status is None else listed(rule, reference, "STATUS_KELOMPOK", status)


def _status(rule: str, reference: Reference, value: object) -> str | None:
    text = given(rule, value)
    if text is None:
        return None
    if is_digits(text) and len(text) == 1 and text != "0":
        raise Refusal(rule, "a status has two digits: one may be lost")
    return listed(rule, reference, "L10", text)


@converter("JENIS_PERIZINAN", inputs=3, reversible=False)
def jenis_perizinan(
    reference: Reference, _arguments: Mapping[str, object], kind: object, supporting: object, risk: object
) -> Value:
    """The kind of licence (NIB, SS, IZIN, PB_UMKU, DASAR) from ``jenis_izin`` (L27, and the legacy's 03),
    ``flag_transaksional`` and the risk of the project's converted KBLI, by list ``JENIS_PERIZINAN``.

    Kinds that speak for themselves: 01, 03, 04, K02, K03. A business licence (02) or one without a kind is PB_UMKU when
    the flag says so; else the risk decides 02: R needs nothing besides the NIB (NIB), MR and MT a standard certificate
    (SS), T a licence (IZIN). No kind and no flag: NULL. Refuses what the lists do not hold, flags as `FLAG` does, and
    02 without a known risk.
    """
    text = given("JENIS_PERIZINAN", kind)
    legacy = None if text is None else listed("JENIS_PERIZINAN", reference, "L27", text)
    if legacy in (None, _BUSINESS_LICENCE):
        if read_flag("JENIS_PERIZINAN", supporting):
            return "PB_UMKU"
        if legacy is None:
            return None
        legacy = f"{legacy} {_risk('JENIS_PERIZINAN', risk)}"
    return listed("JENIS_PERIZINAN", reference, "JENIS_PERIZINAN", legacy)


def _risk(rule: str, risk: object) -> str:
    text = given(rule, risk)
    if text not in _RISKS:
        raise Refusal(rule, "the risk of the project's business field is not known")
    return text


@converter("TERVERIFIKASI", inputs=None, reversible=False)
def terverifikasi(
    reference: Reference,
    _arguments: Mapping[str, object],
    risk: object,
    status: object,
    commitment: object,
    number: object = None,
) -> Value:
    """Whether a standard certificate counts as verified, from the risk of the converted KBLI, the legacy licence's
    status (L10), ``flag_checklist`` (L28) and, optionally, the number of the final licence.

    True at risk MT when the licence is in force (group TERBIT) and its commitments are met: it had none (N, O, T), or
    the agency gave a final number. Other risks need no verification: false. Nothing said of the risk: NULL. Refuses
    unknown risks, and at risk MT statuses as `STATUS_IZIN` and flags that L28 does not hold.
    """
    if given("TERVERIFIKASI", risk) is None:
        return None
    if _risk("TERVERIFIKASI", risk) != "MT":
        return False
    in_force = _group("TERVERIFIKASI", reference, status) == _ISSUED
    text = given("TERVERIFIKASI", commitment)
    said = None if text is None else listed("TERVERIFIKASI", reference, "L28", text)
    met = said not in (None, _WITH_COMMITMENTS) or given("TERVERIFIKASI", number) is not None
    return in_force and met


@converter("KEWENANGAN", inputs=None, reversible=False)
def kewenangan(reference: Reference, _arguments: Mapping[str, object], value: object, actor: object = None) -> Value:
    """The authority: 00 central, 01 province, 02 regency or city (list ``KEWENANGAN``). Placeholders become NULL.

    ``actor`` (optional, for the header alone): legacy ``jenis_pelaku_usaha``. The header of a foreign franchise (17)
    comes from a message with codes of its own, where 02 is the province and 03 the regency; its checklist rows have
    the usual ones. Refuses what the list does not hold.
    """
    text = given("KEWENANGAN", value)
    if text is None:
        return None
    if given("KEWENANGAN", actor) == _FOREIGN_FRANCHISE:
        found = _FRANCHISE_AUTHORITY.get(text)
        if found is None:
            raise Refusal("KEWENANGAN", "a franchise's authority is 00, 02 or 03")
        return found
    return listed("KEWENANGAN", reference, "KEWENANGAN", text)


@converter("ASAL_IZIN", inputs=1, reversible=True, parameters=frozenset({"otherwise"}))
def asal_izin(_reference: Reference, arguments: Mapping[str, object], value: object) -> Value:
    """Where a licence comes from, by ``flag_perpanjangan``: PRA_OSS when it renews one from before OSS, else the
    mapping's ``otherwise`` (default OSS_1_1). Placeholders become NULL. Refuses flags as `FLAG` does.
    """
    renewed = read_flag("ASAL_IZIN", value)
    if renewed is None:
        return None
    otherwise = arguments.get("otherwise", "OSS_1_1")
    return "PRA_OSS" if renewed else str(otherwise)
