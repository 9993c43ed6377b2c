"""Doors, logins and bounds of pages: what is let in, and for how long."""

import asyncio
import contextlib
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from argon2.profiles import CHEAPEST
from hypothesis import given
from hypothesis import strategies as st

from attacks.asking import Asked
from dashboards.made_up_run import FEET
from footfall_dashboards.access import Door, PageError, serving
from footfall_dashboards.access.door import is_loopback
from footfall_dashboards.access.login import back_to
from footfall_dashboards.access.sessions import IDLE_S, LONGEST_S, MOST_OF_ONE, Sessions
from footfall_dashboards.access.tries import Allowance, Tries
from footfall_dashboards.live import LiveServer, LiveView
from footfall_dashboards.live import server as live_server
from footfall_gateway.accounts import AccountsFile
from programs import PATIENCE_S

PASSWORD = "blue shoes at six"


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def accounts(tmp_path: Path) -> AccountsFile:
    """Ann runs, Cleo coaches and may see it, Root is admin."""
    made = AccountsFile(tmp_path, CHEAPEST)
    for name, role in (("Ann", "runner"), ("Cleo", "coach"), ("Root", "admin")):
        made.add(name, role, PASSWORD)
    made.agree("Ann", "Cleo")
    return made


@pytest_asyncio.fixture
async def page(accounts: AccountsFile) -> AsyncIterator[Asked]:
    """Ann's page, for others too, in plain HTTP."""
    door = Door(host="0.0.0.0", port=0, plain_http=True, accounts=accounts)
    async with LiveServer(LiveView(FEET, title="Ann's run"), door, "Ann") as server:
        yield Asked(server.port)


# ---- The door


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "localhost", "::1"])
def test_on_this_computer_nobody_needs_to_log_in(host: str) -> None:
    door = Door(host=host)
    door.check()
    assert not door.needs_login
    assert host in door.known_names()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.168.1.5", "box.local", "::ffff:127.0.0.1", "128.0.0.1"])
def test_elsewhere_it_takes_an_account_and_tls_or_saying_that_there_is_none(host: str, accounts: AccountsFile) -> None:
    assert not is_loopback(host)
    with pytest.raises(PageError, match=r"--tls-cert and --tls-key, or --behind-proxy .* --plain-http"):
        Door(host=host, accounts=accounts).check()
    door = Door(host=host, accounts=accounts, plain_http=True)
    door.check()
    assert door.needs_login
    for name in ("Ann", "Cleo", "Root"):
        accounts.remove(name)
    with pytest.raises(PageError, match="nobody could log in"):
        door.check()


def test_a_browser_never_finds_a_page_by_the_address_that_means_all(accounts: AccountsFile) -> None:
    assert "0.0.0.0" not in Door(host="0.0.0.0", accounts=accounts).known_names()


def test_behind_a_proxy_only_its_name_counts(accounts: AccountsFile) -> None:
    door = Door(behind_proxy=True, names=("Run.Club.example",), accounts=accounts)
    door.check()
    assert door.needs_login
    assert door.known_names() == {"run.club.example"}
    assert door.url(8420) == "https://Run.Club.example/"


def test_the_address_to_open_is_one_that_others_can_use(accounts: AccountsFile) -> None:
    assert Door().url(8420) == "http://127.0.0.1:8420/"
    assert Door(host="::1").url(8420) == "http://[::1]:8420/"
    far = Door(host="0.0.0.0", accounts=accounts, plain_http=True)
    assert far.url(8420) == f"http://{socket.gethostname()}:8420/"
    assert replace(far, names=("box.local", "x")).url(1) == "http://box.local:1/"
    assert replace(far, host="192.168.1.5").url(1) == "http://192.168.1.5:1/"


def test_a_key_with_a_passphrase_is_refused_and_nobody_is_asked_for_it(tmp_path: Path, accounts: AccountsFile) -> None:
    made = tmp_path / "cert.pem", tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-subj", "/CN=x", "-passout", "pass:long enough"]
    subprocess.run([*command, "-out", made[0], "-keyout", made[1]], check=True, capture_output=True)
    with pytest.raises(PageError, match="are no certificate and its key, in PEM and without a passphrase"):
        Door(tls_cert=made[0], tls_key=made[1]).check()


