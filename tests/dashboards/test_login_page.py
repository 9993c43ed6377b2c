"""The login and the account's page in a real browser: without script, on a small phone, over TLS."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from argon2.profiles import CHEAPEST
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright, expect

from dashboards.made_up_run import FEET, run_of
from dashboards.test_live_page import FLAGS, OVERFLOWING, PATIENT_MS
from footfall_dashboards.access import Door
from footfall_dashboards.live import LiveServer, LiveView
from footfall_dashboards.live import server as live_server
from footfall_gateway.accounts import AccountsFile

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

REPOSITORY = Path(__file__).resolve().parents[2]
PASSWORD = "blue shoes at six"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=chromium, args=FLAGS, timeout=PATIENT_MS)
        yield started
        await started.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("login")
    make_certs = REPOSITORY / "scripts" / "make-certs"
    subprocess.run([str(make_certs), str(made / "certs"), "localhost", "127.0.0.1"], check=True, capture_output=True)
    accounts = AccountsFile(made, CHEAPEST)
    for name, role in (("Ann", "runner"), ("Cleo", "coach"), ("Root", "admin")):
        accounts.add(name, role, PASSWORD)
    return made


@pytest_asyncio.fixture(loop_scope="module", params=["tls", "plain"])
async def url(request: pytest.FixtureRequest, folder: Path) -> AsyncIterator[str]:
    """Where Ann's page is, behind a login."""
    view = LiveView(FEET, title="Ann's run")
    for item in run_of(FEET, 20.0):
        view.write(item)
    accounts = AccountsFile(folder, CHEAPEST)
    if request.param == "tls":
        cert, key = folder / "certs" / "server.crt", folder / "certs" / "server.key"
        door = Door("0.0.0.0", 0, ("localhost",), tls_cert=cert, tls_key=key, accounts=accounts)
    else:
        door = Door("0.0.0.0", 0, ("localhost",), plain_http=True, accounts=accounts)
    async with LiveServer(view, door, "Ann") as server:
        yield server.url


async def opened(browser: Browser, url: str, *, scripts: bool = True) -> Page:
    context = await browser.new_context(
        viewport={"width": 320, "height": 568}, ignore_https_errors=True, java_script_enabled=scripts
    )
    page = await context.new_page()
    page.set_default_timeout(PATIENT_MS)
    await page.goto(url)
    return page


async def log_in(page: Page, name: str, password: str = PASSWORD) -> None:
    await page.get_by_label("Name", exact=True).fill(name)
    await page.get_by_label("Password", exact=True).fill(password)
    await page.get_by_role("button", name="Log in").click()


async def test_a_runner_logs_in_sees_the_run_and_logs_out(browser: Browser, url: str) -> None:
    page = await opened(browser, url)
    await expect(page).to_have_title("Log in · Footfall")
    await log_in(page, "Ann", "not it at all")
    await expect(page.get_by_role("alert")).to_have_text("Name or password is not right.")
    await expect(page.get_by_label("Name", exact=True)).to_have_value("Ann")
    await log_in(page, "ann")
    await expect(page.locator("#state")).to_have_text("Running")
    await page.get_by_role("button", name="Log out", exact=True).click()
    await expect(page).to_have_title("Log in · Footfall")
    await page.goto(f"{url}account")
    await log_in(page, "Ann")
    await expect(page).to_have_title("Your account · Footfall")
    await page.context.close()


async def test_nothing_of_it_needs_a_script(browser: Browser, url: str) -> None:
    page = await opened(browser, f"{url}account", scripts=False)
    await log_in(page, "Ann")
    await page.get_by_role("button", name="Let this coach see them").click()
    await expect(page.get_by_role("status")).to_have_text("Cleo may see your runs.")
    await page.get_by_role("button", name="Take back").click()
    await expect(page.get_by_role("status")).to_have_text("Cleo may not see your runs.")
    await page.get_by_role("button", name="Log out", exact=True).click()
    await expect(page).to_have_title("Log in · Footfall")
    await page.context.close()


@pytest.mark.parametrize("url", ["tls"], indirect=True)
async def test_both_pages_can_be_used_by_all_and_fit_a_small_phone(browser: Browser, url: str) -> None:
    page = await opened(browser, f"{url}account")
    for name in ("nobody", "Ann", "Cleo", "Root"):
        await log_in(page, name)
        await expect(page.get_by_role("heading", level=1)).to_have_text(
            "Log in" if name == "nobody" else "Your account"
        )
        assert await page.evaluate(OVERFLOWING) == [], name
        found = await Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        if name == "Root":
            await page.goto(url)
            await expect(page.locator("#state")).to_have_text("Not shown")
            not_shown = await Axe().run(page)
            assert not_shown.violations_count == 0, not_shown.generate_report()
            await page.goto(f"{url}phone")
            await expect(page.locator("svg.qr")).to_be_visible()
            found = await Axe().run(page)
            assert (found.violations_count, await page.evaluate(OVERFLOWING)) == (0, []), found.generate_report()
            await page.goto(f"{url}nothing")
            await expect(page).to_have_title("No such page · Footfall")
            found = await Axe().run(page)
            assert (found.violations_count, await page.evaluate(OVERFLOWING)) == (0, []), found.generate_report()
            await page.get_by_role("link", name="To the first page").click()
        elif name != "nobody":
            await page.get_by_role("button", name="Log out", exact=True).click()
            await page.goto(f"{url}account")
    await page.context.close()


@pytest.mark.parametrize("url", ["tls"], indirect=True)
async def test_a_login_that_ends_leads_back_to_the_login_and_anothers_run_is_not_shown(
    browser: Browser, url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_server, "HEARTBEAT_S", 0.5)
    monkeypatch.setattr(live_server, "ASK_AGAIN_S", 0.0)
    page = await opened(browser, url)
    await log_in(page, "Cleo")
    await expect(page.locator("#notice")).to_contain_text("These runs are not shown to you.")
    await expect(page.get_by_role("button", name="Log out", exact=True)).to_be_visible()
    accounts = AccountsFile(folder, CHEAPEST)
    await asyncio.to_thread(accounts.agree, "Ann", "Cleo")
    await expect(page.locator("#state")).to_have_text("Running")
    await asyncio.to_thread(accounts.set_password, "Cleo", PASSWORD)
    await expect(page).to_have_title("Log in · Footfall")
    await asyncio.to_thread(accounts.disagree, "Ann", "Cleo")
    await page.context.close()
