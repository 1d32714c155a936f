"""Canonical texts, places of scans, and the rule by which two reads of a row are judged."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from streams.drift.canonical import canonical, has_form, key_at, place
from streams.drift.visibility import Decision, Facts, decide

TEXTS = st.text("a\x1e\x1f ", max_size=3) | st.none()
ROWS = st.lists(TEXTS, min_size=2, max_size=3)
NUMBERS = st.integers(-(2**63), 2**63 - 1)
BOOLEANS = (False, True)


@given(ROWS, ROWS)
def test_rows_with_one_canonical_text_are_equal(one: list[str | None], other: list[str | None]) -> None:
    if len(one) == len(other) and canonical(one) is not None:
        assert (canonical(one) == canonical(other)) == (one == other)


def test_a_row_with_a_separator_has_no_canonical_text() -> None:
    assert canonical(["a", "b\x1fc"]) is None
    assert canonical(["\x1e"]) is None
    assert canonical([None, "", "a"]) == "\x1e\x1f\x1fa"


@given(NUMBERS, NUMBERS)
def test_places_order_as_numbers_do(one: int, other: int) -> None:
    places = [place(str(number), is_number=True) for number in (one, other)]
    assert (places[0].encode() < places[1].encode()) == (one < other)
    assert [key_at(found, is_number=True) for found in places] == [str(one), str(other)]


@given(st.text(min_size=1))
def test_texts_are_their_own_places(text: str) -> None:
    assert key_at(place(text, is_number=False), is_number=False) == text


def test_types_without_one_form_are_not_compared() -> None:
    assert all(has_form(kind) for kind in ("integer", "character varying(25)", "timestamp(6) without time zone"))
    assert not any(has_form(kind) for kind in ("interval", "integer[]", "point", "time with time zone"))


def test_equal_contents_need_no_proof_and_nothing_else_goes_without() -> None:
    for shown, applied, written, complete, known in product(BOOLEANS, repeat=5):
        assert decide(Facts(True, shown, applied, written, complete, known)) is Decision.SAME
        decision = decide(Facts(False, shown, applied, written, complete, known))
        if not shown:
            assert decision is Decision.CHANGING
        else:
            proven = applied or (written and complete and known)
            assert decision is (Decision.DIFFERENT if proven else Decision.WAIT)


@given(st.data())
def test_the_rule_never_convicts_a_faithful_mirror(data: st.DataObject) -> None:
    """Of a row written by transactions in the order of their commits: whatever the snapshot shows of them, whatever
    the mirror has applied, a difference that is decided on means that something is wrong with the mirror.
    """
    commits = data.draw(st.lists(st.integers(1, 9), unique=True, min_size=1, max_size=6))
    shown = data.draw(st.integers(0, len(commits)))
    applied = data.draw(st.integers(0, len(commits)))
    legacy = commits[shown - 1] if shown else None
    mirror = commits[applied - 1] if applied else None
    facts = Facts(
        is_equal=legacy == mirror,
        is_shown=mirror is None or mirror in commits[:shown],
        is_applied=applied >= shown,
        is_written=mirror is not None and mirror == legacy,
        is_complete=applied > 0,
        is_as_known=True,
    )
    assert decide(facts) is not Decision.DIFFERENT