# ---- Tries and sessions


def test_tries_come_back_one_by_one() -> None:
    clock = Clock()
    tries = Tries(clock)
    waits = [tries.wait_s("192.0.2.1", "ann") for _ in range(12)]
    assert waits[:10] == [0.0] * 10
    assert waits[10:] == [30.0, 30.0]
    assert tries.wait_s("192.0.2.2", "bo") == 0.0
    assert tries.wait_s("192.0.2.1", "bo") == 30.0
    clock.now += 30.0
    assert tries.wait_s("192.0.2.1", "bo") == 0.0
    assert tries.wait_s("192.0.2.1", "bo") == 30.0


def test_an_account_is_guessed_at_no_faster_from_many_addresses() -> None:
    clock = Clock()
    tries = Tries(clock)
    taken = 0
    for second in range(3600):
        clock.now = 1000.0 + second
        taken += sum(tries.wait_s(f"10.0.{second % 256}.{number}", "ann") == 0.0 for number in range(5))
    assert taken == 10 + 59
    assert Tries(clock).wait_s("10.0.0.1", "ann") == 0.0


def test_who_is_turned_away_fills_no_memory_with_names() -> None:
    tries = Tries(Clock())
    for number in range(10_000):
        tries.wait_s("192.0.2.1", f"account {number}")
    waits = [tries.wait_s(f"10.0.{number}.1", "account 5000") for number in range(11)]
    assert waits == [0.0] * 10 + [60.0], "an account that was not tried has a count of its own"


def test_one_household_of_ipv6_is_one_address() -> None:
    tries = Tries(Clock())
    waits = [tries.wait_s(f"2001:db8:1:2:{number:x}::1", f"account {number}") for number in range(11)]
    assert waits == [0.0] * 10 + [30.0]
    assert tries.wait_s("2001:db8:1:3::1", "another") == 0.0


def test_nobody_locks_out_who_logged_in_from_there_before() -> None:
    tries = Tries(Clock())
    assert tries.wait_s("192.0.2.1", "ann") == 0.0
    tries.succeeded("192.0.2.1", "ann")
    for number in range(20):
        tries.wait_s(f"10.0.0.{number}", "ann")
    assert tries.wait_s("192.0.2.7", "ann") > 0.0
    assert [tries.wait_s("192.0.2.1", "ann") for _ in range(11)] == [0.0] * 10 + [30.0]


@given(st.lists(st.tuples(st.integers(0, 40), st.floats(0.0, 100.0)), max_size=200))
def test_a_crowd_takes_no_more_memory_and_no_more_tries(asked: list[tuple[int, float]]) -> None:
    clock = Clock()
    allowance = Allowance(3, 10.0, clock, most_kept=8)
    taken: dict[int, list[float]] = {}
    for who, later_s in asked:
        clock.now += later_s
        if allowance.wait_s(who) == 0.0:
            allowance.take(who)
            taken.setdefault(who, []).append(clock.now)
        assert len(allowance) <= 9
    for times in taken.values():
        for first, fifth in zip(times, times[4:], strict=False):
            assert fifth - first >= 10.0 - 1e-6, "three at once, then one in ten seconds"


def test_a_session_ends_when_it_is_not_used_and_after_a_week_in_any_case() -> None:
    clock = Clock()
    sessions = Sessions(clock)
    token = sessions.begin("Ann", "stamp")
    clock.now += IDLE_S - 1.0
    assert sessions.find(token) is not None
    clock.now += IDLE_S
    assert sessions.find(token) is None
    token = sessions.begin("Ann", "stamp")
    begun_s = clock.now
    while clock.now < begun_s + LONGEST_S - 3600.0:
        assert sessions.find(token) is not None
        clock.now += 3600.0
    clock.now += 3600.0
    assert sessions.find(token) is None
    assert len(sessions) == 0


def test_looking_whether_a_session_holds_is_no_use_of_it() -> None:
    clock = Clock()
    sessions = Sessions(clock)
    found = sessions.find(sessions.begin("Ann", "stamp"))
    assert found is not None
    clock.now += IDLE_S - 1.0
    assert sessions.holds(found)
    clock.now += 1.0
    assert not sessions.holds(found)


