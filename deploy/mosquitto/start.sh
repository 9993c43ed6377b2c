#!/bin/sh
# Start the broker. It wants its passwords hashed, and its files readable by nobody else; those mounted here are the
# host's. The passwords come from the environment, where no process list shows them.
set -eu
umask 077
own=${OWN:-/tmp}
cat >"$own/passwords" <<END
gateway:${GATEWAY_PASSWORD:?}
processor:${PROCESSOR_PASSWORD:?}
reader:${READER_PASSWORD:?}
END
mosquitto_passwd -U "$own/passwords"
cat "${0%/*}/acl" >"$own/acl"
unset GATEWAY_PASSWORD PROCESSOR_PASSWORD READER_PASSWORD
exec mosquitto -c "${1:-/mosquitto/config/mosquitto.conf}"
