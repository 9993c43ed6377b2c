"""A `footfall` command that says what each of its threads has used of the processors, whenever it gets SIGUSR1.

It imports nothing but `footfall_gateway`, so that it can run another checkout's commands, too.
"""

import json
import signal
import sys
import threading
import time
from typing import Final

SAYS: Final = "used: "
GAIT: Final = "the gait: decoding and computing"
PARTS: Final = {
    "MainThread": "event loop",
    "inbox": "inbox's disk",
    "store": "store's disk",
    "influx-outbox": "outbox's disk",
    "influx-network": "InfluxDB over HTTP",
    "asyncio": GAIT,
}
"""What threads are called, up to the number that a pool adds."""


def used_s() -> dict[str, float]:
    """Return the processor seconds of each part so far, and of `all`."""
    used = dict.fromkeys(PARTS.values(), 0.0)
    for thread in threading.enumerate():
        part = PARTS.get(thread.name.rpartition("_")[0] or thread.name)
        if part is not None and thread.ident is not None:
            used[part] += time.clock_gettime(time.pthread_getcpuclockid(thread.ident))
    return {**used, "all": time.process_time()}


def main() -> None:
    """Run the command of the arguments."""
    from footfall_gateway.cli import main as footfall

    def say(*_: object) -> None:
        sys.stdout.write(f"{SAYS}{json.dumps(used_s())}\n")
        sys.stdout.flush()

    signal.signal(signal.SIGUSR1, say)
    footfall()


if __name__ == "__main__":
    main()
