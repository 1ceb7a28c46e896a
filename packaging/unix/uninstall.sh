#!/bin/sh
# Removes what install.sh installed. Presets and settings stay.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=packaging/unix/places.sh
. "$here/places.sh"

drop() {
    if [ -e "$1" ]; then
        rm -rf "$1"
        echo "removed $1"
    fi
}

drop "$clap/unbraid.clap"
drop "$vst3/unbraid.vst3"
drop "$programs/unbraid-standalone"
