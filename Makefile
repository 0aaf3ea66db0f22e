# Postern.  Two commands matter: `make run` and `make test`.
# Variables: CC=gcc|clang  SAN=address,undefined|thread  FUZZ_SECONDS=10
#            TAKEOVER=1 (tests/e2e/20-takeover.py)  SANDBOX_KILL=1
#            ENGINE=libfuzzer|afl  ONLY=fuzz_spool (fuzz targets)
#            PREFIX=/usr/local  DESTDIR=  FIXTURES=../shared/fixtures
#            BENCH=short  PARTS="ack rivals" (docs/performance.md)
#            TORTURE=short|nightly  KILLS=  IMAGES=  SITES=  SEED=  (docs/torture.md)

ifeq ($(origin CC),default)
CC := gcc
endif
PREFIX   ?= /usr/local
FIXTURES ?= ../shared/fixtures
FUZZ_SECONDS ?= 10
ENGINE   ?= libfuzzer

# One folder per build flavour; the plain gcc build is build/ itself.
comma   := ,
flavour := $(if $(filter clang%,$(notdir $(CC))),-clang)$(if $(SAN),-$(subst $(comma),-,$(SAN)))$(if $(TAKEOVER),-takeover)$(if $(SANDBOX_KILL),-kill)$(if $(FAULTS),-torture)
BUILD   ?= build$(if $(flavour),/flavour$(flavour))
OBJ     := $(BUILD)/obj

LIBS := libmicrohttpd libcurl jansson yaml-0.1 sqlite3 libcrypto libsodium libxxhash libseccomp gnutls libjpeg libpng libwebpmux nettle zlib

WARN := -Wall -Wextra -Wconversion -Wshadow -Wvla -Wformat=2 -Wstrict-prototypes \
	-Wmissing-prototypes -Wundef -Werror -Werror=format-security \
	-Werror=implicit-function-declaration
HARDEN := -fstack-protector-strong -fstack-clash-protection -fcf-protection=full \
	-ftrivial-auto-var-init=$(if $(findstring clang,$(CC)),pattern,zero) -fno-strict-overflow -fno-delete-null-pointer-checks \
	$(if $(SAN),,-D_FORTIFY_SOURCE=3) \
	$(if $(findstring clang,$(CC)),,-fzero-call-used-regs=used-gpr)
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=c17 $(CFLAGS) -fPIE -pthread -D_GNU_SOURCE $(WARN) $(HARDEN) \
	$(if $(TAKEOVER),-DTAKEOVER) $(if $(SANDBOX_KILL),-DSANDBOX_KILL) \
	$(if $(SAN),-DSANDBOX_OFF -fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer $(UNSAN)) \
	-Iinclude -Igateway -include gateway/base/banned.h -MMD -MP \
	$(shell pkg-config --cflags $(LIBS) 2>/dev/null)
ALL_LDFLAGS = -pie -pthread -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code \
	$(LDFLAGS) $(WRAPPED) $(if $(SAN),-fsanitize=$(SAN))
# Of libarchive the writer of ZIP alone: linked statically, all that nothing
# refers to left out, and with it XML and five ways to pack (docs/dependencies.md).
ALL_LIBS = -Wl,--gc-sections,--exclude-libs,libarchive.a -l:libarchive.a $(shell pkg-config --libs $(LIBS) 2>/dev/null)

