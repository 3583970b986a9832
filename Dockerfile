# Builds with Rust, runs without it. The image holds the program, the roots of TLS and nothing else
# of ours; the data folder is a volume.
FROM rust:1.95-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends libssl-dev pkg-config && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# TLS to PostgreSQL uses the system's OpenSSL.
RUN cargo build --release --locked --features postgres-tls && strip target/release/tidings

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates libssl3 && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /data tidings && install -d -o tidings /data
COPY --from=build /src/target/release/tidings /usr/local/bin/tidings
USER tidings
VOLUME /data
ENV TIDINGS_DATA=/data TIDINGS_LISTEN=0.0.0.0:8080
EXPOSE 8080
STOPSIGNAL SIGTERM
# Beyond loopback the demo shop needs TIDINGS_DEMO_PASSWORD; a real shop starts with `serve --empty`.
ENTRYPOINT ["tidings"]
CMD ["serve", "--empty"]
