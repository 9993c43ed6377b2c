#!/bin/sh
# Serve the demo's page to the computer that this container is on. Its user is Demo, the password FOOTFALL_PAGE_PASSWORD.
set -eu
given() { printf '%s\n' "${FOOTFALL_PAGE_PASSWORD:?run scripts/make-env first}"; }
given | footfall login password Demo --stdin 2>/dev/null || given | footfall login add Demo --role runner --stdin
unset FOOTFALL_PAGE_PASSWORD
# plain HTTP: the container's port is published on the computer's own loopback alone
exec footfall demo "${1:-/opt/footfall/recordings/rearfoot-runner.mcap}" --no-browser --runner Demo \
    --host 0.0.0.0 --name localhost --plain-http
