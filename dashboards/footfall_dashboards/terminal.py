"""The live page in short, for a terminal: the same numbers, since it follows the same view as a browser does."""

import asyncio
from typing import Final

import msgspec
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from footfall_coaching.cues.board import Held
from footfall_dashboards.live.cues import Cues
from footfall_dashboards.live.readings import Reading
from footfall_dashboards.live.sensors import Level
from footfall_dashboards.live.told import Heading, Update
from footfall_dashboards.live.view import LiveView

REFRESH_S: Final = 0.25
"""A terminal is redrawn at most this often."""

MUTE_KEY: Final = "m"
"""Mutes the cues where the terminal's keys are listened to, as on the page."""

_HEARTBEAT_S: Final = 60.0
_HELD: Final = {
    Held.WITHIN: ("within the target", "green"),
    Held.BEYOND: ("ABOVE the target", "yellow"),
    Held.UNKNOWN: ("–", "dim"),
}
_STYLES: Final = {Level.WAITING: "dim", Level.GOOD: "green", Level.ATTENTION: "yellow"}


async def follow(view: LiveView, console: Console, *, has_keys: bool = True) -> None:
    """Show the view in the terminal until it ends; `has_keys` tells whether its keys are listened to."""
    decoder = msgspec.json.Decoder(Update)
    with Live(console=console, auto_refresh=False, transient=True) as screen:
        async for news in view.updates(_HEARTBEAT_S):
            if news is not None:
                screen.update(render(decoder.decode(news), view.heading, has_keys=has_keys), refresh=True)
                await asyncio.sleep(REFRESH_S)


def render(update: Update, heading: Heading, *, has_keys: bool = True) -> RenderableType:
    """Draw one moment of the run; the key that mutes is named only where there are keys."""
    title_of = {leg["key"]: f"{leg['title']} ({leg['worn']})" for leg in heading.legs}
    numbers = Table()
    numbers.add_column(Text(f"{update.state}  {update.elapsed}"))
    for leg in heading.legs:
        numbers.add_column(f"{leg['title']} ({leg['worn']})", justify="right", min_width=16)
    for row in heading.rows:
        label = Text(row["label"])
        if row["unit"]:
            label.append(f" {row['unit']}", style="dim")
        numbers.add_row(label, *(_cell(update.cells[leg["key"]][row["key"]]) for leg in heading.legs))
    numbers.add_row("Strides", *(str(update.strides[leg["key"]]) for leg in heading.legs))
    if update.cues is not None and update.cues.legs:
        held = [_HELD[Held(update.cues.legs.get(leg["key"], Held.UNKNOWN))] for leg in heading.legs]
        numbers.add_row("Impact is", *(Text(words, style=style) for words, style in held))
    sensors = Table.grid(padding=(0, 2))
    for card in update.sensors:
        battery = f"battery {card.battery}"
        facts = (card.rate, f"loss {card.loss}", f"clipped {card.clipping}", battery, card.advice)
        sensors.add_row(card.name, Text(card.state, style=_STYLES[card.level]), *facts)
    remarks = [Text(update.advice, style="yellow")] if update.advice else []
    if update.stand:
        remarks.append(Text(update.stand))
    remarks += [Text(f"{title_of[key]}: {told}") for key, told in update.sides.items()]
    shares = [Text(f"{b.label}, left / right: {b.left} / {b.right} % ({b.words})") for b in update.balance]
    beside = [Text(f"{one.label}: {one.text} {one.unit} {one.note}".rstrip()) for one in update.beside]
    return Group(numbers, *_cue_lines(update.cues, has_keys=has_keys), *remarks, *beside, *shares, sensors)


def _cue_lines(cues: Cues | None, *, has_keys: bool) -> list[Text]:
    if cues is None:
        return []
    lines = [Text(cues.now, style="bold")] if cues.now else []
    lines += [Text(one.words, style=_HELD[Held(one.held)][1]) for one in cues.measures]
    lines += [Text(remark, style="dim") for remark in cues.remarks]
    how = f"Quiet: {cues.quiet}." if cues.quiet else "Cues are on."
    key = f" {MUTE_KEY.upper()}: {'sound again' if cues.muted else 'mute'}" if has_keys else ""
    return [*lines, Text(f"{how}{key}", style="dim")]


def _cell(reading: Reading) -> Text:
    text = Text(reading.text, style="bold")
    if reading.detail:
        text.append(f" {reading.detail}", style="dim")
    return text
