"""Cues on the live page in a real browser: heard on its audio clock, seen beside the numbers, muted by one touch."""

from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright, expect

from dashboards.made_up_run import FEET
from dashboards.test_live_page import FLAGS, PATIENT_MS, fed, opened
from footfall_coaching.cues.blocks import Blocks
from footfall_coaching.cues.board import Board, Held, Standing
from footfall_coaching.cues.cue import LOUDEST, Cue, CueKind, Sound
from footfall_coaching.try_out.events import Begun, PartBegun
from footfall_coaching.try_out.plan import Cue as TriedCue
from footfall_coaching.try_out.plan import recall_check
from footfall_dashboards.access import Door
from footfall_dashboards.live import LiveServer
from footfall_processing.session import Side

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

LEGS = ((FEET[0].id, Held.BEYOND), (FEET[1].id, Held.WITHIN))
TARGETS_G = ((FEET[0].id, 8.0), (FEET[1].id, 8.25))
LIGHTS = ["▲ impact above target, 8.0 g", "✓ impact within target, 8.2 g"]
"""How the feet stand against a target."""
KEEPS_CONTEXTS = """
globalThis.contexts = [];
AudioContext = class extends AudioContext { constructor(options) { super(options); contexts.push(this); } };
"""
MEASURES = (
    Standing(CueKind.CADENCE, Held.BEYOND, None, "160 steps a minute; aim for 168 to 176"),
    Standing(CueKind.ASYMMETRY, Held.WITHIN, None, "Left and right land as in your usual runs"),
)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=chromium, args=FLAGS, timeout=PATIENT_MS)
        yield started
        await started.close()


async def test_cues_are_heard_on_the_browsers_audio_clock_and_muted_by_one_touch(browser: Browser) -> None:
    view, _ = fed(FEET)
    muted: list[bool] = []

    def mute(*, on: bool) -> None:
        muted.append(on)
        view.show_cues(Board(on, "Block 3 of 8", "muted" if on else "", (), LEGS, MEASURES, TARGETS_G))

    view.mute = mute
    view.show_cues(Board(False, "Block 3 of 8", "", (), LEGS, MEASURES, TARGETS_G))
    tone = Cue(CueKind.IMPACT, Sound.TONE, 77.0, Side.LEFT, LOUDEST, 660.0, 0.0, 0.0, "The left leg lands hard")
    beat = Cue(CueKind.CADENCE, Sound.BEAT, 77.0, None, LOUDEST, 880.0, 180.0, 0.9, "Quicker steps")
    async with LiveServer(view, Door(port=0)) as server:
        page = await opened(browser, server.url, script=KEEPS_CONTEXTS)
        await expect(page.locator("#sound-words")).to_contain_text("only with your touch")
        await expect(page.locator("#readings .light")).to_have_text(LIGHTS)
        await expect(page.locator("#cue-measures .light.beyond")).to_have_text("▲ " + MEASURES[0].words)
        await expect(page.locator("#cue-measures .light.within")).to_have_text("✓ " + MEASURES[1].words)
        await page.click("#sound")
        await expect(page.locator("#sound-words")).to_contain_text("within the stance")
        view.cue(tone)
        await expect(page.locator("#cue-words")).to_have_text("The left leg lands hard")
        (heard,) = await heard_in(page, 1)
        assert 0.0 < heard["ahead"] <= 0.05, "on the audio clock, ahead of it"
        view.cue(beat)
        beats = (await heard_in(page, 4))[1:]
        assert [b["at"] - a["at"] for a, b in pairwise(beats)] == pytest.approx([1.0 / 3.0] * 2)
        await page.keyboard.press("m")
        await expect(page.locator("#mute")).to_have_attribute("aria-pressed", "true")
        await expect(page.locator("#cue-words")).to_have_text("Quiet: muted.")
        await page.click("#mute")
        await expect(page.locator("#mute")).to_have_attribute("aria-pressed", "false")
        assert muted == [True, False]
        # a call takes the sound away; the next touch, anywhere, makes it anew
        await page.evaluate("contexts.at(-1).suspend()")
        await expect(page.locator("#sound-words")).to_contain_text("The sound was taken away")
        await page.click("#elapsed")
        await expect(page.locator("#sound-words")).to_contain_text("Sound is on")
        assert await page.evaluate("contexts.map((context) => context.state)") == ["closed", "running"]
        assert (await Axe().run(page)).response["violations"] == []
        await page.close()


async def heard_in(page: Page, sounds: int) -> list[dict[str, float]]:
    """Return what was scheduled, and how far ahead of the audio clock, once there are so many."""
    await expect(page.locator("#sound")).to_have_attribute("data-sounds", str(sounds))
    heard: list[dict[str, float]] = await page.evaluate("JSON.parse(document.querySelector('#sound').dataset.heard)")
    return heard


async def test_the_end_of_a_block_is_three_tones_on_the_audio_clock(browser: Browser) -> None:
    blocks = Blocks()
    blocks.take(Begun(recall_check(TriedCue.IMPACT), "seal"))
    blocks.take(PartBegun(0, is_cued=False))
    assert blocks.landed(10.0) == ()
    (end,) = blocks.landed(300.0)
    view, _ = fed(FEET)
    view.mute = lambda *, on: view.show_cues(Board(is_muted=on))
    view.show_cues(Board(now=blocks.words(300.0)))
    async with LiveServer(view, Door(port=0)) as server:
        page = await opened(browser, server.url)
        await page.click("#sound")
        await expect(page.locator("#sound-words")).to_contain_text("Sound is on")
        view.cue(end)
        tones = await heard_in(page, 3)
        assert [b["at"] - a["at"] for a, b in pairwise(tones)] == pytest.approx([0.2, 0.2])
        await expect(page.locator("#cue-now")).to_have_text("Block 1 is over: say so on the page Try-out")
        await page.close()