def test_tokens_are_random_and_logins_of_one_account_are_bounded() -> None:
    sessions = Sessions(Clock())
    tokens = [sessions.begin("Ann", "stamp") for _ in range(3 * MOST_OF_ONE)]
    other = sessions.begin("Bo", "stamp")
    assert len(set(tokens)) == len(tokens)
    assert all(len(token) == 43 for token in tokens)
    assert [sessions.find(token) is not None for token in tokens].count(True) == MOST_OF_ONE
    assert sessions.find(tokens[-1]) is not None
    assert sessions.find(other) is not None


@given(st.text("/\\a.:@ \t\n\u2044é", max_size=12))
def test_the_way_back_from_the_login_leads_to_a_page_of_ours(path: str) -> None:
    led = back_to(path)
    assert led.startswith("/")
    assert not led.startswith(("//", "/\\"))
    assert led.isascii()
    assert led.isprintable()


# ---- The login, on a real socket


async def test_who_has_logged_in_sees_what_is_theirs(page: Asked) -> None:
    for name, status in (("Ann", 200), ("cleo", 200), ("Root", 403)):
        answer = await page.log_in(name, PASSWORD)
        assert (answer.status, answer.headers["location"]) == (303, "/")
        assert (await page.ask("/events", cookie=answer.cookie, head_only=True)).status == status
        assert (await page.ask("/", cookie=answer.cookie)).status == 200


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all addresses of 127.0.0.0/8")
async def test_an_account_has_one_count_however_its_name_is_spelt(page: Asked) -> None:
    spellings = ("Ann", "ANN", " ann", "\uff21nn", "a\uff4en", "\U0001d400nn", "aNn", "anN", "AnN", "ANn", "aNN")
    told = [(await page.log_in(name, "x", f"127.0.7.{number}")).status for number, name in enumerate(spellings, 1)]
    assert told == [403] * 10 + [429]


async def test_in_plain_http_the_cookie_says_no_more_than_is_true(page: Asked) -> None:
    told = (await page.log_in("Ann", PASSWORD)).headers["set-cookie"]
    assert told.startswith(f"footfall-{page.port}=")
    assert "Secure" not in told
    assert "HttpOnly" in told
    assert "SameSite=strict" in told


async def test_every_answer_forbids_what_is_foreign_and_what_is_personal_is_not_kept(page: Asked) -> None:
    cookie = (await page.log_in("Ann", PASSWORD)).cookie
    for path in ("/", "/login", "/account", "/events", "/live.js", "/access/colours.css", "/nothing"):
        for used in (cookie, ""):
            headers = (await page.ask(path, cookie=used, head_only=True)).headers
            policy = headers["content-security-policy"]
            assert policy.startswith("default-src 'none'; script-src 'self';")
            assert "unsafe" not in policy
            assert "frame-ancestors 'none'" in policy
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "same-origin"
            assert headers["cross-origin-resource-policy"] == "same-origin"
            assert headers["cross-origin-opener-policy"] == "same-origin"
            is_file = bool(used) and path in ("/", "/live.js", "/nothing")
            assert headers["cache-control"] == ("no-cache" if is_file else "no-store"), path


async def test_a_refusal_is_a_page_for_people_and_a_line_for_programs(page: Asked) -> None:
    cookie = (await page.log_in("Ann", PASSWORD)).cookie
    for path, more, status, title in (
        ("/nothing", {}, 404, "No such page"),
        ("/", {"host": "evil.example"}, 400, "Not by this name"),
        ("/", {"sec-fetch-site": "cross-site"}, 403, "Not let in"),
        ("/account", {"content-length": "99999"}, 413, "Too large"),
    ):
        shown = await page.ask(path, cookie=cookie, accept="text/html,*/*", more=more)
        assert (shown.status, f"<h1>{title}</h1>" in shown.body) == (status, True)
        assert shown.headers["content-type"].startswith("text/html")
        assert "frame-ancestors 'none'" in shown.headers["content-security-policy"]
        plain = await page.ask(path, cookie=cookie, more=more)
        assert (plain.status, "<" in plain.body) == (status, False)
        assert plain.body.strip() in shown.body or status == 404


