#!/bin/sh
# usage: trixie-packages.sh FOLDER PACKAGE…
# Unpacks packages of Debian 13 into FOLDER: for programs that Debian 12 lacks, or has too old. Only
# the files are taken, and nothing of Debian 13 gets installed. Run as root.
set -eu

folder=${1:?usage: trixie-packages.sh FOLDER PACKAGE...}
shift

# As a plain assignment, so that a failure in it ends this script.
sources=$("$(dirname "$0")/debian-sources.sh")
mirror=$(echo "$sources" | awk 'NR == 1 { print $2 }')
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
mkdir -p "$work/lists/partial" "$work/archives/partial"
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
trixie_apt download "$@"
for package in ./*.deb; do
  dpkg -x "$package" "$folder"
done
