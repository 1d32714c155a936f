"""The compose file from nothing to the proof: the same commands, with the servers as containers.

Needs a Docker engine with the compose plugin, and so is a tier of its own: ``make test-containers``.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from testcontainers.compose import DockerCompose

from tests.conftest import ROOT, free_port
from tests.waiting import wait_until

pytestmark = pytest.mark.containers
PARTS = ("schemas", "docker", "connectors", "docker-compose.yml")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A running compose project in a folder of its own, and the settings that lead to it."""
    folder = tmp_path_factory.mktemp("compose")
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, folder / part)
    ports = {f"SELARAS_STACK_{name}_PORT": str(free_port()) for name in ("LEGACY", "TARGET", "KAFKA", "CONNECT")}
    os.environ.update(ports | {"COMPOSE_PROJECT_NAME": f"selaras-{os.getpid()}"})
    subprocess.run(["sh", "docker/draw-passwords.sh"], cwd=folder, check=True)
    with DockerCompose(folder, wait=True):
        yield {
            **os.environ,
            "SELARAS_HOME": str(folder / ".selaras"),
            "SELARAS_SCHEMAS_DIR": str(folder / "schemas"),
            "SELARAS_CONNECTORS_DIR": str(folder / "connectors"),
            "SELARAS_SECRETS_DIR": str(folder / ".selaras" / "compose-secrets"),
            "SELARAS_CONNECT_SECRETS_DIR": "/run/secrets",
            "SELARAS_CONNECT_LEGACY_HOST": "legacy-db",
            "SELARAS_CONNECT_LEGACY_PORT": "5432",
        }


def selaras(environment: dict[str, str], *words: str) -> str:
    """What the command prints; AssertionError with its messages when it fails."""
    command = [sys.executable, "-m", "streams", *words]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_whole_path_on_containers(environment: dict[str, str], tmp_path: Path) -> None:
    """Seed, capture, worker, traffic, proof."""
    selaras(environment, "seed", "--companies", "100")
    selaras(environment, "capture", "apply")
    path = tmp_path / "worker.log"
    log = path.open("wb")
    worker = subprocess.Popen(
        [sys.executable, "-m", "streams", "sync", "run"], env=environment, cwd=ROOT, stdout=log, stderr=log
    )
    try:
        wait_until(lambda: b"worker_started" in path.read_bytes(), "the worker has started")
        selaras(environment, "traffic", "--rate", "50", "--transactions", "100")
        assert json.loads(selaras(environment, "sync", "prove", "--json"))["equal"]
    finally:
        worker.terminate()
        assert worker.wait(30) == 0
        log.close()
