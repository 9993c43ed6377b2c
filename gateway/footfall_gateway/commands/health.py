"""`footfall health`: asks the services that use a data folder how they are; for people, scripts and containers."""

import msgspec

from footfall_gateway import console
from footfall_gateway.commands.options import DEFAULT_DATA_FOLDER, DataFolder
from footfall_gateway.errors import TemporaryError
from footfall_gateway.service.asking import SERVICES, Answer, ask
from footfall_gateway.service.vitals import Fact


def health(*, data_dir: DataFolder = DEFAULT_DATA_FOLDER, json: bool = False) -> None:
    """Ask each service that uses a data folder how it is: `serve`, `record --wait`, `gateway`, `process`.

    The exit status is 0 when all of them lack nothing, and 75 when one does, does not answer, or none is there.

    Parameters
    ----------
    data_dir
        Their data folder.
    json
        Print one JSON line for each, as its /healthz answers.
    """
    answers = list(ask(data_dir))
    for answer in answers:
        if json:
            if answer.report is not None:
                console.write_line(msgspec.json.encode(answer.report).decode())
        else:
            for text in lines_of(answer):
                console.stdout_console().print(text, soft_wrap=True)
    if not answers:
        asked = ", ".join(SERVICES)
        raise TemporaryError(f"{data_dir}: no service of Footfall's uses this folder now (of {asked})")
    wrong = [answer for answer in answers if answer.report is None or not answer.report.ready]
    if wrong:
        raise TemporaryError("; ".join(f"{answer.service}: {what_is_wrong(answer)}" for answer in wrong))


def what_is_wrong(answer: Answer) -> str:
    """Say in words what a service lacks; empty when it lacks nothing."""
    report = answer.report
    if report is None:
        return answer.why
    return "; ".join([*(f"{worker} is stuck" for worker in report.stuck), *report.troubles.values()])


def lines_of(answer: Answer) -> list[str]:
    """Return what people read of a service."""
    report = answer.report
    if report is None:
        return [f"{answer.service}: {answer.why}"]
    lines = [f"{report.service} ({report.software}), up for {lasting(report.up_s)}: {what_is_wrong(answer) or 'ready'}"]
    for what, facts in report.signs.items():
        told = ", ".join(_in_words(name, value) for name, value in facts.items())
        lines += [f"  {what.replace('_', ' ')}: {told}"] if told else []
    return lines


def lasting(seconds: float) -> str:
    """Return how long something lasts, as people say it."""
    if seconds < 120.0:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60.0)
    if minutes < 120:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 48 else f"{hours // 24} d {hours % 24} h"


def _in_words(name: str, value: Fact) -> str:
    """Return a fact with its unit behind the number, where its name ends in one."""
    words = name.replace("_", " ")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"{words.removesuffix(' s ago')} {_shown(value)}"
    if name.endswith("_s_ago"):
        return f"{words.removesuffix(' s ago')} {lasting(value)} ago"
    if name.endswith("_s"):
        return f"{words.removesuffix(' s')} {lasting(value)}"
    if name.endswith("bytes"):
        size = f"{value / 1e9:.1f} GB" if value >= 1e9 else f"{value / 1e6:.1f} MB"
        return f"{words.removesuffix('bytes')}{size}"
    return f"{words} {value}"


def _shown(value: Fact) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
