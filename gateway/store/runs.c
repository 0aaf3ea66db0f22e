/* runs.c - sorted runs: the young entries, and looking for one. */
#include "runs.h"

#include <assert.h>

#define HEADS	    32768u
#define NONE	    UINT32_MAX
#define YOUNG_MAX   (64u * 1024 * 1024) /* entries; never reached */
#define LINE_BYTES  64
#define LINE_HASHES 7
#define BLOCK_SHIFT 20

static const char load_sql[] =
    "SELECT id,level,state,entries,up_to,fences,filter FROM run"
    " WHERE kind=? ORDER BY id";
static const char block_sql[] = "SELECT entries FROM run_block WHERE id=?";

static uint64_t load_u64(const uint8_t *bytes)
{
	uint64_t v = 0;

	for (unsigned int i = 0; i < 8; i++)
		v = v << 8 | bytes[i];
	return v;
}

void runs_key(int64_t first, int64_t second, uint8_t ret[RUNS_KEY_BYTES])
{
	for (unsigned int i = 0; i < 8; i++) {
		ret[i] = (uint8_t)((uint64_t)first >> (56 - 8 * i));
		ret[8 + i] = (uint8_t)((uint64_t)second >> (56 - 8 * i));
	}
}

static uint64_t mix(uint64_t v)
{
	v ^= v >> 33;
	v *= UINT64_C(0xff51afd7ed558ccd);
	v ^= v >> 33;
	v *= UINT64_C(0xc4ceb9fe1a85ec53);
	return v ^ v >> 33;
}

/* --- filters --------------------------------------------------------------
 * All bits of a key lie in one cache line. */

static uint8_t *filter_line(const struct run *run, const uint8_t *key)
{
	uint64_t h = mix(load_u64(key) + load_u64(key + 8));

	return run->filter + h % (run->filter_bytes / LINE_BYTES) * LINE_BYTES;
}

static uint64_t filter_bits(const uint8_t *key)
{
	return mix(load_u64(key + 8) ^ mix(load_u64(key)));
}

void runs_filter_add(struct run *run, const uint8_t key[RUNS_KEY_BYTES])
{
	uint8_t *line = filter_line(run, key);
	uint64_t bits = filter_bits(key);

	for (int i = 0; i < LINE_HASHES; i++, bits >>= 9)
		line[bits >> 3 & 63] |= (uint8_t)(1u << (bits & 7));
}

static bool filter_has(const struct run *run, const uint8_t *key)
{
	const uint8_t *line;
	uint64_t bits;

	if (run->filter == NULL)
		return true;
	line = filter_line(run, key);
	bits = filter_bits(key);
	for (int i = 0; i < LINE_HASHES; i++, bits >>= 9)
		if ((line[bits >> 3 & 63] & 1u << (bits & 7)) == 0)
			return false;
	return true;
}

/* --- the list of runs ----------------------------------------------------- */

void run_free(struct runs *r, struct run **run)
{
	struct run *gone = *run;

	*run = NULL;
	if (gone == NULL)
		return;
	r->filter_total -= gone->filter_bytes;
	free(gone->fences);
	free(gone->filter);
	free(gone);
}

int runs_list_add(struct runs *r, struct run *run, struct err *err)
{
	size_t size = r->size > 0 ? 2 * r->size : 32, at = 0;
	struct run **list;

	if (r->len == r->size) {
		list = realloc(r->at, size * sizeof(struct run *));
		if (list == NULL)
			return ERR_SET(err, ERR_NOMEM, "runs", 0);
		r->at = list;
		r->size = size;
	}
	while (at < r->len && r->at[at]->up_to > run->up_to)
		at++;
	memmove(r->at + at + 1, r->at + at,
		(r->len - at) * sizeof(struct run *));
	r->at[at] = run;
	r->len++;
	return 0;
}

