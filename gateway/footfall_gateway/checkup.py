"""One check for each thing that has kept runs from being recorded."""

import asyncio
import os
import shutil
import stat
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from bleak.exc import BleakBluetoothNotAvailableError, BleakBluetoothNotAvailableReason, BleakDBusError

from footfall_gateway.ble import paired
from footfall_gateway.ble.scanner import Backends
from footfall_gateway.ble.survey import listen
from footfall_gateway.clock import Clock
from footfall_gateway.devices import COMPANION_PROFILES, PROFILES, plug_ins
from footfall_gateway.devices.registry import PlugIns
from footfall_gateway.errors import BluetoothError, GatewayError
from footfall_gateway.own_files import make_own_folder

LISTEN_S: Final = 3.0
OLDEST_BLUEZ: Final = (5, 55)
"""bleak asks for this version or a later one."""
SENSOR_HOUR_BYTES: Final = 12e6
"""A 200 Hz sensor of six axes, with what a recording adds."""
LITTLE_SPACE_H: Final = 24.0
SLOW_DISK_S: Final = 0.5
_CLASS_BLUETOOTH: Final = Path("/sys/class/bluetooth")


class State(StrEnum):
    """How a check came out."""

    GOOD = "good"
    DOUBTFUL = "doubtful"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check.

    Parameters
    ----------
    subject
        What was looked at.
    state, text
        How it came out.
    advice
        What to do; empty when all is well.
    """

    subject: str
    state: State
    text: str
    advice: str = ""


async def examine(clock: Clock, *, backends: Backends, data_folder: Path, sensors_file: Path) -> AsyncIterator[Finding]:
    """Make every check, one after the other."""
    yield await _bluetooth(clock, backends)
    if sys.platform == "linux":
        yield await _bluez_version()
        yield await _wall_clock()
    yield _disk(clock, data_folder)
    yield modes(data_folder)
    yield _sensors(sensors_file)
    yield drivers(plug_ins())


async def _bluetooth(clock: Clock, backends: Backends) -> Finding:
    try:
        near = await listen(clock, seconds=LISTEN_S, backends=backends)
    except BluetoothError as error:
        text, advice = _why_no_bluetooth(error.__cause__)
        return Finding("Bluetooth", State.BAD, text, advice)
    adapters = sorted(path.name for path in _CLASS_BLUETOOTH.glob("hci*") if ":" not in path.name)
    which = f" ({', '.join(adapters)})" if adapters else ""
    heard = f"works{which}; {len(near) or 'no'} sensor{'' if len(near) == 1 else 's'} heard in {LISTEN_S:g} s"
    return Finding("Bluetooth", State.GOOD, heard)


def _why_no_bluetooth(error: BaseException | None) -> tuple[str, str]:
    reasons = BleakBluetoothNotAvailableReason
    reason = error.reason if isinstance(error, BleakBluetoothNotAvailableError) else None
    if reason is reasons.NO_BLUETOOTH:
        return "no adapter", "plug one in; on a Raspberry Pi, remove dtoverlay=disable-bt from config.txt"
    if reason is reasons.NO_BLE_CENTRAL_ROLE:
        return "the adapter knows no Bluetooth Low Energy", "use another adapter, of Bluetooth 4.0 or later"
    if reason is reasons.POWERED_OFF:
        return "switched off", "switch it on: `bluetoothctl power on`, or `rfkill unblock bluetooth` first"
    if reason in (reasons.DENIED_BY_USER, reasons.DENIED_BY_SYSTEM, reasons.DENIED_BY_UNKNOWN):
        return "not allowed", "Linux: add yourself to the group bluetooth and log in again; macOS: allow it in Privacy"
    if isinstance(error, FileNotFoundError):
        return "the system bus is not there", "install and start BlueZ: `sudo apt install bluez`, then log in again"
    if isinstance(error, BleakDBusError) and error.dbus_error.endswith((".ServiceUnknown", ".NameHasNoOwner")):
        return "BlueZ does not run", "install and start it: `sudo apt install bluez`, `sudo systemctl start bluetooth`"
    return f"can't be used ({error})", "restart it: `sudo systemctl restart bluetooth`"


async def _bluez_version() -> Finding:
    printed = await _output("bluetoothctl", "--version")
    digits = "".join(character if character.isdigit() else " " for character in printed or "").split()
    if len(digits) < 2:
        return Finding("BlueZ", State.DOUBTFUL, "version not known", "install it: `sudo apt install bluez`")
    version = int(digits[0]), int(digits[1])
    text = f"version {version[0]}.{version[1]}"
    if version < OLDEST_BLUEZ:
        needed = ".".join(map(str, OLDEST_BLUEZ))
        return Finding("BlueZ", State.BAD, text, f"upgrade the system: {needed} or later is needed")
    return Finding("BlueZ", State.GOOD, text)


async def _wall_clock() -> Finding:
    printed = await _output("timedatectl", "show", "--property=NTPSynchronized", "--value")
    if printed is None or printed.strip() not in ("yes", "no"):
        return Finding("Clock", State.DOUBTFUL, "can't tell whether it is set by the network", "look at `date`")
    if printed.strip() == "no":
        return Finding(
            "Clock",
            State.DOUBTFUL,
            "not set by the network: the session's date may be wrong, its strides are not",
            "connect once before the run: `sudo timedatectl set-ntp true`",
        )
    return Finding("Clock", State.GOOD, "set by the network")


async def _output(*command: str) -> str | None:
    """Run a command; return what it printed, or `None` when it is not there or failed."""
    try:
        process = await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL)
    except OSError:
        return None
    printed, _ = await process.communicate()
    return printed.decode(errors="replace") if process.returncode == 0 else None


def _disk(clock: Clock, folder: Path) -> Finding:
    try:
        make_own_folder(folder)
        begun_s = clock.now_s()
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(1 << 20))
            file.flush()
            os.fsync(file.fileno())
        took_s = clock.now_s() - begun_s
        free_bytes = shutil.disk_usage(folder).free
    except OSError as error:
        return Finding(
            "Disk", State.BAD, f"{folder} can't be written ({error.strerror})", "choose another folder with --data-dir"
        )
    hours = free_bytes / (2 * SENSOR_HOUR_BYTES)
    text = f"{folder}: {free_bytes / 1e9:.1f} GB free, {hours:,.0f} hours of two sensors"
    if hours < LITTLE_SPACE_H:
        return Finding("Disk", State.DOUBTFUL, text, "make room, or choose another folder with --data-dir")
    if took_s > SLOW_DISK_S:
        text = f"{text}; slow ({took_s:.1f} s a MB)"
        return Finding("Disk", State.DOUBTFUL, text, "a worn card loses data: replace it")
    return Finding("Disk", State.GOOD, text)


def modes(folder: Path) -> Finding:
    """Tell whether others on this computer can read what is kept of people."""
    try:
        mode = stat.S_IMODE(folder.stat().st_mode)
    except OSError as error:
        return Finding("Privacy", State.DOUBTFUL, f"{folder}: can't be looked at ({error.strerror})")
    if mode & 0o077:
        text = f"others on this computer may read {folder} (mode {mode:o})"
        return Finding("Privacy", State.DOUBTFUL, text, f"unless that is meant: `chmod -R go= {folder}`")
    return Finding("Privacy", State.GOOD, f"only you can read {folder}")


def _sensors(file: Path) -> Finding:
    try:
        known = paired.load(file)
    except GatewayError as error:
        return Finding("Sensors", State.BAD, str(error), "mend the file, or remove it and pair again")
    if not known:
        return Finding("Sensors", State.DOUBTFUL, "none paired", "see what is near: footfall scan")
    return Finding("Sensors", State.GOOD, ", ".join(one.id for one in known.values()))


def drivers(added: PlugIns) -> Finding:
    """Tell which drivers there are, and what is wrong with those of other packages."""
    own = len(PROFILES.built_in) + len(COMPANION_PROFILES.built_in)
    taken = "".join(f", {one.profile.name} (package {one.package})" for one in added.taken)
    text = f"{own} of Footfall{taken}"
    if added.troubles:
        return Finding(
            "Drivers", State.DOUBTFUL, f"{text}; {'; '.join(added.troubles)}", "update the package, or remove it"
        )
    return Finding("Drivers", State.GOOD, text)
