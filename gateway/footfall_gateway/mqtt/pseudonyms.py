"""Who runs, as topics say it: a pseudonym, so that a listener can follow one runner, and learns no name from it.

It is made of the name with a key that stays in the data folder: nobody without the key can try names out. The same name
has the same pseudonym in every run of this folder, and another one in another folder.
"""

import hmac
import os
import secrets
from base64 import b32encode
from hashlib import sha256
from pathlib import Path
from typing import Final, Self

from footfall_gateway.errors import GatewayError, OutsideError
from footfall_gateway.outside import read_file
from footfall_gateway.own_files import create_own

KEY_FILE: Final = "pseudonyms.key"
_KEY_BYTES: Final = 32
_PSEUDONYM_BYTES: Final = 10
"""80 bits: that two runners share one does not happen."""


class Pseudonyms:
    """Gives each runner's name its pseudonym.

    Parameters
    ----------
    key
        The folder's own secret.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def of(cls, folder: Path) -> Self:
        """Return those of a data folder; its key is made at the first time, readable by its owner alone.

        Raises
        ------
        GatewayError
            When the key can't be read or made, or is none.
        """
        path = folder / KEY_FILE
        try:
            if not path.exists():
                _make(path)
            key = read_file(path, _KEY_BYTES)
        except OSError as error:
            raise GatewayError(f"{path}: can't be made ({error.strerror}); make the folder writable") from error
        except OutsideError as error:
            raise GatewayError(f"{error}; make it readable, or remove it: runners get new pseudonyms then") from error
        if len(key) != _KEY_BYTES:
            raise GatewayError(f"{path}: is no key; remove it, and runners get new pseudonyms in topics")
        return cls(key)

    def within(self, purpose: str) -> Self:
        """Return others for one purpose, which nobody without the key can tell to be of the same people."""
        return type(self)(hmac.digest(self._key, purpose.encode(), sha256))

    def __call__(self, runner_name: str) -> str:
        """Return a name's pseudonym, such as `r-mzxw6ytboi3dgnrs`; empty when there is no name."""
        if not runner_name:
            return ""
        digest = hmac.digest(self._key, runner_name.encode("utf-8", "surrogatepass"), sha256)
        return f"r-{b32encode(digest[:_PSEUDONYM_BYTES]).decode().lower()}"


def _make(path: Path) -> None:
    """Make a key, whole or not at all."""
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with create_own(new) as file:
            file.write(secrets.token_bytes(_KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
