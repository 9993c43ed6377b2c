"""A folder that is watched: what is put into it is added to the store once it is there whole."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Final, TypeAlias

from footfall_gateway.clock import Clock
from footfall_gateway.data_folder import recordings_folder
from footfall_gateway.errors import GatewayError, OutsideError
from footfall_gateway.formats.samples_sidecar import sidecar_path
from footfall_gateway.outside import read_file
from footfall_gateway.own_files import create_own, make_own_folder
from footfall_gateway.recordings.growing import is_being_written
from footfall_gateway.say import Say
from footfall_gateway.sessions.adding import CSV, RECORDING, add_session, name_of, sessions_of_files
from footfall_gateway.sessions.addition import Addition, Came
from footfall_gateway.sessions.watch_files import is_of_watch
from footfall_gateway.store.sqlite_file import PassingError
from footfall_processing.errors import FootfallError

LOOK_EVERY_S: Final = 2.0
STILL_LOOKS: Final = 2
"""So many looks after each other, a file is the same before it is taken."""
STILL_LOOKS_OF_CSV: Final = 5
"""As many of all CSV files and sidecars together: those of a session come one after the other."""
ADDED: Final = "added"
REFUSED: Final = "refused"
"""The folders within that files go to afterwards."""
WHY: Final = ".why.txt"
"""Ends the name of the file beside a refused one that says why."""
MOST_WHY_BYTES: Final = 4096
MOST_NAME_BYTES: Final = 255
"""Of a file, in what most file systems take."""
MOST_REFUSALS: Final = 20
"""So many of those refused last are told of."""

_Look: TypeAlias = tuple[int, int]


class _StoppedError(Exception):
    """The watching ends: what is being added is left for the next time."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file that could not be added, why not, and when that was found."""

    name: str
    why: str
    when_utc: datetime


@dataclass(slots=True)
class InboxFolder:
    """A watched folder, as it was seen so far. Calls block on the disk.

    Parameters
    ----------
    inbox
        The folder; files in folders within are not looked at.
    folder
        The data folder that sessions are added to.
    runner_name
        Who ran, where the files don't say.
    say
        Told what came of each session, in one line.

    Attributes
    ----------
    adding
        What is being added right now; empty for nothing.
    trouble
        Why the folder, or the store, can't be used right now; empty where they can.
    """

    inbox: Path
    folder: Path
    runner_name: str
    say: Say
    adding: str = field(default="", init=False)
    trouble: str = field(default="", init=False)
    _stopped: Event = field(default_factory=Event)
    _seen: dict[Path, tuple[_Look, int]] = field(default_factory=dict)
    _left: set[tuple[Path, _Look]] = field(default_factory=set)

    def check(self) -> None:
        """See that the folder is there, or make it, and that it is none of Footfall's own.

        Raises
        ------
        GatewayError
            When it can't be used.
        """
        if self.inbox.resolve() in (self.folder.resolve(), recordings_folder(self.folder).resolve()):
            raise GatewayError(f"{self.inbox}: holds what Footfall keeps; choose another folder to put files into")
        self._files()

    def stop(self) -> None:
        """Have a look that goes on in another thread end soon; what it was adding stays in the folder."""
        self._stopped.set()

    def refusals(self) -> list[Refusal]:
        """Return what could not be added and still lies in the folder of what was refused, the latest first."""
        found = []
        for path in sorted((self.inbox / REFUSED).glob(f"*{WHY}")):
            if path.is_symlink():
                continue  # none of ours: whoever may write into the folder could have any file shown
            try:
                why = read_file(path, MOST_WHY_BYTES).decode(errors="replace").strip()
                when = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            except (OutsideError, OSError):
                continue  # removed meanwhile
            found.append(Refusal(path.name.removesuffix(WHY), why, when))
        return sorted(found, key=lambda one: one.when_utc, reverse=True)[:MOST_REFUSALS]

    def look(self) -> None:
        """Look at the folder once, and add what is there whole.

        Raises
        ------
        GatewayError
            When the folder can't be read.
        """
        self._seen = {path: self._still(path, look) for path, look in self._files().items()}
        csv_still = all(
            looks >= STILL_LOOKS_OF_CSV for path, (_, looks) in self._seen.items() if not _is_whole_by_itself(path)
        )
        ready = [
            path
            for path, (look, looks) in self._seen.items()
            if (path, look) not in self._left
            and (
                (_is_whole_by_itself(path) and looks >= STILL_LOOKS and not is_being_written(path))
                or (path.suffix.lower() == CSV and csv_still and sidecar_path(path).exists())
            )
        ]
        self.trouble = ""
        try:
            for paths in sessions_of_files(ready):
                self._take(paths)
        except _StoppedError:
            return
        finally:
            self.adding = ""

    def _files(self) -> dict[Path, _Look]:
        try:
            make_own_folder(self.inbox)
            found = {}
            for path in sorted(self.inbox.iterdir()):
                is_ours = _is_whole_by_itself(path) or path.suffix.lower() in (CSV, ".json")
                if is_ours and not path.name.startswith(".") and path.is_file() and not path.is_symlink():
                    status = path.stat()
                    found[path] = (status.st_size, status.st_mtime_ns)
        except OSError as error:
            raise GatewayError(f"{self.inbox}: can't be read ({error.strerror}); choose another folder") from error
        return found

    def _still(self, path: Path, look: _Look) -> tuple[_Look, int]:
        before, looks = self._seen.get(path, (None, 0))
        return look, looks + 1 if before == look else 1

    def _take(self, paths: Sequence[Path]) -> None:
        self.adding = name_of(paths)
        try:
            added = add_session(paths, self.folder, self.runner_name, lambda _: self._go_on)
        except PassingError as error:
            self.trouble = str(error)  # nothing is wrong with the file: it waits for the next look
        except FootfallError as error:
            self.say(f"not added: {error}")
            self._move(paths, REFUSED, str(error))
        else:
            self.say(told(self.adding, added))
            for line in added.remarks:
                self.say(line)
            self._move(paths, ADDED)

    def _go_on(self, _: float) -> None:
        if self._stopped.is_set():
            raise _StoppedError

    def _move(self, paths: Sequence[Path], into: str, why: str = "") -> None:
        """Put files aside, so that the folder shows what waits; where that can't be, they are not looked at again.

        Beside what was refused goes a file that says why.
        """
        self._left |= {(path, self._seen[path][0]) for path in paths}
        sidecars = [sidecar_path(path) for path in paths if path.suffix.lower() == CSV]
        try:
            make_own_folder(self.inbox / into)
            for path in (*paths, *sidecars):
                target = _free(self.inbox / into, path.name)
                path.rename(target)
                if path == paths[0] and why:
                    beside = target.with_name(f"{target.name}{WHY}")
                    beside.unlink(missing_ok=True)
                    with create_own(beside) as note:
                        note.write(f"{why}\n".encode(errors="replace"))
        except OSError as error:
            self.say(f"{name_of(paths)}: stays where it is: {error.strerror}")


