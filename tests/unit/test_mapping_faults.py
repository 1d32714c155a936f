"""A mapping with faults stops the start: every fault is told, with file, line and column."""

import shutil
from pathlib import Path

import pytest

from streams.adapters.files.mapping_files import read_mapping
from streams.errors import ErrorKind, SelarasError
from streams.projection.catalog import Catalog, ColumnType, Table
from streams.projection.converters import Reference
from streams.projection.validate import faults_of

SCHEMAS = Path(__file__).parent.parent.parent / "schemas"
TEXT = ColumnType("character varying", True, 20)
LEGACY = Catalog({"lama": Table("lama", dict.fromkeys(("kunci", "nama", "aktif", "ubah"), TEXT), ("kunci",))})
TARGET = Catalog(
    {
        "induk": Table("induk", dict.fromkeys(("id", "nama"), TEXT), ("id",)),
        "anak": Table("anak", dict.fromkeys(("id", "nama", "induk_id"), TEXT), ("id",)),
    }
)
PARENT = """\
target: induk
key: {column: id, rule: COPY}
sources:
  lama:
    table: lama
    key: kunci
    active: {column: aktif, equals: "1"}
    newest: [{column: ubah, rule: TGL}, kunci]
claims:
  - {column: nama, prefer: [id]}
columns:
  nama: {rule: TXT, from: lama.nama}
"""
CHILD = """\
target: anak
key: {column: id, rule: COPY}
sources:
  lama: {table: lama, key: kunci}
lookups:
  induk: {projection: induk, key: lama.nama}
columns:
  induk_id: {lookup: induk.id}
  nama:
    - {rule: TXT, from: lama.nama, when: lama}
    - {value: tanpa}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of mapping files with the schema beside it."""
    shutil.copy(SCHEMAS / "mapping.schema.json", tmp_path)
    mapping = tmp_path / "mapping"
    mapping.mkdir()
    return mapping


def told(folder: Path, **files: str) -> list[str]:
    """The faults of these files, a line each; without the folder."""
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    try:
        mapping = read_mapping(folder)
        mapping.refuse(faults_of(mapping.projections, LEGACY, TARGET, Reference(codes={"L14": {}})))
    except SelarasError as error:
        assert error.kind is ErrorKind.CONFIGURATION
        first, *lines = error.sentence.splitlines()
        assert first == f"The mapping has {len(lines)} fault(s):"
        return [line.removeprefix(f"{folder}/") for line in lines]
    return []


def test_sound_files_have_no_faults(folder: Path) -> None:
    assert told(folder, induk=PARENT, anak=CHILD) == []


def test_parts_of_a_key_are_those_that_it_has(folder: Path) -> None:
    plain = CHILD.replace("from: lama.nama, when", "from: key.1, when")
    assert told(folder, induk=PARENT, anak=plain) == []
    assert told(folder, anak=plain.replace("key.1", "key.2")) == ["anak.yaml:9:3: columns.nama: the key has no parts"]
    parts = plain.replace("key: kunci}", "key: [kunci, aktif]}").replace("key: lama.nama", "key: key.2")
    assert told(folder, anak=parts) == []
    assert told(folder, anak=parts.replace("key.1", "key.3")) == [
        "anak.yaml:9:3: columns.nama: the key has 2 parts: there is no key.3"
    ]


def test_keys_of_one_part_and_of_several_do_not_mix(folder: Path) -> None:
    lain = "  lain: {table: lama, key: [kunci, aktif]}\nlookups:"
    assert told(folder, induk=PARENT, anak=CHILD.replace("lookups:", lain)) == [
        "anak.yaml:3:1: sources: some of these keys have one part and others several: different keys could be one text"
    ]


def test_the_product_s_own_files_have_the_shape_that_the_schema_states() -> None:
    assert {p.target for p in read_mapping(SCHEMAS / "mapping").projections} >= {"pelaku_usaha", "nib", "proyek"}


