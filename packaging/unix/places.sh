#!/bin/sh
# shellcheck disable=SC2034 # used by those who read this
# Where a user's plug-ins belong. Read by install.sh and uninstall.sh.
system=$(uname -s)
: "${HOME:?is not set: this is where plug-ins go}"
case $system in
Darwin)
    clap=$HOME/Library/Audio/Plug-Ins/CLAP
    vst3=$HOME/Library/Audio/Plug-Ins/VST3
    programs=$HOME/Applications
    commands=$HOME/.local/bin
    ;;
*)
    clap=$HOME/.clap
    vst3=$HOME/.vst3
    programs=$HOME/.local/bin
    commands=$HOME/.local/bin
    ;;
esac
share=${XDG_DATA_HOME:-$HOME/.local/share}
