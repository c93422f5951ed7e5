"""Sizes, and who may import whom beyond what import-linter can say."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted(
    path for package in ("kallglot", "actors", "plugins") for path in (ROOT / package).rglob("*.py")
)

FILE = 400
CLASS = 250
FUNCTION = 60


def nodes(path: Path, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, kinds):
            yield node


def length(node: ast.AST) -> int:
    return node.end_lineno - node.lineno + 1


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_too_long_to_be_read_in_one_sitting(path):
    lines = len(path.read_text().splitlines())
    assert lines <= FILE, f"{path} has {lines} lines: split it by meaning"
    for node in nodes(path, ast.ClassDef):
        assert length(node) <= CLASS, f"{node.name} has {length(node)} lines"
    for node in nodes(path, ast.FunctionDef, ast.AsyncFunctionDef):
        assert length(node) <= FUNCTION, f"{node.name} has {length(node)} lines"


def test_every_module_says_what_it_is_for():
    silent = [path for path in SOURCES if not ast.get_docstring(ast.parse(path.read_text()))]
    assert [str(path.relative_to(ROOT)) for path in silent] == []


def test_plugins_are_imported_by_nobody():
    importing = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        if not path.is_relative_to(ROOT / "plugins")
        for node in nodes(path, ast.Import, ast.ImportFrom)
        if any(
            name.split(".")[0] == "plugins"
            for name in (
                [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else [alias.name for alias in node.names]
            )
        )
    ]
    assert importing == []


def test_the_scripts_are_short_and_can_be_run():
    for script in (ROOT / "scripts").iterdir():
        text = script.read_text()
        if text.startswith("#!/bin/sh"):
            assert len(text.splitlines()) <= 30, script
            assert script.stat().st_mode & 0o111, f"{script} cannot be run"
