/* test_ledgerverify.c - the check of a log: its findings, its sources, its
 * words.  tests/test_ledger_tamper.c changes logs at random.
 * Proves: compliance L1, 6.7 (pruning), 7.6 (rotation). */
#include "ledger_house.h"

static struct ledger_signer signer, next_signer, witness;

/* --- a log in memory, of any bytes -----------------------------------------
 */

#define MINE_MAX 700

struct mine {
	struct buf entries[MINE_MAX];
	uint64_t len, at;
	uint64_t tree; /* leaves the tiles have */
	struct merkle_hash leaves[MINE_MAX];
	struct buf *olders[8];
	size_t olders_len, older_at;
	enum err_kind next_fails, tile_fails, checkpoint_fails, begins_fails;
	uint64_t fails_at;
	uint64_t odd_at, odd_index; /* one that says it stands elsewhere */
	uint64_t prunes_at, begins; /* what is pruned while it is read */
};

static int mine_next(void *ctx, uint64_t *ret_index, const uint8_t **ret_entry,
		     size_t *ret_len, struct err *err)
{
	struct mine *m = ctx;

	if (m->next_fails != ERR_NONE && m->at == m->fails_at)
		return err_set(err, m->next_fails, __func__, "made to fail", 0);
	if (m->begins > 0 && m->at >= m->prunes_at && m->at < m->begins)
		m->at = m->begins;
	if (m->at == m->len)
		return 0;
	*ret_index = m->at == m->odd_at ? m->odd_index : m->at;
	*ret_entry = m->entries[m->at].bytes;
	*ret_len = m->entries[m->at++].len;
	return 1;
}

static int mine_tile(void *ctx, int level, uint64_t number,
		     struct merkle_hash ret[TILE_WIDTH],
		     unsigned int *ret_width, struct err *err)
{
	struct mine *m = ctx;
	uint64_t first = number * TILE_WIDTH;

	if (m->tile_fails != ERR_NONE)
		return err_set(err, m->tile_fails, __func__, "made to fail", 0);
	*ret_width = 0;
	for (uint64_t i = first; level == 0 && i < m->tree && i < first + 256;
	     i++)
		ret[(*ret_width)++] = m->leaves[i];
	for (uint64_t i = 0; level == 1 && number == 0 && i < m->tree / 256;
	     i++)
		tile_root(m->leaves + i * 256, 256, &ret[(*ret_width)++]);
	return 0;
}

static int mine_checkpoint(void *ctx, const char **ret_note, size_t *ret_len,
			   struct err *err)
{
	struct mine *m = ctx;

	if (m->checkpoint_fails != ERR_NONE)
		return err_set(err, m->checkpoint_fails, __func__,
			       "made to fail", 0);
	if (m->older_at == m->olders_len)
		return 0;
	*ret_note = (const char *)m->olders[m->older_at]->bytes;
	*ret_len = m->olders[m->older_at++]->len;
	return 1;
}

static int mine_begins(void *ctx, uint64_t *ret, struct err *err)
{
	struct mine *m = ctx;

	if (m->begins_fails != ERR_NONE)
		return err_set(err, m->begins_fails, __func__, "made to fail",
			       0);
	*ret = m->begins;
	return 0;
}

static struct mine *mine_make(uint64_t len)
{
	struct mine *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	m->len = m->tree = len;
	m->odd_at = UINT64_MAX;
	for (uint64_t i = 0; i < len; i++) {
		m->entries[i] = BUF_INIT(LEDGER_ENTRY_MAX);
		ledger_example_bytes(i, &m->entries[i]);
	}
	return m;
}

static void mine_free(struct mine *m)
{
	for (uint64_t i = 0; i < m->len; i++)
		buf_free(&m->entries[i]);
	free(m);
}

static struct merkle_hash mine_root(struct mine *m)
{
	struct merkle_edge edge = {.size = 0};
	struct merkle_hash root;

