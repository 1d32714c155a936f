#!/bin/sh
# Draws the passwords that docker-compose.yml hands to its containers: one file a role, written once.
# Usage: docker/draw-passwords.sh [FOLDER]
set -eu

folder=${1:-${SELARAS_COMPOSE_SECRETS:-.selaras/compose-secrets}}
mkdir -p "$folder"
# The folder keeps others on this machine out; the files must be readable to the users that the containers run as.
chmod 700 "$folder"
umask 022
for role in postgres_legacy oss_owner oss_capture oss_app selaras_reverse \
            postgres_target rba_owner rba_capture rba_app selaras_applier selaras_reader; do
  [ -s "$folder/$role" ] || head -c 24 /dev/urandom | base64 | tr -d '\n' | tr '+/' '-_' >"$folder/$role"
done
echo "passwords are in $folder; for the command: export SELARAS_SECRETS_DIR=$folder"
