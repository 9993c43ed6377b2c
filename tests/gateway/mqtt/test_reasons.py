"""Why there is no connection, as people are told it: by real sockets, a real TLS, and the broker library's errors."""

import socket
import ssl
import subprocess
import threading
from contextlib import suppress
from pathlib import Path

import aiomqtt
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from conftest import REPOSITORY
from footfall_gateway.mqtt.reasons import cause_of, lets_nobody_in


@pytest.fixture(scope="module")
def own_certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certs")
    subprocess.run([REPOSITORY / "scripts" / "make-certs", folder, "localhost"], check=True, capture_output=True)
    return folder


def wrapped(error: BaseException) -> BaseException:
    """Return an error as the library hands it on."""
    try:
        try:
            raise error
        except type(error) as inner:
            raise aiomqtt.MqttError(str(inner)) from None
    except aiomqtt.MqttError as outer:
        return outer


def refused(name: str) -> BaseException:
    return aiomqtt.exceptions.MqttConnectError(ReasonCode(PacketTypes.CONNACK, name))


@pytest.mark.parametrize("name", ["Not authorized", "Bad user name or password"])
def test_a_refused_user_is_told_what_to_look_at(name: str) -> None:
    assert lets_nobody_in(refused(name))
    assert "FOOTFALL_MQTT_USER and FOOTFALL_MQTT_PASSWORD_FILE" in cause_of(refused(name))


def test_what_is_no_refusal_is_said_without_numbers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
    with pytest.raises(ConnectionRefusedError) as raised:
        socket.create_connection(address)
    assert not lets_nobody_in(raised.value)
    assert cause_of(wrapped(raised.value)) == "Connection refused"
    assert cause_of(refused("Unspecified error")) == "it gives no reason"
    assert cause_of(refused("Server busy")) == "Server busy"
    assert cause_of(aiomqtt.MqttError("Operation timed out")) == "Operation timed out"


@pytest.mark.parametrize(
    ("trusts", "name", "said"),
    [
        (False, "localhost", "SSL_CERT_FILE names the file of whom to trust"),
        (True, "box.local", "reach it by a name that its certificate has"),
    ],
)
def test_a_certificate_that_is_refused_is_told_with_what_to_do(
    own_certificate: Path, trusts: bool, name: str, said: str
) -> None:
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(own_certificate / "server.crt", own_certificate / "server.key")
    theirs = ssl.create_default_context(cafile=own_certificate / "ca.crt" if trusts else None)
    near, far = socket.socketpair()

    def answer() -> None:
        with far, suppress(OSError):
            ours.wrap_socket(far, server_side=True)

    answering = threading.Thread(target=answer)
    answering.start()
    with near, pytest.raises(ssl.SSLCertVerificationError) as raised:
        theirs.wrap_socket(near, server_hostname=name)
    answering.join()
    assert said in cause_of(wrapped(raised.value))
