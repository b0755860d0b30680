# The gateway as an image; docs/container.md tells how to build and run it.
#
# BASE is any image with Python 3.11 or newer, its venv module and CA certificates. Everything else comes from
# requirements/run.txt, hashes checked; but for libgomp, see below.
#
# A package index or a certificate authority of your own: give pip's configuration as the secret "pip", the
# certificate as the secret "ca". Neither ends up in the image.
ARG BASE=python:3.11-slim-bookworm

# xllamacpp, which runs the local model, is linked to OpenMP and does not bring it along. Where the base lacks it, it is
# a package of the base's own Debian, which apt checks the signature of; a base that has it makes this do nothing.
FROM ${BASE} AS base
RUN ldconfig -p | grep -q libgomp.so.1 \
    || { apt-get update -qq \
        && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends libgomp1 \
        && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/dpkg.log; } >/dev/null

FROM base AS locked
COPY requirements/run.txt /build/
RUN --mount=type=secret,id=pip,target=/etc/pip.conf --mount=type=secret,id=ca,target=/run/secrets/ca \
    python3 -m venv /opt/llmrpc \
    && /opt/llmrpc/bin/pip install --quiet --disable-pip-version-check --no-cache-dir --no-compile \
        --only-binary=:all: --require-hashes --requirement /build/run.txt

# The project itself, under /project as it will lie under /: a change of the code is a small layer.
FROM locked AS project
COPY pyproject.toml README.md LICENSE /build/
COPY clients/python /build/clients/python
COPY server /build/server
RUN /opt/llmrpc/bin/pip install --quiet --disable-pip-version-check --no-cache-dir --no-compile \
        --no-warn-script-location --no-index --no-deps --no-build-isolation --root /project /build \
    && /opt/llmrpc/bin/python -m compileall -q --invalidation-mode unchecked-hash -s /project /project \
    && mkdir -p /project/etc/llmrpc

# The weights of the local model, if asked for; they change when weights.py does.
FROM locked AS weights
ARG WITH_LOCAL_MODEL=0
COPY server/llmrpc_server/local_model/weights.py /build/
RUN --mount=type=secret,id=pip,target=/etc/pip.conf --mount=type=secret,id=ca,target=/run/secrets/ca \
    mkdir -p /var/cache/llmrpc \
    && if [ "$WITH_LOCAL_MODEL" = 1 ]; then XDG_CACHE_HOME=/var/cache /opt/llmrpc/bin/python /build/weights.py; fi

# What the server runs with: without what only built the project. Compiled now, because the user that runs it cannot
# write, and unchecked, because nothing here changes any more.
FROM locked AS dependencies
COPY requirements/build.in /build/
RUN /opt/llmrpc/bin/pip uninstall --quiet --yes --requirement /build/build.in setuptools \
    && /opt/llmrpc/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/llmrpc/lib

FROM base
# What the server writes. Made here: a folder that COPY makes is root's, whatever --chown says of what it copies.
RUN install -d -o 65532 -g 65532 /var/lib/llmrpc /var/cache/llmrpc
COPY --from=dependencies /opt/llmrpc /opt/llmrpc
COPY --from=weights --chown=65532:65532 /var/cache/llmrpc /var/cache/llmrpc
COPY --from=project /project /
# Shows that it is whole, and leaves behind the bytecode of the standard library where the base has none.
RUN ["/opt/llmrpc/bin/python", "-c", \
    "import anthropic, openai, xllamacpp, llmrpc.cli, llmrpc_server.app, llmrpc_server.serving"]

# An llmrpc.yaml here is the configuration; without one it is the environment, see docs/container.md.
WORKDIR /etc/llmrpc
ENV PATH=/opt/llmrpc/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    XDG_CACHE_HOME=/var/cache \
    LLMRPC_LEDGER_URL=sqlite:////var/lib/llmrpc/llmrpc.db \
    LLMRPC_LISTEN=0.0.0.0:50051 \
    LLMRPC_METRICS=0.0.0.0:9464
EXPOSE 50051 9464
# The ledger: the one place that is written to, also where all else is read-only.
VOLUME ["/var/lib/llmrpc"]
USER 65532:65532
STOPSIGNAL SIGTERM
ENTRYPOINT ["/opt/llmrpc/bin/llmrpc"]
CMD ["serve"]

ARG VERSION=0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="llmrpc" \
    org.opencontainers.image.description="One gRPC API in front of every LLM provider." \
    org.opencontainers.image.licenses="Apache-2.0" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.revision="${REVISION}"
