"""The runner's pages on real sockets, without a browser: whose they are, what forms keep, and what is refused."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
import pytest_asyncio
from argon2.profiles import CHEAPEST

from attacks.asking import Answer, Asked
from dashboards.a_diary import HOSTILE, NOW, ADiary, a_run, hostile, three_months
from dashboards.made_up_run import FEET
from footfall_coaching.answers import Effort, Pain, PainSite, Phase, Shoe, ShoeKind, Sign
from footfall_coaching.how_far import how_far
from footfall_dashboards.access import Door, PageServer, streams
from footfall_dashboards.live import LiveView
from footfall_dashboards.runner.server import Now, Surroundings, app
from footfall_gateway.accounts import AccountsFile
from footfall_processing.session import Side

PASSWORD = "blue shoes at six"
PAGES = ("/today", "/runs", "/trends", "/plan", "/log", "/sensors")
LAST = "yesterdays"


def diary_of(*names: str) -> ADiary:
    """Return a log in which each of these ran yesterday evening, and has pain told in the run."""
    diary = ADiary()
    for name in names:
        run = a_run(f"{LAST}-{name}", NOW - timedelta(hours=24), 8.0, runner_name=name, title=f"Run of {name}")
        diary.kept[run.session_id] = run
        diary.pains_told.append(
            Pain(name, run.session_id, NOW - timedelta(hours=23), Phase.DURING, PainSite.KNEE, Side.LEFT, 3)
        )
    return diary


@pytest.fixture
def diary() -> ADiary:
    return diary_of("")


@pytest_asyncio.fixture
async def near(diary: ADiary) -> AsyncIterator[Asked]:
    """The pages on this computer."""
    async with PageServer(app(diary, Surroundings(clock=lambda: NOW)), Door(port=0)) as server:
        yield Asked(server.port)


@pytest_asyncio.fixture
async def far(tmp_path: Path) -> AsyncIterator[tuple[Asked, ADiary]]:
    """Pages of Ann and Bo for others too; Cleo coaches, and may see Ann's."""
    accounts = AccountsFile(tmp_path, CHEAPEST)
    for name, role in (("Ann", "runner"), ("Bo", "runner"), ("Cleo", "coach"), ("Root", "admin")):
        accounts.add(name, role, PASSWORD)
    accounts.agree("Ann", "Cleo")
    diary = diary_of("Ann", "Bo", "")
    door = Door(host="0.0.0.0", port=0, plain_http=True, accounts=accounts)
    async with PageServer(app(diary, Surroundings(clock=lambda: NOW)), door) as server:
        yield Asked(server.port), diary


def token_in(page: Answer) -> str:
    found = re.search(r'name="token" value="([0-9a-f]{64})"', page.body)
    assert found is not None
    return found[1]


async def sent(asked: Asked, fields: dict[str, str], path: str = "/log", cookie: str = "") -> Answer:
    """Send a form with the token of its page."""
    token = token_in(await asked.ask(path.partition("?")[0], cookie=cookie))
    return await asked.ask(path, form={"token": token, **fields}, cookie=cookie)


# ---- Pages


async def test_each_page_is_there_and_asks_nothing_of_any_other_machine(near: Asked) -> None:
    for path in PAGES:
        answer = await near.ask(path)
        assert answer.status == 200, path
        assert 'aria-current="page"' in answer.body
        assert not re.findall(r'(?:src|href|action)="(?!/)(?!#)[^"]*"', answer.body), path
        assert "style=" not in answer.body
    assert (await near.ask("/")).headers["location"] == "/today"


async def test_the_live_page_among_them_has_all_its_files_and_ways() -> None:
    around = Surroundings(now=Now(LiveView(FEET)), clock=lambda: NOW)
    async with PageServer(app(diary_of(""), around), Door(port=0)) as server:
        asked = Asked(server.port)
        body = (await asked.ask("/live/")).body
        assert 'href="/account"' in body, "which is there behind a login"
        for path in re.findall(r'(?:src|href)="([^"#]+)"', body):
            if path != "/account":
                answer = await asked.ask(path if path.startswith("/") else f"/live/{path}", "HEAD")
                assert answer.status == 200, path


