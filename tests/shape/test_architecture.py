import ast
import importlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TypeVar

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("monitor", "alerts", "storage")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
Node = TypeVar("Node", bound=ast.AST)
LONGEST_MODULE, LONGEST_FUNCTION = 400, 60
LONGER = {  # may have so many lines and no more
    "storage/model.py": 900,  # every noun of the program, and nothing that does anything
    "monitor/app.py": 420,  # the composition root
}


def test_every_import_goes_down() -> None:
    """In a process of its own: the linter configures logging for all of it."""
    lint = "import sys; from importlinter.cli import lint_imports as lint; sys.exit(lint(no_cache=True))"
    ended = subprocess.run([sys.executable, "-c", lint], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "Contracts: 5 kept, 0 broken." in ended.stdout
    assert ended.returncode == 0


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_says_whose_it_is(package: str) -> None:
    assert importlib.import_module(package).__distribution__ == "salname"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["name"] == "salname"


def test_only_the_daemon_outlives_what_it_does_not_know() -> None:
    broad = [where for where, one in nodes(ast.ExceptHandler) if catches_everything(one) and not raises_again(one)]
    assert {where.partition(":")[0] for where in broad} <= {"monitor/daemon.py"}


def test_nothing_of_the_shipped_topics_stands_in_code() -> None:
    """Any topic is a matter of configuration; the demo's invented archive is about these."""
    shipped = tomllib.loads((ROOT / "config.toml").read_text(encoding="utf-8"))
    names = {one["id"] for key in ("topics", "subjects") for one in shipped[key]}
    assert {"itu", "wtdc"} <= names
    of_topics = re.compile(rf"(?<![\w-])@?(?:{'|'.join(sorted(names))})(?![a-z])", re.IGNORECASE)
    code = [path for path in MODULES if "demo" not in path.parts]
    found = [
        f"{path.relative_to(ROOT)}: {one[0]}" for path in code for one in of_topics.finditer(path.read_text("utf-8"))
    ]
    assert found == []


def test_no_module_is_too_long() -> None:
    assert len(MODULES) > 100
    counts = {str(path.relative_to(ROOT)): line_count(path) for path in MODULES}
    assert {name: count for name, count in counts.items() if count > LONGER.get(name, LONGEST_MODULE)} == {}


def test_no_function_is_too_long() -> None:
    found = nodes(ast.FunctionDef)
    assert len(found) > 500
    long = [f"{where} {made.name}" for where, made in found if (made.end_lineno or 0) - made.lineno >= LONGEST_FUNCTION]
    assert [one for one in long if not one.startswith("storage/migrations/versions/")] == []  # lists of columns


def test_nothing_is_printed_past_the_one_place_that_writes() -> None:
    calls = nodes(ast.Call)
    printed = [where for where, call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"]
    assert printed == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [str(path) for path in MODULES if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]
    assert silent == []


def nodes(kind: type[Node]) -> list[tuple[str, Node]]:
    """Every node of a kind in the product, with where it stands."""
    return [
        (f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}", node)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, kind)
    ]


def line_count(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def catches_everything(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(
        one is None or (isinstance(one, ast.Name) and one.id in {"Exception", "BaseException"}) for one in caught
    )


def raises_again(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None
