"""Reading the reference data: what comes out, and every fault at once with its file and line."""

from pathlib import Path

import pytest

from streams.adapters.files.reference_files import read_reference
from streams.errors import ErrorKind, SelarasError
from streams.projection.converters import CONVERTERS

SHIPPED = Path(__file__).parents[2] / "schemas" / "reference"
FILES = {
    "kbli.csv": "edition,code,title,category\n2017,55194,Vila,I\n2020,55193,VILA,I\n2020,55194,APARTEMEN HOTEL,I\n"
    '2017,01441,"Domba, kambing",A\n2020,01441,DOMBA,A\n2020,01444,KAMBING,A\n2017,10000,Lain,C\n',
    "kbli_conversion.csv": "code_2017,code_2020,kind,automatic,source\n55194,55193,PAKAI_ULANG,true,x\n"
    "01441,01444,PECAH,false,x\n01441,01441,PECAH,false,x\n10000,55194,PINDAH,false,x\n",
    "kbli_risk.csv": "code,risk\n55193,MR\n",
    "regions.csv": "code,oss_code,name,level,basis,valid_until,successor\n92.71,9271000000,Kota Sorong,2,x,,96.71\n"
    "96.71,9671000000,Kota Sorong,2,x,,\n",
    "codes.yaml": 'L3:\n  title: API\n  codes:\n    "01": [API-U]\n  legacy:\n    "N": null\n',
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    return tmp_path


def faults(folder: Path) -> list[str]:
    with pytest.raises(SelarasError) as caught:
        read_reference(folder)
    assert caught.value.kind is ErrorKind.CONFIGURATION
    return [line.removeprefix(f"{folder}/") for line in caught.value.sentence.splitlines()[1:]]


def test_reads_what_converters_look_up(folder: Path) -> None:
    reference = read_reference(folder).reference
    assert reference.kbli_conversion == {"55194": ("55193",), "01441": ("01441", "01444"), "10000": ()}
    assert reference.kbli_reused == {"55194": "Vila"}
    assert reference.kbli_titles_2020["55194"] == "APARTEMEN HOTEL"
    assert reference.kbli_risk == {"55193": "MR"}
    assert reference.regions == {"92.71": "96.71", "96.71": None}
    assert reference.codes == {"L3": {"01": "01", "API-U": "01", "api-u": "01", "N": "", "n": ""}}


def test_the_fingerprint_changes_with_the_content_alone(folder: Path) -> None:
    before = read_reference(folder).fingerprint
    assert read_reference(folder).fingerprint == before
    (folder / "kbli_risk.csv").write_text("code,risk\n55193,R\n", encoding="utf-8")
    assert read_reference(folder).fingerprint != before


def test_names_every_fault_of_every_file_at_once(folder: Path) -> None:
    (folder / "kbli_risk.csv").write_text("code,risk\n55193,MR\n55193,R\n99999,R\n55194,X\n", encoding="utf-8")
    (folder / "regions.csv").write_text(
        FILES["regions.csv"].replace("9671000000", "9600000000") + "11.01,1101000000,A,2,x,,11.02,\n", encoding="utf-8"
    )
    with (folder / "kbli_conversion.csv").open("a", encoding="utf-8") as file:
        file.write("55194,01441,TETAP,true,x\n55194,01444,PINDAH,ya,x\n")
    (folder / "codes.yaml").write_text(
        'L3:\n  title: API\n  codes:\n    "01": [A]\n    "02": [a]\nL4: []\nL5:\n  title: T\n  codes:\n    "01": [B]\n'
        '  legacy:\n    "9": "03"\n',
        encoding="utf-8",
    )
    found = {line.rsplit(": ", 1)[0] for line in faults(folder)}
    assert found == {
        "kbli_conversion.csv:6", "kbli_conversion.csv:7", "kbli_risk.csv:3", "kbli_risk.csv:4", "kbli_risk.csv:5",
        "regions.csv:2", "regions.csv:3", "regions.csv:4", "codes.yaml:5", "codes.yaml:6", "codes.yaml:12",
    }  # fmt: skip


def test_missing_files_and_columns_are_faults(folder: Path) -> None:
    (folder / "regions.csv").unlink()
    (folder / "kbli_risk.csv").write_text("kode,risk\n", encoding="utf-8")
    (folder / "codes.yaml").write_bytes(b"\xff")
    assert [line.split(": ")[0] for line in faults(folder)] == ["kbli_risk.csv:1", "regions.csv:1", "codes.yaml:1"]


@pytest.mark.parametrize(
    "document", ["L1: [", "- a\n", "? [a]\n: b\n", "L1: {title: x, codes: {a: b}}\n", "L1: {}\nL1: {}\n"]
)
def test_code_lists_of_another_shape_are_faults(folder: Path, document: str) -> None:
    (folder / "codes.yaml").write_text(document, encoding="utf-8")
    assert all(line.startswith("codes.yaml:") for line in faults(folder))


def test_the_shipped_reference_data_hold_what_the_rules_need() -> None:
    reference = read_reference(SHIPPED).reference
    assert len(reference.kbli_reused) == 22
    assert {"L1", "L2", "L3", "L5", "L12", "L14", "L17", "L18", "L22", "L26", "L31"} <= set(reference.codes)
    for value, expected in {"66195": "66193", "66193": "66191", "66191": "66112", "55194": "55193"}.items():
        assert CONVERTERS["KBLI"].call(reference, {}, value) == expected
    assert CONVERTERS["WIL"].call(reference, {}, "9271000000") == "96.71"
    for code, expected in {11: "01", 12: "02", 14: "03", 15: "03", 16: "03", 17: "04"}.items():
        assert CONVERTERS["JENIS_PELAKU"].call(reference, {}, code, "") == expected
    for label, expected in {"PT": "01", "cv.": "02", "Koperasi": "07", "22": "22"}.items():
        assert CONVERTERS["CODE"].call(reference, {"list": "L2"}, label) == expected
