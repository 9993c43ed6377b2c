"""Reading what gateways send, whichever way it comes."""

from footfall_gateway.mqtt.held import Arrival, BatchArrival, EndArrival, HeaderArrival
from footfall_gateway.mqtt.payloads import (
    End,
    HealthMessage,
    PayloadError,
    batch_sequence,
    decode_health,
    decode_json,
)
from footfall_gateway.mqtt.topics import Kind, SessionKey
from footfall_gateway.outside import require_size
from footfall_gateway.recordings.header import MOST_HEADER_BYTES, decode_header


def read_arrival(key: SessionKey, kind: Kind, payload: bytes) -> Arrival | HealthMessage | None:
    """Return what arrived of a session; `None` of a kind that gateways don't send.

    Raises
    ------
    FootfallError
        When it can't be read, or describes another session.
    """
    if kind is Kind.RAW:
        return BatchArrival(key, batch_sequence(payload), payload)
    if kind is Kind.SESSION:
        require_size(len(payload), MOST_HEADER_BYTES, "its description")
        if decode_header(payload).session.id != key.session_id:
            raise PayloadError("describes another session")
        return HeaderArrival(key, payload)
    if kind is Kind.END:
        return EndArrival(key, decode_json(payload, End))
    if kind is Kind.HEALTH:
        return decode_health(payload)
    return None
