/* ledger_changes.h - ways to change a log covered by a checkpoint, made by SQL
 * as somebody with the archive would, and what has to be found then.
 *
 * Which entry is the first bad one is known here because the change is; where
 * not even a checker that knows the signed root can tell it, a range is asked
 * for. */
#ifndef POSTERN_TESTS_LEDGER_CHANGES_H
#define POSTERN_TESTS_LEDGER_CHANGES_H

#include "ledger_house.h"

#define SIGNED 1500
#define ALL    1520 /* some are not signed yet */
#define TILES  6    /* of level 0; five are full */
#define OLDERS 5
#define PRUNED 512

static const uint64_t olders[OLDERS] = {100, 256, 700, 1024, 1400};
static struct ledger_signer signer, stranger;
static struct buf head, copies[ALL];
static struct merkle_hash leaves[ALL];
static uint64_t random_state;
static uint64_t begins; /* what lies before was pruned */

/* xorshift64*: the same on every machine. */
static uint64_t random_below(uint64_t n)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (random_state * UINT64_C(2685821657736338717) >> 11) % n;
}

/* An entry that is there, below end. */
static uint64_t some_entry(uint64_t end)
{
	return begins + random_below(end - begins);
}

/* What has to be found. */
struct expected {
	bool sound; /* the change changed nothing that is signed */
	unsigned int faults;
	uint64_t from, to; /* the index lies there */
};
#define ONE_OF(fault) (1u << (fault))

static struct expected exactly(enum ledger_fault fault, uint64_t index)
{
	return (struct expected){
	    .faults = ONE_OF(fault), .from = index, .to = index};
}

/* --- the log, by SQL ------------------------------------------------------ */

static void run(struct store *st, const char *sql,
		const struct store_value *args, size_t len)
{
	struct err err = {0};

	assert_int_equal(store_run(st, sql, args, len, &err), 0);
}

static void get(struct store *st, const char *sql, int64_t id, struct buf *ret)
{
	struct store_rows *rows = NULL;
	struct err err = {0};
	struct store_value v;

	ret->len = 0;
	assert_int_equal(
	    store_start(st, sql, STORE_ARGS(S_INT(id)), &rows, &err), 0);
	assert_int_equal(store_step(st, rows, &err), 1);
	v = store_column(st, rows, 0);
	assert_int_equal(buf_append(ret, v.bytes, v.len, &err), 0);
	store_finish(st, &rows);
}

static const char body_sql[] = "SELECT body FROM ledger_entry WHERE id=?";
static const char set_body_sql[] = "UPDATE ledger_entry SET body=? WHERE id=?";
static const char delete_sql[] = "DELETE FROM ledger_entry WHERE id>=? AND "
				 "id<?";
/* By way of negative numbers, so that no two rows meet. */
static const char away_sql[] =
    "UPDATE ledger_entry SET id=-1-id WHERE id>=? AND id<?";
static const char back_sql[] = "UPDATE ledger_entry SET id=?-id WHERE id<0";
static const char tile_sql[] = "SELECT hashes FROM ledger_tile WHERE id=?";
static const char put_tile_sql[] =
    "INSERT INTO ledger_tile(id,hashes) VALUES(?,?)"
    " ON CONFLICT(id) DO UPDATE SET hashes=excluded.hashes";
static const char note_sql[] = "SELECT note FROM ledger_checkpoint WHERE "
			       "size=?";
static const char set_note_sql[] =
    "UPDATE ledger_checkpoint SET note=? WHERE size=?";

static void set_body(struct store *st, uint64_t i, const void *bytes,
		     size_t len)
{
	run(st, set_body_sql, STORE_ARGS(S_BLOB(bytes, len), S_INT(i)));
}

/* Moves the entries of [from, to) by some places. */
static void shift(struct store *st, uint64_t from, uint64_t to, int64_t by)
{
	run(st, away_sql, STORE_ARGS(S_INT(from), S_INT(to)));
	run(st, back_sql, STORE_ARGS(S_INT(by - 1)));
}

