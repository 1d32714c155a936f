"""Natural keys that need more than a column's text: of persons and companies, deeds, cut-off project ids, times."""

from collections.abc import Callable, Mapping

from streams.projection.converters.codes import code, listed
from streams.projection.converters.dates import read_time, tgl
from streams.projection.converters.identifiers import deriver, nib13, npwp16
from streams.projection.converters.keys import awalan, gabung
from streams.projection.converters.legacy_value import given, is_digits, storable
from streams.projection.converters.persons import identity_key, keyed_hash, keys_of
from streams.projection.converters.registry import Reference, Refusal, Value, converter
from streams.projection.converters.text import clean, nomor_akta

_COMPANY = "02"
_ENTITY_PURPOSE = "selaras entity"
_TAX_PURPOSE = "selaras tax number"
_CUT_AT = 21
_NO_NUMBER = "a person is named without an identity number"


@converter("WAKTU_KUNCI", inputs=1, reversible=False)
def waktu_kunci(_reference: Reference, _arguments: Mapping[str, object], value: object) -> Value:
    """A time as a part of a key, ``YYYY-MM-DD HH:MM:SS[.ffffff]`` in local time, which `WAKTU` reads again: the same
    time has the same text, however it was written. Placeholders become NULL. Refuses as `WAKTU` does.
    """
    text = given("WAKTU_KUNCI", value)
    if text is None:
        return None
    moment = read_time(text, "WAKTU_KUNCI")
    local = text.removesuffix("Z")
    if len(local) == 19 and local[16] == ":":
        return f"{local[:10]} {local[11:]}"  # it is written so already: far cheaper than to write it anew
    return f"{moment.date()} {moment.time()}"


@converter("KUNCI_ORANG", inputs=3, reversible=False)
def kunci_orang(
    reference: Reference, _arguments: Mapping[str, object], kind: object, number: object, name: object
) -> Value:
    """The key of a person who must be known by a number: `IDENTITAS_KUNCI` of ``kind, number``. Nothing given: NULL.

    Refuses a ``name`` without a number, so that nobody is lost in silence, and as `IDENTITAS_KUNCI` does.
    """
    return _person("KUNCI_ORANG", reference, kind, number, name)


@converter("KUNCI_PEMEGANG", inputs=4, reversible=False)
def kunci_pemegang(
    reference: Reference, _arguments: Mapping[str, object], holder: object, kind: object, number: object, name: object
) -> Value:
    """The key of a shareholder who is a person (``jenis_pemegang_saham``, L13: 01), as `KUNCI_ORANG`; NULL of a company
    (02): see `KUNCI_BADAN`. Nothing given: NULL.

    Refuses a shareholder of no kind or of an unknown one, and as `KUNCI_ORANG` does.
    """
    said = _holder("KUNCI_PEMEGANG", reference, holder)
    if said is None and any(given("KUNCI_PEMEGANG", value) is not None for value in (number, name)):
        raise Refusal("KUNCI_PEMEGANG", "nothing says whether the shareholder is a person or a company")
    return None if said in (None, _COMPANY) else _person("KUNCI_PEMEGANG", reference, kind, number, name)


@converter("KUNCI_BADAN", inputs=3, reversible=False)
def kunci_badan(
    reference: Reference, _arguments: Mapping[str, object], holder: object, number: object, name: object
) -> Value:
    """The key of a shareholder that is a company (``jenis_pemegang_saham``, L13: 02), NULL of others: the keyed hash
    (HMAC-SHA256, hexadecimal) of its tax number of sixteen digits, or where that is missing or can't be read, of its
    name, cleaned as by `TXT`, in any case.

    Refuses a company without both, kinds that L13 does not hold, and when no keys are configured.
    """
    if _holder("KUNCI_BADAN", reference, holder) != _COMPANY:
        return None
    tax, called = _or_none(npwp16, reference, number), given("KUNCI_BADAN", name)
    if tax is None and called is None:
        raise Refusal("KUNCI_BADAN", "a company is named neither by tax number nor by name")
    text = f"npwp {tax}" if tax else f"nama {clean(called or '', 'KUNCI_BADAN').casefold()}"
    return _keyed("KUNCI_BADAN", reference, _ENTITY_PURPOSE, text)


