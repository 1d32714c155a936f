"""The laws of what the mirror lacks, on the twin in memory and on PostgreSQL."""

import json

from msgspec.structs import replace

from tests.contract.replication_rows import HEADER, MICRO, A, changed, header, headers, write
from tests.contract.replication_worlds import World


def without_name(number: int, nib: str = A) -> bytes:
    """An image of a row whose name the legacy table has no more."""
    row = json.loads(header(number, nib))
    del row["nama_perseroan"]
    return json.dumps(row).encode()


LACKS = frozenset({"nama_perseroan"})


def test_a_column_that_a_change_lacks_keeps_what_the_row_held(world: World) -> None:
    """In the rest the change counts as any other; a row that is new has no value."""
    write(world, changed("c", (1, 1, 1), after=header(1)))
    update = changed("u", (2, 1, 1), before=header(1), after=without_name(1))
    insert = changed("c", (2, 2, 1), after=without_name(2))
    whole = changed("c", (2, 3, 1), after=header(3, nama_perseroan="PT Tiga"))
    write(world, replace(update, lacks=LACKS), replace(insert, lacks=LACKS), whole)
    assert headers(world) == [("None", False), ("PT Satu", False), ("PT Tiga", False)]
    gone = changed("d", (3, 1, 0), before=without_name(1))
    assert write(world, replace(gone, lacks=LACKS)) == {"nib": {A}}
    assert headers(world) == [("None", False), ("PT Satu", True), ("PT Tiga", False)]


def test_an_older_change_that_lacks_a_column_is_ignored_like_any_other(world: World) -> None:
    write(world, changed("c", (5, 1, 1), after=header(1)))
    assert write(world, replace(changed("c", (4, 1, 1), after=without_name(1)), lacks=LACKS)) == {}
    assert headers(world) == [("PT Satu", False)]


def test_what_is_lacking_is_remembered(world: World) -> None:
    """Also when it is told twice; of a keyless table all rows are then in doubt."""
    with world.target.transaction() as work:
        work.guard.enter()
        assert work.lacking.columns() == frozenset()
        work.lacking.tell({(HEADER, "nib")})
        assert work.lacking.columns() == {(HEADER, "nib")}
    with world.target.transaction() as work:
        work.guard.enter()
        work.lacking.tell({(HEADER, "nib"), (MICRO, "nama_usaha")})
    with world.target.transaction() as work:
        work.guard.enter()
        assert work.lacking.columns() == {(HEADER, "nib"), (MICRO, "nama_usaha"), (MICRO, "")}
