"""How much of the processor's disk one gateway may fill, so that none takes it from the others.

What is over a quota is not taken and not acknowledged: it stays with its gateway, which is told why.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

DEFAULT_QUOTA_GB: Final = 8.0
_QUOTA_BYTES: Final = round(DEFAULT_QUOTA_GB * 1e9)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one gateway may have in the inbox at a time; what is computed leaves it.

    Parameters
    ----------
    gateways
        That have anything here.
    gateway_bytes, session_bytes
        Of batches that are not computed yet. Two sensors fill 4 GB in a week.
    sessions
        That are not done.
    new_sessions, new_session_s
        So many may begin at once, and then one each so many seconds.
    undescribed_sessions, undescribed_bytes, undescribed_s
        Sessions of which only batches came, no description: how many, how much of each, and for how long they are
        kept. No gateway lets go of their batches.
    ahead
        Batches that a gap may lie before.
    reserve_bytes
        Of the disk, which nobody may fill.
    """

    gateways: int = 200
    gateway_bytes: int = _QUOTA_BYTES
    session_bytes: int = _QUOTA_BYTES // 2
    sessions: int = 1000
    new_sessions: int = 1000
    new_session_s: float = 60.0
    undescribed_sessions: int = 32
    undescribed_bytes: int = 4 << 20
    undescribed_s: float = 600.0
    ahead: int = 4096
    reserve_bytes: int = 64 << 20


class Quotas:
    """What each gateway has here, and whether it may have more.

    Parameters
    ----------
    limits
        How much is allowed.
    free_bytes
        Tells how much room the disk has.
    """

    def __init__(self, limits: Limits, free_bytes: Callable[[], int]) -> None:
        self.limits = limits
        self._free_bytes = free_bytes
        self._sessions: Counter[str] = Counter()
        self._undescribed: Counter[str] = Counter()
        self._bytes: Counter[str] = Counter()
        self._begun: dict[str, tuple[float, float]] = {}

    def why_no_session(self, gateway: str, *, described: bool, now_s: float) -> str:
        """Tell why a gateway may not begin another session; empty when it may."""
        limits = self.limits
        if gateway not in self._sessions and len(self._sessions) >= limits.gateways:
            return f"there are {limits.gateways} gateways already"
        if self._sessions[gateway] >= limits.sessions:
            return f"its gateway has {limits.sessions} sessions here that are not done"
        if not described and self._undescribed[gateway] >= limits.undescribed_sessions:
            return f"its gateway has {limits.undescribed_sessions} sessions here without a description"
        if self._allowance(gateway, now_s) < 1.0:
            return f"its gateway begins more sessions than one in {limits.new_session_s:g} s"
        return self._why_disk_is_full()

    def why_no_bytes(self, gateway: str, held_bytes: int, size: int, *, described: bool) -> str:
        """Tell why a session may not have `size` bytes more than the `held_bytes` that it has; empty when it may."""
        limits = self.limits
        most = limits.session_bytes if described else limits.undescribed_bytes
        if held_bytes + size > most:
            what = "" if described else ", as long as its description has not come"
            return f"it has {_in_mib(most)} here that are not computed yet, and may not have more{what}"
        if self._bytes[gateway] + size > limits.gateway_bytes:
            return (
                f"its gateway has {_in_mib(limits.gateway_bytes)} here that are not computed yet, and may not have more"
            )
        return self._why_disk_is_full()

    def begin(self, gateway: str, *, described: bool, now_s: float) -> None:
        """Note that a session began."""
        if len(self._begun) > self.limits.gateways:
            self._begun.clear()
        self._begun[gateway] = self._allowance(gateway, now_s) - 1.0, now_s
        self.hold(gateway, described=described, size=0)

    def hold(self, gateway: str, *, described: bool, size: int) -> None:
        """Note that a session is here, as it was before a restart."""
        self._sessions[gateway] += 1
        self._undescribed[gateway] += not described
        self._bytes[gateway] += size

    def describe(self, gateway: str) -> None:
        """Note that a session's description came."""
        self._undescribed[gateway] -= 1

    def add(self, gateway: str, size: int) -> None:
        """Note that a session has so many bytes more."""
        self._bytes[gateway] += size

    def release(self, gateway: str, *, described: bool, size: int) -> None:
        """Note that a session is gone, with its bytes."""
        self._sessions[gateway] -= 1
        self._undescribed[gateway] -= not described
        self._bytes[gateway] -= size
        if self._sessions[gateway] <= 0:
            for counter in (self._sessions, self._undescribed, self._bytes):
                del counter[gateway]

    def _allowance(self, gateway: str, now_s: float) -> float:
        left, then_s = self._begun.get(gateway, (float(self.limits.new_sessions), now_s))
        return min(left + (now_s - then_s) / self.limits.new_session_s, float(self.limits.new_sessions))

    def _why_disk_is_full(self) -> str:
        full = self._free_bytes() < self.limits.reserve_bytes
        return "the processor's disk is full: make room there" if full else ""


def _in_mib(size: int) -> str:
    return f"{size / (1 << 20):,.0f} MiB"
