"""What `footfall demo --programme` plays: each state of a plan is on a page once, and pages follow by themselves."""

import asyncio
import json
import re
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

from dashboards.a_diary import ADiary
from dashboards.asked_pages import get
from footfall_coaching.exercises.exercise import Track
from footfall_coaching.exercises.session import ExercisesToday
from footfall_coaching.exercises.state import Hold as ExerciseHold
from footfall_coaching.programme.afterwards import PHRASES
from footfall_coaching.programme.kind import ProgrammeKind
from footfall_coaching.programme.rule import ProgrammeToday
from footfall_coaching.programme.state import Hold
from footfall_coaching.try_out.recall import TITLES
from footfall_dashboards.runner.html import Scene as Shown
from footfall_dashboards.runner.server import Surroundings, app
from footfall_gateway.commands.demo_programme import PlayedClock
from footfall_gateway.store.database import Store
from footfall_gateway.store.diary import StoreDiary
from footfall_gateway.virtual.follower import Follower
from footfall_gateway.virtual.story import DAYS, story

BEGINS = datetime(2026, 2, 1, tzinfo=UTC)
ANN = "Ann"
STATES = {
    **{
        f"programme {hold}": ProgrammeToday(ProgrammeKind.IMPACT, 80.0, hold, 1, 15).words.partition(": ")[2][:24]
        for hold in Hold
    },
    "programme rest today": "done for today. Tell how it felt",
    "programme over by time": "over, since there was no session for 28 days",
    "session": "session 1 of 8: 5 min brisk walking",
    "faded": "with the sound on for 6 min each",
    "again on amber": "The same session again, since the light is amber",
    "again untold": "The same session again: tell how the last one felt",
    "again after days": "The same session again, since the last one was",
    **{f"exercises {hold}": ExercisesToday(Track.COMBINED, hold, 1, days_since=1).words for hold in ExerciseHold},
    "exercises": "week 1 of 12, about",
    "exercises late": "Knees may go over the toes",
    "exercises on amber": "One step easier, since the light is amber",
    "walk": "Walk backwards for 5 min",
    "check due": "Check after one month",
    "reminder": PHRASES[ProgrammeKind.IMPACT],
    **{f"check {verdict}": f"after the programme: {title}" for verdict, title in TITLES.items()},
    "try-out": "What it is, you are told when it begins",
    "try-out result": "Pain of the left knee was 1.5 of 10 lower with feedback of impact",
    "cadence": "Quicker steps",
}


def words_on(page: str) -> str:
    """Return a page's words without its tags."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


def test_each_state_of_a_plan_is_on_a_page_once(tmp_path: Path) -> None:
    path = tmp_path / "demo.sqlite"
    clock, missing = PlayedClock(BEGINS), dict(STATES)

    async def look() -> None:
        async with StoreDiary(path, lambda _: None, clock) as diary:
            pages = app(diary, Surroundings(clock=clock.utc_now))
            with Store.open(path) as store:
                for scene in story(Follower(store, ANN, BEGINS, "footfall", weeks_before=4)):
                    if scene.words.startswith("Session") and "told: 0" in scene.words:
                        continue  # as those before it
                    clock.now = scene.at
                    page = await get(pages, scene.path)
                    assert page.status == 200
                    words = words_on(page.text)
                    for state in [name for name, told in missing.items() if told in words]:
                        del missing[state]
        assert (scene.at - BEGINS).days <= DAYS

    asyncio.run(look())
    assert missing == {}


async def test_pages_say_what_is_played_and_ask_for_more() -> None:
    played = [Shown(7, "Friday 30 January 2026, 09:00", "Session 1 is <due>.", "/plan/try-out")]
    pages = app(ADiary(), Surroundings(scene=lambda: played[-1] if played else None))
    page = (await get(pages, "/plan")).text
    assert 'data-scene="7"' in page
    assert "Session 1 is &lt;due&gt;." in page
    assert "following-" in page
    assert json.loads((await get(pages, "/played")).text) == {"number": 7, "page": "/plan/try-out"}
    played.clear()
    assert "following-" not in (await get(pages, "/plan")).text
    assert json.loads((await get(pages, "/played")).text) == {}
