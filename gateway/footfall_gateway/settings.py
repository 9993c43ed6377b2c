"""Settings: the one place that knows what can be set for this computer, of what type it is, and where it comes from.

A value comes from the first of these that has it: an option on the command line, an environment variable
(`FOOTFALL_BROKER`), a line of `footfall.toml` (`broker = "mqtt://box.local"`), the default below. An option takes its
setting by the variable that it names (`commands/options.py`). A secret is never on a command line nor in that file: its
setting with `_file` appended names the file that holds it.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal, TypeAlias, get_args, get_origin, get_type_hints

import msgspec
import platformdirs
from msgspec import Meta

from footfall_gateway.errors import OutsideError, SettingsError
from footfall_gateway.outside import NoSuchFileError, parse_toml, read_file, shortened, without_secrets

PREFIX: Final = "FOOTFALL_"
FILE_VARIABLE: Final = "FOOTFALL_CONFIG"
"""Names the file of settings, where it lies elsewhere than at `default_path`."""
FILE_SUFFIX: Final = "_file"
OF_OTHERS: Final = frozenset(
    {
        FILE_VARIABLE,
        # what docker-compose.yml and scripts/ ask of the environment, which may be in ours as well
        "FOOTFALL_MQTT_GATEWAY_PASSWORD",
        "FOOTFALL_MQTT_DEMO_PASSWORD",
        "FOOTFALL_MQTT_PROCESSOR_PASSWORD",
        "FOOTFALL_MQTT_READER_PASSWORD",
        "FOOTFALL_MQTT_MORE_GATEWAYS",
        "FOOTFALL_MQTT_LISTEN",
        "FOOTFALL_MQTT_TLS_LISTEN",
        "FOOTFALL_PAGE_PASSWORD",
        "FOOTFALL_INFLUX_ADMIN_PASSWORD",
        "FOOTFALL_GRAFANA_TOKEN",
        "FOOTFALL_GRAFANA_ADMIN_PASSWORD",
        "FOOTFALL_GRAFANA_LISTEN",
        "FOOTFALL_REQUIRE_SERVERS",
        "FOOTFALL_REQUIRE_AUDIT",
        "FOOTFALL_FULL_FAULTS",
    }
)
"""Variables that begin as ours do and are no settings."""


class Secret:
    """A text that is shown nowhere: not in a message, a log or a traceback.

    Parameters
    ----------
    text
        The text itself, or the name of the file that holds it.
    named_by
        Which setting names that file; empty where it is the text itself.
    """

    __slots__ = ("_named_by", "_text")

    def __init__(self, text: str, named_by: str = "") -> None:
        self._text = text
        self._named_by = named_by

    def reveal(self) -> str:
        """Return it, for the one who asks for it; `SettingsError` when its file can't be read."""
        if not self._named_by:
            return self._text
        path = Path(self._text).expanduser()
        try:
            return read_file(path).decode().strip()
        except OutsideError as error:
            raise SettingsError(f"{error}; {self._named_by} names it") from error
        except UnicodeDecodeError:
            # without its cause, which holds what is in the file
            raise SettingsError(f"{path}: can't be read (is no text); {self._named_by} names it") from None

    def __repr__(self) -> str:
        return "(secret)"