async def test_unknown_addresses_get_a_page_that_leads_on(near: Asked) -> None:
    for path in ("/nothing", "/runs/none", "/log/more", "/%ff"):
        answer = await near.ask(path, accept="text/html")
        assert answer.status == 404, path
        assert 'href="/today"' in answer.body
    assert (await near.ask("/today", form={})).status == 405


async def test_an_empty_log_says_what_would_fill_it() -> None:
    async with PageServer(app(ADiary(), Surroundings(clock=lambda: NOW)), Door(port=0)) as server:
        for path in PAGES:
            assert (await Asked(server.port).ask(path)).status == 200
        body = (await Asked(server.port).ask("/today")).body
    assert "No run yet" in body
    assert "can be told without a run" in body
    assert "Tell how the last run felt" not in body
    assert "unknown: no run in the last 30 days" in body


async def test_today_shows_light_ceiling_question_and_last_run(near: Asked, diary: ADiary) -> None:
    body = unescape((await near.ask("/today")).body)
    assert "Amber" in body
    assert how_far(list(diary.kept.values()), diary.pains_told, diary.signs_told, NOW).words in body
    assert "Pain of the left knee this morning" in body
    assert "Yesterday: " in body


async def test_an_achilles_tendon_keeps_its_capital(near: Asked, diary: ADiary) -> None:
    diary.pains_told = [replace(pain, site=PainSite.ACHILLES) for pain in diary.pains_told]
    assert "Left Achilles tendon: 3 in the run" in (await near.ask("/log")).body


async def test_a_log_that_fails_says_why_on_this_computer(near: Asked, diary: ADiary) -> None:
    diary.damage = "/data/footfall.sqlite is damaged; see footfall doctor"
    answer = await near.ask("/today")
    assert answer.status == 503
    assert "/data/footfall.sqlite is damaged; see footfall doctor." in answer.body


async def test_without_a_run_the_live_page_says_so_and_with_one_it_leads_there() -> None:
    now = Now()
    async with PageServer(app(diary_of(""), Surroundings(now=now, clock=lambda: NOW)), Door(port=0)) as server:
        asked = Asked(server.port)
        assert "No run goes on here." in (await asked.ask("/live")).body
        assert (await asked.ask("/live/")).headers["location"] == "/live"
        assert ">Live<" not in (await asked.ask("/today")).body
        now.view = LiveView(FEET)
        assert ">Live<" in (await asked.ask("/today")).body
        assert (await asked.ask("/live")).headers["location"] == "/live/"
        assert 'id="readings"' in (await asked.ask("/live/")).body
        assert "text/event-stream" in (await asked.ask("/live/events", "HEAD")).headers["content-type"]
        now.view.end()
        assert ">Live<" not in (await asked.ask("/today")).body


async def test_miles_are_kept_in_the_browser(near: Asked) -> None:
    answer = await sent(near, {"unit": "mile", "back": "/runs"}, "/today")
    assert answer.status == 405
    token = token_in(await near.ask("/today"))
    answer = await near.ask("/unit", form={"token": token, "unit": "mile", "back": "/runs"})
    assert (answer.status, answer.headers["location"]) == (303, "/runs")
    assert "mi" in (await near.ask("/today", cookie=answer.cookie)).body
    for back in ("https://evil.example/", "//evil.example", "/\\evil.example"):
        answer = await near.ask("/unit", form={"token": token, "unit": "km", "back": back})
        assert answer.headers["location"] == "/"


# ---- Forms


async def test_the_mornings_question_is_answered_by_one_touch(near: Asked, diary: ADiary) -> None:
    fields = {"do": "pain", "run": f"{LAST}-", "phase": "morning", "place": "knee-left", "level": "1", "back": "/today"}
    answer = await sent(near, fields, "/log")
    assert (answer.status, answer.headers["location"]) == (303, "/today?done=pain")
    assert diary.pains_told[-1] == Pain("", f"{LAST}-", NOW, Phase.MORNING, PainSite.KNEE, Side.LEFT, 1)
    assert "this morning" not in (await near.ask("/today")).body


