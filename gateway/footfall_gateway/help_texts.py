"""What `footfall COMMAND --help` says: all that a command's documentation tells people, in whole paragraphs."""

import inspect
import re
from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Final

from cyclopts.help import DefaultFormatter, HelpEntry, HelpPanel
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions

FLAGS: Final = frozenset({"--help", "-h"})
_SAYS_NOTHING: Final = frozenset({"False", "()", "None", '""'})
"""Defaults that tell only that an option was not given."""


def examples(lines: Iterable[str]) -> str:
    """Return the end of a help text."""
    return "Examples:\n" + "\n".join(f"  {line}" for line in lines)


def described(target: str) -> str:
    """Return what the function of a command tells people, without its parameters; imports its module.

    Parameters
    ----------
    target
        Module and function: `package.module:function`.
    """
    module, _, function = target.partition(":")
    told = inspect.getdoc(getattr(import_module(module), function)) or ""
    return "\n\n".join(map(_joined, told.partition("\n\nParameters\n")[0].split("\n\n")))


class InParagraphs(DefaultFormatter):
    """Shows options in paragraphs as wide as the terminal, not in the lines of the source, and no empty default."""

    def __call__(self, console: "Console", options: "ConsoleOptions", panel: HelpPanel) -> None:
        """Show one panel."""
        panel.entries[:] = map(_tidied, panel.entries)
        super().__call__(console, options, panel)


def _tidied(entry: HelpEntry) -> HelpEntry:
    inline = entry.description
    text = getattr(inline, "primary_renderable", None)
    if isinstance(text, Text):
        inline.primary_renderable = Text(_joined(text.plain), style=text.style, end=text.end)
    return entry.copy(default=None) if entry.default in _SAYS_NOTHING else entry


def _joined(paragraph: str) -> str:
    return re.sub(r"\s*\n\s*", " ", paragraph).strip()
