"""Attempts on the runner's own pages: whose log is read, and who writes into it."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from argon2.profiles import CHEAPEST

from attacks.asking import Answer, Asked
from attacks.attempts import Attempt
from attacks.served import PASSWORDS
from footfall_coaching.answers import Shoe
from footfall_dashboards.access import Door, PageServer
from footfall_dashboards.runner.server import Surroundings, app
from footfall_gateway.accounts import AccountsFile
from footfall_gateway.accounts.passwords import PARAMETERS
from footfall_gateway.data_folder import make_folders, store_path
from footfall_gateway.persons.bin import diary_of
from footfall_gateway.store.database import Store
from footfall_gateway.virtual.made_up_sessions import keep_months
from footfall_gateway.virtual.months import made_up_months

SECRET: Final = "a shoe that only Ann and Cleo know"
SCRIPT: Final = "<script>alert(1)</script>"
PAGES: Final = ("/today", "/runs", "/trends", "/plan", "/log", "/sensors", "/live", "/live/events")
EVIL: Final = "https://evil.example"
_SEE_OTHER: Final = 303


async def attempts(folder: Path, *, quick: bool) -> AsyncIterator[Attempt]:
    """Try everything; with `quick`, with passwords that are cheap to compare."""
    accounts = AccountsFile(folder, CHEAPEST if quick else PARAMETERS)
    for name, role in zip(PASSWORDS, ("runner", "runner", "coach", "coach", "admin"), strict=True):
        await asyncio.to_thread(accounts.add, name, role, PASSWORDS[name])
    await asyncio.to_thread(accounts.agree, "Ann", "Cleo")
    run_id = await asyncio.to_thread(_fill, folder)
    door = Door(host="0.0.0.0", port=0, plain_http=True, accounts=accounts)
    async with diary_of(folder) as diary, PageServer(app(diary, Surroundings()), door) as far:
        asked = Asked(far.port)
        cookies = {name: (await asked.log_in(name, PASSWORDS[name])).cookie for name in PASSWORDS}
        for made in (
            _reading(asked, cookies, run_id),
            _writing(asked, cookies, run_id),
            _forging(asked, cookies["Ann"], cookies["Bo"]),
            _traversal(asked, cookies["Ann"]),
            _script(asked, cookies["Ann"]),
        ):
            async for attempt in made:
                yield attempt
        before = await diary.pains("Ann")
        told = [pain for pain in before if pain.level == 9]
        yield Attempt("another's credentials", "a pain of 9 that Ann never told", str(len(told)), bool(told))


def _fill(folder: Path) -> str:
    """Keep months of Ann's; return one of her runs."""
    make_folders(folder)
    with Store.open(store_path(folder)) as store:
        now = datetime.now(UTC)
        months = made_up_months(now, "Ann")
        keep_months(store, months, "footfall")
        store.answers.note(Shoe("Ann", now, SECRET))
        return months.runs[-1].session_id


async def _reading(asked: Asked, cookies: Mapping[str, str], run_id: str) -> AsyncIterator[Attempt]:
    paths = (*PAGES, f"/runs/{run_id}", f"/runs/{run_id}?runner=Bo", f"/runs/compare?run={run_id}")
    for path in paths:
        for written in (path, f"{path}{'&' if '?' in path else '?'}runner=Ann"):
            answer = await asked.ask(written, head_only=True)
            yield _attempt("no credentials", f"GET {written}", answer, answer.status == 200)
    for name in ("Bo", "Dan", "Root"):
        for path in paths:
            theirs = path if run_id in path else f"{path}?runner=Ann"
            for written in (
                theirs,
                theirs.replace("Ann", "%41nn"),
                theirs.replace("runner=Ann", "runner=Bo&runner=Ann"),
            ):
                answer = await asked.ask(written, cookie=cookies[name])
                # of two runners named in one address the last one counts, and is asked for
                yield _attempt("another's credentials", f"{name}: GET {written}", answer, SECRET in answer.body)
                if run_id in path:
                    yield _attempt("another's credentials", f"{name}: {written}", answer, answer.status == 200)


