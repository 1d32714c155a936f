"""Keys that need a person, on a real PostgreSQL: listed, counted, accepted, computed again, and how many there were."""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from streams.adapters.databases.quarantine import PostgresKeptKeys, PostgresWaivers
from streams.bootstrap.databases import target_engine, target_server
from streams.bootstrap.quarantine import quarantine_service, retry_service
from streams.bootstrap.status import target_status
from streams.cli.main import app
from streams.ports.quarantine import Grouping, Waiver, Wanted
from streams.services.quarantine import Retried
from tests.engine import EngineWorld
from tests.history import History
from tests.integration.quarantine.documents import TODAY, A, B, C, do, filled, header

pytestmark = pytest.mark.postgres

BAD_DAY = "TGL tgl_terbit: the calendar has no such day"
FORBIDDEN = "PT Terlarang"
ALL = Wanted()


def states(world: EngineWorld) -> set[tuple[str, str, str]]:
    """Table, key and outcome of what needs a person."""
    found = quarantine_service(world.settings).keys(ALL, 100)
    return {(k.projection, k.key, k.outcome) for k in found}


def test_keys_are_listed_and_counted_by_what_they_share(world: EngineWorld) -> None:
    filled(world)
    service = quarantine_service(world.settings)
    assert states(world) == {("nib", A, "quarantined"), ("proyek", "R-1", "waiting"), ("pelaku_usaha", B, "row")}
    (waiting,) = service.keys(Wanted(outcome="waiting"), 10)
    assert (waiting.waits_for_table, waiting.waits_for, waiting.accepted) == ("nib", A, None)
    assert [k.key for k in service.keys(Wanted(table="nib"), 10)] == [A]
    assert len(service.keys(ALL, 2)) == 2
    by_region = {(g.name, g.outcome, g.open) for g in service.groups(Grouping.REGION, ALL)}
    assert by_region == {("9271", "quarantined", 1), ("9271", "waiting", 1), ("3171", "row", 1)}
    by_table = {(g.name, g.outcome) for g in service.groups(Grouping.TABLE, ALL)}
    assert by_table == {("nib", "quarantined"), ("proyek", "waiting"), ("pelaku_usaha", "row")}
    causes = {g.name: g for g in service.groups(Grouping.CAUSE, ALL)}
    assert {BAD_DAY, "waits for nib"} < causes.keys()
    assert all((g.oldest_s or -1) >= 0 for g in causes.values())
    assert [g.name for g in service.groups(Grouping.CAUSE, Wanted(table="nib"))] == [BAD_DAY]


def test_one_key_is_shown_with_what_it_waits_for(world: EngineWorld) -> None:
    filled(world)
    service = quarantine_service(world.settings)
    picture = service.show("proyek", "R-1")
    assert (picture.outcome, picture.region) == ("waiting", "9271")
    (parent,) = picture.because
    assert [(f["rule"], f["column"]) for f in parent.faults] == [("TGL", "tgl_terbit")]
    assert service.show("nib", C).outcome == "row"
    assert service.show("nib", "9999000000041").outcome == "absent"
    assert service.show("nib", "9999000000041").region == "unknown"


def test_an_accepted_key_stays_and_is_counted_apart(world: EngineWorld) -> None:
    filled(world)
    service = quarantine_service(world.settings)
    service.accept("nib", A, Waiver(TODAY, "the paper is lost", "auditor"))
    (key,) = service.keys(Wanted(accepted=True), 10)
    assert (key.key, key.outcome) == (A, "quarantined")
    assert key.accepted == Waiver(TODAY, "the paper is lost", "auditor")
    assert A not in {k.key for k in service.keys(Wanted(accepted=False), 10)}
    (group,) = service.groups(Grouping.TABLE, Wanted(table="nib"))
    assert (group.open, group.accepted, group.oldest_s) == (0, 1, None)
    reading = target_status(world.settings).read().keys["nib"]["quarantined"]
    assert (reading.open, reading.accepted, reading.oldest_s) == (0, 1, None)
    (waiver,) = service.waivers(10)
    assert (waiver.state, list(waiver.causes)) == ("in force", [BAD_DAY])

    service.accept("nib", A, Waiver(TODAY + timedelta(days=9), "still lost", "auditor"))
    (waiver,) = service.waivers(10)
    assert waiver.waiver.why == "still lost"
    service.unaccept("nib", A, "chief")
    assert service.waivers(10) == []
    assert service.keys(Wanted(accepted=True), 10) == []
    kept = world.rows("select why, withdrawn_by from selaras.waiver order by id")
    assert [(row["why"], row["withdrawn_by"]) for row in kept] == [
        ("the paper is lost", "auditor"),
        ("still lost", "chief"),
    ]


