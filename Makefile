# make        what there is to do
# make run    serves on 127.0.0.1:8379
# make test   everything a change has to pass

FUZZ_SECONDS ?= 60
SWIFT_BUILD = swift build -c release --static-swift-stdlib
# A million lost powers take hours unoptimised. Apart from the release build, whose flags differ.
OPTIMISED_TEST = swift test --quiet -c release -Xswiftc -enable-testing --scratch-path .build/optimised
# Arguments for `nuthatch serve`, the system tests and the benchmarks: make run ARGS='--port 9000'
ARGS ?=

.PHONY: help run build test test-unit test-system test-nightly test-release test-faults bench fuzz tsan openapi format lint clean
.DEFAULT_GOAL := help
.NOTPARALLEL:

help: ## tells what there is to do
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 20

run: build ## builds and serves on 127.0.0.1:8379
	@exec .build/release/nuthatch serve $(ARGS)

build: ## leaves the release binary at .build/release/nuthatch
	@scripts/install-missing build
	$(SWIFT_BUILD) --product nuthatch

test: test-unit test-system ## unit tests, then the real binary driven from outside

test-unit:
	@scripts/install-missing test
	swift test --quiet

test-system: build
	@scripts/install-missing test
	$(SWIFT_BUILD) --product nuthatch-replay
	.venv/bin/python scripts/embed-openapi --check
	.venv/bin/python -m pytest -q Tests/System $(ARGS)

test-nightly: ## the tests with faults and random choices, repeated as is worth it each night
	@$(MAKE) --no-print-directory test-faults NUTHATCH_TEST_DEPTH=nightly

test-release: ## the same, repeated as is worth it before a release
	@$(MAKE) --no-print-directory test-faults NUTHATCH_TEST_DEPTH=release

test-faults: build
	@scripts/install-missing test
	NUTHATCH_TEST_DEPTH=$(NUTHATCH_TEST_DEPTH) $(OPTIMISED_TEST) --filter 'DurabilityTests|CacheEngineTests|JSONTests'
	NUTHATCH_TEST_DEPTH=$(NUTHATCH_TEST_DEPTH) .venv/bin/python -m pytest -q Tests/System -k durability \
		-o tmp_path_retention_policy=failed $(ARGS)

bench: build ## measures beside nginx, nchan, Redis and memcached
	@scripts/install-missing bench
	$(SWIFT_BUILD) --product nuthatch-replay
	python3 Benchmarks/bench.py $(ARGS)

fuzz: ## feeds the parsers with what a fuzzer finds, FUZZ_SECONDS=60 each
	@scripts/install-missing build
	@scripts/fuzz $(FUZZ_SECONDS)

tsan: ## runs the stress tests and a server under the thread sanitizer
	@scripts/install-missing test
	@scripts/tsan

openapi: ## puts openapi/openapi.yaml into the server
	@scripts/install-missing test
	.venv/bin/python scripts/embed-openapi

format: ## puts the sources into their form
	swift format --in-place --parallel --recursive Package.swift Sources Tests Fuzz

lint: ## tells what is not in its form
	swift format lint --strict --parallel --recursive Package.swift Sources Tests Fuzz

clean: ## removes what was built
	rm -rf .build .build-fuzz .build-tsan .venv