def told(name: str, added: Addition) -> str:
    """Say in a line what came of a session."""
    match added.came:
        case Came.THERE:
            return f"{name}: is there already, as session {added.session_id}; nothing is added"
        case Came.NAMED:
            return f"{name}: is there already, as session {added.session_id}; {added.words}"
        case Came.IN_BIN:
            return f"{name}: lies in the bin; bring it back with: footfall sessions restore {added.session_id}"
        case Came.ADDED:
            line = f"{name}: added as session {added.session_id}"
            if added.is_demo:
                return f"{line}. Nobody ran it: it is marked as a demo, and counts nowhere"
            if added.started_utc is None:
                return (
                    f"{line}. It has no date, and counts nowhere until it has: "
                    f"footfall sessions redate {added.session_id} 2026-05-03T08:15"
                )
            return line
        case Came.JOINED | Came.ALONE:
            return f"{name}: {added.words}"


def _free(folder: Path, name: str) -> Path:
    """Return where a file goes in a folder under its name, or one like it where that is taken or too long."""
    stem, suffix = Path(name).stem, Path(name).suffix
    number = 1
    while True:
        end = suffix if number == 1 else f"-{number}{suffix}"
        room = MOST_NAME_BYTES - len(os.fsencode(end)) - len(WHY)
        fits = len(os.fsencode(stem)) <= room
        target = folder / f"{stem if fits else os.fsencode(stem)[:room].decode(errors='ignore')}{end}"
        if not target.exists():
            return target
        number += 1


def _is_whole_by_itself(path: Path) -> bool:
    return path.suffix.lower() == RECORDING or is_of_watch(path)


async def watch(inbox: InboxFolder, clock: Clock) -> None:
    """Look at a folder again and again, off the event loop, until cancelled.

    Raises
    ------
    GatewayError
        When the folder can't be read.
    """
    while True:
        await asyncio.to_thread(inbox.look)
        await clock.sleep(LOOK_EVERY_S)


async def watch_on(inbox: InboxFolder, clock: Clock) -> None:
    """Do as `watch`, and go on while the folder can't be read, as when its disk is away; each time it is said once."""
    said = ""
    while True:
        try:
            await watch(inbox, clock)
        except GatewayError as error:
            inbox.trouble = str(error)
            if inbox.trouble != said:
                inbox.say(inbox.trouble)
            said = inbox.trouble
            await clock.sleep(LOOK_EVERY_S)
