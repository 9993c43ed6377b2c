"""The live page in a real browser: what it shows is what the pipeline said, on any screen, with any connection."""

import asyncio
import math
from collections.abc import AsyncIterator, Iterable
from statistics import median
from typing import Literal

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright, expect

from dashboards.made_up_run import ACCELEROMETERS, FEET, SHINS, lost, run_of, streaming, stride_at
from footfall_dashboards.access import Door, serving
from footfall_dashboards.live import LiveServer, LiveView
from footfall_dashboards.live import server as server_module
from footfall_processing.companions import Companion, CompanionReading
from footfall_processing.gait import Activity, Impact, Stride, StrideFlag
from footfall_processing.health import SensorHealth
from footfall_processing.metrics.catalogue import STRIDE_METRICS
from footfall_processing.results.summary import summarize
from footfall_processing.results.windows import WINDOW_KINDS, WindowStage
from footfall_processing.session import Sensor

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

PHONE, SMALL_PHONE, DESKTOP = (390, 844), (320, 640), (1280, 800)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

PATIENT_MS = 120_000
"""How long a browser may take for what needs no time: other work may fill the computer."""
expect.set_options(timeout=PATIENT_MS)

OVERFLOWING = """
    [document.documentElement,
     ...document.querySelectorAll("[role=cell], [role=columnheader], .sensor, .balance, .splits")]
        .filter((box) => box.scrollWidth > box.clientWidth)
        .map((box) => box.outerHTML.slice(0, 200))
"""

WIDEN = """
    (row, texts) => {
        row.insertCell(1);
        [...row.cells].slice(1).forEach((cell, index) => { cell.textContent = texts[index]; });
    }
"""
"""Fill a row of a table with the widest that there is, and a speed."""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=chromium, args=FLAGS, timeout=PATIENT_MS)
        yield started
        await started.close()


def fed(
    sensors: tuple[Sensor, ...], duration_s: float = 75.0, more: Iterable[Stride | Impact | SensorHealth] = ()
) -> tuple[LiveView, list[Stride]]:
    """Return a view that was told of a run, and the run's strides."""
    view = LiveView(sensors, title="a made-up run")
    minutes = WindowStage(sensors, WINDOW_KINDS["1min"])
    strides = []
    for item in (*run_of(sensors, duration_s), *more):
        view.write(item)
        if isinstance(item, Stride):
            strides.append(item)
            for window in minutes.push(item):
                view.write(window)
    return view, strides


