# The front door. Every target brings what it needs; a second run does nothing twice.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/bash
export PATH := $(HOME)/.cargo/bin:$(PATH)

PY := .venv/bin/python
ASEPSIS := .venv/bin/asepsis
DEMO := build/demo
CORE := $(shell find crates -type f \( -name '*.rs' -o -name '*.toml' -o -path '*/data/*' \)) Cargo.toml Cargo.lock

.PHONY: help demo build wheel test fuzz lint bench soak golden docs lock clean

help: ## what can be done here
	@grep -hE '^[a-z]+(-console|-demo|-postgres)?:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

demo: build ## read a small hospital's morning: worklist and report on real packets; and a night with an attack
	@echo '==> the main job, on the recorded morning of a small hospital'
	@rm -rf $(DEMO) && mkdir -p $(DEMO)/site && cp range/site.toml $(DEMO)/site/
	@$(ASEPSIS) assess range/captures --site $(DEMO)/site --report $(DEMO)/report.html
	@echo; echo '==> the same on a night in which another hospital is attacked: one story'
	@rm -rf $(DEMO)/attacked && mkdir -p $(DEMO)/attacked && cp range/attack/site.toml $(DEMO)/attacked/
	@$(ASEPSIS) assess range/attack/story.pcap.gz --site $(DEMO)/attacked --report $(DEMO)/attacked.html >$(DEMO)/attacked.txt
	@$(ASEPSIS) network stories show S --site $(DEMO)/attacked
	@printf '\nThe command is $(ASEPSIS). Your own network:\n  $(ASEPSIS) assess YOUR.pcap --site my-hospital --report first-look.html\n'

.PHONY: range-demo
range-demo: .venv/.range ## a hospital in network namespaces lives through a day and an attack, and is assessed (as root; about ten minutes)
	@range/demo.sh

BIND ?= 127.0.0.1:8443

.PHONY: demo-console
demo-console: build ## the console in a browser, on that morning and that night in one hospital: prints a link; Ctrl-C ends it
	@rm -rf $(DEMO)/console && mkdir -p $(DEMO)/console
	@cat range/site.toml range/attack/site.toml >$(DEMO)/console/site.toml
	@$(ASEPSIS) assess range/captures range/attack/story.pcap.gz --site $(DEMO)/console >$(DEMO)/console.txt
	@exec $(ASEPSIS) up --site $(DEMO)/console --bind $(BIND)

build: .venv/.core ## .venv with the command .venv/bin/asepsis

.venv/.tools: tools/bootstrap.sh requirements/run.txt requirements/build.txt
	@tools/bootstrap.sh build
	@touch $@

.venv/.core: .venv/.tools pyproject.toml $(CORE)
	@echo '==> building the packet core (release; some minutes the first time)'
	@PATH="$(CURDIR)/.venv/bin:$$PATH" $(PY) -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