Port: TypeAlias = Annotated[int, Meta(ge=0, le=65535)]
AboveZero: TypeAlias = Annotated[float, Meta(gt=0.0, le=1e9)]
LogFormat: TypeAlias = Literal["auto", "text", "json"]
CueName: TypeAlias = Literal["impact", "cadence", "heel", "asymmetry", "none"]
LogLevel: TypeAlias = Literal["debug", "info", "warning", "error"]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What can be set; each description is a row of `docs/configuration.md`."""

    data_dir: Annotated[Path, Meta(description="where recordings, the store, spool and inbox lie")] = msgspec.field(
        default_factory=lambda: platformdirs.user_data_path("footfall")
    )
    sensors_file: Annotated[Path, Meta(description="where paired sensors are remembered")] = msgspec.field(
        default_factory=lambda: platformdirs.user_config_path("footfall") / "sensors.toml"
    )
    adapter: Annotated[
        tuple[str, ...], Meta(description="Bluetooth adapters to use (Linux), such as hci1; by default the first")
    ] = ()
    runner: Annotated[str, Meta(description="who runs with these sensors: for `live`, `record` and `gateway`")] = ""
    silence_s: Annotated[AboveZero, Meta(description="a run ends when its sensors were silent for so many seconds")] = (
        300.0
    )
    cue: Annotated[
        tuple[CueName, ...],
        Meta(description="what a runner is reminded of while a run goes on: impact, cadence, heel, asymmetry, none"),
    ] = ()
    target: Annotated[
        tuple[str, ...],
        Meta(description="against what, in place of the usual runs, such as `impact=6 cadence=172 speed=2.8`"),
    ] = ()
    tones: Annotated[bool, Meta(description="whether impact is cued by tones of each leg in place of noise")] = False
    quiet: Annotated[bool, Meta(description="whether this computer's loudspeaker gives no cues")] = False
    quick_packets: Annotated[
        bool,
        Meta(description="whether sensors that can send short packets do so in runs with cues, which come sooner then"),
    ] = True
    gateway: Annotated[
        str, Meta(description="what to call this gateway in MQTT topics; by default the broker's user, or the computer")
    ] = ""
    broker: Annotated[str, Meta(description="the MQTT broker: mqtt://HOST:PORT, or mqtts:// with TLS")] = (
        "mqtt://localhost:1883"
    )
    mqtt_user: Annotated[str, Meta(description="the broker's user")] = ""
    mqtt_password: Annotated[Secret | None, Meta(description="the broker's password")] = None
    home_assistant: Annotated[
        bool,
        Meta(description="whether runners are announced to Home Assistant at the broker where listeners are told"),
    ] = False
    home_assistant_prefix: Annotated[
        str, Meta(description="what its discovery topics begin with, as it is set there")
    ] = "homeassistant"
    listeners_apart: Annotated[
        bool,
        Meta(
            description="whether listeners are told each stride, window and landing by itself, too, and not on `news` "
            "alone; the next release will not"
        ),
    ] = True
    quota_gb: Annotated[
        AboveZero, Meta(description="`process`: how much of one gateway may wait to be computed, in gigabytes")
    ] = 8.0
    influx_url: Annotated[str, Meta(description="the InfluxDB that runs go to, such as http://127.0.0.1:8086")] = ""
    influx_org: Annotated[str, Meta(description="its organisation")] = "footfall"
    influx_bucket: Annotated[str, Meta(description="its bucket")] = "footfall"
    influx_token: Annotated[Secret | None, Meta(description="what allows to write there")] = None
    influx_runners: Annotated[Literal["pseudonyms", "names"], Meta(description="what runners are called there")] = (
        "pseudonyms"
    )
    keep_recordings: Annotated[
        str, Meta(description="how long recordings are kept, such as 6 months; results stay; by default for ever")
    ] = ""
    keep_sessions: Annotated[
        str, Meta(description="how long all of a session is kept, results too; by default for ever")
    ] = ""
    page_host: Annotated[
        str, Meta(description="where pages can be reached from; beyond this computer only with a login")
    ] = "127.0.0.1"
    page_port: Annotated[Port, Meta(description="the live page's port; 0 takes any free one")] = 8420
    page_name: Annotated[
        tuple[str, ...],
        Meta(description="by which names browsers reach pages, where those are not this computer's own"),
    ] = ()
    page_https: Annotated[
        bool, Meta(description="whether pages are served by https, with a certificate that Footfall makes for them")
    ] = False
    page_tls_cert: Annotated[
        Path | None, Meta(description="pages' certificate, a PEM file: they are served by https")
    ] = None
    page_tls_key: Annotated[Path | None, Meta(description="its key, a PEM file without a passphrase")] = None
    page_behind_proxy: Annotated[
        bool, Meta(description="whether a proxy on this computer ends TLS and passes on to pages; needs `page_name`")
    ] = False
    page_plain_http: Annotated[
        bool, Meta(description="whether passwords and runs may cross the network in the clear, as in a VPN")
    ] = False
    watch: Annotated[
        Path | None, Meta(description="`serve`: a folder whose recordings and CSV files get into the log of runs")
    ] = None
    health_host: Annotated[str, Meta(description="where a service's /healthz can be reached from")] = "127.0.0.1"
    health_port: Annotated[Port, Meta(description="its port; 0 takes any free one, which `footfall health` finds")] = 0
    log: Annotated[
        LogFormat,
        Meta(description="how services log: text, json, or auto: text on a terminal and in the journal, else json"),
    ] = "auto"
    log_level: Annotated[LogLevel, Meta(description="the least that services log; debug tells the details")] = "info"


DEFAULTS: Final = Settings()
KEYS: Final = Settings.__struct_fields__
TYPES: Final[Mapping[str, Any]] = MappingProxyType(get_type_hints(Settings, include_extras=True))
DESCRIPTIONS: Final = MappingProxyType(
    {key: next(m.description for m in reversed(TYPES[key].__metadata__) if m.description) for key in KEYS}
)
SECRETS: Final = tuple(key for key in KEYS if "Secret" in str(TYPES[key]))
_IN_FILE: Final = frozenset(KEYS) - frozenset(SECRETS) | {f"{key}{FILE_SUFFIX}" for key in SECRETS}
_IN_ENVIRONMENT: Final = frozenset(KEYS) | {f"{key}{FILE_SUFFIX}" for key in SECRETS}


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings as they are.

    Parameters
    ----------
    sources
        Where each that is set comes from, for people; what is not in it has its default.
    """

    settings: Settings
    sources: Mapping[str, str]


