"""Settings: which source wins, what is refused and how it is said, and that no secret is shown."""

import json
import re
import traceback
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from cyclopts import Parameter
from hypothesis import given
from hypothesis import strategies as st

from conftest import REPOSITORY
from footfall_dashboards.access import DEFAULT_PORT, LOOPBACK
from footfall_gateway import cli, settings
from footfall_gateway.command_table import COMMANDS
from footfall_gateway.commands import options
from footfall_gateway.commands.page_options import PageOptions
from footfall_gateway.errors import SettingsError
from footfall_gateway.exit_status import ExitStatus
from footfall_gateway.mqtt.quotas import DEFAULT_QUOTA_GB
from footfall_gateway.settings import DEFAULTS, KEYS, OF_OTHERS, SECRETS, Secret, load, variable_of

SECRET = "s3cret"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "footfall.toml"
    for key in KEYS:
        monkeypatch.delenv(variable_of(key), raising=False)
    monkeypatch.setenv("FOOTFALL_CONFIG", str(path))
    path.touch()
    return path


def of(file: Path, **environment: str) -> settings.Loaded:
    return load({"FOOTFALL_CONFIG": str(file), **environment})


def test_the_environment_goes_before_the_file_and_the_file_before_the_default(file: Path) -> None:
    file.write_text('broker = "mqtt://of-the-file"\nquota_gb = 2\nadapter = ["hci1"]\npage_port = 80\n')
    loaded = of(file, FOOTFALL_BROKER="mqtt://of-the-environment", FOOTFALL_ADAPTER="hci0 hci2", FOOTFALL_LOG="")
    known = loaded.settings
    assert (known.broker, known.quota_gb, known.adapter) == ("mqtt://of-the-environment", 2.0, ("hci0", "hci2"))
    assert (known.page_port, known.log) == (80, "auto")
    assert loaded.sources == {
        "broker": "FOOTFALL_BROKER",
        "quota_gb": f"{file}: quota_gb",
        "adapter": "FOOTFALL_ADAPTER",
        "page_port": f"{file}: page_port",
    }
    assert load({}).settings == DEFAULTS