async def test_a_browser_is_led_to_the_login_and_back(page: Asked) -> None:
    led = await page.ask("/account", accept="text/html,*/*")
    assert (led.status, led.headers["location"]) == (303, "/login?back=/account")
    shown = await page.ask(led.headers["location"])
    assert 'name="back" value="/account"' in shown.body
    back = await page.log_in("Ann", PASSWORD, back="/account")
    assert back.headers["location"] == "/account"
    assert (await page.ask("/events")).status == 401


async def test_accounts_that_can_not_be_read_let_nobody_in(page: Asked, tmp_path: Path) -> None:
    cookie = (await page.log_in("Ann", PASSWORD)).cookie
    (tmp_path / "accounts.json").write_text("{")
    assert (await page.ask("/events", cookie=cookie)).status == 401
    answer = await page.log_in("Ann", PASSWORD)
    assert answer.status == 503
    assert "Accounts can&#x27;t be read" in answer.body
    assert str(tmp_path) not in answer.body


async def test_runners_say_themselves_who_may_see_them(page: Asked, accounts: AccountsFile) -> None:
    cookie = (await page.log_in("Ann", PASSWORD)).cookie
    answer = await page.ask("/account", cookie=cookie, form={"do": "disagree", "coach": "Cleo"})
    assert (answer.status, "Cleo may not see your runs." in answer.body) == (200, True)
    assert accounts.require("Ann").coaches == ()
    answer = await page.ask("/account", cookie=cookie, form={"do": "agree", "coach": "Cleo"})
    assert (answer.status, "Take back" in answer.body) == (200, True)
    answer = await page.ask("/account", cookie=cookie, form={"do": "agree", "coach": "Root"})
    assert (answer.status, "here is no coach Root" in answer.body) == (400, True)


async def test_a_changed_password_logs_out_everywhere(page: Asked) -> None:
    here, there = [(await page.log_in("Ann", PASSWORD)).cookie for _ in range(2)]
    change = {"do": "password", "own": PASSWORD, "new": "short"}
    answer = await page.ask("/account", cookie=here, form=change)
    assert (answer.status, "The password is too short" in answer.body) == (400, True)
    answer = await page.ask("/account", cookie=here, form={**change, "own": "wrong", "new": "another sentence"})
    assert (answer.status, "Your own password is not right" in answer.body) == (403, True)
    answer = await page.ask("/account", cookie=here, form={**change, "new": "another sentence"})
    assert (answer.status, answer.headers["location"]) == (303, "/login?why=changed")
    assert [(await page.ask("/events", cookie=cookie)).status for cookie in (here, there)] == [401, 401]
    led = await page.ask("/", cookie=here, accept="text/html")
    assert (led.status, led.headers["location"]) == (303, "/login?back=/&why=ended")
    assert "Your login has ended. Log in again." in (await page.ask("/login?back=/&why=ended")).body
    assert (await page.log_in("Ann", "another sentence")).status == 303


async def test_an_admin_makes_accounts_and_removes_them(page: Asked, accounts: AccountsFile) -> None:
    cookie = (await page.log_in("Root", PASSWORD)).cookie
    add = {"do": "add", "who": "Bo", "role": "runner", "new": "red shoes at seven", "own": PASSWORD}
    assert "Bo may log in, as runner." in (await page.ask("/account", cookie=cookie, form=add)).body
    again = {"do": "set", "who": "Bo", "new": "green shoes at nine", "own": PASSWORD}
    assert "logged out everywhere" in (await page.ask("/account", cookie=cookie, form=again)).body
    assert (await page.log_in("Bo", "green shoes at nine")).status == 303
    gone = {"do": "remove", "who": "Bo", "own": PASSWORD}
    assert "log in any more" in (await page.ask("/account", cookie=cookie, form=gone)).body
    assert accounts.find("Bo") is None
    alone = await page.ask("/account", cookie=cookie, form={**gone, "who": "root"})
    assert (alone.status, "You are the only admin" in alone.body) == (400, True)
    accounts.add("Eve", "admin", PASSWORD)
    assert (await page.ask("/account", cookie=cookie, form={**gone, "who": "root"})).status == 303
    assert accounts.find("Root") is None


