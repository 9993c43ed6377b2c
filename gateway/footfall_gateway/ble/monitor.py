"""Keeps watch over one sensor's stream: how much arrives, how much is lost, at what rate."""

from collections import deque
from collections.abc import Sequence
from typing import Final

from footfall_gateway.devices import PROFILES, Decoder, DecoderCounts
from footfall_gateway.packets import RawPacket, RecordedSensor
from footfall_processing.health import LinkState, SensorHealth
from footfall_processing.samples import ImuBlock
from footfall_processing.state import PlainState

RATE_WINDOW_S: Final = 5.0


class SensorMonitor:
    """A sensor's decoder (see `Decoder`) that also tells how the sensor is doing.

    Parameters
    ----------
    recorded_sensor
        Whose packets.
    """

    def __init__(self, recorded_sensor: RecordedSensor) -> None:
        self._sensor_id = recorded_sensor.sensor.id
        self._decoder: Decoder = PROFILES[recorded_sensor.profile].decoder(recorded_sensor)
        self._recent: deque[tuple[float, int]] = deque()

    @property
    def counts(self) -> DecoderCounts:
        """What was seen so far."""
        return self._decoder.counts

    def push(self, packets: Sequence[RawPacket]) -> list[ImuBlock]:
        """Decode the sensor's next packets, each by itself, so that the rate is that of the last seconds."""
        blocks = [block for packet in packets for block in self._decoder.push([packet])]
        for block in blocks:
            self._recent.append((float(block.t_s[-1]), len(block)))
            while self._recent[-1][0] - self._recent[0][0] > RATE_WINDOW_S:
                self._recent.popleft()
        return blocks

    def state(self) -> PlainState:
        """All that the decoder knows; what was seen of the rate is of now, and not kept."""
        return self._decoder.state()

    def restore(self, state: PlainState) -> None:
        """Go on where `state` was taken."""
        self._decoder.restore(state)

    def report(self, t_s: float, state: LinkState, battery_percent: int | None) -> SensorHealth:
        """Say how the sensor is doing at session second `t_s`."""
        counts = self._decoder.counts
        return SensorHealth(
            sensor_id=self._sensor_id,
            t_s=t_s,
            state=state,
            rate_hz=self._rate_hz() if state is LinkState.STREAMING else None,
            received_samples=counts.received_samples,
            lost_samples=counts.lost_samples,
            clipped_samples=counts.clipped_samples,
            battery_percent=battery_percent,
            duplicate_packets=counts.duplicate_packets,
            rejected_packets=counts.rejected_packets,
        )

    def _rate_hz(self) -> float | None:
        if len(self._recent) < 2:
            return None
        samples = sum(n for _, n in self._recent) - self._recent[0][1]
        return samples / (self._recent[-1][0] - self._recent[0][0])
