"""Identifiers that are valid in form and surely nobody's: test prefixes that the real registers never give out."""

from datetime import date, datetime

NIB_PREFIX = "9999"
_TAX_PREFIX = "9980"


def nib(serial: int) -> str:
    """The business number of a serial below a thousand million: 13 digits."""
    return f"{NIB_PREFIX}{serial:09d}"


def serial_of(nib_text: str) -> int:
    """The serial of one of our business numbers; -1 for anything else."""
    rest = nib_text[len(NIB_PREFIX) :]
    return int(rest) if nib_text.startswith(NIB_PREFIX) and len(rest) == 9 and rest.isdigit() else -1


def luhn_digit(digits: str) -> str:
    """The check digit to put behind ``digits``."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return str(-total % 10)


def tax_number(serial: int) -> str:
    """A head office's tax number, 15 digits with a valid check digit; unique for ten million serials."""
    base = f"{_TAX_PREFIX}{serial % 10_000:04d}"
    return f"{base}{luhn_digit(base)}{999 - serial // 10_000 % 1_000:03d}000"


def broken_tax_number(serial: int) -> str:
    """The same with a check digit that is off by one."""
    good = tax_number(serial)
    return f"{good[:8]}{(int(good[8]) + 1) % 10}{good[9:]}"


def punctuated(number: str) -> str:
    """The old spelling of a 15-digit tax number: 99.999.999.9-999.999."""
    return f"{number[:2]}.{number[2:5]}.{number[5:8]}.{number[8]}-{number[9:12]}.{number[12:]}"


def identity_number(region: str, born: date, female: bool, serial: int) -> str:
    """An identity number, 16 digits: a regency's first district, birth date (women: day + 40), serial 9000-9999."""
    return f"{region[:4]}01{born.day + (40 if female else 0):02d}{born:%m%y}9{serial % 1000:03d}"


def stamped(prefix: str, moment: datetime, number: int) -> str:
    """``R-``, ``P-``, ``I-`` or ``O-`` with the moment to the second and seven digits: 23 characters."""
    return f"{prefix}-{moment:%Y%m%d%H%M%S}{number % 10_000_000:07d}"


def phone(serial: int) -> str:
    """A mobile number in a range that no operator has (0800-0...)."""
    return f"08000{serial % 10_000_000:07d}"
