# Front door only: CMake (CMakePresets.json), ctest, scripts/ and tools/ do the work.
#
## make              build build/ingle and libingle
## make run          the built-in models at work; MODEL=file.gguf PROMPT="..." TOKENS=200 write, too
## make test         every test but the slow ones
## make test-slow    the slow ones
## make check        style, layers, sizes, exported names, static analysis
## make bench        speed beside llama.cpp, every bound met or missed (twenty minutes); the service's
##                   is bench/serve
## make eval         how well the built-in models do on held-out data, every target met or missed
## make builtin      train the built-in models anew from ../shared/data (half an hour)
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
MODEL   ?= $(wildcard ../shared/models/stories260K.gguf)
export PROMPT TOKENS
presets := dev asan tsan msan fuzz coverage aarch64

.NOTPARALLEL:
.PHONY: all tests run test test-slow check bench eval builtin install setup clean help $(presets)

all: build/build.ninja
	@cmake --build build

# The product alone needs no test library; from the first `make test` on, build/ has the tests too.
build/build.ninja:
	@cmake --preset release -DINGLE_TESTS=OFF

tests:
	@cmake --preset release -DINGLE_TESTS=ON >/dev/null
	@cmake --build build

run: setup-build all
	@scripts/tour $(MODEL)

test: setup-test tests
	@ctest --test-dir build -j$(jobs) --output-on-failure -LE slow

test-slow: setup-test tests
	@ctest --test-dir build --output-on-failure -L slow

check: setup-test setup-check tests
	@tools/check

bench: setup-test tests
	@bench/reach $(BENCH)

eval: setup-test tests
	@bench/eval

# The programs of the recipes are built with the tests.
builtin: setup-test tests
	@for recipe in intents tagger encoder; do models/recipe/$$recipe || exit 1; done
	@cmake --build build

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