int runs_dead_add(struct runs *r, int64_t id, struct err *err)
{
	size_t size = r->dead_size > 0 ? 2 * r->dead_size : 32;
	int64_t *dead;

	if (r->dead_len == r->dead_size) {
		dead = realloc(r->dead, size * sizeof(*dead));
		if (dead == NULL)
			return ERR_SET(err, ERR_NOMEM, "runs", 0);
		r->dead = dead;
		r->dead_size = size;
	}
	r->dead[r->dead_len++] = id;
	return 0;
}

int64_t runs_up_to(const struct runs *r)
{
	return r->len > 0 ? r->at[0]->up_to : 0;
}

static int copy(const struct store_value *v, uint8_t **ret, struct err *err)
{
	*ret = malloc(v->len > 0 ? v->len : 1);
	if (*ret == NULL)
		return ERR_SET(err, ERR_NOMEM, "run", 0);
	if (v->len > 0)
		memcpy(*ret, v->bytes, v->len);
	return 0;
}

static int load_parts(struct runs *r, struct store_rows *rows, struct run *run,
		      struct err *err)
{
	struct store_value fences = store_column(r->st, rows, 5);
	struct store_value filter = store_column(r->st, rows, 6);

	if (fences.type != STORE_BLOB || fences.len == 0 ||
	    fences.len % RUNS_KEY_BYTES != 0 || filter.len % LINE_BYTES != 0)
		return ERR_SET(err, ERR_CORRUPT, "run", 0);
	run->blocks_len = fences.len / RUNS_KEY_BYTES;
	if (copy(&fences, &run->fences, err) != 0)
		return -1;
	if (filter.len == 0)
		return 0;
	if (copy(&filter, &run->filter, err) != 0)
		return -1;
	run->filter_bytes = filter.len;
	r->filter_total += filter.len;
	return 0;
}

static int load_run(struct runs *r, struct store_rows *rows, struct err *err)
{
	struct store_value state = store_column(r->st, rows, 2);
	struct run *run;

	r->last_id = store_column(r->st, rows, 0).num;
	/* A run half made in a life before has its entries elsewhere. */
	if (state.len != 4 || memcmp(state.bytes, "live", 4) != 0)
		return runs_dead_add(r, r->last_id, err);
	run = calloc(1, sizeof(*run));
	if (run == NULL)
		return ERR_SET(err, ERR_NOMEM, "run", 0);
	run->id = r->last_id;
	run->level = store_column(r->st, rows, 1).num;
	run->entries = (size_t)store_column(r->st, rows, 3).num;
	run->up_to = store_column(r->st, rows, 4).num;
	if (run->level >= 0 && run->level < RUNS_LEVELS &&
	    load_parts(r, rows, run, err) == 0 &&
	    runs_list_add(r, run, err) == 0)
		return 0;
	if (err->kind == ERR_NONE)
		(void)ERR_SET(err, ERR_CORRUPT, "level of a run", 0);
	run_free(r, &run);
	return -1;
}

static int load(struct runs *r, struct err *err)
{
	struct store_rows *rows = NULL;
	int rc;

	if (store_start(r->st, load_sql, STORE_ARGS(S_INT(r->kind)), &rows,
			err) != 0)
		return -1;
	while ((rc = store_step(r->st, rows, err)) > 0)
		if (load_run(r, rows, err) != 0) {
			rc = -1;
			break;
		}
	store_finish(r->st, &rows);
	return rc;
}

int runs_open(struct store *st, enum runs_kind kind, struct runs **ret,
	      struct err *err)
{
	struct runs *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return ERR_SET(err, ERR_NOMEM, "runs", 0);
	r->st = st;
	r->kind = kind;
	r->prefix_len = kind == RUNS_REF ? RUNS_KEY_BYTES : 8;
	r->filtered = kind == RUNS_REF;
	r->young_max = RUNS_YOUNG;
	r->fanout = RUNS_FANOUT;
	r->slice_blocks = RUNS_SLICE_BLOCKS;
	r->block_entries = RUNS_BLOCK_ENTRIES;
	r->heads = malloc(HEADS * sizeof(*r->heads));
	if (r->heads == NULL) {
		runs_free(&r);
		return ERR_SET(err, ERR_NOMEM, "runs", 0);
	}
	memset(r->heads, 0xff, HEADS * sizeof(*r->heads));
	if (load(r, err) != 0) {
		runs_free(&r);
		return -1;
	}
	*ret = r;
	return 0;
}

