"""Fuzz the doors of `tests/fuzzing`, guided by coverage: `python scripts/fuzz.py --all`; see docs/fuzzing.md.

Needs atheris for the guidance (`pip install atheris`, Linux); without it hypothesis makes the inputs.
"""

import argparse
import json
import os
import re
import resource
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from fuzzing.door import Door, Figures

REPOSITORY: Final = Path(__file__).resolve().parents[1]
PAGE: Final = REPOSITORY / "docs" / "fuzzing.md"
BUILD: Final = REPOSITORY / "build" / "fuzz"
MOST_BYTES: Final = 1 << 30
"""By which the address space of a run may grow."""
HANGING_S: Final = 60
TABLE: Final = "<!-- made by scripts/fuzz.py --report -->\n"
_PACKAGES: Final = ("footfall_processing", "footfall_coaching", "footfall_gateway", "footfall_dashboards", "footfall")
_KEPT_EACH_S: Final = 0.2
_NOTHING: Final = {"inputs": 0, "refused": 0, "took_s": 0.0, "worst_s": 0.0, "worst_bytes": 0}
GUIDED: Final = find_spec("atheris") is not None
_COVERED: Final = re.compile(rb"cov: (\d+) ft: (\d+)")


def main() -> int:
    """Do what is asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("doors", nargs="*", metavar="DOOR", help="which doors; --list names them")
    parser.add_argument("--all", action="store_true", help="fuzz all doors, one after the other")
    parser.add_argument("--inputs", type=int, default=20_000, help="inputs for each door (default: %(default)s)")
    parser.add_argument("--seconds", type=int, default=150, help="at most so long for each door (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="another one gives other inputs (default: %(default)s)")
    parser.add_argument("--list", action="store_true", help="name the doors")
    parser.add_argument("--seeds", action="store_true", help="make the seeds anew")
    parser.add_argument("--report", action="store_true", help="write the figures of all runs into docs/fuzzing.md")
    asked = parser.parse_args()
    sys.path[:0] = [str(REPOSITORY / "tests")]
    if asked.seeds:
        from fuzzing import make_seeds

        make_seeds.write()
        return 0
    doors = opened()
    if asked.list:
        print("\n".join(doors))
        return 0
    if unknown := [name for name in asked.doors if name not in doors]:
        parser.error(f"there is no door {unknown[0]!r}; --list names them")
    status = 0
    for name in doors if asked.all else asked.doors:
        status |= run(doors[name], asked.inputs, asked.seconds, asked.seed)
    if asked.report:
        report(doors)
    return status


def run(door: "Door", inputs: int, seconds: int, seed: int) -> int:
    """Fuzz a door in a process of its own; keep its figures, and what it says."""
    folder = BUILD / door.name
    folder.mkdir(parents=True, exist_ok=True)
    log, figures = folder / "log.txt", folder / "figures.json"
    figures.unlink(missing_ok=True)
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        with log.open("wb") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
        status = 1
        try:
            fuzz(door, inputs, seconds, seed)
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    _, waited = os.waitpid(child, 0)
    status, said = os.waitstatus_to_exitcode(waited), log.read_bytes()
    found = dict(_NOTHING) | (json.loads(figures.read_text()) if figures.exists() else {})
    covered = _COVERED.findall(said)
    found |= {"door": door.name, "seed": seed, "status": status}
    found |= {"edges": int(covered[-1][0]) if covered else None, "features": int(covered[-1][1]) if covered else None}
    with (BUILD / "runs.jsonl").open("a") as file_of_runs:
        print(json.dumps(found), file=file_of_runs)
    print(json.dumps(found), flush=True)
    if status:
        print(said.decode(errors="replace")[-4000:])
    return int(status != 0)


def fuzz(door: "Door", inputs: int, seconds: int, seed: int) -> None:
    """Fuzz a door in this process; with atheris, it ends here."""
    from fuzzing.door import Figures, held_to_limits

    figures, folder = Figures(), BUILD / door.name
    for data in door.seeds():  # what is loaded and compiled with the first inputs is nobody's growth
        held_to_limits(door, data, Figures())
    _limit_memory()
    began_s = kept_s = time.process_time()

    def take(data: bytes) -> None:
        nonlocal kept_s
        try:
            held_to_limits(door, data, figures)
        except BaseException:
            (folder / f"found-{seed}").write_bytes(data)
            raise
        finally:
            now_s = time.process_time()
            if now_s - kept_s > _KEPT_EACH_S or figures.inputs == inputs:  # libFuzzer ends without a word to Python
                kept_s = now_s
                _keep(folder / "figures.json", figures, now_s - began_s)

    if GUIDED:
        _guided(door, take, inputs, seconds, seed)
    else:
        _by_chance(door, take, inputs, seconds, seed)


def opened() -> "Mapping[str, Door]":
    """Return all doors; with atheris, what they lead to tells what it reaches."""
    if not GUIDED:
        return _doors()
    import atheris

    with atheris.instrument_imports(include=_PACKAGES, exclude=_kernels()):
        return _doors()


def _doors() -> "Mapping[str, Door]":
    from footfall_gateway import machine_code

    machine_code.keep()
    from fuzzing.doors import DOORS

    doors: Mapping[str, Door] = DOORS
    return doors


def _kernels() -> list[str]:
    """Return the modules with compiled kernels, whose code must stay as it is: Numba reads it."""
    sources = (path for package in ("processing", "gateway") for path in (REPOSITORY / package).rglob("*.py"))
    return [
        ".".join(path.relative_to(REPOSITORY).with_suffix("").parts[1:])
        for path in sources
        if re.search(r"@compiled|compiled_with\(|import numba", path.read_text(encoding="utf-8"))
    ]


def _limit_memory() -> None:
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * os.sysconf("SC_PAGE_SIZE") + MOST_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _guided(door: "Door", take: Callable[[bytes], None], inputs: int, seconds: int, seed: int) -> None:
    import atheris

    from fuzzing.door import SEEDS
    from fuzzing.mutations import Shape, mutated

    seeds, corpus = list(door.seeds()), BUILD / door.name / "corpus"
    corpus.mkdir(exist_ok=True)

    def change(data: bytes, most_bytes: int, chance: int) -> bytes:
        random = Random(chance)
        if random.random() < 0.4:  # what comes of what was refused is nearly always refused too
            data = random.choice(seeds)
        if random.random() < (0.5 if door.shape is Shape.BYTES else 0.1):
            spoilt: bytes = atheris.Mutate(data, most_bytes)
            return spoilt
        return mutated(data, random, door.shape, door.prefix)[:most_bytes]

    options = [
        f"-runs={inputs}",
        f"-max_total_time={seconds}",
        f"-seed={seed}",
        f"-max_len={door.most_bytes}",
        f"-timeout={HANGING_S}",
        "-rss_limit_mb=2048",
        f"-artifact_prefix={BUILD / door.name}/",
        str(corpus),
        str(SEEDS / door.name),
    ]
    atheris.Setup([sys.argv[0], *options], take, custom_mutator=change)
    atheris.Fuzz()


def _by_chance(door: "Door", take: Callable[[bytes], None], inputs: int, seconds: int, seed: int) -> None:
    import hypothesis
    from hypothesis import strategies as st

    from fuzzing.mutations import mutated

    seeds, until_s = list(door.seeds()), time.monotonic() + seconds

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=inputs, database=None, deadline=None, suppress_health_check=list(hypothesis.HealthCheck)
    )
    # a number, and not st.randoms(): what is drawn must not depend on whether the time is up
    @hypothesis.given(st.sampled_from(seeds), st.integers(0, 2**64 - 1), st.binary(max_size=40))
    def one(data: bytes, number: int, more: bytes) -> None:
        if time.monotonic() < until_s:
            random = Random(number)
            take((mutated(data, random, door.shape, door.prefix) + more * (random.random() < 0.1))[: door.most_bytes])

    one()


def _keep(path: Path, figures: "Figures", took_s: float) -> None:
    path.write_text(
        json.dumps(
            {
                "inputs": figures.inputs,
                "refused": figures.refused,
                "took_s": round(took_s, 1),
                "worst_s": round(figures.worst_s, 4),
                "worst_bytes": figures.worst_bytes,
            }
        )
    )


def report(doors: "Mapping[str, Door]") -> None:
    """Write the table of all runs so far into the page; worst figures are those of runs that found nothing."""
    runs = [{**_NOTHING, **json.loads(line)} for line in (BUILD / "runs.jsonl").read_text().splitlines()]
    runs = [one for one in runs if one["door"] in doors]
    rows = [row for door in doors.values() if (row := _row(door, [one for one in runs if one["door"] == door.name]))]
    total, took_s = sum(one["inputs"] for one in runs), sum(one["took_s"] for one in runs)
    told = f"**{total:,} inputs** through {len(rows)} doors, in {took_s / 60:.0f} minutes of processor time.\n\n"
    head = (
        "| door | what the bytes are | inputs | refused | edges | inputs/s | worst time | most memory more |\n"
        "|---|---|--:|--:|--:|--:|--:|--:|\n"
    )
    before = PAGE.read_text(encoding="utf-8").partition(TABLE)[0]
    PAGE.write_text(before + TABLE + "\n" + told + head + "\n".join(rows) + "\n", encoding="utf-8")


def _row(door: "Door", runs: Sequence[dict[str, Any]]) -> str:
    good = [one for one in runs if one["status"] == 0]
    if not good:
        return ""
    inputs, took_s = sum(one["inputs"] for one in runs), sum(one["took_s"] for one in runs)
    refused = sum(one["refused"] for one in runs) / max(inputs, 1)
    cells = (
        f"`{door.name}`",
        door.bytes_are,
        f"{inputs:,}",
        f"{100 * refused:.0f} %",
        f"{edges:,}" if (edges := max(one["edges"] or 0 for one in good)) else "–",
        f"{inputs / max(took_s, 0.1):,.0f}",
        f"{max(one['worst_s'] for one in good) * 1e3:.0f} ms",
        f"{max(one['worst_bytes'] for one in good) / (1 << 20):.1f} MiB",
    )
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(main())
