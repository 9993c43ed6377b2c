"""The page Try-out: nothing of the order before its time, each step once, and a result that can be checked."""

import asyncio
import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from html import unescape
from random import Random
from urllib.parse import urlencode

import pytest
from starlette.types import ASGIApp

from dashboards.a_diary import HOSTILE, NOW, RUNNER, ADiary
from dashboards.a_plan import after_a_block, after_a_try_out, in_a_try_out, in_week_two, opening_of, stopped_by_red
from dashboards.asked_pages import ZONE, Answer, get, pages_of, send, send_bare
from dashboards.made_up_run import FEET, stride_at
from footfall_coaching.answers import PainSite, Sign, SignNote
from footfall_coaching.light import Colour, light_of
from footfall_coaching.message import Message
from footfall_coaching.plan_events import PlanEvent
from footfall_coaching.try_out.events import Begun, Ended, PartBegun, PartCut, PartDone, WarmedUp, Why
from footfall_coaching.try_out.orders import orders_of
from footfall_coaching.try_out.plan import Cue, Plan, eight_blocks
from footfall_coaching.try_out.seal import Opening, draw
from footfall_dashboards.runner.server import Surroundings, app
from footfall_processing.errors import InputError
from footfall_processing.gait import Stride
from footfall_processing.session import Side

PATH = "/plan/try-out"
CHOSEN = {"cue": "impact", "name": "", "blocks": "8", "place": "knee-left"}
HIDDEN = re.compile(r'name="([a-z]+)" value="([^"]*)"')
AT = re.compile(r'name="at" value="([^"]*)"')
DIGITS = re.compile(r"[0-9a-f]{64}")


class Runner:
    """Somebody who goes through a try-out by its page."""

    def __init__(self, diary: ADiary | None = None) -> None:
        self.diary = in_week_two() if diary is None else diary
        self.now = NOW
        self.pages = self.started_anew()

    def started_anew(self) -> ASGIApp:
        """Start the pages' program, as after a crash."""
        self.pages = app(self.diary, Surroundings(zone=ZONE, clock=self._moment))
        return self.pages

    def _moment(self) -> datetime:
        return self.now

    async def begin(self, **chosen: str) -> Answer:
        fields = CHOSEN | chosen
        return await send(
            self.pages, PATH, f"{PATH}?{urlencode({'show': 'plan', **fields})}", {"do": "begin", **fields}
        )

    async def step(self, do: str, **fields: str) -> Answer:
        page = (await get(self.pages, PATH)).text
        found = {name: value for name, value in HIDDEN.findall(page) if name in ("at", "token")}
        return await send_bare(self.pages, PATH, {"do": do, "at": "", **found, **fields})

    async def send(self, do: str) -> Answer:
        return await send(self.pages, PATH, f"{PATH}?show=check", {"do": do})

    async def shown(self) -> str:
        return (await get(self.pages, PATH)).text

    @property
    def last(self) -> PlanEvent:
        return self.diary.planned[RUNNER][-1]


async def test_a_whole_try_out_block_by_block_and_nothing_of_the_order_before_its_time() -> None:
    runner = Runner()
    told = await get(runner.pages, f"{PATH}?{urlencode({'show': 'plan', **CHOSEN})}")
    assert "What it can see" in told.text
    assert runner.diary.openings == {}
    assert (await runner.begin()).status == 303
    opening = opening_of(runner.diary)
    assert opening.seal in await runner.shown(), "sealed before the first block"
    assert (await runner.step("warm")).status == 303
    assert (await runner.step("pain", level="3")).status == 303
    for part, is_cued in enumerate(opening.order):
        page = await runner.shown()
        assert f"Block {part + 1} of 8 comes" in page
        assert opening.nonce not in page
        assert (await runner.step("part")).status == 303
        page = await runner.shown()
        assert f"Block {part + 1} of 8: {'with feedback of impact' if is_cued else 'as usual'}." in page
        assert 'data-left-s="120.0"' in page
        runner.now += timedelta(seconds=60)
        early = await runner.step("over")
        assert (early.status, "goes on for 60 s" in early.text) == (400, True)
        assert early.headers["refresh"] == "61"
        runner.now += timedelta(seconds=61)
        assert "The time is over." in await runner.shown()
        assert (await runner.step("over")).status == 303
        assert (await get(runner.pages, f"{PATH}/sealed.txt")).status == 404
        assert (await runner.step("pain", level="1" if is_cued else "3")).status == 303
    page = await runner.shown()
    assert "Pain of the left knee was 2.0 of 10 lower with feedback of impact. By chance 1 in 35." in page
    assert "You knew which was which" in page
    sealed = await get(runner.pages, f"{PATH}/sealed.txt")
    assert sealed.headers["content-type"].startswith("text/plain")
    assert hashlib.sha256(sealed.text.encode()).hexdigest() == opening.seal
    assert opening.seal in page
    assert (await runner.begin()).status == 303, "another one can follow"


