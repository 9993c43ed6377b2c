"""What sensors recorded by themselves: their pages and answers, and the vaults and receipts that we write ourselves."""

import asyncio
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from bleak.exc import BleakError

from footfall_gateway.devices import footfall, footfall_log
from footfall_gateway.devices.kit.onboard import MOST_PIECE_BYTES, DeviceMoment, Heard, Piece, StoredLog
from footfall_gateway.devices.protocols import footfall_log as protocol
from footfall_gateway.onboard.anchors import line_of
from footfall_gateway.onboard.receipt import read_receipt
from footfall_gateway.onboard.vault import Vault
from footfall_gateway.recordings.decoding import decoders_of
from footfall_processing.errors import InputError
from footfall_processing.session import Side
from fuzzing.door import Door, Pieces, put
from fuzzing.mutations import Shape
from gateway.onboard.on_board import KEY, recorded

LOG: Final = StoredLog(KEY, 3, 4, 512, DeviceMoment(5_000_000, 2), 1_795_262_400_000_000_000)
LAYOUT: Final = protocol.Layout(protocol.VERSION, page_bytes=512, pages=64)
EXTRA: Final = b"kept after all this"


def take_vault(data: bytes) -> None:
    """Open a file as a vault, and keep one piece more: what was in it is in it still."""
    path = put("a.vault", data)
    with Vault(path) as vault:
        line_of(vault.log, None, vault.anchor)
        before = list(vault.pieces())
        assert all(len(piece.data) <= MOST_PIECE_BYTES for piece in before)
        assert vault.piece_bytes == sum(len(piece.data) for piece in before)
        free = max((piece.position for piece in before), default=0) + 1
        vault.keep([Piece(free, EXTRA)])
    assert path.read_bytes().startswith(data), "something was overwritten"
    with Vault(path) as again:
        assert list(again.pieces()) == [*before, Piece(free, EXTRA)]
        footfall_log.unpack(again.log, again.pieces())


def take_receipt(data: bytes) -> None:
    """Read a file as a receipt."""
    receipt = read_receipt(put("a.receipt", data))
    assert receipt is not None
    decoders_of(receipt.header)


def take_page(data: bytes) -> None:
    """Take an input for pages whose checksums are right, and get the packets out of them."""
    pages = []
    for number in range(max(1, min(len(data) // 512, 4))):
        body = data[508 * number :][:508].ljust(508, b"\xff")
        pages.append(Piece(number, body + zlib.crc32(body).to_bytes(4, "little")))
    found = footfall_log.unpack(LOG, pages)
    assert found.damaged_pieces <= len(pages)
    assert all(record.first_us <= record.last_us for record in found.records)
    footfall_log.proof(pages)


class _Answering:
    """A sensor that answers what the input says, to every command: its op and tag are always right."""

    address, name = "AA:BB:CC:DD:EE:FF", "a"

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces

    def has(self, characteristic: str) -> bool:
        return True

    async def read(self, characteristic: str) -> bytes:
        return footfall.encode_description(recorded(Side.LEFT).sensor, log=LAYOUT)

    async def write(self, characteristic: str, data: bytes, *, response: bool = True) -> None:
        raise AssertionError("every command of the log is answered")

    async def ask(
        self,
        characteristic: str,
        data: bytes,
        *,
        answer_on: str,
        accepts: Callable[[bytes], bool],
        response: bool = True,
    ) -> bytes:
        protocol.decode_command(data)
        if not self._pieces:
            raise TimeoutError
        answer = bytes([data[0] | protocol.ANSWERED, data[1]]) + self._pieces.counted()
        if not accepts(answer):
            raise TimeoutError
        return answer

    async def pause(self, duration_s: float) -> None:
        raise AssertionError("nothing waits")

    @contextmanager
    def hearing(self, characteristic: str) -> Iterator[Heard]:
        yield self

    async def next(self) -> bytes:
        if not self._pieces:
            raise TimeoutError
        return self._pieces.counted()


def take_answers(data: bytes) -> None:
    """Talk to a sensor's memory, whatever it answers: what is read of it is whole pages of what it says that it has."""
    asyncio.run(_talk(_Answering(Pieces(data))))


async def _talk(peer: _Answering) -> None:
    log = await footfall_log.open_log(peer)
    assert log is not None
    try:
        status = await log.status()
        assert 0.0 <= status.free_s <= status.holds_s
        await log.moment()
        found = await log.logs()
        for one in found[:2]:
            assert 0 <= one.pieces <= LAYOUT.pages
            wanted = list(range(one.pieces))
            for _ in range(2):
                async for pieces in log.read(one, wanted):
                    assert all(piece.position in wanted and len(piece.data) == 512 for piece in pieces)
                    footfall_log.unpack(one, pieces)
        await log.stop()
    except (BleakError, TimeoutError) as error:
        raise InputError(f"the sensor does not answer: {error!r}") from error


DOORS: Final = (
    Door("vault", "a vault of what was fetched", take_vault, most_bytes=6000),
    Door("receipt", "a receipt of sensors that were armed, JSON", take_receipt, Shape.JSON, most_bytes=3000),
    Door("log-pages", "pages of a sensor's memory", take_page, most_bytes=2032),
    Door("log-answers", "answers of a sensor's memory", take_answers, most_bytes=2048),
)
