"""The `footfall` command: what it offers, and how it ends.

Each command lives in its own module of `commands` and is imported only when it is called, so that
`footfall --version` does not wait for numpy.
"""

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

from cyclopts import App, ArgumentCollection, CycloptsError, Parameter, Token

from footfall_gateway.exit_status import MEANINGS, ExitStatus, status_of
from footfall_gateway.outside import require_text
from footfall_gateway.say import complain, keep_logs_plain
from footfall_processing.errors import FootfallError

EXIT_ERROR: Final = ExitStatus.NOT_DONE


@dataclass(frozen=True, slots=True)
class Command:
    """One row of `footfall --help`."""

    name: str
    target: str
    summary: str
    examples: tuple[str, ...]


COMMANDS: Final = (
    Command(
        "demo",
        "footfall_gateway.commands.demo:demo",
        "Watch a recorded run live, played by virtual sensors over virtual Bluetooth.",
        (
            "footfall demo",
            "footfall demo recordings/forefoot-runner.mcap --speed 10",
            "footfall demo --duration 60 --no-browser",
        ),
    ),
    Command(
        "scan",
        "footfall_gateway.commands.scan:scan",
        "Show the sensors near, and how fit each is to measure impacts.",
        ("footfall scan", "footfall scan --seconds 20 --json"),
    ),
    Command(
        "pair",
        "footfall_gateway.commands.pair:pair",
        "Remember which sensors are yours and where you wear them.",
        (
            "footfall pair C0:12:34:56:78:9A foot left",
            "footfall pair C0:12:34:56:78:9B shank right --name right-shin",
            "footfall pair",
        ),
    ),
    Command(
        "doctor",
        "footfall_gateway.commands.doctor:doctor",
        "Check whether this computer is ready for a run.",
        ("footfall doctor", "footfall doctor --salvage"),
    ),
    Command(
        "live",
        "footfall_gateway.commands.live:live",
        "Watch a run live, from your own sensors.",
        ("footfall live", "footfall live --runner anna --mass-kg 61 --height-m 1.70"),
    ),
    Command(
        "record",
        "footfall_gateway.commands.record:record",
        "Record runs from your own sensors, with nothing to look at.",
        ("footfall record", "footfall record --wait"),
    ),
    Command(
        "serve",
        "footfall_gateway.commands.serve:serve",
        "Serve your pages: today, runs, trends, plan, log and sensors.",
        ("footfall serve", "footfall serve --runner anna --port 8500 --no-browser"),
    ),
    Command(
        "gateway",
        "footfall_gateway.commands.gateway:gateway",
        "Take runs and send them over MQTT to the computer that computes.",
        (
            "footfall gateway --broker mqtt://box.local",
            "footfall gateway --replay run.mcap --speed 10",
        ),
    ),
    Command(
        "process",
        "footfall_gateway.commands.process:process",
        "Compute what gateways send over MQTT, and keep it.",
        ("footfall process --broker mqtt://box.local",),
    ),
    Command(
        "analyze",
        "footfall_gateway.commands.analyze:analyze",
        "Turn a recording, or the CSV files of one session, into strides and a summary.",
        (
            "footfall analyze run.mcap",
            "footfall analyze left.csv right.csv",
            "footfall analyze run.mcap --json > strides.jsonl",
            "footfall analyze run.mcap --mass-kg 70 --height-m 1.75 --windows 1min",
            "footfall analyze track.mcap --distance-m 5000",
        ),
    ),
    Command(
        "replay",
        "footfall_gateway.commands.replay:replay",
        "Play a recording through virtual sensors, Bluetooth and gateway, as in a live run.",
        ("footfall replay run.mcap --speed 1", "footfall replay run.mcap --speed max --json"),
    ),
    Command(
        "import",
        "footfall_gateway.commands.import_csv:import_csv",
        "Make a recording from the CSV files of one session.",
        ("footfall import left.csv right.csv --out run.mcap",),
    ),
    Command(
        "export",
        "footfall_gateway.commands.export:export",
        "Write a recording as CSV, Parquet or Motion-BIDS.",
        ("footfall export run.mcap --format csv --out run/",),
    ),
    Command(
        "report",
        "footfall_gateway.commands.report:report",
        "Write two pages to bring along to a physiotherapist.",
        ("footfall report", "footfall report --runner anna --days 180 --out anna.pdf"),
    ),
    Command(
        "add",
        "footfall_gateway.commands.add:add",
        "Add recordings and CSV files to your log of runs.",
        ("footfall add runs/*.mcap", "footfall add left.csv right.csv", "footfall add --watch ~/runs"),
    ),
    Command(
        "sessions list",
        "footfall_gateway.commands.sessions:list_sessions",
        "List the sessions in the store, newest first.",
        ("footfall sessions list", "footfall sessions list --json"),
    ),
    Command(
        "sessions show",
        "footfall_gateway.commands.sessions:show_session",
        "Show one session's summary.",
        ("footfall sessions show last", "footfall sessions show last --windows 1km"),
    ),
    Command(
        "sessions rename",
        "footfall_gateway.commands.edit_sessions:rename",
        "Give a session a title.",
        ("footfall sessions rename last 'Round the lake'",),
    ),
    Command(
        "sessions redate",
        "footfall_gateway.commands.edit_sessions:redate",
        "Say when a session began.",
        ("footfall sessions redate last 2026-05-03T08:15",),
    ),
    Command(
        "sessions shoe",
        "footfall_gateway.commands.edit_sessions:shoe",
        "Say which shoes a session was in.",
        ("footfall sessions shoe last 'Blue daily'",),
    ),
    Command(
        "sessions distance",
        "footfall_gateway.commands.edit_sessions:distance",
        "Say how far was run, as where only the shins have sensors.",
        ("footfall sessions distance last 8.2", "footfall sessions distance last 8.2 --source watch"),
    ),
    Command(
        "sessions delete",
        "footfall_gateway.commands.edit_sessions:delete",
        "Put sessions into the bin: they count nowhere.",
        ("footfall sessions delete 20260503T081500Z-1a2b",),
    ),
    Command(
        "sessions restore",
        "footfall_gateway.commands.edit_sessions:restore",
        "Take sessions out of the bin.",
        ("footfall sessions restore 20260503T081500Z-1a2b",),
    ),
    Command(
        "sessions empty-bin",
        "footfall_gateway.commands.edit_sessions:empty_bin",
        "Remove for good what lies in the bin.",
        ("footfall sessions empty-bin", "footfall sessions empty-bin --yes"),
    ),
    Command(
        "sessions waiting",
        "footfall_gateway.commands.waiting:list_waiting",
        "List what gateways sent and is not computed, and why.",
        ("footfall sessions waiting",),
    ),
    Command(
        "sessions expiring",
        "footfall_gateway.commands.expiring:list_expiring",
        "List what has been kept for long enough, or remove it.",
        ("footfall sessions expiring --keep-recordings '6 months'",),
    ),
    Command(
        "person list",
        "footfall_gateway.commands.person:list_people",
        "List of whom something is kept, and what.",
        ("footfall person list",),
    ),
    Command(
        "person export",
        "footfall_gateway.commands.person:export",
        "Write all that is kept of a person into one archive.",
        ("footfall person export Ann", "footfall person export Ann --out ann.zip"),
    ),
    Command(
        "person forget",
        "footfall_gateway.commands.person:forget",
        "Remove all that is kept of a person, for good.",
        ("footfall person forget Ann",),
    ),
    Command(
        "backup",
        "footfall_gateway.commands.backup:backup",
        "Write all data into one file, while runs go on.",
        ("footfall backup footfall-2026-12-01.zip",),
    ),
    Command(
        "restore",
        "footfall_gateway.commands.backup:restore",
        "Bring a backup back.",
        ("footfall restore footfall-2026-12-01.zip --data-dir new-folder",),
    ),
    Command(
        "push",
        "footfall_gateway.commands.push:push",
        "Write sessions of the store to InfluxDB.",
        ("footfall push", "footfall push last"),
    ),
    Command(
        "note pain",
        "footfall_gateway.commands.note:note_pain",
        "Note what hurt in a session.",
        ("footfall note pain last --knee left --level 3",),
    ),
    Command(
        "note shoe",
        "footfall_gateway.commands.note:note_shoe",
        "Note which shoe you wear from now on.",
        ("footfall note shoe 'Blue daily'",),
    ),
    Command(
        "health",
        "footfall_gateway.commands.health:health",
        "Ask the services that use a data folder how they are.",
        ("footfall health", "footfall health --json"),
    ),
    Command(
        "config show",
        "footfall_gateway.commands.config:show",
        "Show every setting, its value and where it comes from.",
        ("footfall config show", "footfall config show --json"),
    ),
    Command(
        "config check",
        "footfall_gateway.commands.config:check",
        "Check footfall.toml and the environment.",
        ("footfall config check",),
    ),
    Command(
        "login add",
        "footfall_gateway.commands.login:add",
        "Make an account.",
        ("footfall login add Ann --role runner", "footfall login add Cleo --role coach"),
    ),
    Command(
        "login password",
        "footfall_gateway.commands.login:password",
        "Change an account's password.",
        ("footfall login password Ann",),
    ),
    Command(
        "login list",
        "footfall_gateway.commands.login:list_accounts",
        "List the accounts, and who may see whose runs.",
        ("footfall login list",),
    ),
    Command(
        "login remove",
        "footfall_gateway.commands.login:remove",
        "Remove an account.",
        ("footfall login remove Ann",),
    ),
    Command(
        "login agree",
        "footfall_gateway.commands.login:agree",
        "Let a coach see a runner's runs.",
        ("footfall login agree Ann Cleo",),
    ),
    Command(
        "login disagree",
        "footfall_gateway.commands.login:disagree",
        "Let a coach no longer see a runner's runs.",
        ("footfall login disagree Ann Cleo",),
    ),
)

