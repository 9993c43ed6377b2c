"""One key of the terminal that does something while a command works, without Enter."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable, Iterator

if sys.platform != "win32":  # which has no such terminals; there the page mutes
    import termios
    import tty

_MOST_READ = 64


@contextlib.contextmanager
def key_pressed(key: str, act: Callable[[], None], fd: int | None = None) -> Iterator[bool]:
    """Do something each time that a key is pressed, in capitals or not; yields whether there is a terminal to press it.

    Ctrl-C does what it did. The terminal is as it was afterwards, however this ends. A command in the background takes
    no keys, as the system would stop it: who fetches it back mutes on the page.

    Parameters
    ----------
    fd
        The terminal; standard input by default.
    """
    fd = _stdin() if fd is None else fd
    if fd is None or not takes_keys(fd):
        yield False
        return
    loop = asyncio.get_running_loop()

    def read() -> None:
        typed = b""
        with contextlib.suppress(OSError):  # a terminal that is gone
            typed = os.read(fd, _MOST_READ) if _is_ours(fd) else b""
        if not typed:
            loop.remove_reader(fd)
        for _ in range(typed.lower().count(key.encode())):
            act()

    before = termios.tcgetattr(fd)
    try:
        tty.setcbreak(fd, termios.TCSANOW)
        loop.add_reader(fd, read)
        yield True
    finally:
        loop.remove_reader(fd)
        with contextlib.suppress(termios.error):
            if _is_ours(fd):
                termios.tcsetattr(fd, termios.TCSANOW, before)


def takes_keys(fd: int | None = None) -> bool:
    """Tell whether there is a terminal, by default standard input, whose keys this process may take."""
    fd = _stdin() if fd is None else fd
    return sys.platform != "win32" and fd is not None and os.isatty(fd) and _is_ours(fd)


def _stdin() -> int | None:
    try:
        return sys.stdin.fileno()
    except (AttributeError, OSError, ValueError):
        return None


def _is_ours(fd: int) -> bool:
    """Tell whether this process may use the terminal: not in the background of the one that it was started from."""
    try:
        return os.tcgetpgrp(fd) == os.getpgrp()
    except OSError:
        return True  # it is not the one that we were started from, which alone has a background
