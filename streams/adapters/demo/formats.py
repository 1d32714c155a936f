"""The spellings that a legacy row may have: dates, money and tax numbers as the senders wrote them."""

from datetime import date
from random import Random

from streams.adapters.demo.identifiers import broken_tax_number, punctuated, tax_number

CUT_MONEY = "999999999999999"
BAD_DATES = ("0000-00-00", "31/31/2019", "2019-13-45")


def date_text(luck: Random, day: date, empty: float = 0.0) -> str:
    """Ten characters; ``empty`` is the share of '-'."""
    draw = luck.random()
    if draw < empty:
        return "-"
    if draw > 0.97:
        return f"{day:%d/%m/%Y}"
    if draw > 0.95:
        return f"{day:%d-%m-%Y}"
    return f"{day:%Y-%m-%d}"


def required_date_text(luck: Random, day: date) -> str:
    """Ten characters; one in two hundred is no date at all."""
    return luck.choice(BAD_DATES) if luck.random() < 0.005 else date_text(luck, day)


def money_text(luck: Random, amount: int) -> str:
    """Rupiah in at most 15 characters: digits, or grouped by dots, or with 'Rp' and cents where that fits."""
    draw = luck.random()
    if draw < 0.90:
        return str(amount)
    grouped = f"{amount:,}".replace(",", ".")
    priced = f"Rp {grouped},00"
    if draw > 0.96 and len(priced) <= 15:
        return priced
    return grouped if len(grouped) <= 15 else str(amount)


def cut_money_text(luck: Random, amount: int) -> str:
    """Like money_text; one in two hundred is the mark of an amount that did not fit."""
    return CUT_MONEY if luck.random() < 0.005 else money_text(luck, amount)


def tax_text(luck: Random, serial: int, person: str | None) -> str:
    """A tax number: 15 digits, punctuated, 16 digits (a person's is the identity number), empty, or wrong."""
    draw = luck.random()
    if draw < 0.005:
        return broken_tax_number(serial)
    if draw < 0.02:
        return luck.choice(("", "-", "0" * 15))
    number = tax_number(serial)
    if draw < 0.55:
        return number
    if draw < 0.85:
        return punctuated(number)
    return person or f"0{number}"


def soiled(luck: Random, text: str) -> str:
    """Text as it was typed: now and then a tag, doubled blanks, or bytes read in the wrong character set."""
    draw = luck.random()
    if draw < 0.02:
        return text.replace(", ", "<br>", 1)
    if draw < 0.04:
        return text.replace(" ", "  ", 1) + " "
    if draw < 0.042:
        return text + " \u00e2\u20ac\u201c"
    return text