async def test_pain_is_kept_of_the_run_or_of_the_day(near: Asked, diary: ADiary) -> None:
    own = {"do": "pain", "run": f"{LAST}-", "place": "shin-right"}
    for phase, session_id in ((Phase.DURING, f"{LAST}-"), (Phase.MORNING, f"{LAST}-")):
        assert (await sent(near, {**own, "phase": phase.value, "level": "10"})).status == 303
        assert diary.pains_told[-1] == Pain("", session_id, NOW, phase, PainSite.SHIN, Side.RIGHT, 10)
    assert (await sent(near, {"do": "pain", "run": "", "place": "", "phase": "morning", "level": "0"})).status == 303
    assert diary.pains_told[-1] == Pain("", "", NOW, Phase.MORNING, None, None, 0)


async def test_the_three_questions_keep_pain_effort_and_signs(near: Asked, diary: ADiary) -> None:
    page = (await near.ask(f"/runs/{LAST}-")).body
    assert 'id="questions"' in page
    answers = {"during": "2", "after": "0", "place": "knee-left", "exertion": "6", "feeling": "4", "limp": "yes"}
    answer = await sent(near, {"do": "run", "run": f"{LAST}-", "back": f"/runs/{LAST}-", **answers})
    assert (answer.status, answer.headers["location"]) == (303, f"/runs/{LAST}-?done=run")
    assert {(p.phase, p.level) for p in diary.pains_told} == {(Phase.DURING, 2), (Phase.AFTER, 0)}
    assert diary.efforts_told[f"{LAST}-"] == Effort(f"{LAST}-", 6, 4)
    assert [note.sign for note in diary.signs_told] == [Sign.LIMP]
    page = (await near.ask(f"/runs/{LAST}-")).body
    for name, value in {**answers, "limp": "yes"}.items():
        assert f'name="{name}" value="{value}" checked' in page, "what was answered stands there again"


async def test_shoes_and_signs_are_kept(near: Asked, diary: ADiary) -> None:
    assert (await sent(near, {"do": "shoe", "name": " Blue 2 ", "kind": "minimal"})).status == 303
    assert diary.shoes_worn[-1] == Shoe("", NOW, "Blue 2", ShoeKind.MINIMAL)
    assert (await sent(near, {"do": "signs", "swelling": "yes", "fever": "yes"})).status == 303
    assert {note.sign for note in diary.signs_told} == {Sign.SWELLING, Sign.FEVER}
    assert "Red" in (await near.ask("/today")).body


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"do": "pain", "phase": "morning", "place": "knee-left", "level": ""}, "Choose how much it hurts"),
        ({"do": "pain", "phase": "morning", "place": "", "level": "4"}, "Choose where it hurts"),
        ({"do": "pain", "phase": "", "place": "knee-left", "level": "4"}, "Choose when it hurt"),
        ({"do": "pain", "phase": "during", "place": "knee-left", "level": "4"}, "There is no run of these days"),
        ({"do": "pain", "phase": "morning", "place": "knee-left", "level": "11"}, "is not within 0 (none) to 10"),
        ({"do": "pain", "phase": "morning", "place": "knee-left", "level": "-1"}, "from the numbers of the form"),
        ({"do": "pain", "phase": "morning", "place": "knee-left", "level": "٣"}, "from the numbers of the form"),
        ({"do": "pain", "phase": "morning", "place": "nose-left", "level": "4"}, "Choose where it hurts from the form"),
        ({"do": "run", "during": "4", "place": "nowhere", "run": f"{LAST}-"}, "Choose where it hurts"),
        ({"do": "run", "run": f"{LAST}-"}, "Nothing was chosen yet"),
        ({"do": "run", "during": "1"}, "Say of which run"),
        ({"do": "run", "run": f"{LAST}-", "feeling": "9"}, "is not within 1 (very bad) to 5"),
        ({"do": "signs"}, "Nothing was chosen yet"),
        ({"do": "shoe", "name": "   ", "kind": "usual"}, "A shoe needs a name"),
        ({"do": "shoe", "name": "x" * 61, "kind": "usual"}, "at most 60 characters"),
        ({"do": "shoe", "name": "Blue", "kind": "lead"}, "Choose of which kind"),
    ],
)
async def test_what_cannot_be_kept_is_said_and_stands_there_again(
    near: Asked, diary: ADiary, fields: dict[str, str], words: str
) -> None:
    before = diary_of("")
    answer = await sent(near, fields)
    assert answer.status == 400
    assert words in unescape(answer.body)
    assert (diary.pains_told, diary.efforts_told, diary.shoes_worn) == (
        before.pains_told,
        before.efforts_told,
        before.shoes_worn,
    )
    if fields["do"] == "shoe":
        assert f'value="{fields["name"]}"' in answer.body
    elif fields.get("place") == "knee-left":
        assert 'name="place" value="knee-left" checked' in answer.body


