"""A key that waits since the legacy tables changed: told in plain words."""

import pytest
from typer.testing import CliRunner

from streams.cli import quarantine_commands
from tests.unit.test_quarantine import Kept, reading, service


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("tr_oss_proyek.kbli", "waits for a column: kbli of the legacy table tr_oss_proyek is gone"),
        ("oss_iumk", "waits for a count: the rows of the legacy table oss_iumk"),
    ],
)
def test_a_key_that_waits_for_a_column_says_so(monkeypatch: pytest.MonkeyPatch, place: str, told: str) -> None:
    """Where no other key is waited for, what the mirror lacks is told in plain words."""
    kept = Kept([reading("proyek", "R-1", ("", place))])
    monkeypatch.setattr(quarantine_commands, "quarantine_service", lambda _: service(kept))
    for words in (["list"], ["show", "proyek", "R-1"]):
        shown = CliRunner().invoke(quarantine_commands.app, words)
        assert shown.exit_code == 0
        text = " ".join(shown.stdout.replace("│", " ").split())
        assert told in text or told.replace("waits for ", "waits for: ") in text
