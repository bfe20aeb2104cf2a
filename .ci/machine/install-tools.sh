#!/bin/sh
# Installs, with apt-get, the programs that the tests drive and that this machine lacks.
set -eu

# What has to exist, and the Debian package that brings it. Commands rather than packages are
# looked for, so that an engine or a browser from elsewhere counts as present.
needed='
/etc/ssl/certs/ca-certificates.crt ca-certificates
docker        docker.io
dockerd       docker.io
iptables      iptables
ip            iproute2
tc            iproute2
nft           nftables
curl          curl
mmdebstrap    mmdebstrap
ncat          ncat
socat         socat
xinetd        xinetd
haproxy       haproxy
scapy         python3-scapy
cc            gcc
/usr/include/stdio.h libc6-dev
jq            jq
faketime      faketime
chromium-headless-shell chromium-headless-shell
/usr/share/fonts/truetype/liberation fonts-liberation
'

# dockerd, iptables and tc live in the sbin folders, which an ordinary user's PATH leaves out.
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

is_present() {
  case $1 in
    /*) [ -e "$1" ] ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

missing=''
packages=''
while read -r thing package; do
  [ -n "$thing" ] || continue
  is_present "$thing" && continue
  missing="$missing $thing"
  case " $packages " in
    *" $package "*) ;;
    *) packages="$packages $package" ;;
  esac
done <<EOT
$needed
EOT

[ -n "$missing" ] || exit 0

refuse() {
  echo "install-tools: missing:$missing" >&2
  echo "install-tools: $1" >&2
  exit 1
}

command -v apt-get >/dev/null ||
  refuse "there is no apt-get on this machine; install them with its own package manager (in Debian the packages are:$packages)"
[ "$(id -u)" -eq 0 ] ||
  refuse "installing packages needs root; run as root: apt-get install$packages"

export DEBIAN_FRONTEND=noninteractive
# Another apt may be at work; waiting for its lock beats failing at once.
lock_timeout_seconds=300
apt-get -q -o "DPkg::Lock::Timeout=$lock_timeout_seconds" update
# shellcheck disable=SC2086 # one word per package
apt-get -q -y -o "DPkg::Lock::Timeout=$lock_timeout_seconds" install --no-install-recommends $packages
