import pytest


@pytest.fixture(params=["in-process", pytest.param("bluez", marks=pytest.mark.bluez)])
def way(request: pytest.FixtureRequest) -> str:
    """Over the in-process radio, or over bleak's own BlueZ code."""
    return str(request.param)
