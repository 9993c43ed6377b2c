"""The pages' own certificate: what it holds, whom it can vouch for, and when it is made anew."""

import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from footfall_gateway.backup.making import make_backup
from footfall_gateway.home_certificate import AUTHORITY_LASTS, LASTS, RENEWED_BEFORE, CertificateError, HomeCertificate

BEGUN = datetime.now(UTC).replace(microsecond=0)
NAMES = ("localhost", "127.0.0.1", "::1", "box", "box.local", "192.168.1.5")
DAY = timedelta(days=1)


class Home:
    """A data folder with its certificate, at a time that goes on as told, and names that change as told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = BEGUN
        self.names: Sequence[str] = NAMES
        self.own = HomeCertificate(folder, lambda: self.names, lambda: self.now)

    def renewed(self, *, after: timedelta = timedelta(), names: Sequence[str] = ()) -> tuple[bool, bool]:
        """Tell whether the certificate was made anew, and whether by another authority than before."""
        self.now += after
        self.names = names or self.names
        before = self.own.authority() if self.own.authority_path.exists() else b""
        return self.own.renew(), self.own.authority() != before


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path)
    assert made.own.renew()
    return made


def why_refused(own: HomeCertificate, name: str, trusted: bytes = b"") -> str:
    """Return why a client that trusts the authority does not take the certificate for a name; empty if it does."""
    inward, outward = ssl.MemoryBIO(), ssl.MemoryBIO()
    trusting = ssl.create_default_context(cadata=trusted or own.authority())
    trusting.verify_flags |= ssl.VERIFY_X509_STRICT
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(own.path, own.path)
    client = trusting.wrap_bio(inward, outward, server_hostname=name)
    server = serving.wrap_bio(outward, inward, server_side=True)
    for end in (client, server, client):
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            continue
        except ssl.SSLCertVerificationError as error:
            return error.verify_message
    assert client.getpeercert() is not None
    return ""


def test_whoever_trusts_the_authority_takes_it_for_each_name_and_address(home: Home) -> None:
    assert [why_refused(home.own, name) for name in NAMES] == [""] * len(NAMES)
    assert "mismatch" in why_refused(home.own, "other.local")
    assert "mismatch" in why_refused(home.own, "192.168.1.6")


def test_another_authority_is_not_trusted(home: Home, tmp_path: Path) -> None:
    another = Home(tmp_path / "another")
    another.own.renew()
    assert why_refused(home.own, "box.local", another.own.authority()) != ""


@pytest.mark.parametrize("elsewhere", ["bank.example", "8.8.8.8", "2001:db8::1"])
def test_the_authority_can_vouch_for_no_other_site(home: Home, elsewhere: str, monkeypatch: pytest.MonkeyPatch) -> None:
    trusted = home.own.authority()
    monkeypatch.setattr("footfall_gateway.home_certificate._permits", lambda *_: True)  # somebody took its key
    assert home.renewed(names=(*NAMES, elsewhere)) == (True, False)
    assert why_refused(home.own, elsewhere, trusted) == "permitted subtree violation"


def test_keys_are_for_their_owner_alone(home: Home) -> None:
    made = sorted(path for path in home.own.path.parent.iterdir() if path.suffix == ".pem")
    assert [path.name for path in made] == ["authority.pem", "pages.pem"]
    assert {path.stat().st_mode & 0o777 for path in made} == {0o600}
    assert home.own.path.parent.stat().st_mode & 0o777 == 0o700
    assert b"PRIVATE" not in home.own.authority()


def test_it_stays_until_a_month_before_its_end(home: Home) -> None:
    assert home.renewed() == (False, False)
    assert home.renewed(after=LASTS - RENEWED_BEFORE) == (False, False)
    assert home.renewed(after=DAY) == (True, False)
    until = x509.load_pem_x509_certificate(home.own.path.read_bytes()).not_valid_after_utc
    assert until == home.now + LASTS
    assert until - home.now <= timedelta(days=825), "phones take no other"


def test_no_certificate_outlasts_its_authority(home: Home) -> None:
    assert home.renewed(after=AUTHORITY_LASTS - LASTS) == (True, False)
    assert home.renewed(after=DAY) == (True, True)


def test_a_clock_that_was_set_back_makes_it_anew(home: Home) -> None:
    assert home.renewed(after=-3 * DAY) == (True, True)


def test_new_addresses_make_it_anew_and_the_phone_need_not_trust_another_authority(home: Home) -> None:
    assert home.renewed(names=(*NAMES[:-1], "192.168.178.20")) == (True, False)
    assert why_refused(home.own, "192.168.178.20") == ""
    assert home.renewed(names=(*NAMES, "fd00::2")) == (True, False)
    assert home.renewed(names=NAMES) == (False, False), "that it holds more does no harm"
    assert home.renewed(names=(*NAMES, "run.club.example")) == (True, True), "that is not of this home"
    assert why_refused(home.own, "run.club.example") == ""


def test_a_damaged_file_is_named_and_one_of_another_authority_is_made_anew(home: Home) -> None:
    home.own.authority_path.unlink()
    assert home.renewed() == (True, True)
    assert why_refused(home.own, "box.local") == ""
    home.own.authority_path.write_text("nothing of the kind")
    with pytest.raises(CertificateError, match=r"authority\.pem: is no certificate with its key; remove it"):
        home.own.renew()


def test_backups_hold_no_keys(home: Home, tmp_path: Path) -> None:
    (home.folder / "notes.txt").write_text("kept")
    made = make_backup(home.folder, tmp_path / "backup.zip", more=(), now=BEGUN, advance=lambda _: None)
    assert [member.name for member in made.members] == ["notes.txt"]
