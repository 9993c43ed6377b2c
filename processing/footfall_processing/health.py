"""How well each sensor is doing: what the live page and the fleet dashboards show beside the metrics."""

from dataclasses import dataclass
from enum import StrEnum


class LinkState(StrEnum):
    """Where the link to a sensor stands, in words a runner understands."""

    SEARCHING = "searching"
    CONNECTING = "connecting"
    STREAMING = "streaming"
    SILENT = "silent"
    """Connected, but no data for longer than the watchdog allows."""
    LOST = "lost"
    """Disconnected against our will; the gateway keeps trying."""
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class SensorHealth:
    """One sensor's state at a moment; counts are since the session began.

    Parameters
    ----------
    t_s
        Session seconds of this report.
    rate_hz
        Samples a second over the last few seconds, by the sensor's own clock; `None` before there are any.
    received_samples, lost_samples, clipped_samples
        Samples decoded, known missing (by sequence numbers), and at the end of their range.
    battery_percent
        0 to 100, `None` when the sensor does not say.
    duplicate_packets, rejected_packets
        Packets that came before, and packets that break the sensor's protocol: both were left out.
    axes_disagree
        What is wrong with the axes of gyroscope and accelerometer, in words; empty where nothing is known to be.
    held_samples
        How many times the stream repeats each sample; 1 where it does not, as far as is known.
    """

    sensor_id: str
    t_s: float
    state: LinkState
    rate_hz: float | None
    received_samples: int
    lost_samples: int
    clipped_samples: int
    battery_percent: int | None
    duplicate_packets: int = 0
    rejected_packets: int = 0
    axes_disagree: str = ""
    held_samples: int = 1

    @property
    def loss_fraction(self) -> float:
        """Lost samples over all that were sent."""
        sent = self.received_samples + self.lost_samples
        return self.lost_samples / sent if sent else 0.0
