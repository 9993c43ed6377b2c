"""The traffic light as it is drawn: word and shape beside the colour."""

from collections.abc import Iterable
from typing import Final

from footfall_coaching.counted import counted
from footfall_coaching.light import Colour, Light
from footfall_coaching.run import Run
from footfall_dashboards.runner.html import text

LIGHT_WORDS: Final = {
    Colour.GREEN: "Green",
    Colour.AMBER: "Amber",
    Colour.RED: "Red",
    Colour.UNKNOWN: "No light",
}

_LAMPS: Final = {
    Colour.GREEN: '<circle cx="12" cy="12" r="10"/><path class="cut" d="M7 12.5l3.5 3.5 6.5-7.5"/>',
    Colour.AMBER: '<path d="M12 1.5 23 21.5H1Z"/><path class="cut" d="M12 9v6M12 17.5v1.5"/>',
    Colour.RED: '<path d="M7.5 1.5h9l6 6v9l-6 6h-9l-6-6v-9Z"/><path class="cut" d="M6.5 12h11"/>',
    Colour.UNKNOWN: '<circle class="hollow" cx="12" cy="12" r="9"/>',
}


def light_panel(light: Light, runs: Iterable[Run]) -> str:
    """Return the traffic light with its reason, and what to do; before the first run there is nothing to tell of."""
    is_idle = light.colour is Colour.UNKNOWN and not counted(runs)
    action = "" if is_idle else f'<p class="action">{text(light.action)}</p>'
    see = f'<p class="see">{text(light.see_somebody)}</p>' if light.see_somebody else ""
    return (
        f'<section class="light {light.colour.value}" aria-label="Light"><p class="colour">{lamp(light.colour)}'
        f"{LIGHT_WORDS[light.colour]}</p>"
        f'<p class="reason">{text(light.reason)}</p>{action}{see}</section>\n'
    )


def lamp(colour: Colour) -> str:
    """Return a light's sign: another shape for each colour."""
    return f'<svg class="lamp {colour.value}" viewBox="0 0 24 24" aria-hidden="true">{_LAMPS[colour]}</svg>'
