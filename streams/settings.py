"""Settings: small frozen groups, read once at the edge and passed down as values.

Order: the defaults below, then ``selaras.toml`` in the working directory (or the file named by ``SELARAS_CONFIG``),
then the environment (``SELARAS_<GROUP>_<FIELD>``, and ``SELARAS_HOME``). Passwords never stand here: each role's
password is a file in ``secrets_dir`` named after the role.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any

import msgspec

from streams.errors import ErrorKind, SelarasError

Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]
Count = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[float, msgspec.Meta(gt=0)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
SEE = "docs/settings.md lists every setting with its unit and range"


@dataclass(frozen=True, slots=True)
class StackSettings:
    """The local stack: ports on 127.0.0.1 and sizes of its members."""

    legacy_port: Port = 25432  # TCP port of the legacy PostgreSQL
    target_port: Port = 25433  # TCP port of the target PostgreSQL
    kafka_port: Port = 29192  # TCP port of the broker
    controller_port: Port = 29193  # TCP port of the broker's KRaft controller
    connect_port: Port = 28083  # TCP port of Kafka Connect's REST interface
    kafka_heap_mb: Count = 384  # Java heap of the broker, MiB
    connect_heap_mb: Count = 512  # Java heap of Kafka Connect, MiB
    start_deadline_s: Seconds = 120.0  # seconds a member may take until it answers
    server_user: str = "nobody"  # system user that runs PostgreSQL when the command runs as root


@dataclass(frozen=True, slots=True)
class LegacySettings:
    """The legacy database, the source."""

    host: str = "127.0.0.1"  # name or address of the server
    port: Port = 0  # TCP port; 0 means the local stack's
    database: str = "oss_v1"  # name of the database
    schema: str = "public"  # schema of the twelve legacy tables


@dataclass(frozen=True, slots=True)
class TargetSettings:
    """The new database, the target; the schemas ``mirror`` and ``selaras`` live in it beside ``rba``."""

    host: str = "127.0.0.1"  # name or address of the server
    port: Port = 0  # TCP port; 0 means the local stack's
    database: str = "oss_rba"  # name of the database


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """The broker and our topics."""

    bootstrap: str = ""  # host:port[,host:port]; empty means the local stack's broker
    topic_prefix: str = "oss"  # Debezium's topic.prefix: topics are <prefix>.<schema>.<table>
    partitions: Count = 4  # partitions of every data topic; fixed for the life of a capture
    replication: Count = 1  # replicas of every topic
    retention_hours: Count = 168  # how long an outage of the worker may last before changes are lost, hours


@dataclass(frozen=True, slots=True)
class ConnectSettings:
    """Kafka Connect and the connector."""

    url: str = ""  # REST interface; empty means the local stack's
    connector: str = "selaras-legacy"  # name of the connector
    slot: str = "selaras_legacy"  # replication slot on the legacy side
    publication: str = "selaras_legacy"  # publication on the legacy side
    timeout_s: Seconds = 10.0  # seconds one REST call may take
    legacy_host: str = ""  # the legacy server's name as Connect sees it; empty means legacy.host
    legacy_port: Port = 0  # its port as Connect sees it; 0 means the one that we use
    secrets_dir: str = ""  # the folder with the passwords as Connect sees it; empty means ours


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """The worker that applies changes."""

    group: str = "selaras"  # consumer group
    max_batch_rows: Count = 2000  # changes in one target transaction, at most
    fetch_bytes: Count = 1_048_576  # bytes of one fetch and partition
    session_timeout_s: Seconds = 10.0  # seconds after which a silent worker loses its partitions
    tidy_every_s: Seconds = 600.0  # seconds between two rounds of housekeeping
    retry_delay_max_s: Seconds = 3.0  # seconds between two tries while a part is away, at most
    schema_every_s: Seconds = 30.0  # seconds between two looks at the legacy catalogue


@dataclass(frozen=True, slots=True)
class QuarantineSettings:
    """How many of a table's keys may be quarantined; accepted ones do not count."""

    share_warn: Share = 0.05  # share of a table's keys, 0 to 1, above which the worker warns; 0 means never
    share_stop: Share = 0.0  # share of a table's keys, 0 to 1, above which the worker stops; 0 means never
    least_keys: Count = 100  # keys that a table must have before its share is judged
    check_every_s: Seconds = 60.0  # seconds between two looks of a worker at the shares


