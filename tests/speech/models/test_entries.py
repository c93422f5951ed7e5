from __future__ import annotations

import re

import pytest

from kallglot.errors import SettingsError
from kallglot.speech.models.engines import ENGINES
from kallglot.speech.models.entries import DATA, Role, catalogue, read
from kallglot.speech.models.profiles import EXAMPLES, PROFILES

TEXT = """
[reference]
machine = "a machine"
cores = 2
bulk = { float32 = 1.0 }
steps = { float32 = 1.0 }

[languages]
some = ["de", "en"]

[[models]]
name = "a-{source}-{target}"
role = "translator"
engine = "marian"
id = "owner/a-{source}-{target}"
millions = 74
languages = ["@some", "fr"]
licence = "MIT"
is_commercial = true
rank = 1
quality = "good"
quality_source = "somebody"
needs = "a machine"
"""


def test_rules_stand_for_models():
    found = read(TEXT).find("a-de-fr")
    assert (found.id, found.pairs, found.languages) == ("owner/a-de-fr", ("de-fr",), ("de", "fr"))
    assert found.translates("de", "fr")
    assert not found.translates("fr", "de")
    assert found.stored == 296_000_000


@pytest.mark.parametrize("name", ["a-de-xx", "a-de", "a-DE-fr", "b-de-fr", "a-{source}-fr"])
def test_rules_stand_for_nothing_else(name):
    with pytest.raises(SettingsError, match="kallglot models list"):
        read(TEXT).find(name)


def test_a_name_that_is_misspelt_is_guessed():
    with pytest.raises(SettingsError, match="did you mean whisper-base"):
        catalogue().find("wisper-base")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('role = "translator"', 'role = "cook"', "models"),
        ('licence = "MIT"\n', "", "licence"),
        ("rank = 1", "rank = 1\ncolour = 1", "colour"),
        ('"owner/a-{source}-{target}"', '"owner/a"', "models"),
        ('"@some"', '"@others"', "no set of languages @others"),
        ("millions = 74", "millions = -1", "millions"),
    ],
)
def test_a_mistake_in_the_catalogue_is_found_when_it_is_read(old, new, says):
    assert old in TEXT
    with pytest.raises(ValueError, match=says):
        read(TEXT.replace(old, new))


def test_no_name_is_there_twice():
    with pytest.raises(ValueError, match="twice"):
        read(TEXT + TEXT[TEXT.index("[[models]]") :])


def test_the_catalogue_invents_no_revisions():
    assert "revision =" not in DATA.read_text()
    assert re.search(r"[0-9a-f]{20}", DATA.read_text()) is None


def test_the_catalogue_serves_every_role_with_an_engine_of_ours():
    for role in Role:
        assert any(entry.engine in ENGINES for entry in catalogue().of(role))


def test_licences_that_forbid_commerce_are_marked():
    for entry in catalogue().models:
        assert entry.is_commercial == ("-NC" not in entry.licence), entry.name


def test_what_is_known_by_three_letters_is_known_by_two():
    assert catalogue().find("mms-tts-deu").languages == ("de",)
    assert catalogue().find("moonshine-streaming-tiny-de").languages == ("de",)


@pytest.mark.parametrize("profile", PROFILES)
def test_profiles_name_models_of_their_role_that_everybody_may_use(profile):
    chosen = PROFILES[profile]
    for role in (Role.RECOGNISER, Role.TRANSLATOR, Role.SYNTHESISER):
        for name in EXAMPLES.get(str(chosen[role.value]), (str(chosen[role.value]),)):
            if name == "demo":
                continue
            entry = catalogue().find(name)
            assert entry.role is role
            assert entry.is_commercial
            assert entry.engine in ENGINES
