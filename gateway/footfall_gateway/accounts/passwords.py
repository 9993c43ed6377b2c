"""Passwords: which are taken, and what is kept of them."""

import base64
import secrets
import unicodedata
from typing import Final

from argon2 import Parameters, PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from footfall_gateway.accounts.model import AccountError, key_of

FEWEST_CHARACTERS: Final = 8
MOST_CHARACTERS: Final = 256
PARAMETERS: Final = RFC_9106_LOW_MEMORY
"""The second recommendation of RFC 9106: 64 MiB, three passes, four lanes; a Raspberry Pi Zero 2 has 512 MiB."""

# a hundred words are easier to read and to add to than a hundred strings
_COMMON: Final = frozenset(
    """
    password passwort passw0rd kennwort motdepasse contrasena letmein welcome willkommen bienvenue iloveyou ichliebe
    sunshine princess princesa football fussball baseball basketball superman batman starwars pokemon dragon monkey
    shadow master michael jennifer jordan charlie trustno qwerty qwertz azerty qwertyui qwertyuiop qwertzui qwertzuiop
    asdfghjkl asdfasdf zxcvbnm qazwsx qazwsxedc qweasd qweasdzxc abcdefgh abcd abc abcdef changeme changeit default
    administrator admin root user guest secret geheim test tester testtest internet computer samsung whatever
    footfall footfalls runner running laufen laeufer marathon coach trainer training club sport jogging
    """.split()  # noqa: SIM905
)
_STRETCHES: Final = ("0123456789012345678901234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")


def check_new(password: str, name: str) -> None:
    """Raise `AccountError` when a password is too short, too long, or among the first that anybody would try.

    Lengths and the list of what is refused follow NIST SP 800-63B: no rules about kinds of characters.
    """
    if len(password) < FEWEST_CHARACTERS:
        raise AccountError(
            f"the password is too short: take {FEWEST_CHARACTERS} characters or more, a sentence is fine"
        )
    if len(password) > MOST_CHARACTERS:
        raise AccountError(f"the password is too long: take at most {MOST_CHARACTERS} characters")
    plain = key_of(password)
    stem = plain.strip("0123456789!?.,*#$-_+ ")
    if (
        stem in _COMMON
        or stem == key_of(name)
        or len(set(plain)) < 4
        or any(plain in stretch or plain in stretch[::-1] for stretch in _STRETCHES)
        or (not stem and len(plain) < 12)
    ):
        raise AccountError(
            "the password is among the first that others would try: take another one, a sentence is fine"
        )


class Hasher:
    """Makes what is kept of passwords, and compares with it.

    Parameters
    ----------
    parameters
        What a hash costs.
    """

    def __init__(self, parameters: Parameters = PARAMETERS) -> None:
        self._parameters = parameters
        self._argon2 = PasswordHasher.from_parameters(parameters)

    def hashed(self, password: str) -> str:
        """Return what is kept of a password; takes tenths of a second, and 64 MiB meanwhile."""
        return self._argon2.hash(_normal(password))

    def matches(self, password: str, password_hash: str) -> bool:
        """Tell whether it is the password; takes as long as `hashed`."""
        if len(password) > MOST_CHARACTERS:
            password = ""  # none is that long; it takes its time all the same
        try:
            return self._argon2.verify(password_hash, _normal(password))
        except (VerificationError, InvalidHashError):
            return False

    def is_outdated(self, password_hash: str) -> bool:
        """Tell whether it was hashed with other parameters than would be taken today."""
        return self._argon2.check_needs_rehash(password_hash)

    def nobodys_hash(self) -> str:
        """Return what no password matches, and takes as long to find out: for names that no account has."""
        parameters = self._parameters
        salt, digest = (_base64(secrets.token_bytes(size)) for size in (parameters.salt_len, parameters.hash_len))
        costs = f"m={parameters.memory_cost},t={parameters.time_cost},p={parameters.parallelism}"
        return f"$argon2id$v={parameters.version}${costs}${salt}${digest}"


def _normal(password: str) -> bytes:
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")
