"""What the page of runs says of the watched folder: what is being added, and what could not be, and why."""

from footfall_dashboards.runner.html import said, section, text
from footfall_dashboards.runner.inbox import InboxState
from footfall_dashboards.runner.spoken import Spoken


def refused_part(folder: InboxState, spoken: Spoken) -> str:
    """Return what went wrong with the folder and its files; empty where nothing did."""
    parts = [said(f"The folder that is watched can't be used: {folder.trouble}", "trouble")] if folder.trouble else []
    if folder.refused:
        rows = "".join(
            f"<li><b>{text(one.name)}</b> {text(one.why)} "
            f"<small>{text(f'{spoken.day(one.when_utc)}, {spoken.time_of_day(one.when_utc)}')}</small></li>"
            for one in folder.refused
        )
        hint = said(
            f"They lie in {folder.where}/refused. Put one back into {folder.where} once it is mended; what is removed "
            "from there stands here no more."
        )
        parts.append(section("Could not be added", f'<ul class="refused">{rows}</ul>', hint))
    return "".join(parts)


def folder_part(folder: InboxState) -> str:
    """Return where to put files, and which is being added; empty where no folder is watched."""
    if not folder.where:
        return ""
    now = said(f"Being added now: {folder.adding}. It stands here at the next look.") if folder.adding else ""
    return now + said(f"Recordings and CSV files that are put into {folder.where} get into this list by themselves.")
