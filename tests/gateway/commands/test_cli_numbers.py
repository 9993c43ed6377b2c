"""Numbers on the command line are those that people type."""

import pytest

from footfall_gateway.cli import run


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("scan", "--seconds", "1_0"), "--seconds is '1_0'; give a number"),
        (("scan", "--seconds", "1e1"), "--seconds is '1e1'; give a number"),
        (("scan", "--seconds", "٣"), "--seconds is '٣'; give a number"),
        (("note", "pain", "--level", "5.5"), "--level is '5.5'; give a whole number"),
        (("note", "pain", "--level", "0x5"), "--level is '0x5'; give a whole number"),
        (("replay", "x.mcap", "--speed", "1e3"), "'1e3' is no speed"),
    ],
)
def test_what_only_a_program_takes_for_a_number_is_refused(
    words: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == 2
    assert told in capsys.readouterr().err
