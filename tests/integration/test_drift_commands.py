"""``selaras drift``: what people and machines are told, on a real PostgreSQL."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from streams.adapters.databases.mirror import encoded
from streams.bootstrap.databases import target_engine
from streams.bootstrap.drift import drift_book, drift_progress
from streams.cli.main import app
from streams.drift.difference import Check, Difference, Kind
from streams.drift.verdict import Reason, Verdicts
from streams.ports.drift_progress import ScanPart
from streams.services.drift_book import DriftBook
from streams.settings import Settings
from tests.conftest import fresh_worlds
from tests.engine import EngineWorld
from tests.integration.explain.company import A, B, filled

pytestmark = pytest.mark.postgres
Told = Callable[..., tuple[int, str]]
P = Check.PROJECTION
AGO = timedelta(seconds=60)
UNTIL = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()


class Run:
    """An engine with two companies, the book and the monitor's progress."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.world = EngineWorld(settings)
        filled(self.world)
        engine = target_engine(settings)
        with engine.begin() as connection:
            connection.exec_driver_sql("update selaras.version set recomputed = true")
            for lists in ("touched", "touched_row"):
                connection.exec_driver_sql(f"delete from selaras.{lists}")
        self.book: DriftBook = drift_book(settings, self.world.ground.plan, engine)
        self.progress, self.scans, _ = drift_progress(engine)

    def scan(self) -> None:
        """Both checks have gone over everything."""
        for check, tables in ((P, self.world.projected), (Check.CAPTURE, self.world.read)):
            for table in tables:
                self.scans.scanned(ScanPart(check, table, "", None, 2))

    def differing(self, key: str, **more: object) -> None:
        """A difference of table ``nib``."""
        one = Difference(P, "nib", key, Kind.DIFFERENT, **more)  # type: ignore[arg-type]
        self.book.record([Verdicts(P, "nib", different=(one,))])

    def same(self, *keys: str) -> None:
        """These keys of ``nib`` are."""
        self.book.record([Verdicts(P, "nib", keys)])


@pytest.fixture
def run(server: Settings, closing: None) -> Iterator[Run]:
    """On databases of its own."""
    with fresh_worlds(server) as settings:
        made = Run(settings)
        yield made
        made.world.close()


@pytest.fixture
def told(run: Run, monkeypatch: pytest.MonkeyPatch) -> Told:
    """Runs a command on the test's databases: exit code and what it printed."""
    settings = run.settings
    values = {"HOME": settings.home, "SCHEMAS_DIR": settings.schemas_dir, "CONNECTORS_DIR": settings.connectors_dir}
    for side, group in (("LEGACY", settings.legacy), ("TARGET", settings.target)):
        values |= {f"{side}_PORT": group.port, f"{side}_DATABASE": group.database}
    for name, value in values.items():
        monkeypatch.setenv(f"SELARAS_{name}", str(value))

    def invoke(*words: object) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["drift", *map(str, words)])
        return result.exit_code, result.output

    return invoke


def test_the_status_is_well_only_when_everything_was_looked_at_by_a_monitor_that_runs(run: Run, told: Told) -> None:
    assert told("status")[0] == 1
    run.scan()
    code, text = told("status")
    assert (code, "The monitor does not run. It never ran" in text) == (1, True)
    run.progress.beat("running")
    code, text = told("status")
    assert (code, "nothing is open" in text) == (0, True), text
    document = json.loads(told("status", "--json")[1])
    assert (document["well"], document["monitor"]["running"]) == (True, True)
    assert {one["share"] for one in document["coverage"]} == {1.0}
    assert {one["table"] for one in document["coverage"]} == {*run.world.projected, *run.world.read}
    with target_engine(run.settings).begin() as connection:
        connection.exec_driver_sql(
            "insert into selaras.touched (projection, keys, at) values (%s, %s, now() - %s)", ("nib", encoded([A]), AGO)
        )
    code, text = told("status")
    assert (code, "The projection check is 6" in text) == (1, True), text
    run.book.record([Verdicts(P, "nib", (A,))], lists=run.progress.touched(P, 9).lists)  # type: ignore[union-attr]
    run.progress.put_unknown(P, "nib", {A: Reason.PAUSED})
    code, text = told("status")
    assert (code, "paused" in text, "Keys without a verdict: 1 paused" in text) == (1, True, True), text
    run.progress.settled(P, "nib", [A])
    run.differing(A)
    code, text = told("status")
    assert (code, "Differences that are not settled: 1" in text) == (1, True), text
    assert json.loads(told("status", "--json")[1])["groups"][0]["count"] == 1


