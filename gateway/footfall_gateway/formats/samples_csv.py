"""Samples from CSV: one sensor a file, with a sidecar that describes it. See docs/csv-format.md.

Imported samples become packets like any sensor's, so that a CSV and a recording take the same path.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches
from importlib.metadata import version
from pathlib import Path
from typing import IO, Final

import numpy as np

from footfall_gateway.devices import samples
from footfall_gateway.devices.samples import Samples
from footfall_gateway.formats.burst_stamps import even_times, largest_burst
from footfall_gateway.formats.export_files import safe_stem
from footfall_gateway.formats.plausibility import check_samples
from footfall_gateway.formats.samples_sidecar import read_sidecar, sidecar_path
from footfall_gateway.outside import check_session_s, open_file, parse_json, pieces_of_file, shortened
from footfall_gateway.packets import RawPacket, RecordedSensor, RecordingHeader
from footfall_gateway.recordings.recording import RecordingWriter
from footfall_gateway.store.length_gains import NO_GAINS, SensorSite, with_gains
from footfall_processing.errors import InputError
from footfall_processing.samples import FloatArray
from footfall_processing.session import Runner, Sensor, Session

ACC_COLUMNS: Final = ("t_s", "ax_g", "ay_g", "az_g")
GYRO_COLUMNS: Final = ("gx_dps", "gy_dps", "gz_dps")
COLUMNS: Final = ACC_COLUMNS + GYRO_COLUMNS

MOST_BYTES: Final = 1 << 30
MOST_ROWS: Final = 1 << 24
"""Of one file: 23 hours at 200 Hz."""

_SLAB_BYTES: Final = 1 << 18
_TAIL_BYTES: Final = 4096
_COMMA, _NEWLINE = b",\n"
_PACKET_S: Final = 1.0
_IMPORT_BATCH_S: Final = 10.0
_DECIMAL_COMMA: Final = re.compile(rb"\d,\d")
_SEPARATORS: Final = {b";": "semicolons", b"\t": "tabs"}
_POINTS: Final = (
    "save with commas between the values and points in the numbers (in a spreadsheet: set the language of the file to "
    "English, then save as CSV)"
)


@dataclass(frozen=True, slots=True, eq=False)
class SamplesFile:
    """One CSV, the sensor that measured it, when its second 0 was, if it is known, and what to know of it."""

    path: Path
    sensor: Sensor
    started_utc: datetime | None
    samples: Samples
    remarks: tuple[str, ...] = ()


def read_session(
    paths: Sequence[Path], remark: Callable[[str], None] = lambda _: None
) -> tuple[RecordingHeader, list[RawPacket]]:
    """Read the CSV files of one session, one sensor each, on one time axis; `remark` is told what to know of them.

    Returns
    -------
    tuple of RecordingHeader and list of RawPacket
        The packets in order of time, about a second of one sensor's samples each. The session's id is made from
        the first file's name and all files' content, so that importing twice gives the same session.

    Raises
    ------
    InputError
        When a file or its sidecar breaks docs/csv-format.md; the message names file, line or column, and remedy.
    """
    if not paths:
        raise InputError("no CSV given; name at least one")
    files = [read_samples(path) for path in paths]
    for line in (line for file in files for line in file.remarks):
        remark(line)
    by_id: dict[str, Path] = {}
    for file in files:
        first = by_id.setdefault(file.sensor.id, file.path)
        if first is not file.path:
            raise InputError(
                f"{sidecar_path(file.path)}: sensor id {file.sensor.id!r} is also that of {first.name}; "
                "give each sensor of a session its own id"
            )
        if file.started_utc != files[0].started_utc:
            raise InputError(
                f"{sidecar_path(file.path)}: started_utc differs from that of {files[0].path.name}; "
                "the files of a session share second 0"
            )
    begin_s = min(float(file.samples.t_s[0]) for file in files)
    session = Session(
        id=session_id(
            paths[0].stem,
            (piece for csv in paths for part in (csv, sidecar_path(csv)) for piece in pieces_of_file(part)),
        ),
        started_utc=files[0].started_utc,
        sensors=tuple(file.sensor for file in files),
        software=f"footfall {version('footfall')}",
        begin_s=begin_s,
    )
    header = RecordingHeader(session, tuple(RecordedSensor(file.sensor, profile=samples.NAME) for file in files))
    packets = [packet for file in files for packet in sample_packets(file.sensor, file.samples, begin_s)]
    return header, sorted(packets, key=lambda packet: packet.received_s)


def _contents(paths: Iterable[Path]) -> Iterator[bytes]:
    for path in paths:
        yield from pieces_of_file(path)
        yield from pieces_of_file(sidecar_path(path))


def import_csv(
    paths: Sequence[Path],
    recording_path: Path,
    runner: Runner | None = None,
    gains: Mapping[SensorSite, float] = NO_GAINS,
    runner_name: str = "",
    remark: Callable[[str], None] = lambda _: None,
) -> RecordingHeader:
    """Make a recording from the CSV files of one session, of the runner if it is known, and of the runner's gains.

    Raises
    ------
    InputError, RecordingError
        When a CSV can't be read, or the recording can't be written.
    """
    header, packets = read_session(paths, remark)
    header = with_gains(replace(header, session=replace(header.session, runner=runner, runner_name=runner_name)), gains)
    write_whole(recording_path, header, packets)
    return header


def write_whole(path: Path, header: RecordingHeader, packets: Iterable[RawPacket]) -> None:
    """Write a recording of what is all here already; what fails leaves no file.

    Raises
    ------
    RecordingError
        When the file exists already or can't be written.
    """
    writer = RecordingWriter(path, header, batch_interval_s=_IMPORT_BATCH_S, sync_interval_s=float("inf"))
    try:
        with writer:
            for packet in packets:
                writer.write(packet)
    except BaseException:
        path.unlink(missing_ok=True)  # half a recording would only be in the way of the next attempt
        raise


def read_samples(path: Path) -> SamplesFile:
    """Read one CSV and its sidecar, and check that the numbers can be what they claim to be.

    Raises
    ------
    InputError
        See `read_session`.
    """
    columns, values = _read_table(path)
    table = Samples(
        t_s=values[:, 0].copy(),
        acc_g=values[:, 1:4].copy(),
        gyro_dps=values[:, 4:].copy() if columns == COLUMNS else None,
    )
    sidecar = read_sidecar(path, has_gyro=table.gyro_dps is not None)
    rate_hz, remarks = sidecar.sensor.sampling_rate_hz, list[str]()
    even_s = even_times(table.t_s, rate_hz)
    if even_s is not None:
        remarks.append(
            f"{path}: column t_s: stamps come in bursts of up to {largest_burst(table.t_s, rate_hz)} rows, as a "
            f"host's do that stamps what its radio delivers; rows are timed evenly at {rate_hz:g} Hz, and "
            "times of left and right may be some hundredths of a second apart"
        )
        table = replace(table, t_s=even_s)
    check_samples(path, sidecar.sensor, table)
    return SamplesFile(path, sidecar.sensor, sidecar.started_utc, table, tuple(remarks))


def _read_table(path: Path) -> tuple[tuple[str, ...], FloatArray]:
    """Return the columns and the numbers, shape (rows, columns); never more of the text at once than a slab."""
    with open_file(path, MOST_BYTES) as file:
        slabs = _slabs(path, file)
        first = next(slabs, b"").removeprefix(b"\xef\xbb\xbf")
        if not first.strip():
            raise InputError(f"{path}: is empty; its first line must be {','.join(COLUMNS)}")
        if b"\x00" in first[:1000]:
            raise InputError(f"{path}: is not plain text; save it as CSV in UTF-8")
        first_line, _, body = first.partition(b"\n")
        columns = _check_columns(path, first_line, body)
        parts, rows, line, empty_line, tail = [], 0, 2, 0, b""
        slab: bytes | None = body
        while slab is not None:
            following = next(slabs, None)
            content = slab.rstrip()
            if content and empty_line:
                raise InputError(f"{path}: line {empty_line}: is empty; remove it")
            if content:
                parts.append(_parse(path, content, columns, line, is_last=following is None))
                rows += len(parts[-1])
            if rows > MOST_ROWS:
                raise InputError(f"{path}: has more than {MOST_ROWS:,} rows; cut it into several sessions")
            ends = slab.count(b"\n")
            if ends > (kept := content.count(b"\n") + 1 if content else 0):
                empty_line = empty_line or line + kept
            line += ends
            tail = (tail + slab)[-_TAIL_BYTES:]
            slab = following
    if not parts:
        raise InputError(f"{path}: holds no samples after its header line")
    _check_whole(path, tail, line, columns)
    return columns, np.concatenate(parts)


def _slabs(path: Path, file: IO[bytes]) -> Iterator[bytes]:
    """Yield a file's content, cut where lines end."""
    line, rest = 1, b""
    while piece := _next_piece(path, file):
        begin, end, new_rest = piece.rpartition(b"\n")
        if end:
            yield rest + begin + end
            line += begin.count(b"\n") + 1
            rest = new_rest
        else:
            rest += piece
        if len(rest) > _SLAB_BYTES:
            raise InputError(f"{path}: line {line}: has no end within {_SLAB_BYTES >> 10} KiB; give a row in each line")
    if rest:
        yield rest


