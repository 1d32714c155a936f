"""Rules that remember: the same values give the same result, refusals included, and memory stays bounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.projection.converters import CONVERTERS, Reference, Refusal
from streams.projection.declaration import Input, Term
from streams.projection.remembered import JUDGED_AFTER, MOST, remembered

TEXTS = st.lists(st.one_of(st.none(), st.text("019-/ Rp,.", max_size=6)), max_size=60)


def money() -> Term:
    """A rule that gives amounts, NULL and refusals."""
    return Term(rule="UANG", inputs=(Input("a", "b"),))


@given(TEXTS)
def test_what_is_remembered_is_what_the_rule_says(texts: list[str | None]) -> None:
    convert = remembered(money(), Reference(), None, 3)
    for text in texts:
        try:
            expected = CONVERTERS["UANG"].call(Reference(), {}, text)
        except Refusal as refusal:
            with pytest.raises(Refusal, match=refusal.reason) as raised:
                convert(text)
            assert raised.value.term == 3
        else:
            assert convert(text) == expected


def test_values_that_never_come_again_are_not_kept() -> None:
    convert = remembered(money(), Reference(), None, 0)
    for number in range(JUDGED_AFTER + 2 * MOST):
        assert convert(str(number + 1)) == number + 1
    cells = [cell.cell_contents for cell in convert.__closure__ or ()]
    (known,) = [cell for cell in cells if isinstance(cell, dict)]
    assert len(known) <= MOST
    assert False in [cell for cell in cells if isinstance(cell, bool)]