DESCRIPTION: Final = "Open, self-hosted gait monitoring for runners."
STATUSES: Final = "Exit status:\n" + "\n".join(f"  {status.value:>3}  {text}" for status, text in MEANINGS.items())
SEE_HELP: Final = "`footfall COMMAND --help` shows a command's options and examples. Not a medical device."


def build_app() -> App:
    """Assemble the commands; none of their modules is imported yet."""
    app = App(
        name="footfall",
        help=DESCRIPTION,
        help_format="plaintext",
        help_epilogue="\n\n".join((_examples(command.examples[0] for command in COMMANDS), STATUSES, SEE_HELP)),
        version=lambda: version("footfall"),
        default_parameter=Parameter(negative=()),
        config=_take_settings,
        result_action="return_value",
        exit_on_error=False,
        print_error=False,
        suppress_keyboard_interrupt=False,
    )
    app.command(
        App(name="sessions", help="List the sessions in the store, show one, set right what it says.", help_epilogue="")
    )
    app.command(App(name="note", help="Note what only you can tell: what hurt, and which shoes.", help_epilogue=""))
    app.command(App(name="person", help="Show, hand out or remove what is kept of people.", help_epilogue=""))
    app.command(App(name="config", help="Show what is set for this computer, and check it.", help_epilogue=""))
    app.command(App(name="login", help="Say who may look at pages from other computers.", help_epilogue=""))
    for name in ("sessions", "note", "person", "config", "login"):
        app[name].sort_key = len(COMMANDS)
    for position, command in enumerate(COMMANDS):
        *group, name = command.name.split()
        parent = app[group[0]] if group else app
        parent.command(
            command.target,
            name=name,
            help=command.summary,
            help_epilogue=_examples(command.examples),
            sort_key=position,
        )
    return app