def _next_piece(path: Path, file: IO[bytes]) -> bytes:
    try:
        return file.read(_SLAB_BYTES)
    except OSError as error:
        raise InputError(f"{path}: can't be read ({error.strerror})") from error


def _check_columns(path: Path, first_line: bytes, body: bytes) -> tuple[str, ...]:
    expected = f"the first line must be {','.join(COLUMNS)} (or its first four columns)"
    line = first_line.decode("utf-8", "replace").strip()
    if '"' in line:
        raise InputError(f"{path}: line 1: names stand in quotes; save without quotes")
    if "," not in line and (";" in line or "\t" in line):
        separated = f"{path}: line 1: values are separated by {';' if ';' in line else 'tabs'}"
        second = body.partition(b"\n")[0]
        if b"." not in second and _DECIMAL_COMMA.search(second):
            raise InputError(f"{separated} and numbers have decimal commas (line 2: {_shown(second)}); {_POINTS}")
        raise InputError(f"{separated}; save with commas")
    names = [name.strip() for name in line.split(",")]
    if tuple(names) in (ACC_COLUMNS, COLUMNS):
        return tuple(names)
    if all(_is_number(name.encode()) for name in names):
        raise InputError(f"{path}: line 1: has numbers where the column names belong; {expected}")
    for name in names:
        if name not in COLUMNS:
            close = get_close_matches(name.lower(), COLUMNS, n=1, cutoff=0.5)
            hint = f"did you mean {close[0]!r}? " if close else ""
            raise InputError(f"{path}: line 1: column {shortened(name)!r} is not known; {hint}{expected}")
    wanted = COLUMNS if set(names) & set(GYRO_COLUMNS) else ACC_COLUMNS
    missing = [name for name in wanted if name not in names]
    if missing:
        raise InputError(f"{path}: line 1: column {missing[0]!r} is missing; {expected}")
    raise InputError(f"{path}: line 1: columns are repeated or in another order; {expected}")


