"""Files as nobody honest writes them: nested, without end, swollen, broken within what is whole, of no time."""

import struct
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import lz4.frame
import msgspec
import zstandard

NESTED: Final = b"[" * 5000 + b"]" * 5000
HEADER: Final = {
    "header_version": 1,
    "session_id": "hostile",
    "started_utc": "2026-05-03T08:15:00Z",
    "software": "x",
    "sensors": [
        {"id": "a", "placement": "foot", "side": "left", "sampling_rate_hz": 200.0, "profile": "footfall-samples"}
    ],
}
ROWS: Final = b"".join(b"%.3f,0.0,0.0,1.0\n" % (row / 200) for row in range(400))
SIDECAR: Final = b'{"sensors": [{"id": "a", "placement": "foot", "rate_hz": 200}]}'
_MAGIC: Final = b"\x89MCAP0\r\n"


def record(opcode: int, body: bytes) -> bytes:
    """One record of MCAP."""
    return struct.pack("<BQ", opcode, len(body)) + body


def text(content: bytes) -> bytes:
    """A text within a record."""
    return struct.pack("<I", len(content)) + content


def channel(number: int, topic: bytes, encoding: bytes, **metadata: str) -> bytes:
    """The record of a channel."""
    pairs = b"".join(text(name.encode()) + text(value.encode()) for name, value in metadata.items())
    return record(4, struct.pack("<HH", number, 0) + text(topic) + text(encoding) + text(pairs))


def message(number: int, time_ns: int, data: bytes) -> bytes:
    """The record of a message."""
    return record(5, struct.pack("<HIQQ", number, 0, time_ns, time_ns) + data)


def first_chunk(header: Mapping[str, object] | bytes = HEADER) -> bytes:
    """A chunk with the header, and the channel of a sensor's packets, which is number 2."""
    described = header if isinstance(header, bytes) else msgspec.json.encode(header)
    packets = channel(2, b"/packets/a", b"footfall-packet", sensor_id="a", characteristic="footfall-samples")
    return chunk(channel(1, b"/session", b"json") + message(1, 0, described) + packets)


def chunk(content: bytes, *, packed: bytes | None = None, compression: bytes = b"", size: int | None = None) -> bytes:
    """The record of a chunk without a checksum, so that nothing tells that it is not whole."""
    data = content if packed is None else packed
    claimed = len(content) if size is None else size
    return record(6, struct.pack("<QQQI", 0, 0, claimed, 0) + text(compression) + struct.pack("<Q", len(data)) + data)


def recording(*records: bytes, ended: bool = True) -> bytes:
    """A whole file; without its end, one that broke off."""
    end = record(15, struct.pack("<I", 0)) + record(2, struct.pack("<QQI", 0, 0, 0)) + _MAGIC
    return _MAGIC + record(1, text(b"footfall") + text(b"x")) + b"".join(records) + (end if ended else b"")


def changed(**fields: object) -> bytes:
    """A recording with such fields in its header."""
    return recording(first_chunk(HEADER | fields))


def sensor(**fields: object) -> list[dict[str, object]]:
    """Such a sensor in a header."""
    return [HEADER["sensors"][0] | fields]  # type: ignore[index]


def _zeros(size: int) -> bytes:
    return zstandard.compress(bytes(size))


