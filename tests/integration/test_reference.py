"""Importing a list by its command: files and code tables of a real target."""

import json
from dataclasses import replace
from pathlib import Path
from shutil import copytree

import psycopg
import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from streams.bootstrap.databases import target_server
from streams.cli.reference_commands import app
from streams.settings import Settings, TargetSettings
from tests.conftest import free_port
from tests.engine import EngineWorld
from tests.histories_tables import FIXED

pytestmark = pytest.mark.postgres
NEW = "32.71.01"
UNKNOWN = "update selaras.mirror_table set unknown_since = now(), unknown_reason = 'x'"


@pytest.fixture
def settings(worlds: Settings, closing: None, tmp_path: Path) -> Settings:
    copytree(worlds.schemas_dir, tmp_path / "schemas")
    return replace(worlds, schemas_dir=tmp_path / "schemas")


def run(settings: Settings, *words: str) -> Result:
    main = typer.Typer()
    main.add_typer(app, name="reference")
    return CliRunner().invoke(main, ["reference", "import", *words], obj=settings)


def regions(settings: Settings) -> dict[str, tuple[str, str]]:
    with psycopg.connect(target_server(settings, "selaras_reader").conninfo()) as connection:
        rows = connection.execute("select kode, nama, dasar from rba.ref_wilayah").fetchall()
    return {code: (name, basis) for code, name, basis in rows}


def official(settings: Settings, path: Path, *more: str) -> Path:
    """Our own regions in the official form, one of them named anew, and some more."""
    lines = (settings.schemas_dir / "reference" / "regions.csv").read_text(encoding="utf-8").splitlines()[1:]
    cells = [line.split(",") for line in lines]
    rows = [f"{code},{name},{until},{successor}" for code, _, name, _, _, until, successor in cells]
    rows = [row.replace("Kota Medan", "Kota Medan Baru") for row in rows]
    path.write_text("\n".join(("kode,nama,berlaku_sampai,kode_pengganti", *rows, *more, "")), encoding="utf-8")
    return path


def test_a_list_is_told_then_written_to_both_places(settings: Settings, tmp_path: Path) -> None:
    file = str(official(settings, tmp_path / "list.csv", f"{NEW},Bogor Selatan,,"))
    before = regions(settings)
    own = settings.schemas_dir / "reference" / "regions.csv"
    content = own.read_bytes()

    told = run(settings, "regions", file, "--basis", "Keputusan Baru", "--dry-run", "--json")
    assert told.exit_code == 0
    assert (regions(settings), own.read_bytes()) == (before, content)

    done = run(settings, "regions", file, "--basis", "Keputusan Baru", "--json")
    assert done.exit_code == 0
    report = json.loads(done.stdout)
    assert (report["added"], report["changed"], report["removed"]) == ([NEW], ["12.71"], [])
    assert report["after"] == json.loads(told.stdout)["after"] != report["before"]
    assert report["tables"]["ref_wilayah"] == len(before) + 1
    after = regions(settings)
    assert after[NEW] == ("Bogor Selatan", "Keputusan Baru")
    assert after["12.71"] == ("Kota Medan Baru", "Keputusan Baru")
    assert f"{NEW},3271010000,Bogor Selatan,3,Keputusan Baru,," in own.read_text().splitlines()

    again = run(settings, "regions", file, "--basis", "Keputusan Baru")
    assert again.exit_code == 0
    assert "already" in again.stdout


def test_the_text_says_how_the_new_version_comes_into_force(settings: Settings, tmp_path: Path) -> None:
    done = run(settings, "regions", str(official(settings, tmp_path / "list.csv")), "--basis", "Keputusan Baru")
    assert done.exit_code == 0
    assert "selaras sync recompute" in done.stdout


def test_faults_and_lost_codes_change_nothing(settings: Settings, tmp_path: Path) -> None:
    before = regions(settings)
    file = official(settings, tmp_path / "list.csv", "3271,Bogor,,", "99.01,Nirgends,,")
    failed = run(settings, "regions", str(file), "--basis", "x")
    assert failed.exit_code == 78
    assert failed.stderr.count("line ") == 2
    lost = tmp_path / "kbli.csv"
    lost.write_text("edisi,kode,judul,kategori\n2017,01111,Pertanian Jagung,A\n", encoding="utf-8")
    assert run(settings, "kbli", str(lost), "--dry-run").exit_code == 1
    assert run(settings, "kbli", str(lost)).exit_code == 78
    assert regions(settings) == before


