"""What is timed writes as much as it should, whatever the weights: on tiny shapes."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from kallglot.bench import shape_models, shape_runs, shapes  # noqa: E402
from kallglot.bench.shapes import Work  # noqa: E402


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def tiny(name, **sizes):
    (shape,) = shapes.chosen([name])
    small = {key: 1 if "layers" in key else 2 if "heads" in key else 16 for key in shape.sizes}
    return attrs.evolve(shape, sizes=small | sizes)


def steps(model, name, run):
    """Return how often the vocabulary is asked in a run."""
    asked = 0

    def count(*_):
        nonlocal asked
        asked += 1

    hook = getattr(model, name).register_forward_hook(count)
    run()
    hook.remove()
    return asked


@pytest.mark.parametrize("rows", [1, 3])
def test_a_translator_writes_so_many_pieces(rows):
    shape = tiny("opus-mt", vocab_size=2000)
    model = shape_models.build(shape, "fp32", "cpu")
    run = shape_runs.prepare(shape, model, Work("sentence", 0.0, 7, 4.0, given=9), rows)
    # The end of the text is asked for too.
    assert [steps(model, "lm_head", run) for _ in range(2)] == [8, 8]


def test_a_recogniser_writes_so_many_pieces_and_other_works_other_numbers():
    shape = tiny("whisper-tiny", num_mel_bins=20)
    model = shape_models.build(shape, "fp32", "cpu")
    runs = [shape_runs.prepare(shape, model, Work("w", 1.0, pieces, 0.5), 2) for pieces in (3, 6)]
    # The language, the pieces, and the end.
    assert steps(model, "proj_out", runs[1]) == 8
    assert runs[1]() == 1.0


class _Joint(torch.nn.Module):
    def forward(self, decoder_hidden_states, encoder_hidden_states):
        return torch.zeros(len(decoder_hidden_states), 1, 5)


@pytest.mark.parametrize("rows", [1, 8])
def test_every_voice_writes_so_many_pieces_in_a_chunk_and_not_all_at_once(rows):
    joint = shape_models.FixedSpeech(_Joint(), blank=4, frames=7, pieces=3)
    written, asked = [0] * rows, 0
    for _chunk_and_frame in range(2 * 7):
        voices = list(range(rows))
        while voices:
            state = torch.zeros(len(voices), 1, 2)
            best = joint(decoder_hidden_states=state, encoder_hidden_states=state)[:, 0].argmax(-1)
            asked += 1
            voices = [row for row, token in zip(voices, best.tolist(), strict=True) if token != 4]
            for row in voices:
                written[row] += 1
    assert written == [6] * rows
    # Alone a voice is asked again only after its own pieces, in company after everybody's.
    assert asked == (2 * (7 + 3) if rows == 1 else 2 * (7 + 7))


def test_less_exact_numbers_take_less_room():
    wide = {"d_model": 64, "encoder_ffn_dim": 512, "decoder_ffn_dim": 512}
    shape = tiny("opus-mt", vocab_size=100, **wide)
    sizes = [
        shape_models.weights(shape_models.build(shape, dtype, "cpu")) for dtype in ("fp32", "bf16")
    ]
    assert sizes[1] == pytest.approx(sizes[0] / 2, rel=0.05)
    small = shape_models.weights(shape_models.build(shape, "int8", "cpu"))
    assert small < sizes[0] * 0.7