@dataclass(frozen=True, slots=True)
class IdentitySettings:
    """Where the keys for identity numbers lie: files of hexadecimal digits."""

    hmac_key_file: str = ""  # 32 bytes, for the hash that finds a person; empty means identity_hmac_key in our secrets
    siv_key_file: str = ""  # 64 bytes, for the encryption; empty means identity_siv_key in our secrets


@dataclass(frozen=True, slots=True)
class ExplainSettings:
    """What explanations of keys may show, and how far back they go."""

    reveal_allowed: bool = False  # true or false: whether --reveal may show personal data instead of masks
    history_days: Count = 365  # days for which keys' outcomes of the past are kept
    history_entries: Count = 100  # outcomes of the past kept of one key, at most: the newest


@dataclass(frozen=True, slots=True)
class DriftSettings:
    """The monitor of drift."""

    touched_keys: Count = 2000  # touched keys that are judged at once, about
    scan_keys: Count = 500  # keys of one part of a scan of the target
    chunk_ms: Count = 100  # milliseconds that one chunk of a scan may take on the legacy side, about
    barrier_s: Seconds = 3.0  # seconds that a barrier may take until keys stay without a verdict
    statement_s: Seconds = 10.0  # seconds after which the legacy database ends a statement of the monitor
    scan_share: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.2  # share of the monitor's time that each scan may take
    unknown_every_s: Seconds = 2.0  # seconds between two looks at keys without a verdict
    foreign_every_s: Seconds = 0.5  # seconds between two looks for writes by others
    totals_every_s: Seconds = 300.0  # seconds between two rounds of control totals
    totals_limit_s: Seconds = 60.0  # seconds one statement of a control total may take
    totals_days: Count = 30  # how long results of control totals are kept, days; the newest always is
    repair_keys_s: Count = 200  # keys a second that a repair mends, about
    repair_most_new: Annotated[int, msgspec.Meta(ge=0)] = 10  # new differences of other keys after which it stops
    repair_wait_s: Annotated[float, msgspec.Meta(ge=0)] = 5.0  # seconds it waits for the monitor to look again


@dataclass(frozen=True, slots=True)
class Settings:
    """All groups and the folders."""

    home: Path = Path(".selaras")  # state, logs and data of the local stack
    secrets_dir: Path | None = None  # one file a role with its password; None means <home>/secrets
    schemas_dir: Path = Path("schemas")  # DDL, mapping, reference data
    connectors_dir: Path = Path("connectors")  # connector configurations and the Java parts' versions
    java_dir: Path = Path(".cache/java")  # where the Java parts are installed, shared by all homes
    stack: StackSettings = field(default_factory=StackSettings)
    legacy: LegacySettings = field(default_factory=LegacySettings)
    target: TargetSettings = field(default_factory=TargetSettings)
    kafka: KafkaSettings = field(default_factory=KafkaSettings)
    connect: ConnectSettings = field(default_factory=ConnectSettings)
    worker: WorkerSettings = field(default_factory=WorkerSettings)
    quarantine: QuarantineSettings = field(default_factory=QuarantineSettings)
    identity: IdentitySettings = field(default_factory=IdentitySettings)
    explain: ExplainSettings = field(default_factory=ExplainSettings)
    drift: DriftSettings = field(default_factory=DriftSettings)

    @property
    def secrets(self) -> Path:
        """The folder that holds the passwords."""
        return self.secrets_dir or self.home / "secrets"

    @property
    def identity_keys(self) -> tuple[Path, Path]:
        """The files with the keys for identity numbers: of the hash, of the encryption."""
        named = self.identity
        return (
            Path(named.hmac_key_file) if named.hmac_key_file else self.secrets / "identity_hmac_key",
            Path(named.siv_key_file) if named.siv_key_file else self.secrets / "identity_siv_key",
        )

    @property
    def legacy_port(self) -> int:
        """The legacy server's port, the local stack's unless set."""
        return self.legacy.port or self.stack.legacy_port

    @property
    def target_port(self) -> int:
        """The target server's port, the local stack's unless set."""
        return self.target.port or self.stack.target_port

    @property
    def bootstrap(self) -> str:
        """The broker's address, the local stack's unless set."""
        return self.kafka.bootstrap or f"127.0.0.1:{self.stack.kafka_port}"

    @property
    def connect_url(self) -> str:
        """Connect's REST address, the local stack's unless set."""
        return self.connect.url or f"http://127.0.0.1:{self.stack.connect_port}"


