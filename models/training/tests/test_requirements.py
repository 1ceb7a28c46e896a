"""The requirements install all that the package imports."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# Where a distribution is not called as the module that it installs.
DISTRIBUTIONS = {"fluidsynth": "pyfluidsynth", "hibari": "hibari-tts"}

# Programs of `cargo xtask evaluate`, which makes environments of its own for them.
OWN_ENVIRONMENTS = {
    "evaluation/evaluate.py": "requirements-evaluate.txt",
    "evaluation/peers.py": "requirements-peers.txt",
    "evaluation/scores.py": "requirements-evaluate.txt",
}


def imported(file: Path) -> set[str]:
    """Top-level names of the modules of others that `file` imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.split(".")[0])
    return names - set(sys.stdlib_module_names) - {"unbraid_training"}


def reached(file: Path) -> set[Path]:
    """The file, and those of ours that it imports, and what they import."""
    found, waiting = set(), [file]
    while waiting:
        one = waiting.pop()
        if one in found:
            continue
        found.add(one)
        for node in ast.walk(ast.parse(one.read_text())):
            if isinstance(node, ast.ImportFrom) and node.level:
                folder = one.parents[node.level - 1].joinpath(*(node.module or "").split("."))
                inside = [folder / alias.name for alias in node.names]
                waiting += [path.with_suffix(".py") for path in (folder, *inside) if path.with_suffix(".py").is_file()]
    return found


def required(file: str) -> set[str]:
    """Names of the distributions in a requirements file, as imported."""
    lines = (ROOT / file).read_text().splitlines()
    names = {re.split(r"[=<>\[; ]", line, maxsplit=1)[0].lower() for line in lines if line and line[0] != "#"}
    return {name.replace("-", "_") for name in names}


def missing(files: list[Path], requirements: list[str]) -> dict[str, str]:
    """Modules that no requirement installs, each with a file that imports it."""
    have = set().union(*(required(name) for name in requirements))
    wanted = {name: file.name for file in files for name in imported(file)}
    return {name: file for name, file in wanted.items() if DISTRIBUTIONS.get(name, name).replace("-", "_") not in have}


def test_every_import_is_required():
    own = [ROOT / "unbraid_training" / name for name in OWN_ENVIRONMENTS]
    package = [file for file in sorted((ROOT / "unbraid_training").rglob("*.py")) if file not in own]
    assert len(package) > 40 and all(file.exists() for file in own)
    assert missing(package, ["requirements.txt"]) == {}


def test_programs_of_their_own_have_what_they_import():
    for name, requirements in OWN_ENVIRONMENTS.items():
        files = reached(ROOT / "unbraid_training" / name)
        assert missing(sorted(files), [requirements]) == {}, name
    layout = ROOT / "unbraid_training" / "model" / "layout.py"
    assert layout in reached(ROOT / "unbraid_training" / "evaluation" / "evaluate.py")


def test_a_missing_requirement_shows():
    files = [ROOT / "unbraid_training" / "train.py"]
    assert "torch" in missing(files, ["requirements-evaluate.txt"])
