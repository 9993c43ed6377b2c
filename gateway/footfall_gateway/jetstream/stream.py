"""The stream and the key-value store: made by the first worker, and looked at by each."""

from dataclasses import dataclass
from typing import Any, Final

from nats.aio.client import Client

from footfall_gateway.errors import GatewayError
from footfall_gateway.jetstream.api import NOT_CLUSTERED, NOT_FOUND, NS, Api, ApiError
from footfall_gateway.jetstream.subjects import STATE, STREAM, consumer_of, mapping, of_partition, published

OLDEST_SERVER: Final = (2, 11)
"""The first that gives one worker at a time what a partition has."""
MOST_MESSAGE_BYTES: Final = 512 * 1024
DUPLICATES_S: Final = 120.0
"""A batch that is sent again within this is there once; later, workers leave it out."""
TAKEOVER_S: Final = 2.0
"""Who asks for nothing for so long has lost its partitions to another worker."""
ACK_WAIT_S: Final = 5.0
MOST_UNACKNOWLEDGED: Final = 20_000
"""Of a partition: what comes within the seconds that results take to InfluxDB, of some thousand runners."""


@dataclass(frozen=True, slots=True)
class Setup:
    """How the cluster is set up.

    Parameters
    ----------
    replicas
        How many nodes have each message.
    """

    partitions: int
    replicas: int


def require_version(client: Client) -> None:
    """See whether the server is new enough.

    Raises
    ------
    GatewayError
        When it is not.
    """
    version = client.connected_server_version
    if (version.major, version.minor) < OLDEST_SERVER:
        raise GatewayError(
            f"the NATS server is {version.major}.{version.minor}.{version.patch}, and workers need "
            f"{'.'.join(map(str, OLDEST_SERVER))} or newer: update it"
        )


async def set_up(client: Client, partitions: int) -> Setup:
    """Make what is not there yet: three copies of all on a cluster, one where there is one node.

    Raises
    ------
    GatewayError
        When the server is too old, has no JetStream, lacks a node, or was set up with another number of partitions.
    """
    require_version(client)
    api = Api(client)
    await api.ask("INFO")
    found = await _info(api, STREAM)
    if found is None:
        replicas = await _make(api, partitions)
    else:
        replicas = int(found["num_replicas"])
        _require_partitions(found, partitions)
    if await _info(api, f"KV_{STATE}") is None:
        await _create(api, f"KV_{STATE}", _state_settings(replicas))
    for partition in range(partitions):
        settings = {
            "ack_wait": round(ACK_WAIT_S * NS),
            "max_ack_pending": MOST_UNACKNOWLEDGED,
            "num_replicas": replicas,
            "priority_timeout": round(TAKEOVER_S * NS),
        }
        await api.create_consumer(STREAM, consumer_of(partition), of_partition(partition), settings)
    return Setup(partitions, replicas)


async def _info(api: Api, name: str) -> dict[str, Any] | None:
    try:
        config: dict[str, Any] = (await api.ask(f"STREAM.INFO.{name}"))["config"]
    except ApiError as error:
        if error.code == NOT_FOUND:
            return None
        raise
    return config


async def _make(api: Api, partitions: int) -> int:
    for replicas in (3, 1):
        try:
            await _create(api, STREAM, _stream_settings(partitions, replicas))
        except ApiError as error:
            if replicas == 3 and error.error_code == NOT_CLUSTERED:
                continue
            raise GatewayError(f"{error}; three nodes must be up to set a cluster up") from error
        break
    return replicas


async def _create(api: Api, name: str, settings: dict[str, Any]) -> None:
    await api.ask(f"STREAM.CREATE.{name}", {"name": name, **settings})


def _stream_settings(partitions: int, replicas: int) -> dict[str, Any]:
    source, target = mapping(partitions)
    return {
        "description": "what Footfall's gateways send, until it is computed",
        "subjects": published(),
        "subject_transform": {"src": source, "dest": target},
        "retention": "limits",
        "storage": "file",
        # a full disk lets nothing fall out: what finds no room stays with its gateway
        "discard": "new",
        "max_msg_size": MOST_MESSAGE_BYTES,
        "duplicate_window": round(DUPLICATES_S * NS),
        "num_replicas": replicas,
        "allow_direct": True,
    }


def _state_settings(replicas: int) -> dict[str, Any]:
    return {
        "description": "how far Footfall's workers have computed",
        "subjects": [f"$KV.{STATE}.>"],
        "retention": "limits",
        "storage": "file",
        "discard": "new",
        "max_msgs_per_subject": 1,
        "allow_rollup_hdrs": True,
        "deny_delete": True,
        "num_replicas": replicas,
    }


def _require_partitions(config: dict[str, Any], partitions: int) -> None:
    target = (config.get("subject_transform") or {}).get("dest", "")
    if target != mapping(partitions)[1]:
        number = target.partition("partition(")[2].partition(",")[0] or "an unknown number of"
        raise GatewayError(
            f"the cluster was set up with {number} partitions, and FOOTFALL_PARTITIONS says {partitions}: say the same "
            "for all workers"
        )
