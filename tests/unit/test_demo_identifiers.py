"""Synthetic identifiers: valid in form, surely nobody's."""

from datetime import date, datetime

import pytest
from stdnum.id import npwp

from streams.adapters.demo import identifiers


@pytest.mark.parametrize("serial", [0, 1, 42, 9_999, 10_000, 123_456, 9_999_999])
def test_tax_numbers_have_a_valid_check_digit(serial: int) -> None:
    number = identifiers.tax_number(serial)
    assert len(number) == 15
    assert number.startswith("9980")
    assert npwp.is_valid(number)
    assert npwp.is_valid(identifiers.punctuated(number))
    assert not npwp.is_valid(identifiers.broken_tax_number(serial))


def test_tax_numbers_are_unique() -> None:
    serials = range(0, 10_000_000, 997)
    assert len({identifiers.tax_number(serial) for serial in serials}) == len(serials)


def test_business_numbers_carry_the_test_prefix_and_their_serial() -> None:
    assert identifiers.nib(17) == "9999000000017"
    assert identifiers.serial_of("9999000000017") == 17
    assert identifiers.serial_of("8120000000017") == -1
    assert identifiers.serial_of("99990000017") == -1


def test_identity_numbers_hold_region_birth_date_and_a_serial_of_nine_thousand() -> None:
    assert identifiers.identity_number("3201000000", date(1980, 2, 3), True, 7) == "3201014302809007"
    assert identifiers.identity_number("3201000000", date(1980, 2, 3), False, 999) == "3201010302809999"


def test_stamped_ids_have_23_characters() -> None:
    moment = datetime(2019, 3, 4, 10, 11, 12)  # noqa: DTZ001
    assert identifiers.stamped("R", moment, 10_000_123) == "R-201903041011120000123"
    assert len(identifiers.stamped("R", moment, 1)) == 23


def test_phone_numbers_lie_in_a_range_without_an_operator() -> None:
    assert identifiers.phone(12_345_678) == "080002345678"
