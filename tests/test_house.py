"""The house's limits: sizes, names, imports, docstrings, words that must not appear."""

import ast
import graphlib
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import grimp
import pytest
from importlinter.application.use_cases import lint_imports
from importlinter.configuration import configure

ROOT = Path(__file__).parent.parent
MIGRATIONS = ROOT / "streams" / "adapters" / "databases" / "migrations"
CODE = ("streams", "tests", "benchmarks", "scripts")
FORBIDDEN_NAMES = {"utils", "common", "helpers", "misc", "types", "base", "manager"}
LONGEST_FILE, MEDIAN_FILE = 300, 150
LONGEST_FUNCTION, MOST_PARAMETERS, MOST_METHODS = 40, 6, 6
NOT_OURS = {"__pycache__", "build", "target", "node_modules"}
BINARY_OR_MADE = {".png", ".jpg", ".svg", ".jar", ".lock", ".csv", ".json"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def _files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if not NOT_OURS & set(path.parts):
                yield path


def _trees(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    for path in _files(*folders):
        yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))


def _functions(*folders: str) -> Iterator[tuple[str, Function]]:
    for name, tree in _trees(*folders):
        for node in ast.walk(tree):
            if isinstance(node, Function):
                yield f"{name}:{node.lineno} {node.name}", node


def _length(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_files_are_short() -> None:
    long = {str(p.relative_to(ROOT)): n for p in _files(*CODE) if (n := _length(p)) > LONGEST_FILE}
    assert not long


def test_the_median_file_is_shorter_still(capsys: pytest.CaptureFixture[str]) -> None:
    lengths = [n for path in _files("streams") if (n := _length(path)) > 5]
    with capsys.disabled():
        print(f" median {median(lengths):.0f} lines of {len(lengths)} files ", end="")  # noqa: T201
    assert median(lengths) < MEDIAN_FILE


def test_functions_are_short() -> None:
    ddl = str(MIGRATIONS.relative_to(ROOT))
    long = {
        where: n
        for where, node in _functions(*CODE)
        if not where.startswith(ddl) and (n := (node.end_lineno or 0) - node.lineno + 1) > LONGEST_FUNCTION
    }
    assert not long


def test_functions_take_few_parameters() -> None:
    many = {where: n for where, node in _functions(*CODE) if (n := _parameters(node)) > MOST_PARAMETERS}
    assert not many


def _parameters(node: Function) -> int:
    """How many a caller must know; what every command has (its context, the form of its output) is not counted."""
    names = [a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    return len([name for name in names if name not in ("ctx", "as_json")]) - (names[:1] in (["self"], ["cls"]))


def test_names_say_what_is_inside() -> None:
    bad = [str(p.relative_to(ROOT)) for p in _files(*CODE) if FORBIDDEN_NAMES & {p.stem, p.parent.name}]
    assert not bad


def test_ports_are_small() -> None:
    big = {}
    for name, tree in _trees("streams"):
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and any(
                isinstance(b, ast.Name) and b.id == "Protocol" for b in node.bases
            ):
                methods = [m for m in node.body if isinstance(m, Function) and not _is_property(m)]
                if len(methods) > MOST_METHODS:
                    big[f"{name} {node.name}"] = len(methods)
    assert not big


def _is_property(node: Function) -> bool:
    return any(isinstance(d, ast.Name) and d.id == "property" for d in node.decorator_list)


def test_every_import_contract_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    configure()
    kept = lint_imports(config_filename="pyproject.toml", cache_dir=str(tmp_path))
    assert kept, capsys.readouterr().out


def test_no_module_imports_itself_in_a_circle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    graph = grimp.build_graph("streams", cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    graphlib.TopologicalSorter(imports).prepare()


def test_everything_public_has_a_docstring() -> None:
    silent = []
    for name, tree in _trees(*CODE):
        if not tree.body and name.endswith("__init__.py"):
            continue
        if ast.get_docstring(tree) is None:
            silent.append(name)
        if name.startswith(("streams", "benchmarks")) and str(MIGRATIONS.relative_to(ROOT)) not in name:
            silent += [f"{name} {owner}" for owner in _undocumented(tree, "")]
    assert not silent


def _undocumented(node: ast.Module | ast.ClassDef, inside: str) -> Iterator[str]:
    for child in node.body:
        if not isinstance(child, Function | ast.ClassDef) or child.name.startswith("_"):
            continue
        if ast.get_docstring(child) is None:
            yield inside + child.name
        if isinstance(child, ast.ClassDef):
            yield from _undocumented(child, f"{inside}{child.name}.")


def _text_files() -> Iterator[tuple[str, str]]:
    for top in sorted(ROOT.iterdir()):
        if top.name == ".ci" or not (top.name.startswith(".") or top.name.endswith(".egg-info")):
            for path in [top] if top.is_file() else sorted(top.rglob("*")):
                if path.is_file() and path.suffix not in BINARY_OR_MADE and not NOT_OURS & set(path.parts):
                    yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


# Written in two halves, so that this file does not find itself.
UNFINISHED = re.compile("|".join((r"\bTO" "DO\b", r"\bFIX" "ME\b", r"\bXX" "X\b", r"\bfor " "now\b")), re.IGNORECASE)
SKIPPED = re.compile("|".join((r"pytest\.sk" "ip", r"mark\.sk" "ip", r"pytest\.xf" "ail", r"mark\.xf" "ail")))
SLEEP = re.compile(r"\b(time|asyncio)\.sle" r"ep\b(?!\(0\))")  # sleep(0) only lets others run


def test_nothing_is_left_for_later() -> None:
    found = [
        f"{name}:{number}"
        for name, text in _text_files()
        for number, line in enumerate(text.splitlines(), 1)
        if UNFINISHED.search(line)
    ]
    assert not found


def test_no_test_is_skipped_and_none_sleeps() -> None:
    found = []
    for path in _files("tests"):
        if path.name == "waiting.py":
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if SKIPPED.search(line) or SLEEP.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}")
    assert not found