void runs_free(struct runs **rp)
{
	struct runs *r = *rp;

	*rp = NULL;
	if (r == NULL)
		return;
	runs_merges_free(r);
	for (size_t i = 0; i < r->len; i++)
		run_free(r, &r->at[i]);
	free(r->at);
	free(r->dead);
	free(r->young);
	free(r->next);
	free(r->heads);
	free(r);
}

/* --- the young ------------------------------------------------------------ */

static uint32_t *head_of(const struct runs *r, const uint8_t *key)
{
	uint64_t h = load_u64(key);

	if (r->prefix_len == RUNS_KEY_BYTES)
		h += load_u64(key + 8);
	return &r->heads[mix(h) % HEADS];
}

static int make_room(struct runs *r, struct err *err)
{
	size_t size = r->young_size > 0 ? 2 * r->young_size : 1024;
	void *at;

	if (r->young_len < r->young_size)
		return 0;
	if (size > YOUNG_MAX)
		return ERR_SET(err, ERR_BUSY, "too much is young", 0);
	at = realloc(r->young, size * sizeof(*r->young));
	if (at == NULL)
		return ERR_SET(err, ERR_NOMEM, "young entries", 0);
	r->young = at;
	at = realloc(r->next, size * sizeof(*r->next));
	if (at == NULL)
		return ERR_SET(err, ERR_NOMEM, "young entries", 0);
	r->next = at;
	r->young_size = size;
	return 0;
}

int runs_young_add(struct runs *r, const struct runs_entry *entry,
		   struct err *err)
{
	uint32_t *head = head_of(r, entry->key);

	if (make_room(r, err) != 0)
		return -1;
	r->young[r->young_len] = *entry;
	r->next[r->young_len] = *head;
	*head = (uint32_t)r->young_len++;
	return 0;
}

void runs_young_cut(struct runs *r, size_t len)
{
	while (r->young_len > len) {
		r->young_len--;
		*head_of(r, r->young[r->young_len].key) = r->next[r->young_len];
	}
}

/* The newest young entry with the key's prefix, at or after from. */
static uint32_t young_find(const struct runs *r, const uint8_t *key,
			   uint32_t from)
{
	while (from != NONE &&
	       memcmp(r->young[from].key, key, r->prefix_len) != 0)
		from = r->next[from];
	return from;
}

/* --- runs ----------------------------------------------------------------- */

int runs_block(struct store *st, const struct run *run, size_t block,
	       uint8_t *ret, size_t *ret_entries, struct err *err)
{
	struct store_rows *rows = NULL;
	struct store_value v;
	int rc;

	if (store_start(
		st, block_sql,
		STORE_ARGS(S_INT(run->id << BLOCK_SHIFT | (int64_t)block)),
		&rows, err) != 0)
		return -1;
	rc = store_step(st, rows, err);
	v = rc > 0 ? store_column(st, rows, 0) : S_NULL;
	if (rc >= 0 &&
	    (v.type != STORE_BLOB || v.len == 0 || v.len > RUNS_BLOCK_BYTES ||
	     v.len % RUNS_ENTRY_BYTES != 0 ||
	     memcmp(v.bytes, run->fences + block * RUNS_KEY_BYTES,
		    RUNS_KEY_BYTES) != 0))
		rc = ERR_SET(err, ERR_CORRUPT, "block of a run", 0);
	if (rc > 0) {
		memcpy(ret, v.bytes, v.len);
		*ret_entries = v.len / RUNS_ENTRY_BYTES;
	}
	store_finish(st, &rows);
	return rc < 0 ? -1 : 0;
}

