"""`kallglot models`, against a hub on this machine that speaks the real one's HTTP."""

from __future__ import annotations

import hashlib
import json
import re
import threading
import tomllib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from kallglot.config import Settings
from kallglot.speech.models.entries import catalogue
from tests.fakes.hub import FIRST, SECOND, model, weights

pytest.importorskip("huggingface_hub")

NAME = "acft-whisper-base"
ID = "futo-org/acft-whisper-base"
VOICE = "facebook/mms-tts-deu"


class Site(ThreadingHTTPServer):
    """Repositories by id and commit, `main` being the newest; downloads may break off once."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.repositories = {}
        self.asked: list[tuple[str, str | None]] = []
        self.breaks_after: int | None = None
        self.gated: set[str] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def offer(self, repository, files=None, commit=FIRST):
        self.repositories.setdefault(repository, {})[commit] = files or model()

    def handle_error(self, request, client_address):
        """A client that goes away is nobody's fault."""


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_arguments):
        pass

    def do_GET(self):
        path = self.path.partition("?")[0]
        self.server.asked.append((path, self.headers.get("Range")))
        listing = re.fullmatch(r"/api/models/([^/]+/[^/]+)/revision/(.+)", path)
        file = re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path)
        if listing:
            self._list(*listing.groups())
        elif file:
            repository, commit, name = file.groups()
            if repository in self.server.gated:
                self._say(403, b"{}", {"X-Error-Code": "GatedRepo"})
                return
            self._send(self.server.repositories[repository][commit][name])
        else:
            self._say(404, b"{}")

    def _list(self, repository, revision):
        commits = self.server.repositories.get(repository)
        if commits is None:
            self._say(404, b"{}", {"X-Error-Code": "RepoNotFound"})
            return
        commit = list(commits)[-1] if revision == "main" else revision
        if commit not in commits:
            self._say(404, b"{}", {"X-Error-Code": "RevisionNotFound"})
            return
        siblings = [_sibling(*each) for each in commits[commit].items()]
        answer = {"id": repository, "sha": commit, "siblings": siblings}
        self._say(200, json.dumps(answer).encode())

    def _send(self, content):
        start = 0
        if self.headers.get("Range"):
            start = int(re.fullmatch(r"bytes=(\d+)-", self.headers["Range"])[1])
        body = content[start:]
        headers = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}
        breaks_after, self.server.breaks_after = self.server.breaks_after, None
        if breaks_after is not None:
            # Whoever asks for it gets the beginning of it, and a length that is too short.
            self._say(206 if start else 200, body[:breaks_after], headers if start else {})
            return
        self._say(206 if start else 200, body, headers if start else {})

    def _say(self, status, body, headers=None):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _sibling(name, content):
    sibling = {"rfilename": name, "size": len(content)}
    if name.endswith(".safetensors"):
        sibling["lfs"] = {
            "sha256": hashlib.sha256(content).hexdigest(),
            "size": len(content),
            "pointerSize": 130,
        }
    else:
        named = b"blob %d\0" % len(content) + content
        sibling["blobId"] = hashlib.sha1(named).hexdigest()
    return sibling


@pytest.fixture
def site():
    site = Site()
    thread = threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield site
    site.shutdown()
    thread.join()
    site.server_close()


@pytest.fixture
def models(kallglot, monkeypatch, tmp_path, site):
    """Run `kallglot models` with a folder of its own and that hub."""
    for name in ("HF_HUB_OFFLINE", "HF_ENDPOINT", "HF_TOKEN"):
        monkeypatch.setenv(name, "")  # so that what the commands set is taken back
        monkeypatch.delenv(name)
    monkeypatch.setenv("KALLGLOT_MODELS_FOLDER", str(tmp_path / "models"))
    monkeypatch.setenv("KALLGLOT_MODELS_MIRROR", site.url)
    site.offer(ID)
    return lambda *words: kallglot("models", *words)


def test_a_model_is_pulled_listed_verified_and_removed(models, tmp_path):
    pulled = models("pull", NAME)
    assert pulled.exit_code == 0, pulled.stderr
    place = tmp_path / "models" / NAME
    assert pulled.stdout == f"{NAME} is in {place}\n"
    assert (place / "model.safetensors").read_bytes() == weights()
    assert not (place / "pytorch_model.bin").exists()

    (row,) = [one for one in json.loads(models("list", "--json").stdout) if one["name"] == NAME]
    assert (row["state"], row["revision"], row["bytes_are_exact"]) == ("installed", FIRST, True)

    assert models("verify").stdout == f"{NAME}: whole\n"
    removed = models("remove", NAME, "--yes")
    assert "are free again" in removed.stdout
    assert not place.exists()
    again = models("remove", NAME, "--yes")
    assert again.exit_code == 1
    assert "not in" in again.stderr


