/* erasure_raw.c - bodies that nobody understood and that name the person.
 *
 * Nobody parsed them, so no row says whose they are.  Each is opened, and goes
 * if an address of the person stands in it as the provider spells it.  One
 * that hides it in another spelling is not found: it goes by the rule of RAW,
 * a few days after it came (docs/forgetting.md).
 *
 * Source: compliance 3.2 (RAW), 7.4 (3). */
#include "erasure_inside.h"

#include <sodium.h>

#include "store/family.h"
#include "worker/identity.h"
#include "worker/inbound.h"
#include "worker/quarantine.h"

#define SLICE	      8
#define ADDRESSES_MAX 64
#define ADDRESS_BYTES 512
#define ADDRESS_MIN   5 /* bytes: less than that stands anywhere */
#define RAW_DATENART  "RAW"

static const char addresses_sql[] =
    PERSON_FAMILY "SELECT id,key_person,year,address_sealed FROM address WHERE"
		  " person IN (SELECT id FROM family) AND"
		  " length(address_sealed)>0 LIMIT 64";
static const char raw_sql[] = "SELECT id,year,raw_sealed FROM quarantine WHERE"
			      " id<? ORDER BY id DESC LIMIT 8";

struct addresses {
	char text[ADDRESSES_MAX][ADDRESS_BYTES];
	size_t len;
};

static int take_address(void *ctx, const struct keeper_batch *batch,
			size_t slot, struct err *err)
{
	struct addresses *ret = ctx;
	const uint8_t *clear;
	size_t len;

	/* One that does not open any more is found nowhere. */
	if (keeper_result(batch, slot, &clear, &len, err) != 0)
		return 0;
	/* "+49..." stands without the sign in what providers send. */
	while (len > 0 && clear[0] == '+') {
		clear++;
		len--;
	}
	if (len < ADDRESS_MIN || len >= ADDRESS_BYTES)
		return 0;
	memcpy(ret->text[ret->len], clear, len);
	ret->text[ret->len++][len] = '\0';
	return 0;
}

static int addresses_of(struct run *r, struct addresses *ret, struct err *err)
{
	return erasure_open_each(r, addresses_sql, FIELD_ADDRESS, take_address,
				 ret, err);
}

struct bodies {
	int64_t ids[SLICE];
	size_t len;
	struct keeper_batch *batch;
};

static int read_bodies(struct run *r, struct bodies *b, struct err *err)
{
	struct key_ref key = {.datenart = {RAW_DATENART}};
	struct store_rows *rows = NULL;
	struct store_value v;
	int rc;

	if (store_start(r->w->store, raw_sql, STORE_ARGS(S_INT(r->e.message)),
			&rows, err) != 0)
		return -1;
	while ((rc = store_step(r->w->store, rows, err)) > 0) {
		v = store_column(r->w->store, rows, 2);
		key.year = (uint16_t)store_column(r->w->store, rows, 1).num;
		b->ids[b->len] = store_column(r->w->store, rows, 0).num;
		(void)keeper_add_open(b->batch, &key, b->ids[b->len], FIELD_RAW,
				      v.bytes, v.len);
		b->len++;
	}
	store_finish(r->w->store, &rows);
	return rc;
}

static bool named_in(const struct addresses *a, const uint8_t *body, size_t len)
{
	for (size_t i = 0; i < a->len; i++)
		if (memmem(body, len, a->text[i], strlen(a->text[i])) != NULL)
			return true;
	return false;
}

static int forget_body(struct run *r, int64_t id, struct err *err)
{
	enum erasure_verdict verdict = ERASURE_KEEP;
	const bool stays = r->e.stays;
	struct item item;
	bool found = false;

	if (item_load(r->w, ITEM_QUARANTINE, id, &item, &found, err) != 0)
		return -1;
	if (!found)
		return 0;
	item.person = r->e.person; /* so a hold over them is over it */
	if (erasure_judge(r, &item, &verdict, err) != 0)
		return -1;
	r->e.stays = stays; /* a body keeps nobody */
	return verdict == ERASURE_ERASE ? forget_item(&r->f, &item, err) : 0;
}

static int look(struct run *r, struct bodies *b, const struct addresses *a,
		struct err *err)
{
	const uint8_t *clear;
	struct err why;
	size_t len;

	for (size_t i = 0; i < b->len; i++)
		if (keeper_result(b->batch, i, &clear, &len, &why) == 0 &&
		    named_in(a, clear, len) &&
		    forget_body(r, b->ids[i], err) != 0)
			return -1;
	return 0;
}

int erasure_raw(struct run *r, bool *ret_end, struct err *err)
{
	struct addresses *a = calloc(1, sizeof(*a));
	struct bodies b = {0};
	int rc = -1;

	if (a == NULL)
		return ERR_SET(err, ERR_NOMEM, "bodies to look through", 0);
	if (keeper_batch_new(r->w->keeper, &b.batch, err) != 0 ||
	    addresses_of(r, a, err) != 0 || read_bodies(r, &b, err) != 0)
		goto out;
	if (b.len > 0 && a->len > 0 && keeper_run(b.batch, err) != 0) {
		rc = keeper_failed(err);
		goto out;
	}
	rc = b.len > 0 && a->len > 0 ? look(r, &b, a, err) : 0;
	*ret_end = b.len < SLICE || a->len == 0;
	if (b.len > 0)
		r->e.message = b.ids[b.len - 1];
out:
	sodium_memzero(a, sizeof(*a));
	free(a);
	keeper_batch_free(&b.batch);
	return rc;
}
