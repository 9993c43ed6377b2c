"""The attacker's script gets nothing, and would say so if it did."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import attack
from attacks.attempts import Attempt


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all addresses of 127.0.0.0/8")
@pytest.mark.parametrize("door", ["pages", "runner", pytest.param("mqtt", marks=pytest.mark.broker)])
async def test_nothing_is_got(door: str, capsys: pytest.CaptureFixture[str]) -> None:
    made = await attack.attack([door], quick=True)
    assert [attempt for attempt in made if attempt.got] == []
    assert capsys.readouterr().out.count("\n") == len(made)


async def test_what_is_got_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    async def one(folder: Path, *, quick: bool) -> AsyncIterator[Attempt]:
        yield Attempt("knocking", "an open door", "200", True)

    monkeypatch.setattr(attack, "DOORS", {"barn": one})
    assert len(await attack.attack(["barn"], quick=False)) == 1
    assert capsys.readouterr().out.startswith("GOT IN knocking")
