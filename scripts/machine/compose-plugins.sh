#!/bin/sh
# Gives the docker client its `compose` (v2) and `buildx` plugins where it has none.
# Debian 12 has no package of either; those of Debian 13 are static programs, so only the files
# are taken out of them and nothing of Debian 13 gets installed.
set -eu

if docker compose version >/dev/null 2>&1 && docker buildx version >/dev/null 2>&1; then
  exit 0
fi

# One of the folders every docker client searches.
plugins=/usr/local/lib/docker/cli-plugins

if [ "$(id -u)" -ne 0 ]; then
  echo "compose-plugins: 'docker compose' or 'docker buildx' does not answer, and putting them into $plugins needs root; run this as root" >&2
  exit 1
fi

# As a plain assignment, so that a failure in it ends this script.
sources=$("$(dirname "$0")/debian-sources.sh")
mirror=$(echo "$sources" | awk 'NR == 1 { print $2 }')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
mkdir -p "$work/lists/partial" "$work/archives/partial" "$plugins"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" >"$work/trixie.list"

# Own sources and state: the machine's apt never hears of trixie. The work folder is closed to
# apt's sandbox user, so apt downloads as root.
trixie_apt() {
  apt-get -q \
    -o Dir::Etc::SourceList="$work/trixie.list" \
    -o Dir::Etc::SourceParts=/dev/null \
    -o Dir::Etc::PreferencesParts=/dev/null \
    -o Dir::State::Lists="$work/lists" \
    -o Dir::State::Status=/dev/null \
    -o Dir::Cache="$work" \
    -o Dir::Cache::Archives="$work/archives" \
    -o Acquire::Languages=none \
    -o APT::Sandbox::User=root \
    "$@"
}

cd "$work"
trixie_apt update
trixie_apt download docker-compose docker-buildx
for package in ./*.deb; do
  dpkg -x "$package" tree
done
install -m 755 tree/usr/libexec/docker/cli-plugins/docker-* "$plugins"

docker compose version
docker buildx version
