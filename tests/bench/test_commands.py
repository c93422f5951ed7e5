"""What `scripts/bench` understands, without measuring anything."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from kallglot.bench import engines_command, shapes
from kallglot.bench.__main__ import Benches, main


def answer(*arguments):
    return CliRunner().invoke(main, arguments)


def test_the_commands_stand_beside_the_options_of_the_media_path():
    said = answer("--help").output
    assert all(word in said for word in ("--calls", "--leak", "engines", "speech"))


def test_shapes_are_listed():
    said = answer("engines", "list").output
    assert all(shape.name in said for shape in shapes.SHAPES)


def test_a_shape_that_is_none_is_complained_of_with_those_there_are():
    result = answer("engines", "--only", "gpt", "list")
    assert result.exit_code == 1
    assert "there is no shape 'gpt', but whisper-tiny" in result.output


def test_sizes_of_batches_are_numbers():
    result = answer("engines", "--rows", "1,many", "list")
    assert result.exit_code == 2
    assert "such as 1,4,8" in result.output


def test_a_command_whose_needs_are_missing_says_how_to_get_them(monkeypatch):
    monkeypatch.setattr(Benches, "list_commands", lambda self, ctx: ["nothing"])
    with pytest.raises(click.ClickException, match=r"kallglot\[speech\]"):
        Benches("bench").get_command(click.Context(main), "nothing")


@pytest.mark.parametrize(
    ("name", "windows", "works"),
    [
        ("whisper-base", (), ["window 5 s", "window 10 s", "window 30 s"]),
        ("whisper-base", ("5",), ["window 5 s"]),
        ("nemotron-0.6b", ("5",), ["chunk 560 ms"]),
        ("opus-mt", ("30",), ["sentence"]),
    ],
)
def test_windows_are_chosen_where_a_model_has_them(name, windows, works):
    wanted = engines_command.Wanted((), ("bf16", "int8"), (1,), windows, "cpu", 1.0, 1, None)
    (shape,) = shapes.chosen([name])
    assert [work.name for work in wanted.works(shape)] == works


def test_a_voice_is_never_less_exact_than_it_must_be_and_int8_is_for_the_cpu():
    cpu, gpu = (
        engines_command.Wanted((), ("bf16", "int8"), (1,), (), device, 1.0, 1, None)
        for device in ("cpu", "cuda")
    )
    voice, ears = shapes.chosen(["mms-vits", "whisper-base"])
    assert cpu.dtypes_of(voice) == gpu.dtypes_of(voice) == ("fp32",)
    assert (cpu.dtypes_of(ears), gpu.dtypes_of(ears)) == (("bf16", "int8"), ("bf16",))
