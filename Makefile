# Front door only: CMake (CMakePresets.json), ctest, scripts/ and tools/ do the work.
#
## make              build build/ingle and libingle
## make run          write a story; MODEL=file.gguf PROMPT="..." TOKENS=200 choose
## make test         every test but the slow ones
## make test-slow    the slow ones
## make check        style, layers, sizes, exported names, static analysis
## make bench        speed beside llama.cpp, every bound met or missed (twenty minutes)
## make asan         the tests under the address and undefined-behaviour sanitizers
## make tsan, msan   the same for data races; for memory read before it is written
## make fuzz         build the libFuzzer programs and replay their corpus
## make coverage     which lines the tests execute
## make aarch64      build for arm64 and run its tests under qemu
## make dev          an unoptimised build by clang, with its tests
## make install      prefix=/usr/local, DESTDIR=
## make setup        install (apt) what all of these need
## make clean        remove build/

jobs    := $(shell nproc 2>/dev/null || echo 2)
prefix  ?= /usr/local
PROMPT  ?= Once upon a time
TOKENS  ?= 200
MODEL   ?= $(wildcard ../shared/models/stories260K.gguf)
presets := dev asan tsan msan fuzz coverage aarch64

.NOTPARALLEL:
.PHONY: all tests run test test-slow check bench install setup clean help $(presets)

all: build/build.ninja
	@cmake --build build

# The product alone needs no test library; from the first `make test` on, build/ has the tests too.
build/build.ninja:
	@cmake --preset release -DINGLE_TESTS=OFF

tests:
	@cmake --preset release -DINGLE_TESTS=ON >/dev/null
	@cmake --build build

# Without a model there is nothing to run; to have built and said so is not an error.
run: setup-build all
	@if [ -n "$(MODEL)" ]; then \
	    build/ingle run -m "$(MODEL)" -p "$(PROMPT)" -n $(TOKENS) --temp 0 --stats; \
	else \
	    echo "ingle is built, but there is no model to run: download any GGUF file of a" \
	        "language model and say make run MODEL=path/to/file.gguf"; \
	fi

test: setup-test tests
	@ctest --test-dir build -j$(jobs) --output-on-failure -LE slow

test-slow: setup-test tests
	@ctest --test-dir build --output-on-failure -L slow

check: setup-test setup-check tests
	@tools/check

bench: setup-test tests
	@bench/reach $(BENCH)

$(presets): setup-test setup-check
	@cmake --preset $@
	@cmake --build --preset $@
	@ctest --preset $@ -j$(jobs)
	@if [ $@ = coverage ]; then tools/coverage; fi

install: all
	@cmake --install build --prefix $(prefix)

setup:
	@scripts/setup build test check

setup-%:
	@scripts/setup build $*

clean:
	@rm -rf build

help:
	@sed -n 's/^## //p' Makefile
