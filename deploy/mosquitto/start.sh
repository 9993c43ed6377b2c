#!/bin/sh
# Start the broker. It wants its passwords hashed, and its files readable by nobody else; those mounted here are the
# host's. The passwords come from the environment, where no process list shows them.
set -eu
umask 077
own=${OWN:-/tmp}
cat >"$own/passwords" <<END
box:${GATEWAY_PASSWORD:?}
demo:${DEMO_PASSWORD:?}
processor:${PROCESSOR_PASSWORD:?}
reader:${READER_PASSWORD:?}
END
# Gateways on other computers, NAME:PASSWORD each: scripts/add-gateway
for gateway in ${MORE_GATEWAYS:-}; do
    case ${gateway%%:*} in
    box | demo | processor | reader | *[!A-Za-z0-9._-]* | '')
        echo "no gateway can be called '${gateway%%:*}'; it is left out" >&2
        ;;
    *) echo "$gateway" >>"$own/passwords" ;;
    esac
done
mosquitto_passwd -U "$own/passwords"
cat "${0%/*}/acl" >"$own/acl"
# With certificates beside this script, also by TLS: mqtts://
mkdir -p "$own/tls"
rm -f "$own/tls/"*.conf
certs=${CERTS:-${0%/*}/certs}
if [ -e "$certs/server.crt" ]; then
    cat >"$own/tls/tls.conf" <<END
listener ${TLS_PORT:-8883} ${TLS_ADDRESS:-}
certfile $certs/server.crt
keyfile $certs/server.key
tls_version tlsv1.2
max_connections 500
END
fi
unset GATEWAY_PASSWORD DEMO_PASSWORD PROCESSOR_PASSWORD READER_PASSWORD MORE_GATEWAYS
exec mosquitto -c "${1:-/mosquitto/config/mosquitto.conf}"