	for (uint64_t i = 0; i < m->len; i++) {
		merkle_leaf(m->entries[i].bytes, m->entries[i].len,
			    &m->leaves[i]);
		merkle_edge_add(&edge, &m->leaves[i]);
	}
	merkle_edge_root(&edge, &root);
	return root;
}

static int mine_verify(struct mine *m, const struct buf *note,
		       struct ledger_finding *ret, struct err *err)
{
	struct ledger_source source = {.ctx = m,
				       .next = mine_next,
				       .tile = mine_tile,
				       .checkpoint = mine_checkpoint,
				       .begins = mine_begins};

	m->at = m->older_at = 0;
	return ledger_verify(&source, (const char *)note->bytes, note->len,
			     &signer.key, 1, NULL, NULL, ret, err);
}

static void is(struct mine *m, const struct buf *note, enum ledger_fault fault,
	       uint64_t index)
{
	struct ledger_finding f = {.fault = LEDGER_SOUND};
	struct err err = {0};

	assert_int_equal(mine_verify(m, note, &f, &err), 0);
	assert_int_equal(f.fault, fault);
	assert_true(f.index == index);
}

/* --- tests ---------------------------------------------------------------- */

static void logs_of_all_sizes_are_sound(void **state)
{
	struct buf note = BUF_INIT(NOTE_BYTES_MAX);
	struct merkle_hash root;

	(void)state;
	for (uint64_t size = 0; size < MINE_MAX;
	     size += size < 10 || (size > 250 && size < 260) ? 1 : 61) {
		struct mine *m = mine_make(size);

		root = mine_root(m);
		buf_clear(&note);
		ledger_note(&signer, size, &root, &note);
		is(m, &note, LEDGER_SOUND, 0);
		root.bytes[0] ^= 1;
		buf_clear(&note);
		ledger_note(&signer, size, &root, &note);
		is(m, &note, LEDGER_BAD_ROOT, 0);
		mine_free(m);
	}
	buf_free(&note);
}

static void what_is_signed_has_to_be_an_entry_too(void **state)
{
	struct mine *m = mine_make(300);
	struct buf note = BUF_INIT(NOTE_BYTES_MAX);
	struct merkle_hash root;
	struct err err = {0};

	(void)state;
	buf_clear(&m->entries[270]);
	assert_int_equal(
	    buf_append_text(&m->entries[270], "{\"note\":\"Erika\"}", &err), 0);
	root = mine_root(m);
	ledger_note(&signer, 300, &root, &note);
	is(m, &note, LEDGER_BAD_ENTRY, 270);
	buf_free(&note);
	mine_free(m);
}

static void a_source_that_fails_is_no_finding(void **state)
{
	struct mine *m = mine_make(300);
	struct buf note = BUF_INIT(NOTE_BYTES_MAX);
	struct ledger_finding f = {.fault = LEDGER_SOUND, .index = 7};
	struct merkle_hash root = mine_root(m);
	struct err err = {0};

	(void)state;
	ledger_note(&signer, 300, &root, &note);
	m->next_fails = ERR_BUSY;
	m->fails_at = 290;
	assert_int_equal(mine_verify(m, &note, &f, &err), -1);
	assert_int_equal(err.kind, ERR_BUSY);
	m->next_fails = ERR_NONE;
	m->tile_fails = ERR_STORAGE;
	assert_int_equal(mine_verify(m, &note, &f, &err), -1);
	assert_int_equal(err.kind, ERR_STORAGE);
	m->tile_fails = ERR_NONE;
	m->checkpoint_fails = ERR_NOMEM;
	assert_int_equal(mine_verify(m, &note, &f, &err), -1);
	assert_int_equal(err.kind, ERR_NOMEM);
	assert_true(f.index == 7);
	buf_free(&note);
	mine_free(m);
}

