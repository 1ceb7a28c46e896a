#!/bin/sh
# Installs Unbraid for the user who runs this: no root, nothing outside the home folder. Run it again to update.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=packaging/unix/places.sh
. "$here/places.sh"

cd "$here"
if command -v sha256sum >/dev/null 2>&1; then check="sha256sum"; else check="shasum -a 256"; fi
if ! $check -c SHA256SUMS >/dev/null 2>&1; then
    echo "error: the files here are not the ones that were packed: download the archive again" >&2
    exit 1
fi

# Copied beside the place and moved there, so that a host that has the old file open keeps the old file.
put() {
    mkdir -p "$2"
    rm -rf "$2/.$1.new"
    cp -R "$here/$1" "$2/.$1.new"
    rm -rf "${2:?}/$1"
    mv "$2/.$1.new" "$2/$1"
    echo "installed $2/$1"
}

put unbraid.clap "$clap"
put unbraid.vst3 "$vst3"
put unbraid "$commands"
if [ -e unbraid-standalone ]; then put unbraid-standalone "$programs"; fi

# What goes with the command: pages for man, completions for shells.
add() {
    mkdir -p "$(dirname "$2")"
    cp "$here/$1" "$2"
}
for page in man/*.1; do add "$page" "$share/man/man1/${page#man/}"; done
add completions/unbraid.bash "$share/bash-completion/completions/unbraid"
add completions/_unbraid "$share/zsh/site-functions/_unbraid"
add completions/unbraid.fish "$share/fish/vendor_completions.d/unbraid.fish"
case ":${PATH:-}:" in
*":$commands:"*) ;;
*) echo "note: $commands is not in your PATH: add it, or call $commands/unbraid" ;;
esac
if [ "$system" = Darwin ]; then
    # Files from a browser carry a mark that keeps hosts from loading them.
    xattr -dr com.apple.quarantine "$clap/unbraid.clap" "$vst3/unbraid.vst3" "$commands/unbraid" 2>/dev/null || true
fi
echo "Let your DAW scan for plug-ins now. To remove: ./uninstall.sh"