def _examples(lines: Iterable[str]) -> str:
    return "Examples:\n" + "\n".join(f"  {line}" for line in lines)


def _take_settings(_: App, commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """Give each option that was not given the setting of its variable; those of the environment are there already."""
    if commands[:1] == ("config",):
        return  # which tells of settings that make no sense by itself
    from footfall_gateway import settings  # only once a command runs: --version does not wait for it

    loaded = settings.load()
    for argument in arguments:
        for variable in argument.parameter.env_var or ():
            key = variable.removeprefix(settings.PREFIX).lower()
            if key in loaded.sources and not argument.tokens:
                for index, text in enumerate(settings.texts_of(getattr(loaded.settings, key))):
                    argument.tokens.append(Token(keyword=key, value=text, source=loaded.sources[key], index=index))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and leave with its exit status; when it is not 0, one line has said what to do."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status, one of `ExitStatus`; what is a fault of ours is raised."""
    keep_logs_plain()
    tokens = list(sys.argv[1:] if arguments is None else arguments)
    try:
        _require_texts(tokens)
        build_app()(tokens)
        sys.stdout.flush()
    except CycloptsError as error:
        complain(f"{one_line(str(error))} Try: footfall {_known_command(tokens)}--help")
    except FootfallError as error:
        complain(one_line(str(error)))
        return status_of(error)
    except ExceptionGroup as group:
        expected, unexpected = group.split(FootfallError)
        if expected is None or unexpected is not None:
            raise
        first = _first(expected)
        complain(one_line(str(first)))
        return status_of(first)
    except KeyboardInterrupt:
        return ExitStatus.INTERRUPTED
    except (BrokenPipeError, SystemExit) as error:
        # rich ends the program with 1 when nobody reads what it draws
        if isinstance(error, SystemExit) and not isinstance(error.__context__, BrokenPipeError):
            raise
        # Whoever read our output has left: end quietly, also when the interpreter flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitStatus.NOBODY_READS
    except OSError as error:
        if error.filename is None:
            raise
        complain(f"{error.filename}: {error.strerror}")
    else:
        return ExitStatus.DONE
    return ExitStatus.NOT_DONE


def _require_texts(tokens: Iterable[str]) -> None:
    """Refuse what no file of ours could hold: a name or a path whose bytes are no text."""
    for token in tokens:
        require_text(token, token)
    for name, value in os.environ.items():
        if name.startswith("FOOTFALL_"):
            require_text(value, name)


def one_line(text: str) -> str:
    """Join the lines of a message."""
    return " ".join(text.split())


def _first(group: ExceptionGroup[FootfallError]) -> FootfallError:
    first = group.exceptions[0]
    return _first(first) if isinstance(first, ExceptionGroup) else first


def _known_command(tokens: Sequence[str]) -> str:
    for command in COMMANDS:
        words = command.name.split()
        if list(tokens[: len(words)]) == words:
            return f"{command.name} "
    return ""
