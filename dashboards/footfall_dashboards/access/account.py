"""The page of one's own account: password, the coaches a runner agrees to; for an admin, everybody's accounts."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from footfall_dashboards.access.forms import page, password_field, sent_form, told
from footfall_dashboards.access.login import CHANGED, ENDED, SEE_OTHER, Login, Refusal, address_of
from footfall_dashboards.access.visitor import Account, visitor_of
from footfall_processing.errors import FootfallError

ROLES: Final = ("runner", "coach", "admin")

_Change = Callable[[str, Mapping[str, str]], str]


class AccountPage:
    """Shows one's account, and changes what is asked for.

    Parameters
    ----------
    login
        Whose accounts.
    """

    def __init__(self, login: Login) -> None:
        self._login = login
        # what each role may do; those of which the second is true need the password once more
        own: dict[str, tuple[_Change, bool]] = {"password": (self._set_own_password, True)}
        self._changes = {
            "runner": {**own, "agree": (self._agree, False), "disagree": (self._disagree, False)},
            "coach": own,
            "admin": {
                **own,
                "add": (self._add, True),
                "set": (self._set_password, True),
                "remove": (self._remove, True),
            },
        }

    async def answer(self, request: Request) -> Response:
        """Show the page, or do what was asked for and show what came of it."""
        name = visitor_of(request.scope).name
        if request.method in ("GET", "HEAD"):
            return await self._shown(name)
        try:
            fields = await sent_form(request)
        except TimeoutError:
            return PlainTextResponse("The form took too long.\n", 408)
        account = await asyncio.to_thread(self._login.accounts.find, name)
        changes = {} if account is None else self._changes[account.role]
        if fields.get("do", "") not in changes:
            return await self._shown(name, "This account can't do that.", status=403)
        change, needs_password = changes[fields["do"]]
        if needs_password:
            checked = await self._login.checked(address_of(request), name, fields.get("own", ""))
            if isinstance(checked, Refusal):
                text = checked.text if checked.wait_s else "Your own password is not right."
                return await self._shown(name, text, status=checked.status)
        try:
            done = await asyncio.to_thread(change, name, fields)
        except FootfallError as error:
            text = str(error)
            return await self._shown(name, f"{text[:1].upper()}{text[1:]}.", status=400)
        return await self._shown(name, done=done)

    async def _shown(self, name: str, trouble: str = "", *, done: str = "", status: int = 200) -> Response:
        everybody = await asyncio.to_thread(self._login.accounts.all)
        own = next((account for account in everybody if account.name == name), None)
        if own is None or done == _LOGGED_OUT:
            return RedirectResponse(f"/login?why={ENDED if own is None else CHANGED}", SEE_OTHER)
        parts = [told(trouble), told(done, is_trouble=False)]
        if own.role == "runner":
            parts.append(_consent(own, [account.name for account in everybody if account.role == "coach"]))
        if own.role == "coach":
            parts.append(_agreed([account.name for account in everybody if own.name in account.coaches]))
        parts.append(_own_password(own.name))
        if own.role == "admin":
            parts.append(_everybody(everybody))
        # an admin sees nobody's runs
        to_the_run = "" if own.role == "admin" else '<a href="/">To the run</a>'
        body = f"""    <p>You are logged in as <b>{escape(own.name)}</b>, {escape(own.role)}.</p>
    {"".join(parts)}
    <form method="post" action="/logout" class="leave">{to_the_run} <button>Log out</button></form>
