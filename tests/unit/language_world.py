"""A small world that needs the whole mapping language: derived keys, groups, references by rule, conditional claims."""

from collections.abc import Mapping, Sequence
from typing import Any

from streams.adapters.memory.fail_points import SilentFailPoints
from streams.adapters.memory.replication import MemoryTarget
from streams.changes.chunk import Chunk
from streams.changes.envelope import Decoder
from streams.changes.legacy_table import LegacyTable
from streams.projection.catalog import Catalog, ColumnType, Table
from streams.projection.converters import Reference
from streams.projection.parse import parse_projection
from streams.services.plan import Plan, make_plan, returning_columns
from streams.services.replicate import Replicate
from tests.history import History

TEXT = ColumnType("character varying", True, 60)
MUST = ColumnType("character varying", False, 60)
FLAG = ColumnType("boolean", False)
LEGACY_COLUMNS = {
    "proyek": ("id", "kode", "nib", "kbli"),
    "produk": ("id", "kode", "potongan", "kbli"),
    "akun": ("id", "daftar", "surel", "utama"),
}
LEGACY = Catalog(
    {
        name: Table(name, {c: ColumnType("integer", False) if c == "id" else TEXT for c in columns}, ("id",))
        for name, columns in LEGACY_COLUMNS.items()
    }
)
TARGET = Catalog(
    {
        "t_proyek": Table("t_proyek", {"kode": MUST, "nib": MUST}, ("kode",)),
        "t_produk": Table("t_produk", {"kode": MUST, "proyek": MUST, "induk": TEXT}, ("kode",)),
        "t_akses": Table("t_akses", {"id": MUST, "nib": MUST, "surel": MUST, "utama": FLAG}, ("id",)),
    }
)
PROJECT: dict[str, Any] = {
    "target": "t_proyek",
    "key": {"column": "kode", "rule": "COPY"},
    "sources": {"proyek": {"table": "proyek", "key": "kode", "newest": ["id"]}},
    "columns": {"nib": {"rule": "NIB13", "from": "proyek.nib"}},
}
GROUP: dict[str, Any] = {
    "target": "awalan",
    "virtual": True,
    "key": {"column": "kunci", "rule": "COPY"},
    "sources": {
        "proyek": {
            "table": "proyek",
            "key": [{"rule": "AWALAN", "from": "kode", "with": {"length": 3}}, "kbli"],
            "newest": ["id"],
            "agree": ["kode"],
        }
    },
    "lookups": {"ada": {"projection": "t_proyek", "key": "proyek.kode"}},
    "columns": {
        "proyek": {"rule": "SATU", "from": ["proyek.kode", "proyek._differ.kode"]},
        "induk": {"lookup": "ada.nib"},
    },
    "findings": [{"name": "beberapa", "rule": "LEBIH_DARI", "from": "proyek._rows", "with": {"batas": 1}}],
}
PRODUCT: dict[str, Any] = {
    "target": "t_produk",
    "key": {"column": "kode", "rule": "COPY"},
    "sources": {"produk": {"table": "produk", "key": "kode", "newest": ["id"]}},
    "lookups": {
        "awalan": {"projection": "awalan", "key": {"rule": "GABUNG", "from": ["produk.potongan", "produk.kbli"]}}
    },
    "columns": {"proyek": {"lookup": "awalan.proyek"}, "induk": {"rule": "TXT", "from": "awalan.induk"}},
}
ACCESS: dict[str, Any] = {
    "target": "t_akses",
    "key": {"column": "id", "rule": "COPY"},
    "sources": {"akun": {"table": "akun", "key": [{"rule": "DAFTAR_NIB", "from": "daftar"}, "id"]}},
    "claims": [{"column": "surel", "when": {"utama": True}, "prefer": ["id"]}],
    "columns": {
        "nib": {"rule": "NIB13", "from": "key.1"},
        "surel": [{"rule": "TXT", "from": "akun.surel"}, {"value": "-"}],
        "utama": {"rule": "FLAG", "from": "akun.utama"},
    },
}
MAPPING = (PROJECT, GROUP, PRODUCT, ACCESS)
TABLES = tuple(LegacyTable(n, columns, ("id",), {"id": "integer"}) for n, columns in LEGACY_COLUMNS.items())
MESSAGE_KEYS = {"proyek": "kode", "produk": "kode", "akun": "id"}
A, B = "9999000000017", "9999000000025"


def plan_of(*contents: Mapping[str, Any], version: str = "m") -> Plan:
    """The plan of these mapping files."""
    return make_plan([parse_projection(c, "") for c in contents], TARGET, Reference(), (version, "r"))


class LanguageWorld:
    """A legacy database that logs, and the twin of the target with a mapping in force."""

    def __init__(self, *contents: Mapping[str, Any]) -> None:
        self.plan = plan_of(*(contents or MAPPING))
        self.target = self._target(self.plan)
        self.history = History({t.name: t for t in TABLES}, partitions=2, message_keys=MESSAGE_KEYS)
        with self.target.transaction() as work:
            work.guard.enter(exclusive=True)
            work.guard.put_in_force(self.plan.mapping, self.plan.reference, self.plan.ranks)
            work.guard.recomputed()

    def _target(self, plan: Plan) -> MemoryTarget:
        return MemoryTarget(plan.ordered, LEGACY, TARGET, returning_columns([p.declaration for p in plan.ordered]))

    def remap(self, *contents: Mapping[str, Any]) -> None:
        """The same data under another mapping, which is not in force yet."""
        self.plan = plan_of(*contents, version="another")
        state, self.target = self.target.state, self._target(self.plan)
        self.target.state = state

    def apply(self) -> None:
        """Commit, then apply whatever is new, chunk by chunk."""
        self.history.commits()
        self.replay(self.history.chunks())

    def replay(self, chunks: Sequence[Chunk]) -> None:
        """Apply these chunks from where each partition stands."""
        decoder = Decoder("oss", "public", TABLES, 1)
        service = Replicate(self.target, self.plan, decoder, TABLES, SilentFailPoints())
        stored = service.positions({(c.topic, c.partition): 0 for c in chunks})
        for chunk in chunks:
            start = stored[(chunk.topic, chunk.partition)]
            records = [record for record in chunk.records if record.offset >= start]
            if records:
                service.apply([Chunk(chunk.topic, chunk.partition, start, records)])

    def rows(self, table: str) -> dict[str, dict[str, object]]:
        """The target's rows without their keys' column."""
        return {key: dict(row) for key, row in self.target.state.rows.get(table, {}).items()}

    def outcomes(self, projection: str) -> dict[str, str]:
        """Keys that are worth storing, by outcome."""
        return {key: o.kind.value for (name, key), o in self.target.state.states.items() if name == projection}
