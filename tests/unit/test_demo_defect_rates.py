"""The option ``--defects`` and the file of planted defects."""

import json
from pathlib import Path

import pytest

from streams.adapters.demo.defects.rates import defect_rates
from streams.adapters.demo.defects.record import DefectFile, planted, record_path
from streams.adapters.demo.defects.register import DEFECTS
from streams.errors import ErrorKind, SelarasError
from streams.ports.demo import Expected, Planted

ONE = Planted("23-parent-missing", Expected.WAITING, "9999000000001", "tr_oss_lokasi", "id=1", "proyek_lokasi", "1")
TWO = Planted("10-date-spelling", Expected.ROW, "9999000000002", "tr_oss_header", "nib=2", "nib", "2", "tgl", "")


def test_the_words_default_none_and_all() -> None:
    assert defect_rates("none") == {}
    assert set(defect_rates("default")) == set(defect_rates("all")) == {defect.name for defect in DEFECTS}
    assert all(rate <= defect_rates("all")[name] for name, rate in defect_rates("default").items())


@pytest.mark.parametrize(
    "text",
    ["05-kbli-split: 0.5\n23-parent-missing: 1\n02-two-nibs: 0\n", '{"23-parent-missing": 1, "05-kbli-split": 0.5}'],
)
def test_a_file_of_rates(tmp_path: Path, text: str) -> None:
    path = tmp_path / "rates"
    path.write_text(text, encoding="utf-8")
    assert defect_rates(str(path)) == {"05-kbli-split": 0.5, "23-parent-missing": 1.0}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"99-unknown: 1", "99-unknown"),
        (b"05-kbli-split: 2", "from 0 to 1"),
        (b"05-kbli-split: yes", "from 0 to 1"),
        (b"05-kbli-split:", "from 0 to 1"),
        (b"05-kbli-split: .nan", "from 0 to 1"),
        (b"- 05-kbli-split", "by name"),
        (b"", "by name"),
        (b"a: [", "neither YAML nor JSON"),
        (b"\xff\xfe\xff", "neither YAML nor JSON"),
    ],
)
def test_a_wrong_file_is_told(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "rates"
    path.write_bytes(content)
    with pytest.raises(SelarasError, match=said) as refusal:
        defect_rates(str(path))
    assert refusal.value.kind is ErrorKind.CONFIGURATION


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SelarasError, match="can't be read"):
        defect_rates(str(tmp_path / "absent"))


def test_what_is_written_down_is_read_back(tmp_path: Path) -> None:
    assert planted(tmp_path) == ()
    record = DefectFile(record_path(tmp_path))
    record.add([ONE])
    record.add([TWO])
    assert planted(tmp_path) == (ONE, TWO)
    lines = [json.loads(line) for line in record_path(tmp_path).read_text(encoding="utf-8").splitlines()]
    assert [line["expected"] for line in lines] == ["waiting", "row"]
    record.start([TWO])
    assert planted(tmp_path) == (TWO,)
    record.start([])
    assert not record_path(tmp_path).exists()


def test_an_unfinished_last_line_is_passed_over_and_a_damaged_one_told(tmp_path: Path) -> None:
    record = DefectFile(record_path(tmp_path))
    record.add([ONE])
    with record_path(tmp_path).open("ab") as file:
        file.write(b'{"defect": "1')
    assert record.read() == (ONE,)
    record.add([TWO])
    assert record.read() == (ONE, TWO)
    record_path(tmp_path).write_bytes(b"nonsense\n")
    with pytest.raises(SelarasError, match="damaged"):
        record.read()


def test_the_manual_lists_every_defect_with_its_rates() -> None:
    text = (Path(__file__).parents[2] / "docs" / "commands.md").read_text(encoding="utf-8")
    for defect in DEFECTS:
        mark = "" if defect.plant else " *"
        outcome = " or ".join(one.value for one in defect.expected)
        assert f"| `{defect.name}`{mark} | {defect.does} | {defect.rate:g}, {defect.often:g} | {outcome} |" in text
