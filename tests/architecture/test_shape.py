"""The shape of the code itself: sizes, owners of tasks, and READMEs that name what is there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("config", "server", "signaling", "sfu", "persistence")
FOLDERS = (*PACKAGES, "web", "tests")
MAX_FILE_LINES = 450
MAX_FUNCTION_LINES = 60
SKIPPED = {"node_modules", "dist", "target", ".venv", "versions"}


def sources(*suffixes: str, folders: tuple[str, ...] = FOLDERS) -> Iterator[Path]:
    for folder in folders:
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in suffixes and not SKIPPED & set(path.parts) and ".gen." not in path.name:
                yield path


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for path in sources(".py", folders=PACKAGES):
        yield path, ast.parse(path.read_text())


def test_no_file_holds_more_than_one_concept_can_need() -> None:
    too_long = {
        str(path.relative_to(ROOT)): lines
        for path in sources(".py", ".rs", ".ts", ".tsx", ".css")
        if (lines := path.read_text().count("\n")) > MAX_FILE_LINES
    }
    assert too_long == {}


def test_no_function_is_longer_than_a_screen() -> None:
    too_long = {
        f"{path.relative_to(ROOT)}:{node.name}": lines
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or 0) - node.lineno + 1) > MAX_FUNCTION_LINES
    }
    assert too_long == {}


def test_every_module_says_what_it_is() -> None:
    silent = [str(path.relative_to(ROOT)) for path, tree in trees() if tree.body and not ast.get_docstring(tree)]
    assert silent == []


def test_nothing_is_imported_inside_a_function() -> None:
    hidden = [
        f"{path.relative_to(ROOT)}:{inner.lineno}"
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert hidden == []


def test_every_task_is_kept_by_its_owner() -> None:
    """`create_task(...)` as a statement drops the only reference: nobody could end it."""
    naked = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and getattr(node.value.func, "attr", "") in {"create_task", "ensure_future"}
        and getattr(getattr(node.value.func, "value", None), "id", "") not in {"group", "tasks"}
    ]
    assert naked == []


@pytest.mark.parametrize("folder", [*FOLDERS, "sfu/dataplane", "sfu/dataplane/core"])
def test_each_folder_has_a_page_and_names_files_that_are_there(folder: str) -> None:
    readme = (ROOT / folder / "README.md").read_text()
    named = set(re.findall(r"`([\w./-]+\.(?:py|rs|ts|tsx|yaml|sh|mjs))`", readme))
    everything = {str(path.relative_to(ROOT)) for path in sources(".py", ".rs", ".ts", ".tsx", ".yaml", ".sh", ".mjs")}
    everything |= {f"scripts/{path.name}" for path in (ROOT / "scripts").iterdir()}
    everything |= {path.name for path in (ROOT / "web" / "src" / "protocol").iterdir()}  # generated ones too
    missing = {name for name in named if not any(path == name or path.endswith(f"/{name}") for path in everything)}
    assert missing == set()


def test_unit_tests_do_not_sleep() -> None:
    waits = re.compile(r"time\.sleep\(|asyncio\.sleep\((?!0\))")
    # The first polls for a fact of another process, with a limit; the second names what it looks for.
    # Then loads of so many events a second, and servers that live for a random while. Benchmarks sample.
    allowed = {
        "tests/support/eventually.py",
        "tests/architecture/test_shape.py",
        "tests/persistence/storm.py",
        "tests/persistence/test_outage.py",
        "tests/chaos/test_a_server_dies.py",
    }
    sleeping = [
        str(path.relative_to(ROOT))
        for path in sources(".py", folders=("tests",))
        if str(path.relative_to(ROOT)) not in allowed and "bench" not in path.parts and waits.search(path.read_text())
    ]
    assert sleeping == []
