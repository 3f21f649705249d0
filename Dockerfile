# docker build -t nuthatch .
# docker run -p 127.0.0.1:8379:8379 -e NUTHATCH_TOKEN=$(openssl rand -hex 32) nuthatch

FROM swift:6.3-bookworm AS build
RUN apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libcctz-dev libssl-dev pkg-config zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
# The packages first: they change less often than the sources.
COPY Package.swift ./
# The manifest names all targets, so their folders must be there.
COPY Benchmarks Benchmarks
COPY Fuzz Fuzz
COPY Tests Tests
COPY Sources Sources
RUN swift build -c release --static-swift-stdlib --product nuthatch \
    && install -D --strip .build/release/nuthatch /out/nuthatch

FROM debian:bookworm-slim
RUN apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libcctz2 libssl3 libstdc++6 tzdata zlib1g \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 8379 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin nuthatch
COPY --from=build /out/nuthatch /usr/local/bin/nuthatch
USER 8379:8379
EXPOSE 8379
STOPSIGNAL SIGTERM
# Inside a container loopback would reach nobody. Without NUTHATCH_TOKEN the server therefore refuses to start; who
# wants an open one says so: docker run -e NUTHATCH_INSECURE=true …
ENV NUTHATCH_HOST=0.0.0.0
HEALTHCHECK --interval=10s --timeout=3s --start-period=2s --retries=3 CMD ["/usr/local/bin/nuthatch", "ping"]
ENTRYPOINT ["/usr/local/bin/nuthatch"]
CMD ["serve"]
