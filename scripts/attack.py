"""Try to get in, in every way that we could think of, and print what came of each.

`python scripts/attack.py [DOOR...]`: everything runs on this computer, against servers that the script starts itself.
It ends with status 1 if anything was got. How each door is guarded: docs/security.md.
"""

import argparse
import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final

from attacks import mqtt, pages, runner_pages
from attacks.attempts import Attempt
from footfall_gateway.outside import shown

DOORS: Final[dict[str, Callable[..., AsyncIterator[Attempt]]]] = {
    "pages": pages.attempts,
    "runner": runner_pages.attempts,
    "mqtt": mqtt.attempts,
}


async def attack(doors: list[str], *, quick: bool) -> list[Attempt]:
    """Make all attempts on these doors, print each, and return them."""
    made = []
    for door in doors:
        with tempfile.TemporaryDirectory() as folder:
            async for attempt in DOORS[door](Path(folder), quick=quick):
                made.append(attempt)
                print(f"{'GOT IN' if attempt.got else 'no':7}{attempt.kind:23}{shown(attempt.what)}: {attempt.answer}")
    return made


def main() -> int:
    """Attack what the command line names, or everything; return the exit status."""
    parser = argparse.ArgumentParser(description="Try to get in, on this computer, against servers of its own.")
    parser.add_argument("doors", nargs="*", choices=[*DOORS, []], help="which doors; by default all")
    parser.add_argument("--quick", action="store_true", help="leave out what takes long")
    arguments = parser.parse_args()
    made = asyncio.run(attack(arguments.doors or list(DOORS), quick=arguments.quick))
    kinds = Counter(attempt.kind for attempt in made)
    got = sum(attempt.got for attempt in made)
    print(f"\n{len(made)} attempts ({', '.join(f'{count} {kind}' for kind, count in kinds.items())}); got in: {got}")
    return 1 if got else 0


if __name__ == "__main__":
    sys.exit(main())
