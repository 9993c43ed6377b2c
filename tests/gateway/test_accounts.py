"""Accounts: what is kept of them, who may change them, and the one rule of who sees whose runs."""

import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from argon2.profiles import CHEAPEST, RFC_9106_LOW_MEMORY
from hypothesis import given
from hypothesis import strategies as st

from footfall_gateway.accounts import Account, AccountError, AccountsFile, Role, remove_account
from footfall_gateway.accounts.model import key_of, may_see
from footfall_gateway.accounts.passwords import PARAMETERS, Hasher, check_new
from footfall_gateway.commands.kept_files import findings

SENTENCE = "blue shoes at six"


@pytest.fixture
def accounts(tmp_path: Path) -> AccountsFile:
    """Ann and Bo run, Cleo and Dan coach, Root is admin."""
    accounts = AccountsFile(tmp_path, CHEAPEST)
    for name, role in (("Ann", "runner"), ("Bo", "runner"), ("Cleo", "coach"), ("Dan", "coach"), ("Root", "admin")):
        accounts.add(name, role, f"{SENTENCE}, says {name}")
    return accounts


def test_the_file_is_its_owners_alone_and_holds_no_password(accounts: AccountsFile, tmp_path: Path) -> None:
    path = tmp_path / "accounts.json"
    accounts.set_password("Ann", "another sentence")
    assert {stat.S_IMODE(one.stat().st_mode) for one in tmp_path.iterdir()} == {0o600}
    assert SENTENCE not in path.read_text()
    assert "another" not in path.read_text()
    assert {one.name for one in tmp_path.iterdir()} == {"accounts.json", "accounts.lock"}


def test_a_password_opens_its_own_account_however_the_name_is_spelt(accounts: AccountsFile) -> None:
    for name in ("Ann", "ann", " ANN "):
        account = accounts.checked(name, f"{SENTENCE}, says Ann")
        assert account is not None
        assert account.name == "Ann"
    for name, password in (
        ("Ann", SENTENCE),
        ("Bo", f"{SENTENCE}, says Ann"),
        ("Eve", SENTENCE),
        ("", ""),
        ("Ann", ""),
    ):
        assert accounts.checked(name, password) is None
    assert accounts.checked("Ann", "a" * 100_000) is None


def test_passwords_cost_what_the_second_recommendation_of_rfc_9106_says() -> None:
    assert PARAMETERS is RFC_9106_LOW_MEMORY
    made = Hasher().hashed(SENTENCE)
    assert made.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    nobodys = Hasher().nobodys_hash()
    assert nobodys.rpartition("$")[0].rpartition("$")[0] == made.rpartition("$")[0].rpartition("$")[0]
    assert len(nobodys) == len(made), "as much work to find that it does not match"
    assert not Hasher().is_outdated(nobodys)


def test_a_cheap_hash_is_replaced_at_the_next_login(accounts: AccountsFile, tmp_path: Path) -> None:
    dearer = AccountsFile(tmp_path, RFC_9106_LOW_MEMORY)
    before = accounts.require("Ann")
    assert dearer.checked("Ann", f"{SENTENCE}, says Ann") is not None
    after = accounts.require("Ann")
    assert "m=65536,t=3,p=4" in after.password_hash
    assert after.stamp == before.stamp, "who is logged in stays so"
    assert dearer.checked("Ann", f"{SENTENCE}, says Ann") is not None
    assert accounts.require("Ann") == after


@pytest.mark.parametrize(
    "password",
    [
        *(
            "short",
            "",
            "password",
            "Password1",
            "12345678",
            "87654321",
            "aaaaaaaaaa",
            "abababab",
            "qwertyui",
            "cdefghij",
        ),
        *("Football99!", "footfall2026", "annannann", "Ann-2026", "20260503", "a" * 257),
    ],
)
def test_what_others_would_try_first_is_no_password(password: str) -> None:
    with pytest.raises(AccountError, match="the password is"):
        check_new(password, "ann")


@pytest.mark.parametrize(
    "password", [SENTENCE, "läuft bei mir", "x7!kPq2z", "correct horse", "🏃🏽‍♀️ früh am Morgen", "a bc" * 60]
)
def test_no_rule_asks_for_kinds_of_characters(password: str) -> None:
    check_new(password, "Ann")


def test_one_password_in_two_spellings_of_unicode_is_one(tmp_path: Path) -> None:
    accounts = AccountsFile(tmp_path, CHEAPEST)
    accounts.add("Zoë", "runner", "früh am Morgen")
    assert accounts.checked("Zoe\u0308", "fru\u0308h am Morgen") is not None


@pytest.mark.parametrize("name", ["", " Ann", "Ann\n", "A\u202eb", "a" * 101])
def test_a_name_that_no_run_could_show_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(AccountError, match="can't be an account's name"):
        AccountsFile(tmp_path, CHEAPEST).add(name, "runner", SENTENCE)
    assert not (tmp_path / "accounts.json").exists()


