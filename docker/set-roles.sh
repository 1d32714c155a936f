#!/bin/sh
# Runs once, inside a database container, while its data folder is made: the roles and grants of this side, then each
# role's password from its secret.
set -eu

sql() { psql -q -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" "$@"; }

sql -f "/roles/$SELARAS_SIDE.sql"
for role in $SELARAS_ROLES; do
  sql -v role="$role" -v password="$(cat "/run/secrets/$role")" <<'SQL'
SET log_min_error_statement = panic;
ALTER ROLE :"role" PASSWORD :'password';
SQL
done
