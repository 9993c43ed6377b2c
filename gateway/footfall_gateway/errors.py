"""Errors of the gateway's own: what the outside world refuses.

::

    FootfallError            anything Footfall reports in one line, without a traceback
    ├── InputError           data or description that a user can mend
    │   ├── OutsideError     what came from outside can't be taken: a file, a message, a text
    │   └── SettingsError    a setting makes no sense
    └── GatewayError         a port, a folder, a link or a missing extra; the message says what to do
        └── TemporaryError   the same may do later
            └── BluetoothError   no Bluetooth
"""

from footfall_processing.errors import FootfallError, InputError


class OutsideError(InputError):
    """What came from outside can't be taken; the message says what, which bound it breaks, and what to do."""


class SettingsError(InputError):
    """A setting makes no sense; the message names it and where it stands. It won't be better at the next start."""


class GatewayError(FootfallError):
    """The outside world refused something; the message says what, and what to do."""


class TemporaryError(GatewayError):
    """What the outside world refused now it may allow later, with nothing changed here."""


class BluetoothError(TemporaryError):
    """The computer's Bluetooth can't be used."""

    def __init__(self, cause: Exception) -> None:
        why = (cause.strerror or str(cause)) if isinstance(cause, OSError) else str(cause)
        if isinstance(cause, FileNotFoundError):
            why = "the system's Bluetooth service is not there"
        super().__init__(f"Bluetooth can't be used ({why}): switch it on, then try again; `footfall doctor` tells more")
