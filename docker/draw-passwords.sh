#!/bin/sh
# Draws the passwords that docker-compose.yml hands to its containers, one file a role, and the keys for identity
# numbers; each once.
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
# Keys for identity numbers, in hexadecimal; the containers do not read them.
umask 077
[ -s "$folder/identity_hmac_key" ] || head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n' >"$folder/identity_hmac_key"
[ -s "$folder/identity_siv_key" ] || head -c 64 /dev/urandom | od -An -v -tx1 | tr -d ' \n' >"$folder/identity_siv_key"
echo "passwords are in $folder; for the command: export SELARAS_SECRETS_DIR=$folder"