@converter("ORANG_ID", inputs=2, reversible=False, required=frozenset({"namespace"}))
def orang_id(reference: Reference, arguments: Mapping[str, object], kind: object, number: object) -> Value:
    """The id of the person with this type and identity number: `UUID5` of `IDENTITAS_KUNCI`, as the mapping of persons
    makes it. Placeholders become NULL. Refuses as `IDENTITAS_KUNCI` does.
    """
    key = identity_key("ORANG_ID", reference, kind, number)
    return None if key is None else deriver(str(arguments.get("namespace", "")))(key)


@converter("NPWP_KUNCI", inputs=1, reversible=False)
def npwp_kunci(reference: Reference, _arguments: Mapping[str, object], value: object) -> Value:
    """The keyed hash (HMAC-SHA256, hexadecimal) of a tax number as `NPWP16` reads it: the key of those who share it.

    It serves findings alone, so that it refuses nothing: NULL for what is missing or can't be read, and when no keys
    are configured.
    """
    tax = _or_none(npwp16, reference, value)
    return _keyed("NPWP_KUNCI", reference, _TAX_PURPOSE, str(tax)) if tax and reference.identity else None


@converter("NPWP_ORANG", inputs=1, reversible=False)
def npwp_orang(reference: Reference, _arguments: Mapping[str, object], value: object) -> Value:
    """A person's tax number of sixteen digits as `NPWP16` reads it, but NULL where it is a NIK: identity numbers stand
    nowhere unencrypted. Placeholders become NULL. Refuses as `NPWP16` does.
    """
    found = _as("NPWP_ORANG", lambda: npwp16(reference, {}, value))
    return found if isinstance(found, str) and found[0] == "0" else None


@converter("KBLI_TEKS", inputs=1, reversible=False)
def kbli_teks(_reference: Reference, _arguments: Mapping[str, object], value: object) -> Value:
    """A legacy business code for comparing: four digits get back their lost zero, anything else stays as it is, without
    blanks around. Placeholders become NULL. Refuses what the target cannot store.
    """
    text = given("KBLI_TEKS", value)
    if text is None:
        return None
    return "0" + text if len(text) == 4 and is_digits(text) else storable("KBLI_TEKS", text)


@converter("KUNCI_PROYEK", inputs=2, reversible=False)
def kunci_proyek(reference: Reference, _arguments: Mapping[str, object], project: object, business: object) -> Value:
    """The key of the group of projects that a product's cut-off ``id_proyek`` and its ``kbli`` may mean: the first 21
    characters (`AWALAN`) and the code (`KBLI_TEKS`), joined as keys are. Without an id: NULL.

    Refuses what the target cannot store.
    """
    prefix = _as("KUNCI_PROYEK", lambda: awalan(reference, {"length": _CUT_AT}, project))
    text = _as("KUNCI_PROYEK", lambda: kbli_teks(reference, {}, business))
    return None if prefix is None else _as("KUNCI_PROYEK", lambda: gabung(reference, {}, prefix, text))


@converter("KUNCI_AKTA", inputs=4, reversible=False)
def kunci_akta(
    reference: Reference, _arguments: Mapping[str, object], nib: object, kind: object, number: object, day: object
) -> Value:
    """The key of a deed as its mapping makes it: `NIB13`, `CODE` of L7, `NOMOR_AKTA` and `TGL`, joined as keys are.

    It finds the deed that an approval belongs to, so that it refuses nothing: NULL where a part can't be read.
    """
    try:
        company = nib13(reference, {}, nib)
        parts = (code(reference, {"list": "L7"}, kind), nomor_akta(reference, {}, number), tgl(reference, {}, day))
        return None if company is None else gabung(reference, {}, company, *parts)
    except Refusal:
        return None


def _person(rule: str, reference: Reference, kind: object, number: object, name: object) -> Value:
    key = identity_key(rule, reference, kind, number)
    if key is None and given(rule, name) is not None:
        raise Refusal(rule, _NO_NUMBER)
    return key


def _holder(rule: str, reference: Reference, value: object) -> str | None:
    text = given(rule, value)
    return None if text is None else listed(rule, reference, "L13", text)


def _keyed(rule: str, reference: Reference, purpose: str, text: str) -> str:
    return keyed_hash(keys_of(rule, reference).hmac_key, f"{purpose}\x1f{text}")


def _or_none(call: Callable[..., Value], reference: Reference, value: object) -> Value:
    try:
        return call(reference, {}, value)
    except Refusal:
        return None


def _as(rule: str, call: Callable[[], Value]) -> Value:
    """What another rule makes of it; its refusal in the name of ``rule``."""
    try:
        return call()
    except Refusal as refusal:
        raise Refusal(rule, refusal.reason) from None