static void set_tile(struct store *st, int level, uint64_t number,
		     const struct merkle_hash *hashes, size_t len)
{
	run(st, put_tile_sql,
	    STORE_ARGS(S_INT((int64_t)level << 56 | (int64_t)number),
		       S_BLOB(hashes, len * MERKLE_HASH_BYTES)));
}

/* The tree of the entries there are, as one who knows all but the key would
 * make it. */
static void rebuild(struct store *st)
{
	struct merkle_hash now[TILE_WIDTH], above[TILE_WIDTH];
	struct buf b = BUF_INIT(LEDGER_ENTRY_MAX);
	struct err err = {0};
	uint64_t entries, i;
	size_t tiles = 0;

	run(st, "DELETE FROM ledger_tile", STORE_NO_ARGS);
	assert_int_equal(ledger_entries(st, &entries, &err), 0);
	for (i = 0; i < entries; i++) {
		get(st, body_sql, (int64_t)i, &b);
		merkle_leaf(b.bytes, b.len, &now[i % TILE_WIDTH]);
		if (i % TILE_WIDTH != TILE_WIDTH - 1)
			continue;
		set_tile(st, 0, i / TILE_WIDTH, now, TILE_WIDTH);
		tile_root(now, TILE_WIDTH, &above[tiles++]);
	}
	if (i % TILE_WIDTH != 0)
		set_tile(st, 0, i / TILE_WIDTH, now, i % TILE_WIDTH);
	if (tiles > 0)
		set_tile(st, 1, 0, above, tiles);
	buf_free(&b);
}

