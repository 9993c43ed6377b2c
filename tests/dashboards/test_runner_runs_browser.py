"""The pages of runs in a real browser: readable to everybody, on any screen, by keyboard, without script, on paper."""

import re
from collections.abc import AsyncIterator
from typing import Final

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright, expect

from dashboards.a_diary import HOSTILE, NOW, hostile, three_months
from dashboards.asked_pages import ZONE, AShelf, now
from footfall_dashboards.access import Door, PageServer
from footfall_dashboards.runner.server import Surroundings, app
from footfall_dashboards.runner.shelf import Owned, Worn
from footfall_processing.health import LinkState, SensorHealth
from footfall_processing.session import Placement, Sensor, Side

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

FLAGS: Final = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
PATIENT_MS: Final = 120_000
"""How long a browser may take for what needs no time: other work may fill the computer."""
SPIKE: Final = "20261029T171500Z-096"
CLIPPED: Final = "20260913T171300Z-032"
PAGES: Final = (
    "/runs",
    f"/runs/{SPIKE}",
    f"/runs/{CLIPPED}?by=time&from=10&to=20",
    f"/runs/compare?a={SPIKE}&b=like",
    "/trends",
    "/trends?days=all",
    "/sensors",
    "/report",
    "/report/page",
)
WIDER: Final = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=chromium, args=FLAGS, timeout=PATIENT_MS)
        yield started
        await started.close()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def url() -> AsyncIterator[str]:
    sensor = Sensor("a", Placement.FOOT, Side.LEFT, 208.0)
    health = SensorHealth("a", 60.0, LinkState.FINISHED, 208.0, 1000, 30, 2, 15)
    shelf = AShelf((Owned("Left one", "Model A", sensor, NOW, health),), (Worn(sensor, health),))
    around = Surroundings(zone=ZONE, clock=now, shelf=shelf)
    async with PageServer(app(three_months(), around), Door(port=0)) as server:
        yield server.url.rstrip("/")


async def opened_without_script(browser: Browser, address: str) -> Page:
    page = await browser.new_page(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    page.set_default_timeout(PATIENT_MS)
    answer = await page.goto(address)
    assert answer is not None
    assert answer.status == 200, address
    return page


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_is_accessible_fits_any_screen_and_asks_for_nothing_forbidden(
    browser: Browser, url: str, path: str
) -> None:
    page = await browser.new_page(viewport={"width": 390, "height": 844})
    page.set_default_timeout(PATIENT_MS)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    answer = await page.goto(url + path)
    assert answer is not None
    assert answer.status == 200
    for width in (320, 390, 1920):
        await page.set_viewport_size({"width": width, "height": 844})
        assert await page.evaluate(WIDER) <= 0, width
    assert not said
    await page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    await page.emulate_media(color_scheme="dark")
    found = await Axe().run(page, options={"runOnly": ["color-contrast"]})
    assert found.violations_count == 0, found.generate_report()
    await page.close()


async def test_runs_are_found_and_compared_by_keyboard_and_without_script(browser: Browser, url: str) -> None:
    page = await opened_without_script(browser, f"{url}/runs")
    await page.locator("details.find summary").focus()
    await page.keyboard.press("Enter")
    await page.locator("#q").focus()
    await page.keyboard.type("mia")
    await page.keyboard.press("Enter")
    await expect(page.locator("ul.runs li").first).to_contain_text("With Mia")
    await expect(page.get_by_text(re.compile(r"\d+ runs of \d+"))).to_be_visible()
    boxes = page.locator("ul.runs input[type=checkbox]")
    for number in (0, 1):
        await boxes.nth(number).focus()
        await page.keyboard.press("Space")
    await page.get_by_role("button", name="Compare the chosen runs").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("h1")).to_have_text("Compare runs")
    await expect(page.locator("figure.chart")).to_have_count(10)
    await page.close()


async def test_a_run_is_looked_at_closer_renamed_and_binned_without_script(browser: Browser, url: str) -> None:
    page = await opened_without_script(browser, f"{url}/runs/{SPIKE}")
    await page.locator("details.closer summary").focus()
    await page.keyboard.press("Enter")
    await page.locator("details.closer .choices a").nth(1).click()
    assert "from=" in page.url
    await page.locator("details.changes summary").click()
    await page.locator("#title").fill("Far too long")
    await page.get_by_role("button", name="Rename").click()
    await expect(page.locator("h1")).to_have_text("Far too long")
    number = page.locator("details.measure").filter(has_text="Contact time")
    await number.locator("summary").click()
    await expect(number).to_contain_text("How far it may be off")
    await page.close()


async def test_texts_of_others_do_nothing_in_a_browser(browser: Browser) -> None:
    around = Surroundings(zone=ZONE, clock=now, shelf=AShelf())
    async with PageServer(app(hostile(), around), Door(port=0)) as server:
        for path in ("runs", "runs/hostile-0", "runs/compare?run=hostile-0&run=hostile-1", "trends", "report/page"):
            page = await browser.new_page()
            page.set_default_timeout(PATIENT_MS)
            page.on("dialog", lambda _: pytest.fail("a text of somebody's ran"))
            await page.goto(server.url + path)
            assert await page.locator("main script, main img").count() == 0
            if path == "runs":
                assert HOSTILE.partition("\u202e")[0] in await page.inner_text("main")
            await page.close()


async def test_the_report_prints_on_two_pages_of_a4(browser: Browser, url: str) -> None:
    page = await opened_without_script(browser, f"{url}/report/page")
    pdf = await page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page[^s]", pdf)) == 2
    (box,) = {tuple(map(float, one.split())) for one in re.findall(rb"/MediaBox\s*\[([\d. ]+)\]", pdf)}
    assert box == pytest.approx((0.0, 0.0, 595.3, 841.9), abs=1.5), "A4"
    await page.close()
