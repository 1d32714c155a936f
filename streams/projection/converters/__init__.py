"""The register of named, pure converters: legacy column values in, one target value or a refusal out.

Mapping files name converters; each family below adds its own to the register when it is imported.
"""

from streams.projection.converters import (  # noqa: F401  importing a family fills the register
    codes,
    conditions,
    contacts,
    dates,
    findings,
    identifiers,
    identity,
    kbli,
    keys,
    licences,
    lifecycle,
    money,
    natural_keys,
    persons,
    places,
    quantities,
    regions,
    text,
)
from streams.projection.converters.registry import CONVERTERS, Converter, IdentityKeys, Reference, Refusal, Value

__all__ = ["CONVERTERS", "Converter", "IdentityKeys", "Reference", "Refusal", "Value"]