def test_the_commit_is_settled_once(models, site, tmp_path):
    assert models("pull", NAME).exit_code == 0
    site.offer(ID, model(128), SECOND)
    assert "is here already" in models("pull", NAME).stderr
    assert models("pull", NAME, "--update").exit_code == 0
    lock = json.loads((tmp_path / "models" / "models.lock").read_text())
    assert lock["models"][NAME]["revision"] == SECOND


def test_a_commit_by_hand(models, site, tmp_path):
    site.offer(ID, model(128), SECOND)
    assert models("pull", NAME, "--revision", FIRST).exit_code == 0
    lock = json.loads((tmp_path / "models" / "models.lock").read_text())
    assert lock["models"][NAME]["revision"] == FIRST
    wrong = models("pull", NAME, "--revision", "c" * 40)
    assert wrong.exit_code == 1
    assert "has no revision" in wrong.stderr


def test_a_pull_that_broke_off_goes_on_in_the_middle_of_the_file(models, site):
    site.breaks_after = 20
    first = models("pull", NAME)
    assert first.exit_code == 0, first.stderr  # taken up again at once
    ranges = [asked for path, asked in site.asked if asked]
    assert ranges == ["bytes=20-"]
    assert models("verify").exit_code == 0


def test_a_dry_run_fetches_nothing(models, tmp_path):
    result = models("pull", NAME, "--dry-run")
    assert result.exit_code == 0
    assert f"from {ID} at {FIRST[:12]}" in result.stderr
    assert re.search(rf"{NAME}\s+model\.safetensors\s+{len(weights())}\s+0", result.stdout)
    assert not (tmp_path / "models").exists()


def test_a_licence_must_be_accepted_once(models, site):
    site.offer(VOICE)
    refused = models("pull", "mms-tts-deu")
    assert refused.exit_code == 1
    assert "--accept-licence CC-BY-NC-4.0" in refused.stderr
    assert site.asked == []
    assert models("pull", "mms-tts-deu", "--accept-licence", "CC-BY-NC-4.0").exit_code == 0
    assert models("remove", "mms-tts-deu", "--yes").exit_code == 0
    assert models("pull", "mms-tts-deu").exit_code == 0


def test_offline_nobody_is_asked(models, site, monkeypatch):
    for name in ("KALLGLOT_MODELS_OFFLINE", "HF_HUB_OFFLINE"):
        monkeypatch.setenv(name, "1")
        result = models("pull", NAME)
        assert result.exit_code == 1
        assert "copy its models' folder to" in result.stderr
        monkeypatch.delenv(name)
    assert site.asked == []


def test_a_model_that_the_hub_does_not_have(models):
    result = models("pull", "whisper-tiny")
    assert result.exit_code == 1
    assert "the hub shows no model openai/whisper-tiny" in result.stderr


def test_a_model_whose_terms_must_be_accepted_at_the_hub(models, site):
    site.gated.add(ID)
    result = models("pull", NAME)
    assert result.exit_code == 1
    assert "set HF_TOKEN to a token of that account" in result.stderr


def test_damage_is_found_and_mended(models, tmp_path):
    models("pull", NAME)
    path = tmp_path / "models" / NAME / "model.safetensors"
    path.write_bytes(weights()[:-1] + b"x")
    result = models("verify", NAME)
    assert result.exit_code == 1
    assert "model.safetensors is not what was pulled" in result.stdout
    assert f"kallglot models pull {NAME}" in result.stderr


def test_the_settings_find_what_was_pulled_and_serve_refuses_what_is_damaged(
    models, kallglot, monkeypatch, tmp_path
):
    monkeypatch.setenv("KALLGLOT_SPEECH_RECOGNISER", NAME)
    missing = kallglot("serve", "--bind", "127.0.0.1:0")
    assert missing.exit_code == 1
    assert f"`kallglot models pull {NAME}`" in missing.stderr
    models("pull", NAME)
    found = kallglot("check", "--data", ".")
    assert re.search(rf"good\s+recogniser\s+{NAME}: {tmp_path}", found.stdout)
    (tmp_path / "models" / NAME / "model.safetensors").write_bytes(weights()[:30])
    damaged = kallglot("serve", "--bind", "127.0.0.1:0")
    assert damaged.exit_code == 1
    assert "model.safetensors" in damaged.stderr
    assert f"kallglot models verify {NAME}" in damaged.stderr
    checked = kallglot("check", "--data", ".")
    assert re.search(r"MISSING\s+recogniser", checked.stdout)


def test_a_profile_says_all_that_must_be_pulled(models, kallglot, monkeypatch):
    monkeypatch.setenv("KALLGLOT_SPEECH_PROFILE", "cpu")
    result = kallglot("serve", "--bind", "127.0.0.1:0")
    assert result.exit_code == 1
    assert "`kallglot models pull acft-whisper-base opus-mt-de-en opus-mt-en-de`" in result.stderr


