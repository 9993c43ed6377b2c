"""What the commands that keep a run tell the user."""

import pytest

from footfall_dashboards.access import Door
from footfall_gateway import console
from footfall_gateway.commands.kept_runs import page_opened, say


def test_a_files_name_may_hold_anything(capsys: pytest.CaptureFixture[str]) -> None:
    page_opened("Playing run{1}[/b].mcap. The page: ", "  (Ctrl-C ends it)", browser=False, door=Door())(
        "http://127.0.0.1:1/"
    )
    assert capsys.readouterr().out == "Playing run{1}[/b].mcap. The page: http://127.0.0.1:1/  (Ctrl-C ends it)\n"


def test_what_is_said_above_a_screen_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    say(console.stdout_console())("Without foot[/left]: not heard.")
    assert capsys.readouterr().out == "Without foot[/left]: not heard.\n"
