"""What the physiotherapist's report has of the plan: nothing where there is nothing, and no result before its time."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from random import Random

import pytest

from dashboards.a_diary import HOSTILE, NOW, RUNNER, ADiary, three_months
from dashboards.a_plan import after_a_try_out, done, following, in_a_try_out, in_week_two
from dashboards.asked_pages import ZONE, get, pages_of
from footfall_coaching.answers import PainSite
from footfall_coaching.exercises.events import ExercisesDone, ExercisesGivenUp
from footfall_coaching.programme.events import GivenUp
from footfall_coaching.told import message_of
from footfall_coaching.try_out.events import Begun, Ended, Event, Opened, Why
from footfall_coaching.try_out.plan import Cue, eight_blocks
from footfall_coaching.try_out.recall import RecallCheck
from footfall_coaching.try_out.seal import draw
from footfall_dashboards.runner.report import report_of
from footfall_dashboards.runner.spoken import Spoken
from footfall_processing.session import Side

LOCAL_NOW = NOW.astimezone(ZONE)
ROW = re.compile(r'<tr><th scope="row">(.*?)</th><td>(.*?)</td><td>(.*?)</td></tr>')
CHECK = RecallCheck(3, Cue.IMPACT, 10.0, 7.0, 3, 2, (((9.8, 7.1),),), 0.08, 0.043)


async def rows_of(diary: ADiary) -> dict[str, tuple[str, str]]:
    html = (await report_of(diary, RUNNER, LOCAL_NOW, Spoken(ZONE))).html
    part = html.partition('<section id="plan">')[2].partition("</section>")[0]
    return {unescape(what): (unescape(far), unescape(seen)) for what, far, seen in ROW.findall(part)}


async def test_who_follows_nothing_has_no_such_part() -> None:
    report = await report_of(three_months(), RUNNER, LOCAL_NOW, Spoken(ZONE))
    assert "<h2>Plan</h2>" not in report.html


async def test_programme_and_exercises_stand_with_week_share_and_last_session() -> None:
    diary = in_week_two()
    rows = await rows_of(diary)
    far, seen = rows["Softer landing (target 80 % of own impact)"]
    assert far == (
        "Begun Tue 10 Nov 2026, week 2. 4 of 8 sessions done whole (50 %); 72 of 72 min of these run, 72 of 72 min "
        "with the sound."
    )
    assert seen.startswith("Session 4, against before at the usual speed: ")
    assert re.search(r": left leg −1\d % \(−\d+ to −\d+\), right leg −1\d % \(−\d+ to −\d+\)\.$", seen)
    far, seen = rows["Exercises for hip and knee"]
    asked = [one for one in diary.planned[RUNNER] if isinstance(one, ExercisesDone)]
    count = sum(len(one.done) for one in asked)
    assert far == (
        "Begun Tue 10 Nov 2026, week 2 of 12. 4 of 5 sessions done, at three in seven days (80 %); in them "
        f"{count} of {count} exercises done whole."
    )
    assert seen == "Pain in them 1 of 10 at the most."


async def test_exercises_that_were_not_whole_and_what_was_ended_are_told() -> None:
    diary = in_week_two()
    events = diary.planned[RUNNER]
    place, last = [(at, one) for at, one in enumerate(events) if isinstance(one, ExercisesDone)][-1]
    key = next(iter(last.done))
    events[place] = replace(last, done={**last.done, key: replace(last.done[key], whole=False, pain=4)})
    count = sum(len(one.done) for one in events if isinstance(one, ExercisesDone))
    events += [GivenUp(NOW - timedelta(hours=1)), ExercisesGivenUp(NOW - timedelta(hours=1))]
    rows = await rows_of(diary)
    assert "the runner ended it. 4 of 8 sessions" in rows["Softer landing (target 80 % of own impact)"][0]
    far, seen = rows["Exercises for hip and knee"]
    assert "ended by the runner. 4 of 5 sessions" in far
    assert f"{count - 1} of {count} exercises done whole" in far
    assert seen == "Pain in them 4 of 10 at the most."


async def test_who_did_none_of_it_is_told_without_a_share_of_nothing() -> None:
    rows = await rows_of(following(NOW, 0, days=0.1))
    far, seen = rows["Softer landing (target 80 % of own impact)"]
    assert far == "Begun Fri 20 Nov 2026, week 1. 0 of 8 sessions done whole (0 %)."
    assert seen == "–"
    assert rows["Exercises for hip and knee"][0].endswith("0 of 0 sessions done, at three in seven days.")


async def test_a_check_is_told_with_how_sure_it_is() -> None:
    diary = done()
    diary.ledger.append(message_of(CHECK, RUNNER, "", NOW - timedelta(days=3)))
    diary.ledger.append(message_of(CHECK, RUNNER, "", NOW - timedelta(days=200)))
    far, seen = (await rows_of(diary))["Check 3 months after the programme"]
    assert far == "Tue 17 Nov 2026: 1 pair of blocks on 1 day."
    sure = max(CHECK.probabilities.values())
    assert seen.startswith("Impact against before: as run now −2 %, as at the programme's end −29 %; at its end −30 %.")
    assert seen.endswith(f"Lost but recalled: {100.0 * sure:.0f} of 100.")


async def test_a_try_out_stands_with_its_chance_and_those_before_it_and_none_before_its_end() -> None:
    what = "Try-out of feedback of impact: left knee"
    assert (await rows_of(in_a_try_out(3)))[what] == ("3 of 8 blocks, goes on.", "Nothing is told before its end.")
    diary = after_a_try_out()
    far, seen = (await rows_of(diary))[what]
    assert far == "8 of 8 blocks. The first of this."
    assert seen == "Pain −2.0 of 10, chance makes as much in 3 of 100."
    own = [one for one in diary.planned[RUNNER] if isinstance(one, Event)]
    left = [*own[: own.index(Ended(Why.COMPLETE)) - 6], Ended(Why.LEFT)]
    others = [one for one in diary.planned[RUNNER] if not isinstance(one, Event)]
    diary.planned[RUNNER] = [*others, *left, *own]
    far, seen = (await rows_of(diary))[what]
    assert far == "8 of 8 blocks. Number 2 of this; before: 6 of 8 blocks, left by the runner."
    diary.planned[RUNNER] = [*others, *left]
    far, seen = (await rows_of(diary))[what]
    assert far == "6 of 8 blocks, left by the runner. The first of this."
    assert seen.endswith("Left early: no finding.")
    assert "chance" not in seen
    damaged = [one for one in left if one not in own[4:6]]
    diary.planned[RUNNER] = [*others, *damaged]
    assert (await rows_of(diary))[what][1] == "It can't be read any more."


async def test_a_name_that_means_no_good_is_text_in_it() -> None:
    diary = after_a_try_out()
    opening = draw(eight_blocks(Cue.CONDITION, PainSite.KNEE, Side.LEFT, HOSTILE[:29]), Random(3), bytes(32))
    diary.planned[RUNNER] = [
        Begun(opening.plan, opening.seal)
        if isinstance(one, Begun)
        else Opened(opening.order, opening.nonce)
        if isinstance(one, Opened)
        else one
        for one in diary.planned[RUNNER]
    ]
    page = (await get(pages_of(diary), "/report/page")).text
    assert "<script>" not in page
    assert f"Try-out of {HOSTILE[:29]}: left knee" in unescape(page)


@pytest.mark.pango
async def test_on_paper_a_plan_with_its_tests_still_takes_two_pages() -> None:
    from weasyprint import HTML

    diary, planned = three_months(), after_a_try_out()
    own = [one for one in planned.planned[RUNNER] if isinstance(one, Event)]
    diary.planned[RUNNER] = [*planned.planned[RUNNER], *own, *own, *own]
    report = await report_of(diary, RUNNER, LOCAL_NOW, Spoken(ZONE))
    assert report.html.count("Try-out of ") == 3, "the latest"
    pages = HTML(string=re.sub(r"data:text/csv;base64,[^\"]+", "", report.html)).render().pages
    assert len(pages) == 2
