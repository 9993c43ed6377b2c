"""`footfall login`, and the commands that serve a page beyond this computer."""

import getpass
import io
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from footfall_gateway import cli, settings, wire
from footfall_gateway.commands.page_options import PageOptions
from footfall_gateway.data_folder import store_path
from footfall_gateway.store.database import Store
from footfall_processing.results.summary import summarize
from gateway.command_line import FEET
from gateway.recordings_for_tests import header

SENTENCE = "blue shoes at six"


Run = Callable[..., tuple[int, str, str]]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in this process, with something on its standard input."""

    def ran(*arguments: str, stdin: str = "", terminal: bool = False) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", Terminal(stdin) if terminal else io.StringIO(stdin))
        status = cli.run([*arguments, "--data-dir", str(tmp_path)])
        out, err = capsys.readouterr()
        return status, out, err

    return ran


def test_accounts_are_made_listed_and_removed(run: Run) -> None:
    assert run("login", "list")[1] == "No accounts yet. Make one: footfall login add NAME --role runner\n"
    status, out, err = run("login", "add", "Ann", "--role", "runner", "--stdin", stdin=f"{SENTENCE}\n")
    assert (status, out) == (0, "Ann may log in, as runner.\n")
    assert "No run has the name Ann until now: there are none yet." in err
    assert run("login", "add", "Cleo", "--role", "coach", "--stdin", stdin=SENTENCE)[0] == 0
    assert run("login", "agree", "ann", "cleo")[1] == "Cleo may see the runs of Ann.\n"
    listed = run("login", "list")[1]
    assert [line.strip("│ ").split() for line in listed.splitlines() if "Cleo" in line] == [
        ["Ann", "│", "runner", "│", "Cleo"],
        ["Cleo", "│", "coach", "│", "–"],
    ]
    assert run("login", "disagree", "Ann", "Cleo")[1] == "Cleo may not see the runs of Ann.\n"
    assert run("login", "password", "ann", "--stdin", stdin="another sentence")[1] == (
        "Ann has a new password, and is logged out everywhere.\n"
    )
    assert run("login", "remove", "ANN")[1] == "Ann can't log in any more.\n"
    assert run("login", "remove", "Ann")[0] == 2


def test_a_runner_s_account_is_told_which_names_runs_have(run: Run, tmp_path: Path) -> None:
    with Store.open(store_path(tmp_path)) as store:
        for session_id, name in (("one", "Anna"), ("two", "")):
            session = replace(header(session_id).session, runner_name=name)
            store.add_session(replace(header(session_id), session=session))
            store.finish_session(session_id, wire.summary_object(summarize([], ())))
    told = {
        name: " ".join(run("login", "add", name, "--role", "runner", "--stdin", stdin=SENTENCE)[2].split())
        for name in ("Anna", "Bo Ek")
    }
    assert told["Anna"] == ""
    assert "No run has the name Bo Ek until now: there are runs of Anna and some have no name." in told["Bo Ek"]
    assert "with --runner 'Bo Ek', those that are there with footfall sessions runner" in told["Bo Ek"]


def test_the_password_is_typed_twice_and_never_an_argument(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = iter([SENTENCE, f"{SENTENCE}!", SENTENCE, SENTENCE])
    monkeypatch.setattr(getpass, "getpass", lambda prompt: next(typed))
    add = ("login", "add", "Ann", "--role", "runner")
    assert run(*add, terminal=True) == (2, "", "footfall: the two passwords differ; try again\n")
    assert run(*add, terminal=True)[0] == 0
    status, out, err = run("login", "add", "Bo", "--role", "runner")
    assert (status, out) == (2, "")
    assert "no terminal to type the password at" in err
    assert run("login", "add", "Bo", SENTENCE, "--role", "runner")[0] == 2


HOST = ("--host", "0.0.0.0")


@pytest.mark.parametrize(
    ("command", "options", "said"),
    [
        ("demo", HOST, "without TLS they would send passwords in the clear: give --https, which makes a certificate"),
        ("demo", (*HOST, "--plain-http"), "nobody could log in: make an account with `footfall login add NAME"),
        ("live", HOST, "without TLS"),
        ("process", (*HOST, "--show", "Ann"), "without TLS"),
        ("demo", ("--behind-proxy",), "--behind-proxy needs --name"),
        ("demo", ("--behind-proxy", "--name", "run.example"), "nobody could log in"),
        (
            "demo",
            ("--behind-proxy", "--name", "run.example", *HOST),
            "leave --host away",
        ),
        ("demo", (*HOST, "--https"), "nobody could log in"),
        ("demo", (*HOST, "--https", "--tls-cert", "cert.pem"), "leave it away with --tls-cert"),
        ("live", ("--https", "--behind-proxy", "--name", "run.example"), "and with --behind-proxy"),
        ("demo", ("--tls-cert", "cert.pem"), "give both --tls-cert and --tls-key"),
        ("demo", ("--tls-cert", "no.pem", "--tls-key", str(FEET)), "no.pem: is not there"),
        ("demo", ("--tls-cert", str(FEET), "--tls-key", str(FEET)), "are no certificate and its key"),
        ("demo", ("--name", "http://box/"), "is no name of a computer"),
        ("demo", ("--port", "70000"), "port 70000 does not exist"),
    ],
)
def test_a_page_that_others_could_reach_is_refused_in_one_clear_line(
    run: Run, command: str, options: tuple[str, ...], said: str
) -> None:
    status, out, err = run(command, *options)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert said in err


def test_a_certificate_is_made_only_for_pages_that_make_sense(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("serve", *HOST, "--https", "--no-browser")[0] == 2
    for key, value in (("PAGE_HOST", "0.0.0.0"), ("PAGE_HTTPS", "true"), ("DATA_DIR", str(tmp_path))):
        monkeypatch.setenv(f"FOOTFALL_{key}", value)
    assert cli.run(["config", "check"]) == 78
    run("login", "add", "Ann", "--role", "runner", "--stdin", stdin=SENTENCE)
    assert cli.run(["config", "check"]) == 0
    assert not (tmp_path / "tls").exists(), "looking makes nothing"
    door = PageOptions.of(settings.load().settings).door_for_all(tmp_path)
    assert door.tls_cert == door.tls_key == tmp_path / "tls" / "pages.pem"
    assert door.is_secure
    assert door.own_certificate is not None


def test_a_run_of_nobody_is_shown_to_nobody_else(run: Run) -> None:
    run("login", "add", "Ann", "--role", "runner", "--stdin", stdin=SENTENCE)
    status, _, err = run("demo", *HOST, "--plain-http")
    assert status == 2
    assert "nobody is named whose run it is" in err
