"""What goes wrong by the user's hand, as opposed to ours."""


class UserError(Exception):
    """The request cannot be met as given; the message says what was given, what is allowed and how to mend it."""
