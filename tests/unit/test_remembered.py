"""Rules that remember: the same values give the same result, refusals included, and memory stays bounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.projection.converters import CONVERTERS, Reference, Refusal
from streams.projection.declaration import Input, Term
from streams.projection.remembered import MOST, Memory, Runs, memory_of, plain

TEXTS = st.lists(st.one_of(st.none(), st.text("019-/ Rp,.", max_size=6)), max_size=60)
MONEY = Term(rule="UANG", inputs=(Input("a", "b"),))
"""A rule that gives amounts, NULL and refusals."""


def asked(memory: Memory, runs: Runs, value: object) -> object:
    """What generated functions do."""
    runs.count += 1
    return memory[value]


@given(TEXTS)
def test_what_is_remembered_is_what_the_rule_says(texts: list[str | None]) -> None:
    runs = Runs()
    memory = memory_of(MONEY, plain(MONEY, Reference(), None, 3), runs)
    for text in texts:
        try:
            expected = CONVERTERS["UANG"].call(Reference(), {}, text)
        except Refusal as refusal:
            with pytest.raises(Refusal, match=refusal.reason) as raised:
                asked(memory, runs, text)
            assert raised.value.term == 3
        else:
            assert asked(memory, runs, text) == expected


def test_values_that_never_come_again_are_not_kept() -> None:
    runs = Runs()
    memory = memory_of(MONEY, plain(MONEY, Reference(), None, 0), runs)
    for number in range(4 * MOST):
        assert asked(memory, runs, str(number + 1)) == number + 1
        assert len(memory) < MOST
    assert len(memory) == 0


def test_values_that_come_again_are_asked_for_once_until_memory_is_full() -> None:
    runs, calls = Runs(), []
    memory = Memory(lambda value: calls.append(value) or value, runs)
    for number in range(8 * MOST):
        assert asked(memory, runs, str(number // 4)) == str(number // 4)
        assert len(memory) < MOST
    assert len(calls) <= 2 * MOST + 4


@pytest.mark.parametrize("values", [(1, 1.0, True), (-0.0, 0.0), ((1, "a"), (True, "a"))])
def test_values_that_only_look_equal_are_not_confused(values: tuple[object, ...]) -> None:
    runs = Runs()
    memory = Memory(repr, runs)
    assert [asked(memory, runs, value) for value in values * 2] == [repr(value) for value in values * 2]
