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

pytestmark = pytest.mark.postgres
NEW = "32.71.01"


@pytest.fixture
def settings(worlds: Settings, tmp_path: Path) -> Settings:
    copytree(worlds.schemas_dir / "reference", tmp_path / "schemas" / "reference")
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
