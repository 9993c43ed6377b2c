"""Errors of the gateway's own: what the outside world refuses.

::

    FootfallError            anything Footfall reports in one line, without a traceback
    ├── InputError           data or description that a user can mend
    └── GatewayError         a port, a folder, a link or a missing extra; the message says what to do
"""

from footfall_processing.errors import FootfallError


class GatewayError(FootfallError):
    """The outside world refused something; the message says what, and what to do."""
