#!/bin/sh
# few-files.sh LIMIT COMMAND…: runs a command that may open no more files than that.
set -eu
ulimit -n "$1"
shift
exec "$@"
