/* receipt.c - is this entry in the log that these keys sign?
 *
 * A receipt proves an entry and need not hold it.  The entry is looked for in
 * a file, in the line "extra", and at last where the example logs of the
 * format's own test vectors have it: the ASCII text "entry-<index>".  Guessing
 * cannot deceive: only an entry that is included is accepted, and the answer
 * says which. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "postern/ledgerentry.h"
#include "postern/receiptextra.h"
#include "postern/receiptopening.h"
#include "verify.h"

struct inquiry {
	const struct verify_ask *ask;
	struct receipt r;
	struct note note;
	struct checkpoint body;
	struct buf given; /* --entry */
	char example[32];
	/* What was found. */
	const void *entry;
	size_t entry_len;
	const char *from;
	size_t tried;
	enum { OPENS_NOTHING, OPENS_OTHER, OPENS_ENTRY } opens;
	struct receiptopening opening;
};

/* 1 included, 0 not, -1 nothing can be: *err says why. */
static int try_entry(struct inquiry *q, const void *entry, size_t len,
		     const char *from, struct err *err)
{
	struct err why = {0};

	q->tried++;
	if (receipt_verify(&q->r, q->ask->keys.keys, q->ask->keys.len, entry,
			   len, &q->body, &why) == 0) {
		q->entry = entry;
		q->entry_len = len;
		q->from = from;
		return 1;
	}
	if (why.kind == ERR_CORRUPT)
		return 0;
	*err = why;
	return -1;
}

/* Candidates, the surest first. */
static int find_entry(struct inquiry *q, struct err *err)
{
	const struct buf *extra = &q->r.extra;
	const void *entry;
	size_t len;
	int rc;

	if (q->ask->entry != NULL)
		return try_entry(q, q->given.bytes, q->given.len,
				 "the file given", err);
	if (extra->len > 0 &&
	    receiptextra_entry(extra->bytes, extra->len, &entry, &len)) {
		rc = try_entry(q, entry, len, "the receipt", err);
		if (rc != 0)
			return rc;
	}
	if (extra->len > 0) {
		rc = try_entry(q, extra->bytes, extra->len,
			       "the receipt, all of its line extra", err);
		if (rc != 0)
			return rc;
	}
	(void)snprintf(q->example, sizeof(q->example), "entry-%" PRIu64,
		       q->r.index);
	return try_entry(q, q->example, strlen(q->example),
			 "the convention of example logs, \"entry-<index>\"",
			 err);
}

/* --- answers -------------------------------------------------------------- */

static void tell_checkpoint(struct answer *a, const struct inquiry *q)
{
	answer_number(a, "index", q->r.index);
	answer_text(a, "log", "%s", q->body.origin);
	answer_number(a, "size", q->body.size);
	answer_list(a, "verified");
	for (size_t i = 0; i < q->ask->keys.len; i++)
		if (note_check(&q->note, &q->ask->keys.keys[i], NULL) ==
		    NOTE_GOOD)
			answer_item(a, q->ask->keys.keys[i].name,
				    strlen(q->ask->keys.keys[i].name));
	answer_list_end(a);
}

static void tell_entry(struct answer *a, const struct inquiry *q)
{
	struct ledger_told told;

	answer_text(a, "entry_from", "%s", q->from);
	if (ledger_entry_parse(q->entry, q->entry_len, &told, NULL) == 0)
		answer_json(a, "entry", q->entry, q->entry_len);
	else
		answer_number(a, "entry_bytes", q->entry_len);
	if (q->opens == OPENS_OTHER)
		answer_text(a, "opening", "%s",
			    "holds one of another form; it is not checked");
	if (q->opens != OPENS_ENTRY)
		return;
	answer_text(a, "opening", "%s",
		    "is that of the entry: the commitment is over this");
	answer_text(a, "payload", "%s", q->opening.payload);
}

