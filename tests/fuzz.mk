# Fuzz targets: included by the Makefile, which has the variables.

fuzz_src := $(sort $(wildcard tests/fuzz_*.c))
# Fuzz targets, one folder per engine: ENGINE=libfuzzer or afl.
FUZZ     := build/fuzz$(if $(filter afl,$(ENGINE)),-afl)
FUZZ_CC  := $(if $(filter afl,$(ENGINE)),afl-clang-fast,clang)
fuzzers  := $(patsubst tests/%.c,$(FUZZ)/%,$(fuzz_src))

# Each parser's fuzz target, with address and UB checks.  The library is made
# by one make for all of them: side by side they would spoil it.
fuzz-lib:
	@$(MAKE) --no-print-directory CC=$(FUZZ_CC) BUILD=$(FUZZ) \
		SAN=$(if $(filter afl,$(ENGINE)),,fuzzer-no-link$(comma))address,undefined $(FUZZ)/obj/libpostern.a

# The window of a reader is lent (tests/fuzz_spool.c).
wrapped_fuzz_spool := -Wl,--wrap=malloc,--wrap=free

$(FUZZ)/fuzz_%: tests/fuzz_%.c $(wildcard tests/*_house.h) $(lib_src) | fuzz-lib
	@echo "  $(FUZZ_CC) $<"
	@$(FUZZ_CC) -std=c17 -O1 -g -D_GNU_SOURCE -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
		-Iinclude -Igateway $(shell pkg-config --cflags $(LIBS)) $< $(FUZZ)/obj/libpostern.a $(ALL_LIBS) -pthread \
		$(wrapped_$(@F)) -o $@

fuzzers: $(fuzzers)

fuzz:
	@ENGINE=$(ENGINE) tools/install-deps
	@$(MAKE) --no-print-directory fuzzers
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tests/fuzz run $(FUZZ) $(ONLY)

# What the last `make fuzz` found new goes into tests/corpus, minimised.
fuzz-merge:
	@tests/fuzz merge build/fuzz $(ONLY)

.PHONY: fuzz-lib fuzzers fuzz fuzz-merge
