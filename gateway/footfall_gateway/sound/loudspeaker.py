"""The loudspeaker of this computer, by miniaudio; an extra, as most gateways have none."""

import asyncio
import atexit
import os
import sys
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from footfall_coaching.cues.cue import Cue
from footfall_gateway.errors import GatewayError
from footfall_gateway.sound.mixer import RATE_HZ, Mixer

if TYPE_CHECKING:
    import miniaudio

PERIOD_MS: Final = 10
PERIODS: Final = 2
"""So much is played ahead: 20 ms between what is rendered and what is heard, if the system takes what we ask for."""


_NONE: Final = "this computer has no loudspeaker that can be used"


class SoundError(GatewayError):
    """There is no loudspeaker on this computer that Footfall can use."""


class Loudspeaker:
    """Plays cues until it is closed.

    Parameters
    ----------
    is_null
        Use the library's device that plays nothing, at the pace of one that does: for tests and measurements.

    Attributes
    ----------
    mixer
        What is heard.
    """

    def __init__(self, *, is_null: bool = False) -> None:
        self.mixer: Final = Mixer()
        self._is_null = is_null
        self._device: miniaudio.PlaybackDevice | None = None

    async def open(self) -> None:
        """Begin to play, silence at first; looking for a device takes long, so that is done off the event loop.

        Raises
        ------
        SoundError
            When the extra is not installed, or there is no device.
        """
        self._device = await asyncio.to_thread(self._opened)

    def play(self, cue: Cue) -> None:
        """Let a cue be heard; nothing where it is not open."""
        if self._device is not None:
            self.mixer.play(cue)

    async def close(self) -> None:
        """Let go of the device."""
        device, self._device = self._device, None
        if device is not None:
            atexit.unregister(device.close)
            await asyncio.to_thread(device.close)

    def _opened(self) -> "miniaudio.PlaybackDevice":
        try:
            import miniaudio
        except ImportError as error:
            raise SoundError("sound needs the extra: install footfall[sound]") from error
        if not self._is_null and not _may_have_one():
            raise SoundError(_NONE)
        # the null device takes the place of one that is missing, unless others are asked for
        null = miniaudio.Backend.NULL
        backends = [one for one in miniaudio.Backend if (one is null) == self._is_null]
        try:
            device = miniaudio.PlaybackDevice(
                output_format=miniaudio.SampleFormat.SIGNED16,
                nchannels=1,
                sample_rate=RATE_HZ,
                buffersize_msec=PERIOD_MS,
                callback_periods=PERIODS,
                backends=backends,
                app_name="Footfall",
            )
        except miniaudio.MiniaudioError as error:
            raise SoundError(_NONE) from error
        samples = _samples(self.mixer)
        next(samples)
        # its thread calls us: a program that ends in a hurry must not be gone before it
        atexit.register(device.close)
        device.start(samples)
        return device


def _may_have_one() -> bool:
    """Tell whether Linux knows a sound card or a sound server: where there is none, its library complains at length."""
    if sys.platform != "linux" or os.environ.get("PULSE_SERVER"):
        return True
    server = Path(os.environ.get("XDG_RUNTIME_DIR", f"/run/user/{os.getuid()}")) / "pulse" / "native"
    return server.exists() or any(Path("/dev/snd").glob("pcmC*D*p"))


def _samples(mixer: Mixer) -> Generator[NDArray[np.int16], int, None]:
    frames = yield mixer.render(0)
    while True:
        frames = yield mixer.render(frames).reshape(-1, 1)
