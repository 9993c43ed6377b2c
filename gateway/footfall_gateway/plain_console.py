"""A terminal on which text is text.

Whatever is printed may hold a text from outside, such as a sensor's name: here, at the last step, none of it is markup,
and all that is not seen is shown escaped.
"""

from collections.abc import Iterable
from typing import IO, Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from footfall_gateway.outside import shown, told


class PlainConsole(Console):
    """A console on which text is text: no markup, no emoji codes, and what is not seen escaped."""

    def __init__(self, *, file: IO[str] | None = None, stderr: bool = False, width: int | None = None) -> None:
        super().__init__(file=file, stderr=stderr, width=width, highlight=False, markup=False, emoji=False)

    def render_str(self, text: str, **options: Any) -> Text:
        """Make a text of a string, with the escapes in it, so that its width is known."""
        return super().render_str(told(text), **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Escape what is left in anything that is drawn; ends of lines are the drawing's own."""
        for segment in super().render(renderable, options):
            text, style, control = segment
            yield segment if control else Segment("\n".join(map(shown, text.split("\n"))), style)
