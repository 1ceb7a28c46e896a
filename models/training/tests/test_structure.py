"""The package's modules import one another without cycles, in packages that do the same, with no folder too full to
look through."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "unbraid_training"

MOST_FILES = 15

Imports = dict[str, set[str]]


def module_of(file: Path) -> str:
    """Dotted name below the package."""
    parts = file.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts)


def imports() -> Imports:
    """Modules of ours that each module imports, wherever in it."""
    names = {module_of(file) for file in PACKAGE.rglob("*.py")}
    found: Imports = {}
    for file in PACKAGE.rglob("*.py"):
        module = module_of(file)
        here = module.split(".")[:-1]
        found[module] = set()
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and node.level:
                base = here[: len(here) - node.level + 1] + (node.module.split(".") if node.module else [])
                candidates = {".".join(base)} | {".".join([*base, alias.name]) for alias in node.names}
                found[module] |= candidates & names
    return found


def between_packages(found: Imports) -> Imports:
    """The same, of packages; a module beside them counts as one."""
    packages: Imports = defaultdict(set)
    for module, others in found.items():
        package = module.split(".")[0]
        packages[package] |= {other.split(".")[0] for other in others} - {package}
    return packages


def cycle(found: Imports) -> list[str]:
    """Names that import one another in a circle; empty where there is none."""
    try:
        TopologicalSorter(found).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def test_no_module_imports_itself_by_way_of_others():
    found = imports()
    assert len(found) > 60 and "model.layout" in found["data.songs"]
    assert cycle(found) == []


def test_no_package_imports_itself_by_way_of_others():
    packages = between_packages(imports())
    assert {"model", "data", "mixing", "training"} <= set(packages)
    assert cycle(packages) == []


def test_packages_import_only_those_above_them_in_the_readme_s_table():
    order = re.findall(r"^\| `(\w+)` \|", (ROOT / "README.md").read_text(), flags=re.MULTILINE)
    packages = between_packages(imports())
    assert set(order) == {folder.parent.name for folder in PACKAGE.glob("*/__init__.py")}
    for place, name in enumerate(order):
        assert packages[name] - {"errors"} <= set(order[:place]), name


def test_a_cycle_shows():
    assert cycle({"a": {"b"}, "b": {"c"}, "c": {"a"}}) != []
    assert cycle(between_packages({"a.x": {"b.y"}, "b.z": {"a.w"}})) != []


def folders() -> list[Path]:
    """Those that hold Python files."""
    return sorted({file.parent for part in ("unbraid_training", "tests") for file in (ROOT / part).rglob("*.py")})


@pytest.mark.parametrize("folder", folders(), ids=lambda one: str(one.relative_to(ROOT)))
def test_a_folder_can_be_looked_through(folder):
    assert len(list(folder.glob("*.py"))) <= MOST_FILES


def test_every_module_says_what_it_is():
    for file in PACKAGE.rglob("*.py"):
        assert ast.get_docstring(ast.parse(file.read_text())), file
