# syntax=docker/dockerfile:1
FROM node:22-bookworm-slim AS web
WORKDIR /src/web
COPY web/package.json web/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY web/ ./
RUN npm run build

FROM rust:1.95-slim-bookworm AS python
RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-venv python3-dev gcc libc6-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/folkmoot
RUN python3 -m venv /opt/uv && /opt/uv/bin/pip install --no-cache-dir uv==0.13.8
COPY pyproject.toml uv.lock README.md ./
COPY config/ config/
COPY server/ server/
COPY signaling/ signaling/
COPY sfu/ sfu/
COPY persistence/ persistence/
RUN /opt/uv/bin/uv sync --frozen --no-dev && rm -rf sfu/dataplane/target

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends python3 tini \
    && rm -rf /var/lib/apt/lists/* && useradd --system --uid 10001 --home-dir /data folkmoot && install -d -o folkmoot /data
WORKDIR /opt/folkmoot
COPY --from=python /opt/folkmoot /opt/folkmoot
COPY --from=web /src/web/dist web/dist
ENV PATH=/opt/folkmoot/.venv/bin:$PATH FOLKMOOT_DATA_DIR=/data PYTHONDONTWRITEBYTECODE=1
USER folkmoot
VOLUME /data
EXPOSE 7880/tcp 7881-7896/tcp 7882-7897/udp
HEALTHCHECK --interval=10s --timeout=3s CMD ["python3", "-c", "import urllib.request as u; u.urlopen('http://localhost:7880/readyz', timeout=2)"]
ENTRYPOINT ["tini", "--", "folkmoot"]
CMD ["serve"]