"""
        return page("Your account", body, status)

    def _set_own_password(self, name: str, fields: Mapping[str, str]) -> str:
        self._login.accounts.set_password(name, fields.get("new", ""))
        return _LOGGED_OUT

    def _agree(self, name: str, fields: Mapping[str, str]) -> str:
        self._login.accounts.agree(name, fields.get("coach", ""))
        return f"{fields.get('coach', '')} may see your runs."

    def _disagree(self, name: str, fields: Mapping[str, str]) -> str:
        self._login.accounts.disagree(name, fields.get("coach", ""))
        return f"{fields.get('coach', '')} may not see your runs."

    def _add(self, _: str, fields: Mapping[str, str]) -> str:
        who, role = fields.get("who", "").strip(), fields.get("role", "")
        self._login.accounts.add(who, role, fields.get("new", ""))
        return f"{who} may log in, as {role}."

    def _set_password(self, _: str, fields: Mapping[str, str]) -> str:
        self._login.accounts.set_password(fields.get("who", ""), fields.get("new", ""))
        return f"{fields['who']} has a new password, and is logged out everywhere."

    def _remove(self, name: str, fields: Mapping[str, str]) -> str:
        accounts = self._login.accounts
        gone = accounts.find(fields.get("who", ""))
        admins = [one.name for one in accounts.all() if one.role == "admin"]
        if gone is not None and admins == [gone.name] == [name]:
            raise FootfallError("you are the only admin, and nobody could make accounts here: make another one first")
        accounts.remove(fields.get("who", ""))
        return f"{fields['who']} can't log in any more."


_LOGGED_OUT: Final = "logged out"


def _section(title: str, *parts: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{''.join(parts)}</section>"


def _form(do: str, button: str, *fields: str) -> str:
    hidden = f'<input type="hidden" name="do" value="{do}">'
    return f'<form method="post" action="/account">{hidden}{"".join(fields)}<button>{escape(button)}</button></form>'


def _choice(label: str, id: str, name: str, values: Iterable[str]) -> str:
    options = "".join(f"<option>{escape(value)}</option>" for value in values)
    return f'<label for="{id}">{escape(label)}</label><select id="{id}" name="{name}">{options}</select>'


def _own_password(name: str) -> str:
    return _section(
        "Password",
        _form(
            "password",
            "Change it, and log out everywhere",
            # tells browsers that keep passwords whose it is
            f'<input autocomplete="username" value="{escape(name)}" hidden>',
            password_field("Password now", "password-own", "own", "current-password"),
            password_field("New password, 8 characters or more", "password-new", "new", "new-password"),
        ),
    )


def _consent(own: Account, coaches: Iterable[str]) -> str:
    agreed = "".join(
        f"<li>{escape(coach)} "
        + _form("disagree", "Take back", f'<input type="hidden" name="coach" value="{escape(coach)}">')
        + "</li>"
        for coach in own.coaches
    )
    others = [coach for coach in coaches if coach not in own.coaches]
    return _section(
        "Who may see your runs",
        f"<p>You, and {'these coaches' if agreed else 'no coach'}.</p>",
        f"<ul>{agreed}</ul>" if agreed else "",
        _form("agree", "Let this coach see them", _choice("Coach", "coach", "coach", others)) if others else "",
    )


def _agreed(runners: Iterable[str]) -> str:
    names = "".join(f"<li>{escape(name)}</li>" for name in runners)
    return _section(
        "Runners who agreed", f"<ul>{names}</ul>" if names else "<p>None yet. Each says so on this page.</p>"
    )


def _everybody(accounts: Sequence[Account]) -> str:
    rows = "".join(f'<tr><th scope="row">{escape(one.name)}</th><td>{escape(one.role)}</td></tr>' for one in accounts)
    head = '<tr><th scope="col">Name</th><th scope="col">Role</th></tr>'
    names = [one.name for one in accounts]

    def own(id: str) -> str:
        return password_field("Your own password", f"{id}-own", "own", "current-password")

    return _section(
        "Accounts",
        f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>",
        "<p>You make and remove accounts. It lets you see nobody's runs.</p>",
        "<h3>Add one</h3>",
        _form(
            "add",
            "Add",
            '<label for="add-who">Name, as runs name their runner</label>'
            '<input id="add-who" name="who" maxlength="100" autocomplete="off" required>',
            _choice("Role", "add-role", "role", ROLES),
            password_field("Its password, 8 characters or more", "add-new", "new", "new-password"),
            own("add"),
        ),
        "<h3>Give one a new password</h3>",
        _form(
            "set",
            "Set it, and log them out",
            _choice("Account", "set-who", "who", names),
            password_field("New password", "set-new", "new", "new-password"),
            own("set"),
        ),
        "<h3>Remove one</h3>",
        _form("remove", "Remove", _choice("Account", "remove-who", "who", names), own("remove")),
    )