def _parse(path: Path, rows: bytes, columns: tuple[str, ...], line: int, *, is_last: bool) -> FloatArray:
    """Return the numbers, shape (rows, columns): rows of plain numbers are JSON, which is read ten times faster."""
    try:
        values = _parse_slab(rows, len(columns))
    except ValueError:
        return _parse_by_line(path, rows, columns, line, is_last=is_last)
    if not np.isfinite(values).all():
        return _parse_by_line(path, rows, columns, line, is_last=is_last)
    return values


def _parse_slab(slab: bytes, columns: int) -> FloatArray:
    characters = np.frombuffer(slab + b"\n", dtype=np.uint8)
    separators = characters[(characters == _COMMA) | (characters == _NEWLINE)].reshape(-1, columns)
    if (separators[:, :-1] != _COMMA).any() or (separators[:, -1] != _NEWLINE).any():
        raise ValueError("a row has too few or too many values")
    numbers = parse_json(b"[" + slab.replace(b"\n", b",") + b"]", list[float], "rows")
    return np.array(numbers).reshape(-1, columns)


def _parse_by_line(path: Path, rows: bytes, columns: tuple[str, ...], first_line: int, *, is_last: bool) -> FloatArray:
    """Parse what is no JSON: `+1`, `.5`, or an error, whose line and column are named."""
    lines = rows.split(b"\n")
    values = np.empty((len(lines), len(columns)))
    for row, line in enumerate(lines):
        where = f"{path}: line {first_line + row}"
        fields = line.split(b",")
        if not line.strip():
            raise InputError(f"{where}: is empty; remove it")
        if len(fields) != len(columns):
            _refuse_other_csv(where, line, columns)
            if is_last and row == len(lines) - 1 and len(fields) < len(columns):
                raise InputError(
                    f"{where}: the file ends within this line, after {len(fields)} of {len(columns)} values; "
                    "copy the file again, or remove the line"
                )
            raise InputError(f"{where}: has {len(fields)} values, not {len(columns)}")
        for column, (name, field) in enumerate(zip(columns, fields, strict=True)):
            if not _is_number(field):
                text = field.decode("utf-8", "replace").strip()
                problem = f"{text[:40]!r} is not a number" if text else "has no value"
                if '"' in text:
                    raise InputError(f"{where}, column {name}: {text[:40]} stands in quotes; save without quotes")
                raise InputError(f"{where}, column {name}: {problem}; correct it, or remove the line")
            values[row, column] = float(field)
            if not np.isfinite(values[row, column]):
                raise InputError(
                    f"{where}, column {name}: {field.decode().strip()} is not a measured value; "
                    "remove the line, a gap in t_s is allowed"
                )
    return values


