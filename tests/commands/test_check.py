from __future__ import annotations

import socket

import pytest

from kallglot.commands import machine
from kallglot.commands.machine import Grade
from kallglot.config import Settings


def findings(**changed) -> dict[str, machine.Finding]:
    found = machine.findings(Settings.default(**changed))
    return {each.what: each for each in found}


def test_every_finding_that_is_not_good_has_a_remedy(tmp_path):
    for each in findings(data=str(tmp_path), bind="127.0.0.1:0").values():
        assert each.grade is Grade.GOOD or each.remedy


def test_a_port_that_is_taken(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        found = findings(data=str(tmp_path), bind=f"127.0.0.1:{port}")["port"]
    assert found.grade is Grade.MISSING
    assert "KALLGLOT_BIND" in found.remedy


def test_a_data_folder_is_looked_at_where_it_will_be(tmp_path):
    found = findings(data=str(tmp_path / "not" / "yet"))
    assert found["data folder"].grade is Grade.GOOD
    assert not (tmp_path / "not").exists()


def test_a_model_that_is_not_there(tmp_path):
    found = findings(data=str(tmp_path), speech__translator="/nowhere")["translator"]
    assert found.grade is Grade.MISSING
    assert "there is no model in /nowhere" in found.remedy


@pytest.mark.parametrize(("device", "grade"), [("cpu", Grade.GOOD), ("cuda", Grade.MISSING)])
def test_the_build_of_torch(tmp_path, device, grade, monkeypatch):
    monkeypatch.setattr(machine.importlib.metadata, "version", lambda name: "2.13.0+cpu")
    assert findings(data=str(tmp_path), speech__device=device)["torch"].grade is grade


def test_what_is_missing_makes_the_command_fail(kallglot, monkeypatch):
    monkeypatch.setenv("KALLGLOT_SPEECH_RECOGNISER", "/nowhere")
    result = kallglot("check", "--data", ".")
    assert result.exit_code == 1
    assert "not ready: recogniser" in result.stderr
    assert "MISSING" in result.stdout