def _lz4_zeros(size: int) -> bytes:
    with lz4.frame.LZ4FrameCompressor(block_size=lz4.frame.BLOCKSIZE_MAX4MB) as packer:
        block = bytes(4 << 20)
        parts = [packer.begin(), *(packer.compress(block) for _ in range(size // len(block))), packer.flush()]
    return b"".join(parts)


RECORDINGS: Final[Mapping[str, tuple[Callable[[], bytes], str]]] = {
    "header nested": (lambda: recording(first_chunk(NESTED)), "nested more than 64 deep"),
    "header nested in a field nobody knows": (lambda: recording(first_chunk(b'{"x":' + NESTED + b"}")), "nested more"),
    "header of year 1": (lambda: changed(started_utc="0001-01-01T00:00:00+14:00"), "not between 1970 and 2200"),
    "header of year 9999": (lambda: changed(started_utc="9999-12-31T23:59:59-14:00"), "not between 1970 and 2200"),
    "header without time zone": (lambda: changed(started_utc="2026-01-01T00:00:00"), "no time zone"),
    "header of 65 sensors": (lambda: changed(sensors=[*map(_numbered, range(65))]), "length <= 64"),
    "header of 20,000 sensors": (lambda: changed(sensors=[*map(_numbered, range(20_000))]), "256 KiB"),
    "header without end of names": (lambda: changed(software="x" * 600), "length <= 512"),
    "header of no range": (lambda: changed(sensors=sensor(acc_range_mps2=-1.0)), "acc_range_mps2"),
    "header of no begin": (lambda: changed(begin_s=1e300), "begin_s"),
    "setting beyond numbers": (lambda: changed(sensors=sensor(settings={"x": 10**300})), "settings"),
    "hex that is none": (
        lambda: changed(sensors=sensor(profile="polar-pmd", settings={"acc_settings": "zz"})),
        "'zz' is not up to 1024 bytes in hexadecimal",
    ),
    "message without head": (lambda: recording(first_chunk(), chunk(record(5, b"abcd"))), "1 damaged part"),
    "record cut off": (lambda: recording(first_chunk(), chunk(b"\x05\x01\x02")), "1 damaged part"),
    "record longer than all": (lambda: recording(first_chunk(), chunk(struct.pack("<BQ", 5, 2**60))), "1 damaged"),
    "channel that is none": (lambda: recording(first_chunk(), chunk(record(4, b"abc"))), "1 damaged part"),
    "channel of nobody": (lambda: recording(first_chunk(), chunk(channel(3, b"/x", b"footfall-packet"))), "1 damaged"),
    "time beyond all": (lambda: recording(first_chunk(), chunk(message(2, 2**63 + 5, b"abc"))), "1 damaged part"),
    "packet of nobody": (
        lambda: recording(
            first_chunk(),
            chunk(channel(3, b"/x", b"footfall-packet", sensor_id="b", characteristic="x") + message(3, 1, b"")),
        ),
        "does not describe",
    ),
    "broken first": (lambda: recording(chunk(b"\x05\x01\x02")), "part with its header is damaged"),
    "zstd of zeros": (
        lambda: recording(first_chunk(), *[chunk(b"", packed=_zeros(8 << 20), compression=b"zstd", size=8 << 20)] * 9),
        "9 damaged parts .* more than 256 times",
    ),
    "zstd beyond all": (
        lambda: recording(first_chunk(), chunk(b"", packed=_zeros(20 << 20), compression=b"zstd", size=20 << 20)),
        "more than 16 MiB",
    ),
    "lz4 of zeros": (
        lambda: recording(first_chunk(), chunk(b"", packed=_lz4_zeros(1 << 30), compression=b"lz4", size=100)),
        "1 damaged part",
    ),
    "lz4 of zeros that says so": (
        lambda: recording(first_chunk(), chunk(b"", packed=_lz4_zeros(1 << 27), compression=b"lz4", size=1 << 27)),
        "more than 16 MiB",
    ),
    "packed as nobody packs": (
        lambda: recording(first_chunk(), chunk(b"x", compression=b"rar")),
        "packed as 'rar'",
    ),
}

SAMPLES: Final[Mapping[str, tuple[bytes, bytes, str]]] = {
    "sidecar nested": (ROWS, NESTED, "nested more than 64 deep"),
    "sidecar of year 1": (ROWS, SIDECAR[:-1] + b',"started_utc":"0001-01-01T00:00:00+14:00"}', "not between"),
    "sidecar of no rate": (ROWS, SIDECAR.replace(b"200", b"1e300"), "1000000000.0"),
    "sidecar without end": (ROWS, SIDECAR + b" " * (1 << 17), "more than the 64 KiB"),
    "time beyond all": (ROWS + b"1e18,0,0,1\n", SIDECAR, "t_s: a time of 1e[+]18 s is beyond"),
    "session without end": (ROWS + b"8e9,0,0,1\n", SIDECAR, "a session lasts at most 31 days"),
    "number without end": (b"0." + b"0" * (1 << 19) + b",0,0,1\n" + ROWS, SIDECAR, "line 2: has no end within 256 KiB"),
    "row without end": (ROWS + b"1," * (1 << 18) + b"1\n", SIDECAR, "line 402: has no end within 256 KiB"),
}


def _numbered(number: int) -> dict[str, object]:
    return {**sensor()[0], "id": f"a{number}"}


def write_hostile_files(folder: Path) -> Iterator[tuple[Path, str]]:
    """Write them all; yield each and what is said of it. Some are gigabytes long, and take no space."""
    for name, (content, said) in RECORDINGS.items():
        path = folder / f"{name}.mcap"
        path.write_bytes(content())
        yield path, said
    for name, (rows, sidecar, said) in SAMPLES.items():
        path = folder / f"{name}.csv"
        path.write_bytes(b"t_s,ax_g,ay_g,az_g\n" + rows)
        path.with_suffix(".json").write_bytes(sidecar)
        yield path, said
    for name, begin, length, said in (
        ("sparse.mcap", recording(first_chunk(), ended=False), 2 << 30, "no proper end"),
        (
            "sparse record.mcap",
            recording(first_chunk(), ended=False) + struct.pack("<BQ", 6, 1 << 30),
            2 << 30,
            "16 MiB",
        ),
        ("sparse.csv", b"t_s,ax_g,ay_g,az_g\n", 600 << 20, "line 2: has no end within 256 KiB"),
        ("sparse too long.csv", b"t_s,ax_g,ay_g,az_g\n", 2 << 30, "more than the 1 GiB"),
    ):
        path = folder / name
        path.with_suffix(".json").write_bytes(SIDECAR)
        with path.open("wb") as file:
            file.write(begin)
            file.truncate(length)
        yield path, said
