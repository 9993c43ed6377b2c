"""How often a password may be tried: by one address, and for one account; in bounded memory."""

import ipaddress
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final

MOST_KEPT: Final = 4096
_CROWD: Final = ("crowd",)


@dataclass(slots=True)
class _Bucket:
    tries: float
    at_s: float


class Allowance:
    """So many tries at once, and one more after each pause.

    Parameters
    ----------
    burst
        How many at once.
    pause_s
        After how many seconds there is another.
    now_s
        A clock that never goes back, in seconds.
    most_kept
        Of how many callers it keeps count; those on top share one count, so that nobody gets round it by being many.
    """

    def __init__(self, burst: int, pause_s: float, now_s: Callable[[], float], most_kept: int = MOST_KEPT) -> None:
        self._burst = burst
        self._pause_s = pause_s
        self._now_s = now_s
        self._most_kept = most_kept
        self._buckets: OrderedDict[Hashable, _Bucket] = OrderedDict()

    def wait_s(self, who: Hashable) -> float:
        """Return for how long this caller must wait; 0 when there is a try left."""
        return max(0.0, (1.0 - self._bucket(who).tries) * self._pause_s)

    def take(self, who: Hashable) -> None:
        """Take one try."""
        self._bucket(who).tries -= 1.0

    def give_back(self, who: Hashable) -> None:
        """Give one try back: it was no failure."""
        bucket = self._bucket(who)
        bucket.tries = min(float(self._burst), bucket.tries + 1.0)

    def __len__(self) -> int:
        return len(self._buckets)

    def _bucket(self, who: Hashable) -> _Bucket:
        now_s = self._now_s()
        if who not in self._buckets and len(self._buckets) >= self._most_kept:
            self._forget_refilled(now_s)
            if len(self._buckets) >= self._most_kept:
                who = _CROWD
        bucket = self._buckets.setdefault(who, _Bucket(float(self._burst), now_s))
        bucket.tries = min(float(self._burst), bucket.tries + (now_s - bucket.at_s) / self._pause_s)
        bucket.at_s = now_s
        self._buckets.move_to_end(who)
        return bucket

    def _forget_refilled(self, now_s: float) -> None:
        """Forget those who have all their tries again: they stand first, as those used last stand at the end."""
        full_s = self._burst * self._pause_s
        while self._buckets and now_s - next(iter(self._buckets.values())).at_s >= full_s:
            self._buckets.popitem(last=False)


class Tries:
    """Who may try a password now.

    An address has ten tries, then one in 30 s; an account ten, then one a minute, wherever they come from. From where
    an account was logged in to before, only the address's own count, so that nobody can lock others out of theirs.

    Parameters
    ----------
    now_s
        A clock that never goes back, in seconds.
    """

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._by_address = Allowance(10, 30.0, now_s)
        self._by_account = Allowance(10, 60.0, now_s)
        self._familiar: OrderedDict[tuple[str, str], None] = OrderedDict()

    def wait_s(self, address: str, account: str) -> float:
        """Return for how long to wait before a try; 0 when it may be made, and is counted."""
        counts = self._counts(address, account)
        for allowance, who in counts:
            # who may not try from there at all is not looked up any further
            if (wait_s := allowance.wait_s(who)) > 0.0:
                return wait_s
        for allowance, who in counts:
            allowance.take(who)
        return 0.0

    def succeeded(self, address: str, account: str) -> None:
        """Count a try as none, and remember that this account is used from there."""
        for allowance, who in self._counts(address, account):
            allowance.give_back(who)
        self._familiar[network_of(address), account] = None
        while len(self._familiar) > MOST_KEPT:
            self._familiar.popitem(last=False)

    def _counts(self, address: str, account: str) -> list[tuple[Allowance, Hashable]]:
        network = network_of(address)
        counts: list[tuple[Allowance, Hashable]] = [(self._by_address, network)]
        if (network, account) not in self._familiar:
            counts.append((self._by_account, account))
        return counts


def network_of(address: str) -> str:
    """Return what one household has of addresses: of IPv6 half the bits are its own to choose."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    return str(parsed if parsed.version == 4 else ipaddress.ip_network((parsed, 64), strict=False))
