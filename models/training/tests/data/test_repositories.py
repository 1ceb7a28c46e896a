"""Repositories as sources: cloned at a commit, from a mirror or a host, and named where they cannot be had."""

import subprocess

import pytest
from unbraid_training.data import repositories as module
from unbraid_training.data.fetch import SourceError
from unbraid_training.data.origins.entry import Source


def git(folder, *arguments):
    """Output of git in a work tree."""
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    done = subprocess.run(["git", *identity, "-C", str(folder), *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def host(tmp_path):
    """A folder that stands for the host, with the repository `maker/sounds`, and its first of two commits."""
    work = tmp_path / "host" / "maker" / "sounds"
    work.mkdir(parents=True)
    git(work, "init", "-q")
    git(work, "config", "uploadpack.allowAnySHA1InWant", "true")
    (work / "a").mkdir()
    (work / "a" / "one.txt").write_text("first")
    git(work, "add", "."), git(work, "commit", "-qm", "first")
    first = git(work, "rev-parse", "HEAD")
    (work / "a" / "one.txt").write_text("second")
    git(work, "commit", "-qam", "second")
    return tmp_path / "host", first


@pytest.fixture
def catalogue(monkeypatch, host):
    """Two sources: one that is there, one that is nowhere."""
    entries = {
        "sounds": Source("sounds", "git", ("notes",), "CC0-1.0", True, "train", "x", f"maker/sounds@{host[1]}"),
        "gone": Source("gone", "git", ("notes",), "CC0-1.0", True, "train", "x", f"maker/gone@{'0' * 40}"),
    }
    monkeypatch.setattr(module, "source", entries.__getitem__)


def test_a_commit_is_cloned_once(tmp_path, host, catalogue):
    repositories = module.Repositories(tmp_path / "cache", host=str(host[0]))
    folder = repositories.path("sounds")
    assert (folder / "a" / "one.txt").read_text() == "first"
    (folder / "a" / "one.txt").write_text("kept")
    assert (module.Repositories(tmp_path / "cache", host=None).path("sounds") / "a" / "one.txt").read_text() == "kept"
    assert sorted(path.name for path in folder.parent.iterdir()) == ["maker+sounds"]


@pytest.mark.parametrize("place", ["maker+sounds", "maker/sounds", "sounds"])
def test_a_mirror_is_asked_before_the_host(tmp_path, host, catalogue, place):
    mirror = tmp_path / "mirrors" / place
    mirror.parent.mkdir(parents=True)
    (host[0] / "maker" / "sounds").rename(mirror)
    folder = module.Repositories(tmp_path / "cache", tmp_path / "mirrors", host=None).path("sounds")
    assert (folder / "a" / "one.txt").read_text() == "first"


def test_what_is_missing_is_named_once_and_left_out(tmp_path, host, catalogue):
    said = []
    repositories = module.Repositories(tmp_path / "cache", host=str(host[0]), log=lambda text, flush: said.append(text))
    assert repositories.have("gone") is None and repositories.have("gone") is None
    assert len(said) == 1 and "maker/gone" in said[0] and "--mirrors" in said[0]
    assert list(repositories.missing) == [f"maker/gone@{'0' * 40}"]
    assert repositories.have("sounds") is not None
    with pytest.raises(SourceError, match="maker/gone"):
        repositories.path("gone")


def test_without_a_host_nothing_is_cloned(tmp_path, host, catalogue):
    with pytest.raises(SourceError, match="no folder of mirrors"):
        module.Repositories(tmp_path / "cache", tmp_path, host=None).path("sounds")


def test_files_that_a_mirror_lacks_are_counted_and_left_out(tmp_path, host, catalogue):
    work = host[0] / "maker" / "sounds"
    git(work, "checkout", "-q", host[1])
    (work / "b.txt").write_text("also")
    git(work, "add", "."), git(work, "commit", "-qm", "more")
    commit = git(work, "rev-parse", "HEAD")
    identity = git(work, "rev-parse", f"{commit}:b.txt")
    (work / ".git" / "objects" / identity[:2] / identity[2:]).unlink()
    said = []
    repositories = module.Repositories(tmp_path / "cache", log=lambda text, flush: said.append(text))
    (tmp_path / "target").mkdir()
    repositories._lay(work / ".git", commit, tmp_path / "target")
    assert (tmp_path / "target" / "a" / "one.txt").read_text() == "first"
    assert not (tmp_path / "target" / "b.txt").exists() and "1 of 2 files" in said[0]


def test_a_package_that_cannot_be_had_is_named_once(tmp_path, monkeypatch):
    def refuse(name, cache):
        raise SourceError(f"Debian package {name} could not be downloaded")

    monkeypatch.setattr(module, "debian_package", refuse)
    said = []
    repositories = module.Repositories(tmp_path, log=lambda text, flush: said.append(text))
    assert repositories.package("no-such") is None and repositories.package("no-such") is None
    assert said == ["left out: Debian package no-such could not be downloaded"]
    monkeypatch.setattr(module, "debian_package", lambda name, cache: cache / name)
    assert repositories.package("there") == tmp_path.resolve() / "there"
