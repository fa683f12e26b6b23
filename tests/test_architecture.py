"""The layout stays as it is: no circle of imports, none hidden in a function, nothing that has grown too long."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

from tests.conftest import ROOT

PACKAGES = ("learn", "quicktakes")
MODULES_IN_LEARN = 12
LINES = 400
# Django runs this once the models are there, which is what it exists for.
MAY_IMPORT_LATE = {("apps.py", "ready")}


def circles(graph: grimp.ImportGraph) -> list[set[str]]:
    """The groups of modules that reach each other by their imports, wherever in a module these stand (Tarjan, 1972)."""
    found: list[set[str]] = []
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    open_modules: list[str] = []

    def visit(module: str) -> None:
        order[module] = lowest[module] = len(order)
        open_modules.append(module)
        for imported in graph.find_modules_directly_imported_by(module):
            if imported not in order:
                visit(imported)
            if imported in open_modules:
                lowest[module] = min(lowest[module], lowest[imported])
        if lowest[module] == order[module]:
            at = open_modules.index(module)
            group = set(open_modules[at:])
            del open_modules[at:]
            if len(group) > 1:
                found.append(group)

    for module in sorted(graph.modules):
        if module not in order:
            visit(module)
    return found


def late_imports(folder: Path, packages: tuple[str, ...]) -> Iterator[str]:
    """`path:line` of each import of one of `packages` that stands in a function of a file below `folder`."""
    for path in sorted(folder.rglob("*.py")):
        for function in ast.walk(ast.parse(path.read_text())):
            is_function = isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
            if is_function and (path.name, function.name) not in MAY_IMPORT_LATE:
                for node in ast.walk(function):
                    if any(name.partition(".")[0] in packages for name in _imported(node)):
                        yield f"{path.relative_to(folder.parent)}:{node.lineno}"


def _imported(node: ast.AST) -> list[str]:
    """What an import names; a relative one names a package of its own, so the first of them."""
    if isinstance(node, ast.Import):
        return [name.name for name in node.names]
    if isinstance(node, ast.ImportFrom):
        return [PACKAGES[0] if node.level else node.module or ""]
    if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
        return [str(argument.value) for argument in node.args if isinstance(argument, ast.Constant)]
    return []


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*PACKAGES, cache_dir=None, exclude_type_checking_imports=True)


def test_no_modules_import_each_other_in_a_circle(graph: grimp.ImportGraph) -> None:
    assert len(graph.modules) > 100
    assert circles(graph) == []


def test_no_import_stands_in_a_function() -> None:
    assert [found for package in PACKAGES for found in late_imports(ROOT / package, PACKAGES)] == []


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package in which `low` imports `high` in a function, and `high` imports `low`."""
    folder = tmp_path / "planted"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "high.py").write_text("from planted import low\n")
    (folder / "low.py").write_text(
        "def late():\n    from planted import high\n    return high\n\n\n"
        "def by_name():\n    return importlib.import_module('planted.high')\n"
    )
    (folder / "apps.py").write_text("class Config:\n    def ready(self):\n        import planted.low\n")
    monkeypatch.syspath_prepend(tmp_path)
    return folder


def test_a_circle_that_a_late_import_hides_is_found(planted: Path) -> None:
    found = circles(grimp.build_graph("planted", cache_dir=None))
    assert found == [{"planted.high", "planted.low"}]
    (planted / "high.py").write_text("")
    assert circles(grimp.build_graph("planted", cache_dir=None)) == []


def test_an_import_in_a_function_is_found_but_in_ready(planted: Path) -> None:
    assert list(late_imports(planted, ("planted",))) == ["planted/low.py:2", "planted/low.py:7"]


@pytest.mark.slow  # a process that reads every module
def test_the_layers_are_kept() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_few_modules_stand_beside_the_rooms() -> None:
    modules = [path.name for path in (ROOT / "learn").glob("*.py")]
    assert len(modules) <= MODULES_IN_LEARN, sorted(modules)


def test_no_module_is_too_long() -> None:
    ours = [
        path
        for folder in (*PACKAGES, "tests", "scripts", "bench")
        for path in (ROOT / folder).rglob("*.py")
        if not {"migrations", "node_modules"} & set(path.parts)
    ]
    assert len(ours) > 200
    lengths = {str(path.relative_to(ROOT)): path.read_text().count("\n") for path in ours}
    assert {path: lines for path, lines in lengths.items() if lines > LINES} == {}
