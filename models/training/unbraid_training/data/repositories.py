"""Public repositories as data sources: cloned at one commit, their files laid beside the dataset.

Recordings come from `https://github.com/OWNER/NAME`; a folder of clones or mirrors that one has already
(`OWNER+NAME`, `OWNER+NAME/repo`, `OWNER/NAME` or `NAME`, bare or not) is asked first.
"""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from pathlib import Path

from .fetch import SourceError, debian_package
from .sources import source

HOST = "https://github.com"


class Repositories:
    """Work trees of the catalogue's repositories below `cache/repositories`, each fetched when first asked for."""

    def __init__(self, cache: Path, mirrors: Path | None = None, host: str | None = HOST, log=print):
        self.cache = Path(cache).resolve()
        self.folder = self.cache / "repositories"
        self.mirrors, self.host, self.log = mirrors, host, log
        self.missing: dict[str, str] = {}
        """Repositories that could not be had, each with the reason."""

    def path(self, name: str) -> Path:
        """Folder with the files of the repository of source `name`; raises `SourceError` where it cannot be had."""
        where = source(name).repository
        if not where:
            raise SourceError(f"source {name} has no repository in the catalogue")
        if where in self.missing:
            raise SourceError(self.missing[where])
        target = self.folder / where.split("@")[0].replace("/", "+")
        if not target.is_dir():
            try:
                self._fetch(where, target)
            except SourceError as error:
                self.missing[where] = str(error)
                raise
        return target

    def have(self, name: str) -> Path | None:
        """The same, or None, naming once what is left out and why."""
        known = len(self.missing)
        try:
            return self.path(name)
        except SourceError as error:
            if len(self.missing) > known:
                self.log(f"left out: {error}", flush=True)
            return None

    def package(self, name: str) -> Path | None:
        """Files of the Debian package `name`, or None, naming once what is left out and why."""
        if name in self.missing:
            return None
        try:
            return debian_package(name, self.cache)
        except SourceError as error:
            self.missing[name] = str(error)
            self.log(f"left out: {error}", flush=True)
            return None

    def _fetch(self, where: str, target: Path) -> None:
        repository, commit = where.split("@")
        git = self._mirror(repository, commit)
        shutil.rmtree(target.with_name(target.name + ".partial"), ignore_errors=True)
        partial = target.with_name(target.name + ".partial")
        partial.mkdir(parents=True)
        if git is None:
            git = self._clone(repository, commit, target.with_name(target.name + ".git"))
        self._lay(git, commit, partial)
        partial.rename(target)
        shutil.rmtree(target.with_name(target.name + ".git"), ignore_errors=True)

    def _mirror(self, repository: str, commit: str) -> Path | None:
        """A clone in the folder of mirrors that holds the commit."""
        if self.mirrors is None:
            return None
        owner, name = repository.split("/")
        for place in (f"{owner}+{name}", f"{owner}+{name}/repo", repository, name, f"{name}.git"):
            for git in (self.mirrors / place / ".git", self.mirrors / place):
                if (git / "objects").is_dir() and _git(git, "cat-file", "-e", f"{commit}^{{commit}}").returncode == 0:
                    return git
        return None

    def _clone(self, repository: str, commit: str, git: Path) -> Path:
        if self.host is None:
            raise SourceError(f"{repository} is in no folder of mirrors, and cloning is switched off")
        shutil.rmtree(git, ignore_errors=True)
        url = f"{self.host}/{repository}"
        steps = (["init", "--bare", "-q"], ["fetch", "-q", "--depth", "1", url, commit])
        git.mkdir(parents=True)
        for step in steps:
            done = _git(git, *step)
            if done.returncode != 0:
                shutil.rmtree(git, ignore_errors=True)
                reason = done.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
                raise SourceError(
                    f"{url} at {commit[:12]} could not be cloned: {reason[-1]}; check the network, or clone it into a "
                    "folder and name that with --mirrors"
                )
        return git

    def _lay(self, git: Path, commit: str, target: Path) -> None:
        """Writes the commit's files; those whose contents the mirror lacks are left out and counted."""
        listed = _git(git, "ls-tree", "-r", "-z", commit)
        entries = [line.split("\t", 1) for line in listed.stdout.decode(errors="surrogateescape").split("\0") if line]
        objects = "\n".join(head.split()[2] for head, _ in entries)
        checked = _git(git, "cat-file", "--batch-check=%(objectname) %(objecttype)", given=objects.encode())
        absent = {line.split()[0] for line in checked.stdout.decode().splitlines() if line.endswith("missing")}
        if not absent:
            command = ["git", "--git-dir", str(git), "archive", commit]
            with (
                subprocess.Popen(command, stdout=subprocess.PIPE) as archive,
                tarfile.open(fileobj=archive.stdout, mode="r|") as opened,
            ):
                opened.extractall(target, filter="data")
            return
        self.log(f"{git}: {len(absent)} of {len(entries)} files are not in this mirror; they are left out", flush=True)
        for head, name in entries:
            identity = head.split()[2]
            if identity not in absent and head.split()[1] == "blob" and head.split()[0] != "120000":
                path = target / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(_git(git, "cat-file", "blob", identity).stdout)


def _git(folder: Path, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess:
    try:
        return subprocess.run(
            ["git", "--git-dir", str(folder), *arguments], input=given, capture_output=True, check=False
        )
    except FileNotFoundError as error:
        raise SourceError("git is not installed; install it to fetch recordings from repositories") from error
