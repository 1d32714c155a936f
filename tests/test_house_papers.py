"""The house's papers: what the documents, the settings, the lock file and the mappings say is so."""

import dataclasses
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from streams.cli.main import app
from streams.settings import Settings

ROOT = Path(__file__).parent.parent
SETTINGS = (ROOT / "streams" / "settings.py").read_text(encoding="utf-8")
COMMANDS_PAGE = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
SETTINGS_PAGE = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
PAGES = sorted(p for p in (*ROOT.glob("*.md"), *ROOT.glob("[!.]*/**/*.md")) if "build" not in p.parts)
WITHOUT_JSON = {"sync run", "monitor run"}  # processes that run on; they log JSON with --log-json


def _commands(group: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in sorted(group.commands.items()):
        full = f"{path} {name}".strip()
        if hasattr(command, "commands"):
            yield from _commands(command, full)
        else:
            yield full, command


COMMANDS = dict(_commands(typer.main.get_command(app)))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    command = COMMANDS[name]
    assert command.help
    options = {option for parameter in command.params for option in parameter.opts}
    silent = [p.name for p in command.params if not getattr(p, "help", None)]
    assert not silent
    assert "--json" in options or name in WITHOUT_JSON


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_on_the_page_of_commands(name: str) -> None:
    assert f"selaras {name}" in COMMANDS_PAGE


def test_pages_name_only_commands_that_exist() -> None:
    groups = {name.split()[0] for name in COMMANDS if " " in name}
    wrong = []
    for page in PAGES:
        for words in re.findall(r"selaras ((?:[a-z]+ ?)+)", "\n".join(_code(page))):
            first, *rest = words.split()
            name = f"{first} {rest[0]}" if first in groups and rest else first
            if name not in COMMANDS | dict.fromkeys(groups):
                wrong.append(f"{page.relative_to(ROOT)}: selaras {name}")
    assert not wrong


def _code(page: Path) -> list[str]:
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in block.splitlines() if re.match(r"\S*selaras ", line)]
    return lines + re.findall(r"`((?:\.venv/bin/)?selaras [^`]+)`", text)


def test_pages_link_to_what_is_there() -> None:
    dead = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in PAGES
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert not dead


def _fields() -> Iterator[tuple[str, str, object]]:
    for group in dataclasses.fields(Settings):
        default = group.default_factory() if group.default_factory is not dataclasses.MISSING else group.default
        if dataclasses.is_dataclass(default):
            for field in dataclasses.fields(default):
                yield field.name, f"SELARAS_{group.name}_{field.name}".upper(), field.default
        else:
            yield group.name, f"SELARAS_{group.name}".upper(), default


@pytest.mark.parametrize(("field", "variable", "default"), list(_fields()))
def test_every_setting_is_explained(field: str, variable: str, default: object) -> None:
    lines = re.findall(rf"^    {field}: .*$", SETTINGS, re.MULTILINE)
    assert lines
    assert all(re.search(r"  # \w", line) for line in lines)
    rows = [line for line in SETTINGS_PAGE.splitlines() if f"`{variable}`" in line]
    assert len(rows) == 1
    assert default in (None, "") or f"`{default}`" in rows[0].replace("_", "_")


def test_pages_know_no_setting_that_is_gone() -> None:
    known = {variable for _, variable, _ in _fields()} | {"SELARAS_CONFIG", "SELARAS_FAIL_AT", "SELARAS_TEST_FULL"}
    named = set(re.findall(r"SELARAS_[A-Z_]*[A-Z]", SETTINGS_PAGE + (ROOT / "README.md").read_text(encoding="utf-8")))
    assert not named - known - {"SELARAS_STACK"}


@pytest.mark.parametrize("path", sorted((ROOT / "schemas" / "mapping").glob("*.yaml")), ids=lambda p: p.stem)
def test_every_mapping_is_as_its_schema_says(path: Path) -> None:
    schema = json.loads((ROOT / "schemas" / "mapping.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def test_the_lock_file_holds_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [Requirement(text) for text in (*project["dependencies"], *project["optional-dependencies"]["dev"])]
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = {canonicalize_name(n): v for n, v in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;]+)", text, re.MULTILINE)}
    wrong = [str(r) for r in wanted if locked.get(canonicalize_name(r.name), "") not in r.specifier]
    assert not wrong


def test_every_locked_package_has_a_hash() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    packages = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)
    assert not [p.splitlines()[0] for p in packages if "==" in p and "--hash=sha256:" not in p]
