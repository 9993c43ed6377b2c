"""The companions of a recording: their decoders, their readings, and how they are called."""

from collections.abc import Iterable, Iterator

from footfall_gateway.devices import COMPANION_PROFILES
from footfall_gateway.packets import RawPacket, RecordedCompanion, RecordingHeader
from footfall_gateway.recordings.scan import RecordingError
from footfall_processing.companions import Companion, CompanionReading
from footfall_processing.errors import InputError
from footfall_processing.state import PlainState


class CompanionReader:
    """Decodes the companions' packets of one session.

    Parameters
    ----------
    header
        The session.

    Raises
    ------
    RecordingError
        When a companion's profile is not known to this version, or a decoder can't do with its settings.
    """

    def __init__(self, header: RecordingHeader) -> None:
        self._decoders = {}
        for companion in header.companions:
            profile = COMPANION_PROFILES.get(companion.profile)
            if profile is None:
                raise RecordingError(
                    f"session {header.session.id}: {companion.id!r} was recorded with the profile "
                    f"{companion.profile!r}, which this Footfall does not know; update Footfall"
                )
            try:
                self._decoders[companion.id] = profile.decoder(companion)
            except Exception as error:  # a driver's, of whatever package: settings come from outside
                raise RecordingError(
                    f"session {header.session.id}: {companion.id!r} has settings that {companion.profile!r} can't be "
                    f"decoded with ({error}); the recording is damaged, or a newer driver made it"
                ) from error

    def push(self, packets: Iterable[RawPacket]) -> Iterator[CompanionReading]:
        """Yield the readings of packets, in order; packets of sensors give none."""
        for packet in packets:
            decoder = self._decoders.get(packet.sensor_id)
            if decoder is not None:
                yield from decoder.push(packet)

    def state(self) -> PlainState:
        """All that the decoders know, to be taken up again with `restore`."""
        return {companion_id: decoder.state() for companion_id, decoder in self._decoders.items()}

    def restore(self, state: PlainState) -> None:
        """Go on where `state` was taken.

        Raises
        ------
        InputError
            When the state is of other companions, or of another version of a decoder.
        """
        if not isinstance(state, dict) or state.keys() != self._decoders.keys():
            raise InputError("the stored state is of other companions")
        for companion_id, decoder in self._decoders.items():
            decoder.restore(state[companion_id])


def shown_companions(companions: Iterable[RecordedCompanion]) -> tuple[Companion, ...]:
    """Tell what to call companions; each must be of a known profile."""
    return tuple(Companion(one.id, COMPANION_PROFILES[one.profile].product) for one in companions)
