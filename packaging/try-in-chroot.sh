#!/bin/bash
# Tries what `cargo xtask package` made as a new user would: in a fresh minimal Debian, where nothing of this machine's is.
#
#   packaging/try-in-chroot.sh [--clone | --clone-only] [PACKAGES]
#
# PACKAGES is the folder with the archive [default: target/package]. --clone also clones the repository there, runs the
# two commands of the README, which takes a cold build, and builds the plug-in from scratch once more to see whether it
# becomes the same file; --clone-only does that alone and needs no packages. Needs root, debootstrap, a Debian mirror (MIRROR,
# or Debian's own), and for the VST3 host in it Python 3.11 or newer and pip; for a clone a Rust toolchain, which is lent to
# the chroot.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
clone=
only=
case "${1:-}" in
    --clone) clone=yes; shift ;;
    --clone-only) clone=yes; only=yes; shift ;;
esac
if [ -z "$only" ]; then
    packages=$(realpath "${1:-$root/target/package}")
    archive=$(find "$packages" -maxdepth 1 -name 'unbraid-*-linux-*.tar.gz' | sort | tail -n 1)
    wheel=$(find "$packages" -maxdepth 1 -name 'unbraid-*.whl' | sort | tail -n 1)
    deb=$(find "$packages" -maxdepth 1 -name 'unbraid_*.deb' | sort | tail -n 1)
    [ -n "$archive" ] || { echo "error: no archive in $packages: run cargo xtask package first" >&2; exit 1; }
    [ -x "$root/target/release/xtask" ] || { echo "error: run cargo xtask package first: its program is the CLAP host" >&2; exit 1; }
fi

work=$(mktemp -d)
new=$work/debian
mounted=()
clean() {
    for place in "${mounted[@]}"; do umount "$place"; done
    rm -rf --one-file-system "$work"
}
trap clean EXIT
lend() { # what, where in the chroot
    mkdir -p "$new$2"
    mount --bind "$1" "$new$2"
    mounted=("$new$2" "${mounted[@]}")
}
say() { printf '\n=== %s\n' "$1"; }
in_chroot() { # user, command
    # shellcheck disable=SC2086 # what is not set is left out
    chroot "$new" /usr/bin/env -i HOME="$(home "$1")" LANG=C.UTF-8 USER="$1" \
        ${PIP_CERT:+PIP_CERT=$PIP_CERT} ${SSL_CERT_FILE:+SSL_CERT_FILE=$SSL_CERT_FILE} \
        PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin setpriv --reuid "$1" --regid "$1" --init-groups bash -euc "$2"
}
home() { if [ "$1" = root ]; then echo /root; else echo "/home/$1"; fi }

say "a minimal Debian 12"
wanted=python3-venv,pipx,libatomic1
if [ -n "$clone" ]; then wanted=$wanted,ca-certificates,gcc,libc6-dev,git; fi
debootstrap --variant=minbase --include="$wanted" bookworm "$new" "${MIRROR:-http://deb.debian.org/debian}" >"$work/debootstrap.log" ||
    { tail -n 5 "$work/debootstrap.log" >&2; exit 1; }