def test_while_the_target_is_away_the_file_stays_as_it_is(settings: Settings, tmp_path: Path) -> None:
    own = settings.schemas_dir / "reference" / "regions.csv"
    content = own.read_bytes()
    away = replace(settings, target=TargetSettings(port=free_port()))
    failed = run(away, "regions", str(official(settings, tmp_path / "list.csv")), "--basis", "x")
    assert failed.exit_code == 75
    assert own.read_bytes() == content


def changed_titles(settings: Settings, path: Path) -> Path:
    """Our own business codes in the official form, the title of 2020 that 55194 leads to and that of 01441 changed."""
    lines = (settings.schemas_dir / "reference" / "kbli.csv").read_text(encoding="utf-8").splitlines()[1:]
    lines = [f"{line[:11]}Baru {line[11:]}" if line[:10] in ("2017,01441", "2020,55193") else line for line in lines]
    path.write_text("\n".join(("edisi,kode,judul,kategori", *lines, "")), encoding="utf-8")
    return path


def projects(world: EngineWorld, *kbli: str) -> None:
    """A project for each code, applied; they wait, as their NIB is nowhere."""
    history = world.history()
    for number, code in enumerate(kbli, start=1):
        own = {"idpryk": number, "id_proyek": f"R-{number}", "nib": "9999000000017", "kbli": code, "sts_aktif": "1"}
        history.insert("tr_oss_proyek", **{**FIXED["tr_oss_proyek"], **own})
    history.commits()
    world.apply(history.chunks())


def test_keys_to_be_computed_again_are_counted_in_the_mirror(settings: Settings, tmp_path: Path) -> None:
    """Unknown while the mirror is not made, then not filled, then away; with lost zeros and blanks when it is there."""
    file = str(changed_titles(settings, tmp_path / "list.csv"))

    def told(asked: Settings) -> dict[str, int | None]:
        done = run(asked, "kbli", file, "--dry-run", "--json")
        assert done.exit_code == 0
        return dict(json.loads(done.stdout)["keys"])

    nothing = {"produk": None, "proyek": None, "proyek_awalan": None}
    assert told(settings) == nothing
    world = EngineWorld(settings)
    try:
        world.service().positions({("oss.public.tr_oss_proyek", 0): 0})
        assert told(settings) == nothing
        projects(world, "55194", " 55194 ", "1441", "01441", "01111", "5193")
    finally:
        world.close()
    assert told(settings) == {"produk": None, "proyek": 4, "proyek_awalan": 4}
    assert told(replace(settings, target=TargetSettings(port=free_port()))) == nothing
    text = run(settings, "kbli", file)
    assert text.exit_code == 0
    assert "keys to be computed again: unknown of produk, 4 of proyek, 4 of proyek_awalan" in text.stdout
    assert "the mirror lacks rows of tr_oss_produk" in text.stdout


def test_keys_are_counted_over_all_tables_that_a_projection_reads(settings: Settings, tmp_path: Path) -> None:
    """A licence whose region stands in two tables is one key; a table that an event left unknown can't be counted."""
    world = EngineWorld(settings)
    file = str(official(settings, tmp_path / "list.csv"))
    history = world.history()
    own = {"id_izin": "I-1", "nib": "9999000000017", "kd_daerah": "1271000000"}
    history.insert(
        "tr_oss_header", **{**FIXED["tr_oss_header"], "idoss": 1, **own, "perseroan_daerah_id": "1271000000"}
    )
    history.insert("tr_oss_checklist", **{**FIXED["tr_oss_checklist"], "idchecklist": 1, **own})
    history.commits()
    words = ("regions", file, "--basis", "x", "--dry-run", "--json")
    try:
        world.apply(history.chunks())
        keys = json.loads(run(settings, *words).stdout)["keys"]
        assert (keys["perizinan"], keys["pelaku_usaha"], keys["orang"]) == (1, 1, None)
        with world.applier.begin() as connection:
            connection.exec_driver_sql(f"{UNKNOWN} where table_name = 'tr_oss_checklist'")
        keys = json.loads(run(settings, *words).stdout)["keys"]
        assert (keys["perizinan"], keys["pelaku_usaha"]) == (None, 1)
    finally:
        world.close()
