"""Names and other texts from outside: where people read them, in points, in JSON, in addresses."""

import io
import re
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import msgspec

from footfall_coaching.answers import Shoe
from footfall_gateway import wire
from footfall_gateway.errors import GatewayError
from footfall_gateway.influx.points import Measurement, lines_of, shoe_line
from footfall_gateway.influx.settings import BUCKET, ORG, TOKEN, URL, InfluxSettings
from footfall_gateway.mqtt.broker import BrokerAddress
from footfall_gateway.mqtt.topics import Kind, SessionKey, parse, this_gateway
from footfall_gateway.outside import check_moment, escaped_json, parse_hex, parse_moment, told, without_secrets
from footfall_gateway.plain_console import PlainConsole
from footfall_gateway.settings import load
from footfall_processing.errors import FootfallError
from footfall_processing.plain_text import UNSEEN, shown
from footfall_processing.results.summary import summarize
from footfall_processing.short_names import MOST_CHARACTERS, short_names
from fuzzing.door import Door, Pieces
from fuzzing.mutations import Shape
from gateway.recordings_for_tests import header, strides

_JOINERS: Final = str.maketrans("", "", "\u200c\u200d")
_MOMENT: Final = datetime(2026, 5, 3, tzinfo=UTC)


def text_of(data: bytes) -> str:
    """Return the text that bytes are, lone surrogates among it."""
    return data.decode("utf-8", "surrogateescape")


def take_text(data: bytes) -> None:
    """Show a text wherever one is shown: on one line, with nothing in it that is not seen."""
    text = text_of(data)
    for line in (shown(text), told(text), shown(without_secrets(text))):
        assert not UNSEEN.search(line), "something is left that is not seen"
        assert "\n" not in line
        assert shown(line) == line
    console = PlainConsole(file=io.StringIO(), width=100)
    with console.capture() as capture:
        console.print(text[:300])
    assert not UNSEEN.search(capture.get().replace("\n", "")), "something is printed that is not seen"
    with suppress(UnicodeEncodeError):
        line = msgspec.json.encode(text).decode()
        escaped = escaped_json(line)
        assert shown(escaped) == escaped
        assert msgspec.json.decode(escaped) == text, "JSON that is escaped says something else"


def take_names(data: bytes) -> None:
    """Cut names, so that each is still told from the others."""
    names = [text_of(name) for name in data.split(b"\n")]
    short = short_names(names)
    assert len(set(short.values())) == len(set(names)), "two names are shown as one"
    for line in short.values():
        assert len(line) <= MOST_CHARACTERS, "a name is long"
        assert not UNSEEN.search(line), "something is left that is not seen"


_TAG: Final = re.compile(r"([A-Za-z_]+)=((?:\\[,= ntr]|[^\\,= \n\t\r])+)(?:,|(?= ))")
_FIELD: Final = re.compile(
    r'([A-Za-z0-9_]+)=(?:(-?\d+i)|"((?:\\["\\]|[^"\\\n])*)"|(-?[\d.]+(?:e[+-]?\d+)?))(?:,|(?= ))'
)


def _check_line(line: str) -> dict[str, str]:
    """Read a line by its grammar, strictly, and return its tags; no text of it is a tag or a line of its own."""
    measurement, _, rest = line.partition(",")
    assert measurement in {str(one) for one in Measurement}
    at, tags = 0, {}
    while match := _TAG.match(rest, at):
        assert match[1] not in tags, "a name makes a tag"
        tags[match[1]], at = match[2], match.end()
    assert rest[at : at + 1] == " ", f"a name ends the tags: {rest[at:]!r}"
    at, fields = at + 1, 0
    while match := _FIELD.match(rest, at):
        fields, at = fields + 1, match.end()
    assert fields, "no field"
    assert re.fullmatch(r" -?\d+", rest[at:]), f"a text ends the fields: {rest[at:]!r}"
    assert line.encode(), "it is no text"
    return tags


def take_points(data: bytes) -> None:
    """Make points of a session whose names are hostile; each is one line, with the tags that it should have."""
    runner, shoe, session_id, sensor_id = (
        [part.decode(errors="replace") for part in data.split(b"\0", 3)] + ["", "", "", ""]
    )[:4]
    whole = header()
    sensors = tuple(replace(one, id=f"{sensor_id}{at}") for at, one in enumerate(whole.session.sensors))
    session = replace(whole.session, id=session_id or "x", runner_name=runner, shoe=shoe, sensors=sensors)
    described = replace(whole, session=session)
    ran = [replace(one, sensor_id=sensors[at % 2].id) for at, one in enumerate(strides(2))]
    lines = [line for one in ran for line in lines_of(one, described)]
    lines += lines_of(summarize(ran, sensors), described)
    with suppress(FootfallError):
        lines.append(shoe_line(Shoe(runner, _MOMENT, shoe)))
    for line in lines:
        tags = _check_line(line)
        assert "runner" in tags
        assert len(tags) in (2, 6, 7, 8)


def take_json_line(data: bytes) -> None:
    """Write whatever JSON may say as a line, and read companions out of it."""
    try:
        tree = msgspec.json.decode(data, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    line = wire.json_line(tree)
    assert not UNSEEN.search(line), "something is left that is not seen"
    assert msgspec.json.decode(line) == tree, "it says something else"
    wire.companion_summaries(tree)


def take_address(data: bytes) -> None:
    """Read addresses, and tell of them without their passwords."""
    pieces = Pieces(data)
    which, text = pieces.number() % 6, text_of(pieces.rest())
    match which:
        case 0:
            address = BrokerAddress.parse(text)
            assert 0 < address.port < 65_536
            assert address.host
            assert address.password is None
        case 1:
            InfluxSettings.of(load({URL: text, TOKEN: "x", ORG: text, BUCKET: text}).settings)
        case 2:
            InfluxSettings.of(load({URL: "http://localhost", TOKEN: text}).settings)
        case 3:
            name = this_gateway(text)
            topic = SessionKey(name, "", "x").topic(Kind.END)
            assert parse(str(topic)) == topic
        case 4:
            parse_moment(text, "it")
            check_moment(datetime.fromisoformat(text), "it")
        case _:
            assert parse_hex(text, "it", 20) == bytes.fromhex(text)


def take_secret(data: bytes) -> None:
    """Tell of an address with a password, whatever stands round it."""
    before, _, after = text_of(data).partition("|")
    for url in (f"mqtt://user:s3cret@{after}", f"mqtt://user:{after}s3cret@box"):
        try:
            told_of = str(BrokerAddress.parse(url))
        except GatewayError as error:
            told_of = str(error)
        assert "s3cret" not in told_of, "a password is told"
    assert "s3cret" not in told(f"{before} mqtt://user:s3cret@box/{after}"), "a password is told"


DOORS: Final = (
    Door("shown-text", "a text that people read", take_text, Shape.TEXT, most_bytes=1024),
    Door("shown-names", "names in tables", take_names, Shape.TEXT, most_bytes=1024),
    Door("points", "names in InfluxDB's line protocol", take_points, Shape.TEXT, most_bytes=600),
    Door("json-line", "what leaves as a line of JSON", take_json_line, Shape.JSON),
    Door("addresses", "addresses, tokens, moments, hex", take_address, Shape.TEXT, prefix=1, most_bytes=400),
    Door("secrets", "addresses with a password in them", take_secret, Shape.TEXT, most_bytes=400),
)
