/* erasure_open.c - sealed fields of the person, opened in one batch. */
#include "erasure_inside.h"

#include "worker/identity.h"
#include "worker/inbound.h"

static int add_all(struct run *r, const char *sql, enum seal_field field,
		   struct keeper_batch *batch, size_t *ret_len, struct err *err)
{
	struct key_ref key = {.datenart = {IDENTITY_DATENART}};
	struct store *st = r->w->store;
	struct store_rows *rows = NULL;
	int rc;

	if (store_start(st, sql, STORE_ARGS(S_INT(r->e.person)), &rows, err) !=
	    0)
		return -1;
	while ((rc = store_step(st, rows, err)) > 0) {
		struct store_value v = store_column(st, rows, 3);

		key.person = store_column(st, rows, 1).num;
		key.year = (uint16_t)store_column(st, rows, 2).num;
		(void)keeper_add_open(batch, &key,
				      store_column(st, rows, 0).num, field,
				      v.bytes, v.len);
		(*ret_len)++;
	}
	store_finish(st, &rows);
	return rc;
}

int erasure_open_each(struct run *r, const char *sql, enum seal_field field,
		      erasure_opened *each, void *ctx, struct err *err)
{
	struct keeper_batch *batch = NULL;
	size_t len = 0;
	int rc;

	if (keeper_batch_new(r->w->keeper, &batch, err) != 0)
		return -1;
	rc = add_all(r, sql, field, batch, &len, err);
	if (rc == 0 && len > 0 && keeper_run(batch, err) != 0)
		rc = keeper_failed(err);
	for (size_t i = 0; rc == 0 && i < len; i++)
		rc = each(ctx, batch, i, err);
	keeper_batch_free(&batch);
	return rc;
}