def default_path() -> Path:
    """Return where the file of settings is, unless `FILE_VARIABLE` says otherwise."""
    return platformdirs.user_config_path("footfall") / "footfall.toml"


def path_of(environment: Mapping[str, str] | None = None) -> Path:
    """Return where the file of settings is, or would be."""
    named = (os.environ if environment is None else environment).get(FILE_VARIABLE)
    return Path(named) if named else default_path()


def variable_of(key: str) -> str:
    """Return the environment variable of a setting."""
    return f"{PREFIX}{key.upper()}"


def load(environment: Mapping[str, str] | None = None) -> Loaded:
    """Read the settings from the environment and from the file; there need be no file.

    Raises
    ------
    SettingsError
        When one is unknown, or makes no sense; the message holds no secret.
    """
    environment = os.environ if environment is None else environment
    path = path_of(environment)
    found: dict[str, tuple[str, object]] = {}
    for key, value in _in_file(path, must_exist=bool(environment.get(FILE_VARIABLE))).items():
        if key in SECRETS:
            raise SettingsError(f"{path}: {key}: a secret does not belong here; name its file in {key}{FILE_SUFFIX}")
        if key not in _IN_FILE:
            raise SettingsError(f"{path}: {key}: is no setting{_nearest(key, _IN_FILE)}")
        _add(found, key, f"{path}: {key}", value)
    for variable in sorted(environment):
        text = environment[variable]
        if not variable.startswith(PREFIX) or variable in OF_OTHERS or not text:
            continue
        key = variable.removeprefix(PREFIX).lower()
        if key not in _IN_ENVIRONMENT:
            near = _nearest(variable, map(variable_of, _IN_ENVIRONMENT))
            raise SettingsError(f"{variable}: is no setting of Footfall's{near}")
        _add(found, key, variable, text)
    values = {key: _converted(key, where, value) for key, (where, value) in found.items()}
    return Loaded(msgspec.structs.replace(DEFAULTS, **values), {key: where for key, (where, _) in found.items()})


def texts_of(value: object) -> tuple[str, ...]:
    """Return a setting's value as it would stand on a command line."""
    if isinstance(value, bool):
        return (str(value).lower(),)
    return tuple(map(str, value)) if isinstance(value, tuple) else (str(value),)


def _in_file(path: Path, *, must_exist: bool) -> Mapping[str, object]:
    try:
        return parse_toml(read_file(path), dict[str, Any], str(path))
    except NoSuchFileError as error:
        if must_exist:
            raise SettingsError(f"{FILE_VARIABLE}: {error}") from error
        return {}
    except OutsideError as error:
        raise SettingsError(str(error)) from error


def _add(found: dict[str, tuple[str, object]], key: str, where: str, value: object) -> None:
    """Note a value, in place of one from further down."""
    of_secret = key.removesuffix(FILE_SUFFIX)
    if of_secret not in SECRETS:
        found[key] = where, value
        return
    before = found.get(of_secret)
    if before is not None and where.startswith(PREFIX) and before[0].startswith(PREFIX):
        raise SettingsError(f"{before[0]} and {where} are both set; unset one")
    if not isinstance(value, str) or not value:
        raise SettingsError(f"{where}: must name a file")
    found[of_secret] = where, Secret(value, where if key != of_secret else "")


def _converted(key: str, where: str, value: object) -> object:
    if isinstance(value, Secret):
        return value
    from_text = isinstance(value, str) and where == variable_of(key)
    kind = TYPES[key]
    plain = value.split() if isinstance(value, str) and from_text and get_origin(_bare(key)) is tuple else value
    try:
        return msgspec.convert(plain, kind, strict=not from_text, dec_hook=_path)
    except (ValueError, TypeError) as error:
        choices = ", ".join(get_args(_bare(key))) if get_origin(_bare(key)) is Literal else ""
        reason = f"give one of {choices}" if choices else str(error).replace("`", "").replace("Expected", "expected")
        raise SettingsError(f"{where}: {without_secrets(shortened(repr(value)))}: {reason}") from error


def _bare(key: str) -> object:
    """Return a setting's type without its description."""
    return get_args(TYPES[key])[0]


def _path(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str) and value:
        return Path(value).expanduser()
    raise ValueError("expected the name of a file or folder")


def _nearest(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else "; `footfall config show` lists them"
