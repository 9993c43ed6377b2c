"""The live page in short, for a terminal: the same numbers, since it follows the same view as a browser does."""

import asyncio
from typing import Final

import msgspec
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from footfall_dashboards.live.readings import Reading
from footfall_dashboards.live.sensors import Level
from footfall_dashboards.live.told import Heading, Update
from footfall_dashboards.live.view import LiveView

REFRESH_S: Final = 0.25
"""A terminal is redrawn at most this often."""

_HEARTBEAT_S: Final = 60.0
_STYLES: Final = {Level.WAITING: "dim", Level.GOOD: "green", Level.ATTENTION: "yellow"}


async def follow(view: LiveView, console: Console) -> None:
    """Show the view in the terminal until it ends."""
    decoder = msgspec.json.Decoder(Update)
    with Live(console=console, auto_refresh=False, transient=True) as screen:
        async for news in view.updates(_HEARTBEAT_S):
            if news is not None:
                screen.update(render(decoder.decode(news), view.heading), refresh=True)
                await asyncio.sleep(REFRESH_S)


def render(update: Update, heading: Heading) -> RenderableType:
    """Draw one moment of the run."""
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
    return Group(numbers, *remarks, *beside, *shares, sensors)


def _cell(reading: Reading) -> Text:
    text = Text(reading.text, style="bold")
    if reading.detail:
        text.append(f" {reading.detail}", style="dim")
    return text
