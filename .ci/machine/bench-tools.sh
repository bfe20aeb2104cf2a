#!/bin/sh
# Installs what `npm run bench` and `npm run bench:probers` compile and compare with, where this machine lacks it: a C
# compiler, Go, socat, xinetd and fping. Run as root.
set -eu

PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
# What Debian 12 has is older than what the peers in Go are written for; that of Debian 13 runs on it.
go_release=1.24
go_oldest_minor=22
go_home=/usr/local/lib/go-$go_release

packages=''
needs() { command -v "$1" >/dev/null || packages="$packages $2"; }
needs cc gcc
[ -e /usr/include/stdio.h ] || packages="$packages libc6-dev"
needs socat socat
needs xinetd xinetd
needs fping fping
needs taskset util-linux

has_go() {
  version=$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null) || return 1
  minor=${version#go1.}
  [ "${minor%%[!0-9]*}" -ge "$go_oldest_minor" ]
}

if [ -z "$packages" ] && has_go; then
  exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "bench-tools: missing:${packages:- Go 1.$go_oldest_minor or newer}; installing needs root, so run this as root" >&2
  exit 1
fi

if [ -n "$packages" ]; then
  export DEBIAN_FRONTEND=noninteractive
  # Another apt may be at work; waiting for its lock beats failing at once.
  lock_timeout_seconds=300
  apt-get -q -o "DPkg::Lock::Timeout=$lock_timeout_seconds" update
  # shellcheck disable=SC2086 # one word per package
  apt-get -q -y -o "DPkg::Lock::Timeout=$lock_timeout_seconds" install --no-install-recommends $packages
fi

if ! has_go; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT INT TERM
  "$(dirname "$0")/trixie-packages.sh" "$work" "golang-$go_release-go" "golang-$go_release-src"
  rm -rf "$go_home"
  mkdir -p "$go_home"
  # The parts lie in two folders that links join; here they become one.
  cp -RL "$work/usr/lib/go-$go_release/." "$work/usr/share/go-$go_release/src" "$go_home/"
  ln -sf "$go_home/bin/go" "$go_home/bin/gofmt" /usr/local/bin/
  go version
fi
