"""Attempts on the pages: a live page that others can reach, and one that only this computer can."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from statistics import median
from time import monotonic
from typing import Final

from argon2.profiles import CHEAPEST

from attacks.asking import Answer, Asked
from attacks.attempts import Attempt
from attacks.served import PASSWORDS, SECRET, Pages, pages
from footfall_dashboards.access.login import AUTHORITY_PATH
from footfall_dashboards.access.serving import MOST_CONNECTIONS_OF_ONE
from footfall_dashboards.access.streams import MOST_OF_ONE
from footfall_gateway.accounts.passwords import PARAMETERS

EVIL: Final = "https://evil.example"


async def attempts(folder: Path, *, quick: bool) -> AsyncIterator[Attempt]:
    """Try everything; with `quick`, without what takes long, and with passwords that are cheap to compare."""
    async with pages(folder, CHEAPEST if quick else PARAMETERS) as attacked:
        for made in (
            _without_login(attacked.far),
            _traversal(attacked.far),
            _rebinding(attacked),
            _cross_site(attacked),
            _with_anothers_login(attacked),
            _cookies(attacked),
            _tricks_at_the_login(attacked.far),
            _oversized(attacked),
            _guessing(attacked.far, quick),
            _floods(attacked.far, quick),
            _changed_password(attacked),
        ):
            async for attempt in made:
                yield attempt


async def _without_login(far: Asked) -> AsyncIterator[Attempt]:
    for path in (
        "/",
        "/events",
        "/account",
        "/phone",
        "/live.js",
        "/plotly/plotly.min.js",
        "/index.html",
        "//",
        "/%65vents",
    ):
        answer = await far.ask(path, accept="text/html", head_only=True)
        yield _attempt("no credentials", f"GET {path}", answer, answer.status == 200)
    for method in ("HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "get", "POST"):
        answer = await far.ask("/events", method, head_only=True, origin=far.origin)
        yield _attempt("no credentials", f"{method} /events", answer, answer.status == 200)
    for name, value in (("authorization", "Basic QW5uOg=="), ("x-user", "Ann"), ("x-forwarded-for", "127.0.0.1")):
        answer = await far.ask("/events", head_only=True, more={name: value})
        yield _attempt("no credentials", f"/events with {name}: {value}", answer, answer.status == 200)
    answer = await far.ask(AUTHORITY_PATH)
    yield _attempt("no credentials", f"a key beside {AUTHORITY_PATH}", answer, b"PRIVATE" in answer.raw)
    answer = await Asked(far.port).ask("/events")
    yield _attempt("no credentials", "/events without TLS", answer, answer.status != 0)


async def _traversal(far: Asked) -> AsyncIterator[Attempt]:
    cookie = (await far.log_in("Bo", PASSWORDS["Bo"])).cookie
    below = (
        "accounts.json",
        "../accounts.json",
        "../tls/authority.pem",
        "tls/pages.pem",
        "../../../../etc/passwd",
        "../server.py",
        "../__init__.py",
    )
    dots = (str, lambda path: path.replace("../", "%2e%2e/"), lambda path: path.replace("../", "..%2f"))
    for start in ("/", "/access/", "/plotly/"):
        for path in dict.fromkeys(f"{start}{written(path)}" for path in below for written in dots):
            answer = await far.ask(path, cookie=cookie)
            yield _attempt("traversal", f"GET {path}", answer, answer.status == 200)
    for path in ("/access/%00", "/access/..\\..\\x", "/access/%5c..%5cx", "/access//etc/passwd", "/%ff", "/access"):
        answer = await far.ask(path, cookie=cookie)
        yield _attempt("traversal", f"GET {path}", answer, answer.status in (200, 500))


async def _rebinding(attacked: Pages) -> AsyncIterator[Attempt]:
    far, near = attacked.far, attacked.near
    cookie = (await far.log_in("Ann", PASSWORDS["Ann"])).cookie
    for asked, used in ((far, cookie), (near, "")):
        where = "with Ann's cookie" if used else "on this computer"
        port = asked.port
        for host in (
            *(
                "evil.example",
                f"evil.example:{port}",
                f"localhost.evil.example:{port}",
                f"localhost:{port}@evil.example",
            ),
            *("", "localhost:", f"localhost:{port}x", "[::ffff:7f00:1]", "0.0.0.0", "127.1", "localhost."),
        ):
            answer = await asked.ask("/events", cookie=used, host=host, head_only=True)
            yield _attempt("rebinding", f"Host: {host} {where}", answer, answer.status == 200)
        for head in (
            f"GET /events HTTP/1.1\r\nHost: {asked.host}\r\nHost: evil.example\r\n",
            "GET /events HTTP/1.0\r\n",
            f"GET http://evil.example/events HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: {asked.host}\r\n",
        ):
            answer = await asked.send(f"{head}Cookie: {used or 'none=1'}\r\n\r\n".encode(), head_only=True)
            yield _attempt("rebinding", f"{head.splitlines()[:3]} {where}", answer, answer.status == 200)
    for name in ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"):
        answer = await near.ask("/events", head_only=True, more={name: "203.0.113.9"})
        yield _attempt("rebinding", f"{name}: by a proxy that nobody spoke of", answer, answer.status == 200)


async def _cross_site(attacked: Pages) -> AsyncIterator[Attempt]:
    far, near = attacked.far, attacked.near
    cookie = (await far.log_in("Ann", PASSWORDS["Ann"])).cookie
    own = far.origin
    reading: Sequence[dict[str, str | None]] = (
        {"origin": EVIL},
        {"origin": "null"},
        {"sec_fetch_site": "cross-site", "sec_fetch_mode": "cors", "sec_fetch_dest": "empty"},
        {"sec_fetch_site": "same-site", "sec_fetch_mode": "no-cors", "sec_fetch_dest": "script"},
        {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "iframe"},
    )
    for asked, used in ((far, cookie), (near, "")):
        for path in ("/events", "/", "/live.js"):
            for sent in reading:
                answer = await asked.ask(path, cookie=used, head_only=True, more=sent)
                yield _attempt("cross-site", f"GET {path} {sent}", answer, answer.status == 200)
    writing: Sequence[dict[str, str | None]] = (
        {"origin": EVIL},
        {"origin": "null"},
        {"origin": None},
        {"origin": None, "sec_fetch_site": "cross-site"},
        {"origin": None, "sec_fetch_site": "same-site"},
        {"origin": None, "sec_fetch_site": "none"},
        {"origin": own.replace("https", "http")},
        {"origin": f"{own}0"},
        {"origin": f"{own}.evil.example"},
        {"origin": EVIL, "sec_fetch_site": "same-origin"},
        {"origin": EVIL, "referer": f"{own}/login"},
    )
    for sent in writing:
        answer = await far.ask("/account", cookie=cookie, form={"do": "disagree", "coach": "Cleo"}, more=sent)
        yield _attempt("cross-site", f"POST /account {sent}", answer, answer.status != 403)
    answer = await far.ask("/logout", cookie=cookie, form={}, origin=EVIL)
    yield _attempt("cross-site", "POST /logout", answer, answer.status != 403)
    answer = await far.ask("/login", form={"name": "Bo", "password": PASSWORDS["Bo"]}, origin=EVIL)
    yield _attempt("cross-site", "logging a visitor in as somebody else", answer, bool(answer.cookie))
    answer = await far.ask("/account?do=disagree&coach=Cleo", cookie=cookie)
    still = (await asyncio.to_thread(attacked.accounts.require, "Ann")).coaches == ("Cleo",)
    yield _attempt("cross-site", "a change by GET", answer, not still)
    answer = await far.ask("/login")
    policy = answer.headers.get("content-security-policy", "")
    framed = "frame-ancestors 'none'" not in policy or "unsafe" in policy
    yield _attempt("cross-site", "the login in a frame, or with a script of another's", answer, framed)


async def _with_anothers_login(attacked: Pages) -> AsyncIterator[Attempt]:
    far = attacked.far
    for name in ("Bo", "Dan", "Root"):
        cookie = (await far.log_in(name, PASSWORDS[name])).cookie
        for path in ("/events", "/events?runner=Ann", "/events?name=Ann"):
            answer = await far.ask(path, cookie=cookie, head_only=True)
            yield _attempt("another's credentials", f"{name}: GET {path}", answer, answer.status == 200)
        answer = await far.ask("/events", "HEAD", cookie=cookie)
        yield _attempt("another's credentials", f"{name}: HEAD /events", answer, answer.status == 200)
        if name == "Root":
            continue
        for form in (
            {"do": "add", "who": "Eve", "role": "admin", "new": "eve wants to rule", "own": PASSWORDS[name]},
            {"do": "set", "who": "Ann", "new": "eve wants to rule", "own": PASSWORDS[name]},
            {"do": "remove", "who": "Ann", "own": PASSWORDS[name]},
            {"do": "agree", "coach": name, "runner": "Ann", "name": "Ann"},
            {"do": ""},
        ):
            answer = await far.ask("/account", cookie=cookie, form=form)
            yield _attempt("another's credentials", f"{name}: {form}", answer, answer.status == 200)
    cookie = (await far.log_in("Ann", PASSWORDS["Ann"])).cookie
    told = [
        (await far.ask("/account", cookie=cookie, form={"do": "agree", "coach": name})).body.replace(name, "X")
        for name in ("Bo", "Root", "Eve")
    ]
    learnt = "tells who has an account" if len(set(told)) > 1 else "the same of each"
    yield Attempt("another's credentials", "Ann agrees to Bo, Root and nobody", learnt, len(set(told)) > 1)
    cookie = (await far.log_in("Root", PASSWORDS["Root"])).cookie
    answer = await far.ask("/account", cookie=cookie, form={"do": "agree", "coach": "Dan", "runner": "Ann"})
    yield _attempt("another's credentials", "Root agrees for Ann", answer, answer.status == 200)
    answer = await far.ask("/account", cookie=cookie, form={"do": "remove", "who": "Bo", "own": ""})
    yield _attempt("another's credentials", "Root's cookie without Root's password", answer, answer.status == 200)
    everybody = await asyncio.to_thread(attacked.accounts.all)
    changed = [one.name for one in everybody] != sorted(PASSWORDS) or everybody[0].coaches != ("Cleo",)
    yield Attempt(
        "another's credentials", "all of it together", "accounts changed" if changed else "no change", changed
    )


async def _cookies(attacked: Pages) -> AsyncIterator[Attempt]:
    far = attacked.far
    answer = await far.log_in("Ann", PASSWORDS["Ann"])
    told, cookie = answer.headers.get("set-cookie", ""), answer.cookie
    name, _, token = cookie.partition("=")
    missing = [part for part in ("__Host-", "HttpOnly", "Secure", "SameSite=strict", "Path=/") if part not in told]
    yield _attempt("cookies", "reading it by script, by http, from elsewhere", answer, bool(missing))
    for made_up in (
        f"{name}=",
        f"{name}={token[:-1]}",
        f"{name}={'A' * 43}",
        f"{name}={token}x",
        f"x={token}",
        f"{name}=Ann",
    ):
        answer = await far.ask("/events", cookie=made_up, head_only=True)
        yield _attempt("cookies", f"made up: {made_up[:24]}…", answer, answer.status == 200)
    mine = f"{name}={'M' * 43}"
    answer = await far.log_in("Ann", PASSWORDS["Ann"], cookie=mine)
    fixed = await far.ask("/events", cookie=mine, head_only=True)
    yield _attempt("cookies", "a token put there before the login", fixed, fixed.status == 200 or answer.cookie == mine)
    again = await far.log_in("Ann", PASSWORDS["Ann"], cookie=cookie)
    old = await far.ask("/events", cookie=cookie, head_only=True)
    yield _attempt("cookies", "the token from before another login", old, old.status == 200)
    await far.ask("/logout", cookie=again.cookie, form={})
    left = await far.ask("/events", cookie=again.cookie, head_only=True)
    yield _attempt("cookies", "replayed after the logout", left, left.status == 200)


async def _tricks_at_the_login(far: Asked) -> AsyncIterator[Attempt]:
    for back in (
        "//evil.example",
        EVIL,
        "/\\evil.example",
        "/\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
        "/%0d%0ax",
        "\t//x",
    ):
        answer = await far.log_in("Bo", PASSWORDS["Bo"], back=back)
        led = answer.headers.get("location", "")
        astray = led.startswith(("//", "/\\", "http", "javascript")) or "a=b" in answer.headers.get("set-cookie", "")
        yield _attempt("redirect", f"back={back!r}", answer, astray or not answer.cookie)
    for name in (
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "Ann' OR '1'='1",
        "Ann\0",
        "\ud800",
        "Ann/../Bo",
    ):
        answer = await far.ask(
            "/login", form={"name": name.encode("utf-8", "replace").decode(), "password": "x"}, source="127.0.0.9"
        )
        got = "<script" in answer.body or "<img" in answer.body or bool(answer.cookie) or answer.status == 500
        yield _attempt("injection", f"name {name!r}", answer, got)
    for fields in ({}, {"name": "Ann"}, {"password": PASSWORDS["Ann"]}):
        answer = await far.ask("/login", form=fields, source="127.0.0.10")
        yield _attempt("injection", f"only {sorted(fields)}", answer, bool(answer.cookie) or answer.status == 500)
    request = f"POST /login HTTP/1.1\r\nHost: {far.host}\r\nOrigin: {far.origin}\r\nConnection: close\r\n"
    deep = b"[" * 12_000
    head = f"{request}Content-Type: application/json\r\nContent-Length: {len(deep)}\r\n\r\n".encode()
    answer = await far.send(head + deep, "127.0.0.10")
    yield _attempt("deep", "12,000 brackets of JSON", answer, answer.status != 403)


async def _oversized(attacked: Pages) -> AsyncIterator[Attempt]:
    for asked in (attacked.far, attacked.near):
        start = f"GET / HTTP/1.1\r\nHost: {asked.host}\r\nConnection: close\r\n"
        post = f"POST /login HTTP/1.1\r\nHost: {asked.host}\r\nOrigin: {asked.origin}\r\nConnection: close\r\n"
        form = "Content-Type: application/x-www-form-urlencoded\r\n"
        chunk = b"2000\r\n" + b"a" * 0x2000 + b"\r\n"
        smuggled = f"0\r\n\r\nGET /events HTTP/1.1\r\nHost: {asked.host}\r\n\r\n"
        tried = {
            "a header of 1 MiB": f"{start}X: {'a' * (1 << 20)}\r\n\r\n".encode(),
            "40,000 headers": (start + "X: a\r\n" * 40_000 + "\r\n").encode(),
            "a path of 1 MiB": start.replace("/ HTTP", f"/{'a' * (1 << 20)} HTTP").encode() + b"\r\n",
            "a head without end": (start + "X: a\r\n" * 40_000).encode(),
            "a body of 1 GiB, announced": f"{post}{form}Content-Length: 1073741824\r\n\r\n".encode() + b"a" * 65536,
            "a body of 400 KiB in chunks": f"{post}{form}Transfer-Encoding: chunked\r\n\r\n".encode() + chunk * 50,
            "a length below 0": f"{post}{form}Content-Length: -1\r\n\r\n".encode(),
            "two lengths": f"{post}{form}Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef".encode(),
            "10,000 fields": f"{post}{form}Content-Length: 15999\r\n\r\n".encode() + b"a=&" * 5333,
            "length and chunks": (
                f"{post}{form}Content-Length: {len(smuggled)}\r\nTransfer-Encoding: chunked\r\n\r\n{smuggled}".encode()
            ),
        }
        for what, request in tried.items():
            answer = await asked.send(request, "127.0.0.11")
            got = answer.status in (200, 303, 500) or SECRET in answer.body
            yield _attempt("oversized", what, answer, got)
        socket = f"{start}Upgrade: websocket\r\nSec-WebSocket-Key: aaaa\r\nSec-WebSocket-Version: 13\r\n\r\n"
        answer = await asked.send(
            socket.replace("GET / ", "GET /events ").replace("close", "Upgrade").encode(), head_only=True
        )
        yield _attempt("oversized", "a WebSocket", answer, answer.status == 101)
    answer = await attacked.far.log_in("Ann", "a" * 15_000, "127.0.0.11")
    yield _attempt("oversized", "a password of 15,000 letters", answer, bool(answer.cookie) or answer.status == 500)


async def _guessing(far: Asked, quick: bool) -> AsyncIterator[Attempt]:
    source = "127.0.0.20"
    known, unknown = [
        await far.ask("/login", form={"name": name, "password": "wrong"}, source=source) for name in ("Ann", "Eve")
    ]
    differs = (known.status, known.body.replace("Ann", "Eve")) != (unknown.status, unknown.body)
    yield _attempt("guessing", "is there an Eve? by the answer", unknown, differs)
    if not quick:
        took: dict[str, list[float]] = {"Ann": [], "Eve": []}
        for number in range(12):
            name = ("Ann", "Eve")[number % 2]
            began = monotonic()
            await far.log_in(name, "wrong", f"127.0.1.{1 + number // 2}")
            took[name].append(monotonic() - began)
        ratio = median(took["Ann"]) / median(took["Eve"])
        said = f"{1e3 * median(took['Ann']):.0f} ms and {1e3 * median(took['Eve']):.0f} ms"
        yield Attempt("guessing", "is there an Eve? by the time", said, not 0.6 < ratio < 1.7)
    answers = [await far.log_in("Bo", f"guess {number}", source) for number in range(12)]
    refused = sum(answer.status == 429 for answer in answers)
    yield _attempt("guessing", f"12 more from one address, {refused} of them turned away", answers[-1], refused < 4)
    answer = await far.log_in("Bo", PASSWORDS["Bo"], source)
    yield _attempt("guessing", "the right one, after all those", answer, bool(answer.cookie))
    many = [await far.log_in("Dan", "wrong", f"127.0.2.{number}") for number in range(1, 13)]
    yield _attempt("guessing", "one account from 12 addresses", many[-1], many[-1].status != 429)
    answer = await far.log_in("Ann", PASSWORDS["Ann"])
    yield _attempt("guessing", "locking out Ann, who logs in from where she did before", answer, not answer.cookie)


async def _floods(far: Asked, quick: bool) -> AsyncIterator[Attempt]:
    waiting = await asyncio.gather(
        *(far.log_in("Eve", "x", f"127.0.3.{1 + number}") for number in range(16 if quick else 60))
    )
    turned_away = sum(answer.status == 429 for answer in waiting)
    yield Attempt("floods", f"{len(waiting)} logins at once", f"{turned_away} turned away", turned_away == 0)
    async with contextlib.AsyncExitStack() as stack:
        silent = []
        for _ in range(MOST_CONNECTIONS_OF_ONE + 8):
            try:
                silent.append(await Asked(far.port).connect("127.0.4.1"))
            except OSError:
                continue
            stack.callback(silent[-1][1].transport.abort)
        answer = await far.ask("/login", source="127.0.4.2")
        said = f"others are answered with {answer.status}"
        yield Attempt("floods", f"{len(silent)} silent connections from one address", said, answer.status != 200)
    cookie = (await far.log_in("Ann", PASSWORDS["Ann"])).cookie
    async with contextlib.AsyncExitStack() as stack:
        opened, kept = [], []  # what nobody keeps hangs up
        for number in range(MOST_OF_ONE + 4):
            reader, writer = await far.connect(f"127.0.5.{1 + number}")
            stack.callback(writer.transport.abort)
            writer.write(f"GET /events HTTP/1.1\r\nHost: {far.host}\r\nCookie: {cookie}\r\n\r\n".encode())
            kept.append((reader, writer))
            opened.append((await reader.readline()).decode().split()[1])
        said = f"{opened.count('200')} opened, {opened.count('429')} turned away"
        yield Attempt("floods", f"{len(opened)} streams of one account", said, opened.count("200") > MOST_OF_ONE)


async def _changed_password(attacked: Pages) -> AsyncIterator[Attempt]:
    far = attacked.far
    cookie = (await far.log_in("Ann", PASSWORDS["Ann"])).cookie
    reader, writer = await far.connect()
    writer.write(f"GET /events HTTP/1.1\r\nHost: {far.host}\r\nConnection: close\r\nCookie: {cookie}\r\n\r\n".encode())
    begun = await reader.readuntil(SECRET.encode())
    await asyncio.to_thread(attacked.accounts.set_password, "Ann", "another one at seven")
    answer = await far.ask("/events", cookie=cookie, head_only=True)
    yield _attempt("stale", "Ann's cookie, after Ann changed the password", answer, answer.status == 200)
    async with asyncio.timeout(30.0):
        rest = await reader.read()
    writer.transport.abort()
    yield Attempt("stale", "a stream that was open then", "ended" if begun else "never began", b"data: {" in rest)
    cookie = (await far.log_in("Cleo", PASSWORDS["Cleo"])).cookie
    before = await far.ask("/events", cookie=cookie, head_only=True)
    await asyncio.to_thread(attacked.accounts.disagree, "Ann", "Cleo")
    after = await far.ask("/events", cookie=cookie, head_only=True)
    yield _attempt(
        "stale", "Cleo, once Ann took back what she agreed to", after, (before.status, after.status) != (200, 403)
    )
    await asyncio.to_thread(attacked.accounts.remove, "Cleo")
    answer = await far.ask("/events", cookie=cookie, head_only=True)
    yield _attempt("stale", "the cookie of an account that was removed", answer, answer.status == 200)


def _attempt(kind: str, what: str, answer: Answer, got: bool) -> Attempt:
    return Attempt(kind, what, str(answer.status) if answer.status else "hung up", got or SECRET in answer.body)
