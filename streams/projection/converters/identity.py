"""Identity numbers encrypted by AES-SIV, deterministic and authenticated: the same number gives the same bytes."""

from collections.abc import Mapping
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from streams.projection.converters.persons import ABSENT, identity_of, keys_of
from streams.projection.converters.registry import IdentityKeys, Reference, Refusal, Value, converter

_PURPOSE = b"selaras identity number"
_MARK = b":"  # between the version of the keys and what they encrypted


@converter("IDENTITAS_ENC", inputs=None, reversible=False)
def identitas_enc(
    reference: Reference, _arguments: Mapping[str, object], first: object, second: object = ABSENT
) -> Value:
    """The identity number encrypted, as PostgreSQL writes bytea (``\\x`` and hexadecimal digits), for the same inputs
    as `NIK`: the version of the keys, a colon, and AES-256-SIV (RFC 5297) over the number with purpose and type as
    associated data. No nonce: the same number gives the same bytes.

    Placeholders become NULL. Refuses as `NIK` does, and when no keys are configured.
    """
    found = identity_of("IDENTITAS_ENC", reference, first, second)
    if found is None:
        return None
    keys = keys_of("IDENTITAS_ENC", reference)
    kind, number = found
    sealed = _cipher(keys.siv_key).encrypt(number.encode(), [_PURPOSE, kind.encode()])
    return "\\x" + (keys.version.encode() + _MARK + sealed).hex()


def reveal(keys: IdentityKeys, kind: str, stored: bytes) -> str:
    """The identity number behind ``stored`` bytes of type ``kind`` (01 or 02). Raises Refusal when they were made under
    another version of the keys, for another type, or were changed.
    """
    version, mark, sealed = stored.partition(_MARK)
    if not mark or version != keys.version.encode():
        raise Refusal("IDENTITAS_ENC", "the number was encrypted under another version of the keys")
    try:
        return _cipher(keys.siv_key).decrypt(sealed, [_PURPOSE, kind.encode()]).decode()
    except (InvalidTag, ValueError):
        raise Refusal("IDENTITAS_ENC", "the encrypted number was changed, or is of another type") from None


@lru_cache(4)
def _cipher(key: bytes) -> AESSIV:
    return AESSIV(key)