static void damage_met_while_reading_is_a_finding(void **state)
{
	struct mine *m = mine_make(300);
	struct buf note = BUF_INIT(NOTE_BYTES_MAX);
	struct merkle_hash root = mine_root(m);

	(void)state;
	ledger_note(&signer, 300, &root, &note);
	m->next_fails = ERR_CORRUPT;
	m->fails_at = 290;
	is(m, &note, LEDGER_BAD_ENTRY, 290);
	m->next_fails = ERR_NONE;
	m->tile_fails = ERR_CORRUPT;
	is(m, &note, LEDGER_BAD_TILE, 0);
	m->tile_fails = ERR_NONE;
	m->checkpoint_fails = ERR_CORRUPT;
	is(m, &note, LEDGER_BAD_CHECKPOINT, 0);
	buf_free(&note);
	mine_free(m);
}

static void places_have_to_rise_by_one(void **state)
{
	struct mine *m = mine_make(300);
	struct buf note = BUF_INIT(NOTE_BYTES_MAX);
	struct merkle_hash root = mine_root(m);

	(void)state;
	ledger_note(&signer, 300, &root, &note);
	m->odd_at = 270;
	m->odd_index = 269;
	is(m, &note, LEDGER_BAD_ENTRY, 270);
	m->odd_index = 271;
	is(m, &note, LEDGER_MISSING_ENTRY, 270);
	m->odd_at = 256;
	m->odd_index = UINT64_MAX;
	is(m, &note, LEDGER_MISSING_ENTRY, 256);
	buf_free(&note);
	mine_free(m);
}

/* A copy of the last entry, and the last entries after a removal. */
static void the_last_entry_elsewhere_is_told_from_a_removal(void **state)
{
	static const uint64_t places[] = {0, 255, 256, 290, 297, 298};
	struct buf note = BUF_INIT(NOTE_BYTES_MAX);
	struct mine *m = mine_make(300);
	struct merkle_hash root = mine_root(m);
	struct buf was;

	(void)state;
	ledger_note(&signer, 300, &root, &note);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		was = m->entries[places[i]];
		m->entries[places[i]] = m->entries[299];
		is(m, &note, LEDGER_BAD_ENTRY, places[i]);
		m->entries[places[i]] = was;
	}
	/* The last two swapped. */
	was = m->entries[298];
	m->entries[298] = m->entries[299];
	m->entries[299] = was;
	is(m, &note, LEDGER_BAD_ENTRY, 298);
	m->entries[299] = m->entries[298];
	m->len = 299;
	is(m, &note, LEDGER_MISSING_ENTRY, 298);
	m->entries[298] = was;
	m->len = 300;
	buf_free(&note);
	mine_free(m);
}

static void only_the_logs_own_key_counts(void **state)
{
	struct ledger_signer other;
	struct mine *m = mine_make(20);
	struct buf note = BUF_INIT(NOTE_BYTES_MAX);
	struct merkle_hash root = mine_root(m);

	(void)state;
	ledger_signer_make(&other, 1, "elsewhere.example/audit");
	ledger_note(&other, 20, &root, &note);
	is(m, &note, LEDGER_BAD_SIGNATURE, 0);
	buf_clear(&note);
	ledger_note(&witness, 20, &root, &note);
	is(m, &note, LEDGER_BAD_SIGNATURE, 0);
	buf_clear(&note);
	is(m, &note, LEDGER_BAD_SIGNATURE, 0);
	buf_free(&note);
	mine_free(m);
}

/* --- pruned while it is read ------------------------------------------------
 */

/* A log of 700 that says in entry told that 512 go, and its note of size. */
static struct mine *pruning(uint64_t told, uint64_t size, struct buf *ret_note)
{
	struct ledger_entry e = {.event = LEDGER_LOG_PRUNED,
				 .at_ms = LEDGER_FIRST_MS,
				 .counted = true,
				 .count = 512};
	struct mine *m = mine_make(700);
	struct merkle_hash root;
	struct err err = {0};

	buf_clear(&m->entries[told]);
	assert_int_equal(ledger_entry_print(&e, NULL, &m->entries[told], &err),
			 0);
	(void)mine_root(m);
	m->len = size;
	root = mine_root(m);
	m->len = 700;
	ledger_note(&signer, size, &root, ret_note);
	return m;
}

