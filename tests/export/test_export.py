from __future__ import annotations

import hashlib
import io
import os
import zipfile

import attrs
import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from kallglot.export import checking
from kallglot.export.manifest import (
    NAME,
    BrokenExport,
    Included,
    Manifest,
    Member,
    is_safe,
    safe_name,
)
from kallglot.export.zipping import ZipStream

AT = 1_775_034_000.0


def manifest(*members: Member) -> Manifest:
    recordings = (Included("rec_1", "mixed", "included", "recordings/mixed.wav"),)
    return Manifest("sess_1", "2026-04-01T09:00:00Z", "Kallglot 1", members, recordings)


def archive(*files: tuple[str, bytes]) -> bytes:
    """What is sent, piece by piece as it is made."""
    stream, sent, members = ZipStream(AT), b"", []
    for name, content in files:
        stream.begin(name)
        for start in range(0, len(content), 1000):
            stream.add(content[start : start + 1000])
            sent += stream.take()
        members.append(stream.end())
    stream.begin(NAME)
    stream.add(manifest(*members).encode())
    stream.end()
    stream.close()
    return sent + stream.take()


FILES = (("session.json", b"{}"), ("recordings/mixed.wav", os.urandom(5000)))


def test_an_archive_can_be_opened_and_says_what_is_in_it():
    with zipfile.ZipFile(io.BytesIO(archive(*FILES))) as opened:
        assert opened.testzip() is None
        assert opened.namelist() == ["session.json", "recordings/mixed.wav", NAME]
        read = Manifest.decode(opened.read(NAME))
        assert opened.getinfo("session.json").date_time == (2026, 4, 1, 9, 0, 0)
    assert read == manifest(*(member(*file) for file in FILES))


def member(name: str, content: bytes) -> Member:
    return Member(name, len(content), hashlib.sha256(content).hexdigest())


def test_nothing_of_an_archive_is_kept_in_memory():
    stream = ZipStream(AT)
    stream.begin("recordings/mixed.wav", size=1 << 31)
    for _ in range(100):
        stream.add(os.urandom(10_000))
        assert len(stream.take()) < 100_000
    stream.close()
    assert stream.take()


def test_an_archive_that_is_whole_is_good(tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(archive(*FILES))
    assert checking.check_zip(path).session_id == "sess_1"
    checking.unpack(path, tmp_path / "a")
    assert checking.check_folder(tmp_path / "a").session_id == "sess_1"
    (tmp_path / "a" / "my notes.txt").write_text("mine")
    checking.check_folder(tmp_path / "a")


@pytest.mark.parametrize("at", [0.1, 0.5, 0.9, 0.999])
def test_an_archive_that_was_cut_off_is_broken(tmp_path, at):
    whole = archive(*FILES)
    (tmp_path / "a.zip").write_bytes(whole[: int(len(whole) * at)])
    with pytest.raises(BrokenExport):
        checking.check_zip(tmp_path / "a.zip")


def test_a_byte_that_has_changed_is_noticed(tmp_path):
    whole = bytearray(archive(*FILES))
    whole[2000] ^= 1
    (tmp_path / "a.zip").write_bytes(whole)
    with pytest.raises(BrokenExport):
        checking.check_zip(tmp_path / "a.zip")


def test_another_zip_is_no_export(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as other:
        other.writestr("a.txt", "a")
    with pytest.raises(BrokenExport, match="it has no manifest"):
        checking.check_zip(tmp_path / "a.zip")


@pytest.mark.parametrize("name", ["../evil", "/etc/passwd", "a/../../b", "a\\..\\b", "C:evil", ""])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path, name):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as other:
        other.writestr("x", b"x")
        other.writestr(NAME, manifest(attrs.evolve(member("x", b"x"), name=name)).encode())
    with pytest.raises(BrokenExport, match="names"):
        checking.check_zip(tmp_path / "a.zip")


def test_a_file_that_is_missing_or_added_is_noticed(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as other:
        other.writestr("../evil", b"x")
        other.writestr(NAME, manifest().encode())
    with pytest.raises(BrokenExport, match="files"):
        checking.check_zip(tmp_path / "a.zip")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / NAME).write_bytes(manifest(member("x", b"x")).encode())
    with pytest.raises(BrokenExport, match="files"):
        checking.check_folder(tmp_path / "b")
    with pytest.raises(BrokenExport, match="cannot be read"):
        checking.check_folder(tmp_path / "c")


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b"\xff", b'{"version": 2}'])
def test_what_is_no_manifest_is_said(text):
    with pytest.raises(BrokenExport):
        Manifest.decode(text)


def test_a_manifest_of_a_newer_kallglot_is_not_guessed_at():
    newer = attrs.evolve(manifest(), version=2)
    with pytest.raises(BrokenExport, match="version 2"):
        Manifest.decode(newer.encode())


@example("-")
@given(st.text())
def test_whatever_a_channel_is_called_its_file_stays_in_the_archive(text):
    assert is_safe(f"recordings/{safe_name(text)}.wav")


@hypothesis_settings(deadline=None, max_examples=30)
@given(st.lists(st.binary(max_size=5000), max_size=5))
def test_whatever_is_packed_can_be_unpacked(contents):
    files = [(f"recordings/{index}.bin", content) for index, content in enumerate(contents)]
    with zipfile.ZipFile(io.BytesIO(archive(*files))) as opened:
        assert opened.testzip() is None
        assert [(name, opened.read(name)) for name in opened.namelist()[:-1]] == files
