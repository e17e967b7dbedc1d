#!/bin/sh
# Makes the user and its folders. Nothing is started: there are no settings yet, and after an upgrade the operator
# says when (docs/install.md).
set -e

[ "$1" = configure ] || exit 0
if ! getent passwd postern > /dev/null; then
  useradd --system --user-group --home-dir /var/lib/postern --shell /usr/sbin/nologin postern
fi
if [ ! -d /var/lib/postern ]; then
  mkdir -m 0700 /var/lib/postern
  chown postern:postern /var/lib/postern
fi
[ -d /etc/postern ] || mkdir -m 0755 /etc/postern
if [ -d /run/systemd/system ]; then systemctl daemon-reload || true; fi
if [ ! -e /etc/postern/postern.toml ]; then
  echo "Postern is installed and does not run. Next: postern setup --domain example.com --admin admin@example.com"
fi
