import pytest

from tests.live.servers import Authority, authority


@pytest.fixture(scope="session")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A certificate authority of our own."""
    return authority(tmp_path_factory.mktemp("authority"))