mount -t proc proc "$new/proc" && mounted=("$new/proc" "${mounted[@]}")
lend /dev /dev
cp -L /etc/resolv.conf "$new/etc/resolv.conf"
try_packages() {
    chroot "$new" useradd --create-home --shell /bin/bash ann
    python3 -m pip download --quiet --disable-pip-version-check --dest "$new/home/ann/wheels" --only-binary=:all: --python-version 3.11 \
        "$(grep -i '^pedalboard' "$root/tests/python/requirements.txt")"
    cp "$archive" "$root/tests/clips/francium.flac" "$new/home/ann/"
    install -m 755 "$root/target/release/xtask" "$new/usr/local/bin/unbraid-xtask"
    # As people have their songs.
    ffmpeg -v error -i "$root/tests/clips/francium.flac" -map 0:a -c:a aac -b:a 192k "$new/home/ann/song.m4a"
    chroot "$new" chown -R ann:ann /home/ann
    in_chroot ann 'python3 -m venv ~/venv; ~/venv/bin/pip install --quiet --no-index --find-links ~/wheels pedalboard'

    # The plug-in in a VST3 host that looks through the standard folders itself, and what it does to noise at 0 dB.
    cat >"$new/usr/local/bin/vst3-host" <<'PYTHON'
import sys
import numpy as np
from pedalboard import VST3Plugin, load_plugin
found = [path for path in VST3Plugin.installed_plugins if "unbraid" in path.lower()]
print("pedalboard finds:", found)
if sys.argv[1] == "nothing":
    sys.exit(len(found))
assert found == [sys.argv[1]], found
noise = np.random.default_rng(1).uniform(-0.5, 0.5, (2, 88200)).astype(np.float32)
out = load_plugin(found[0])(noise, 44100.0)
error = 20 * np.log10(np.abs(out - noise).max() + 1e-12)
print(f"at 0 dB the output is the input, but for {error:.0f} dB")
assert error < -110, error
PYTHON

    say "the archive, as an ordinary user"
    in_chroot ann 'cd ~; tar -xzf unbraid-*.tar.gz; cd unbraid-*/; ./install.sh; cat BUILD'
    in_chroot ann '~/venv/bin/python /usr/local/bin/vst3-host ~/.vst3/unbraid.vst3'
    in_chroot ann 'cd ~; unbraid-xtask render francium.flac --bundle ~/.clap/unbraid.clap --out stems >/dev/null; ls stems
    for mode in studio live; do unbraid-xtask render francium.flac --bundle ~/.clap/unbraid.clap --mode $mode --again --out stems | grep -i latency; done'
    in_chroot ann '~/.local/bin/unbraid info; cd ~; ~/.local/bin/unbraid separate francium.flac --format mp3 --out command --quiet; ls command/francium'
    in_chroot ann 'cd ~/unbraid-*/; ./uninstall.sh; ~/venv/bin/python /usr/local/bin/vst3-host nothing
    left=$(find ~/.clap ~/.vst3 ~/.local -name "*unbraid*" 2>/dev/null || true); [ -z "$left" ] || { echo "left behind: $left"; exit 1; }'

    if [ -n "$wheel" ]; then
        say "the Python wheel"
        cp "$wheel" "$new/home/ann/"
        in_chroot ann 'cd ~; PIP_NO_INDEX=1 pipx install --system-site-packages ./unbraid-*.whl; ~/.local/bin/unbraid separate song.m4a --stems vocals --out wheel-stems --quiet; ls wheel-stems/song; pipx uninstall unbraid'
    fi

    if [ -n "$deb" ]; then
        say "the Debian package"
        cp "$deb" "$new/root/unbraid.deb"
        in_chroot root 'export DEBIAN_FRONTEND=noninteractive; apt-get update -qq; apt-get install -y -qq --no-install-recommends /root/unbraid.deb >/dev/null; dpkg -L unbraid | grep -v /guide/'
        in_chroot ann '~/venv/bin/python /usr/local/bin/vst3-host /usr/lib/vst3/unbraid.vst3; ldd /usr/bin/unbraid-standalone | { ! grep "not found"; }; unbraid-standalone --help | head -n 3'
        in_chroot ann 'cd ~; unbraid separate song.m4a --two-stems --format flac24 --out deb --quiet; ls deb/song; man --where unbraid 2>/dev/null || ls /usr/share/man/man1/unbraid*'
        in_chroot root 'apt-get remove -y -qq unbraid >/dev/null'
        in_chroot ann '~/venv/bin/python /usr/local/bin/vst3-host nothing'
    fi
}

try_clone() {
    say "the two commands of the README, on a clean clone"
    lend "$(rustc --print sysroot)" /opt/rust
    lend /etc/ssl/certs /etc/ssl/certs
    git clone --quiet --no-hardlinks "$root" "$new/root/unbraid"
    time in_chroot root 'export PATH=/opt/rust/bin:$PATH; cd ~/unbraid; cargo xtask render'
    time in_chroot root 'export PATH=/opt/rust/bin:$PATH; cd ~/unbraid; cargo xtask setup; cargo xtask test'

    say "the plug-in, built from scratch once more"
    time in_chroot root 'export PATH=/opt/rust/bin:$PATH; cd ~/unbraid
first=$(sha256sum <target/bundled/unbraid.clap); cargo clean --quiet; cargo xtask bundle unbraid --release
second=$(sha256sum <target/bundled/unbraid.clap); echo "$first$second"; [ "$first" = "$second" ]'
}

if [ -z "$only" ]; then try_packages; fi
if [ -n "$clone" ]; then try_clone; fi
say "all of it worked"
