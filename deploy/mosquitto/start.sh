#!/bin/sh
# Hash the users' passwords from the environment, where no process list shows them, and start the broker.
set -eu
umask 077
passwords=${PASSWORDS:-/tmp/passwords}
cat >"$passwords" <<END
gateway:${GATEWAY_PASSWORD:?}
processor:${PROCESSOR_PASSWORD:?}
reader:${READER_PASSWORD:?}
END
mosquitto_passwd -U "$passwords"
unset GATEWAY_PASSWORD PROCESSOR_PASSWORD READER_PASSWORD
exec mosquitto -c "${1:-/mosquitto/config/mosquitto.conf}"
