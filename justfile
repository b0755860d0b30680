# Every word that CI types. `just` alone lists them. Set up first with scripts/install dev.

set shell := ["bash", "-euo", "pipefail", "-c"]
export PATH := justfile_directory() / ".venv/bin:" + env("PATH")
python_out := "clients/python"

_list:
    @just --list --unsorted

# Everything static: format, lint, types, architecture, docstrings, protos, generated code
check: format-check lint types architecture docstrings protos lock-check generate-check

# The tests, in one process more than there are cores: they wait more than they work; arguments go to pytest
test *args:
    pytest --numprocesses=$(($(nproc) + 1)) --maxprocesses=4 --dist=loadfile {{ args }}

# What a call costs, as a ratio to the least it could: a table, in a minute; bench/README.md
bench *args:
    python -m bench {{ args }}

# The tests that take minutes: images, soak
slow *args:
    scripts/toolchains images
    pytest -m slow {{ args }}

# Rewrite files as the formatter wants them
format:
    ruff format
    ruff check --fix-only
    buf format --write

format-check:
    ruff format --check
    buf format --diff --exit-code

lint:
    ruff check

types:
    mypy

# The import contracts of pyproject.toml
architecture:
    PYTHONPATH=server:clients/python lint-imports

docstrings:
    interrogate --quiet clients/python server tests bench

# Lint, and compare with the released surface: what was public stays
protos:
    buf lint
    buf breaking --against protos/released.binpb

# Take today's protos as the released surface; a release does it, nobody else
protos-release:
    buf build --output protos/released.binpb

# Stubs of all three languages from protos/
generate: generate-python generate-go generate-java

generate-check: generate
    git diff --exit-code --stat -- clients
    test -z "$(git status --porcelain -- clients | tee /dev/stderr)"

# With the oldest grpcio-tools supported, from its own environment; mypy-protobuf writes the .pyi
generate-python: _codegen
    .venv-codegen/bin/python -m grpc_tools.protoc --proto_path=protos \
        --python_out={{ python_out }} --grpc_python_out={{ python_out }} \
        --plugin=protoc-gen-mypy=.venv/bin/protoc-gen-mypy --mypy_out=quiet:{{ python_out }} \
        --plugin=protoc-gen-mypy_grpc=.venv/bin/protoc-gen-mypy_grpc --mypy_grpc_out=quiet:{{ python_out }} \
        protos/llmrpc/v1/*.proto

go_out := justfile_directory() / "clients/go"
go_module := "module=github.com/llmrpc/llmrpc/clients/go"

# With the plugins that the tool lines of go.mod name
generate-go: _codegen
    GOBIN={{ go_out }}/target go -C {{ go_out }} install tool
    rm -rf {{ go_out }}/llmrpcv1
    .venv-codegen/bin/python -m grpc_tools.protoc --proto_path=protos \
        --plugin={{ go_out }}/target/protoc-gen-go --go_out={{ go_out }} --go_opt={{ go_module }} \
        --plugin={{ go_out }}/target/protoc-gen-go-grpc --go-grpc_out={{ go_out }} --go-grpc_opt={{ go_module }} \
        protos/llmrpc/v1/*.proto

java_out := "clients/java/src/main/java"

# With the protoc and the plugin that pom.xml names: grpcio-tools has no generator of Java messages
generate-java: _codegen
    mvn -q -B -f clients/java dependency:copy@protoc -Dplatform=linux-$(uname -m | sed s/aarch64/aarch_64/)
    chmod +x clients/java/target/protoc clients/java/target/protoc-gen-grpc-java
    rm -rf {{ java_out }}/io/github/llmrpc/v1
    clients/java/target/protoc --proto_path=protos -I .venv-codegen/lib/python3*/site-packages/grpc_tools/_proto \
        --java_out={{ java_out }} \
        --plugin=clients/java/target/protoc-gen-grpc-java --grpc-java_out={{ java_out }} \
        protos/llmrpc/v1/*.proto

_codegen:
    scripts/install codegen

# Resolve the locks anew; they hold hashes and no registry's address
lock:
    just _lock run --extra cli --extra server --extra local --extra otel --extra postgres requirements/build.in
    just _lock dev --all-extras --group dev requirements/build.in
    uv pip compile {{ lock_flags }} requirements/codegen.in --output-file requirements/codegen.txt
    uv pip compile {{ lock_flags }} requirements/go.in --output-file requirements/go.txt

lock_flags := "--quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header"

_lock name *args:
    uv pip compile {{ lock_flags }} pyproject.toml {{ args }} --output-file requirements/{{ name }}.txt --no-emit-package llmrpc

# The locks still satisfy pyproject.toml
lock-check:
    just lock
    git diff --exit-code --stat -- requirements
