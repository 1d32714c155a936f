"""What stands for the target table of a projection that has none."""

from streams.projection.catalog import Catalog, ColumnType, Table
from streams.projection.declaration import Projection


def table_of(projection: Projection, target: Catalog) -> Table | None:
    """The target table of that name (None: there is none), or the declared columns of a virtual projection."""
    if not projection.virtual:
        return target.tables.get(projection.target)
    columns = {column.name: ColumnType(column.kind, nullable=not column.required) for column in projection.columns}
    columns[projection.key_column] = ColumnType("text", nullable=False)
    return Table(projection.target, columns, (projection.key_column,))
