"""Pieces of the local stack that need no server."""

import os
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from streams.adapters.processes import kafka_probe
from streams.adapters.processes.child_process import ChildProcess, Launch, birth_of, end_process
from streams.adapters.processes.connect_worker import ConnectPlan, connect_properties
from streams.adapters.processes.java_parts import JavaParts
from streams.adapters.processes.java_process import properties_text
from streams.adapters.processes.kafka_broker import BrokerPlan, broker_properties
from streams.adapters.processes.machine_check import java_major, require_machine
from streams.adapters.processes.ports_taken import require_free
from streams.adapters.processes.postgres_files import configuration_files
from streams.adapters.processes.postgres_roles import LEGACY_ROLES, TARGET_ROLES
from streams.adapters.processes.secret_files import SecretFiles
from streams.adapters.processes.stack_folders import StackFolders
from streams.errors import SelarasError
from streams.ports.stack import Condition

SLEEPER = (sys.executable, "-c", "import signal; print('on', flush=True); signal.pause()")
AT_ONCE = ((signal.SIGKILL, 10.0),)


@pytest.fixture
def child(tmp_path: Path) -> Iterator[ChildProcess]:
    child = ChildProcess("sleeper", tmp_path / "run")
    child.launch(Launch(SLEEPER, tmp_path, tmp_path / "console"), "print-1")
    yield child
    child.end(AT_ONCE)


def test_a_child_is_found_again_through_its_record(child: ChildProcess, tmp_path: Path) -> None:
    again = ChildProcess("sleeper", tmp_path / "run")
    assert again.condition() is Condition.RUNNING
    assert again.runs_with("print-1")
    assert not again.runs_with("print-2")
    facts = again.facts()
    assert facts is not None
    assert os.getsid(facts.pid) == facts.pid
    again.end(AT_ONCE)
    assert again.condition() is Condition.STOPPED
    assert again.facts() is None


def test_a_killed_child_counts_as_dead_even_as_a_zombie(child: ChildProcess) -> None:
    facts = child.facts()
    assert facts is not None
    handle = os.pidfd_open(facts.pid)
    os.kill(facts.pid, signal.SIGKILL)
    os.waitid(os.P_PIDFD, handle, os.WEXITED | os.WNOWAIT)  # it has ended, and nobody has collected it
    os.close(handle)
    assert child.condition() is Condition.DEAD
    assert not child.runs_with("print-1")


def test_a_pid_that_belongs_to_another_process_is_left_alone(child: ChildProcess) -> None:
    facts = child.facts()
    assert facts is not None
    end_process(facts.pid, "an older boot/17", AT_ONCE)
    assert child.condition() is Condition.RUNNING
    assert birth_of(facts.pid) is not None


def test_nothing_to_end_is_no_fault(tmp_path: Path) -> None:
    child = ChildProcess("never", tmp_path)
    child.end(AT_ONCE)
    assert child.condition() is Condition.STOPPED


def test_a_password_is_drawn_once_and_kept_from_others(tmp_path: Path) -> None:
    secrets = SecretFiles(tmp_path / "secrets")
    first = secrets.password("oss_app")
    path = tmp_path / "secrets" / "oss_app"
    assert secrets.password("oss_app") == first == path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(first) >= 32
    assert secrets.password("oss_owner") != first
    secrets.remove(["oss_app", "never_there"])
    assert not path.exists()


def test_a_taken_port_is_named_with_the_setting_that_moves_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(SelarasError, match=f"Port {port}.*legacy") as caught:
            require_free("legacy", {port: "stack.legacy_port"})
    assert "stack.legacy_port" in caught.value.next_step
    assert "SELARAS_STACK_LEGACY_PORT" in caught.value.next_step
    require_free("legacy", {port: "stack.legacy_port"})


@pytest.mark.parametrize(
    ("answer", "major"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('java version "1.8.0_402"', 8),
        ('openjdk version "21"', 21),
        ("", None),
    ],
)
def test_java_versions(answer: str, major: int | None) -> None:
    assert java_major(answer) == major


def test_everything_that_is_missing_is_named_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SelarasError) as caught:
        require_machine(maven=True, server_user="no-such-user")
    for word in ("openjdk-17-jre-headless", "Debian package maven", "no-such-user"):
        assert word in caught.value.sentence


def test_old_java_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(SelarasError, match="Java 11 is too old"):
        require_machine(maven=False, server_user=None)


def test_java_parts_are_fetched_once_for_each_state_of_the_pom(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    maven = tmp_path / "bin" / "mvn"
    maven.parent.mkdir()
    maven.write_text('#!/bin/sh\nfor last; do :; done\nfolder="${last#*=}"\nmkdir -p "$folder"; : > "$folder/a.jar"\n')
    maven.chmod(0o755)
    monkeypatch.setenv("PATH", f"{maven.parent}:{os.environ['PATH']}")
    pom = tmp_path / "pom.xml"
    pom.write_text("one")
    parts = JavaParts(pom, tmp_path / "cache", tmp_path / "maven.log")
    assert not parts.installed()
    lines: list[str] = []
    parts.install(lines.append)
    assert parts.installed()
    assert (parts.kafka / "a.jar").exists()
    assert (parts.plugins / "debezium-postgres" / "a.jar").exists()
    said = len(lines)
    parts.install(lines.append)
    assert len(lines) == said
    pom.write_text("two")
    assert not JavaParts(pom, tmp_path / "cache", tmp_path / "maven.log").installed()


def test_a_failed_fetch_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: "/bin/false")
    pom = tmp_path / "pom.xml"
    pom.write_text("one")
    parts = JavaParts(pom, tmp_path / "cache", tmp_path / "maven.log")
    with pytest.raises(SelarasError, match=r"maven\.log says why"):
        parts.install(lambda _: None)
    assert not parts.installed()
    assert not list((tmp_path / "cache").iterdir())


