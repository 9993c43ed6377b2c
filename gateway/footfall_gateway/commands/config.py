"""`footfall config`: what is set for this computer, where it comes from, and whether it makes sense."""

from collections.abc import Callable
from functools import partial
from typing import Final

from rich.table import Table
from rich.text import Text

from footfall_gateway import console, settings, wire
from footfall_gateway.commands.options import broker_from
from footfall_gateway.errors import SettingsError
from footfall_gateway.influx.settings import InfluxSettings
from footfall_gateway.mqtt.topics import this_gateway
from footfall_gateway.outside import shown, without_secrets
from footfall_gateway.persons.retention import Retention
from footfall_gateway.settings import Secret
from footfall_processing.errors import FootfallError

DEFAULT: Final = "default"


def show(*, json: bool = False) -> None:
    """Show every setting, its value and where it comes from; secrets are told to be there, and not shown.

    A value comes from the first of these that has it: an option of the command, an environment variable
    (FOOTFALL_BROKER), a line of footfall.toml (broker = "mqtt://box.local"), the default.

    Parameters
    ----------
    json
        Print one JSON line for each setting.
    """
    loaded = settings.load()
    if json:
        for key in settings.KEYS:
            value = getattr(loaded.settings, key)
            plain = (
                list(value)
                if isinstance(value, tuple)
                else value
                if isinstance(value, int | float | None)
                else _text(value)
            )
            source = loaded.sources.get(key, DEFAULT)
            console.write_line(wire.json_line({"type": "setting", "key": key, "value": plain, "from": source}))
        return
    table = Table("Setting", "Value", "From")
    for key in settings.KEYS:
        row = key, _text(getattr(loaded.settings, key)), loaded.sources.get(key, DEFAULT)
        table.add_row(*(Text(shown(cell), style="" if key in loaded.sources else "dim") for cell in row))
    out = console.stdout_console()
    out.print(table)
    out.print(f"File of settings: {settings.path_of()}{'' if settings.path_of().exists() else ' (not there)'}")


def check() -> None:
    """Check footfall.toml and the environment: every key, every value, and that each secret's file can be read.

    Nothing is started, and nobody is asked whether a broker or a database is there.
    """
    loaded = settings.load()
    known = loaded.settings
    broker_from(known.broker)
    InfluxSettings.of(known)
    Retention.of(known)
    for key in settings.SECRETS:
        secret = getattr(known, key)
        if isinstance(secret, Secret):
            secret.reveal()
    _look(loaded.sources.get("gateway", "gateway"), lambda: this_gateway(known.gateway))
    if any(key.startswith("page_") for key in loaded.sources):
        from footfall_gateway.commands.page_options import PageOptions  # what serves pages takes long to load

        _look("page_host and so on", partial(PageOptions.of(known).check, known.data_dir))
    out = console.stdout_console()
    out.print(f"{len(loaded.sources)} of {len(settings.KEYS)} settings are set, and all make sense.")


def _look(what: str, check_it: Callable[[], object]) -> None:
    """Look whether a setting makes sense; `SettingsError` says which one does not."""
    try:
        check_it()
    except FootfallError as error:
        raise SettingsError(f"{what}: {error}") from error


def _text(value: object) -> str:
    if isinstance(value, Secret):
        return repr(value)
    return without_secrets(" ".join(settings.texts_of("" if value is None else value)))