static void flip(struct buf *b, uint64_t bits)
{
	uint64_t bit = random_below(bits);

	b->bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

/* The largest older checkpoint up to here. */
static uint64_t older_before(uint64_t i)
{
	uint64_t ret = 0;

	for (size_t k = 0; k < OLDERS && olders[k] <= i; k++)
		ret = olders[k];
	return ret;
}

/* --- changes of entries --------------------------------------------------- */

static struct expected a_bit_of_an_entry(struct store *st)
{
	uint64_t i = some_entry(SIGNED);
	struct buf b = BUF_INIT(LEDGER_ENTRY_MAX);

	get(st, body_sql, (int64_t)i, &b);
	flip(&b, b.len * 8);
	set_body(st, i, b.bytes, b.len);
	buf_free(&b);
	return exactly(LEDGER_BAD_ENTRY, i);
}

static struct expected an_entry_cut_off(struct store *st)
{
	uint64_t i = some_entry(SIGNED);

	set_body(st, i, copies[i].bytes, random_below(copies[i].len));
	return exactly(LEDGER_BAD_ENTRY, i);
}

static struct expected another_entry_there(struct store *st)
{
	uint64_t i = some_entry(SIGNED), j = some_entry(ALL);

	set_body(st, i, copies[j].bytes, copies[j].len);
	if (i == j)
		return (struct expected){.sound = true};
	return exactly(LEDGER_BAD_ENTRY, i);
}

static struct expected two_swapped(struct store *st)
{
	uint64_t i = some_entry(SIGNED), j = some_entry(ALL);

	set_body(st, i, copies[j].bytes, copies[j].len);
	set_body(st, j, copies[i].bytes, copies[i].len);
	if (i == j)
		return (struct expected){.sound = true};
	return exactly(LEDGER_BAD_ENTRY, i < j ? i : j);
}

static struct expected neighbours_swapped(struct store *st)
{
	uint64_t i = some_entry(SIGNED);

	set_body(st, i, copies[i + 1].bytes, copies[i + 1].len);
	set_body(st, i + 1, copies[i].bytes, copies[i].len);
	return exactly(LEDGER_BAD_ENTRY, i);
}

/* The order of some is another, chosen at random. */
static struct expected some_reordered(struct store *st)
{
	uint64_t from = some_entry(SIGNED - 40), len = 2 + random_below(38);
	uint64_t at[40], first = from + len;

	for (uint64_t i = 0; i < len; i++)
		at[i] = from + i;
	for (uint64_t i = len - 1; i > 0; i--) {
		uint64_t k = random_below(i + 1), was = at[i];

		at[i] = at[k];
		at[k] = was;
	}
	for (uint64_t i = len; i-- > 0;) {
		if (at[i] == from + i)
			continue;
		first = from + i;
		set_body(st, first, copies[at[i]].bytes, copies[at[i]].len);
	}
	if (first == from + len)
		return (struct expected){.sound = true};
	/* Two that follow each other still may look like a removal. */
	return (struct expected){.faults = ONE_OF(LEDGER_BAD_ENTRY) |
					   ONE_OF(LEDGER_MISSING_ENTRY),
				 .from = first,
				 .to = first};
}

static struct expected some_removed(struct store *st)
{
	uint64_t i = some_entry(SIGNED), n = 1 + random_below(300);

	run(st, delete_sql, STORE_ARGS(S_INT(i), S_INT(i + n)));
	if (i + n >= ALL)
		return exactly(LEDGER_SHORT, i);
	return exactly(LEDGER_MISSING_ENTRY, i);
}

static struct expected some_removed_the_rest_moved(struct store *st)
{
	uint64_t i = some_entry(SIGNED - 2), n = 1 + random_below(300);

	if (i + n > SIGNED - 2)
		n = SIGNED - 2 - i;
	if (n == 0)
		return (struct expected){.sound = true};
	run(st, delete_sql, STORE_ARGS(S_INT(i), S_INT(i + n)));
	shift(st, i + n, ALL, -(int64_t)n);
	return exactly(LEDGER_MISSING_ENTRY, i);
}

static struct expected one_put_in(struct store *st)
{
	static const char sql[] = "INSERT INTO ledger_entry(id,body) "
				  "VALUES(?,?)";
	uint64_t i = some_entry(SIGNED), j = some_entry(ALL);

	shift(st, i, ALL, 1);
	run(st, sql,
	    STORE_ARGS(S_INT(i), S_BLOB(copies[j].bytes, copies[j].len)));
	if (i != j)
		return exactly(LEDGER_BAD_ENTRY, i);
	/* Then it is the next place that has a wrong one. */
	if (i + 1 >= SIGNED)
		return (struct expected){.sound = true};
	return exactly(LEDGER_BAD_ENTRY, i + 1);
}

/* --- changes of tiles ----------------------------------------------------- */

/* A tile at random: its hashes that are signed. */
static uint64_t some_tile(uint64_t *ret_level, uint64_t *ret_width)
{
	uint64_t number = random_below(TILES + 1);

	*ret_level = number == TILES;
	if (*ret_level == 1) {
		*ret_width = SIGNED / TILE_WIDTH;
		return 0;
	}
	*ret_width = SIGNED - number * TILE_WIDTH;
	if (*ret_width > TILE_WIDTH)
		*ret_width = TILE_WIDTH;
	return number;
}

static uint64_t leaf_below(uint64_t level, uint64_t number, uint64_t hash)
{
	return (number * TILE_WIDTH + hash) << (TILE_HEIGHT * level);
}

static void get_tile(struct store *st, uint64_t level, uint64_t number,
		     struct buf *ret)
{
	get(st, tile_sql, (int64_t)(level << 56 | number), ret);
}

static void put_tile(struct store *st, uint64_t level, uint64_t number,
		     const struct buf *b, size_t len)
{
	run(st, put_tile_sql,
	    STORE_ARGS(S_INT(level << 56 | number), S_BLOB(b->bytes, len)));
}

static struct expected a_bit_of_a_tile(struct store *st)
{
	uint64_t level, width, number = some_tile(&level, &width);
	uint64_t hash = random_below(width);
	struct buf b = BUF_INIT(TILE_BYTES);
	struct expected want;

	get_tile(st, level, number, &b);
	b.bytes[hash * MERKLE_HASH_BYTES + random_below(MERKLE_HASH_BYTES)] ^=
	    (uint8_t)(1u << random_below(8));
	put_tile(st, level, number, &b, b.len);
	buf_free(&b);
	want = exactly(LEDGER_BAD_TILE, leaf_below(level, number, hash));
	/* Without entries only the tile as a whole can be judged. */
	if (level == 0 && want.from < begins)
		want.from = leaf_below(level, number, 0);
	return want;
}

static struct expected a_tile_cut_off(struct store *st)
{
	uint64_t level, width, number = some_tile(&level, &width), len;
	struct buf b = BUF_INIT(TILE_BYTES);

	get_tile(st, level, number, &b);
	len = random_below(width * MERKLE_HASH_BYTES);
	if (random_below(2) == 0)
		len -= len % MERKLE_HASH_BYTES;
	put_tile(st, level, number, &b, len);
	buf_free(&b);
	/* Broken in a hash, none of it can be read. */
	if (len % MERKLE_HASH_BYTES != 0)
		len = 0;
	return exactly(LEDGER_BAD_TILE,
		       leaf_below(level, number, len / MERKLE_HASH_BYTES));
}

static struct expected a_tile_removed(struct store *st)
{
	uint64_t level, width, number = some_tile(&level, &width);

	run(st, "DELETE FROM ledger_tile WHERE id=?",
	    STORE_ARGS(S_INT(level << 56 | number)));
	return exactly(LEDGER_BAD_TILE, leaf_below(level, number, 0));
}

static struct expected tiles_swapped(struct store *st)
{
	uint64_t i = random_below(TILES), j = random_below(TILES);
	struct buf a = BUF_INIT(TILE_BYTES), b = BUF_INIT(TILE_BYTES);
	struct expected want;

	get_tile(st, 0, i, &a);
	get_tile(st, 0, j, &b);
	put_tile(st, 0, i, &b, b.len);
	put_tile(st, 0, j, &a, a.len);
	buf_free(&b);
	buf_free(&a);
	if (i == j)
		return (struct expected){.sound = true};
	want = exactly(LEDGER_BAD_TILE, (i < j ? i : j) * TILE_WIDTH);
	if (want.from < begins) /* there is only the tile itself to judge by */
		want.to += TILE_WIDTH - 1;
	return want;
}

/* --- changes of both ------------------------------------------------------ */

/* An entry and its hash, but no other hash. */
static struct expected an_entry_with_its_hash(struct store *st)
{
	uint64_t i = random_below(SIGNED), j = (i + 1) % ALL, from;
	struct buf b = BUF_INIT(TILE_BYTES);

	set_body(st, i, copies[j].bytes, copies[j].len);
	get_tile(st, 0, i / TILE_WIDTH, &b);
	memcpy(b.bytes + i % TILE_WIDTH * MERKLE_HASH_BYTES, &leaves[j],
	       MERKLE_HASH_BYTES);
	put_tile(st, 0, i / TILE_WIDTH, &b, b.len);
	buf_free(&b);
	from = i - i % TILE_WIDTH;
	if (i / TILE_WIDTH == TILES - 1) /* no hash above it but the root */
		return exactly(LEDGER_BAD_ROOT, older_before(i));
	return exactly(LEDGER_BAD_ENTRY,
		       older_before(i) > from ? older_before(i) : from);
}

/* An entry, and the whole tree anew. */
static struct expected an_entry_and_the_tree(struct store *st)
{
	uint64_t i = random_below(SIGNED), j = (i + 1) % ALL;

	set_body(st, i, copies[j].bytes, copies[j].len);
	rebuild(st);
	return exactly(LEDGER_BAD_ROOT, older_before(i));
}

static struct expected entries_rolled_back(struct store *st)
{
	uint64_t size =
	    begins == 0 ? random_below(SIGNED) : 1 + some_entry(SIGNED - 1);

	run(st, delete_sql, STORE_ARGS(S_INT(size), S_INT(ALL)));
	return exactly(LEDGER_SHORT, size);
}

static struct expected tiles_rolled_back(struct store *st)
{
	uint64_t size = 1 + random_below(SIGNED - 1);

	run(st, delete_sql, STORE_ARGS(S_INT(size), S_INT(ALL)));
	rebuild(st);
	for (uint64_t i = size; i < ALL; i++)
		run(st, "INSERT INTO ledger_entry(id,body) VALUES(?,?)",
		    STORE_ARGS(S_INT(i),
			       S_BLOB(copies[i].bytes, copies[i].len)));
	return exactly(LEDGER_BAD_TILE, size);
}

static struct expected all_rolled_back(struct store *st)
{
	uint64_t size = 1 + random_below(SIGNED - 1);

	run(st, delete_sql, STORE_ARGS(S_INT(size), S_INT(ALL)));
	run(st, "DELETE FROM ledger_checkpoint WHERE size>?",
	    STORE_ARGS(S_INT(size)));
	rebuild(st);
	return exactly(LEDGER_SHORT, size);
}

/* Taken back, and then written on differently. */
static struct expected all_rolled_back_and_on(struct store *st)
{
	uint64_t size = 1 + random_below(SIGNED - 1);
	uint64_t known = older_before(size);

	run(st, delete_sql, STORE_ARGS(S_INT(size), S_INT(size + 1)));
	shift(st, size + 1, ALL, -1);
	rebuild(st);
	if (random_below(2) == 0) /* the last checkpoints go too */
		run(st, "DELETE FROM ledger_checkpoint WHERE size>?",
		    STORE_ARGS(S_INT(size)));
	return exactly(LEDGER_BAD_ROOT, known);
}

/* --- changes of checkpoints ----------------------------------------------- */

/* Of a pruned log one that it has entries of: what signed those before may be
 * an earlier key, whose end was told of by an entry that went. */
static size_t some_older(void)
{
	size_t from = 0;

	while (olders[from] < begins)
		from++;
	return from + (size_t)random_below(OLDERS - from);
}

static struct expected older_bad(size_t k)
{
	return exactly(LEDGER_BAD_CHECKPOINT, k == 0 ? 0 : olders[k - 1]);
}

static struct expected a_bit_of_a_checkpoint(struct store *st)
{
	size_t k = some_older();
	struct buf b = BUF_INIT(NOTE_BYTES_MAX);

	get(st, note_sql, (int64_t)olders[k], &b);
	flip(&b, b.len * 8);
	run(st, set_note_sql,
	    STORE_ARGS(S_BLOB(b.bytes, b.len), S_INT(olders[k])));
	buf_free(&b);
	return older_bad(k);
}

static struct expected a_checkpoint_cut_off(struct store *st)
{
	size_t k = some_older();
	struct buf b = BUF_INIT(NOTE_BYTES_MAX);

	get(st, note_sql, (int64_t)olders[k], &b);
	run(st, set_note_sql,
	    STORE_ARGS(S_BLOB(b.bytes, random_below(b.len)), S_INT(olders[k])));
	buf_free(&b);
	return older_bad(k);
}

/* By the right key, but of another log. */
static struct expected a_checkpoint_of_another_log(struct store *st)
{
	size_t k = some_older();
	struct buf b = BUF_INIT(NOTE_BYTES_MAX);

	ledger_note(&signer, olders[k], &leaves[random_below(ALL)], &b);
	run(st, set_note_sql,
	    STORE_ARGS(S_BLOB(b.bytes, b.len), S_INT(olders[k])));
	buf_free(&b);
	return older_bad(k);
}

static struct expected a_checkpoint_by_a_stranger(struct store *st)
{
	size_t k = some_older();
	struct buf b = BUF_INIT(NOTE_BYTES_MAX);
	struct merkle_hash root;
	struct err err = {0};

	assert_int_equal(ledger_root(st, olders[k], &root, &err), 0);
	ledger_note(&stranger, olders[k], &root, &b);
	run(st, set_note_sql,
	    STORE_ARGS(S_BLOB(b.bytes, b.len), S_INT(olders[k])));
	buf_free(&b);
	return older_bad(k);
}

static struct expected a_checkpoint_under_another_size(struct store *st)
{
	size_t k = some_older();

	run(st, "UPDATE ledger_checkpoint SET size=size+? WHERE size=?",
	    STORE_ARGS(S_INT(1 + random_below(90)), S_INT(olders[k])));
	return older_bad(k);
}

/* --- what is no change ---------------------------------------------------- */

static struct expected nothing(struct store *st)
{
	(void)st;
	return (struct expected){.sound = true};
}

static struct expected what_is_not_signed(struct store *st)
{
	uint64_t i = SIGNED + random_below(ALL - SIGNED);

	run(st, delete_sql, STORE_ARGS(S_INT(i), S_INT(ALL)));
	return (struct expected){.sound = true};
}

#endif