def test_the_pom_is_wellformed_and_has_one_profile_a_folder() -> None:
    root = ElementTree.parse(Path("connectors/pom.xml")).getroot()
    names = [element.text for element in root.iter("{http://maven.apache.org/POM/4.0.0}id")]
    assert names == ["kafka", "debezium-postgres"]


def test_properties_are_ascii_as_java_reads_them() -> None:
    text = properties_text({"log.dirs": "/home/josé/\U0001f600 a\\b"})
    assert text == "log.dirs=/home/jos\\u00e9/\\ud83d\\ude00 a\\\\b\n"
    assert text.isascii()


def test_servers_listen_on_this_machine_only(tmp_path: Path) -> None:
    broker = broker_properties(BrokerPlan(1, 2, 256, 24), tmp_path)
    connect = connect_properties(ConnectPlan(3, 256, "127.0.0.1:1", tmp_path), tmp_path)
    files = configuration_files(tmp_path, 4, tmp_path)
    assert broker["listeners"] == "PLAINTEXT://127.0.0.1:1,CONTROLLER://127.0.0.1:2"
    assert connect["listeners"] == "http://127.0.0.1:3"
    assert "listen_addresses = '127.0.0.1'" in files[tmp_path / "postgresql.conf"]
    assert "trust" not in files[tmp_path / "pg_hba.conf"]


def test_values_of_rows_stay_out_of_the_servers_log(tmp_path: Path) -> None:
    text = configuration_files(tmp_path, 4, tmp_path)[tmp_path / "postgresql.conf"]
    for line in ("log_min_messages = 'log'", "log_min_error_statement = 'panic'", "log_error_verbosity = 'terse'"):
        assert line in text


def test_a_long_home_still_has_short_sockets() -> None:
    home = Path("/" + "x" * 200)
    folders = StackFolders(home, None)
    assert len(str(folders.sockets / ".s.PGSQL.65535.lock")) < 80
    assert folders.cluster("legacy") == home / "data" / "legacy"
    assert StackFolders(home, "nobody").cluster("legacy").parent == folders.outside
    assert StackFolders(home / "other", None).outside != folders.outside


def test_somebody_elses_folder_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("streams.adapters.processes.stack_folders._REACHABLE", tmp_path)
    folders = StackFolders(tmp_path / "home", None)
    (tmp_path / "elsewhere").mkdir()
    folders.outside.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SelarasError, match="not a folder of this user"):
        folders.make()


def test_wiping_keeps_the_logs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("streams.adapters.processes.stack_folders._REACHABLE", tmp_path)
    folders = StackFolders(tmp_path / "home", None)
    folders.make()
    (folders.logs / "kafka.log").write_text("why")
    folders.wipe()
    assert sorted(path.name for path in folders.home.iterdir()) == ["logs"]
    assert not folders.outside.exists()


def _metadata(controller: int, leader: int) -> bytes:
    def text(value: bytes) -> bytes:
        return struct.pack(">h", len(value)) + value

    brokers = struct.pack(">ii", 1, 1) + text(b"127.0.0.1") + struct.pack(">i", 9092) + struct.pack(">h", -1)
    partition = struct.pack(">hii", 0, 0, leader) + struct.pack(">ii", 1, 1) + struct.pack(">ii", 1, 1)
    topic = struct.pack(">h", 0) + text(b"oss.public.t") + b"\x00" + struct.pack(">i", 1) + partition
    return struct.pack(">i", 0) + brokers + struct.pack(">i", controller) + struct.pack(">i", 1) + topic


@pytest.mark.parametrize(("controller", "leader", "led"), [(1, 1, True), (-1, 1, False), (1, -1, False)])
def test_a_broker_is_ready_with_a_controller_and_all_leaders(controller: int, leader: int, led: bool) -> None:
    assert kafka_probe._is_led(_metadata(controller, leader)) is led


def test_a_port_where_nobody_listens_is_no_broker() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        assert not kafka_probe.cluster_is_led(unused.getsockname()[1])


def test_roles_in_sql_are_the_roles_with_passwords() -> None:
    for side, roles in (("legacy", LEGACY_ROLES), ("target", TARGET_ROLES)):
        text = Path(f"schemas/roles/{side}.sql").read_text()
        made = text.partition("ARRAY[")[2].partition("]")[0]
        assert sorted(name.strip().strip("'") for name in made.split(",")) == sorted(roles)


def test_a_child_of_another_command_survives_it(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from streams.adapters.processes.child_process import *\n"
        f"ChildProcess('sleeper', Path({str(tmp_path)!r})).launch("
        f"Launch({SLEEPER!r}, Path({str(tmp_path)!r}), Path({str(tmp_path / 'console')!r})), 'print')"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
    child = ChildProcess("sleeper", tmp_path)
    assert child.condition() is Condition.RUNNING
    child.end(AT_ONCE)
    assert child.condition() is Condition.STOPPED
