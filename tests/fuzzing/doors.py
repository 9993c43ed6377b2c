"""All doors by name: every way in which something comes from outside."""

from types import MappingProxyType
from typing import Final

from fuzzing import databases, files, interface, messages, onboard, page, plans, radio, studies, texts

DOORS: Final = MappingProxyType(
    {
        door.name: door
        for module in (files, databases, plans, studies, messages, radio, onboard, texts, page, interface)
        for door in module.DOORS
    }
)
