#!/bin/sh
# Brings what Debian 12 has no package of, or too old a one: docker's `compose` (v2) and `buildx` plugins, and a
# kubectl whose kustomize knows components. Those of Debian 13 run on Debian 12 as they are, so only the files are
# taken out of its packages and nothing of Debian 13 gets installed. Each only where there is none that will do.
set -eu

# One of the folders every docker client searches, and one that comes before /usr/bin.
plugins=/usr/local/lib/docker/cli-plugins
programs=/usr/local/bin
oldest_kustomize_major=5

has_plugins() { docker compose version >/dev/null 2>&1 && docker buildx version >/dev/null 2>&1; }

# Kubernetes 1.20, which Debian 12 has, does not tell the version of its kustomize.
has_kubectl() {
  major=$(kubectl version --client 2>/dev/null | sed -n 's/^Kustomize Version: v\([0-9]*\)\..*/\1/p')
  [ "${major:-0}" -ge "$oldest_kustomize_major" ]
}

packages=''
has_plugins || packages="$packages docker-compose docker-buildx"
has_kubectl || packages="$packages kubectl"
[ -n "$packages" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
  echo "trixie-programs: what Debian 13 has in$packages is missing or too old here, and putting it below /usr/local needs root; run this as root" >&2
  exit 1
fi

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT INT TERM
# shellcheck disable=SC2086 # one word per package
"$(dirname "$0")/trixie-packages.sh" "$tree" $packages

# take FOLDER FILE…: installs those that came.
take() {
  folder=$1
  shift
  for file in "$@"; do
    [ ! -e "$file" ] || install -D -m 755 -t "$folder" "$file"
  done
}
take "$plugins" "$tree"/usr/libexec/docker/cli-plugins/docker-*
take "$programs" "$tree"/usr/bin/kubectl

# Says so where one still won't do.
docker compose version
docker buildx version
has_kubectl || {
  echo "trixie-programs: kubectl has no kustomize of version $oldest_kustomize_major or newer: $(command -v kubectl || echo none)" >&2
  exit 1
}
