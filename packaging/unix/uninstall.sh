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
drop "$commands/unbraid"
drop "$programs/unbraid-standalone"
for page in "$here"/man/*.1; do drop "$share/man/man1/$(basename "$page")"; done
drop "$share/bash-completion/completions/unbraid"
drop "$share/zsh/site-functions/_unbraid"
drop "$share/fish/vendor_completions.d/unbraid.fish"
