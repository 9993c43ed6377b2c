"""Checks after a programme and try-outs over whole runs, from the page; and what is told in a test, in the log."""

from datetime import timedelta
from html import unescape
from urllib.parse import urlencode

import pytest

from dashboards.a_diary import NOW, RUNNER, ADiary, Legs, a_run
from dashboards.a_plan import done, in_a_try_out, in_week_two, stopped_by_red
from dashboards.asked_pages import get
from dashboards.test_runner_try_out import CHOSEN, PATH, Runner, strides_of
from footfall_coaching.answers import Pain, PainSite, Phase, Sign
from footfall_coaching.try_out.events import Begun, Ended, PainTold, PartBegun, PartDone, Why
from footfall_coaching.try_out.plan import Kind
from footfall_coaching.try_out.recall import RecallCheck
from footfall_processing.session import Side

OF_TAPE = CHOSEN | {"cue": "condition", "name": "tape", "blocks": "12"}
KNEE = (PainSite.KNEE, Side.LEFT)


async def begun_check(diary: ADiary | None = None) -> Runner:
    runner = Runner(done() if diary is None else diary)
    shown = unescape((await get(runner.pages, f"{PATH}?show=check")).text)
    assert "once as you run now" in unescape((await get(runner.pages, "/plan")).text)
    assert "the pace that the programme is held against, " in shown
    return runner


async def warmed(runner: Runner, impact_g: float = 8.0, stride_length_m: float = 2.05) -> None:
    runner.diary.going_on = "now", 0.0, strides_of(0.0, 420, impact_g, stride_length_m)
    runner.now += timedelta(seconds=300)


async def a_block(runner: Runner, now_g: float, at_the_end_g: float) -> None:
    assert (await runner.step("part")).status == 303
    begun = runner.last
    assert isinstance(begun, PartBegun)
    runner.diary.going_on = "now", 0.0, strides_of(0.0, 257, at_the_end_g if begun.is_cued else now_g, 2.05)
    runner.now += timedelta(seconds=180)
    assert (await runner.step("over")).status == 303
    assert (await runner.step("pain", level="0")).status == 303


async def test_a_check_is_begun_and_done_from_the_page_and_leads_to_a_reminder() -> None:
    runner = await begun_check()
    assert (await runner.send("check")).status == 303
    await warmed(runner)
    assert (await runner.step("warm")).status == 303
    assert "Did anything hurt in the warm-up?" in await runner.shown()
    assert (await runner.step("pain", level="0")).status == 303
    await a_block(runner, 8.1, 6.3)
    assert (await runner.step("part")).status == 303
    assert "of 6: run as" in await runner.shown()
    await runner.step("cut", why="road")
    await a_block(runner, 8.1, 6.3)
    assert isinstance(runner.diary.planned[RUNNER][-2], Ended), "a pair is enough where it is clear"
    (found,) = [message for message in runner.diary.ledger if message.rule == RecallCheck.NAME]
    assert found.words.startswith("1 month after the programme: lost but recalled.")
    page = unescape(await runner.shown())
    assert found.words in page
    assert "as at the programme’s end" in page
    plan = unescape((await get(runner.pages, "/plan")).text)
    assert "You can still do it when you think of it." in plan
    assert found.words[1:] in plan
    assert "To the check" not in plan
    assert (await runner.send("check")).status == 400, "it is done"


async def test_a_check_that_is_not_clear_asks_for_another_day_and_is_run_at_the_programme_s_pace() -> None:
    runner = await begun_check()
    await runner.send("check")
    await warmed(runner)
    await runner.step("warm")
    await runner.step("pain", level="0")
    for _ in range(2):
        await a_block(runner, 6.9, 6.9)
    assert isinstance(runner.diary.planned[RUNNER][-2], Ended)
    again = unescape((await get(runner.pages, f"{PATH}?show=check")).text)
    assert "another pair on another day tells more" in again
    refused = await runner.send("check")
    assert (refused.status, "Come back then" in refused.text) == (400, True)
    runner.now += timedelta(days=1)
    assert (await runner.send("check")).status == 303
    await warmed(runner, stride_length_m=2.4)
    refused = await runner.step("warm")
    assert (refused.status, "% faster than the pace" in refused.text) == (400, True)


async def test_no_check_is_begun_where_none_is_due() -> None:
    runner = Runner(in_week_two())
    refused = await runner.send("check")
    assert (refused.status, "No check is due today" in refused.text) == (400, True)


async def ran(runner: Runner, day: int, level: int, told_before: int | None = None) -> str:
    runner.now = NOW + timedelta(days=day)
    started = runner.now - timedelta(hours=1)
    run = a_run(f"run-{day}", started, 6.0, legs=Legs(8.4, 7.9))
    runner.diary.kept[run.session_id] = run
    if told_before is not None:
        runner.diary.pains_told.append(Pain(RUNNER, run.session_id, runner.now, Phase.DURING, *KNEE, told_before))
        assert f"in the log: {told_before} of 10" in await runner.shown()
    assert (await runner.step("ran", run=run.session_id, level=str(level))).status == 303
    return run.session_id