static void pruning_beside_the_check_is_none_of_its_findings(void **state)
{
	static const uint64_t moments[] = {1, 100, 255, 256, 257, 511};
	static const struct {
		uint64_t told, size;
	} rows[] = {{600, 700}, {600, 601}, {650, 640}, {513, 513}};
	struct ledger_finding f;
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf note = BUF_INIT(NOTE_BYTES_MAX);
		struct mine *m = pruning(rows[i].told, rows[i].size, &note);

		m->begins = 512;
		for (size_t k = 0; k < sizeof(moments) / sizeof(moments[0]);
		     k++) {
			m->prunes_at = moments[k];
			is(m, &note, LEDGER_SOUND, 0);
		}
		m->begins_fails = ERR_BUSY;
		assert_int_equal(mine_verify(m, &note, &f, &err), -1);
		assert_int_equal(err.kind, ERR_BUSY);
		buf_free(&note);
		mine_free(m);
	}
}

static void what_goes_beside_the_check_has_to_be_said_too(void **state)
{
	struct buf note = BUF_INIT(NOTE_BYTES_MAX);
	struct mine *m = pruning(600, 700, &note);

	(void)state;
	m->prunes_at = 300;
	m->begins = 640; /* not whole bundles */
	is(m, &note, LEDGER_MISSING_ENTRY, 300);
	m->len = 700;
	mine_free(m);
	buf_clear(&note);
	m = pruning(300, 700, &note);
	m->prunes_at = 280; /* goes with what it says */
	m->begins = 512;
	is(m, &note, LEDGER_MISSING_ENTRY, 0);
	buf_free(&note);
	mine_free(m);
}

/* --- rotation of the key ---------------------------------------------------
 */

/* The log told of it in entry 150; olders[0] and [1] are of the earlier key,
 * which who checks does not have. */
static struct mine *rotated(struct buf notes[4], bool told)
{
	static const uint64_t sizes[] = {50, 100, 200, 300};
	struct ledger_entry e = {.event = LEDGER_LOG_KEY_ROTATED,
				 .at_ms = LEDGER_FIRST_MS};
	struct mine *m = mine_make(300);
	struct merkle_hash root;
	struct err err = {0};

	if (told) {
		buf_clear(&m->entries[150]);
		assert_int_equal(
		    ledger_entry_print(&e, NULL, &m->entries[150], &err), 0);
	}
	for (size_t i = 0; i < 4; i++) {
		notes[i] = BUF_INIT(NOTE_BYTES_MAX);
		m->len = sizes[i];
		root = mine_root(m);
		ledger_note(i < 2 ? &next_signer : &signer, sizes[i], &root,
			    &notes[i]);
		if (i < 3)
			m->olders[i] = &notes[i];
	}
	m->olders_len = 3;
	return m;
}

static void rotated_end(struct mine *m, struct buf notes[4])
{
	for (size_t i = 0; i < 4; i++)
		buf_free(&notes[i]);
	mine_free(m);
}

static void checkpoints_of_an_earlier_key_are_prefixes_too(void **state)
{
	struct buf notes[4], bad = BUF_INIT(NOTE_BYTES_MAX);
	struct mine *m = rotated(notes, true);

	(void)state;
	is(m, &notes[3], LEDGER_SOUND, 0);
	ledger_note(&next_signer, 100, &m->leaves[3], &bad);
	m->olders[1] = &bad;
	is(m, &notes[3], LEDGER_BAD_CHECKPOINT, 50);
	rotated_end(m, notes);
	buf_free(&bad);
}

