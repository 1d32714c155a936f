"""Coded values: the interface's code lists, and the few codes that follow from more than one column."""

import re
from collections.abc import Mapping

from streams.projection.converters.legacy_value import given
from streams.projection.converters.registry import Reference, Refusal, Value, converter

_VERSION = re.compile(r"(\d{1,4})(?:\.(\d{1,4}))?(?:\.\d{1,4})*", re.ASCII)
_FLAGS = {"Y": True, "1": True, "T": True, "N": False, "0": False, "F": False}
_MICRO_ACTOR = "13"
_STATE_COMPANIES = frozenset({"21", "22", "23"})
_SOLE_PROPRIETOR = "17"


@converter("CODE", inputs=1, reversible=True, required=frozenset({"list"}))
def code(reference: Reference, arguments: Mapping[str, object], value: object) -> Value:
    """The new code for a legacy code or label of the code list named by ``list`` (``schemas/reference/codes.yaml``).

    Labels are taken in any case; a one-digit number gets back its zero. Placeholders become NULL.
    Refuses what the list does not hold.
    """
    text = given("CODE", value)
    return None if text is None else listed("CODE", reference, str(arguments.get("list")), text)


def listed(rule: str, reference: Reference, name: str, text: str) -> str | None:
    """The new code for a text of the list, None for a text without one; raises the refusal in the name of ``rule``."""
    accepted = reference.codes.get(name)
    if accepted is None:
        raise Refusal(rule, "the mapping names a code list that does not exist")
    found = accepted.get(text)
    if found is None:
        found = accepted.get(" ".join(text.split()).casefold(), accepted.get("0" + text))
    if found is None:
        raise Refusal(rule, f"the value is not in code list {name}")
    return found or None


@converter("FLAG", inputs=1, reversible=True)
def flag(_reference: Reference, _arguments: Mapping[str, object], value: object) -> Value:
    """``Y``, ``1``, ``T`` are true, ``N``, ``0``, ``F`` false, in any case. Placeholders become NULL.
    Refuses everything else.
    """
    return read_flag("FLAG", value)


def read_flag(rule: str, value: object) -> bool | None:
    """What the flag says, None if nothing; raises the refusal in the name of ``rule``."""
    text = given(rule, value)
    if text is None:
        return None
    answer = _FLAGS.get(text.upper())
    if answer is None:
        raise Refusal(rule, "the flag is neither yes nor no")
    return answer


@converter("ASAL", inputs=1, reversible=False)
def asal(_reference: Reference, _arguments: Mapping[str, object], value: object) -> Value:
    """The system that a NIB was born in, from the interface version ``versi_pia``: below 4.0 OSS_1_0, below 4.3
    OSS_1_1, else OSS_RBA; 4.10 comes after 4.3. Placeholders become NULL. Refuses what is no version.
    """
    text = given("ASAL", value)
    if text is None:
        return None
    found = _VERSION.fullmatch(text)
    if found is None:
        raise Refusal("ASAL", "the text is no version of the interface")
    version = int(found[1]), int(found[2] or 0)
    if version < (4, 0):
        return "OSS_1_0"
    return "OSS_1_1" if version < (4, 3) else "OSS_RBA"


@converter("JENIS_PELAKU", inputs=2, reversible=False)
def jenis_pelaku(reference: Reference, _arguments: Mapping[str, object], actor: object, company: object) -> Value:
    """The new type of business actor (L18) from the legacy type and ``jenis_perseroan`` (L2): micro actors (13)
    are persons (02) when they have no company form or are sole proprietors (17), else companies (01).

    Refuses unknown types, and state companies (21 to 23) with another company form.
    """
    return actor_type("JENIS_PELAKU", reference, actor, company)


def actor_type(rule: str, reference: Reference, actor: object, company: object) -> str | None:
    """The new type of actor, None if the legacy names none; raises the refusal in the name of ``rule``."""
    legacy = given(rule, actor)
    if legacy is None:
        return None
    form = given(rule, company)
    if form is not None:
        form = reference.codes.get("L2", {}).get(" ".join(form.split()).casefold(), form)
    if legacy == _MICRO_ACTOR:
        return "02" if form is None or form == _SOLE_PROPRIETOR else "01"
    if legacy in _STATE_COMPANIES and form not in _STATE_COMPANIES:
        raise Refusal(rule, "the company form contradicts the type of a state company")
    return listed(rule, reference, "L18", legacy)


@converter("JENIS_API", inputs=2, reversible=False)
def jenis_api(reference: Reference, _arguments: Mapping[str, object], importer: object, imports: object) -> Value:
    """The importer type (L3) from ``jenis_api`` and ``flag_impor``; NULL when the flag says that nothing is imported.

    Refuses what the list does not hold and flags as `FLAG` does.
    """
    if read_flag("JENIS_API", imports) is False:
        return None
    text = given("JENIS_API", importer)
    return None if text is None else listed("JENIS_API", reference, "L3", text)


@converter("JENIS_PROYEK", inputs=None, reversible=False)
def jenis_proyek(
    reference: Reference, _arguments: Mapping[str, object], kind: object, expansion: object, branch: object = None
) -> Value:
    """The kind of project (L26): 04 when ``flag_perluasan`` says yes, 03 when ``flag_cabang`` (optional) does, else
    the legacy's own code. Refuses what the list does not hold and flags as `FLAG` does.
    """
    if read_flag("JENIS_PROYEK", expansion):
        return "04"
    if read_flag("JENIS_PROYEK", branch):
        return "03"
    text = given("JENIS_PROYEK", kind)
    return None if text is None else listed("JENIS_PROYEK", reference, "L26", text)


@converter("TINGKAT", inputs=1, reversible=True)
def tingkat(reference: Reference, _arguments: Mapping[str, object], value: object) -> Value:
    """The rank of an account, UTAMA or TURUNAN, from the ``role`` of the sign-on profile by list ``TINGKAT``.

    Placeholders become NULL. Refuses roles that the list does not hold: what they mean must be agreed first.
    """
    text = given("TINGKAT", value)
    return None if text is None else listed("TINGKAT", reference, "TINGKAT", text)