def test_an_entry_is_listed_shown_accepted_and_comes_to_its_end(run: Run, told: Told) -> None:
    run.scan()
    run.progress.beat("running")
    run.differing(A, columns={"status_nib": ("01", "02"), "oss_id": ("x-#", None)})
    run.differing(B, likeness="case")
    (a, b) = json.loads(told("list", "--json")[1])
    assert (a["key"], a["columns"]["status_nib"], a["cause"]) == (A, {"expected": "01", "found": "02"}, "unknown")
    assert [one["key"] for one in json.loads(told("list", "--cause", "type or rounding", "--json")[1])] == [B]
    assert json.loads(told("list", "--state", "verified", "--check", "capture", "--json")[1]) == []
    code, text = told("list", "--limit", 1)
    assert (code, A in text, f"--after {a['id']} goes on" in text) == (0, True, True), text
    code, text = told("show", a["id"])
    assert code == 0
    assert all(word in text for word in ("status_nib", "01", "02", "Nothing explains it", "selaras drift repair")), text
    assert json.loads(told("show", b["id"], "--json")[1])["evidence"].endswith("form (case).")

    code, text = told("explain", a["id"], "--why", "a test", "--by", "siti")
    assert (code, "1 explained" in text) == (0, True), text
    code, text = told("accept", a["id"], b["id"], "--until", UNTIL, "--why", "known", "--by", "budi")
    assert (code, f"up to and with {UNTIL}" in text) == (0, True), text
    assert told("status")[0] == 0
    assert "until" in told("show", a["id"])[1]
    run.same(A)
    code, text = told("explain", a["id"], b["id"], "--why", "late", "--json")
    refused = {str(a["id"]): "verified", str(b["id"]): "accepted"}
    assert (code, json.loads(text)) == (1, {"moved": [], "refused": refused})
    steps = json.loads(told("history", a["id"], "--json")[1])
    assert [step["now"] for step in steps] == ["open", "explained", "accepted", "verified"]
    assert json.loads(told("history", "nib", A, "--json")[1]) == steps
    code, text = told("history", a["id"])
    assert (code, "siti" in text, "looked at: the same" in text) == (0, True, True), text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", 99), "There is no entry 99"),
        (("history", 99), "There is no entry 99"),
        (("history", "nib"), "neither the number of an entry nor a table and a key"),
        (("accept", 1, "--until", "2020-01-01", "--why", "late"), "has passed"),
        (("explain", 1, "--why", " "), "--why is empty"),
    ],
)
def test_a_wrong_wish_is_refused_with_a_next_step(run: Run, told: Told, words: tuple[object, ...], said: str) -> None:
    code, text = told(*words)
    assert (code, said in text, "Next:" in text) == (78, True, True), text


def test_repair_tells_what_it_would_do_and_then_does_it(run: Run, told: Told) -> None:
    with run.world.applier.begin() as connection:
        connection.exec_driver_sql(f"update rba.nib set oss_id = 'P-9', tgl_terbit = '1999-12-31' where nib = '{A}'")
    run.differing(A, columns={"oss_id": ("P**", "P**")})
    code, text = told("repair", 1, "--dry-run")
    assert code == 0
    assert "writes the columns that differ" in text
    assert "nothing was changed" in text
    code, text = told("repair", 1, "--dry-run", "--json")
    (step,) = json.loads(text)["steps"]
    assert (step["entry"], sorted(step["columns"])) == (1, ["oss_id", "tgl_terbit"])
    assert told("repair", 1)[0] != 0
    assert told("repair", "--why", "x")[0] != 0
    code, text = told("repair", 1, "--why", "written by hand", "--by", "Wati")
    assert code == 0
    assert "1 repaired, 1 of them looked at again and the same" in text
    assert "No monitor runs" in text
    assert run.world.rows("select 1 from rba.nib where oss_id = 'P-9'") == []
    steps = json.loads(told("history", 1, "--json")[1])
    assert [(step["now"], step["by"]) for step in steps] == [
        ("open", "monitor"),
        ("repaired", "Wati"),
        ("verified", "monitor"),
    ]
    code, text = told("repair", 1, "--why", "again", "--json")
    assert (code, json.loads(text)["refused"]) == (1, {"1": "it is verified"})


def test_repair_by_cause_takes_what_is_open(run: Run, told: Told) -> None:
    run.differing(A)
    run.differing(B)
    code, text = told("repair", "--cause", "unknown", "--limit", 1, "--why", "by hand", "--json")
    document = json.loads(text)
    assert (code, document["verified"], document["more"]) == (0, [1], True)
    assert told("repair", "--cause", "unknown", "--table", "proyek", "--why", "x")[0] == 0
    assert json.loads(told("repair", "--cause", "unknown", "--why", "x", "--json")[1])["verified"] == [2]
