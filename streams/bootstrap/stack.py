"""Settings -> the local stack."""

import os
from functools import partial

from streams.adapters.files.identity_keys import HMAC_KEY_FILE, SIV_KEY_FILE, ensure_identity_keys
from streams.adapters.processes.connect_worker import ConnectPlan, ConnectWorker
from streams.adapters.processes.java_parts import JavaParts
from streams.adapters.processes.kafka_broker import BrokerPlan, KafkaBroker
from streams.adapters.processes.postgres_cluster import ClusterPlan, PostgresCluster
from streams.adapters.processes.postgres_roles import (
    LEGACY_ROLES,
    LEGACY_SUPERUSER_SECRET,
    TARGET_ROLES,
    TARGET_SUPERUSER_SECRET,
    RolePlan,
)
from streams.adapters.processes.secret_files import SecretFiles
from streams.adapters.processes.stack_folders import StackFolders
from streams.adapters.processes.stack_ground import StackGround
from streams.services.stack import StackService
from streams.settings import Settings

LEGACY, TARGET = "legacy", "target"  # names of the two clusters


def stack_service(settings: Settings) -> StackService:
    """The stack of these settings' home: both databases and the broker first, then Connect."""
    stack = settings.stack
    folders = StackFolders(settings.home.resolve(), stack.server_user if os.geteuid() == 0 else None)
    parts = java_parts(settings)
    secrets = SecretFiles(settings.secrets.resolve())
    legacy = PostgresCluster(_legacy(settings), folders, secrets)
    target = PostgresCluster(_target(settings), folders, secrets)
    broker_plan = BrokerPlan(
        stack.kafka_port, stack.controller_port, stack.kafka_heap_mb, settings.kafka.retention_hours
    )
    broker = KafkaBroker(broker_plan, folders, parts)
    local = f"127.0.0.1:{stack.kafka_port}"
    connect_plan = ConnectPlan(stack.connect_port, stack.connect_heap_mb, local, secrets.folder)
    connect = ConnectWorker(connect_plan, folders, parts)
    roles = (*LEGACY_ROLES, *TARGET_ROLES, LEGACY_SUPERUSER_SECRET, TARGET_SUPERUSER_SECRET)
    state = (folders.cluster(LEGACY), folders.cluster(TARGET), folders.kafka)
    ground = StackGround(
        folders,
        parts,
        secrets,
        (*roles, HMAC_KEY_FILE, SIV_KEY_FILE),
        state,
        partial(ensure_identity_keys, secrets.folder),
    )
    return StackService(ground, ((legacy, target, broker), (connect,)), stack.start_deadline_s)


def java_parts(settings: Settings) -> JavaParts:
    """Kafka, Connect and Debezium; installed once for all homes."""
    connectors = settings.connectors_dir.resolve()
    return JavaParts(
        connectors / "pom.xml", settings.java_dir.resolve(), settings.home.resolve() / "logs" / "maven.log"
    )


def _legacy(settings: Settings) -> ClusterPlan:
    grants = settings.schemas_dir.resolve() / "roles" / "legacy.sql"
    roles = RolePlan(settings.legacy.database, grants, LEGACY_ROLES, LEGACY_SUPERUSER_SECRET)
    return ClusterPlan(LEGACY, settings.stack.legacy_port, "stack.legacy_port", roles)


def _target(settings: Settings) -> ClusterPlan:
    grants = settings.schemas_dir.resolve() / "roles" / "target.sql"
    roles = RolePlan(settings.target.database, grants, TARGET_ROLES, TARGET_SUPERUSER_SECRET)
    return ClusterPlan(TARGET, settings.stack.target_port, "stack.target_port", roles)
