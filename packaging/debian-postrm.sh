#!/bin/sh
# Mail is never removed by a package manager: /var/lib/postern, /etc/postern and their user stay, even on purge.
set -e

if [ -d /run/systemd/system ]; then systemctl daemon-reload || true; fi
if [ "$1" = purge ] && [ -d /var/lib/postern ]; then
  echo "Mail and settings are still in /var/lib/postern and /etc/postern: remove them by hand."
fi
