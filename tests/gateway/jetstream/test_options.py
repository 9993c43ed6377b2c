"""What the two commands refuse before they connect."""

from pathlib import Path

import pytest

from footfall_gateway.cli import EXIT_ERROR, run
from footfall_gateway.jetstream import address

INFLUX = {"FOOTFALL_INFLUX_URL": "http://127.0.0.1:1", "FOOTFALL_INFLUX_TOKEN": "token"}


@pytest.mark.parametrize(
    ("arguments", "settings", "why"),
    [
        (
            ["process", "--cluster", "nats://one"],
            {},
            "need an InfluxDB that all of them write to: set FOOTFALL_INFLUX_URL",
        ),
        (["process", "--cluster", "one"], INFLUX, "'one' is no address of a NATS server"),
        (["process", "--cluster", "nats://one", "--end", "a"], INFLUX, "--end can't go with --cluster"),
        (["process", "--cluster", "nats://one", "--retry", "a"], INFLUX, "--retry can't go with --cluster"),
        (["process", "--cluster", "nats://one", "--show", ""], INFLUX, "--show can't go with --cluster"),
        (["process"], {**INFLUX, "FOOTFALL_CLUSTER": "nats://one:x"}, "FOOTFALL_CLUSTER: 'nats://one:x' is no address"),
        (["gateway", "--uplink", "nats://u:p@one"], {}, "a password does not belong in the address"),
        (["gateway"], {"FOOTFALL_UPLINK": "mqtt://one"}, "FOOTFALL_UPLINK: 'mqtt://one' is no address"),
        (["process"], {"FOOTFALL_PARTITIONS": "0"}, "FOOTFALL_PARTITIONS"),
    ],
)
def test_what_makes_no_sense_is_told_before_anything_begins(
    arguments: list[str],
    settings: dict[str, str],
    why: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert run([*arguments, "--data-dir", str(tmp_path / "data")]) != 0
    assert why in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "data").exists()


def test_without_the_extra_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(address, "find_spec", lambda _: None)
    assert run(["gateway", "--uplink", "nats://one", "--data-dir", str(tmp_path)]) == EXIT_ERROR
    assert "a NATS cluster needs the extra: pip install 'footfall[nats]'" in capsys.readouterr().err
