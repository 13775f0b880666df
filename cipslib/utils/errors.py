"""The one error that a user can mend: the command line prints its message and exits with 1."""


class UserError(Exception):
    """Something outside the program is wrong; the message names it and says what to do."""


class TooSmallError(UserError):
    """Images have too few pixels for what is asked of them: there is no such number."""


def check_one_of(value: str | None, allowed: tuple[str | None, ...], name: str) -> None:
    """Raise UserError, naming what is allowed, if ``value`` is none of it."""
    if value not in allowed:
        raise UserError(f"{name} is {value!r}, must be one of {', '.join(map(str, allowed))}")
