"""The laws of a recompute's progress, of rows left over, and of the keys to compute, on both targets."""

from uuid import UUID

from streams.ports.recomputing import WHOLE, Step
from streams.projection.outcome import Fault, Outcome, OutcomeKind
from tests.contract.replication_rows import A, B, C, changed, header, write
from tests.contract.replication_worlds import COMPILED, World

NEW, OLD = ("m", "r"), ("m", "older")
CLAIM = COMPILED[1].declaration.claims[0]


def company(key: str) -> dict[str, object]:
    """A row of pelaku_usaha."""
    number = COMPILED[0].key_value(key)
    return {"id": str(number), "jenis_pelaku_usaha": "01", "nama": "PT", "modal_dasar": None}


def put_companies(world: World, *keys: str) -> None:
    """Rows of pelaku_usaha in a transaction."""
    with world.target.transaction() as work:
        work.target.write("pelaku_usaha", {key: company(key) for key in keys})


def begin(world: World) -> None:
    """A run begins."""
    with world.target.transaction() as work:
        work.guard.enter(exclusive=True)
        work.recomputing.begin(NEW)


class TestSteps:
    """Where a run stands."""

    def test_a_step_is_known_under_its_versions_alone(self, world: World) -> None:
        begin(world)
        step = (
            Step("nib").further(A, 2, {"row": 1, "absent": 1}, {"nib": 1}, {}).further(B, 1, {"row": 1}, {}, {"x": 1})
        )
        assert (step.done, step.counts, step.written, step.deleted) == (
            3,
            {"row": 2, "absent": 1},
            {"nib": 1},
            {"x": 1},
        )
        with world.target.transaction() as work:
            work.recomputing.put(NEW, step)
        with world.target.transaction() as work:
            assert work.recomputing.steps(NEW) == {WHOLE: Step(WHOLE), "nib": step}
            assert work.recomputing.steps(OLD) == {}
            work.recomputing.put(NEW, step.ended())
            assert work.recomputing.steps(NEW)["nib"].finished

    def test_a_run_that_begins_forgets_the_one_before(self, world: World) -> None:
        begin(world)
        with world.target.transaction() as work:
            work.recomputing.put(NEW, Step("nib", A, 1))
            work.left_over.note("pelaku_usaha", [A])
        put_companies(world, A)
        begin(world)
        with world.target.transaction() as work:
            assert set(work.recomputing.steps(NEW)) == {WHOLE}
            assert work.left_over.find("pelaku_usaha", None, 9) == [company(A)["id"]]

    def test_each_run_has_a_name_of_its_own(self, world: World) -> None:
        begin(world)
        with world.target.transaction() as work:
            first = work.recomputing.begun()
            work.recomputing.put(NEW, Step("nib", A, 1))
            work.recomputing.put(NEW, Step(WHOLE).ended())
        with world.target.transaction() as work:
            assert work.recomputing.begun() == first is not None
        begin(world)
        with world.target.transaction() as work:
            assert work.recomputing.begun() not in (None, first)


