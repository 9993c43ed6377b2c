"""Why there is no connection to the broker, in words and with what to do, where libraries give numbers."""

import ssl
from collections.abc import Iterator
from typing import Final

import aiomqtt
from paho.mqtt.reasoncodes import ReasonCode

_NOT_THIS_USER: Final = frozenset({0x86, 0x87})
"""MQTT 5: bad user name or password, not authorized."""
_UNSPECIFIED: Final = 0x80
_ANOTHER_NAME: Final = frozenset({62, 64})
"""OpenSSL: the certificate is of another host, or of another address."""


def lets_nobody_in(error: BaseException) -> bool:
    """Tell whether the broker was reached and refused user or password."""
    refusals = [one for one in _chain(error) if isinstance(one, aiomqtt.exceptions.MqttConnectError)]
    return any(_code(one) in _NOT_THIS_USER for one in refusals)


def cause_of(error: BaseException) -> str:
    """Return why, in a few words."""
    if lets_nobody_in(error):
        return "it refuses this user or password: FOOTFALL_MQTT_USER and FOOTFALL_MQTT_PASSWORD_FILE say who we are"
    for one in _chain(error):
        if isinstance(one, ssl.SSLCertVerificationError):
            remedy = (
                "reach it by a name that its certificate has"
                if one.verify_code in _ANOTHER_NAME
                else "SSL_CERT_FILE names the file of whom to trust"
            )
            return f"its certificate is refused, {one.verify_message.rstrip('.')}: {remedy}"
        if isinstance(one, ssl.SSLError) and one.reason:
            return f"TLS fails, {one.reason.replace('_', ' ').lower()}"
        if isinstance(one, OSError) and one.strerror:
            return one.strerror
        if isinstance(one, aiomqtt.MqttCodeError):
            return "it gives no reason" if _code(one) == _UNSPECIFIED else str(one).partition("] ")[2] or str(one)
    return str(error)


def _code(error: aiomqtt.MqttCodeError) -> int | None:
    return error.rc.value if isinstance(error.rc, ReasonCode) else error.rc


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Walk from an error to what caused it."""
    one: BaseException | None = error
    while one is not None:
        yield one
        one = one.__cause__ or one.__context__
