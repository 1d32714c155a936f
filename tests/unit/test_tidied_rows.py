"""Whether somebody has tidied never shows in the target, whatever happens to the rows afterwards."""

from hypothesis import given
from hypothesis import strategies as st

from streams.services.tidy import outranked_by
from tests.unit.language_world import A, B, LanguageWorld

STEPS = st.lists(
    st.tuples(st.sampled_from(["insert", "delete", "move"]), st.integers(0, 4), st.sampled_from(["abc-1", "abc-2"])),
    min_size=3,
    max_size=14,
)
KBLI = ("1", "2")


def tidy(world: LanguageWorld) -> int:
    """Take away what nothing needs: everything that was committed is applied."""
    with world.target.transaction() as work:
        work.guard.enter(exclusive=True)
        tables = outranked_by(world.plan)
        return sum(work.tidying.drop_outranked(table, keys, world.history.lsn + 1) for table, keys in tables)


def live(world: LanguageWorld, steps: list[tuple[str, int, str]], tidied: set[int]) -> int:
    """Projects that come, go and move to other keys, with products that look for them; how many rows were tidied."""
    history, count = world.history, 0
    for number, code in enumerate(("abc-1", "abc-2"), 1):
        history.insert("produk", id=number, kode=f"P{number}", potongan=code[:3], kbli=KBLI[number - 1])
    for number, (deed, which, code) in enumerate(steps):
        rows = history.rows.get("proyek", [])
        values = {"kode": code, "kbli": KBLI[which % 2], "nib": (A, B)[which % 2]}
        if deed == "insert" or not rows:
            history.insert("proyek", id=number, **values)
        elif deed == "delete":
            history.delete("proyek", rows[which % len(rows)])
        else:
            history.update("proyek", rows[which % len(rows)], **values)
        world.apply()
        count += tidy(world) if number in tidied else 0
    return count


@given(steps=STEPS, tidied=st.sets(st.integers(0, 13)))
def test_tidying_never_shows(steps: list[tuple[str, int, str]], tidied: set[int]) -> None:
    untouched, swept = LanguageWorld(), LanguageWorld()
    live(untouched, steps, set())
    live(swept, steps, tidied)
    assert swept.target.state.rows == untouched.target.state.rows
    assert swept.target.state.states == untouched.target.state.states


def test_a_row_that_moves_away_leaves_the_key_to_what_was_deleted_before() -> None:
    steps = [("insert", 0, "abc-1"), ("delete", 0, "-")] * 3 + [("insert", 0, "abc-1"), ("move", 1, "abc-2")]
    untouched, swept = LanguageWorld(), LanguageWorld()
    live(untouched, steps, set())
    assert live(swept, steps, {6}) == 2
    assert (
        swept.rows("t_proyek")
        == untouched.rows("t_proyek")
        == {"abc-1": {"kode": "abc-1", "nib": A}, "abc-2": {"kode": "abc-2", "nib": B}}
    )
