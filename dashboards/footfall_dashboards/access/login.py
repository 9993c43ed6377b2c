"""The login: a page that asks for name and password, and whoever has none gets no further."""

import asyncio
import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from footfall_dashboards.access.forms import page, password_field, sent_form, told
from footfall_dashboards.access.sessions import LONGEST_S, Session, Sessions
from footfall_dashboards.access.tries import Tries
from footfall_dashboards.access.visitor import Account, Accounts, let_in
from footfall_processing.errors import FootfallError

MOST_WAITING: Final = 8
"""Who may wait to have a password checked; one at a time is, as each takes 64 MiB and much of the processor."""
MOST_CHARACTERS: Final = 256
SEE_OTHER: Final = 303
AUTHORITY_PATH: Final = "/access/footfall-authority.crt"
"""Without a login, as it is to be trusted before a password is typed; it holds no secret and nothing of a runner."""

ENDED: Final = "ended"
CHANGED: Final = "changed"
_WHY: Final = {
    ENDED: "Your login has ended. Log in again.",
    CHANGED: "Your password is changed. Log in with the new one.",
}
"""What the login page says by itself, by the word in its address: nobody else's text gets there."""

_WRONG: Final = "Name or password is not right."
_UNREADABLE: Final = "Accounts can't be read; whoever runs this Footfall sees why in its log."
_BUSY: Final = "Too many are logging in right now; try again in a moment."
_logger: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a password was not taken; `wait_s` is for how long not to try again."""

    text: str
    status: int
    wait_s: int = 0


class LoggedIn:
    """A visitor who logged in.

    Parameters
    ----------
    login
        Where.
    session
        With what.
    """

    def __init__(self, login: "Login", session: Session) -> None:
        self._login = login
        self._session = session
        self.name = session.name

    async def may_see(self, runner: str) -> bool:
        """Tell whether a runner's runs may be shown; see `Visitor`."""
        if await self._login.account_of(self._session) is None:
            return False
        try:
            return await asyncio.to_thread(self._login.accounts.may_see, self.name, runner)
        except FootfallError as error:
            _logger.error("%s", error)
            return False


