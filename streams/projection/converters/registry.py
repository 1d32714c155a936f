"""What a converter is, what it may read, and how it refuses."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import TypeAlias

Value: TypeAlias = str | int | bool | Decimal | date | datetime | tuple[str, ...] | None

HMAC_KEY_BYTES = 32
SIV_KEY_BYTES = 64


class Refusal(Exception):
    """A converter cannot take a value: the column (or its row) goes to quarantine.

    ``rule``: name of the converter. ``reason``: a short sentence that never holds the value itself,
    since it is shown and logged and values may be personal data. ``term``: number of the column's term that was
    refused, set by whoever evaluates several.
    """

    def __init__(self, rule: str, reason: str) -> None:
        super().__init__(f"{rule}: {reason}")
        self.rule = rule
        self.reason = reason
        self.term = 0


@dataclass(frozen=True, slots=True)
class IdentityKeys:
    """The keys for identity numbers; the representation hides them.

    ``hmac_key``: 32 bytes, for the keyed hash that finds a person again. ``siv_key``: 64 bytes, for AES-256-SIV.
    ``version``: 1 to 16 ASCII letters and digits that name this pair of keys; it stands openly before each encrypted
    number. Other keys or another version make other values of every column that depends on them. ValueError for
    other sizes.
    """

    hmac_key: bytes = field(repr=False)
    siv_key: bytes = field(repr=False)
    version: str

    def __post_init__(self) -> None:
        """Refuse keys of other sizes."""
        if len(self.hmac_key) != HMAC_KEY_BYTES or len(self.siv_key) != SIV_KEY_BYTES:
            raise ValueError(f"the keys have {HMAC_KEY_BYTES} and {SIV_KEY_BYTES} bytes")
        if not (self.version.isascii() and self.version.isalnum() and len(self.version) <= 16):
            raise ValueError("the version of the keys is made of 1 to 16 letters and digits")


@dataclass(frozen=True, slots=True)
class Reference:
    """The reference data that converters may read; handed in, so that the same arguments give the same value.

    ``kbli_conversion``: 2017 code -> its 2020 codes; several: a split; none: known, but not to be converted
    by a machine. ``kbli_reused``: 2017 code -> 2017 title, for codes that mean something else in 2020.
    ``kbli_titles_2020`` and ``kbli_risk``: by 2020 code (risk R, MR, MT or T). ``regions``: dotted code ->
    its successor, or None while it is in force. ``codes``: list -> accepted code, or label in case-folded
    form -> new code; an empty new code stands for NULL. ``identity``: the keys for identity numbers, None where
    none are configured: the rules that need them refuse.
    """

    kbli_conversion: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    kbli_reused: Mapping[str, str] = field(default_factory=dict)
    kbli_titles_2020: Mapping[str, str] = field(default_factory=dict)
    kbli_risk: Mapping[str, str] = field(default_factory=dict)
    regions: Mapping[str, str | None] = field(default_factory=dict)
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    identity: IdentityKeys | None = None


@dataclass(frozen=True, slots=True)
class Converter:
    """One entry of the register.

    ``call(reference, arguments, *values)`` returns the target value or raises `Refusal`, nothing else.
    ``inputs``: how many legacy columns it takes; None: a range, see `accepts`. ``reversible``: the new value
    can be written back without loss. ``parameters``: names that the mapping file may give as arguments,
    ``required``: those of them that it must.
    ``many``: the value is a tuple of texts, none or more, for a key that one row has several of.
    """

    name: str
    call: Callable[..., Value]
    inputs: int | None
    reversible: bool
    parameters: frozenset[str]
    doc: str
    least_inputs: int
    most_inputs: int | None
    many: bool = False
    required: frozenset[str] = frozenset()

    def accepts(self, count: int) -> bool:
        """Whether a mapping may feed it this many legacy columns."""
        return count >= self.least_inputs and (self.most_inputs is None or count <= self.most_inputs)


_REGISTER: dict[str, Converter] = {}
CONVERTERS: Mapping[str, Converter] = MappingProxyType(_REGISTER)


def converter(
    name: str,
    *,
    inputs: int | None,
    reversible: bool,
    parameters: frozenset[str] = frozenset(),
    required: frozenset[str] = frozenset(),
    many: bool = False,
) -> Callable[[Callable[..., Value]], Callable[..., Value]]:
    """Put a function into the register; the function itself stays as it is.

    ``inputs`` must agree with its signature: a fixed number, or None when inputs are optional or open-ended.
    """

    def register(call: Callable[..., Value]) -> Callable[..., Value]:
        least, most = _arity(call)
        if name in _REGISTER or (inputs is not None and (least, most) != (inputs, inputs)):
            raise ValueError(f"converter {name} is registered twice or takes another number of inputs than it says")
        doc = inspect.getdoc(call) or ""
        known = parameters | required
        _REGISTER[name] = Converter(name, call, inputs, reversible, known, doc, least, most, many, required)
        return call

    return register


def _arity(call: Callable[..., Value]) -> tuple[int, int | None]:
    """Least and most number of legacy values: parameters after the reference data and the arguments."""
    values = list(inspect.signature(call).parameters.values())[2:]
    single = [value for value in values if value.kind is not inspect.Parameter.VAR_POSITIONAL]
    least = sum(value.default is inspect.Parameter.empty for value in single)
    return least, len(single) if len(single) == len(values) else None