@pytest.mark.parametrize("parts", [0, 3, 6])
async def test_orders_that_differ_only_in_what_comes_make_the_same_page(parts: int) -> None:
    first = in_a_try_out(parts)
    order = opening_of(first).order
    same = (orders_of((8,))[:, :parts] == order[:parts]).all(axis=1)
    other = next(tuple(map(bool, one)) for one in orders_of((8,))[same] if tuple(one) != order)
    second = in_a_try_out(parts)
    opening = Opening(opening_of(first).plan, other, opening_of(first).nonce)
    second.openings = {(RUNNER, opening.seal): opening}
    begun = next(
        number for number, one in enumerate(second.planned[RUNNER]) if isinstance(one, Begun) and hasattr(one, "seal")
    )
    second.planned[RUNNER][begun] = Begun(opening.plan, opening.seal)
    pages = [DIGITS.sub("", (await get(pages_of(diary), PATH)).text) for diary in (first, second)]
    assert pages[0] == pages[1]


async def test_a_test_can_be_left_paused_cut_off_and_taken_up_again() -> None:
    runner = Runner(in_a_try_out(2))
    order = opening_of(runner.diary).order
    assert (await runner.step("pause")).status == 303
    runner.started_anew()
    plan = await get(runner.pages, "/plan")
    assert "A try-out goes on" in plan.text
    assert "2 of 8 blocks are over." in plan.text
    assert "You pause." in await runner.shown()
    assert (await runner.step("resume")).status == 303
    assert (await runner.step("part")).status == 303
    runner.started_anew()
    page = await runner.shown()
    assert "Footfall was started anew in this block" in page
    assert "refresh" not in (await get(runner.pages, PATH)).headers
    assert (await runner.step("cut")).status == 303
    assert [runner.last] == [PartCut(2, "the program ended")]
    assert "It is run again, as it was drawn" in await runner.shown()
    assert (await runner.step("part")).status == 303
    assert [runner.last] == [PartBegun(2, order[2])]
    assert (await runner.step("cut", why="road")).status == 303
    assert (await runner.step("leave")).status == 303
    page = await runner.shown()
    assert "you left it" in page
    assert "first try-out of this" in page
    assert opening_of(runner.diary).nonce not in page, "its order is that of the next one"
    assert (await get(runner.pages, f"{PATH}/sealed.txt")).status == 404


async def test_whoever_leaves_can_draw_no_other_order_and_is_told_of_all_tests_that_were_begun() -> None:
    runner = Runner(in_a_try_out(2))
    opening = opening_of(runner.diary)
    for run in (2, 0):
        assert (await runner.step("leave")).status == 303
        told = unescape((await get(runner.pages, f"{PATH}?{urlencode({'show': 'plan', **CHOSEN})}")).text)
        assert "one that you left after 2 of 8 blocks" in told
        assert ("one that you left before its first block" in told) is not run
        assert "It is run in the order that is still sealed." in told
        assert (await runner.begin()).status == 303
        assert runner.last == Begun(opening.plan, opening.seal)
        assert list(runner.diary.openings.values()) == [opening], "none is drawn"
    await runner.step("warm")
    await runner.step("pain", level="3")
    for is_cued in opening.order:
        await runner.step("part")
        runner.now += timedelta(seconds=121)
        await runner.step("over")
        await runner.step("pain", level="1" if is_cued else "3")
    page = unescape(await runner.shown())
    assert "By chance 1 in 35." in page
    assert "This was your third try-out of this. Begun before: one that you left after 2 of 8 blocks" in page
    assert "one that you left before its first block" in page
    assert opening.nonce in page
    await runner.begin()
    assert len(runner.diary.openings) == 2, "what is opened is drawn anew"
    assert (await runner.step("leave")).status == 303
    assert (await runner.begin(cue="cadence")).status == 303
    (other,) = [one for one in runner.diary.openings.values() if one.plan.cue is Cue.CADENCE]
    assert runner.last == Begun(other.plan, other.seal), "another question"


