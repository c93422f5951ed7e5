"""The first thing that is read is true."""

from __future__ import annotations

from pathlib import Path

from kallglot.api.app import ENDPOINTS
from kallglot.api.codes import CODES

README = (Path(__file__).parent.parent / "README.rst").read_text()


def test_the_readme_names_every_endpoint():
    assert [each.path for each in ENDPOINTS if f" {each.path}``" not in README] == []


def test_the_readme_names_every_error_with_its_status():
    status, named = "", {}
    for line in README.splitlines():
        first, *_ = line.split(maxsplit=1) or [""]
        if first.isdigit() and len(first) == 3 and "``" in line:
            status = first
        elif not line.startswith("   "):
            status = ""
        for code in line.split("``")[1::2] if status else ():
            named[code] = int(status)
    assert {code: named.get(code) for code in CODES} == {
        code: each.status for code, each in CODES.items()
    }