# What only postern-verify has; network.c where it is static.
alone    := $(addprefix gateway/verify/,main.c calls.c network.c)
lib_src  := $(filter-out $(alone),$(sort $(wildcard policy/*.c policy/*/*.c gateway/*/*.c))) $(if $(TAKEOVER),tests/takeover.c)
sim_src  := $(sort $(wildcard tests/sim/*.c))
test_src := $(sort $(wildcard tests/test_*.c tests/contract_*.c))
# FAULTS=1: a layer between the gateway and the kernel, for make torture only.
faults   := $(if $(FAULTS),$(patsubst %.c,$(OBJ)/%.o,$(wildcard tests/torture/*.c)))
lib      := $(OBJ)/libpostern.a
tests    := $(patsubst tests/%.c,$(BUILD)/tests/%,$(test_src))

all: $(BUILD)/postern $(BUILD)/postern-sim $(BUILD)/postern-verify

$(OBJ)/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  $(CC) $<"
	@$(CC) $(ALL_CFLAGS) -c $< -o $@

# Embedded by the assembler, so not in the .d file.
$(OBJ)/gateway/settings/templates.o: $(wildcard policy/templates/*.yaml gateway/settings/templates/*.yaml)

$(patsubst %,$(OBJ)/tests/test_%.o,explain policydiff render): tests/policies/everything.yaml

$(lib): $(lib_src:%.c=$(OBJ)/%.o)
	@rm -f $@
	@ar rcs $@ $^

# The layer defines what the fortified headers would replace, and is called
# before the sanitizers are ready.
$(faults): HARDEN += -U_FORTIFY_SOURCE
$(faults): UNSAN := -fno-sanitize=all -DSANITIZED

$(BUILD)/postern: $(OBJ)/gateway/main.o $(faults) $(lib)
	@echo "  link $@"
	@$(CC) $(ALL_LDFLAGS) $(if $(FAULTS),-rdynamic) $^ $(ALL_LIBS) -o $@

# The auditor's: one file that needs nothing of the system it runs on.  A
# sanitizer cannot be linked statically; that build is for tests of the code.
verifier: $(BUILD)/postern-verify

$(BUILD)/postern-verify: $(patsubst %.c,$(OBJ)/%.o,$(if $(SAN),$(filter-out %/network.c,$(alone)),$(alone))) $(lib)
	@echo "  link $@"
	@$(CC) $(if $(SAN),$(ALL_LDFLAGS),-static-pie $(filter-out -pie,$(ALL_LDFLAGS)) -Wl$(comma)--gc-sections -Wl$(comma)-z$(comma)pack-relative-relocs) $^ -lsodium -lcrypto -o $@

$(BUILD)/postern-sim: $(sim_src:%.c=$(OBJ)/%.o) $(lib)
	@echo "  link $@"
	@$(CC) $(ALL_LDFLAGS) $^ $(ALL_LIBS) -o $@

$(BUILD)/tests/%: $(OBJ)/tests/%.o $(lib)
	@mkdir -p $(@D)
	@echo "  link $@"
	@$(CC) $(ALL_LDFLAGS) $^ $(ALL_LIBS) -lcmocka -o $@

# These let calls fail (tests/faults.h).
$(BUILD)/tests/test_faults_%: WRAPPED := $(addprefix -Wl$(comma)--wrap=, \
	malloc calloc realloc sodium_malloc sodium_mlock crypto_pwhash \
	pread __pread_chk write fsync fstat unlink unlinkat statvfs \
	posix_fallocate fchmod ftruncate fdopendir readdir openat open EVP_MAC_fetch \
	EVP_MAC_CTX_new EVP_MAC_CTX_dup EVP_MAC_init EVP_MAC_update EVP_MAC_final \
	sqlite3_step sqlite3_prepare_v2 sqlite3_prepare_v3 sqlite3_exec \
	sqlite3_wal_checkpoint_v2 keeper_run keeper_batch_new keeper_result \
	store_begin store_commit store_start store_step)

# A library that ends the process when memory is short.
$(BUILD)/tests/test_faults_package: WRAPPED += $(addprefix -Wl$(comma)--wrap=archive_, \
	write_new entry_new write_header write_data write_finish_entry write_close \
	write_set_format_zip write_open entry_set_pathname)

include tests/fuzz.mk

include tests/bench/bench.mk

unit: $(tests)

deps:
	@tools/install-deps

run: deps
	@$(MAKE) --no-print-directory all
	@tools/demo run

demo: deps
	@$(MAKE) --no-print-directory all
	@tools/demo story

# Persons erased, a backup restored, the report in build/drill.
drill: deps
	@$(MAKE) --no-print-directory all
	@tests/drill/drill.py

test:
	@BROWSER=1 tools/install-deps
	@FIXTURES=$(FIXTURES) FUZZ_SECONDS=$(FUZZ_SECONDS) tests/run

# Lines and branches reached by the unit and end-to-end tests, per file.
coverage:
	@BROWSER=1 COVERAGE=1 tools/install-deps
	@FIXTURES=$(FIXTURES) tests/coverage

torture: deps
	@$(MAKE) --no-print-directory all
	@$(MAKE) --no-print-directory FAULTS=1 all
	@$(if $(filter nightly,$(TORTURE)),$(MAKE) --no-print-directory FAULTS=1 SAN=address$(comma)undefined all)
	@TORTURE=$(or $(TORTURE),short) $(foreach v,KILLS IMAGES MUTANTS SITES MEMORY_SITES MEMORY_FOR_EVER STOPS SEED,$(if $($(v)),$(v)=$($(v)))) tests/torture/run.py

format:
	clang-format -i $(shell git ls-files '*.c' '*.h')

lint:
	clang-format --dry-run -Werror $(shell git ls-files '*.c' '*.h')
	cppcheck -q --std=c11 --enable=warning,portability --inline-suppr --error-exitcode=1 -Iinclude -Igateway $(lib_src)

install: all
	tools/install "$(DESTDIR)" "$(PREFIX)" "$(BUILD)"

deb: all
	@tools/deb "$(BUILD)"

clean:
	rm -rf build

.PHONY: all verifier unit deps run demo drill test torture coverage format lint install deb clean
.SECONDARY:
-include $(shell find $(OBJ) -name '*.d' 2>/dev/null)