def load_settings(environment: Mapping[str, str] | None = None, home: Path | None = None) -> Settings:
    """Read the file and the environment; SelarasError (configuration) names every setting that does not exist.

    ``home`` wins over both.
    """
    environment = os.environ if environment is None else environment
    values = _from_file(environment)
    _refuse(_unknown(values))
    for name, group in _GROUPS.items():
        for setting in fields(group):
            text = environment.get(f"SELARAS_{name}_{setting.name}".upper())
            if text is not None:
                values.setdefault(name, {})[setting.name] = text
    for name in _FOLDERS:
        text = environment.get(f"SELARAS_{name}".upper())
        if text is not None:
            values[name] = text
    _refuse(_unknown_variables(environment))
    if home is not None:
        values["home"] = str(home)
    try:
        return msgspec.convert(values, Settings, strict=False, dec_hook=_decode)
    except msgspec.ValidationError as error:
        raise SelarasError(ErrorKind.CONFIGURATION, f"Settings: {error}.", SEE) from error


_DEFAULTS = Settings()
_GROUPS: Mapping[str, type] = {
    f.name: type(group) for f in fields(Settings) if is_dataclass(group := getattr(_DEFAULTS, f.name))
}
_FOLDERS = tuple(f.name for f in fields(Settings) if f.name not in _GROUPS)


def _from_file(environment: Mapping[str, str]) -> dict[str, Any]:
    path = Path(environment.get("SELARAS_CONFIG", "selaras.toml"))
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if "SELARAS_CONFIG" in environment:
            raise SelarasError(ErrorKind.CONFIGURATION, f"The settings file {path} does not exist.", SEE) from None
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SelarasError(ErrorKind.CONFIGURATION, f"The settings file {path} is no TOML: {error}.", SEE) from None


def _unknown(values: Mapping[str, Any]) -> list[str]:
    unknown = [name for name in values if name not in _GROUPS and name not in _FOLDERS]
    for name, group in _GROUPS.items():
        known = {setting.name for setting in fields(group)}
        content = values.get(name, {})
        unknown += [f"{name}.{key}" for key in content if key not in known] if isinstance(content, dict) else [name]
    return unknown


def _unknown_variables(environment: Mapping[str, str]) -> list[str]:
    known = {f"SELARAS_{name}_{s.name}".upper() for name, group in _GROUPS.items() for s in fields(group)}
    prefixes = tuple(f"SELARAS_{name}_".upper() for name in _GROUPS)
    return sorted(name for name in environment if name.startswith(prefixes) and name not in known)


def _refuse(unknown: list[str]) -> None:
    if unknown:
        raise SelarasError(ErrorKind.CONFIGURATION, f"There is no setting {', '.join(unknown)}.", SEE)


def _decode(kind: type, value: object) -> object:
    if kind is Path:
        return Path(str(value))
    raise NotImplementedError(kind)