async def test_a_form_without_its_token_is_shown_again_filled_and_nothing_is_kept(near: Asked, diary: ADiary) -> None:
    for token in ("", "0" * 64, "ü"):
        fields = {"do": "pain", "phase": "morning", "place": "hip-right", "level": "4", "token": token}
        answer = await near.ask("/log", form=fields)
        assert answer.status == 403
        assert 'name="place" value="hip-right" checked' in answer.body
        assert "send it once more" in answer.body
    for path in ("/unit", f"/runs/{LAST}-/title", f"/runs/{LAST}-/discard"):
        assert (await near.ask(path, form={"title": "stolen"})).status == 403
    assert len(diary.pains_told) == 1
    assert diary.kept[f"{LAST}-"].title == "Run of "


async def test_forms_from_elsewhere_and_by_other_ways_change_nothing(near: Asked, diary: ADiary) -> None:
    token = token_in(await near.ask("/log"))
    fields = {"do": "pain", "phase": "morning", "place": "hip-right", "level": "4", "token": token}
    assert (await near.ask("/log", form=fields, origin="https://evil.example")).status == 403
    query = "&".join(f"{name}={value}" for name, value in fields.items())
    await near.ask(f"/log?{query}")
    assert (await near.ask("/log", "PUT", origin=near.origin)).status == 405
    assert len(diary.pains_told) == 1


# ---- Whose


async def test_each_runner_sees_their_own_a_coach_who_agreed_and_nobody_the_unnamed(far: tuple[Asked, ADiary]) -> None:
    asked, _ = far
    cookies = {name: (await asked.log_in(name, PASSWORD)).cookie for name in ("Ann", "Bo", "Cleo", "Root")}
    allowed = {("Ann", "Ann"), ("Bo", "Bo"), ("Cleo", "Ann"), ("Cleo", "Cleo"), ("Root", "Root")}
    for visitor, cookie in cookies.items():
        for runner in ("Ann", "Bo", "", "ann", "Cleo", "Root"):
            for path in PAGES:
                answer = await asked.ask(f"{path}?runner={runner}", cookie=cookie)
                assert answer.status == (200 if (visitor, runner) in allowed else 403), (visitor, runner, path)
        for runner in ("Ann", "Bo", ""):
            for path in (f"/runs/{LAST}-{runner}", f"/runs/{LAST}-{runner}?runner={visitor}"):
                answer = await asked.ask(path, cookie=cookie)
                assert answer.status == (200 if (visitor, runner) in allowed else 403), (visitor, path)
                if answer.status != 200:
                    assert f"Run of {runner}" not in answer.body
    body = (await asked.ask("/today", cookie=cookies["Cleo"])).body
    assert "runner=Ann" in body, "a coach is led to a runner who agreed"
    for path in PAGES:
        assert (await asked.ask(path, accept="text/html")).headers["location"].startswith("/login?back=")


