#!/bin/sh
# Start a command in the container. Numba reads machine code only from a folder that it could write to, and here that is
# /tmp alone: give it a copy of what the image has compiled, so that no start waits half a minute for it.
set -eu
mkdir -p "$XDG_CACHE_HOME"
cp -R "${COMPILED:-/opt/footfall/compiled}/." "$XDG_CACHE_HOME"
exec "$@"
