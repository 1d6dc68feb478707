"""What goes wrong by the user's hand, as opposed to ours."""


def reason(error: BaseException) -> str:
    """What another library's error says, to stand within a sentence of ours; its kind where it says nothing."""
    return str(error).strip().rstrip(".") or type(error).__name__


class UserError(Exception):
    """The request cannot be met as given; the message says what was given, what is allowed and how to mend it."""
