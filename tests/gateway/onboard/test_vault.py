"""The vault: what was synced is there whatever comes behind it, and never anything that was not kept."""

import zlib
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from footfall_gateway.devices.kit.onboard import DeviceMoment, Piece, StoredLog
from footfall_gateway.onboard import vault as vault_module
from footfall_gateway.onboard.anchors import Anchor
from footfall_gateway.onboard.vault import MOST_DAMAGES, Vault, VaultError
from footfall_processing.session import Side
from gateway.onboard.on_board import KEY, recorded

LOG = StoredLog(key=KEY, number=3, pieces=6, piece_bytes=64, begun=DeviceMoment(1_000, 2))
PIECES = [Piece(position, Random(position).randbytes(20 + 7 * position)) for position in range(6)]
ANCHOR = Anchor(1_700_000_000_000_000_000, DeviceMoment(5_000, 2), 0.004)


def made(folder: Path, pieces: list[Piece]) -> Path:
    path = folder / "a.vault"
    path.unlink(missing_ok=True)
    with Vault.create(path, recorded(Side.LEFT), LOG, "Ann") as vault:
        for piece in pieces:
            vault.keep([piece])
    return path


def test_what_was_kept_is_read_back(tmp_path: Path) -> None:
    path = made(tmp_path, PIECES[3:])
    with Vault(path) as vault:
        assert (vault.recorded, vault.runner_name, vault.log) == (recorded(Side.LEFT), "Ann", LOG)
        assert (vault.missing(), vault.is_complete, vault.anchor, vault.session_id) == ([0, 1, 2], False, None, "")
        vault.note_anchor(ANCHOR)
        vault.note_anchor(replace(ANCHOR, error_s=0.001))
        vault.keep([PIECES[1], PIECES[0], PIECES[2], PIECES[1]])
        vault.note_recorded("a-run")
    with Vault(path) as vault:
        assert (vault.anchor, vault.session_id, vault.is_complete, vault.damages) == (ANCHOR, "a-run", True, 0)
        assert list(vault.pieces()) == PIECES
        assert vault.piece_bytes == sum(len(piece.data) for piece in PIECES)
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_anchor_of_another_count_gives_way_to_one_of_the_logs_own(tmp_path: Path) -> None:
    with Vault(made(tmp_path, [])) as vault:
        vault.note_anchor(replace(ANCHOR, own=DeviceMoment(7, 9)))
        vault.note_anchor(ANCHOR)
        vault.note_anchor(replace(ANCHOR, own=DeviceMoment(8, 9)))
        assert vault.anchor == ANCHOR


@given(cut=st.integers(0, 400), noise=st.binary(max_size=60), more=st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_torn_write_costs_itself_alone(tmp_path: Path, cut: int, noise: bytes, more: bool) -> None:
    path = made(tmp_path, PIECES[:4])
    whole = path.read_bytes()
    last = whole.rindex(b"FFV1")
    torn = last + cut % (len(whole) - last)
    path.write_bytes(whole[:torn] + noise)
    with Vault(path) as vault:
        assert vault.missing() == [3, 4, 5]
        if more:
            vault.keep(PIECES[3:])
    with Vault(path) as vault:
        assert list(vault.pieces()) == (PIECES if more else PIECES[:3])


@given(place=st.integers(0, 10_000), change=st.integers(1, 255))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_wrong_byte_is_never_taken_for_what_was_kept(tmp_path: Path, place: int, change: int) -> None:
    path = made(tmp_path, PIECES)
    content = bytearray(path.read_bytes())
    content[place % len(content)] ^= change
    path.write_bytes(content)
    try:
        vault = Vault(path)
    except VaultError:  # the record of the sensor or of the log is hit, without which nothing makes sense
        assert place % len(content) < content.index(b"FFV1", content.index(b"FFV1", 4) + 4)
        return
    with vault:
        left = list(vault.pieces())
        assert left == [piece for piece in PIECES if piece.position not in vault.missing()]
        vault.keep(PIECES)
    with Vault(path) as again:
        assert list(again.pieces()) == PIECES


def test_a_piece_that_looks_like_a_vault_is_a_piece(tmp_path: Path) -> None:
    inner = made(tmp_path, PIECES).read_bytes()
    path = tmp_path / "b.vault"
    with Vault.create(path, recorded(Side.LEFT), LOG) as vault:
        vault.keep([Piece(5, inner)])
    with Vault(path) as vault:
        assert list(vault.pieces()) == [Piece(5, inner)]


def test_what_is_no_vault_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.vault"
    for content in (b"", b"FFV1" * (MOST_DAMAGES + 2), b"x" * 100_000):
        path.write_bytes(content)
        with pytest.raises(VaultError, match=r"a\.vault"):
            Vault(path)
        assert path.read_bytes() == content
    body = vault_module._HEAD.pack(b"FFV1", 2, 0, 2) + b"[]"
    path.write_bytes(body + zlib.crc32(body).to_bytes(4, "little"))
    with pytest.raises(VaultError, match="a note in it"):
        Vault(path)


def test_a_disk_that_refuses_keeps_nothing_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Vault(made(tmp_path, PIECES[:2])) as vault:

        def refuse(_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(vault_module, "to_disk", refuse)
        with pytest.raises(VaultError, match=r"a\.vault: can't be written .No space left.*nothing was erased"):
            vault.keep(PIECES[2:])
        monkeypatch.undo()
        with pytest.raises(VaultError, match="before"):
            vault.keep(PIECES[2:])
        assert vault.missing() == [2, 3, 4, 5]