def test_the_list_is_filtered(models):
    rows = json.loads(models("list", "--pair", "de-en", "--role", "translator", "--json").stdout)
    names = [row["name"] for row in rows]
    assert names[:2] == ["opus-mt-de-en", "opus-mt-en-de"]
    assert "demo-translator" in names
    rows = json.loads(models("list", "--language", "ja", "--json").stdout)
    assert "pocket-tts" not in {row["name"] for row in rows}
    assert "m2m100_418M" in {row["name"] for row in rows}
    assert models("list", "--language", "zz", "--role", "recogniser").exit_code == 1


def test_the_table_shows_everything(models):
    shown = models("list").stdout
    for entry in catalogue().models:
        assert entry.name.split("{")[0][:20] in shown
    assert "CC-BY-NC-4.0" in shown


@pytest.mark.parametrize(
    "words",
    [
        ("pull",),
        ("list", "--pair", "german-english"),
        ("list", "--role", "cook"),
        ("pull", NAME, "whisper-tiny", "--revision", FIRST),
        ("recommend", "--calls", "0"),
        ("recommend", "--pair", "de-de"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(models, words):
    assert models(*words).exit_code == 2


@pytest.mark.parametrize("command", ["pull", "verify", "bench"])
def test_a_name_that_is_misspelt_is_guessed(models, command):
    result = models(command, "wisper-base")
    assert result.exit_code == 1
    assert "did you mean whisper-base?" in result.stderr


def machine(tmp_path, times, load=0.0):
    reference = catalogue().reference
    speeds = {
        kind: {name: times * speed for name, speed in getattr(reference, kind).items()}
        for kind in ("bulk", "steps")
    }
    path = tmp_path / "machine.json"
    described = {
        "processor": {"name": "A processor", "memory": 32_000_000_000, "speeds": speeds},
        "cores": 8,
        "threads": 7,
        "flags": ["avx2"],
        "gpu": None,
        "load": load,
    }
    path.write_text(json.dumps({"machine": described}))
    return str(path)


def test_what_is_recommended_is_settings_and_says_that_it_is_an_estimate(models, tmp_path):
    words = ("recommend", "--machine", machine(tmp_path, 1), "--pair", "de-en")
    said = models(*words).stdout
    assert "An estimate" in said
    assert catalogue().reference.machine in said
    names = json.loads(models(*words, "--json").stdout)["models"]
    pulled = [name for name in names if catalogue().pulls(name)]
    assert f"kallglot models pull {' '.join(pulled)}" in said
    assert pulled[1:] == ["opus-mt-de-en", "opus-mt-en-de"]
    snippet = models(*words, "--settings").stdout
    assert said.endswith(snippet + "\n")
    settings = tomllib.loads(snippet)
    path = tmp_path / "kallglot.toml"
    path.write_text(snippet)
    assert Settings.load(path, {}).speech.recogniser == settings["speech"]["recogniser"]


def test_what_was_measured_elsewhere_can_be_used_again(models, tmp_path):
    first = models("recommend", "--machine", machine(tmp_path, 4), "--json").stdout
    saved = tmp_path / "other.json"
    saved.write_text(first)
    assert models("recommend", "--machine", str(saved), "--json").stdout == first
    assert json.loads(first)["is_estimate"] is True
    saved.write_text("{}")
    result = models("recommend", "--machine", str(saved))
    assert result.exit_code == 1
    assert "kallglot models recommend --json" in result.stderr


def test_too_many_calls_are_said(models, tmp_path):
    words = ("recommend", "--machine", machine(tmp_path, 1), "--calls", "500")
    assert "too slow for 500 at a time" in models(*words).stdout


def test_a_machine_that_was_busy_is_said(models, tmp_path):
    path = machine(tmp_path, 1)
    assert "Something else was running" not in models("recommend", "--machine", path).stdout
    machine(tmp_path, 1, load=1.5)
    assert "Something else was running (load 1.5" in models("recommend", "--machine", path).stdout


def test_a_pair_that_no_model_serves(models, tmp_path):
    result = models("recommend", "--machine", machine(tmp_path, 1), "--pair", "de-tlh")
    assert result.exit_code == 1
    assert "no recogniser for de and tlh" in result.stderr


def test_espeak_is_timed(models):
    pytest.importorskip("espeakng_loader")
    result = models("bench", "espeak-ng", "--seconds", "0.05", "--json")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    (timing,) = found["timings"]
    assert timing["speech"] > 1
    assert 0 < timing["fastest"] <= timing["median"]
    assert "1 at a time" in models("bench", "espeak-ng", "--seconds", "0.05").stdout


@pytest.mark.models
@pytest.mark.parametrize("name", ["demo-recogniser", "demo-translator"])
def test_models_are_timed_alone_and_together(models, name):
    pytest.importorskip("transformers")
    result = models("bench", name, "--seconds", "0.05", "--json")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert [timing["rows"] for timing in found["timings"]] == [1, 8]
    assert all(timing["runs"] >= 3 for timing in found["timings"])
    assert found["load"] > 0


def test_what_is_not_here_cannot_be_timed(models):
    result = models("bench", NAME)
    assert result.exit_code == 1
    assert f"kallglot models pull {NAME}" in result.stderr