async def _writing(asked: Asked, cookies: Mapping[str, str], run_id: str) -> AsyncIterator[Attempt]:
    pain = {"do": "pain", "phase": "morning", "place": "knee-left", "level": "9"}
    for name in ("Bo", "Cleo", "Dan", "Root"):
        token = await _token(asked, cookies[name])
        for path in (
            "/log?runner=Ann",
            "/log?runner=Bo&runner=Ann",
            f"/runs/{run_id}/title",
            f"/runs/{run_id}/discard",
            f"/runs/{run_id}/runner",
        ):
            form = {**pain, "token": token, "title": "stolen", "name": name}
            answer = await asked.ask(path, cookie=cookies[name], form=form)
            yield _attempt("another's credentials", f"{name}: POST {path}", answer, answer.status == _SEE_OTHER)
        form = {**pain, "run": run_id, "phase": "during", "token": token}
        answer = await asked.ask("/log", cookie=cookies[name], form=form)
        yield _attempt("another's credentials", f"{name}: of Ann's run", answer, answer.status == _SEE_OTHER)
    form = {"name": "Bo", "token": await _token(asked, cookies["Ann"])}
    answer = await asked.ask(f"/runs/{run_id}/runner", cookie=cookies["Ann"], form=form)
    yield _attempt("another's log", "Ann: gives a run of hers to Bo", answer, answer.status == _SEE_OTHER)
    answer = await asked.ask("/log?runner=Ann", form=pain)
    yield _attempt(
        "no credentials", "POST /log", answer, answer.status == _SEE_OTHER and "login" not in str(answer.headers)
    )


async def _forging(asked: Asked, ann: str, bo: str) -> AsyncIterator[Attempt]:
    form = {"do": "pain", "phase": "morning", "place": "knee-left", "level": "9"}
    own, foreign = await _token(asked, ann), await _token(asked, bo)
    for token in ("", "0" * 64, foreign, own[:-1], f"{own}0", own.upper()):
        answer = await asked.ask("/log", cookie=ann, form={**form, "token": token})
        yield _attempt("cross-site", f"POST /log with the token {token[:8]!r}…", answer, answer.status == _SEE_OTHER)
    sent: tuple[dict[str, str | None], ...] = (
        {"origin": EVIL},
        {"origin": "null"},
        {"origin": None},
        {"origin": None, "sec_fetch_site": "cross-site"},
        {"origin": EVIL, "sec_fetch_site": "same-origin"},
    )
    for more in sent:
        answer = await asked.ask("/log", cookie=ann, form={**form, "token": own}, more=more)
        yield _attempt("cross-site", f"POST /log {more}", answer, answer.status == _SEE_OTHER)
    query = "&".join(f"{name}={value}" for name, value in {**form, "token": own}.items())
    answer = await asked.ask(f"/log?{query}", cookie=ann)
    yield _attempt("cross-site", "a change by GET", answer, answer.status == _SEE_OTHER)


async def _traversal(asked: Asked, ann: str) -> AsyncIterator[Attempt]:
    for start in ("/static/", "/live/", "/runs/"):
        for below in (
            "../server.py",
            "..%2fserver.py",
            "%2e%2e/footfall.sqlite",
            "..\\accounts.json",
            "%00",
            "/etc/passwd",
        ):
            answer = await asked.ask(f"{start}{below}", cookie=ann)
            yield _attempt("traversal", f"GET {start}{below}", answer, answer.status in (200, 500))


async def _script(asked: Asked, ann: str) -> AsyncIterator[Attempt]:
    token = await _token(asked, ann)
    await asked.ask("/log", cookie=ann, form={"do": "shoe", "name": SCRIPT, "kind": "usual", "token": token})
    for path in (*PAGES[:-1], f"/log?until={SCRIPT}", f"/trends?days={SCRIPT}", f"/runs?words={SCRIPT}", f"/{SCRIPT}"):
        answer = await asked.ask(path.replace(" ", "%20"), cookie=ann)
        yield _attempt("script", f"GET {path}", answer, SCRIPT in answer.body)
        policy = answer.headers.get("content-security-policy", "")
        if answer.status == 200:
            yield _attempt("script", f"the policy of {path}", answer, "script-src 'self'" not in policy)


async def _token(asked: Asked, cookie: str) -> str:
    found = re.search(r'name="token" value="([0-9a-f]{64})"', (await asked.ask("/today", cookie=cookie)).body)
    return "" if found is None else found[1]


def _attempt(kind: str, what: str, answer: Answer, got: bool) -> Attempt:
    return Attempt(kind, what, str(answer.status) if answer.status else "hung up", got)
