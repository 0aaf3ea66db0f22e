/* register.c - rows of the register, and the texts sealed with them. */
#include "breach.h"
#include "postern/jsonmem.h"
#include "worker/inbound.h"

#define TEXTS_MAX (256u * 1024)

static const char load_sql[] =
    "SELECT year,state,detected_ms,aware_ms,from_ms,to_ms,types,cause_kind,"
    "cause_object,figures,subjects,records,special,risk,decision,exception,"
    "internal_ms,legal_ms,notified_ms,subjects_notified_ms,closed_ms,"
    "breach_sealed FROM breach WHERE id=?";
static const char texts_sql[] = "UPDATE breach SET breach_sealed=? WHERE id=?";

static const char *const causes[BREACH_CAUSES] = {
    [BREACH_PERIOD] = "period", [BREACH_KEYS] = "keys",
    [BREACH_TOKEN] = "token",	[BREACH_HELPDESK] = "helpdesk",
    [BREACH_DATA] = "data",
};

const char *breach_cause_name(enum breach_cause cause)
{
	return causes[cause];
}

bool breach_cause_named(const char *name, enum breach_cause *ret)
{
	for (int i = 0; i < BREACH_CAUSES; i++)
		if (strcmp(causes[i], name) == 0) {
			*ret = (enum breach_cause)i;
			return true;
		}
	return false;
}

static struct key_ref key_of(const struct breach *b)
{
	struct key_ref key = {.person = b->id, .year = b->year};

	(void)name_set(&key.datenart, "BREACH", 6); /* a constant */
	return key;
}

/* --- texts ---------------------------------------------------------------- */

static int seal(struct worker *w, const struct breach *b,
		const struct buf *clear, struct err *err)
{
	const struct key_ref key = key_of(b);
	struct keeper_batch *batch = NULL;
	const uint8_t *sealed;
	size_t slot, len;
	int rc = -1;

	if (keeper_batch_new(w->keeper, &batch, err) != 0)
		return -1;
	slot = keeper_add_seal(batch, &key, b->id, FIELD_BREACH, clear->bytes,
			       clear->len);
	if (keeper_run(batch, err) != 0 ||
	    keeper_result(batch, slot, &sealed, &len, err) != 0)
		(void)keeper_failed(err);
	else
		rc = store_run(w->store, texts_sql,
			       STORE_ARGS(S_BLOB(sealed, len), S_INT(b->id)),
			       err);
	keeper_batch_free(&batch);
	return rc;
}

int breach_put_texts(struct worker *w, struct breach *b, const json_t *more,
		     struct err *err)
{
	struct buf clear = BUF_INIT(TEXTS_MAX);
	int rc = -1;

	if (b->texts == NULL)
		b->texts = json_object();
	if (more != NULL)
		(void)json_object_update(
		    b->texts, (json_t *)(uintptr_t)more); /* only read */
	if (jsonmem_print(b->texts, JSON_COMPACT, &clear, err) == 0)
		rc = seal(w, b, &clear, err);
	buf_free(&clear);
	return rc;
}

static int open_texts(struct worker *w, struct breach *b,
		      struct store_value sealed, struct err *err)
{
	const struct key_ref key = key_of(b);
	struct keeper_batch *batch = NULL;
	const uint8_t *clear;
	bool no_memory;
	size_t slot, len;
	int rc;

	if (sealed.type != STORE_BLOB)
		return 0;
	if (keeper_batch_new(w->keeper, &batch, err) != 0)
		return -1;
	slot = keeper_add_open(batch, &key, b->id, FIELD_BREACH, sealed.bytes,
			       sealed.len);
	rc = keeper_run(batch, err);
	/* By its own rule the texts may be gone; the row stays. */
	if (rc == 0 && keeper_result(batch, slot, &clear, &len, NULL) == 0)
		b->texts = jsonmem_load(clear, len, 0, &no_memory);
	keeper_batch_free(&batch);
	return rc;
}

/* --- rows ----------------------------------------------------------------- */

static void read_figures(struct breach *b, struct store_value v)
{
	bool no_memory;
	json_t *figures = v.type == STORE_TEXT
			      ? jsonmem_load(v.bytes, v.len, 0, &no_memory)
			      : NULL;
	const char *desk =
	    json_string_value(json_object_get(figures, "helpdesk"));
	json_t *by = json_object_get(figures, "by");

	b->counted = json_is_true(json_object_get(figures, "counted"));
	b->by = by != NULL ? json_incref(by) : json_array();
	if (desk != NULL)
		(void)name_set(&b->helpdesk, desk, strlen(desk));
	json_decref(figures);
}

static int64_t number(struct worker *w, struct store_rows *rows, unsigned int i)
{
	return store_column(w->store, rows, i).num; /* 0 for NULL */
}

static int read_row(struct worker *w, struct store_rows *rows, struct breach *b,
		    struct err *err)
{
	struct store *st = w->store;
	char cause[16];

	b->year = (uint16_t)number(w, rows, 0);
	b->detected_ms = number(w, rows, 2);
	b->aware_ms = number(w, rows, 3);
	b->from_ms = number(w, rows, 4);
	b->to_ms = number(w, rows, 5);
	b->token = number(w, rows, 8);
	b->subjects = number(w, rows, 10);
	b->records = number(w, rows, 11);
	b->special = number(w, rows, 12);
	b->internal_ms = number(w, rows, 16);
	b->legal_ms = number(w, rows, 17);
	b->notified_ms = number(w, rows, 18);
	b->subjects_notified_ms = number(w, rows, 19);
	b->closed_ms = number(w, rows, 20);
	if (!store_word(store_column(st, rows, 1), b->state,
			sizeof(b->state)) ||
	    !store_word(store_column(st, rows, 6), b->types,
			sizeof(b->types)) ||
	    !store_word(store_column(st, rows, 7), cause, sizeof(cause)) ||
	    !store_word(store_column(st, rows, 13), b->risk, sizeof(b->risk)) ||
	    !store_word(store_column(st, rows, 14), b->decision,
			sizeof(b->decision)) ||
	    !store_word(store_column(st, rows, 15), b->exception,
			sizeof(b->exception)) ||
	    !breach_cause_named(cause, &b->cause))
		return ERR_SET(err, ERR_CORRUPT, "row of a breach", 0);
	read_figures(b, store_column(st, rows, 9));
	return open_texts(w, b, store_column(st, rows, 21), err);
}

int breach_load(struct worker *w, int64_t id, struct breach *ret,
		struct err *err)
{
	struct store_rows *rows = NULL;
	int rc;

	*ret = (struct breach){.id = id};
	if (store_start(w->store, load_sql, STORE_ARGS(S_INT(id)), &rows,
			err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	if (rc == 0)
		rc = ERR_SET(err, ERR_ABSENT, "no such breach", 0);
	else if (rc > 0)
		rc = read_row(w, rows, ret, err);
	store_finish(w->store, &rows);
	return rc;
}

void breach_free(struct breach *b)
{
	json_decref(b->by);
	json_decref(b->texts);
	b->by = b->texts = NULL;
}