class TestLeftOver:
    """Rows of no key."""

    def test_what_was_noted_or_written_since_then_is_not_left_over(self, world: World) -> None:
        put_companies(world, A, B)
        begin(world)
        put_companies(world, C)
        with world.target.transaction() as work:
            work.left_over.note("pelaku_usaha", [A, A])
            work.left_over.note("pelaku_usaha", [A])
            assert work.left_over.find("pelaku_usaha", None, 9) == [company(B)["id"]]
            assert work.left_over.find("pelaku_usaha", str(company(B)["id"]), 9) == []
            assert work.left_over.count("pelaku_usaha") == 3
            assert work.left_over.count("pelaku_usaha", [A, "9999000000999"]) == 1
        with world.target.transaction() as work:
            every = [str(company(key)["id"]) for key in (A, B, C)]
            assert work.left_over.remove("pelaku_usaha", every) == (1, {})
            assert set(work.target.read("pelaku_usaha", [A, B, C])) == {A, C}

    def test_a_row_that_others_refer_to_stays(self, world: World) -> None:
        put_companies(world, A, B)
        with world.target.transaction() as work:
            row = {"nib": A, "pelaku_usaha_id": company(A)["id"], "oss_id": "P", "status_nib": "01"}
            work.target.write("nib", {A: {**row, "tgl_terbit": "2019-03-04", "asal": "OSS_1_1"}})
        begin(world)
        with world.target.transaction() as work:
            count, kept = work.left_over.remove("pelaku_usaha", work.left_over.find("pelaku_usaha", None, 9))
            assert (count, list(kept)) == (1, [company(A)["id"]])

    def test_rows_are_taken_whoever_wrote_them_unless_others_refer_to_them(self, world: World) -> None:
        put_companies(world, A, B, C)
        begin(world)
        ids = {key: str(company(key)["id"]) for key in (A, B, C)}
        with world.target.transaction() as work:
            row = {"nib": A, "pelaku_usaha_id": ids[A], "oss_id": "P", "status_nib": "01"}
            work.target.write("nib", {A: {**row, "tgl_terbit": "2019-03-04", "asal": "OSS_1_1"}})
        with world.target.transaction() as work:
            gone, kept = work.left_over.take("pelaku_usaha", [ids[A], ids[B], "no id", str(UUID(int=7))])
            assert (set(gone), set(kept)) == ({ids[B]}, {ids[A]})
            assert set(work.target.read("pelaku_usaha", [A, B, C])) == {A, C}

    def test_refused_keys_come_in_pages(self, world: World) -> None:
        refused = Outcome(OutcomeKind.QUARANTINED, faults=(Fault("", "TARGET", "why"),))
        other = Outcome(OutcomeKind.QUARANTINED, faults=(Fault("nib", "NIB13", "why"),))
        with world.target.transaction() as work:
            work.states.record("nib", {A: refused, B: other, C: refused})
            assert list(work.left_over.refused("nib", None, 1)) == [A]
            assert list(work.left_over.refused("nib", A, 9)) == [C]


class TestKeys:
    """The keys to compute are those of source rows and those that anything remembers."""

    def test_keys_without_source_rows_come_too(self, world: World) -> None:
        write(world, changed("c", (1, 1, 1), after=header(1)))
        put_companies(world, B)
        with world.target.transaction() as work:
            row = {"nib": B, "pelaku_usaha_id": company(B)["id"], "oss_id": "P", "status_nib": "01"}
            work.target.write("nib", {B: {**row, "tgl_terbit": "2019-03-04", "asal": "OSS_1_1"}})
            work.states.claim("nib", CLAIM, {C: ("P-3", "")})
            work.states.record("nib", {"x": Outcome(OutcomeKind.QUARANTINED)})
            work.target.write("kelompok", {"k|X": {"kunci": "k|X", "nama": None}})
        with world.target.transaction() as work:
            assert list(work.sources.keys_after("nib", None, 2)) == [A, B]
            assert list(work.sources.keys_after("nib", B, 9)) == [C, "x"]
            assert list(work.sources.keys_after("pelaku_usaha", None, 9)) == [A]
            assert list(work.sources.keys_after("kelompok", None, 9)) == ["k|X"]

    def test_keys_of_chosen_rows(self, world: World) -> None:
        write(
            world,
            *(
                changed("c", (1, n, 1), after=header(n, nib, oss_id=o))
                for n, nib, o in ((1, A, "P-1"), (2, B, "P-2"), (3, C, "P-2"))
            ),
        )
        with world.target.transaction() as work:
            work.row_keys.put("kelompok.header", {"1": ("a",), "2": ("b",), "3": ("b", "c")})
        with world.target.transaction() as work:
            assert list(work.sources.keys_where("nib", "oss_id = 'P-2'", None, 1)) == [B]
            assert list(work.sources.keys_where("nib", "oss_id = 'P-2'", B, 9)) == [C]
            assert list(work.sources.keys_where("kelompok", "oss_id = 'P-2'", None, 9)) == ["b", "c"]
