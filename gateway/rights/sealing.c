/* sealing.c - what a request says and where it is answered, under the
 * request's own key: the file of a request outlives the person's data. */
#include "inside.h"

#include <string.h>

#include "postern/jsonmem.h"
#include "worker/inbound.h"

#define SEALED_MAX (512u * 1024)

static const char read_request_sql[] =
    "SELECT request_sealed FROM request WHERE id=?";
static const char read_reply_sql[] =
    "SELECT reply_sealed FROM request WHERE id=?";
static const char write_request_sql[] =
    "UPDATE request SET request_sealed=? WHERE id=?";
static const char write_reply_sql[] =
    "UPDATE request SET reply_sealed=? WHERE id=?";

struct key_ref request_key(int64_t id, uint16_t year)
{
	struct key_ref key = {.person = id, .year = year};

	(void)name_set(&key.datenart, RIGHTS_DATENART,
		       strlen(RIGHTS_DATENART)); /* a constant */
	return key;
}

static int read_sealed(struct worker *w, int64_t id, enum seal_field field,
		       struct buf *ret, struct err *err)
{
	struct store_rows *rows = NULL;
	struct store_value v;
	int rc;

	if (store_start(w->store,
			field == FIELD_REQUEST ? read_request_sql
					       : read_reply_sql,
			STORE_ARGS(S_INT(id)), &rows, err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	if (rc > 0) {
		v = store_column(w->store, rows, 0);
		rc = buf_append(ret, v.bytes, v.len, err);
	}
	store_finish(w->store, &rows);
	return rc;
}

static int parse(const struct keeper_batch *batch, size_t slot, json_t **ret,
		 struct err *err)
{
	const uint8_t *bytes = NULL;
	struct err why = {0};
	bool no_memory = false;
	size_t len = 0;

	if (keeper_result(batch, slot, &bytes, &len, &why) != 0) {
		if (why.kind == ERR_ABSENT) /* its time is over */
			return 0;
		*err = why;
		return keeper_failed(err);
	}
	*ret = jsonmem_load(bytes, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL,
			    &no_memory);
	if (no_memory)
		return ERR_SET(err, ERR_NOMEM, "no memory for JSON", 0);
	return json_is_object(*ret)
		   ? 0
		   : ERR_SET(err, ERR_CORRUPT, "a request is no JSON", 0);
}

int opened_json(struct worker *w, const struct key_ref *key, int64_t record,
		enum seal_field field, const struct buf *sealed, json_t **ret,
		struct err *err)
{
	struct keeper_batch *batch = NULL;
	size_t slot;
	int rc;

	*ret = NULL;
	if (keeper_batch_new(w->keeper, &batch, err) != 0)
		return -1;
	slot = keeper_add_open(batch, key, record, field, sealed->bytes,
			       sealed->len);
	rc = keeper_run(batch, err) != 0 ? keeper_failed(err)
					 : parse(batch, slot, ret, err);
	if (rc != 0) {
		json_decref(*ret);
		*ret = NULL;
	}
	keeper_batch_free(&batch);
	return rc;
}

int request_opened(struct worker *w, const struct request *r, int64_t record,
		   enum seal_field field, const struct buf *sealed,
		   json_t **ret, struct err *err)
{
	const struct key_ref key = request_key(r->is.id, r->year);

	return opened_json(w, &key, record, field, sealed, ret, err);
}

int request_open_sealed(struct worker *w, const struct request *r,
			enum seal_field field, json_t **ret, struct err *err)
{
	struct buf sealed = BUF_INIT(SEALED_MAX);
	int rc = read_sealed(w, r->is.id, field, &sealed, err);

	*ret = NULL;
	if (rc == 0 && sealed.len > 0)
		rc = request_opened(w, r, r->is.id, field, &sealed, ret, err);
	buf_free(&sealed);
	return rc;
}

static int seal_text(struct worker *w, const struct request *r,
		     enum seal_field field, const struct buf *clear,
		     struct err *err)
{
	const struct key_ref key = request_key(r->is.id, r->year);
	struct keeper_batch *batch = NULL;
	const uint8_t *sealed = NULL;
	size_t slot, len = 0;
	int rc = -1;

	if (keeper_batch_new(w->keeper, &batch, err) != 0)
		return -1;
	slot = keeper_add_seal(batch, &key, r->is.id, field, clear->bytes,
			       clear->len);
	if (keeper_run(batch, err) != 0 ||
	    keeper_result(batch, slot, &sealed, &len, err) != 0)
		rc = keeper_failed(err);
	else
		rc = store_run(w->store,
			       field == FIELD_REQUEST ? write_request_sql
						      : write_reply_sql,
			       STORE_ARGS(S_BLOB(sealed, len), S_INT(r->is.id)),
			       err);
	keeper_batch_free(&batch);
	return rc;
}

int request_seal(struct worker *w, const struct request *r,
		 enum seal_field field, const json_t *what, struct err *err)
{
	struct buf clear = BUF_INIT(SEALED_MAX / 2);
	int rc;

	if (what == NULL)
		return store_run(w->store,
				 field == FIELD_REQUEST ? write_request_sql
							: write_reply_sql,
				 STORE_ARGS(S_NULL, S_INT(r->is.id)), err);
	rc = jsonmem_print(what, JSON_COMPACT, &clear, err);
	if (rc == 0)
		rc = seal_text(w, r, field, &clear, err);
	buf_free(&clear);
	return rc;
}
