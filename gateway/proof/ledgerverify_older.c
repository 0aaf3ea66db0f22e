/* ledgerverify_older.c - the checkpoints before the one that is checked: each
 * was signed, so each has to be a prefix of this log. */
#include "ledgerverify.h"

#include <string.h>

static void older_is_bad(struct verifier *v, uint64_t size)
{
	struct ledger_finding f = {.fault = LEDGER_BAD_CHECKPOINT,
				   .index = v->older_good,
				   .size = size};

	if (!v->older_bad)
		v->older_finding = f;
	v->older_bad = true;
}

/* It is wrong in itself, whatever the entries are. */
static void refuse(struct verifier *v, uint64_t size)
{
	older_is_bad(v, size);
	verify_conclude(v, LEDGER_BAD_CHECKPOINT, v->older_good);
	if (v->finding.fault == LEDGER_BAD_CHECKPOINT)
		v->finding.size = size;
	v->older_there = false;
}

/* Before a key was rotated another one signed, and who checks may not have it.
 * What no key here signed is such a one at most as long as none here has. */
static bool is_acceptable(struct verifier *v, const char *note, size_t len,
			  struct checkpoint *ret)
{
	enum verify_signature said =
	    verify_signed(v->keys, v->keys_len, note, len, ret);

	if (ret->size > v->head.size)
		return true; /* not older: not judged */
	if (said == VERIFY_BAD || strcmp(ret->origin, v->head.origin) != 0 ||
	    (said == VERIFY_UNKNOWN && v->older_known))
		return false;
	v->older_known = said == VERIFY_GOOD;
	if (said == VERIFY_UNKNOWN) {
		v->older_unknown = true;
		v->unknown_size = ret->size;
	}
	return true;
}

void verify_older_keys(struct verifier *v)
{
	struct ledger_finding f = {.fault = LEDGER_BAD_CHECKPOINT,
				   .size = v->unknown_size};

	/* The entry that tells of the rotation stands behind what the earlier
	 * key signed; it may have been pruned. */
	if (!v->found && v->older_unknown && !v->rotated &&
	    v->unknown_size >= v->first) {
		v->finding = f;
		v->found = true;
	}
}

static int look(struct verifier *v, struct err *err)
{
	bool first = !v->older_looked;
	struct checkpoint c = {.size = 0};
	struct err why = {0};
	const char *note;
	size_t len;
	int rc;

	v->older_looked = true;
	rc = v->source->checkpoint(v->source->ctx, &note, &len, &why);
	if (rc < 0 && why.kind != ERR_CORRUPT) {
		if (err != NULL)
			*err = why;
		return -1;
	}
	v->older_there = rc > 0;
	if (rc == 0)
		return 0;
	if (rc < 0 || !is_acceptable(v, note, len, &c) ||
	    (!first && c.size <= v->older.size)) {
		refuse(v, c.size);
		return 0;
	}
	v->older = c;
	return 0;
}

static void hold(struct verifier *v)
{
	struct merkle_hash root;

	verify_root_at(v, v->older.size, &root);
	if (merkle_equal(&root, &v->older.root)) {
		v->older_good = v->older.size;
		return;
	}
	older_is_bad(v, v->older.size);
	/* Unless a trusted tile has said that the entries are right, that is
	 * seen later. */
	if (!v->layers[0].trusted || v->suspected)
		return;
	verify_conclude(v, LEDGER_BAD_CHECKPOINT, v->older_good);
	v->finding.size = v->older.size;
}

int verify_older(struct verifier *v, uint64_t size, struct err *err)
{
	if (v->source->checkpoint == NULL)
		return 0;
	if (!v->older_looked && look(v, err) != 0)
		return -1;
	while (v->older_there && !v->found && v->older.size <= size) {
		hold(v);
		if (!v->found && look(v, err) != 0)
			return -1;
	}
	return 0;
}
