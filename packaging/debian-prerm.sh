#!/bin/sh
# On removal the server ends; on an upgrade it goes on until it is restarted.
set -e

if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
  systemctl --quiet stop postern.service || true
  systemctl --quiet disable postern.service || true
fi