FAULTS = {
    "no such target table": ("target: induk", "target: baru", "1:1: target: the new database has no table 'baru'"),
    "no such legacy table": (
        "table: lama",
        "table: baru",
        "5:5: sources.lama.table: the legacy database has no table 'baru'",
    ),
    "no such key": ("key: kunci", "key: id", "6:5: sources.lama.key: table lama has no column 'id'"),
    "no such active": ("column: aktif", "column: a", "7:5: sources.lama.active: table lama has no column 'a'"),
    "no such newest": ("newest: [", "newest: [x, ", "8:5: sources.lama.newest: table lama has no column 'x'"),
    "no rule to sort by": ("rule: TGL", "rule: TGK", "8:5: sources.lama.newest: there is no rule 'TGK'"),
    "rule of two values to sort by": (
        "rule: TGL",
        "rule: AREA",
        "8:5: sources.lama.newest: rule AREA does not take 1 value",
    ),
    "no such column": ("  nama: {rule", "  name: {rule", "12:3: columns.name: table induk has no column 'name'"),
    "no such rule": ("rule: TXT", "rule: TEXT", "12:3: columns.nama: there is no rule 'TEXT'"),
    "no such parameter": (
        "rule: TXT,",
        "rule: TXT, with: {cut: 3},",
        "12:3: columns.nama: rule TXT has no parameter 'cut'",
    ),
    "too many values": (
        "from: lama.nama",
        "from: [lama.nama, lama.ubah]",
        "12:3: columns.nama: rule TXT does not take 2 values",
    ),
    "no such input": ("from: lama.nama", "from: lama.x", "12:3: columns.nama: table lama has no column 'x'"),
    "no such source": ("from: lama.nama", "from: lain.nama", "12:3: columns.nama: there is no source 'lain'"),
    "no such condition": ("lama.nama}", "lama.nama, when: lain}", "12:3: columns.nama: there is no source 'lain'"),
    "no such key rule": ("id, rule: COPY", "id, rule: KOPI", "2:1: key: there is no rule 'KOPI'"),
    "another primary key": (
        "key: {column: id",
        "key: {column: nama",
        "2:7: key.column: the primary key of induk is id",
    ),
    "key declared twice": (
        "  nama: {rule",
        "  id: {value: 1}\n  nama: {rule",
        "12:3: columns.id: the key column is declared under 'key' alone",
    ),
    "claim of nothing": ("column: nama, prefer", "column: n, prefer", "10:5: claims.0: induk has no owned column 'n'"),
    "preference for nothing": ("prefer: [id]", "prefer: [x]", "10:5: claims.0: induk has no owned column 'x'"),
    "shape": ("  nama: {rule", "  nama: {rul", "12:3: columns.nama: "),
    "unknown part": ("claims:", "claim:", "1:1: Additional properties"),
    "declared twice": ("columns:\n", "columns:\n  nama: {value: 1}\n", "13:3: 'nama' is declared twice"),
    "no YAML": ("columns:\n", "columns: [\n", "13:1: expected ',' or ']'"),
    "forbidden character": ("columns:\n", "columns:\x07\n", "1:1: special characters are not allowed"),
}


@pytest.mark.parametrize(("old", "new", "line"), FAULTS.values(), ids=FAULTS.keys())
def test_each_fault_is_found_where_it_is(folder: Path, old: str, new: str, line: str) -> None:
    assert PARENT.count(old) == 1
    found = told(folder, induk=PARENT.replace(old, new))
    assert any(text.startswith(f"induk.yaml:{line}".rstrip()) for text in found), found


def test_faults_of_lookups(folder: Path) -> None:
    child = CHILD.replace("projection: induk", "projection: ibu").replace("lookup: induk.id", "lookup: ayah.id")
    assert told(folder, induk=PARENT, anak=child) == [
        "anak.yaml:6:3: lookups.induk: there is no mapping of 'ibu'",
        "anak.yaml:8:3: columns.induk_id: there is no lookup 'ayah'",
    ]
    child = CHILD.replace("lookup: induk.id", "lookup: induk.umur").replace("key: lama.nama", "key: lama.x")
    assert told(folder, anak=child) == [
        "anak.yaml:6:3: lookups.induk: table lama has no column 'x'",
        "anak.yaml:8:3: columns.induk_id: induk has no owned column 'umur'",
    ]


def test_a_circle_is_a_fault(folder: Path) -> None:
    parent = PARENT.replace("claims:", "lookups:\n  anak: {projection: anak, key: key}\nclaims:")
    (line,) = told(folder, induk=parent, anak=CHILD)
    assert line.endswith("these projections look each other up in a circle: anak, induk")


def test_two_files_for_one_table_are_a_fault(folder: Path) -> None:
    (line,) = told(folder, a=PARENT, b=PARENT)
    assert line.startswith("a.yaml:1:1: target: 'induk' is mapped by ")
    assert line.endswith("b.yaml too")


def test_all_faults_of_all_files_are_told_at_once(folder: Path) -> None:
    parent = PARENT.replace("rule: TXT", "rule: TEXT").replace("key: kunci", "key: id")
    child = CHILD.replace("projection: induk", "projection: ibu").replace("when: lama", "when: lain")
    assert len(told(folder, induk=parent, anak=child)) == 4
    shapes = {"induk": PARENT.replace("target:", "sasaran:"), "anak": CHILD.replace("sources:", "sumber:"), "x": "["}
    found = told(folder, **shapes)
    assert {line.split(":")[0] for line in found} == {"induk.yaml", "anak.yaml", "x.yaml"}


def test_an_empty_folder_is_a_fault(folder: Path) -> None:
    with pytest.raises(SelarasError, match="there is no mapping file"):
        read_mapping(folder)


def test_the_fingerprint_follows_the_text(folder: Path) -> None:
    told(folder, induk=PARENT)
    first = read_mapping(folder).fingerprint
    assert first == read_mapping(folder).fingerprint
    told(folder, induk=PARENT + "# a remark\n")
    assert read_mapping(folder).fingerprint != first