async def test_a_name_is_shown_as_text(page: Asked, accounts: AccountsFile) -> None:
    name = '<b id="x">Eve</b> & "sons"'
    accounts.add(name, "coach", PASSWORD)
    cookie = (await page.log_in(name, PASSWORD)).cookie
    answer = await page.ask("/account", cookie=cookie)
    assert answer.status == 200
    assert "&lt;b id=&quot;x&quot;&gt;Eve" in answer.body
    assert '<b id="x">' not in answer.body


# ---- A proxy, and bounds


async def test_behind_a_proxy_addresses_are_those_that_it_tells(accounts: AccountsFile) -> None:
    door = Door(port=0, behind_proxy=True, names=("run.example",), accounts=accounts)
    server = LiveServer(LiveView(FEET), door, "Ann")
    async with server:
        page = Asked(server.port)
        asked: dict[str, str | None] = {"host": "run.example", "origin": "https://run.example"}
        form = {"name": "Eve", "password": "x"}
        told = [
            (
                await page.ask("/login", form=form, x_forwarded_for=f"198.51.100.7, 203.0.113.{number}", more=asked)
            ).status
            for number in (*range(1, 12), 1)
        ]
        assert told == [403] * 10 + [429] * 2
        spoofed = [(f"{number}.1.1.1, 203.0.113.99", {**form, "name": f"a{number}"}) for number in range(1, 12)]
        told = [(await page.ask("/login", form=form, x_forwarded_for=by, more=asked)).status for by, form in spoofed]
        assert told == [403] * 10 + [429], "what a browser says in front of it does not count"
        answer = await page.ask("/login", form={"name": "Ann", "password": PASSWORD}, more=asked)
        assert answer.headers["set-cookie"].startswith(f"__Host-footfall-{server.port}=")
        assert "Secure" in answer.headers["set-cookie"]
        assert (await page.ask("/login", host=f"127.0.0.1:{server.port}")).status == 400


async def test_who_does_not_get_a_request_together_is_hung_up_on(page: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "HEAD_PATIENCE_S", 0.2)
    for begun in (b"", b"GET / HT", b"GET /login HTTP/1.1\r\nHost: localhost\r\n"):
        reader, writer = await page.connect()
        writer.write(begun)
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
        writer.close()
    reader, writer = await page.connect()
    writer.write(b"GET /login HTTP/1.1\r\nHost: localhost\r\n\r\nGET /log")
    with contextlib.suppress(ConnectionError):
        assert (await reader.read()).count(b"HTTP/1.1 ") == 1, "also in the middle of a second one"
    writer.close()


async def test_connections_are_bounded_and_there_is_room_again(page: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "MOST_CONNECTIONS", 6)
    silent = [await page.connect() for _ in range(6)]
    for reader, writer in silent[:2]:
        writer.write(f"GET /login HTTP/1.1\r\nHost: {page.host}\r\n\r\n".encode())
        assert (await reader.readline()).startswith(b"HTTP/1.1 200"), "they are there"
    assert (await page.ask("/login")).status == 0
    for _, writer in silent:
        writer.close()
    for _, writer in silent:
        await writer.wait_closed()
    async with asyncio.timeout(PATIENCE_S):
        while (await page.ask("/login")).status != 200:
            pass


async def test_a_stream_ends_soon_after_its_reader_may_not_see_it(
    page: Asked, accounts: AccountsFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_server, "HEARTBEAT_S", 0.1)
    monkeypatch.setattr(live_server, "ASK_AGAIN_S", 0.0)
    cookie = (await page.log_in("Cleo", PASSWORD)).cookie
    reader, writer = await page.connect()
    request = f"GET /events HTTP/1.1\r\nHost: {page.host}\r\nConnection: close\r\nCookie: {cookie}\r\n\r\n"
    writer.write(request.encode())
    assert b"event: login" in await reader.readuntil(b"Ann's run")
    await asyncio.to_thread(accounts.disagree, "Ann", "Cleo")
    assert b"data: {" not in await reader.read()
    writer.close()
