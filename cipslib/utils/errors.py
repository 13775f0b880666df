"""The one error that a user can mend: the command line prints its message and exits with 1."""


class UserError(Exception):
    """Something outside the program is wrong; the message names it and says what to do."""
