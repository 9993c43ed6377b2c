"""Which InfluxDB, from the environment; the token is shown nowhere."""

import traceback
from collections.abc import Mapping
from pathlib import Path

import pytest

from footfall_gateway.influx.settings import InfluxSettings
from footfall_gateway.settings import load
from footfall_processing.errors import InputError

URL = "http://127.0.0.1:8086"
SECRET = "s3cret-token"


def named_by(environment: Mapping[str, str]) -> InfluxSettings | None:
    return InfluxSettings.of(load(environment).settings)


def test_no_address_means_no_influxdb() -> None:
    assert named_by({}) is None
    assert named_by({"FOOTFALL_INFLUX_TOKEN": SECRET}) is None


def test_a_token_comes_from_the_environment_or_a_file(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(f"{SECRET}\n")
    for where in ({"FOOTFALL_INFLUX_TOKEN": SECRET}, {"FOOTFALL_INFLUX_TOKEN_FILE": str(path)}):
        settings = named_by({"FOOTFALL_INFLUX_URL": URL, **where})
        assert settings is not None
        assert (settings.token, settings.org, settings.bucket) == (SECRET, "footfall", "footfall")
        assert SECRET not in repr(settings)
    named = {"FOOTFALL_INFLUX_ORG": "club", "FOOTFALL_INFLUX_BUCKET": "runs", "FOOTFALL_INFLUX_TOKEN": SECRET}
    settings = named_by({"FOOTFALL_INFLUX_URL": URL, **named})
    assert settings is not None
    assert (settings.org, settings.bucket) == ("club", "runs")


@pytest.mark.parametrize(
    ("environment", "complaint"),
    [
        ({}, "no token: put it in a file"),
        ({"FOOTFALL_INFLUX_TOKEN": SECRET, "FOOTFALL_INFLUX_TOKEN_FILE": "/x"}, "are both set"),
        (
            {"FOOTFALL_INFLUX_TOKEN_FILE": "/no/such/file"},
            "/no/such/file: can't be read .*_TOKEN_FILE names it",
        ),
        ({"FOOTFALL_INFLUX_TOKEN": f"{SECRET}\nX-Evil: 1"}, "has characters that no token has"),
        ({"FOOTFALL_INFLUX_URL": "influx:8086", "FOOTFALL_INFLUX_TOKEN": SECRET}, "is no address"),
        (
            {"FOOTFALL_INFLUX_URL": f"http://u:{SECRET}@h", "FOOTFALL_INFLUX_TOKEN": SECRET},
            "holds a user or a password",
        ),
    ],
)
def test_settings_that_make_no_sense_are_refused_without_the_token(environment: dict[str, str], complaint: str) -> None:
    with pytest.raises(InputError, match=complaint) as raised:
        named_by({"FOOTFALL_INFLUX_URL": URL, **environment})
    assert SECRET not in "".join(traceback.format_exception(raised.value))