async def test_a_coach_reads_and_does_not_write(far: tuple[Asked, ADiary]) -> None:
    asked, diary = far
    cleo, bo = [(await asked.log_in(name, PASSWORD)).cookie for name in ("Cleo", "Bo")]
    page = await asked.ask("/log?runner=Ann", cookie=cleo)
    assert "Only the runner keeps this log." in page.body
    fields = {"do": "pain", "phase": "morning", "place": "hip-right", "level": "4"}
    for cookie in (cleo, bo):
        token = token_in(await asked.ask("/today", cookie=cookie))
        for path in ("/log?runner=Ann", f"/runs/{LAST}-Ann/title?runner=Ann", f"/runs/{LAST}-Ann/discard"):
            answer = await asked.ask(path, form={**fields, "token": token, "title": "x"}, cookie=cookie)
            assert answer.status == 403, path
        answer = await asked.ask("/log", form={**fields, "run": f"{LAST}-Ann", "token": token}, cookie=bo)
        assert answer.status in (403, 404)
    assert len(diary.pains_told) == 3
    ann = (await asked.log_in("Ann", PASSWORD)).cookie
    stolen = token_in(await asked.ask("/log", cookie=ann))
    answer = await asked.ask("/log?runner=Bo", form={**fields, "token": stolen}, cookie=bo)
    assert answer.status == 403, "another's token is no token"


async def test_what_fails_is_told_to_others_without_names_of_files(far: tuple[Asked, ADiary]) -> None:
    asked, diary = far
    diary.damage = "/data/footfall.sqlite is damaged"
    ann = (await asked.log_in("Ann", PASSWORD)).cookie
    answer = await asked.ask("/today", cookie=ann)
    assert answer.status == 503
    assert "sqlite" not in answer.body


async def test_names_that_mean_no_good_stay_text() -> None:
    async with PageServer(app(hostile(), Surroundings(clock=lambda: NOW, remark=HOSTILE)), Door(port=0)) as server:
        asked = Asked(server.port)
        for path in (*PAGES, "/runs/hostile-0", f"/today?runner={'%3Cscript%3Ealert(1)%3C/script%3E'}"):
            body = (await asked.ask(path)).body
            assert "<script>alert" not in body, path
            assert "<img src=x" not in body, path
            assert "\u202e" not in re.sub(r'value="[^"]*"', "", body), "but for a field to change it in"
            assert "&lt;script&gt;" in body, path


async def test_of_somebody_unknown_there_are_no_empty_pages() -> None:
    async with PageServer(
        app(three_months(runner_name="Ann"), Surroundings(clock=lambda: NOW)), Door(port=0)
    ) as server:
        asked = Asked(server.port)
        for path in ("/today", "/trends", "/report"):
            answer = await asked.ask(f"{path}?runner=Nobody")
            assert answer.status == 404
            assert "This log has no run of Nobody. It has runs of Ann." in answer.body
            assert (await asked.ask(f"{path}?runner=Ann")).status == 200


async def test_every_form_of_a_full_log_has_a_token() -> None:
    async with PageServer(app(three_months(), Surroundings(clock=lambda: NOW)), Door(port=0)) as server:
        asked = Asked(server.port)
        diary = three_months()
        for path in (*PAGES, f"/runs/{next(iter(diary.kept))}", "/runs/binned"):
            for form in re.findall(r'<form[^>]*method="post".*?</form>', (await asked.ask(path)).body, re.DOTALL):
                assert 'name="token"' in form, (path, form[:200])


async def test_open_live_pages_among_the_others_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MOST_STREAMS", 1)
    now = Now(LiveView(FEET))
    async with PageServer(app(ADiary(), Surroundings(now=now, clock=lambda: NOW)), Door(port=0)) as server:
        asked = Asked(server.port)
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(f"GET /live/events HTTP/1.1\r\nHost: {asked.host}\r\n\r\n".encode())
        await reader.readuntil(b"data: ")
        assert (await asked.ask("/live/events")).status == 429
        writer.close()
        now.others, now.view = frozenset({""}), None
        assert "Your run goes on" in (await asked.ask("/live")).body