async def opened(
    browser: Browser,
    url: str,
    size: tuple[int, int] = PHONE,
    scheme: Literal["light", "dark"] = "light",
    script: str = "",
) -> Page:
    page = await browser.new_page(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    page.set_default_timeout(PATIENT_MS)
    if script:
        await page.add_init_script(script)
    await page.goto(url)
    await expect(page.locator("body")).not_to_have_attribute("data-phase", "waiting")
    return page


def expected_number(strides: list[Stride], sensor: Sensor, metric_name: str) -> str:
    """Compute the shown number afresh: the median of the last five strides, rounded as the catalogue says."""
    metric = STRIDE_METRICS[metric_name]
    values = [metric.value(stride) for stride in strides if stride.sensor_id == sensor.id][-5:]
    return f"{metric.shown(median(value for value in values if value is not None)):.{metric.decimals}f}"


async def expect_numbers(page: Page, strides: list[Stride], sensors: tuple[Sensor, ...]) -> None:
    for sensor, leg in zip(sensors, ("left", "right"), strict=True):
        for row, metric_name in (
            ("cadence", "cadence_spm"),
            ("contact_time", "contact_time_s"),
            ("impact", "peak_acc_g"),
        ):
            number = page.locator(f'#readings [data-row="{row}"] [data-leg="{leg}"] .number')
            await expect(number).to_have_text(expected_number(strides, sensor, metric_name))
        strike = page.locator(f'#readings [data-row="strike"] [data-leg="{leg}"]')
        angle = expected_number(strides, sensor, "foot_strike_angle_deg")
        await expect(strike).to_have_text(f"Rearfoot{angle}°")


async def shown(page: Page) -> str:
    """Return all that the page says, and what its charts hold, once they are drawn up to now."""
    now = await page.locator("#elapsed").get_attribute("data-seconds")
    await expect(page.locator(f".plot:not([data-until='{now}'])")).to_have_count(0)
    charts = await page.evaluate(
        "[...document.querySelectorAll('.plot')].map((plot) => plot.data.map(({ name, x, y }) => [name, x, y]))"
    )
    return f"{await page.inner_text('main')}\n{charts}"


async def test_the_numbers_are_the_pipelines_and_follow_each_stride(browser: Browser) -> None:
    view, strides = fed(FEET)
    async with LiveServer(view, Door(port=0)) as server:
        page = await opened(browser, server.url)
        await expect(page.locator("#state")).to_have_text("Running")
        await expect(page.locator("#elapsed")).to_have_text("1:17")
        await expect_numbers(page, strides, FEET)
        for i in range(5):
            strides.append(stride_at(FEET[0], 77.5 + 0.7 * i, impact_g=12.3, contact_time_s=0.211, angle_deg=20.0))
            view.write(strides[-1])
        await expect_numbers(page, strides, FEET)
        await page.close()


async def test_the_charts_hold_the_last_minutes_strides_told_apart_by_shape_and_line(browser: Browser) -> None:
    view, strides = fed(FEET)
    async with LiveServer(view, Door(port=0)) as server:
        page = await opened(browser, server.url)
        await expect(page.locator("#plot-impact .main-svg").first).to_be_visible()
        traces = await page.evaluate(
            "document.getElementById('plot-impact').data.map("
            "({ y, marker, line, mode }) => ({ y, symbol: marker?.symbol, dash: line?.dash, mode }))"
        )
        await page.close()
    end_s = max(stride.next_contact_s for stride in strides)
    for sensor, trace in zip(FEET, traces[:2], strict=True):
        own = [s for s in strides if s.sensor_id == sensor.id and s.initial_contact_s > end_s - 60.0]
        assert trace["y"] == [round(STRIDE_METRICS["peak_acc_g"].value(stride) or 0.0, 1) for stride in own]
    assert [trace["symbol"] for trace in traces[:2]] == ["circle", "diamond-open"]
    assert [trace["dash"] for trace in traces[2:]] == ["solid", "7px,3px"]


async def test_one_stride_in_stopping_does_not_stretch_the_chart(browser: Browser) -> None:
    view, strides = fed(FEET, 20.0)
    stopping = stride_at(FEET[0], strides[-1].next_contact_s + 0.3, stride_time_s=1.2, contact_time_s=0.8)
    clipped = stride_at(FEET[1], strides[-1].next_contact_s + 0.3, impact_g=16.0, quality=(StrideFlag.ACC_CLIPPED,))
    view.write(stopping)
    view.write(clipped)
    async with LiveServer(view, Door(port=0)) as server:
        page = await opened(browser, server.url)
        await shown(page)
        contact = "document.getElementById('plot-contact_time')"
        top = await page.evaluate(f"{contact}.layout.yaxis.range[1]")
        values = await page.evaluate(f"{contact}.data[0].y")
        impacts = await page.evaluate("document.getElementById('plot-impact').data[1].y")
        await page.close()
    assert values[-1] == 800.0, "the stride is there, and the chart is as high as the others"
    assert top < 400.0
    assert max(impacts) < 16.0, "a clipped peak is no value"


async def test_the_line_breaks_between_walking_and_running(browser: Browser) -> None:
    view, _ = fed(FEET, 10.0, more=run_of(FEET, 10.0, start_s=13.0, activity=Activity.WALK))
    async with LiveServer(view, Door(port=0)) as server:
        page = await opened(browser, server.url)
        await shown(page)
        line = await page.evaluate("document.getElementById('plot-impact').data[2].y")
        await page.close()
    gap = line.index(None, 2)
    ran, walked = ([value for value in part if value is not None] for part in (line[:gap], line[gap:]))
    assert line[:2] == line[gap : gap + 2] == [None, None], "no line before three strides"
    assert None not in line[2:gap]
    assert max(walked) < 5.0 < min(ran)


async def test_a_reload_and_a_second_browser_see_the_same(browser: Browser) -> None:
    view, strides = fed(FEET, 10.0)
    async with LiveServer(view, Door(port=0)) as server:
        first = await opened(browser, server.url)
        await expect_numbers(first, strides, FEET)
        for item in run_of(FEET, 30.0, start_s=13.0, seed=3):
            view.write(item)
        second = await opened(browser, server.url)
        await expect(first.locator("#elapsed")).to_have_text(await second.inner_text("#elapsed"))
        last = stride_at(FEET[0], 44.0)
        view.write(last)
        for page in (first, second):
            await expect(page.locator("#elapsed")).to_have_text("0:44")
        assert await shown(first) == await shown(second)
        await second.reload()
        await expect(second.locator("#elapsed")).to_have_text("0:44")
        assert await shown(first) == await shown(second)
        await first.close()
        await second.close()


class Relay:
    """A network between browser and server that can be cut."""

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def mend(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await self._server.wait_closed()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to_port)
        self._writers |= {writer, far_writer}
        await asyncio.gather(self._pass_on(reader, far_writer), self._pass_on(far_reader, writer))
        self._writers -= {writer, far_writer}

    @staticmethod
    async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        writer.close()


async def test_a_cut_connection_is_said_calmly_and_mended_without_a_trace(browser: Browser) -> None:
    view, strides = fed(FEET, 20.0)
    async with LiveServer(view, Door(port=0)) as server:
        relay = Relay(int(server.url.rstrip("/").rpartition(":")[2]))
        await relay.mend()
        page = await opened(browser, f"http://127.0.0.1:{relay.port}/")
        await expect_numbers(page, strides, FEET)
        await relay.cut()
        await expect(page.locator("#notice")).to_have_text("Connection lost. These are the last numbers; trying again.")
        await expect_numbers(page, strides, FEET)
        for item in run_of(FEET, 20.0, start_s=23.0, seed=5):
            view.write(item)
            if isinstance(item, Stride):
                strides.append(item)
        await relay.mend()
        await expect(page.locator("#notice")).to_have_text("")
        await expect_numbers(page, strides, FEET)
        fresh = await opened(browser, server.url)
        assert await shown(page) == await shown(fresh)
        await fresh.close()
        await page.close()
        await relay.cut()


async def test_a_silent_connection_is_given_up_and_tried_again(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_up_ms = round(3_000 * server_module.HEARTBEAT_S)
    monkeypatch.setattr(server_module, "HEARTBEAT_S", math.inf)  # the connection stays, and nothing comes
    view, _ = fed(FEET, 5.0)
    async with LiveServer(view, Door(port=0)) as server:
        page = await browser.new_page()
        page.set_default_timeout(PATIENT_MS)
        # the page's clock stands but for what we let it go on
        await page.clock.install(time=0)
        await page.clock.pause_at(1_000)
        await page.goto(server.url)
        await expect(page.locator("#state")).to_have_text("Running")
        await page.clock.run_for(given_up_ms - 100)
        await expect(page.locator("#notice")).to_have_text("")
        await page.clock.run_for(200)
        await expect(page.locator("#notice")).to_contain_text("Connection lost")
        await page.clock.run_for(2_000)
        await expect(page.locator("#notice")).to_have_text("")
        await page.close()


async def test_nothing_is_asked_of_any_other_machine(browser: Browser) -> None:
    view, strides = fed(FEET)
    context = await browser.new_context()
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    complaints: list[str] = []
    context.set_default_timeout(PATIENT_MS)
    page = await context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    async with LiveServer(view, Door(port=0)) as server:
        await page.goto(server.url)
        await shown(page)
        view.finish(summarize(strides, FEET), "run.mcap")
        await expect(page.locator("#state")).to_have_text("Finished")
    await context.close()
    assert {url for url in asked if not url.startswith((server.url, "data:"))} == set()
    assert {f"{server.url}events", f"{server.url}plotly/plotly.min.js"} <= set(asked)
    assert complaints == []


@pytest.mark.parametrize("size", [SMALL_PHONE, PHONE, DESKTOP])
@pytest.mark.parametrize("sensors", [FEET, SHINS, ACCELEROMETERS])
async def test_no_screen_scrolls_sideways(browser: Browser, sensors: tuple[Sensor, ...], size: tuple[int, int]) -> None:
    trouble: list[Stride | SensorHealth] = [
        lost(sensors[1], 80.0),
        *(
            stride_at(sensors[0], 80.0 + i, impact_g=16.0, quality=(StrideFlag.ACC_CLIPPED,), angle_deg=-12.0)
            for i in range(5)
        ),
    ]
    view, strides = fed(sensors, more=trouble)
    async with LiveServer(view, Door(port=0)) as server:
        page = await opened(browser, server.url, size)
        await shown(page)
        assert await page.evaluate(OVERFLOWING) == []
        view.finish(summarize(strides, sensors), "/home/a-runner/footfall/recordings/" + 3 * "2026-11-21T12-00-00Z-")
        await expect(page.locator("#summary")).to_be_visible()
        assert await page.evaluate(OVERFLOWING) == []
        await page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_page_is_accessible(browser: Browser, scheme: Literal["light", "dark"]) -> None:
    view, strides = fed(FEET, more=[lost(FEET[1], 82.0), streaming(FEET[0], 82.0, battery_percent=9)])
    async with LiveServer(view, Door(port=0)) as server:
        page = await opened(browser, server.url, scheme=scheme)
        await shown(page)
        results = [await Axe().run(page)]
        view.finish(summarize(strides, FEET), "run.mcap")
        await expect(page.locator("#summary")).to_be_visible()
        results.append(await Axe().run(page))
        await page.close()
    for result in results:
        assert result.violations_count == 0, result.generate_report()


async def test_a_lost_sensor_is_said_beside_its_leg_and_in_its_card_and_moves_nothing(browser: Browser) -> None:
    view, _ = fed(FEET)
    async with LiveServer(view, Door(port=0)) as server:
        page = await opened(browser, server.url)
        left, right = page.locator("[data-sensor='foot-left']"), page.locator("[data-sensor='foot-right']")
        await expect(left.locator("[data-field='rate']")).to_have_text("200 Hz")
        await expect(left.locator("[data-field='lost']")).to_have_text("0.1 %")
        await expect(left.locator("[data-field='clipped']")).to_have_text("none")
        await expect(left.locator("[data-field='battery']")).to_have_text("81 %")
        await expect(right.locator(".state")).to_have_text("✓ Receiving")
        before = await page.locator("#balance").bounding_box()
        view.write(lost(FEET[1], 79.0))
        for i in range(6):
            view.write(stride_at(FEET[0], 79.0 + i, impact_g=16.0, quality=(StrideFlag.ACC_CLIPPED,)))
        await expect(page.locator("#readings .right[role='columnheader']")).to_have_text("Right ! link lost")
        await expect(right.locator(".state")).to_have_text("! Connection lost")
        await expect(right).to_have_attribute("data-level", "attention")
        await expect(page.locator("[data-row='impact'] [data-leg='left'] .number")).to_have_text("≥16.0")
        assert await page.locator("#balance").bounding_box() == before
        await page.close()


async def test_what_a_sensor_cannot_measure_is_a_dash_with_the_reason(browser: Browser) -> None:
    view, _ = fed(ACCELEROMETERS)
    async with LiveServer(view, Door(port=0)) as server:
        page = await opened(browser, server.url)
        await expect(page.locator("[data-row='contact_time'] [data-leg='left']")).to_have_text("–Needs a gyroscope")
        await expect(page.locator("#plot-contact_time")).to_have_count(0)
        await page.close()


async def test_the_summary_stays_after_the_server_is_gone(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "FAREWELL_S", PATIENT_MS / 1000.0)
    view, strides = fed(FEET)
    summary = summarize(strides, FEET)
    async with LiveServer(view, Door(port=0)) as server:
        page = await opened(browser, server.url)
        view.finish(summary, "recordings/today.mcap")
    await expect(page.locator("#notice")).to_have_text("The session is over. This page keeps its summary.")
    await expect(page.locator("#state")).to_have_text("Finished")
    await expect(page.locator("#readings")).to_be_hidden()
    for entry, leg in zip(summary.sensors, ("left", "right"), strict=True):
        impact = page.locator(f"#summary [data-row='impact'] [data-leg='{leg}'] .number")
        await expect(impact).to_have_text(f"{entry.metrics['peak_acc_g'].median:.1f}")
        await expect(page.locator(f"#summary .{leg}[role='columnheader']")).to_contain_text(f"{entry.strides} strides")
    balance = page.locator("#summary [data-balance='Impact'] .share.left")
    await expect(balance).to_have_text(f"{summary.balance['peak_acc_g']:.1f} %")
    await expect(page.locator("#summary code")).to_have_text("recordings/today.mcap")
    await page.close()


async def test_heart_rate_and_foot_pod_stand_below_the_legs(browser: Browser) -> None:
    companions = (Companion("strap", "Heart rate"), Companion("pod", "Foot pod"))
    view = LiveView(FEET, companions=companions)
    for item in run_of(FEET, 20.0):
        view.write(item)
    async with LiveServer(view, Door(port=0)) as server:
        page = await opened(browser, server.url, SMALL_PHONE)
        await expect(page.locator("#beside")).to_be_hidden()
        view.write(CompanionReading("strap", 20.0, {"heart_rate_bpm": 153.0}))
        view.write(CompanionReading("pod", 20.0, {"pod_speed_mps": 3.2, "pod_cadence_spm": 172.0}))
        await expect(page.locator('[data-beside="strap/heart_rate_bpm"] .number')).to_have_text("153")
        pod = page.locator('[data-beside="pod/pod_cadence_spm"]')
        await expect(pod.locator("dt")).to_have_text("Foot pod, cadence, steps/min")
        await expect(pod.locator(".number")).to_have_text("172")
        await expect(pod.locator(".detail")).to_contain_text("Footfall 17")
        assert await page.evaluate(OVERFLOWING) == []
        results = await Axe().run(page)
        view.finish(summarize([], FEET))
        await expect(page.locator('[data-beside="strap/heart_rate_bpm"] .detail')).to_have_text("mean; greatest 153")
        await page.close()
    assert results.violations_count == 0, results.generate_report()


LOCKS = """
    window.locks = [];
    window.isHidden = false;
    Object.defineProperty(document, "visibilityState", { get: () => (window.isHidden ? "hidden" : "visible") });
    const given = navigator.wakeLock.request.bind(navigator.wakeLock);
    navigator.wakeLock.request = async (kind) => {
        const lock = await given(kind);
        window.locks.push(lock);
        return lock;
    };
"""
"""Keeps what a page is given to hold the screen on, and lets a test hide the page."""

HELD = "() => window.locks.map((lock) => !lock.released)"
HIDE = "(hidden) => { window.isHidden = hidden; document.dispatchEvent(new Event('visibilitychange')); }"


async def test_the_screen_stays_on_while_a_run_is_seen_to_go_on(browser: Browser) -> None:
    view, strides = fed(FEET, 10.0)
    async with LiveServer(view, Door(port=0)) as server:
        page = await browser.new_page()
        await page.add_init_script(LOCKS)
        await page.goto(server.url)
        await page.wait_for_function(f"() => ({HELD})().join() === 'true'", timeout=PATIENT_MS)
        await page.evaluate(HIDE, True)
        await page.wait_for_function(f"() => ({HELD})().join() === 'false'", timeout=PATIENT_MS)
        await page.evaluate(HIDE, False)
        await page.wait_for_function(f"() => ({HELD})().join() === 'false,true'", timeout=PATIENT_MS)
        view.finish(summarize(strides, FEET))
        await page.wait_for_function(f"() => ({HELD})().join() === 'false,false'", timeout=PATIENT_MS)
        await page.close()


async def test_where_browsers_keep_no_screen_on_the_page_says_nothing_of_it(browser: Browser) -> None:
    view, strides = fed(FEET, 10.0)
    async with LiveServer(view, Door(port=0)) as server:
        page = await browser.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        await page.add_init_script("Object.defineProperty(Navigator.prototype, 'wakeLock', { value: undefined });")
        await page.goto(server.url)
        await expect_numbers(page, strides, FEET)
        assert said == []
        await page.close()


async def test_a_minute_that_is_over_stands_in_the_table(browser: Browser) -> None:
    view, strides = fed(FEET, 75.0)
    async with LiveServer(view, Door(port=0)) as server:
        page = await opened(browser, server.url, SMALL_PHONE)
        row = page.locator(".splits[data-kind='1min'] tbody tr")
        await expect(row).to_have_count(1)
        minute = [stride for stride in strides if stride.initial_contact_s < 60.0]
        left, right = (
            f"{1000.0 * median(s.contact_time_s or 0.0 for s in minute if s.sensor_id == sensor.id):.0f}"
            for sensor in FEET
        )
        await expect(row.locator("td").nth(1)).to_have_text(f"{left} / {right}")
        await row.evaluate(WIDEN, ["3.01", "steps/min", "670 / 671", "19.2 / 18.1"])
        assert await page.evaluate(OVERFLOWING) == []
        await page.close()