def test_an_option_goes_before_both(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def folder_used(*arguments: str) -> str:
        assert cli.run(["health", *arguments]) == ExitStatus.NOT_NOW
        (name,) = re.findall(r"/(of-\w+):", capsys.readouterr().err)
        return str(name)

    assert folder_used("--data-dir", str(tmp_path / "of-option")) == "of-option"
    file.write_text(f'data_dir = "{tmp_path}/of-file"\n')
    assert folder_used() == "of-file"
    monkeypatch.setenv("FOOTFALL_DATA_DIR", str(tmp_path / "of-environment"))
    assert folder_used() == "of-environment"
    assert folder_used("--data-dir", str(tmp_path / "of-option")) == "of-option"


@pytest.mark.parametrize(
    ("text", "environment", "said"),
    [
        ('brokr = "x"', {}, "{file}: brokr: is no setting; did you mean broker?"),
        ("xyz = 1", {}, "{file}: xyz: is no setting; `footfall config show` lists them"),
        ("page_port = 99999", {}, "{file}: page_port: 99999: expected int <= 65535"),
        ('page_port = "80"', {}, "{file}: page_port: '80': expected int, got str"),
        ("quota_gb = 0", {}, "{file}: quota_gb: 0: expected float > 0.0"),
        ('log = "xml"', {}, "{file}: log: 'xml': give one of auto, text, json"),
        ('adapter = "hci0"', {}, "{file}: adapter: 'hci0': expected array, got str"),
        ("data_dir = 3", {}, "{file}: data_dir: 3: expected the name of a file or folder"),
        (f'mqtt_password = "{SECRET}"', {}, "{file}: mqtt_password: a secret does not belong here; name its file in"),
        ("[mqtt]\nuser = 1", {}, "{file}: mqtt: is no setting"),
        ("broker = ", {}, "{file}: "),
        ("", {"FOOTFALL_BROKR": "x"}, "FOOTFALL_BROKR: is no setting of Footfall's; did you mean FOOTFALL_BROKER?"),
        ("", {"FOOTFALL_PAGE_PORT": "http"}, "FOOTFALL_PAGE_PORT: 'http': expected int, got str"),
        ("", {"FOOTFALL_LOG_LEVEL": "loud"}, "FOOTFALL_LOG_LEVEL: 'loud': give one of debug, info, warning, error"),
        (
            "",
            {"FOOTFALL_INFLUX_TOKEN": SECRET, "FOOTFALL_INFLUX_TOKEN_FILE": "/x"},
            "FOOTFALL_INFLUX_TOKEN and FOOTFALL_INFLUX_TOKEN_FILE are both set; unset one",
        ),
        ("", {"FOOTFALL_CONFIG": "/no/such/file.toml"}, "FOOTFALL_CONFIG: /no/such/file.toml: can't be read"),
    ],
)
def test_what_makes_no_sense_is_said_with_its_key(
    file: Path, text: str, environment: dict[str, str], said: str
) -> None:
    file.write_text(text)
    with pytest.raises(SettingsError) as raised:
        load({"FOOTFALL_CONFIG": str(file), **environment})
    assert said.format(file=file) in str(raised.value)
    assert SECRET not in "".join(traceback.format_exception(raised.value))


def test_a_secret_is_read_from_its_file_when_it_is_needed_and_shown_nowhere(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    held = tmp_path / "held"
    file.write_text(f'mqtt_password_file = "{held}"\n')
    loaded = of(file)
    assert isinstance(loaded.settings.mqtt_password, Secret)
    with pytest.raises(SettingsError, match=rf"held: can't be read .* {file}: mqtt_password_file names it"):
        loaded.settings.mqtt_password.reveal()
    held.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="is no text"):
        loaded.settings.mqtt_password.reveal()
    held.write_text(f"{SECRET}\n")
    assert loaded.settings.mqtt_password.reveal() == SECRET
    monkeypatch.setenv("FOOTFALL_INFLUX_TOKEN", SECRET)
    monkeypatch.setenv("FOOTFALL_BROKER", f"mqtt://anna:{SECRET}@box")
    for command in (["config", "show"], ["config", "show", "--json"]):
        assert cli.run(command) == 0
    assert cli.run(["config", "check"]) == ExitStatus.SETTINGS
    out, err = capsys.readouterr()
    assert out.count("(secret)") == 4
    assert "FOOTFALL_BROKER: a password does not belong in the broker's address" in err
    assert SECRET not in out + err + repr(loaded)


def test_config_shows_where_each_value_comes_from_and_checks_them(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOOTFALL_GATEWAY", "track")
    file.write_text("quota_gb = 2\n")
    assert cli.run(["config", "check"]) == 0
    assert capsys.readouterr().out == f"2 of {len(KEYS)} settings are set, and all make sense.\n"
    assert cli.run(["config", "show", "--json"]) == 0
    shown = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["key"] for one in shown] == list(KEYS)
    assert {one["key"]: (one["value"], one["from"]) for one in shown if one["from"] != "default"} == {
        "gateway": ("track", "FOOTFALL_GATEWAY"),
        "quota_gb": (2.0, f"{file}: quota_gb"),
    }
    file.write_text("quota_gb = 2\nbrokr = 1\n")
    for command in (["config", "check"], ["config", "show"], ["sessions", "list"]):
        assert cli.run(command) == ExitStatus.SETTINGS
        assert "did you mean broker?" in capsys.readouterr().err
    assert cli.run(["--help"]) == cli.run(["process", "--help"]) == 0


def test_how_pages_are_served_can_be_set(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text(
        'page_host = "0.0.0.0"\npage_name = ["box.local", "box"]\npage_tls_cert = "a.crt"\npage_tls_key = "a.key"\n'
        "page_behind_proxy = true\n"
    )
    monkeypatch.setenv("FOOTFALL_PAGE_PLAIN_HTTP", "true")
    for command in ("live", "demo", "process"):
        _, bound, _ = cli.build_app().parse_args([command, "--tls-key", "other.key"])
        page = bound.arguments["page"]
        assert replace(page, tls_key=Path("a.key")) == PageOptions.of(load().settings), command
        assert page == PageOptions(
            host="0.0.0.0",
            name=("box.local", "box"),
            tls_cert=Path("a.crt"),
            tls_key=Path("other.key"),
            behind_proxy=True,
            plain_http=True,
        )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('page_host = "0.0.0.0"', "page_host and so on: --host 0.0.0.0 lets others reach the page"),
        ('page_tls_cert = "/no.crt"\npage_tls_key = "/no.key"', "page_host and so on: /no.crt: is not there"),
        ("page_plain_http = true\npage_behind_proxy = true", "page_host and so on: --behind-proxy needs --name"),
        ('keep_sessions = "soon"', "FOOTFALL_KEEP_SESSIONS: 'soon' is no age"),
        ('gateway = "a/b"', "{file}: gateway: 'a/b' can't name a gateway"),
        ('broker = "http://box"', "{file}: broker: 'http://box' is no broker's address"),
        ("silence_s = inf", "{file}: silence_s: inf: expected float <="),
    ],
)
def test_config_check_finds_what_makes_no_sense_only_where_it_is_used(
    file: Path,
    text: str,
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FOOTFALL_DATA_DIR", str(tmp_path / "data"))
    file.write_text(text)
    assert cli.run(["config", "check"]) == ExitStatus.SETTINGS
    assert said.format(file=file) in capsys.readouterr().err


def test_every_variable_of_an_option_is_a_setting() -> None:
    named = set()
    for module in {command.target.split(":")[0] for command in COMMANDS}:
        for command in COMMANDS:
            if command.target.startswith(f"{module}:"):
                function = getattr(import_module(module), command.target.split(":")[1])
                for hint in get_type_hints(function, include_extras=True).values():
                    parameters = [one for one in get_args(hint) if isinstance(one, Parameter)]
                    named |= {variable for one in parameters for variable in one.env_var or ()}
    assert named <= {variable_of(key) for key in KEYS}
    code = "".join(path.read_text() for path in (REPOSITORY / "gateway" / "footfall_gateway").rglob("*.py"))
    of_no_option = {key for key in KEYS if variable_of(key) not in named}
    assert of_no_option >= {"influx_url", "log_level", *SECRETS}
    assert {key for key in of_no_option if not re.search(rf"\.{key}\b", code)} == set(), "it sets nothing"


def test_a_default_is_the_same_wherever_it_is_said() -> None:
    assert (DEFAULTS.page_port, DEFAULTS.page_host) == (DEFAULT_PORT, LOOPBACK)
    assert DEFAULTS.quota_gb == DEFAULT_QUOTA_GB
    assert DEFAULTS.data_dir == options.DEFAULT_DATA_FOLDER


def test_what_compose_and_scripts_ask_of_the_environment_is_known() -> None:
    """Whoever has `.env` in his environment can run every command."""
    asked = set()
    for name in ("docker-compose.yml", "scripts/make-env", "scripts/add-gateway", ".ci/run", "scripts/audit.py"):
        asked |= set(re.findall(r"FOOTFALL_[A-Z_]+[A-Z]", (REPOSITORY / name).read_text()))
    known = OF_OTHERS | {variable_of(key) for key in KEYS} | {f"{variable_of(key)}_FILE" for key in SECRETS}
    assert asked <= known


@given(st.dictionaries(st.text(max_size=10), st.text(max_size=10) | st.integers() | st.booleans(), max_size=3))
def test_any_environment_and_any_content_load_or_are_refused(content: dict[str, object]) -> None:
    environment = {f"FOOTFALL_{key.upper()}": str(value) for key, value in content.items()}
    with suppress(SettingsError):
        load({**environment, "FOOTFALL_CONFIG": ""})


def test_the_document_lists_them_all() -> None:
    text = (REPOSITORY / "docs" / "configuration.md").read_text()
    assert settings_table() in text, "renew it: python scripts/settings_table.py"


def settings_table() -> str:
    from settings_table import table

    return table()
