"""The runner's own pages in a real browser: on any screen, by keyboard, without script, and on paper."""

import re
from collections.abc import AsyncIterator
from typing import Final, Literal

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright, expect

from dashboards import a_plan
from dashboards.a_diary import NOW, ADiary, three_months
from dashboards.made_up_run import FEET, run_of
from dashboards.test_live_page import FLAGS, PATIENT_MS
from footfall_coaching.answers import PainSite, Phase
from footfall_dashboards.access import Door, PageServer
from footfall_dashboards.live import LiveView
from footfall_dashboards.live.told import Ways
from footfall_dashboards.runner.server import Now, Surroundings, app
from footfall_processing.gait import Activity, Stride
from footfall_processing.results.summary import summarize
from footfall_processing.session import Side

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]
expect.set_options(timeout=PATIENT_MS)

PLANS = (
    (a_plan.in_week_two, ("plan", "plan/session?at=wall-sit", "plan/cards")),
    (a_plan.stopped_by_red, ("plan/try-out?show=plan&cue=impact&blocks=8&place=knee-left",)),
    (a_plan.after_a_block, ("plan/try-out",)),
    (a_plan.after_a_try_out, ("plan/try-out",)),
)
"""Pages of the plan, each in a state that shows most of it; darkness is tried on those with colours of their own."""
PATHS = ("today", "plan", "log", "told", "live", "nothing")
SIZES = ((320, 640), (390, 844), (1920, 1080))
_SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
TEXT_WIDTH = """
    (one) => {
        const range = document.createRange();
        range.selectNodeContents(one);
        return range.getBoundingClientRect().width;
    }
"""
HEARD = """
    window.heard = [];
    window.contexts = [];
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (at) {
        if (!window.contexts.includes(this.context)) window.contexts.push(this.context);
        if (this.frequency.value <= 880) window.heard.push([this.frequency.value, at]);
        return start.call(this, at);
    };
"""
"""Writes down when which tone sounds, on the audio clock."""
SMALL_TARGETS = """
    [...document.querySelectorAll("main button, main .button, main .scale span, main .places label, nav a")]
        .filter((one) => !one.closest("details:not([open])") && !one.classList.contains("unseen"))
        .map((one) => [one.getBoundingClientRect(), one.outerHTML.slice(0, 100)])
        .filter(([box]) => box.height < 40 || box.width < 24)
        .map(([, html]) => html)
"""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=chromium, args=FLAGS, timeout=PATIENT_MS)
        yield started
        await started.close()


@pytest_asyncio.fixture(loop_scope="module")
async def served() -> AsyncIterator[tuple[str, ADiary, Now]]:
    """The pages of a runner with three months behind: their address, log, and the run that goes on, which is none."""
    diary, now = three_months(), Now()
    async with PageServer(app(diary, Surroundings(now=now, clock=lambda: NOW)), Door(port=0)) as server:
        yield server.url, diary, now


