"""The papers about the mapping: the generated page is fresh, and the examples of the language are mappings."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from scripts.ddl_tables import catalog_of, ddl_tables
from scripts.mapping_paper import PAPER, ROOT, paper
from streams.adapters.files.code_list_files import read_code_lists
from streams.projection.converters import CONVERTERS, Reference
from streams.projection.parse import parse_projection
from streams.projection.validate import faults_of

SCHEMAS = ROOT / "schemas"
LANGUAGE = (ROOT / "docs" / "mapping-language.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", LANGUAGE, re.DOTALL | re.MULTILINE)
MAPPING = {path.name: yaml.safe_load(path.read_text(encoding="utf-8")) for path in (SCHEMAS / "mapping").glob("*.yaml")}
SCHEMA = json.loads((SCHEMAS / "mapping.schema.json").read_text(encoding="utf-8"))
WORDS = {name for part in (SCHEMA, *(SCHEMA["$defs"][n] for n in ("source", "term"))) for name in part["properties"]}


def test_the_page_says_what_the_mapping_says() -> None:
    assert PAPER.read_text(encoding="utf-8") == paper(), "docs/mapping.md is stale: 'make docs' writes it anew"


def test_the_page_depends_on_the_files_alone(tmp_path: Path) -> None:
    shutil.copytree(SCHEMAS, tmp_path / "schemas")
    assert paper(tmp_path) == paper()
    changed = tmp_path / "schemas" / "mapping" / "nib.yaml"
    text = changed.read_text(encoding="utf-8")
    assert "from: header.oss_id" in text
    changed.write_text(text.replace("from: header.oss_id", "from: header.id_izin"), encoding="utf-8")
    assert paper(tmp_path) != paper()


def test_the_page_knows_every_rule_and_every_column() -> None:
    page = PAPER.read_text(encoding="utf-8")
    assert set(CONVERTERS) == set(re.findall(r"^### Rule (\w+)$", page, re.MULTILINE))
    assert set(re.findall(r"\]\(#rule-([a-z0-9_]+)\)", page)) <= {name.lower() for name in CONVERTERS}
    assert "no such column" not in page
    lines = [line for line in page.splitlines() if line.startswith("|")]
    assert all(len(re.findall(r"(?<!\\)\|", line)) in (3, 4, 5, 6, 7) for line in lines)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.splitlines()[0])
def test_every_example_of_the_language_is_a_mapping(example: str) -> None:
    """Whole files as they stand; parts in the place of the same parts of the file that they name."""
    content = _whole(example)
    jsonschema.Draft202012Validator(SCHEMA).validate(content)
    others = [c for c in MAPPING.values() if c["target"] != content["target"]]
    projections = [parse_projection(content, "example"), *(parse_projection(c, "") for c in others)]
    codes, faults = read_code_lists((SCHEMAS / "reference" / "codes.yaml").read_text(encoding="utf-8"))
    assert not faults
    legacy, target = ddl_tables(SCHEMAS / "legacy", "public"), ddl_tables(SCHEMAS / "target", "rba")
    found = faults_of(projections, catalog_of(legacy), catalog_of(target), Reference(codes=codes))
    assert not [fault for fault in found if fault.file == "example"]


def _whole(example: str) -> dict[str, Any]:
    part = yaml.safe_load(example)
    name = re.match(r"# of (\w+\.yaml)\n", example)
    if name is None:
        return dict(part)
    whole = dict(MAPPING[name[1]])
    for key, value in part.items():
        whole[key] = {**whole.get(key, {}), **value} if isinstance(value, dict) else value
    return whole


@pytest.mark.parametrize("word", sorted(WORDS))
def test_the_language_explains_every_word(word: str) -> None:
    assert re.search(rf"`{word}`|`{word}: |`{{{word}: ", LANGUAGE)
