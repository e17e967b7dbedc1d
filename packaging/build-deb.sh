#!/bin/sh
# Makes a Debian package from the tarball of `npm pack`, with dpkg-deb alone. It brings along the Node it runs on.
# usage: packaging/build-deb.sh postern-0.1.0.tgz [FOLDER]
set -eu

tarball=$(readlink -f "${1:?the tarball that npm pack made}")
output=$(readlink -f "${2:-.}")
here=$(dirname "$(readlink -f "$0")")
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

tree=$stage/tree
library=$tree/usr/lib/postern
mkdir -p "$library" "$tree/usr/bin" "$tree/usr/lib/systemd/system" "$tree/usr/share/doc/postern" "$tree/DEBIAN"

# The install script of `node` fetches the Node of this machine's architecture; no other script runs.
echo '{ "name": "postern-installed", "private": true, "allowScripts": { "node": true } }' > "$library/package.json"
(cd "$library" && npm install --omit=dev --no-audit --no-fund --no-package-lock "$tarball" >&2)
node=$library/node_modules/node/bin/node
[ -x "$node" ] || { echo "The Node that Postern brings along was not installed." >&2; exit 1; }
version=$("$node" -p "require('$library/node_modules/postern/package.json').version")

cat > "$tree/usr/bin/postern" << 'END'
#!/bin/sh
exec /usr/lib/postern/node_modules/node/bin/node /usr/lib/postern/node_modules/postern/bin/postern.js "$@"
END
chmod 755 "$tree/usr/bin/postern"
cp "$here/postern.service" "$tree/usr/lib/systemd/system/postern.service"
cp "$library/node_modules/postern/LICENSE" "$tree/usr/share/doc/postern/copyright"
cp -r "$library/node_modules/postern/docs" "$library/node_modules/postern/CHANGELOG.md" "$tree/usr/share/doc/postern/"
for script in postinst prerm postrm; do
  cp "$here/debian-$script.sh" "$tree/DEBIAN/$script"
  chmod 755 "$tree/DEBIAN/$script"
done

cat > "$tree/DEBIAN/control" << END
Package: postern
Version: $version
Architecture: $(dpkg --print-architecture)
Maintainer: The Postern authors <postmaster@localhost>
Installed-Size: $(du -sk "$tree" | cut -f1)
Depends: libc6, libstdc++6, passwd, util-linux
Suggests: unbound
Section: mail
Priority: optional
Description: complete mail server, safe the moment it starts
 Receives mail for your domains, takes mail from your users, sends it on,
 keeps it, and hands it out over IMAP and POP3. Nothing is started by
 installing it: "postern setup" makes an installation.
END

chmod -R u=rwX,go=rX "$tree/usr"
dpkg-deb --root-owner-group --build "$tree" "$output" >&2
echo "$output/postern_${version}_$(dpkg --print-architecture).deb"
