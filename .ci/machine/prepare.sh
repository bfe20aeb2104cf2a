#!/bin/sh
# Makes a bare Debian 12 machine ready for the container, browser and Kubernetes tests: tools, Compose, buildx and
# kubectl, engine, base image, Prometheus image. Each step does nothing where its work is done already. Run as root.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
log=$(mktemp)
trap 'rm -f "$log"' EXIT INT TERM

now_ms() { date +%s%3N; }

for step in install-tools trixie-programs start-engine base-image prometheus-image; do
  started_ms=$(now_ms)
  # The output of a step matters only when it fails.
  if "$here/$step.sh" >"$log" 2>&1; then status=0; else status=$?; fi
  took_ms=$(($(now_ms) - started_ms))
  if [ "$status" -ne 0 ]; then
    cat "$log" >&2
    printf 'prepare: %-16s failed with exit code %d after %d.%01d s\n' "$step" "$status" $((took_ms / 1000)) $((took_ms % 1000 / 100)) >&2
    exit "$status"
  fi
  printf 'prepare: %-16s %3d.%01d s\n' "$step" $((took_ms / 1000)) $((took_ms % 1000 / 100))
done