wheel: .venv/.core ## dist/asepsis-*.whl, to be installed on another machine
	@$(PY) -m maturin build --release --locked --quiet --out dist
	@ls dist/*.whl

.venv/.test: .venv/.range tools/bootstrap.sh requirements/dev.txt
	@tools/bootstrap.sh test
	@touch $@

.venv/.range: .venv/.core tools/bootstrap.sh requirements/dev.txt requirements/range.txt
	@tools/bootstrap.sh range
	@touch $@

.venv/.lint: .venv/.core tools/bootstrap.sh requirements/dev.txt
	@tools/bootstrap.sh lint
	@touch $@

test: .venv/.test ## every test: Rust and Python (<= 15 min on two cores)
	cargo test -p wire -p wire-parquet -p wire-fuzz --locked --quiet
	$(PY) -m pytest -n 2

TESTS ?= tests

.PHONY: test-postgres
test-postgres: .venv/.test ## the same on a PostgreSQL that is started for it (TESTS=folders)
	@tools/postgres.sh -n 2 $(TESTS)

# Coverage as libFuzzer reads it (SanitizerCoverage of LLVM): a pass of the compiler, no nightly Rust.
COVERED := -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
  -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares
FUZZ_SECONDS ?= 60

fuzz: .venv/.test ## every parser, the pipeline and the reader under libFuzzer (FUZZ_SECONDS=60 over all, FUZZ=target...)
	@if c++ --version >/dev/null 2>&1; then host=$$(rustc -vV | sed -n 's/^host: //p'); set -x; \
	RUSTFLAGS='$(COVERED)' cargo run -p wire-fuzz --features libfuzzer --profile fuzz --locked --quiet --target "$$host" --target-dir target/fuzz -- $(FUZZ_SECONDS) $(FUZZ); \
	else echo 'fuzzing left out: no C++ compiler on this machine'; fi

ARM := aarch64-unknown-linux-gnu

lint: .venv/.lint ## ruff, mypy --strict, import-linter, clippy, rustfmt, the core on aarch64
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy --strict src range
	.venv/bin/lint-imports
	@if cargo clippy --version >/dev/null 2>&1; then set -x; cargo clippy --workspace --all-targets --locked --quiet -- -D warnings; \
	else echo 'clippy left out: this Rust comes without it'; fi
	@if cargo fmt --version >/dev/null 2>&1; then set -x; cargo fmt --all --check; else echo 'rustfmt left out: this Rust comes without it'; fi
	@if [ -d "$$(rustc --print target-libdir --target $(ARM))" ]; then set -x; cargo check -p wire -p wire-parquet -p wire-py --target $(ARM) --locked --quiet; \
	else echo 'aarch64 left out: this Rust comes without it (rustup target add $(ARM))'; fi

bench: .venv/.core ## figures, beside peers where they are installed (ASEPSIS_BENCH=folder of bench.pcap)
	$(PY) bench/ingest.py

PACK ?= 100000000 10000000

.PHONY: bench-detection
bench-detection: .venv/.core ## what the rules catch and cost (as root; RECORDING=folder of the range, BENIGN=site and UNSEEN=recording of seeds that tuned nothing; BACKGROUND=capture to be heard beside; hours): docs/detection.md
	$(PY) bench/detection.py $(RECORDING) --work build/detection --teach 3 --json > build/variants.json
	$(PY) bench/benign.py $(BENIGN) --json > build/benign.json
	$(PY) bench/roc.py $(BENIGN) --rounds 8 --seed 101 --json > build/roc.json
	$(PY) bench/detection.py $(UNSEEN) --work build/unseen --teach 3 --json > build/unseen.json
	$(PY) bench/stories.py $(RECORDING) --work build/detection --teach 3 --json > build/stories.json
	$(PY) bench/incremental.py --json > build/incremental.json
	$(PY) bench/latency.py $(if $(BACKGROUND),--background $(BACKGROUND)) --json > build/latency.json
	$(PY) bench/pack.py $(PACK) --work build/month --json > build/pack.json
	$(PY) bench/detection_page.py build/variants.json build/benign.json build/roc.json --unseen build/unseen.json \
	  --stories build/stories.json --incremental build/incremental.json --latency build/latency.json --pack build/pack.json

soak: .venv/.test ## the long forms of the tests, and an hour of fuzzing
	ASEPSIS_SOAK=1 cargo test -p wire --locked --release
	ASEPSIS_SOAK=1 $(PY) -m pytest -n 2
	$(MAKE) fuzz FUZZ_SECONDS=3600

golden: .venv/.test ## make the expected rows again; read the diff before you commit it
	$(PY) -m tests.golden.make
	git --no-pager diff --stat -- tests/golden

docs: .venv/.core ## write docs/reference from the program itself
	$(PY) tools/reference.py

PIN := $(PY) -m piptools compile --quiet --generate-hashes --strip-extras --no-emit-index-url --no-emit-trusted-host --no-emit-find-links
PIN_AS := CUSTOM_COMPILE_COMMAND='make lock'

lock: .venv/.core ## pin the dependencies of pyproject.toml again
	$(PY) -m pip install --quiet pip-tools
	$(PIN_AS) $(PIN) -o requirements/run.txt pyproject.toml
	$(PIN_AS) $(PIN) --all-build-deps --only-build-deps -o requirements/build.txt pyproject.toml
	$(PIN_AS) $(PIN) --allow-unsafe --extra test --extra lint -c requirements/run.txt -o requirements/dev.txt pyproject.toml
	$(PIN_AS) $(PIN) --allow-unsafe --extra range -c requirements/run.txt -c requirements/dev.txt -o requirements/range.txt pyproject.toml

clean: ## remove what was built, .venv included
	rm -rf build dist target .venv src/asepsis/*.so
	find src tests range bench -name __pycache__ -type d -prune -exec rm -rf {} +
