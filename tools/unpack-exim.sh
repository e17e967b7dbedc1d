#!/bin/sh
# Debian's Exim for the peer tests. It cannot be installed beside Postfix (both are the mail server of the machine), so it is
# unpacked into a folder of its own, and nothing of it is started.
# usage: tools/unpack-exim.sh [FOLDER]      as root; the program is linked from /usr/local/sbin
set -eu

folder=${1:-/usr/local/lib/exim4-unpacked}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 777 "$work" # apt downloads as a user of its own
(cd "$work" && apt-get download -qq exim4-daemon-light exim4-config)
libraries=$(dpkg-deb -f "$work"/exim4-daemon-light_*.deb Depends | tr ',' '\n' | sed -n 's/^ *\(lib[^ |]*\).*/\1/p')
# shellcheck disable=SC2086 # a list of names
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $libraries
mkdir -p "$folder"
for package in "$work"/*.deb; do dpkg-deb -x "$package" "$folder"; done
ln -sf "$folder/usr/sbin/exim4" /usr/local/sbin/exim4