def test_what_makes_no_sense_is_refused_and_says_what_to_do(accounts: AccountsFile) -> None:
    refused: tuple[tuple[Callable[[], None], str], ...] = (
        (lambda: accounts.add("ANN", "runner", SENTENCE), "there is an account Ann already"),
        (lambda: accounts.add("Eve", "king", SENTENCE), "one of runner, coach, admin, not 'king'"),
        (lambda: accounts.set_password("Eve", SENTENCE), "there is no account Eve; `footfall login list`"),
        (lambda: accounts.remove("Eve"), "there is no account Eve"),
        (lambda: accounts.agree("Ann", "Bo"), "there is no coach Bo; "),
        (lambda: accounts.agree("Ann", "Eve"), "there is no coach Eve; "),
        (lambda: accounts.agree("Cleo", "Cleo"), "there is no coach Cleo; "),
    )
    for wrong, said in refused:
        with pytest.raises(AccountError, match=said):
            wrong()


def test_a_coach_sees_whom_agreed_until_it_is_taken_back(accounts: AccountsFile) -> None:
    accounts.agree("ann", "cleo")
    assert accounts.may_see("Cleo", "Ann")
    assert not accounts.may_see("Dan", "Ann")
    assert not accounts.may_see("Cleo", "Bo")
    accounts.disagree("Ann", "CLEO")
    assert not accounts.may_see("Cleo", "Ann")


def test_a_later_coach_of_the_same_name_inherits_nothing(accounts: AccountsFile) -> None:
    accounts.agree("Ann", "Cleo")
    accounts.remove("Cleo")
    accounts.add("Cleo", "coach", "somebody else altogether")
    assert not accounts.may_see("Cleo", "Ann")


def test_the_account_of_a_person_is_removed_once(accounts: AccountsFile, tmp_path: Path) -> None:
    assert remove_account(tmp_path, "ann")
    assert not remove_account(tmp_path, "Ann")
    assert accounts.find("Ann") is None
    assert [account.name for account in accounts.all()] == ["Bo", "Cleo", "Dan", "Root"]


NAMES = st.sampled_from(["Ann", "ann", "Bo", "Cleo", "Dan", "Root", "", "Eve"])


@given(
    roles=st.fixed_dictionaries({name: st.sampled_from(Role) for name in ("Ann", "Bo", "Cleo", "Dan", "Root")}),
    agreed=st.dictionaries(
        st.sampled_from(["Ann", "Bo", "Root"]), st.sets(st.sampled_from(["Bo", "Cleo", "Dan", "Root"]))
    ),
    viewer=NAMES,
    runner=NAMES,
)
def test_nobody_sees_anything_but_what_is_theirs_or_agreed_to(
    roles: dict[str, Role], agreed: dict[str, set[str]], viewer: str, runner: str
) -> None:
    everybody = {
        key_of(name): Account(name, role, "-", "stamp-of-an-account", tuple(sorted(agreed.get(name, ()))))
        for name, role in roles.items()
    }
    own = viewer.capitalize()
    allowed = (
        own in roles
        and runner in roles
        and (own == runner or (roles[own] is Role.COACH and own in agreed.get(runner, ())))
    )
    assert may_see(everybody, viewer, runner) == allowed


def test_programs_that_change_accounts_at_once_lose_nothing(accounts: AccountsFile, tmp_path: Path) -> None:
    def add(number: int) -> None:
        AccountsFile(tmp_path, CHEAPEST).add(f"Runner {number}", "runner", SENTENCE)

    threads = [threading.Thread(target=add, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(accounts.all()) == 5 + 12


def test_what_a_killed_program_left_unwritten_goes_with_the_next_change(accounts: AccountsFile, tmp_path: Path) -> None:
    left = tmp_path / ".accounts-left"
    left.write_bytes((tmp_path / "accounts.json").read_bytes())
    accounts.agree("Ann", "Cleo")
    assert not left.exists()
    left.touch()
    accounts.clear_unwritten()
    assert not left.exists()
    assert accounts.may_see("Cleo", "Ann")


@pytest.mark.parametrize(
    "content", [b"{", b"[" * 5000, b'{"accounts":[{"name":""}]}', b'{"accounts":[],"more":1}', b"\xff"]
)
def test_a_damaged_file_lets_nobody_in_and_is_named(accounts: AccountsFile, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "accounts.json"
    path.write_bytes(content)
    for asked in (accounts.all, lambda: accounts.checked("Ann", SENTENCE), lambda: accounts.may_see("Ann", "Ann")):
        with pytest.raises(AccountError, match=r"accounts\.json.*mend it, or remove it"):
            asked()
    (finding,) = findings(tmp_path)
    assert (finding.subject, finding.state) == ("Accounts", "bad")
    assert finding.advice.startswith("mend it, or remove it")
    with pytest.raises(AccountError, match="mend it"):
        accounts.add("Eve", "runner", SENTENCE)
    assert path.read_bytes() == content


def test_a_folder_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AccountError, match="can't be written"):
        AccountsFile(tmp_path / "file" / "data", CHEAPEST).add("Ann", "runner", SENTENCE)
    os.mkfifo(tmp_path / "accounts.json")
    with pytest.raises(AccountError, match="is a pipe, not a file"):
        AccountsFile(tmp_path).all()
