"""Every decoder against packets that no sensor sends: nothing may leave it but samples within the sensor's reach.

What a virtual sensor of each model sends is mutated and decoded, over and over: bits flipped, bytes lost, added, copied
from other packets, packets doubled, swapped and made up. Where the protocol has a checksum, no sample may come out that
did not go in. It is the law `nothing_breaks_it` of every driver, tried a million times.
"""

import argparse
import json
import math
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Final

import numpy as np
from rich.progress import track

from footfall_gateway.packets import RawPacket
from footfall_gateway.virtual.conformance import CompanionSubject, Subject
from footfall_gateway.virtual.conformance.streams import heard, numbers_of, spoilt
from footfall_processing.samples import ImuBlock
from from_tests import COMPANION_SUBJECTS, SUBJECTS
from measure import Measurement, as_json, show

SESSION_SAMPLES: Final = 4000
"""A decoder is used for so long, then a new one: what it remembers is attacked too."""


def is_sent(subject: Subject, block: ImuBlock) -> bool:
    """Tell whether all samples of a block are some that were sent."""
    try:
        numbers_of(subject, [block])
    except AssertionError:
        return False
    return True


def fits(subject: Subject, block: ImuBlock, last_s: float) -> bool:
    """Tell whether a block lies within the sensor's reach, and behind the one before."""
    reach_mps2 = subject.reach * (subject.sensor.acc_range_mps2 or math.nan)
    within = bool(np.abs(block.acc_mps2).max() <= reach_mps2)
    if block.gyr_radps is not None:
        reach_radps = subject.reach * (subject.sensor.gyro_range_radps or math.nan)
        within = within and bool(np.abs(block.gyr_radps).max() <= reach_radps)
    return within and bool(np.all(np.diff(block.t_s) > 0.0)) and bool(block.t_s[0] > last_s)


def fuzz(subject: Subject, count: int, seed: int) -> list[Measurement]:
    """Decode `count` spoilt packets and about as many whole ones; an exception ends the benchmark."""
    random = Random(seed)
    packets, _ = heard(subject, random, SESSION_SAMPLES)
    samples = wrong = false = found_spoilt = 0
    decoder, last_s = subject.decoder(), -math.inf
    for number in track(range(2 * count), description=subject.name, transient=True):
        at = number % len(packets)
        if at == 0:
            decoder, last_s = subject.decoder(), -math.inf
        packet = packets[at]
        if random.random() < 0.5 and found_spoilt < count:
            packet, found_spoilt = spoilt(packets, at, random), found_spoilt + 1
        for block in decoder.push([packet]):
            samples += len(block)
            wrong += not fits(subject, block, last_s)
            last_s = float(block.t_s[-1])
            false += subject.checked and not is_sent(subject, block)
    found = [
        Measurement(f"{subject.name}: spoilt packets", float(found_spoilt), ""),
        Measurement(f"{subject.name}: samples decoded", float(samples), "", at_least=1.0),
        Measurement(f"{subject.name}: blocks out of order or out of reach", float(wrong), "", at_most=0.0),
    ]
    if subject.checked:
        found.append(Measurement(f"{subject.name}: blocks that were never sent", float(false), "", at_most=0.0))
    return found


def fuzz_companion(subject: CompanionSubject, count: int, seed: int) -> list[Measurement]:
    """Decode `count` spoilt packets of a companion and as many whole ones; an exception ends the benchmark."""
    random = Random(seed)
    decoder, packets = subject.decoder(), subject.packets
    readings = wrong = 0
    for number in track(range(2 * count), description=subject.name, transient=True):
        for reading in decoder.push(_either(packets, number, random)):
            readings += 1
            wrong += not all(
                low <= value <= high for key, value in reading.values.items() for low, high in [subject.reach[key]]
            )
    return [
        Measurement(f"{subject.name}: spoilt packets", float(count), ""),
        Measurement(f"{subject.name}: readings", float(readings), "", at_least=1.0),
        Measurement(f"{subject.name}: readings out of reach", float(wrong), "", at_most=0.0),
    ]


def _either(packets: Sequence[RawPacket], number: int, random: Random) -> RawPacket:
    at = number // 2 % len(packets)
    return spoilt(packets, at, random) if number % 2 else packets[at]


def main() -> None:
    """Run it from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packets", type=int, default=1_000_000, help="spoilt packets for each model")
    parser.add_argument("--only", help="only models whose name contains this")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers to FILE")
    arguments = parser.parse_args()
    found: list[Measurement] = []
    for subject in SUBJECTS:
        if arguments.only is None or arguments.only in subject.name:
            found += fuzz(subject, arguments.packets, arguments.seed)
    for companion in COMPANION_SUBJECTS:
        if arguments.only is None or arguments.only in companion.name:
            found += fuzz_companion(companion, arguments.packets, arguments.seed)
    title = f"Decoders against spoilt packets, seed {arguments.seed}: no exception"
    show(title, found)
    if arguments.json:
        arguments.json.write_text(json.dumps(as_json(found), indent=2) + "\n")


if __name__ == "__main__":
    main()
