from __future__ import annotations

import pytest

from kallglot.formats import MEDIA_TYPES, render
from tests.formats.conversations import GREETING


@pytest.mark.parametrize("name", sorted(MEDIA_TYPES))
def test_every_format_with_a_media_type_can_be_written(name: str):
    assert "Guten Tag." in render(GREETING, name)


def test_an_unknown_format_is_refused():
    with pytest.raises(ValueError, match="docx"):
        render(GREETING, "docx")
