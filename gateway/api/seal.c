/* seal.c - one JSON value under a key of a person. */
#include "seal.h"

#include "postern/jsonmem.h"

#define JSON_MAX (1024 * 1024)

int seal_json(struct worker *w, const struct key_ref *key, int64_t record,
	      enum seal_field field, json_t *value, struct keeper_batch **ret,
	      const uint8_t **ret_bytes, size_t *ret_len, struct err *err)
{
	struct buf text = BUF_INIT(JSON_MAX);
	struct keeper_batch *batch = NULL;
	size_t slot;
	int rc = -1;

	if (jsonmem_print(value, JSON_COMPACT, &text, err) != 0 ||
	    keeper_batch_new(w->keeper, &batch, err) != 0)
		goto out;
	slot = keeper_add_seal(batch, key, record, field, text.bytes, text.len);
	if (keeper_run(batch, err) != 0 ||
	    keeper_result(batch, slot, ret_bytes, ret_len, err) != 0)
		goto out;
	*ret = batch;
	batch = NULL;
	rc = 0;
out:
	buf_free(&text);
	keeper_batch_free(&batch);
	return rc;
}