def test_a_waiver_ends_with_its_day_another_refusal_or_the_key(world: EngineWorld) -> None:
    history = filled(world)
    service, waivers = quarantine_service(world.settings), PostgresWaivers(target_engine(world.settings))
    assert waivers.accept("nib", A, Waiver(date(2020, 1, 1), "past", "x"))
    assert [w.state for w in service.waivers(10)] == ["over"]
    assert service.keys(Wanted(accepted=True), 10) == []
    service.accept("nib", A, Waiver(TODAY, "known", "x"))
    go_on(world, history, 0, tgl_terbit_nib="32 Januari")
    assert [w.state for w in service.waivers(10)] == ["reopened"]
    assert A in {k.key for k in service.keys(Wanted(accepted=False), 10)}
    go_on(world, history, 0, tgl_terbit_nib="28/02/2020")
    assert [w.state for w in service.waivers(10)] == ["healed"]
    assert states(world) == {("pelaku_usaha", B, "row")}
    assert not waivers.accept("nib", A, Waiver(TODAY, "known", "x"))


def go_on(world: EngineWorld, history: History, place: int, **values: object) -> None:
    """Change a document and apply what is new."""
    done = {(chunk.topic, chunk.partition): chunk.end for chunk in history.chunks()}
    history.update("tr_oss_header", history.rows["tr_oss_header"][place], **values)
    history.commits()
    world.seed(history.chunks())
    rest = [chunk.since(done.get((chunk.topic, chunk.partition), 0)) for chunk in history.chunks()]
    world.service().apply([chunk for chunk in rest if chunk.records])


def test_keys_are_computed_again_once_nothing_stands_in_their_way(world: EngineWorld) -> None:
    with psycopg.connect(target_server(world.settings, "rba_owner").conninfo()) as owner:
        owner.execute(f"alter table rba.pelaku_usaha add constraint terlarang check (nama <> '{FORBIDDEN}')")
    history = world.history()
    header(history, 1, A, nama_perseroan=FORBIDDEN)
    header(history, 2, B, tgl_terbit_nib="31-02-2020")
    history.commits()
    world.apply(history.chunks())
    before = {("pelaku_usaha", A, "quarantined"), ("nib", A, "waiting"), ("nib", B, "quarantined")}
    assert states(world) == before
    retry = retry_service(world.settings)
    assert retry.run(None, (), print).healed == 0
    assert states(world) == before
    with psycopg.connect(target_server(world.settings, "rba_owner").conninfo()) as owner:
        owner.execute("alter table rba.pelaku_usaha drop constraint terlarang")
    assert retry.run("pelaku_usaha", (A,), print) == Retried(1, 1, {}, {"nib": 1})
    assert states(world) == {("nib", B, "quarantined")}
    assert retry.run(None, (), print) == Retried(1, 0, {"quarantined": 1}, {})


def test_a_plain_row_kept_for_something_else_needs_nobody(world: EngineWorld) -> None:
    """A finding is no fault."""
    do(world, f"insert into selaras.key_state (projection, key, outcome) values ('nib', '{A}', 'row')")
    assert states(world) == set()
    kept = PostgresKeptKeys(target_engine(world.settings))
    assert (kept.page("nib", None, 10), kept.key("nib", A)) == ([], None)
    assert target_status(world.settings).read().keys == {}


@pytest.fixture
def told(world: EngineWorld, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs the command on the test's databases: exit code and what it printed."""
    settings = world.settings
    values = {"HOME": settings.home, "SCHEMAS_DIR": settings.schemas_dir, "CONNECTORS_DIR": settings.connectors_dir}
    for side, group in (("LEGACY", settings.legacy), ("TARGET", settings.target)):
        values |= {f"{side}_PORT": group.port, f"{side}_DATABASE": group.database}
    for name, value in values.items():
        monkeypatch.setenv(f"SELARAS_{name}", str(value))

    def run(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["quarantine", *words])
        return result.exit_code, result.output

    return run


def test_every_command_tells_people_and_machines(world: EngineWorld, told: Any) -> None:
    filled(world)
    for words in (("list",), ("list", "--by", "cause"), ("list", "--by", "region", "--outcome", "waiting")):
        code, text = told(*words)
        assert (code, json.loads(told(*words, "--json")[1]) != []) == (0, True), text
    code, text = told("show", "proyek", "R-1")
    assert code == 0
    assert all(word in text for word in ("waiting", "9271", f"nib {A}", "the calendar has no such day")), text
    assert json.loads(told("show", "proyek", "R-1", "--json")[1])["because"][0]["key"] == A
    days = (TODAY + timedelta(days=30)).isoformat()
    assert told("accept", "nib", A, "--until", days, "--why", "the paper is lost")[0] == 0
    assert json.loads(told("list", "--outcome", "accepted", "--json")[1])[0]["accepted"]["until"] == days
    assert "in force" in told("waivers")[1]
    assert f"until {days}" in told("show", "nib", A)[1]
    assert json.loads(told("list", "--outcome", "quarantined", "--json")[1]) == []
    assert told("unaccept", "nib", A)[0] == 0
    assert told("unaccept", "nib", A)[0] == 78
    assert told("accept", "nib", A, "--until", "2020-01-01", "--why", "late")[0] == 78
    assert told("retry", "--key", "R-1")[0] == 78
    code, text = told("retry", "--json")
    retried: Mapping[str, Any] = json.loads(text)
    assert (code, retried["tried"], retried["healed"]) == (1, 3, 0)
    assert told("list", "--table", "nibs")[0] == 78
