# Measurements: included by the Makefile, which has the variables.
#   make bench [BENCH=short] [PARTS="ack rivals"]   (docs/performance.md)
#   make bench-archive [ROWS=10000000]
#   make bench-receive
#   make bench-decide [POLICY=policy.yaml CHANNEL=name]
#   make bench-ledger [ENTRIES=10000000]
#   make bench-package [MESSAGES=10000]
#   make bench-simulate [ROWS=1000000]
#   make bench-sweep [ROWS=1000000]

# How the archive keeps its speed as it grows.
ROWS ?= 1000000
$(BUILD)/bench-archive: $(OBJ)/tests/bench/archive.o $(OBJ)/tests/bench/erase.o $(OBJ)/tests/bench/archive_world.o $(lib)
	@echo "  link $@"
	@$(CC) $(ALL_LDFLAGS) $^ $(ALL_LIBS) -o $@

bench-archive: $(BUILD)/bench-archive
	@$(BUILD)/bench-archive $(ROWS)

# From the spool to the archive, with the proof log and without.
$(BUILD)/bench-receive: $(OBJ)/tests/bench/receive.o $(lib)
	@echo "  link $@"
	@$(CC) $(ALL_LDFLAGS) -Wl,--wrap=ledger_batch_add $^ $(ALL_LIBS) -lcmocka -o $@

bench-receive: $(BUILD)/bench-receive
	@$(BUILD)/bench-receive

$(OBJ)/tests/bench/receive.o: ALL_CFLAGS += -Itests

# The copy of a person's data.
MESSAGES ?= 10000
$(BUILD)/bench-package: $(OBJ)/tests/bench/package.o $(lib)
	@echo "  link $@"
	@$(CC) $(ALL_LDFLAGS) $^ $(ALL_LIBS) -lcmocka -o $@

bench-package: $(BUILD)/bench-package
	@$(BUILD)/bench-package $(MESSAGES)

$(OBJ)/tests/bench/package.o: ALL_CFLAGS += -Itests

# A large proof log.
ENTRIES ?= 1000000
$(BUILD)/bench-ledger: $(OBJ)/tests/bench/ledger.o $(lib)
	@echo "  link $@"
	@$(CC) $(ALL_LDFLAGS) $^ $(ALL_LIBS) -o $@

bench-ledger: $(BUILD)/bench-ledger
	@$(BUILD)/bench-ledger $(ENTRIES)

# What a policy costs each message.
POLICY  ?= policy/templates/kundenservice.yaml
CHANNEL ?= kundenservice
$(BUILD)/bench-decide: $(OBJ)/tests/bench/decide.o $(OBJ)/tests/bench/archive_world.o $(lib)
	@echo "  link $@"
	@$(CC) $(ALL_LDFLAGS) $^ $(ALL_LIBS) -o $@

bench-decide: $(BUILD)/bench-decide
	@$(BUILD)/bench-decide $(POLICY) $(CHANNEL)

# What `policy simulate` takes over a full archive, and from the intake.
$(BUILD)/bench-simulate-fill: $(OBJ)/tests/bench/simulate_fill.o $(OBJ)/tests/bench/archive_world.o $(lib)
	@echo "  link $@"
	@$(CC) $(ALL_LDFLAGS) $^ $(ALL_LIBS) -o $@

$(BUILD)/bench/filled-$(ROWS).db: $(BUILD)/bench-simulate-fill
	@mkdir -p $(@D)
	@echo "  fill $@"
	@TMPDIR=$(abspath $(@D)) $(BUILD)/bench-simulate-fill $(ROWS) kundenservice $(abspath $@)

bench-simulate: all $(BUILD)/bench/bare $(BUILD)/bench/filled-$(ROWS).db
	@tests/bench/simulate.py $(BUILD) $(BUILD)/bench/filled-$(ROWS).db

# What a sweep of nearly all of it takes, and from the intake.
bench-sweep: all $(BUILD)/bench/bare $(BUILD)/bench/filled-$(ROWS).db
	@tests/bench/sweep.py $(BUILD) $(BUILD)/bench/filled-$(ROWS).db

# A disk that takes so many microseconds longer for a flush: linked into a
# Postern of the bench's own, a library for the others (tests/bench/slowsync.c).
# -rdynamic: SQLite's library calls the same.
SLOW_US  := 1000 5000
SLOW     := $(OBJ)/tests/bench/slowsync

$(SLOW_US:%=$(SLOW)-%.o): $(SLOW)-%.o: tests/bench/slowsync.c
	@mkdir -p $(@D)
	@echo "  $(CC) $< $*"
	@$(CC) $(ALL_CFLAGS) -DSLOW_SYNC_US=$*L -c $< -o $@

$(SLOW_US:%=$(BUILD)/bench/slowsync-%.so): $(BUILD)/bench/slowsync-%.so: tests/bench/slowsync.c
	@mkdir -p $(@D)
	@echo "  link $@"
	@$(CC) $(ALL_CFLAGS) -DSLOW_SYNC_US=$*L -fPIC -shared -MF $(SLOW)-$*.so.d $< -o $@

$(SLOW_US:%=$(BUILD)/bench/postern-slow-%): $(BUILD)/bench/postern-slow-%: $(OBJ)/gateway/main.o $(SLOW)-%.o $(lib)
	@echo "  link $@"
	@$(CC) $(ALL_LDFLAGS) -rdynamic $^ $(ALL_LIBS) -o $@

$(BUILD)/bench/bare: tests/bench/bare.c
	@mkdir -p $(@D)
	@echo "  link $@"
	@$(CC) $(ALL_CFLAGS) -MF $(OBJ)/bare.d $< -lmicrohttpd -lpthread -o $@

$(BUILD)/bench/floor: tests/bench/floor.c
	@mkdir -p $(@D)
	@echo "  link $@"
	@$(CC) $(ALL_CFLAGS) -MF $(OBJ)/floor.d $< -lmicrohttpd -lcrypto -lsodium -o $@

bench-programs: all $(BUILD)/bench/bare $(BUILD)/bench/floor \
	$(BUILD)/bench-archive $(BUILD)/bench-decide $(BUILD)/bench-ledger $(BUILD)/bench-receive \
	$(foreach us,$(SLOW_US),$(BUILD)/bench/slowsync-$(us).so $(BUILD)/bench/postern-slow-$(us))

bench: deps
	@$(MAKE) --no-print-directory bench-programs
	@BENCH="$(BENCH)" PARTS="$(PARTS)" BUILD="$(BUILD)" tests/bench/run

.PHONY: bench bench-archive bench-receive bench-package bench-decide bench-ledger bench-simulate bench-sweep bench-programs
