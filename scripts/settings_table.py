"""Write the table of settings into docs/configuration.md, from their types and descriptions."""

import re
from pathlib import Path
from typing import Any, Final, Literal, get_args, get_origin

from footfall_gateway.settings import (
    DEFAULTS,
    DESCRIPTIONS,
    FILE_SUFFIX,
    KEYS,
    SECRETS,
    TYPES,
    texts_of,
    variable_of,
)

DOCUMENT: Final = Path(__file__).resolve().parent.parent / "docs" / "configuration.md"
PLACES: Final = {"data_dir": "~/.local/share/footfall", "sensors_file": "~/.config/footfall/sensors.toml"}
"""Where they are on Linux: defaults that depend on the computer."""


def _kind(key: str) -> str:
    bare: Any = get_args(TYPES[key])[0]
    if key in SECRETS:
        return "a file's name"
    if get_origin(bare) is Literal:
        return " · ".join(f"`{choice}`" for choice in get_args(bare))
    if get_origin(bare) is tuple:
        return "list of texts"
    names = {"Path": "a path", "Path | None": "a path", "int": "whole number", "float": "number", "str": "text"}
    names["bool"] = "`true` · `false`"
    return names[re.sub(r".*[.']", "", str(bare).rstrip("'>"))]


def table() -> str:
    """Return the table."""
    rows = ["| key | environment | type | default | what it sets |", "|---|---|---|---|---|"]
    for key in KEYS:
        name = f"{key}{FILE_SUFFIX}" if key in SECRETS else key
        variable = f"`{variable_of(name)}`" + (f", `{variable_of(key)}`" if key in SECRETS else "")
        value = getattr(DEFAULTS, key)
        default = PLACES.get(key) or ("" if value is None else " ".join(texts_of(value)))
        shown = f"`{default}`" if default else "–"
        rows.append(f"| `{name}` | {variable} | {_kind(key)} | {shown} | {DESCRIPTIONS[key]} |")
    return "\n".join(rows)


if __name__ == "__main__":
    before = DOCUMENT.read_text(encoding="utf-8")
    after = re.sub(r"^\| key \|.*?(?=\n\n)", lambda _: table(), before, flags=re.MULTILINE | re.DOTALL)
    DOCUMENT.write_text(after, encoding="utf-8")
