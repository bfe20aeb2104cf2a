#!/bin/sh
# Prints where this machine installs Debian from, as apt reads it out of its own sources (either
# file format), one line each with the main archive first:
#   deb http://deb.debian.org/debian/ bookworm main
set -eu

# shellcheck source=/dev/null
. /etc/os-release
release=${VERSION_CODENAME:-}

# shellcheck disable=SC2016 # the $() are apt's own
sources=$(
  apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    awk -v release="$release" '
      $4 != "main" || seen[$0]++ { next }
      $3 == release { archive = archive $0 "\n" }
      $3 == release "-updates" || $3 == release "-security" { others = others $0 "\n" }
      END { if (archive) printf "%s%s", archive, others }'
)
if [ "${ID:-}" != debian ] || [ -z "$sources" ]; then
  echo "debian-sources: no apt source of Debian's archive on this machine (${PRETTY_NAME:-unknown system}); needed is a line such as 'deb <mirror> ${release:-bookworm} main' in /etc/apt/sources.list" >&2
  exit 1
fi
echo "$sources"
