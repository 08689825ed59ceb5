# The proxy in a small image. Configuration comes from PGGIT_* variables or a mounted file:
#
#   docker build -t pggit .
#   docker run -p 6432:6432 -e PGGIT_UPSTREAM__URL=postgres://user:password@host:5432/postgres pggit

FROM rust:1.95-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends libclang-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY Cargo.toml Cargo.lock ./
COPY src src
COPY config config
RUN cargo build --release --locked

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 pggit
COPY --from=build /build/target/release/pggit /usr/local/bin/pggit
USER pggit
ENV PGGIT_LISTEN=0.0.0.0:6432 \
    PGGIT_METRICS__LISTEN=0.0.0.0:9187
EXPOSE 6432 9187
# The proxy drains on SIGTERM: it ends idle sessions and lets transactions finish.
STOPSIGNAL SIGTERM
ENTRYPOINT ["pggit"]
CMD ["serve"]
