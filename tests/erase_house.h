/* erase_house.h - a house (receive_house.h) in which persons are erased. */
#ifndef POSTERN_TESTS_ERASE_HOUSE_H
#define POSTERN_TESTS_ERASE_HOUSE_H

#include "receive_house.h"

#include "forget/erasure.h"

#define ERASE_POLICY                                                          \
	"policy: shop\nversion: 1\n"                                          \
	"purposes:\n  support: {basis: contract}\n"                           \
	"data:\n"                                                             \
	"  MSG: {from: process_end, keep: P30D, delete: P90D}\n"              \
	"  MEDIA: {from: process_end, delete: P90D}\n"                        \
	"  LETTER: {from: collection, statutory: {norm: HGB_Handelsbrief_6}," \
	" restrict: {from: process_end, after: P90D}}\n"                      \
	"  RAW: {from: collection, delete: P3D}\n"                            \
	"channels:\n  shop: {purpose: support, data: MSG}\n" HOUSE_POLICY_DESK

static inline int erase_make(void **state)
{
	struct house *h;

	assert_int_equal(house_make(state), 0);
	h = *state;
	house_use(h, ERASE_POLICY);
	h->w.ready = true;
	return 0;
}

/* A message of the person "S<who>", 0170<who>. */
static inline void erase_writes(struct house *h, int who, int n,
				const char *text)
{
	char body[512];

	(void)snprintf(body, sizeof(body),
		       "message,id=m%d-%d,strong=S%d,phone=0170123456%d,"
		       "type=text,name=Anna Beispiel%d,ts=%d,text=%s",
		       who, n, who, who, who, n - 1000, text);
	house_body(h, body);
	house_receive(h);
}

static inline int64_t erase_person(struct house *h, int who)
{
	char sql[160];

	/* In the order in which they came. */
	(void)snprintf(sql, sizeof(sql),
		       "SELECT id FROM person ORDER BY id LIMIT 1 OFFSET %d",
		       who - 1);
	return house_number(h, sql);
}

static inline void erase_close(struct house *h)
{
	char sql[128];

	(void)snprintf(sql, sizeof(sql),
		       "UPDATE conversation SET state='closed',closed_ms=%lld",
		       (long long)house_wall(&h->env));
	house_sql(h, sql);
}

/* With a request of the number 77, whose settlement list is written. */
static inline int64_t erase_begin(struct house *h, int64_t person,
				  int64_t request)
{
	const struct erasure_order order = {
	    .request = request,
	    .person = person,
	    .trigger = TRIGGER_ART17,
	};
	struct err err = {0};
	int64_t id = 0;

	assert_int_equal(worker_begin(&h->w, &err), 0);
	assert_int_equal(erasure_begin(&h->w, &order, &id, &err), 0);
	assert_int_equal(worker_commit(&h->w, &err), 0);
	return id;
}

/* One turn of the loop, whatever it is due at. */
static inline int erase_turn(struct house *h, bool *ret_moved, struct err *err)
{
	h->w.ready = true;
	h->w.erasing.look_boot = h->w.erasing.again_boot = 0;
	*ret_moved = false;
	return erasure_step(&h->w, ret_moved, err);
}

static inline void erase_run(struct house *h)
{
	struct err err = {0};
	bool moved = true;

	for (int i = 0; i < 2000 && moved; i++)
		if (erase_turn(h, &moved, &err) != 0) {
			print_error("%s: %s\n", err.where, err.what);
			fail();
		}
	assert_false(moved);
}

/* How often these bytes stand in any file below the directory. */
struct erase_sweep {
	const void *bytes;
	size_t len, found;
};
static struct erase_sweep *erase_swept;

static inline int erase_sweep_file(const char *path, const struct stat *st,
				   int type, struct FTW *walk)
{
	struct erase_sweep *s = erase_swept;
	FILE *file;
	uint8_t *all;

	(void)walk;
	if (type != FTW_F || st->st_size == 0)
		return 0;
	file = fopen(path, "re");
	all = malloc((size_t)st->st_size);
	assert_non_null(file);
	assert_non_null(all);
	assert_int_equal(fread(all, 1, (size_t)st->st_size, file), st->st_size);
	(void)fclose(file);
	s->found += memmem(all, (size_t)st->st_size, s->bytes, s->len) != NULL;
	free(all);
	return 0;
}

static inline size_t erase_sweep(struct house *h, const void *bytes, size_t len)
{
	struct erase_sweep s = {.bytes = bytes, .len = len};

	erase_swept = &s;
	assert_int_equal(nftw(h->dir, erase_sweep_file, 8, FTW_PHYS), 0);
	return s.found;
}

/* The bytes of one value, copied; the caller frees them. */
static inline uint8_t *erase_bytes(struct house *h, const char *sql,
				   size_t *ret_len)
{
	struct store_rows *rows = NULL;
	struct store_value v;
	struct err err = {0};
	uint8_t *copy;

	assert_int_equal(
	    store_start(h->w.store, sql, STORE_NO_ARGS, &rows, &err), 0);
	assert_int_equal(store_step(h->w.store, rows, &err), 1);
	v = store_column(h->w.store, rows, 0);
	copy = malloc(v.len);
	assert_non_null(copy);
	memcpy(copy, v.bytes, v.len);
	*ret_len = v.len;
	store_finish(h->w.store, &rows);
	return copy;
}

/* Keys of everything the keeper has of a person. */
static inline uint32_t erase_keys(struct house *h, int64_t person)
{
	struct keeper_batch *batch = NULL;
	const uint8_t *count = NULL;
	struct err err = {0};
	struct cut cut;
	size_t len = 0;
	uint32_t n;

	assert_int_equal(keeper_batch_new(h->w.keeper, &batch, &err), 0);
	(void)keeper_add_count_keys(batch, person, NULL);
	assert_int_equal(keeper_run(batch, &err), 0);
	assert_int_equal(keeper_result(batch, 0, &count, &len, &err), 0);
	cut = CUT(count, len);
	n = cut_u32(&cut);
	keeper_batch_free(&batch);
	return n;
}

/* An attachment of a message, with a file. */
static inline void erase_attach(struct house *h, int64_t message, int64_t id,
				const char *datenart, const char *file)
{
	char path[160], sql[512];
	FILE *out;

	(void)snprintf(path, sizeof(path), "%s/media/%.2s", h->dir, file);
	(void)mkdir(path, 0700); /* perhaps it is there */
	(void)snprintf(path, sizeof(path), "%s/media/%.2s/%s", h->dir, file,
		       file);
	out = fopen(path, "we");
	assert_non_null(out);
	assert_true(fprintf(out, "sealed bytes of %s", file) > 0);
	assert_int_equal(fclose(out), 0);
	(void)snprintf(
	    sql, sizeof(sql),
	    "INSERT INTO attachment(id,message,conversation,key_person,channel,"
	    "datenart,year,state,bytes,file,media_sealed,created_ms) SELECT"
	    " %lld,m.id,m.conversation,m.key_person,'shop','%s',m.year,'kept',"
	    "9,'%s',x'0102',m.received_ms FROM message m WHERE m.id=%lld",
	    (long long)id, datenart, file, (long long)message);
	house_sql(h, sql);
}

static inline bool erase_there(struct house *h, const char *file)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/media/%.2s/%s", h->dir, file,
		       file);
	return access(path, F_OK) == 0;
}

#define ERASE_FILE_A "a0000000000000000000000000000001"
#define ERASE_FILE_B "b0000000000000000000000000000002"

#endif
