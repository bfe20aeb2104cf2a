#!/bin/sh
# usage: obtain-image.sh IMAGE INGREDIENTS
# Succeeds where no stand-in for a public image has to be made: IMAGE is on this machine, or could
# be pulled. A stand-in that is there already counts only if its label carries INGREDIENTS, which
# tells what it was made of. Says on stdout why a stand-in has to be made, and ends with code 3;
# with code 1 where no container engine answers.
set -eu

image=$1
ingredients=$2
label=echo-daytime.stand-in
pull_timeout_seconds=60

if ! docker info >/dev/null 2>&1; then
  echo "obtain-image: no container engine answers; run start-engine.sh first" >&2
  exit 1
fi

if made_of=$(docker image inspect --format "{{ index .Config.Labels \"$label\" }}" "$image" 2>/dev/null); then
  # The public image has no such label, and is used as it is.
  case $made_of in
    '' | "$ingredients") exit 0 ;;
  esac
fi

problem=$(timeout "$pull_timeout_seconds" docker pull -q "$image" 2>&1) && exit 0
echo "cannot pull $image (${problem:-no answer within $pull_timeout_seconds s}); making a stand-in"
exit 3
