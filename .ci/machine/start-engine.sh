#!/bin/sh
# Starts the container engine where none answers, for machines on which no init system does it,
# and returns when it answers. Its log is /var/log/dockerd.log.
set -eu

PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
log=/var/log/dockerd.log
engine_config=/etc/docker/daemon.json
ready_timeout_seconds=60

engine_answers() { timeout 10 docker info >/dev/null 2>&1; }

fail() {
  echo "start-engine: $1" >&2
  exit 1
}

command -v docker >/dev/null || fail "there is no docker command; run install-tools.sh first"
engine_answers && exit 0
[ -z "${DOCKER_HOST:-}" ] ||
  fail "the engine at DOCKER_HOST=$DOCKER_HOST does not answer; start it, or unset DOCKER_HOST to use one on this machine"
command -v dockerd >/dev/null || fail "there is no dockerd command; run install-tools.sh first"
[ "$(id -u)" -eq 0 ] || fail "no container engine answers, and starting dockerd needs root; run this as root"

# pid_of FILE NAME: prints the process id in FILE if it is a live process called NAME; removes a
# FILE left over from an earlier run. dockerd only looks whether the id is in use, by whatever
# program: it would then refuse to start, or kill that program, taking it for its containerd.
pid_of() {
  [ -s "$1" ] || return 0
  pid=$(cat "$1")
  if [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$2" ]; then
    echo "$pid"
  else
    rm -f "$1"
  fi
}

pid_of /run/docker/containerd/containerd.pid containerd >/dev/null
dockerd_pid=$(pid_of /run/docker.pid dockerd)
if [ -z "$dockerd_pid" ]; then
  # Makes BuildKit the default of Debian 12's own docker client, whose builder is the old one.
  [ -e "$engine_config" ] || { mkdir -p "$(dirname "$engine_config")" && echo '{ "features": { "buildkit": true } }' >"$engine_config"; }
  setsid nohup dockerd >"$log" 2>&1 </dev/null &
  dockerd_pid=$!
fi

deadline=$(($(date +%s) + ready_timeout_seconds))
until engine_answers; do
  if ! kill -0 "$dockerd_pid" 2>/dev/null; then
    problem="dockerd ended before it answered"
  elif [ "$(date +%s)" -ge "$deadline" ]; then
    problem="dockerd (process $dockerd_pid) did not answer within $ready_timeout_seconds s"
  else
    sleep 0.2
    continue
  fi
  [ ! -e "$log" ] || tail -n 30 "$log" >&2
  fail "$problem; above is the end of its log, $log"
done
