"""Alembic's entry: runs on the connection that it is handed."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, version_table_schema="selaras", version_table="schema_version")
with context.begin_transaction():
    context.run_migrations()
