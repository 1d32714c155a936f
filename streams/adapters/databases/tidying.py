"""Takes away what no comparison needs any more."""

from sqlalchemy import Connection

from streams.adapters.databases.sql_names import quoted

DROP_TRUNCATIONS = "delete from selaras.truncation where commit < %s"
DROP_TOUCHED = "delete from selaras.touched where at < now() - make_interval(hours => %s)"


class PostgresTidying:
    """Implements the port ``Tidying``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def drop_outranked(self, table: str, key: str, floor: int) -> int:
        """See the port."""
        name, column = quoted(table), quoted(key)
        statement = (
            f"delete from mirror.{name} as gone where gone._deleted and gone._commit < %s and exists "
            f"(select 1 from mirror.{name} as live where live.{column} = gone.{column} and not live._deleted)"
        )
        return self._connection.exec_driver_sql(statement, (floor,)).rowcount

    def drop_truncations(self, floor: int) -> int:
        """See the port."""
        return self._connection.exec_driver_sql(DROP_TRUNCATIONS, (floor,)).rowcount

    def drop_touched(self, hours: int) -> int:
        """See the port."""
        return self._connection.exec_driver_sql(DROP_TOUCHED, (hours,)).rowcount