async def test_red_stops_it() -> None:
    for fields in ({"level": "6"}, {"level": "2", "limp": "yes"}, {"level": "1", "other": "7", "place": "calf-right"}):
        runner = Runner(after_a_block())
        assert (await runner.step("pain", **fields)).status == 303
        page = await runner.shown()
        assert Ended(Why.RED) in runner.diary.planned[RUNNER]
        assert "pain, or a sign, stopped it" in page
        assert 'href="/log"' in page


@pytest.mark.parametrize("is_kept", [True, False])
async def test_what_is_told_in_a_test_reaches_the_light_with_or_without_a_run_that_is_kept(*, is_kept: bool) -> None:
    for fields, signs in (
        ({"level": "6"}, {Sign.RISING}),
        ({"level": "2", "swelling": "yes"}, {Sign.SWELLING}),
        ({"level": "1", "other": "7", "place": "calf-right"}, set()),
    ):
        runner = Runner(after_a_block())
        if is_kept:
            runner.diary.going_on = "now", 0.0, strides_of(0.0, 9, 8.0)
        assert (await runner.step("pain", **fields)).status == 303
        told = [one for one in runner.diary.signs_told if one.noted_utc == NOW]
        assert {one.sign for one in told} == signs
        assert {one.session_id for one in told} <= {"now" if is_kept else ""}
        light = light_of(runner.diary.kept.values(), runner.diary.pains_told, runner.diary.signs_told, NOW)
        assert light.colour is Colour.RED, fields


async def test_a_crash_between_the_two_loses_no_pain() -> None:
    class Full(ADiary):
        async def note_plan(self, runner_name: str, *events: PlanEvent, told: Sequence[Message] = ()) -> None:
            assert not told
            raise InputError(f"the disk is full: {runner_name}, {len(events)}")

    kept = after_a_block()
    runner = Runner(Full())
    runner.diary.kept, runner.diary.planned, runner.diary.openings = kept.kept, kept.planned, kept.openings
    assert (await runner.step("pain", level="7")).status == 400
    assert [pain.level for pain in runner.diary.pains_told if pain.noted_utc == NOW] == [7]


async def test_a_test_of_which_something_is_missing_is_over_and_hides_no_page() -> None:
    """As where a damaged line, or one that a newer Footfall kept, is left out."""
    diary = in_a_try_out(3)
    diary.planned[RUNNER] = [one for one in diary.planned[RUNNER] if not (isinstance(one, PartDone) and one.part == 1)]
    runner = Runner(diary)
    assert (await get(runner.pages, "/plan")).status == 200
    page = await runner.shown()
    assert "can&#x27;t be read any more, so it is over" in page
    assert opening_of(diary).nonce not in page
    assert (await runner.begin()).status == 303, "another one can be begun"


async def test_what_two_programs_told_at_once_counts_once() -> None:
    diary = in_a_try_out(3)
    kept = [*diary.planned[RUNNER]]
    first = next(at for at, one in enumerate(kept) if isinstance(one, WarmedUp))
    diary.planned[RUNNER] = [*kept[:first], *(one for one in kept[first:] for _ in range(2))]
    assert "Block 4 of 8 comes" in await Runner(diary).shown()


async def test_no_block_begins_on_red_however_a_test_was_paused() -> None:
    runner = Runner(in_a_try_out(2))
    assert (await runner.step("pause")).status == 303
    runner.now += timedelta(days=1)
    runner.diary.signs_told.append(SignNote(RUNNER, "", runner.now, Sign.SWELLING))
    assert (await runner.step("resume")).status == 303
    refused = await runner.step("part")
    assert (refused.status, "Not on red" in refused.text) == (400, True)
    assert not isinstance(runner.last, PartBegun)


