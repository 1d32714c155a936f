"""What the two databases' tables look like, as values: the mapping is validated against these."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ColumnType:
    """A column's type as far as a value can violate it.

    ``sql``: the type as PostgreSQL writes it (``character varying(25)``). ``length``: characters, for
    character types. ``precision``/``scale``: digits, for ``numeric``.
    """

    sql: str
    nullable: bool = True
    length: int | None = None
    precision: int | None = None
    scale: int | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table's columns in order and its primary key (empty where the table has none)."""

    name: str
    columns: Mapping[str, ColumnType]
    key: tuple[str, ...] = ()

    @property
    def named_by(self) -> str:
        """The column whose text names a row to people: its key; without one the business number, which many share."""
        return self.key[0] if self.key else "nib"


@dataclass(frozen=True, slots=True)
class Catalog:
    """One side's tables by name."""

    tables: Mapping[str, Table]
