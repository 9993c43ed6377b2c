"""Errors raised by the processing package.

::

    FootfallError            anything Footfall reports in one line, without a traceback
    └── InputError           data or description that a user can mend; the message says where and how

`gateway` and `dashboards` derive their own errors from `FootfallError`, so the command line catches one class.
"""


class FootfallError(Exception):
    """A condition the user can understand and act upon; its text is one line that says what to do."""


class InputError(FootfallError, ValueError):
    """Input that breaks a documented contract: the message names the file, the line or field, and the remedy."""
