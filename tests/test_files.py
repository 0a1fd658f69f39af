"""A file appears whole or not at all: each step of writing it fails once."""

import errno
import os

import pytest

from tinygnn import files

STEPS = ["write", "flush", "fsync", "replace"]
PROC = os.path.isdir("/proc/self/fd")  # says which file was written to the disk


@pytest.fixture
def failing(monkeypatch):
    """Make one step of writing fail as on a full disk."""

    def fail(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    def failing(step):
        if step in ("fsync", "replace"):
            monkeypatch.setattr(os, step, fail)
            return

        def opened(path, mode):
            file = open(path, mode)  # noqa: SIM115 - closed in __exit__

            class Full:
                def __enter__(self):
                    return self

                def __exit__(self, *_):
                    file.close()

                def write(self, data):
                    file.write(data[:3])
                    if step == "write":
                        fail()

                flush = fail

            return Full()

        monkeypatch.setattr(files, "open", opened, raising=False)

    return failing


def test_a_new_file_holds_the_bytes_and_nothing_is_left_beside_it(tmp_path):
    files.write_atomically(tmp_path / "a", b"one")
    files.write_atomically(str(tmp_path / "a"), b"two")
    assert (tmp_path / "a").read_bytes() == b"two"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("step", STEPS)
def test_the_old_file_stays_when_a_step_fails(tmp_path, failing, step):
    (tmp_path / "a").write_bytes(b"old")
    failing(step)
    with pytest.raises(OSError, match="No space left"):
        files.write_atomically(tmp_path / "a", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_bytes() == b"old"


@pytest.mark.parametrize("step", STEPS)
def test_no_file_appears_when_a_step_fails(tmp_path, failing, step):
    failing(step)
    with pytest.raises(OSError, match="No space left"):
        files.write_atomically(tmp_path / "a", b"new")
    assert list(tmp_path.iterdir()) == []


def test_an_error_names_the_file_and_not_the_one_that_is_written_first(tmp_path):
    with pytest.raises(FileNotFoundError) as missing:
        files.write_atomically(tmp_path / "no" / "a", b"new")
    assert missing.value.filename == str(tmp_path / "no" / "a")
    for folder in (tmp_path, "."):
        with pytest.raises(IsADirectoryError) as error:
            files.write_atomically(folder, b"new")
        assert error.value.filename == str(folder)
    assert list(tmp_path.iterdir()) == []


def test_what_a_kill_left_behind_is_overwritten(tmp_path):
    (tmp_path / ".a.tmp").write_bytes(b"half of something longer")
    files.write_atomically(tmp_path / "a", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_bytes() == b"new"


def test_bytes_reach_the_disk_before_the_name_and_then_the_folder(tmp_path, monkeypatch):
    calls = []
    fsync, replace = os.fsync, os.replace

    def watched_fsync(descriptor):
        calls.append(os.path.basename(os.readlink(f"/proc/self/fd/{descriptor}")) if PROC else "fsync")
        fsync(descriptor)

    def watched_replace(source, target):
        calls.append("replace")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(os, "replace", watched_replace)
    files.write_atomically(tmp_path / "a", b"new")
    expected = [".a.tmp", "replace", tmp_path.name] if PROC else ["fsync", "replace", "fsync"]
    assert calls == (expected if os.name != "nt" else expected[:2])
