"""Commands of this package that documents, messages and other modules name exist, with the options that are named."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
TRAINING = ROOT / "models" / "training"

COMMAND = re.compile(r"-m (unbraid_training(?:\.\w+)*)((?:\\\n|[^`\n])*)")
"""A command and the rest of its line, and of those that a backslash joins to it."""


def program(module: str) -> Path:
    """File that `python -m MODULE` runs."""
    path = TRAINING.joinpath(*module.split("."))
    return path / "__main__.py" if path.is_dir() else path.with_suffix(".py")


def commands() -> list[tuple[str, str, list[str]]]:
    """Where a command is named, its module, and its options."""
    files = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "models").glob("*.md"), *TRAINING.glob("*.md")]
    files += TRAINING.glob("unbraid_training/**/*.py")
    found = []
    for file in files:
        for module, rest in COMMAND.findall(file.read_text()):
            options = re.findall(r"(?<![\w-])--[a-z0-9][a-z0-9-]*", rest.split("#")[0])
            found.append((f"{file.relative_to(ROOT)}: {module}", module, options))
    return found


def test_every_command_that_is_named_exists_and_is_one():
    named = commands()
    assert len(named) > 15 and len({module for _, module, _ in named}) >= 9
    for where, module, _ in named:
        assert program(module).is_file(), where
        assert 'if __name__ == "__main__":' in program(module).read_text(), where


def test_every_option_that_is_named_exists():
    count = 0
    for where, module, options in commands():
        for option in options:
            assert f'"{option}"' in program(module).read_text(), f"{where} has no {option}"
            count += 1
    assert count > 30


def test_a_wrong_option_would_show():
    (command,) = COMMAND.findall("x -m unbraid_training.build --data A \\\n  --nothing 3\nnext --line")
    assert command[0] == "unbraid_training.build" and "--nothing" in command[1] and "--line" not in command[1]
