/* fuzz_ledgerentry.c - entries of the proof log: what is read prints as it was,
 * and what is printed reads back. */
#include "fuzz_house.h"
#include "postern/ledgerentry.h"

static uint64_t feed_number(struct feed *f)
{
	unsigned int bytes = feed_byte(f) % 9;
	uint64_t v = 0;

	while (bytes-- > 0)
		v = v << 8 | feed_byte(f);
	return v;
}

static void feed_bytes(struct feed *f, uint8_t *ret, size_t len)
{
	for (size_t i = 0; i < len; i++)
		ret[i] = feed_byte(f);
}

/* Any bytes: taken only if they are what printing would make of them. */
static void check_bytes(const uint8_t *bytes, size_t len)
{
	struct buf again = BUF_INIT(LEDGER_ENTRY_MAX);
	struct ledger_told t;

	if (ledger_entry_parse(bytes, len, &t, NULL) == 0) {
		MUST(ledger_told_print(&t, &again, NULL) == 0);
		MUST(again.len == len && memcmp(again.bytes, bytes, len) == 0);
	}
	buf_free(&again);
}

static void make(struct feed *f, struct ledger_entry *ret)
{
	*ret = (struct ledger_entry){
	    .event =
		(enum ledger_event)(feed_byte(f) % (LEDGER_EVENTS_COUNT + 1)),
	    .at_ms = (int64_t)feed_number(f),
	    .actor = (enum ledger_actor)(feed_byte(f) % 5),
	    .object_kind = (enum id_kind)(feed_byte(f) % ID_KINDS),
	    .object = (int64_t)feed_number(f),
	    .policy = (int64_t)feed_number(f),
	    .reason =
		(enum ledger_reason)(feed_byte(f) % (LEDGER_REASONS_COUNT + 1)),
	    .committed = feed_byte(f) & 1,
	    .counted = feed_byte(f) & 1,
	    .count = feed_number(f),
	    .rooted = feed_byte(f) & 1,
	};
	feed_bytes(f, ret->commitment, sizeof(ret->commitment));
	feed_bytes(f, ret->root.bytes, sizeof(ret->root.bytes));
	feed_bytes(f, (uint8_t *)ret->staff, sizeof(ret->staff));
}

/* Any entry: refused, or it comes back. */
static void check_entry(const struct ledger_entry *e)
{
	static const struct id_mask mask = {.key = {1}};
	struct buf b = BUF_INIT(LEDGER_ENTRY_MAX);
	struct ledger_told t;
	struct err err = {0};

	if (ledger_entry_print(e, &mask, &b, &err) != 0) {
		MUST(err.kind == ERR_INPUT && b.len == 0);
		buf_free(&b);
		return;
	}
	MUST(ledger_entry_parse(b.bytes, b.len, &t, &err) == 0);
	MUST(t.event == e->event && t.actor == e->actor &&
	     t.reason == e->reason && t.policy == e->policy);
	MUST(t.at_ms == e->at_ms - e->at_ms % 1000);
	MUST(t.counted == e->counted && (!t.counted || t.count == e->count));
	MUST(t.rooted == e->rooted &&
	     (!t.rooted || merkle_equal(&t.root, &e->root)));
	MUST(t.committed == e->committed &&
	     (!t.committed || memcmp(t.commitment, e->commitment, 32) == 0));
	MUST((t.object.text[0] != '\0') == (e->object != 0));
	check_bytes(b.bytes, b.len);
	buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed f = {data, size};
	struct ledger_entry e;

	check_bytes(data, size);
	make(&f, &e);
	check_entry(&e);
	return 0;
}
