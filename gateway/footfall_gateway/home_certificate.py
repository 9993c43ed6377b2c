"""A certificate for the pages, made on this computer: so that phones in the same network reach them by https.

An authority of this computer's own signs it. Who trusts that authority trusts it for this home alone: names that end
with `.local`, this computer's own, and addresses of private networks (RFC 5280, name constraints).
"""

import fcntl
import ipaddress
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, TypeAlias

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from footfall_gateway.data_folder import tls_folder
from footfall_gateway.errors import GatewayError
from footfall_gateway.outside import NoSuchFileError, read_file
from footfall_gateway.own_files import make_own_folder, touch_own

AUTHORITY_LASTS: Final = timedelta(days=3650)
LASTS: Final = timedelta(days=397)
"""Phones take none that lasts for more than 825 days."""
RENEWED_BEFORE: Final = timedelta(days=30)
SLACK: Final = timedelta(days=1)
"""A phone's clock may be behind by so much."""
_HOME: Final = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8")
_HOME_SIX: Final = ("fc00::/7", "fe80::/10", "::1/128")

_Key: TypeAlias = ec.EllipticCurvePrivateKey
_Pair: TypeAlias = tuple[x509.Certificate, _Key]


class CertificateError(GatewayError):
    """The certificate can't be read or made; the message says what to do."""


class HomeCertificate:
    """Certificate and authority in a data folder, which are made where they are missing or of no more use.

    Parameters
    ----------
    folder
        The data folder.
    names
        Tells by which names and addresses the pages are reached now.
    now
        Tells the time, with its zone.
    """

    def __init__(self, folder: Path, names: Callable[[], Sequence[str]], now: Callable[[], datetime]) -> None:
        self._folder = tls_folder(folder)
        self._names = names
        self._now = now

    @property
    def path(self) -> Path:
        """Where certificate and key are, in one PEM file."""
        return self._folder / "pages.pem"

    @property
    def authority_path(self) -> Path:
        """Where the authority's certificate and key are."""
        return self._folder / "authority.pem"

    def renew(self) -> bool:
        """Make it anew where it ends soon, is another authority's, or names and addresses have changed.

        Returns
        -------
        bool
            Whether it was made anew.

        Raises
        ------
        CertificateError
            When files can't be read or written.
        """
        now, names = self._now(), frozenset(self._names())
        with self._alone():
            authority = self._kept(self.authority_path)
            if authority is None or not _lasts(authority[0], now, LASTS) or not _permits(authority[0], names):
                authority = _new_authority(names, now)
                self._write(self.authority_path, authority)
            kept = self._kept(self.path)
            if kept is not None and _serves(kept[0], authority[0], names, now):
                return False
            self._write(self.path, _signed(authority, names, now))
            return True

    def authority(self) -> bytes:
        """Return the authority's certificate, in DER; `CertificateError` when it can't be read."""
        kept = self._kept(self.authority_path)
        if kept is None:
            raise CertificateError(f"{self.authority_path}: is not there; start the pages anew with --https")
        return kept[0].public_bytes(Encoding.DER)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let one program after the other look and write."""
        try:
            make_own_folder(self._folder)
            lock_path = self._folder / "tls.lock"
            touch_own(lock_path)
            with lock_path.open("ab") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise CertificateError(f"{error.filename or self._folder}: can't be written ({error.strerror})") from error

    def _kept(self, path: Path) -> _Pair | None:
        try:
            content = read_file(path)
        except NoSuchFileError:
            return None
        try:
            key = load_pem_private_key(content, None)
            certificate = x509.load_pem_x509_certificate(content)
        except (ValueError, TypeError) as error:
            raise CertificateError(
                f"{path}: is no certificate with its key; remove it, and it is made anew, which phones ask about once"
            ) from error
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise CertificateError(f"{path}: holds a key of another kind; remove it, and it is made anew")
        return certificate, key

    def _write(self, path: Path, pair: _Pair) -> None:
        certificate, key = pair
        descriptor, name = tempfile.mkstemp(dir=self._folder, prefix=".tls-")  # 0600 whatever the umask
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
                file.write(certificate.public_bytes(Encoding.PEM))
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def _new_authority(names: frozenset[str], now: datetime) -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _subject(f"Footfall at {_title(names)}")
    built = (
        _begun(subject, subject, key.public_key(), now, AUTHORITY_LASTS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_others=True), critical=True)
        .add_extension(x509.NameConstraints(_permitted(names), None), critical=True)
    )
    return built.sign(key, hashes.SHA256()), key


def _signed(authority: _Pair, names: frozenset[str], now: datetime) -> _Pair:
    by, by_key = authority
    key = ec.generate_private_key(ec.SECP256R1())
    built = (
        _begun(_subject(f"Footfall's pages on {_title(names)}"), by.subject, key.public_key(), now, LASTS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_others=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by_key.public_key()), critical=False)
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in sorted(names)]), critical=False)
    )
    return built.sign(by_key, hashes.SHA256()), key


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, lasts: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SLACK)
        .not_valid_after(now + lasts)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs_others: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_others,
        key_cert_sign=signs_others,
        crl_sign=signs_others,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _subject(title: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, title[:64])])


def _title(names: frozenset[str]) -> str:
    """Return what people call this computer."""
    local = sorted(name for name in names if name.endswith(".local"))
    return local[0].removesuffix(".local") if local else "this computer"


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _permitted(names: frozenset[str]) -> list[x509.GeneralName]:
    """Return what an authority may vouch for: this home, and what else these pages are called."""
    networks = [ipaddress.ip_network(network) for network in (*_HOME, *_HOME_SIX)]
    found: list[x509.GeneralName] = [x509.DNSName("local"), *(x509.IPAddress(network) for network in networks)]
    for name in sorted(names):
        general = _general(name)
        if isinstance(general, x509.DNSName) and not name.endswith(".local"):
            found.append(general)
        elif isinstance(general, x509.IPAddress) and not any(general.value in network for network in networks):
            found.append(x509.IPAddress(ipaddress.ip_network(general.value)))
    return found


def _permits(authority: x509.Certificate, names: frozenset[str]) -> bool:
    try:
        found = authority.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or []
    except x509.ExtensionNotFound:
        return False
    return {*_permitted(names)} <= {*found}


def _serves(certificate: x509.Certificate, by: x509.Certificate, names: frozenset[str], now: datetime) -> bool:
    try:
        certificate.verify_directly_issued_by(by)
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):  # another's: of no use
        return False
    return {*found} >= {_general(name) for name in names} and _lasts(certificate, now, RENEWED_BEFORE)


def _lasts(certificate: x509.Certificate, now: datetime, long: timedelta) -> bool:
    """Tell whether a certificate counts by now, and will for so long."""
    return certificate.not_valid_before_utc <= now and now + long <= certificate.not_valid_after_utc
