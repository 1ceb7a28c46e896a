"""Errors that a user can put right, and how every command ends with one: a line that names what is wrong, and the
remedy."""

from __future__ import annotations

from collections.abc import Callable


class UserError(ValueError):
    """Something given to a command that it cannot use."""


def run(main: Callable[[], None]) -> None:
    """Runs a command."""
    try:
        main()
    except (UserError, OSError) as error:
        raise SystemExit(f"error: {error}") from error