class Login:
    """Names, passwords, and who is logged in.

    Parameters
    ----------
    accounts
        Who may log in.
    is_secure
        Whether browsers reach it by https, so that they are told to send the token by nothing else.
    port
        Where the page listens: browsers keep one set of cookies for all ports of a computer.
    has_authority
        Whether an authority of this computer's own signed the certificate, so that browsers warn.
    now_s
        A clock that never goes back, in seconds.
    """

    def __init__(
        self,
        accounts: Accounts,
        *,
        is_secure: bool,
        port: int,
        has_authority: bool = False,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.accounts = accounts
        self.sessions = Sessions(now_s)
        self._tries = Tries(now_s)
        self._is_secure = is_secure
        self._has_authority = has_authority
        self._cookie = f"{'__Host-' if is_secure else ''}footfall-{port}"
        self._checking = asyncio.Lock()
        self._waiting = 0

    async def visitor(self, request: Request) -> LoggedIn | None:
        """Return who asks, if logged in."""
        session = self.sessions.find(request.cookies.get(self._cookie, ""))
        if session is None or await self.account_of(session) is None:
            return None
        return LoggedIn(self, session)

    def was_in(self, request: Request) -> bool:
        """Tell whether a browser comes with a login, be it one that has ended."""
        return bool(request.cookies.get(self._cookie))

    async def account_of(self, session: Session) -> Account | None:
        """Return the account of a session while that lasts, the account is there, and its password is the same."""
        try:
            account = await asyncio.to_thread(self.accounts.find, session.name)
        except FootfallError as error:
            _logger.error("%s", error)
            return None
        if account is None or account.stamp != session.stamp or not self.sessions.holds(session):
            return None
        return account

    async def checked(self, address: str, name: str, password: str) -> Account | Refusal:
        """Return the account that name and password belong to, or why there is none.

        Who asks too often is told so before anything is looked up; whether there is such an account can't be told from
        the answer, nor from the time that it takes.
        """
        name = name[:MOST_CHARACTERS]
        key = self.accounts.key_of(name)
        if self._waiting >= MOST_WAITING:
            return Refusal(_BUSY, 429, 5)
        wait_s = self._tries.wait_s(address, key)
        if wait_s > 0.0:
            seconds = math.ceil(wait_s)
            return Refusal(f"Too many tries. Try again in {seconds} seconds.", 429, seconds)
        self._waiting += 1
        try:
            async with self._checking:
                account = await asyncio.to_thread(self.accounts.checked, name, password)
        except FootfallError as error:
            _logger.error("%s", error)
            return Refusal(_UNREADABLE, 503)
        finally:
            self._waiting -= 1
        if account is None:
            return Refusal(_WRONG, 403)
        self._tries.succeeded(address, key)
        return account

    async def ask(self, request: Request) -> Response:
        """Show the login page, or take what was typed into it."""
        if request.method in ("GET", "HEAD"):
            asked = request.query_params
            return self._page(back_to(asked.get("back", "/")), said=_WHY.get(asked.get("why", ""), ""))
        try:
            fields = await sent_form(request)
        except TimeoutError:
            return PlainTextResponse("The form took too long.\n", 408)
        back = back_to(fields.get("back", "/"))
        account = await self.checked(address_of(request), fields.get("name", ""), fields.get("password", ""))
        if isinstance(account, Refusal):
            return self._page(back, account, fields.get("name", "")[:MOST_CHARACTERS])
        # another token than any from before, which somebody may have put there
        self.sessions.end(request.cookies.get(self._cookie, ""))
        answer = RedirectResponse(back, SEE_OTHER)
        answer.set_cookie(
            self._cookie,
            self.sessions.begin(account.name, account.stamp),
            max_age=round(LONGEST_S),
            path="/",
            secure=self._is_secure,
            httponly=True,
            samesite="strict",
        )
        return answer

    def _page(self, back: str, refusal: Refusal | None = None, name: str = "", *, said: str = "") -> Response:
        return _login_page(back, refusal, name, said=said, has_authority=self._has_authority)

    async def leave(self, request: Request) -> Response:
        """Log out."""
        self.sessions.end(request.cookies.get(self._cookie, ""))
        answer = RedirectResponse("/login", SEE_OTHER)
        answer.delete_cookie(self._cookie, path="/", secure=self._is_secure, httponly=True, samesite="strict")
        return answer


class RequireLogin:
    """Lets through who is logged in; browsers that ask for a page are led to the login, everything else gets a 401."""

    def __init__(self, app: ASGIApp, login: Login) -> None:
        self._app = app
        self._login = login

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope)
        visitor = await self._login.visitor(request)
        if visitor is not None:
            await self._app(let_in(scope, visitor), receive, send)
            return
        answer: Response
        if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            back = f"/login?back={quote(back_to(request.url.path), safe='/')}"
            answer = RedirectResponse(f"{back}&why={ENDED}" if self._login.was_in(request) else back, SEE_OTHER)
        else:
            answer = PlainTextResponse("Log in first.\n", 401, {"www-authenticate": 'Form realm="Footfall"'})
        await answer(scope, receive, send)


def back_to(path: str) -> str:
    """Return where to go after the login: a page of ours, whatever the address bar said."""
    is_ours = path.startswith("/") and not path.startswith("//") and path.isascii() and path.isprintable()
    return path if is_ours and "\\" not in path and len(path) <= MOST_CHARACTERS else "/"


def address_of(request: Request) -> str:
    """Return from where a request comes; behind a proxy, as that says."""
    return "" if request.client is None else request.client.host


def _login_page(back: str, refusal: Refusal | None, name: str, *, said: str, has_authority: bool) -> Response:
    warned = (
        f'<p class="hint">Did the browser warn? <a href="{AUTHORITY_PATH}" download>This is the certificate</a> of the '
        "authority that it does not know; Footfall's terminal shows its SHA-256.</p>"
        if has_authority
        else ""
    )
    return page(
        "Log in",
        f"""    {told("" if refusal is None else refusal.text)}{told(said, is_trouble=False)}
    <form method="post" action="/login">
      <label for="name">Name</label>
      <input id="name" name="name" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="100"
        value="{escape(name)}" required>
      {password_field("Password", "password", "password", "current-password")}
      <input type="hidden" name="back" value="{escape(back)}">
      <button>Log in</button>
    </form>
    <p class="hint">No account, or the password forgotten? Ask whoever runs this Footfall.</p>
    {warned}
""",
        200 if refusal is None else refusal.status,
        {"retry-after": str(refusal.wait_s)} if refusal is not None and refusal.wait_s else None,
    )
