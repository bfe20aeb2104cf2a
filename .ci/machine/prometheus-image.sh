#!/bin/sh
# usage: prometheus-image.sh [IMAGE]
# Where the public Prometheus image that docker-compose.yml pins is absent and its registry cannot
# be reached, makes a stand-in of the same name from Debian's package: same entry point, arguments,
# paths and user, the release that Debian has. Needs the base image.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
image=${1:-$(sed -n 's/^ *image: *\(prom\/prometheus:.*\)/\1/p' "$here/../../docker-compose.yml")}
[ -n "$image" ] || {
  echo "prometheus-image: docker-compose.yml names no image prom/prometheus:…; name one: prometheus-image.sh IMAGE" >&2
  exit 1
}
base=$(sed -n 's/^FROM \(node:[^ ]*\) .*/\1/p' "$here/../../Dockerfile")
ingredients=$(sha256sum "$0" | cut -c1-16)

status=0
"$here/obtain-image.sh" "$image" "$ingredients" || status=$?
[ "$status" -eq 3 ] || exit "$status"
"$here/base-image.sh" "$base"

# busybox gives the shell and the wget that the public image has, and health checks use.
docker buildx build --load --quiet --tag "$image" --label "echo-daytime.stand-in=$ingredients" - <<EOT
FROM $base AS debian
RUN apt-get -q update \\
 && apt-get -q -y install --no-install-recommends prometheus busybox-static \\
 && mkdir -p /rootfs/bin /rootfs/etc/prometheus /rootfs/prometheus \\
 && mkdir -m 1777 /rootfs/tmp \\
 && cp /usr/bin/prometheus /usr/bin/promtool /bin/busybox /rootfs/bin/ \\
 && for applet in sh wget; do ln -s busybox /rootfs/bin/\$applet; done \\
 && for program in prometheus promtool; do ldd /usr/bin/\$program || true; done | grep -o '/[^ ]*' | sort -u | \\
    xargs -r -I LIBRARY cp -L --parents LIBRARY /rootfs \\
 && cp /etc/prometheus/prometheus.yml /rootfs/etc/prometheus/ \\
 && echo 'nobody:x:65534:65534:nobody:/:/bin/sh' >/rootfs/etc/passwd \\
 && chown 65534:65534 /rootfs/prometheus

FROM scratch
COPY --from=debian /rootfs /
ENV PATH=/bin
USER 65534:65534
WORKDIR /prometheus
VOLUME /prometheus
EXPOSE 9090
ENTRYPOINT ["/bin/prometheus"]
CMD ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"]
EOT
