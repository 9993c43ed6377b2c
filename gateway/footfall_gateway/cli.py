"""The `footfall` command: what it offers, and how it ends.

Each command lives in its own module of `commands` and is imported only when it is called, so that
`footfall --version` does not wait for numpy.
"""

import os
import sys
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from typing import Final, get_args

from cyclopts import App, ArgumentCollection, CycloptsError, Parameter, Token

from footfall_gateway.command_table import COMMANDS, Command
from footfall_gateway.errors import SettingsError
from footfall_gateway.exit_status import MEANINGS, ExitStatus, status_of
from footfall_gateway.help_texts import FLAGS, InParagraphs, described, examples
from footfall_gateway.outside import require_text
from footfall_gateway.say import complain, keep_logs_plain
from footfall_processing.errors import FootfallError, InputError
from footfall_processing.plain_number import plain_number
from footfall_processing.plain_text import shown

EXIT_ERROR: Final = ExitStatus.NOT_DONE
_SHOWN_CHARACTERS: Final = 60


DESCRIPTION: Final = "Open, self-hosted gait monitoring for runners."
STATUSES: Final = "Exit status:\n" + "\n".join(f"  {status.value:>3}  {text}" for status, text in MEANINGS.items())
SEE_HELP: Final = "`footfall COMMAND --help` shows a command's options and examples. Not a medical device."


def build_app(explained: Command | None = None) -> App:
    """Assemble the commands; none of their modules is imported yet, but for the one that is to be explained."""
    app = App(
        name="footfall",
        help=DESCRIPTION,
        help_format="plaintext",
        help_formatter=InParagraphs(),
        help_epilogue="\n\n".join((examples(command.examples[0] for command in COMMANDS), STATUSES, SEE_HELP)),
        version=lambda: version("footfall"),
        default_parameter=Parameter(negative=()),
        config=(_take_settings, _require_plain_numbers),
        result_action="return_value",
        exit_on_error=False,
        print_error=False,
        suppress_keyboard_interrupt=False,
    )
    app.command(
        App(name="sessions", help="List the sessions in the store, show one, set right what it says.", help_epilogue="")
    )
    app.command(App(name="note", help="Note what only you can tell: what hurt, and which shoes.", help_epilogue=""))
    app.command(App(name="plan", help="Follow a programme and exercises: what to do today, and why.", help_epilogue=""))
    app.command(App(name="person", help="Show, hand out or remove what is kept of people.", help_epilogue=""))
    app.command(App(name="config", help="Show what is set for this computer, and check it.", help_epilogue=""))
    app.command(App(name="login", help="Say who may look at pages from other computers.", help_epilogue=""))
    app.command(
        App(
            name="study", help="Run a study with several runners: what is tried is drawn, and hidden.", help_epilogue=""
        )
    )
    for name in ("sessions", "note", "plan", "study", "person", "config", "login"):
        app[name].sort_key = len(COMMANDS)
    for position, command in enumerate(COMMANDS):
        *group, name = command.name.split()
        parent = app[group[0]] if group else app
        parent.command(
            command.target,
            name=name,
            help=described(command.target) if command is explained else command.summary,
            help_epilogue=examples(command.examples),
            sort_key=position,
        )
    return app


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


def _require_plain_numbers(_: App, commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """Take numbers as people type them, and not all that Python takes for one: 1_0, 1e2, or 5.5 for a whole one."""
    for argument in arguments:
        kinds = {argument.hint, *get_args(argument.hint)}
        if argument.parameter.converter is not None or not kinds & {int, float}:
            continue
        for index, token in enumerate(argument.tokens):
            number = plain_number(token.value)
            if token.value and (number is None or (float not in kinds and not number.is_integer())):
                is_set = token.source not in ("", "cli")
                what = "number" if float in kinds else "whole number"
                name = token.keyword if is_set and token.keyword else argument.name
                words = f"{name} is {shown(token.value[:_SHOWN_CHARACTERS])!r}; give a {what}"
                if is_set:
                    raise SettingsError(words)
                raise InputError(f"{words}. Try: footfall {' '.join((*commands, '--help'))}")
            argument.tokens[index] = token.evolve(value=token.value.replace(",", "."))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and leave with its exit status; when it is not 0, one line has said what to do."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status, one of `ExitStatus`; what is a fault of ours is raised."""
    keep_logs_plain()
    tokens = list(sys.argv[1:] if arguments is None else arguments)
    try:
        _require_texts(tokens)
        build_app(None if FLAGS.isdisjoint(tokens) else _command(tokens))(tokens)
        sys.stdout.flush()
    except CycloptsError as error:
        complain(f"{one_line(str(error))} Try: footfall {_known_words(tokens)}--help")
        if _is_of_a_setting(error):
            return ExitStatus.SETTINGS
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


def _command(tokens: Sequence[str]) -> Command | None:
    """Return the command that is called, if there is such a one."""
    return next((one for one in COMMANDS if list(tokens[: one.name.count(" ") + 1]) == one.name.split()), None)


def _known_words(tokens: Sequence[str]) -> str:
    """Return how a call begins, as far as there are such commands."""
    command = _command(tokens)
    if command is not None:
        return f"{command.name} "
    groups = {one.name.split()[0] for one in COMMANDS if " " in one.name}
    return f"{tokens[0]} " if tokens and tokens[0] in groups else ""


def _is_of_a_setting(error: CycloptsError) -> bool:
    """Tell whether what makes no sense was not typed, but is set."""
    of_argument = error.argument.tokens if error.argument is not None else ()
    token = getattr(error, "token", None)
    told = [*of_argument, *([] if token is None else [token])]
    return bool(told) and all(one.source not in ("", "cli") for one in told)