static void unknown_keys_need_a_rotation_that_was_told(void **state)
{
	struct buf notes[4], *was;
	struct mine *m = rotated(notes, false);

	(void)state;
	is(m, &notes[3], LEDGER_BAD_CHECKPOINT, 0);
	rotated_end(m, notes);
	/* Nor does an earlier key come back. */
	m = rotated(notes, true);
	was = m->olders[0];
	buf_clear(was);
	m->len = 50;
	ledger_note(&signer, 50, &(struct merkle_hash){0}, was);
	m->len = 300;
	is(m, &notes[3], LEDGER_BAD_CHECKPOINT, 0);
	rotated_end(m, notes);
}

static void checkpoints_have_to_rise(void **state)
{
	struct buf notes[4];
	struct mine *m = rotated(notes, true);

	(void)state;
	m->olders[1] = &notes[0];
	is(m, &notes[3], LEDGER_BAD_CHECKPOINT, 50);
	rotated_end(m, notes);
}

static void later_checkpoints_are_not_judged(void **state)
{
	struct buf notes[4];
	struct mine *m = rotated(notes, true);

	(void)state;
	m->olders[0] = &notes[2];
	m->olders[1] = &notes[3];
	m->olders_len = 2;
	notes[3].bytes[notes[3].len - 9] ^= 1; /* of 300, not of 200 */
	is(m, &notes[2], LEDGER_SOUND, 0);
	rotated_end(m, notes);
}

/* --- in a store: large, and pruned ---------------------------------------- */

static void sql(struct store *st, const char *text)
{
	struct err err = {0};

	assert_int_equal(store_run(st, text, STORE_NO_ARGS, &err), 0);
}

static void damaged(struct store *st, const struct buf *note, const char *text,
		    enum ledger_fault fault, uint64_t index)
{
	struct ledger_finding f;
	struct err err = {0};

	assert_int_equal(store_begin(st, &err), 0);
	sql(st, text);
	f = ledger_checked(st, note, &signer.key);
	store_roll_back(st);
	if (f.fault != fault || f.index != index)
		fail_msg("%s: fault %d at %u", text, f.fault,
			 (unsigned int)f.index);
}

struct told {
	unsigned int calls;
	uint64_t done, all;
};

static void progress(void *ctx, uint64_t done, uint64_t all)
{
	struct told *t = ctx;

	assert_true(done > t->done && done <= all);
	*t = (struct told){t->calls + 1, done, all};
}

#define TILE_OF(level) "WHERE id=" #level "*(1<<28)*(1<<28)"
#define XOR_FIRST                                                          \
	"UPDATE ledger_tile SET hashes=CAST(x'00' || substr(hashes,2) AS " \
	"BLOB) "

static void large_logs_have_three_levels(void **state)
{
	struct ledger_house *h = *state;
	struct buf note = BUF_INIT(NOTE_BYTES_MAX);
	struct ledger_finding f = {.fault = LEDGER_SHORT};
	struct ledger_reading *reading;
	struct ledger_source source;
	struct told told = {0};
	struct err err = {0};

	ledger_fill(h->store, 66000);
	ledger_grown(h->store, 20000);
	ledger_sign(h->store, &signer, 65536, &note);
	assert_int_equal(ledger_checked(h->store, &note, &signer.key).fault,
			 LEDGER_SOUND);
	ledger_sign(h->store, &signer, 66000, &note);
	assert_int_equal(ledger_source_open(h->store, &reading, &source, &err),
			 0);
	assert_int_equal(ledger_verify(&source, (const char *)note.bytes,
				       note.len, &signer.key, 1, progress,
				       &told, &f, &err),
			 0);
	ledger_source_close(&reading);
	assert_int_equal(f.fault, LEDGER_SOUND);
	assert_true(told.calls >= 2 && told.done == 66000 && told.all == 66000);
	damaged(h->store, &note, XOR_FIRST TILE_OF(2), LEDGER_BAD_TILE, 0);
	damaged(h->store, &note, XOR_FIRST TILE_OF(1), LEDGER_BAD_TILE, 0);
	damaged(h->store, &note, XOR_FIRST "WHERE id=200", LEDGER_BAD_TILE,
		51200);
	damaged(h->store, &note, "DELETE FROM ledger_tile WHERE id=256",
		LEDGER_BAD_TILE, 65536);
	damaged(h->store, &note, "DELETE FROM ledger_tile " TILE_OF(1),
		LEDGER_BAD_TILE, 0);
	damaged(h->store, &note, "DELETE FROM ledger_entry WHERE id=65600",
		LEDGER_MISSING_ENTRY, 65600);
	damaged(h->store, &note, "DELETE FROM ledger_tile", LEDGER_BAD_TILE, 0);
	damaged(h->store, &note,
		"UPDATE ledger_entry SET body=(SELECT body FROM ledger_entry "
		"WHERE id=7) WHERE id=65500",
		LEDGER_BAD_ENTRY, 65500);
	buf_free(&note);
}