async def test_each_step_counts_once() -> None:
    runner = Runner(after_a_block())
    stale = AT.search(await runner.shown())
    assert stale is not None
    assert (await runner.step("pain", level="3")).status == 303
    kept = list(runner.diary.planned[RUNNER])
    again = await send(runner.pages, PATH, PATH, {"do": "pain", "at": stale[1], "level": "9"})
    assert (again.status, runner.diary.planned[RUNNER]) == (400, kept)
    assert "told already" in again.text
    for do in ("over", "warm", "resume", "fly"):
        assert (await runner.step(do)).status == 400, do
    assert (await runner.begin()).status == 400, "one at a time"
    assert runner.diary.planned[RUNNER] == kept


async def test_of_two_touches_at_once_one_counts() -> None:
    runner = Runner(after_a_block())
    before = len(runner.diary.planned[RUNNER])
    at = AT.search(await runner.shown())
    assert at is not None
    fields = {"do": "pain", "at": at[1], "level": "3"}
    answers = await asyncio.gather(*(send(runner.pages, PATH, PATH, fields) for _ in range(2)))
    assert sorted(answer.status for answer in answers) == [303, 400]
    assert len(runner.diary.planned[RUNNER]) == before + 1


async def test_it_does_not_begin_on_red_nor_without_what_it_needs() -> None:
    red = Runner(stopped_by_red())
    shown = await get(red.pages, f"{PATH}?{urlencode({'show': 'plan', **CHOSEN})}")
    assert "Not on red" in shown.text
    assert "Tell how it feels" in shown.text
    assert (await red.begin()).status == 400
    runner = Runner()
    for wrong in ({"place": ""}, {"cue": "condition"}, {"cue": "no"}, {"cue": "condition", "name": "x" * 41}):
        assert (await runner.begin(**wrong)).status == 400, wrong
        page = await get(runner.pages, f"{PATH}?{urlencode({'show': 'plan', **CHOSEN, **wrong})}")
        assert 'role="alert"' in page.text
    assert runner.diary.openings == {}


async def test_a_name_that_means_no_good_is_text() -> None:
    runner = Runner()
    name = HOSTILE[:29]
    assert (await runner.begin(cue="condition", name=name)).status == 303
    await runner.step("warm")
    await runner.step("pain", level="3")
    await runner.step("part")
    assert "<script>alert" not in await runner.shown()
    runner = Runner(after_a_try_out())
    opening = draw(_condition(name), Random(3), bytes(32))
    runner.diary.openings = {(RUNNER, opening.seal): opening}
    runner.diary.planned[RUNNER] = [
        Begun(opening.plan, opening.seal) if isinstance(one, Begun) else one for one in runner.diary.planned[RUNNER]
    ]
    page = await runner.shown()
    assert "<script>alert" not in page
    assert name in unescape(page)


async def test_impact_is_measured_from_the_run_that_goes_on() -> None:
    runner = Runner()
    await runner.begin()
    runner.diary.going_on = "now", 0.0, strides_of(0.0, 420, 8.0)
    runner.now += timedelta(seconds=300)
    await runner.step("warm")
    warm = runner.last
    assert isinstance(warm, WarmedUp)
    assert warm.speed_mps == pytest.approx(3.0)
    await runner.step("pain", level="3")
    await runner.step("part")
    runner.diary.going_on = "now", 300.0, strides_of(300.0, 180, 7.0)
    runner.now += timedelta(seconds=120)
    assert (await runner.step("over")).status == 303
    part = runner.last
    assert isinstance(part, PartDone)
    assert part.impact_g == pytest.approx({"left": 7.0, "right": 7.0})
    assert part.cadence_spm == pytest.approx(171.4, abs=0.1)
    assert part.speed_mps == pytest.approx(3.0)


def _condition(name: str) -> Plan:
    return eight_blocks(Cue.CONDITION, PainSite.KNEE, Side.LEFT, name)


def strides_of(begin_s: float, count: int, impact_g: float, stride_length_m: float = 2.1) -> list[Stride]:
    return [
        replace(stride_at(one, begin_s + 0.7 * number, impact_g=impact_g), stride_length_m=stride_length_m)
        for one in FEET
        for number in range(count)
    ]
