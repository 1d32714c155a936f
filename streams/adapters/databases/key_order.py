"""Whether the target orders texts by their bytes: keys are paged in that order, and compared with Python's own."""

from sqlalchemy import Connection, text

from streams.errors import ErrorKind, SelarasError

LOCALE = text("""
select datlocprovider::text, coalesce(datlocale, datcollate) from pg_database where datname = current_database()
""")
BUILTIN = "b"  # all of its locales compare code points, which in UTF-8 is the order of bytes
BY_BYTES = frozenset({"C", "POSIX", "C.UTF-8", "C.utf8"})


def check_key_order(connection: Connection) -> None:
    """SelarasError (configuration) unless the database's own locale orders texts by their bytes.

    Else a page of keys would begin elsewhere than the one before it ended, and keys be left out in silence.
    """
    provider, locale = connection.execute(LOCALE).one()
    if provider != BUILTIN and (provider != "c" or locale not in BY_BYTES):
        raise SelarasError(
            ErrorKind.CONFIGURATION,
            f"The target database orders texts by the locale {locale}, not by their bytes: keys could be left out.",
            "make the database with the locale C (create database ... template template0 locale 'C'), and move the "
            "data into it",
        )
