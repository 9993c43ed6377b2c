"""Build the real image, and bring the real compose file up: `make test-image`, some minutes at the first time.

Where Docker Engine runs, it is used, with the images that the files name. Elsewhere, as root on a Debian, Debian's
engine is started in namespaces of its own, and what can't be had without a registry is stood in for:
`image_tests/stand_ins.py` says by what. Then:

- the image is no larger than it may be, and what takes how much of it is printed;
- `analyze`, `demo` and `serve` run in it, shut in, and find what they find outside;
- gateway, broker, processor and InfluxDB come up by the compose file; a virtual runner runs; processor and broker are
  killed with SIGKILL, and started again by the engine; and every stride, in the processor's store and in InfluxDB, is
  that of `footfall analyze`.

It ends with status 1 where anything is otherwise, and with status 2 where something is missing that it needs; it says
what. Nothing is left behind but the folder `build/image`, which makes the next time shorter.
"""

import argparse
import contextlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any, Final

import image_size
from footfall_gateway.machine_code import make_ready
from image_tests import packages, programs, stand_ins
from image_tests.commands import run
from image_tests.engine import Engine, own_engine, require_what_an_own_engine_needs, running_engine
from image_tests.lacks import LackError
from image_tests.stack import REPOSITORY, compose_program, run_under_fire, stack

IMAGE: Final = "footfall:test"
BUILD_S: Final = 1800.0
CACHE: Final = REPOSITORY / "build" / "image"

OF_DEMO: Final = {"/healthz": 1, "/live/": 1000, "/live/plotly/plotly.min.js": 1_000_000}
"""What answers, and with how many bytes at least: the whole script that draws is some MB."""
OF_SERVE: Final = {"/healthz": 1, "/today": 1000}


class WrongError(Exception):
    """The image, or what runs of it, isn't as it is to be: what is wrong is Footfall, not the test."""


def say(text: str) -> None:
    """Tell how far it is."""
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


def build(engine: Engine) -> None:
    """Build the Dockerfile, as it stands where images can be had; else but for digests, on the engine's own network."""
    dockerfile = (REPOSITORY / "Dockerfile").read_text()
    command: list[str | Path] = ["build", "--tag", IMAGE]
    if engine.has_network:
        engine.docker(*command, REPOSITORY, patience_s=BUILD_S)
    else:
        text = stand_ins.without_digests(dockerfile)
        engine.docker(*command, "--network", "host", "--file", "-", REPOSITORY, patience_s=BUILD_S, text=text)


def check_size(engine: Engine, at_most_mb: float) -> None:
    """Print what takes how much of the image."""
    try:
        sizes_mb = image_size.components(IMAGE, engine.environment)
    except image_size.UnknownError as error:
        raise LackError(str(error)) from error
    print(image_size.table(sizes_mb), flush=True)
    whole_mb = sum(sizes_mb.values())
    if whole_mb > at_most_mb:
        raise WrongError(f"the image is too large: {whole_mb:.0f} MB, and {at_most_mb:.0f} it may be")


def check_programs(engine: Engine) -> None:
    """Run in the image what people run in it."""
    say("compiling here what the image has compiled, to compare with ...")
    make_ready()
    inside = programs.strides_analyzed(engine, IMAGE)
    outside = _strides_here(REPOSITORY / "recordings" / "rearfoot-runner.mcap")
    if inside != outside or not inside:
        raise WrongError(
            f"`footfall analyze` finds {len(inside)} strides in the image, {len(outside)} outside, or others"
        )
    say(f"analyze: the same {len(inside)} strides as outside")
    say(f"imported: {programs.modules_imported(engine, IMAGE)} modules, which is all")
    demo = ("demo", programs.RECORDING, "--no-browser")
    print(programs.pages_served(engine, IMAGE, *demo, wanted=OF_DEMO), end="")
    print(programs.pages_served(engine, IMAGE, "serve", "--no-browser", wanted=OF_SERVE), end="")


def _strides_here(recording: Path) -> list[dict[str, Any]]:
    footfall = [sys.executable, "-c", "from footfall_gateway.cli import main; main()"]
    command: list[str | Path] = [*footfall, "analyze", recording, "--json"]
    said = run(command, patience_s=programs.RUN_S)
    return [line for line in map(json.loads, said.splitlines()) if line.get("type") == "stride"]


def check_stack(engine: Engine) -> None:
    """Bring the compose file up, kill parts of it, and compare what comes out; then look at the page."""
    over = {} if engine.has_network else stand_ins.IN_PLACE
    with stack(engine, IMAGE, over) as services:
        begun_s = time.monotonic()
        services.up("processor")
        say(f"compose: processor, broker and InfluxDB are up after {time.monotonic() - begun_s:.1f} s")
        if engine.has_network:
            services.up("grafana")
            services.until_healthy("grafana")
            say("compose: Grafana is healthy")
        else:
            say("LEFT OUT: Grafana, of which no image can be had here")
        outcome = run_under_fire(services)
        say(f"killed {' and '.join(outcome.kills)}; of {outcome.sessions} session: {outcome.strides} strides")
        say(
            f"lost {outcome.lost}, doubled {outcome.doubled}, different sessions {outcome.different}, "
            f"wrong in InfluxDB {outcome.wrong_points}"
        )
        if not outcome.is_whole:
            raise WrongError("strides differ from those of `footfall analyze`")
        services.until_healthy("processor")
        services.up("page")
        services.until_healthy("page")
        for service, used in services.memory().items():
            say(f"memory of {service}: {used}")


def main() -> int:
    """Do it all; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--at-most", type=float, default=image_size.AT_MOST_MB, metavar="MB", help="of the image")
    arguments = parser.parse_args()
    try:
        with contextlib.ExitStack() as open_until_the_end:
            engine = running_engine(os.environ)
            if engine is None:
                require_what_an_own_engine_needs()
                engine = _stood_in_for(open_until_the_end)
            compose_program(engine)
            say("building the image ...")
            build(engine)
            check_size(engine, arguments.at_most)
            check_programs(engine)
            check_stack(engine)
    except LackError as error:
        print(f"image test: {error}", file=sys.stderr)
        return 2
    except WrongError as error:
        print(f"image test: WRONG: {error}", file=sys.stderr)
        return 1
    say("all is as it is to be")
    return 0


def _stood_in_for(until: contextlib.ExitStack) -> Engine:
    """Start Debian's engine with images in place of those that can't be had."""
    CACHE.mkdir(parents=True, exist_ok=True)
    say("no Docker Engine runs here: fetching Debian's ...")
    there = packages.fetch_engine(CACHE)
    engine = until.enter_context(own_engine(there))
    say("making images of Debian's packages ...")
    dockerfile = (REPOSITORY / "Dockerfile").read_text()
    until.enter_context(stand_ins.base(engine, CACHE, there, dockerfile, REPOSITORY / "requirements.lock"))
    stand_ins.servers(engine, CACHE, there)
    return engine


if __name__ == "__main__":
    sys.exit(main())
