"""What can go wrong, in the words of the domain.

AppError
├── NotFound    the thing is not there, or not yours
├── Gone        it was there once: start anew
├── Conflict    the thing is not in a state that allows it
├── Forbidden   you may not
├── Outdated    whoever asks is of an older time: a newer version is needed
├── Invalid     the input is wrong: names the field and what was expected
└── Unavailable try again in a moment

HTTP is mapped once, in `app/api/errors.py`. Each subclass has a stable `code`; its docstring is its default message.
"""

from typing import Any


class AppError(Exception):
    """Something went wrong."""

    code = "error"
    keeps_changes = False  # True: what was written before it was raised is committed all the same

    def __init__(self, detail: str = "", **context: Any) -> None:
        self.detail = detail or (type(self).__doc__ or "").strip().splitlines()[0]
        self.context = context
        super().__init__(self.detail)


class NotFound(AppError):
    """There is no such thing here."""

    code = "not_found"


class Gone(AppError):
    """This is over: start anew."""

    code = "gone"


class Conflict(AppError):
    """The present state does not allow this."""

    code = "conflict"


class Forbidden(AppError):
    """You may not do this."""

    code = "forbidden"


class Unauthenticated(AppError):
    """Log in first."""

    code = "unauthenticated"


class Outdated(AppError):
    """Your version is too old: take a newer one."""

    code = "outdated"


class Unavailable(AppError):
    """Busy: try again in a moment."""

    code = "unavailable"

    def __init__(self, detail: str = "", *, retry_after_seconds: int = 1, **context: Any) -> None:
        super().__init__(detail, **context)
        self.retry_after_seconds = retry_after_seconds


class TooMany(Unavailable):
    """Too many requests: wait a little."""

    code = "too_many"


class Invalid(AppError):
    """The input is wrong."""

    code = "invalid"

    def __init__(self, field: str, expected: str, **context: Any) -> None:
        super().__init__(f"{field}: expected {expected}", **context)
        self.field = field
        self.expected = expected