static void prune(struct store *st)
{
	struct ledger_cut cut = {.before_ms = INT64_MAX, .max = 512};
	struct err err = {0};
	uint64_t gone;
	bool left;

	assert_int_equal(ledger_prune(st, &cut, &gone, &left, &err), 0);
}

static void what_was_pruned_has_to_be_said(void **state)
{
	struct ledger_house *h = *state;
	struct buf note = BUF_INIT(NOTE_BYTES_MAX);

	ledger_fill(h->store, 1400);
	ledger_grown(h->store, 20000);
	ledger_sign(h->store, &signer, 1400, &note);
	damaged(h->store, &note, "DELETE FROM ledger_entry WHERE id<512",
		LEDGER_MISSING_ENTRY, 0);
	damaged(h->store, &note, "DELETE FROM ledger_entry WHERE id<600",
		LEDGER_MISSING_ENTRY, 0);
	prune(h->store);
	ledger_grown(h->store, 20000);
	ledger_sign(h->store, &signer, 1401, &note);
	prune(h->store);
	assert_int_equal(ledger_checked(h->store, &note, &signer.key).fault,
			 LEDGER_SOUND);
	damaged(h->store, &note, "DELETE FROM ledger_entry WHERE id<768",
		LEDGER_MISSING_ENTRY, 512);
	damaged(h->store, &note, "DELETE FROM ledger_entry WHERE id<515",
		LEDGER_MISSING_ENTRY, 512);
	damaged(h->store, &note, "DELETE FROM ledger_entry WHERE id<900",
		LEDGER_MISSING_ENTRY, 512);
	damaged(h->store, &note, "DELETE FROM ledger_entry", LEDGER_SHORT, 0);
	damaged(h->store, &note, XOR_FIRST "WHERE id=1", LEDGER_BAD_TILE, 256);
	damaged(h->store, &note, XOR_FIRST TILE_OF(1), LEDGER_BAD_TILE, 0);
	damaged(h->store, &note, "DELETE FROM ledger_tile WHERE id=0",
		LEDGER_BAD_TILE, 0);
	damaged(h->store, &note,
		"UPDATE ledger_entry SET body=x'7b7d' WHERE id=900",
		LEDGER_BAD_ENTRY, 900);
	buf_free(&note);
}

/* Whichever call fails, nobody is accused. */
static void a_store_that_fails_is_no_finding(void **state)
{
	struct ledger_house *h = *state;
	struct buf note = BUF_INIT(NOTE_BYTES_MAX);
	struct ledger_finding f = {.fault = LEDGER_SHORT};
	uint64_t nth = 1;
	int rc;

	ledger_fill(h->store, 300);
	ledger_grown(h->store, 1000);
	ledger_sign(h->store, &signer, 100, &note);
	ledger_sign(h->store, &signer, 290, &note);
	do {
		struct ledger_reading *reading = NULL;
		struct ledger_source source;
		struct err err = {0};

		store_failing_set(h->store, nth++, true);
		rc = ledger_source_open(h->store, &reading, &source, &err);
		if (rc == 0)
			rc = ledger_verify(&source, (const char *)note.bytes,
					   note.len, &signer.key, 1, NULL, NULL,
					   &f, &err);
		if (rc != 0)
			assert_int_equal(err.kind, ERR_BUSY);
		if (reading != NULL)
			ledger_source_close(&reading);
	} while (rc != 0);
	store_failing_set(h->store, 0, false);
	assert_true(nth > 300);
	assert_int_equal(f.fault, LEDGER_SOUND);
	buf_free(&note);
}