async def opened(
    browser: Browser, url: str, size: tuple[int, int] = (390, 844), scheme: Literal["light", "dark"] = "light"
) -> Page:
    page = await browser.new_page(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    page.set_default_timeout(PATIENT_MS)
    await page.goto(url)
    return page


@pytest.mark.parametrize("size", SIZES)
async def test_pages_fit_any_screen_and_anybody_can_use_them(
    browser: Browser, served: tuple[str, ADiary, Now], size: tuple[int, int]
) -> None:
    url, _, _ = served
    for path in PATHS:
        for scheme in _SCHEMES if size == (390, 844) else _SCHEMES[:1]:
            page = await opened(browser, url + path, size, scheme)
            assert not await page.evaluate(TOO_WIDE), path
            assert await page.evaluate(SMALL_TARGETS) == [], "big enough for a thumb"
            for details in await page.locator("details").all():
                await details.evaluate("(one) => { one.open = true; }")
            assert not await page.evaluate(TOO_WIDE), path
            results = await Axe().run(page)
            assert results.violations_count == 0, results.generate_report()
            await page.close()


async def test_the_plan_fits_a_small_phone_in_each_state_and_anybody_can_use_it(browser: Browser) -> None:
    for state, paths in PLANS:
        async with PageServer(app(state(), Surroundings(clock=lambda: NOW)), Door(port=0)) as server:
            for path in paths:
                page = await opened(browser, server.url + path, (320, 640))
                await page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
                assert not await page.evaluate(TOO_WIDE), path
                assert await page.evaluate(SMALL_TARGETS) == [], path
                results = await Axe().run(page)
                assert results.violations_count == 0, results.generate_report()
                if state is a_plan.in_week_two and path != "plan/cards":
                    await page.emulate_media(color_scheme="dark")
                    results = await Axe().run(page, options={"runOnly": ["color-contrast"]})
                    assert results.violations_count == 0, results.generate_report()
                await page.close()


async def test_holds_are_played_paused_and_begun_again_and_are_a_list_without_script(browser: Browser) -> None:
    async with PageServer(app(ADiary(), Surroundings(clock=lambda: NOW)), Door(port=0)) as server:
        address = f"{server.url}plan/exercises/wall-sit"
        context = await browser.new_context(java_script_enabled=False)
        page = await context.new_page()
        await page.goto(address)
        await expect(page.locator(".timer")).to_be_hidden()
        await expect(page.locator(".holds li").first).to_contain_text("0:00 Get ready")
        await context.close()
        page = await browser.new_page()
        page.set_default_timeout(PATIENT_MS)
        await page.add_init_script(HEARD)
        await page.goto(address)
        await expect(page.locator(".timer .number")).to_have_text("0:05")
        await page.get_by_role("button", name="Start").click()
        await expect(page.get_by_role("button", name="Pause")).to_be_visible()
        await expect(page.locator(".timer .words")).to_have_text(re.compile("Hold for 20 s"))
        await page.wait_for_function("window.heard.some(([hz]) => hz === 880)")
        heard = await page.evaluate("window.heard")
        tones, moments = zip(*heard, strict=True)
        assert tones[: tones.index(880)] == (440,) * tones.index(880), "ticks, then the bell"
        assert list(moments) == sorted(moments), "on the audio clock"
        await page.get_by_role("button", name="Pause").click()
        await expect(page.get_by_role("button", name="Go on")).to_be_visible()
        assert await page.evaluate("window.contexts.map((one) => one.state)") in (["suspended"], ["running"])
        await page.get_by_role("button", name="From the beginning").click()
        await expect(page.locator(".timer .number")).to_have_text("0:05")
        await page.close()


async def test_today_answers_on_the_first_screen_of_a_phone(browser: Browser, served: tuple[str, ADiary, Now]) -> None:
    page = await opened(browser, f"{served[0]}today")
    for part in (".light", ".ceiling .number"):
        box = await page.locator(part).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < 844, part
    await page.close()


async def test_pain_is_told_in_two_touches_without_any_script(
    browser: Browser, served: tuple[str, ADiary, Now]
) -> None:
    url, diary, _ = served
    context = await browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = await context.new_page()
    await page.goto(f"{url}log")
    await page.locator('input[name="place"][value="shin-left"]').click()
    await page.get_by_role("button", name="4", exact=True).click()
    await expect(page.locator(".done")).to_have_text("The pain is kept.")
    told = diary.pains_told[-1]
    assert (told.site, told.side, told.level) == (PainSite.SHIN, Side.LEFT, 4)
    await page.goto(f"{url}today")
    await context.close()


async def test_the_keyboard_alone_tells_pain_and_enter_sends_no_number(
    browser: Browser, served: tuple[str, ADiary, Now]
) -> None:
    url, diary, _ = served
    before = len(diary.pains_told)
    page = await opened(browser, f"{url}log")
    await page.keyboard.press("Tab")
    await expect(page.locator(".skip")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.locator('input[name="place"]:checked').focus()
    await page.keyboard.press("ArrowDown")
    place = await page.locator('input[name="place"]:checked').get_attribute("value")
    await page.keyboard.press("Enter")
    await expect(page.locator(".trouble")).to_have_text("Choose how much it hurts, from 0 to 10.")
    await expect(page.locator('input[name="place"]:checked')).to_have_value(place or "")
    assert len(diary.pains_told) == before
    await page.locator('input[value="morning"]').focus()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator(".done")).to_be_visible()
    assert (diary.pains_told[-1].phase, diary.pains_told[-1].level) == (Phase.MORNING, 0)
    await page.close()


async def test_nothing_is_asked_of_any_other_machine_and_nothing_is_refused(
    browser: Browser, served: tuple[str, ADiary, Now]
) -> None:
    url = served[0]
    context = await browser.new_context()
    asked: list[str] = []
    complaints: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = await context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    for path in ("today", "plan", "log", "live"):
        await page.goto(url + path)
    await context.close()
    assert [one for one in asked if not one.startswith(url)] == []
    assert complaints == []


async def test_on_paper_there_is_what_was_told_and_no_buttons(
    browser: Browser, served: tuple[str, ADiary, Now]
) -> None:
    page = await opened(browser, f"{served[0]}today")
    await page.emulate_media(media="print")
    await expect(page.locator("nav")).to_be_hidden()
    await expect(page.locator(".ceiling .number")).to_be_visible()
    await page.close()


async def test_the_live_page_leads_to_the_runs_own_once_that_is_there(
    browser: Browser, served: tuple[str, ADiary, Now]
) -> None:
    url, diary, now = served
    newest = next(iter(await diary.runs("")))
    kept = diary.kept.pop(newest.session_id)
    now.view = view = LiveView(FEET, ways=Ways("/today", f"/runs/{newest.session_id}"))
    strides = [item for item in run_of(FEET, 20.0) if isinstance(item, Stride)]
    for stride in strides:
        view.write(stride)
    page = await opened(browser, f"{url}live")
    await expect(page.locator("#today")).to_have_attribute("href", "/today")
    view.finish(summarize(strides, FEET))
    await expect(page.locator("#onward")).to_contain_text("this one leads there")
    diary.kept[newest.session_id] = kept
    await page.wait_for_url(re.compile(f"/runs/{newest.session_id}$"))
    await page.close()


async def test_a_live_page_that_is_open_before_the_run_turns_into_it(
    browser: Browser, served: tuple[str, ADiary, Now]
) -> None:
    url, _, now = served
    page = await opened(browser, f"{url}live")
    await expect(page.locator(".lead")).to_have_text("No run goes on here.")
    now.view = LiveView(FEET)
    await page.wait_for_url(re.compile("/live/$"))
    await page.close()


@pytest.mark.parametrize("size", [(1920, 1080), (844, 390), (390, 844), (320, 640)])
async def test_large_numbers_fill_the_screen_and_none_is_cut_off(browser: Browser, size: tuple[int, int]) -> None:
    now = Now(LiveView(FEET))
    assert now.view is not None
    for item in run_of(FEET, 20.0):
        now.view.write(item)
    async with PageServer(app(ADiary(), Surroundings(now=now, clock=lambda: NOW)), Door(port=0)) as server:
        page = await opened(browser, f"{server.url}live/", size)
        await page.get_by_role("button", name="Large numbers").click()
        await expect(page.locator("body")).to_have_class("large")
        numbers = page.locator("#readings .number")
        await expect(numbers).to_have_count(8)
        for number in await numbers.all():
            box, cell = await number.bounding_box(), await number.locator("xpath=..").bounding_box()
            assert box is not None
            assert cell is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= size[0] + 1
            assert box["y"] >= 0
            assert box["y"] + box["height"] <= size[1] + 1
            wide = await number.evaluate(TEXT_WIDTH)
            assert wide <= cell["width"] + 1
        cadence = await numbers.first.evaluate("(one) => parseFloat(getComputedStyle(one).fontSize)")
        assert cadence >= 0.18 * min(size), "as large as fits"
        assert (await Axe().run(page)).violations_count == 0
        await page.keyboard.press("Escape")
        await expect(page.locator("body")).not_to_have_class("large")
        await page.close()


async def test_numbers_of_walking_are_smaller(browser: Browser) -> None:
    now = Now(LiveView(FEET))
    assert now.view is not None
    for item in run_of(FEET, 15.0, activity=Activity.WALK):
        now.view.write(item)
    async with PageServer(app(ADiary(), Surroundings(now=now, clock=lambda: NOW)), Door(port=0)) as server:
        page = await opened(browser, f"{server.url}live/")
        number = page.locator("#readings [data-row='cadence'] .number").first
        size_px = "(one) => parseFloat(getComputedStyle(one).fontSize)"
        await expect(page.locator("body")).to_have_class("slow")
        walking = await number.evaluate(size_px)
        for item in run_of(FEET, 15.0, start_s=20.0):
            now.view.write(item)
        await expect(page.locator("body")).not_to_have_class("slow")
        assert walking < 0.7 * float(await number.evaluate(size_px))
        await page.close()