/* How many of len keys, stride bytes apart, are below key. */
static size_t keys_below(const uint8_t *keys, size_t len, size_t stride,
			 const uint8_t *key)
{
	size_t low = 0, high = len, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (memcmp(keys + mid * stride, key, RUNS_KEY_BYTES) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static int run_get(struct runs *r, const struct run *run, const uint8_t *key,
		   int64_t *ret, bool *ret_found, struct err *err)
{
	size_t block =
	    keys_below(run->fences, run->blocks_len, RUNS_KEY_BYTES, key);
	uint8_t bytes[RUNS_BLOCK_BYTES];
	size_t len = 0, at;

	if (block == run->blocks_len ||
	    memcmp(run->fences + block * RUNS_KEY_BYTES, key, RUNS_KEY_BYTES) !=
		0) {
		if (block == 0)
			return 0;
		block--;
	}
	if (runs_block(r->st, run, block, bytes, &len, err) != 0)
		return -1;
	at = keys_below(bytes, len, RUNS_ENTRY_BYTES, key);
	if (at == len ||
	    memcmp(bytes + at * RUNS_ENTRY_BYTES, key, RUNS_KEY_BYTES) != 0)
		return 0;
	*ret =
	    (int64_t)load_u64(bytes + at * RUNS_ENTRY_BYTES + RUNS_KEY_BYTES);
	*ret_found = true;
	return 0;
}

int runs_get(struct runs *r, const uint8_t key[RUNS_KEY_BYTES], int64_t *ret,
	     bool *ret_found, struct err *err)
{
	uint32_t at = young_find(r, key, *head_of(r, key));

	assert(r->prefix_len == RUNS_KEY_BYTES);
	*ret_found = at != NONE;
	if (at != NONE) {
		*ret = r->young[at].value;
		return 0;
	}
	for (size_t i = 0; i < r->len && !*ret_found; i++)
		if (filter_has(r->at[i], key) &&
		    run_get(r, r->at[i], key, ret, ret_found, err) != 0)
			return -1;
	return 0;
}

struct below {
	int64_t first, before;
	int64_t *ids;
	size_t size, len;
};

static int run_below(struct runs *r, const struct run *run, struct below *b,
		     struct err *err)
{
	uint8_t key[RUNS_KEY_BYTES], bytes[RUNS_BLOCK_BYTES];
	size_t block, len = 0, at;

	runs_key(b->first, b->before, key);
	block = keys_below(run->fences, run->blocks_len, RUNS_KEY_BYTES, key);
	while (block-- > 0 && b->len < b->size) {
		if (runs_block(r->st, run, block, bytes, &len, err) != 0)
			return -1;
		at = keys_below(bytes, len, RUNS_ENTRY_BYTES, key);
		while (at-- > 0 && b->len < b->size) {
			const uint8_t *entry = bytes + at * RUNS_ENTRY_BYTES;

			if (memcmp(entry, key, 8) != 0)
				return 0;
			b->ids[b->len++] = (int64_t)load_u64(entry + 8);
		}
	}
	return 0;
}

int runs_below(struct runs *r, int64_t first, int64_t before, int64_t *ret,
	       size_t size, size_t *ret_len, struct err *err)
{
	struct below b = {first, before, ret, size, 0};
	uint8_t key[RUNS_KEY_BYTES];
	uint32_t at;
	int64_t second;

	runs_key(first, before, key);
	assert(r->prefix_len == 8);
	for (at = young_find(r, key, *head_of(r, key));
	     at != NONE && b.len < size; at = young_find(r, key, r->next[at])) {
		second = (int64_t)load_u64(r->young[at].key + 8);
		if (second < before)
			ret[b.len++] = second;
	}
	for (size_t i = 0; i < r->len && b.len < size; i++)
		if (run_below(r, r->at[i], &b, err) != 0)
			return -1;
	*ret_len = b.len;
	return 0;
}
