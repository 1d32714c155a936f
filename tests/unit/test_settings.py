"""Settings: order of their sources, and every wrong name told."""

from pathlib import Path

import pytest

from streams.errors import ErrorKind, SelarasError
from streams.settings import load_settings


def test_environment_wins_over_the_file_and_the_option_over_both(tmp_path: Path) -> None:
    """Defaults, then the file, then the environment, then the option."""
    file = tmp_path / "selaras.toml"
    file.write_text('home = "from-file"\n[stack]\nlegacy_port = 1\ntarget_port = 2\n')
    environment = {"SELARAS_CONFIG": str(file), "SELARAS_STACK_LEGACY_PORT": "3", "SELARAS_HOME": "from-environment"}
    settings = load_settings(environment)
    assert (settings.stack.legacy_port, settings.stack.target_port) == (3, 2)
    assert settings.home == Path("from-environment")
    assert load_settings(environment, Path("option")).home == Path("option")


def test_unknown_names_are_told_all_at_once(tmp_path: Path) -> None:
    """A misspelt setting must not be silently ignored."""
    file = tmp_path / "selaras.toml"
    file.write_text("hom = 'x'\n[stack]\nlegacyport = 1\n")
    with pytest.raises(SelarasError, match=r"hom, stack\.legacyport") as raised:
        load_settings({"SELARAS_CONFIG": str(file)})
    assert raised.value.kind is ErrorKind.CONFIGURATION
    with pytest.raises(SelarasError, match="SELARAS_STACK_PROT"):
        load_settings({"SELARAS_STACK_PROT": "1", "SELARAS_CONFIG": str(_empty(tmp_path))})


def test_a_value_of_the_wrong_type_is_named(tmp_path: Path) -> None:
    """The field is part of the sentence."""
    with pytest.raises(SelarasError, match="legacy_port"):
        load_settings({"SELARAS_STACK_LEGACY_PORT": "many", "SELARAS_CONFIG": str(_empty(tmp_path))})


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    """Unlike the default one."""
    with pytest.raises(SelarasError, match="does not exist"):
        load_settings({"SELARAS_CONFIG": str(tmp_path / "none.toml")})
    with pytest.raises(SelarasError, match="no TOML"):
        load_settings({"SELARAS_CONFIG": str(_empty(tmp_path, "= 1"))})


def _empty(folder: Path, content: str = "") -> Path:
    path = folder / "other.toml"
    path.write_text(content)
    return path