static void findings_are_said_in_words(void **state)
{
	static const char *const words[][2] = {
	    [LEDGER_SOUND] = {"sound", "in Ordnung"},
	    [LEDGER_BAD_SIGNATURE] = {"not signed", "signiert"},
	    [LEDGER_BAD_ENTRY] = {"entry 41 was changed", "Eintrag 41"},
	    [LEDGER_MISSING_ENTRY] = {"entry 41 was removed", "Eintrag 41"},
	    [LEDGER_BAD_TILE] = {"above entry 41", "Eintrag 41"},
	    [LEDGER_BAD_ROOT] = {"not the 4242 entries", "4242"},
	    [LEDGER_SHORT] = {"but 4242 were signed", "4242"},
	    [LEDGER_BAD_CHECKPOINT] = {"size 4242", "4242"},
	};
	struct buf b = BUF_INIT(4096);
	struct err err = {0};

	(void)state;
	for (int f = 0; f <= LEDGER_BAD_CHECKPOINT; f++)
		for (int german = 0; german < 2; german++) {
			struct ledger_finding finding = {
			    .fault = (enum ledger_fault)f,
			    .index = 41,
			    .size = 4242};

			buf_clear(&b);
			assert_int_equal(
			    ledger_finding_print(&finding, german, &b, &err),
			    0);
			assert_non_null(strstr(buf_text(&b), words[f][german]));
			assert_null(strchr(buf_text(&b), '\n'));
			assert_null(strchr(buf_text(&b), '%'));
		}
	/* The largest numbers have room. */
	for (int f = 0; f <= LEDGER_BAD_CHECKPOINT; f++) {
		struct ledger_finding finding = {.fault = (enum ledger_fault)f,
						 .index = UINT64_MAX,
						 .size = UINT64_MAX};

		buf_clear(&b);
		assert_int_equal(ledger_finding_print(&finding, true, &b, &err),
				 0);
		assert_true(b.len < 256);
	}
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(logs_of_all_sizes_are_sound),
	    cmocka_unit_test(what_is_signed_has_to_be_an_entry_too),
	    cmocka_unit_test(a_source_that_fails_is_no_finding),
	    cmocka_unit_test(damage_met_while_reading_is_a_finding),
	    cmocka_unit_test(places_have_to_rise_by_one),
	    cmocka_unit_test(the_last_entry_elsewhere_is_told_from_a_removal),
	    cmocka_unit_test(only_the_logs_own_key_counts),
	    cmocka_unit_test(pruning_beside_the_check_is_none_of_its_findings),
	    cmocka_unit_test(what_goes_beside_the_check_has_to_be_said_too),
	    cmocka_unit_test(checkpoints_of_an_earlier_key_are_prefixes_too),
	    cmocka_unit_test(unknown_keys_need_a_rotation_that_was_told),
	    cmocka_unit_test(checkpoints_have_to_rise),
	    cmocka_unit_test(later_checkpoints_are_not_judged),
	    cmocka_unit_test_setup_teardown(large_logs_have_three_levels,
					    ledger_on_memory, ledger_house_end),
	    ON_ENGINES(what_was_pruned_has_to_be_said),
	    cmocka_unit_test_setup_teardown(a_store_that_fails_is_no_finding,
					    ledger_on_failing,
					    ledger_house_end),
	    cmocka_unit_test(findings_are_said_in_words),
	};

	ledger_signer_make(&signer, 1, LEDGER_ORIGIN);
	ledger_signer_make(&next_signer, 2, LEDGER_ORIGIN);
	ledger_signer_make(&witness, 3, "witness.example");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