/* The entry is in the log; is what the receipt says beside it about it? */
static bool open_entry(struct inquiry *q)
{
	struct ledger_told told;
	const void *opening;
	size_t len;

	if (!receiptextra_opening(q->r.extra.bytes, q->r.extra.len, &opening,
				  &len))
		return true;
	q->opens = OPENS_OTHER;
	if (!receiptopening_read(opening, len, &q->opening))
		return true;
	q->opens = OPENS_ENTRY;
	return ledger_entry_parse(q->entry, q->entry_len, &told, NULL) == 0 &&
	       receiptopening_fits(&q->opening, &told);
}

static int accept(const struct inquiry *q)
{
	const char *why = NULL;
	struct answer a;

	if (!verify_cosigned(q->ask, &q->note, &why)) {
		answer_begin(&a, q->ask, "refused", "%s", why);
		tell_checkpoint(&a, q);
		(void)verify_witnesses(&a, q->ask, &q->note, &why);
		return answer_end(&a);
	}
	answer_begin(&a, q->ask, "accepted",
		     "entry %" PRIu64 " is in the log %s of %" PRIu64
		     " entries",
		     q->r.index, q->body.origin, q->body.size);
	tell_checkpoint(&a, q);
	tell_entry(&a, q);
	(void)verify_witnesses(&a, q->ask, &q->note, &why);
	answer_good(&a);
	return answer_end(&a);
}

static int refuse(const struct verify_ask *ask, const char *why)
{
	struct answer a;

	answer_begin(&a, ask, "refused", "%s", why);
	return answer_end(&a);
}

static int not_included(const struct inquiry *q)
{
	const char *why =
	    q->ask->entry != NULL
		? "the entry given is not at this index of the log"
	    : q->tried > 1
		? "what the receipt holds is not at this index of the log"
		: "the receipt holds no entry, and the proof does not lead "
		  "to that of an example log; --entry FILE gives the entry";
	struct answer a;

	answer_begin(&a, q->ask, "refused", "%s", why);
	answer_number(&a, "index", q->r.index);
	return answer_end(&a);
}

/* --- the check ------------------------------------------------------------ */

static int inquire(struct inquiry *q)
{
	struct err err = {0};
	int found;

	if (note_parse(q->r.checkpoint, q->r.checkpoint_len, &q->note, &err) !=
	    0)
		return refuse(q->ask, err.what);
	found = find_entry(q, &err);
	if (found < 0)
		return refuse(q->ask, err.what);
	if (found == 0)
		return not_included(q);
	if (!open_entry(q))
		return refuse(q->ask, "the opening in the receipt is not that "
				      "of its entry");
	return accept(q);
}

static int read_given(struct inquiry *q)
{
	struct err err = {0};

	if (q->ask->entry == NULL ||
	    verify_read(q->ask->entry, TILE_ENTRY_MAX, &q->given, &err) == 0)
		return 0;
	return verify_failed(q->ask, "%s: %s", q->ask->entry, err.what);
}

int verify_receipt_ask(struct verify_ask *ask)
{
	struct inquiry q = {.ask = ask, .given = BUF_INIT(TILE_ENTRY_MAX)};
	struct buf bytes = BUF_INIT(RECEIPT_BYTES_MAX);
	struct err err = {0};
	int status;

	if (verify_read(ask->receipt, RECEIPT_BYTES_MAX, &bytes, &err) != 0) {
		status =
		    err.kind == ERR_INPUT
			? refuse(ask, "a receipt is too long")
			: verify_failed(ask, "%s: %s", ask->receipt, err.what);
	} else if (receipt_parse((const char *)bytes.bytes, bytes.len, &q.r,
				 &err) != 0) {
		status = refuse(ask, err.what);
	} else {
		status = read_given(&q);
		if (status == 0)
			status = inquire(&q);
		receipt_free(&q.r);
	}
	buf_free(&q.given);
	buf_free(&bytes);
	return status;
}
