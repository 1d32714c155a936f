"""The benchmarks work, at a size that measures nothing."""

from pathlib import Path

import pytest

from benchmarks import runner

pytestmark = pytest.mark.postgres


def test_apply_measures_and_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    results = tmp_path / "results.md"
    monkeypatch.setattr(runner, "RESULTS", results)
    assert runner.main(["apply", "--companies", "20", "--batches", "40", "--runs", "2", "--record"]) == 0
    recorded = results.read_text(encoding="utf-8")
    assert "| apply, batches of 40 | events/s |" in recorded
    assert "- runs: 2\n" in recorded
    assert recorded.strip() in capsys.readouterr().out


def test_compute_measures_each_part(capsys: pytest.CaptureFixture[str]) -> None:
    assert runner.main(["compute", "--companies", "20", "--runs", "1"]) == 0
    shown = capsys.readouterr().out
    for part in ("decode", "derive", "choose", "compute", "all of it"):
        assert f"| Python's CPU, {part} | us/event |" in shown