def _refuse_other_csv(where: str, line: bytes, columns: tuple[str, ...]) -> None:
    """Name what other programs write as CSV: decimal commas, and values between semicolons or tabs."""
    separator = next((name for mark, name in _SEPARATORS.items() if mark in line), "")
    separated = f"values are separated by {separator}, the column names by commas" if separator else ""
    # more values than columns and no decimal point: the commas stand within the numbers
    if b"." not in line and (_DECIMAL_COMMA.search(line) if separator else line.count(b",") >= len(columns)):
        also = f"{separated}, and " if separated else ""
        raise InputError(f"{where}: {also}numbers have decimal commas ({_shown(line)}); {_POINTS}")
    if separated:
        raise InputError(f"{where}: {separated}; save with commas")


def _check_whole(path: Path, tail: bytes, last_line: int, columns: tuple[str, ...]) -> None:
    """Refuse a file that ends within its last number: no end of line, and fewer decimals than the lines before."""
    if tail.endswith(b"\n"):
        return
    *before, last = [_decimals(line) for line in tail.split(b"\n")[-6:]]
    if len(before) > 1 and len(set(before[1:])) == 1 and last < before[-1]:
        raise InputError(
            f"{path}: line {last_line}, column {columns[-1]}: the file ends within this number; "
            "copy the file again, or remove the line"
        )


def _shown(line: bytes) -> str:
    return shortened(line.decode("utf-8", "replace").strip())


def _decimals(line: bytes) -> int:
    return len(line.strip().rpartition(b",")[2].partition(b".")[2])


def _is_number(field: bytes) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return b"_" not in field


def sample_packets(sensor: Sensor, whole: Samples, begin_s: float) -> list[RawPacket]:
    """Cut a sensor's samples into packets of about a second; session time begins at `begin_s` of the samples' clock.

    Raises
    ------
    OutsideError
        When they end later than any session.
    """
    check_session_s(float(whole.t_s[-1]) - begin_s, f"sensor {sensor.id!r}: its last sample")
    rows = min(max(1, round(_PACKET_S * sensor.sampling_rate_hz)), samples.MAX_SAMPLES)
    packets = []
    for begin in range(0, len(whole.t_s), rows):
        chunk = slice(begin, begin + rows)
        gyro_dps = None if whole.gyro_dps is None else whole.gyro_dps[chunk]
        part = Samples(whole.t_s[chunk], whole.acc_g[chunk], gyro_dps)
        packets.append(
            RawPacket(
                received_s=float(part.t_s[-1]) - begin_s,
                sensor_id=sensor.id,
                characteristic=samples.NAME,
                data=samples.encode(part),
            )
        )
    return packets


def session_id(name: str, contents: Iterable[bytes]) -> str:
    """Return an id, safe as a file name, that the same name and contents always give."""
    digest = hashlib.sha256()
    for content in contents:
        digest.update(content)
    return f"{safe_stem(name) or 'import'}-{digest.hexdigest()[:8]}"