async def test_a_try_out_over_runs_draws_the_condition_of_a_green_day_and_asks_after_each() -> None:
    runner = Runner()
    told = unescape((await get(runner.pages, f"{PATH}?{urlencode({'show': 'plan', **OF_TAPE})}")).text)
    assert "12 runs on green days: 6 as usual, 6 with tape" in told
    assert "What it can see" in told
    assert (await runner.begin(**OF_TAPE)).status == 303
    (begun,) = [one for one in runner.diary.planned[RUNNER] if isinstance(one, Begun) and hasattr(one, "seal")]
    assert begun.plan.kind is Kind.RUNS
    order = runner.diary.openings[RUNNER, begun.seal].order
    for number, is_cued in enumerate(order):
        runner.now = NOW + timedelta(days=2 * number, hours=-3)
        if number < 2:
            assert f"Run {number + 1} of 12 comes" in await runner.shown()
        assert (await runner.step("part")).status == 303
        if number < 2:
            page = unescape(await runner.shown())
            assert f"today {'with' if is_cued else 'as usual, without'} tape" in page
        await ran(runner, 2 * number, 0 if is_cued else 2, told_before=1 if number == 0 else None)
    page = unescape(await runner.shown())
    assert "Pain of the left knee was 2.0 of 10 lower with tape" in page
    assert "You knew which was which" in page
    assert [pain.level for pain in runner.diary.pains_told if pain.session_id == "run-0"] == [0 if order[0] else 2]


async def test_a_run_of_a_test_waits_for_green_and_is_run_again_when_given_up() -> None:
    runner = Runner(stopped_by_red())
    refused = await runner.begin(**OF_TAPE)
    assert (refused.status, "Not on red" in refused.text) == (400, True)
    runner = Runner()
    await runner.begin(**OF_TAPE)
    runner.diary.signs_told = stopped_by_red().signs_told
    page = unescape(await runner.shown())
    assert "Run 1 of 12 of your test of tape waits. Not on red" in page
    assert "show me" not in page
    assert (await runner.step("part")).status == 400
    runner.diary.signs_told = []
    await runner.step("part")
    drawn = runner.last
    await runner.step("cut")
    await runner.step("part")
    assert runner.last == drawn
    assert (await runner.step("ran", run="none", level="")).status == 400
    assert (await runner.step("ran", run="nobody's", level="1")).status == 400
    assert (await runner.step("ran", run="none", level="6")).status == 303
    assert isinstance(runner.diary.planned[RUNNER][-2], PartDone)
    assert "Not on red" in unescape(await runner.shown()), "a run without sensors hurts as much"
    assert (await runner.send("check")).status == 400


@pytest.mark.parametrize(("cue", "blocks", "parts"), [("impact", "usual", 8), ("condition", "usual", 10)])
async def test_where_only_pain_can_tell_there_are_ten_blocks(cue: str, blocks: str, parts: int) -> None:
    fields = CHOSEN | {"cue": cue, "name": "tape" if cue == "condition" else "", "blocks": blocks}
    told = (await get(Runner().pages, f"{PATH}?{urlencode({'show': 'plan', **fields})}")).text
    assert f"then {parts} blocks" in told


async def test_whole_runs_are_for_what_is_worn() -> None:
    told = await get(Runner().pages, f"{PATH}?{urlencode({'show': 'plan', **CHOSEN, 'blocks': '12'})}")
    assert "something that you wear" in told.text


async def test_pain_in_a_block_is_the_run_s_in_the_log_and_the_worst_of_it() -> None:
    runner = Runner(in_a_try_out(3))
    runner.diary.going_on = "now", 0.0, strides_of(0.0, 9, 8.0, 2.1)
    before = len(runner.diary.pains_told)
    for level, worst in ((4, 4), (2, 4)):
        await runner.step("part")
        runner.now += timedelta(seconds=121)
        await runner.step("over")
        assert (await runner.step("pain", level=str(level))).status == 303
        (pain,) = runner.diary.pains_told[before:]
        assert (pain.session_id, pain.phase, pain.site, pain.side, pain.level) == ("now", Phase.DURING, *KNEE, worst)
    await runner.step("part")
    runner.now += timedelta(seconds=121)
    await runner.step("over")
    await runner.step("pain", level="1", place="calf-right", other="6", limp="yes")
    assert isinstance(runner.last, Ended) or Why.RED in {
        getattr(one, "why", None) for one in runner.diary.planned[RUNNER]
    }
    assert {(pain.site, pain.level) for pain in runner.diary.pains_told[before:]} == {
        (PainSite.KNEE, 4),
        (PainSite.CALF, 6),
    }
    assert [note.sign for note in runner.diary.signs_told if note.session_id == "now"] == [Sign.LIMP]


async def test_pain_of_a_run_that_nobody_records_is_the_day_s_in_the_log() -> None:
    runner = Runner(in_a_try_out(3))
    before = len(runner.diary.pains_told)
    await runner.step("part")
    runner.now += timedelta(seconds=121)
    await runner.step("over")
    await runner.step("pain", level="2")
    assert isinstance(runner.last, PainTold)
    (pain,) = runner.diary.pains_told[before:]
    assert (pain.session_id, pain.phase, pain.site, pain.side, pain.level) == ("", Phase.DURING, *KNEE, 2)
