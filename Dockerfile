# One image per service, each Node, the libraries Node needs and a few files of ours: no shell, no npm, no root.
# What exactly, and under which licences: /app/sbom.cdx.json and /app/THIRD-PARTY-NOTICES.txt of each.
#
#   docker build --target daytime --tag echo-daytime/daytime .
#
# Targets: echo, daytime, udp-daytime, load-probe. Without --target: echo.

# The version of package.json.
FROM node:26.10.0-bookworm-slim AS node

# The manifests of all workspaces, found rather than listed. What is installed from them stays in the build
# cache until one of them changes.
FROM node AS manifests
WORKDIR /src
COPY package.json package-lock.json ./
COPY packages packages
COPY services services
RUN find packages services -type f ! -name package.json -delete

# What node is linked against, and what the C library looks names up in.
FROM node AS runtime
RUN apt-get -q update \
 && apt-get -q -y install --no-install-recommends netbase
RUN mkdir -p /rootfs/usr/local/bin /rootfs/etc \
 && cp /usr/local/bin/node /rootfs/usr/local/bin/ \
 && ldd /usr/local/bin/node | grep -o '/[^ ]*' | xargs -I LIBRARY cp -L --parents LIBRARY /rootfs \
 && cp /etc/services /rootfs/etc/ \
 && echo 'service:x:1000:1000::/:' >/rootfs/etc/passwd \
 && echo 'service:x:1000:' >/rootfs/etc/group

# What that is, from which packages, under which licences: for the description of the image.
FROM runtime AS base-inventory
COPY scripts/image/base-inventory.ts /
RUN node /base-inventory.ts /rootfs >/base.json

FROM node AS bundles
WORKDIR /src
COPY --from=manifests /src ./
# What bundles and what is bundled are the dependencies; neither needs an install script.
RUN --mount=type=cache,target=/npm-cache npm ci --omit=dev --cache /npm-cache --ignore-scripts --no-audit --no-fund --no-update-notifier
COPY packages packages
COPY services services
COPY scripts scripts
COPY --from=base-inventory /base.json ./
# Seconds since 1970; without it the description of the image names no time.
ARG SOURCE_DATE_EPOCH
RUN node scripts/bundle.ts --base base.json

# The same layer for all four.
FROM scratch AS service
COPY --from=runtime /rootfs /
USER 1000:1000
STOPSIGNAL SIGTERM
# glibc's own default, which glibc raises as it goes unless it is set: it would keep up to 25 MiB that V8's compilers
# have given back, and memory would rise in steps that look like a leak (mallopt(3)).
ENV MALLOC_TRIM_THRESHOLD_=131072
# Buffers are made in one thread and freed in another: with heaps for each thread glibc would keep what it got back in all
# of them.
ENV MALLOC_ARENA_MAX=1
# The engine waits one interval before the first check, so the interval is also how long a start takes to count. A machine
# that is ten times slower takes 10 s to start a service and 3 s for a check: neither is a service that is ill.
HEALTHCHECK --interval=5s --timeout=10s --start-period=60s --retries=3 CMD ["node", "/app/healthcheck.js"]
# SIGUSR1 would open Node's debugger. The last three are for node:ffi: packages/linux/src/v8-flags.ts.
ENTRYPOINT ["node", "--disable-warning=ExperimentalWarning", "--disable-sigusr1", "--max-inlined-bytecode-size-cumulative=10000", "--max-inlined-bytecode-size-absolute=20000", "--no-concurrent-recompilation", "/app/src/main.js"]
# What the builder knows and this file can't.
ARG VERSION=dev
ARG REVISION=""
ARG CREATED=""
ARG SOURCE=""
LABEL org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.created="$CREATED" \
      org.opencontainers.image.source="$SOURCE" \
      org.opencontainers.image.licenses="MIT"

# Each says with ADMIN_PORT where its health check asks.
FROM service AS load-probe
LABEL org.opencontainers.image.title="load-probe" \
      org.opencontainers.image.description="Watches echo and daytime targets: outcomes, loss and round-trip times as metrics and as a status page"
ENV ADMIN_PORT=8080
EXPOSE 8080/tcp
CMD ["monitor"]
COPY --from=bundles /src/dist/load-probe /app

FROM service AS udp-daytime
LABEL org.opencontainers.image.title="udp-daytime" \
      org.opencontainers.image.description="Daytime over UDP, RFC 867"
ENV ADMIN_PORT=9113
EXPOSE 7013/udp 9113/tcp
COPY --from=bundles /src/dist/udp-daytime /app

FROM service AS daytime
LABEL org.opencontainers.image.title="daytime" \
      org.opencontainers.image.description="Daytime over TCP, RFC 867, and sessions that pick the format"
ENV ADMIN_PORT=9013
EXPOSE 7013/tcp 7014/tcp 9013/tcp
COPY --from=bundles /src/dist/daytime /app

FROM service AS echo
LABEL org.opencontainers.image.title="echo" \
      org.opencontainers.image.description="Echo over TCP and UDP, RFC 862, dialogs of messages, and a STAMP reflector, RFC 8762"
ENV ADMIN_PORT=9007
EXPOSE 7007/tcp 7007/udp 7008/tcp 7862/udp 9007/tcp
COPY --from=bundles /src/dist/echo /app
