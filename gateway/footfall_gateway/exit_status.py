"""How the `footfall` command ends: the one place that knows what each exit status means."""

from enum import IntEnum
from types import MappingProxyType
from typing import Final

from footfall_gateway.errors import SettingsError, TemporaryError
from footfall_processing.errors import FootfallError


class ExitStatus(IntEnum):
    """What a script, a service manager or CI is told."""

    DONE = 0
    FAULT = 1
    NOT_DONE = 2
    NOT_NOW = 75
    SETTINGS = 78
    INTERRUPTED = 130
    NOBODY_READS = 141


MEANINGS: Final = MappingProxyType(
    {
        ExitStatus.DONE: "done, and whole; also when a service was asked to end",
        ExitStatus.FAULT: "a fault in Footfall: please report what it printed",
        ExitStatus.NOT_DONE: "not done, or not whole: wrong options, damaged input, a loss; one line says which",
        ExitStatus.NOT_NOW: "not now: Bluetooth is off, a server is away, another program holds the folder; try again",
        ExitStatus.SETTINGS: "a setting makes no sense, in footfall.toml or FOOTFALL_*; trying again won't help",
        ExitStatus.INTERRUPTED: "ended by Ctrl-C",
        ExitStatus.NOBODY_READS: "whoever read what it prints has left",
    }
)
"""Numbers from 75 on are those of BSD's sysexits.h and of shells (128 and a signal's number)."""


def status_of(error: FootfallError) -> ExitStatus:
    """Return how a command ends that such an error ends."""
    if isinstance(error, SettingsError):
        return ExitStatus.SETTINGS
    return ExitStatus.NOT_NOW if isinstance(error, TemporaryError) else ExitStatus.NOT_DONE
