/* consent_read.c - events of consent from the archive, opened. */
#include "consent_read.h"

#include <sodium.h>

#include "conversation.h"
#include "postern/jsonmem.h"
#include "problem.h"
#include "purpose.h"

#define SEALED_MAX (2u * 1024 * 1024)
#define NO_SLOT	   SIZE_MAX

#define COLUMNS                                                         \
	"SELECT id,at_ms,until_ms,prompt,answer,purpose,channel,kind,"  \
	"by_whom,method,source,language,wording,key_person,year,"       \
	"evidence_sealed FROM consent_event WHERE person IN (SELECT id" \
	" FROM family)"
#define NEWEST " ORDER BY at_ms DESC,id DESC LIMIT 256"

static const char all_sql[] = PERSON_FAMILY COLUMNS NEWEST;
static const char purpose_sql[] =
    PERSON_FAMILY COLUMNS " AND purpose IN (?,?,?)" NEWEST;
static const char person_sql[] = "SELECT 1 FROM person WHERE id=?";
static const char message_sql[] =
    "SELECT key_person,datenart,year,content_sealed FROM message WHERE id=?";

int consent_person_there(struct worker *w, struct job *job, int64_t person,
			 struct err *err)
{
	bool found = false;
	int64_t one;

	if (store_one_int(w->store, person_sql, STORE_ARGS(S_INT(person)), &one,
			  &found, err) != 0)
		return -1;
	return found ? purpose_check(w, job, person, 0, err)
		     : job_refuse(job, &problem_absent, NULL);
}

void consent_lines_free(struct consent_lines **lines)
{
	struct consent_lines *l = *lines;

	*lines = NULL;
	if (l == NULL)
		return;
	for (size_t i = 0; i < l->len; i++) {
		json_decref(l->all[i].evidence);
		buf_free(&l->all[i].sealed);
	}
	sodium_memzero(l, sizeof(*l));
	free(l);
}

/* --- rows ----------------------------------------------------------------- */

static int64_t number(struct store_value v)
{
	return v.type == STORE_INT ? v.num : 0;
}

static bool read_words(struct worker *w, struct store_rows *rows,
		       struct consent_line *ret)
{
	struct store *st = w->store;
	struct store_value channel = store_column(st, rows, 6);
	struct store_value wording = store_column(st, rows, 12);

	ret->has_wording = wording.len == sizeof(ret->wording);
	if (ret->has_wording)
		memcpy(ret->wording, wording.bytes, wording.len);
	return column_name(store_column(st, rows, 5), &ret->purpose) &&
	       (channel.len == 0 || column_name(channel, &ret->channel)) &&
	       store_word(store_column(st, rows, 7), ret->kind,
			  sizeof(ret->kind)) &&
	       store_word(store_column(st, rows, 8), ret->by,
			  sizeof(ret->by)) &&
	       store_word(store_column(st, rows, 9), ret->method,
			  sizeof(ret->method)) &&
	       store_word(store_column(st, rows, 10), ret->source,
			  sizeof(ret->source)) &&
	       store_word(store_column(st, rows, 11), ret->language,
			  sizeof(ret->language));
}

static int read_row(struct worker *w, struct store_rows *rows,
		    struct consent_line *ret, struct err *err)
{
	struct store *st = w->store;
	struct store_value sealed = store_column(st, rows, 15);

	*ret = (struct consent_line){
	    .id = store_column(st, rows, 0).num,
	    .at_ms = store_column(st, rows, 1).num,
	    .until_ms = number(store_column(st, rows, 2)),
	    .prompt = number(store_column(st, rows, 3)),
	    .answer = number(store_column(st, rows, 4)),
	    .key = {.person = number(store_column(st, rows, 13)),
		    .year = (uint16_t)number(store_column(st, rows, 14))},
	    .sealed = BUF_INIT(SEALED_MAX),
	    .slot = NO_SLOT,
	    .prompt_slot = NO_SLOT,
	    .answer_slot = NO_SLOT,
	};
	(void)name_set(&ret->key.datenart, CONSENT_DATENART,
		       strlen(CONSENT_DATENART)); /* a constant */
	if (!read_words(w, rows, ret))
		return ERR_SET(err, ERR_CORRUPT, "words of a consent event", 0);
	return sealed.type == STORE_BLOB
		   ? buf_append(&ret->sealed, sealed.bytes, sealed.len, err)
		   : 0;
}

static int start(struct worker *w, int64_t person, const struct name *purpose,
		 struct store_rows **ret, struct err *err)
{
	struct policy_purpose known;
	const char *marketing;

	if (purpose == NULL)
		return store_start(w->store, all_sql, STORE_ARGS(S_INT(person)),
				   ret, err);
	marketing = purpose->text;
	if (policy_purpose_of(w->policy, purpose, NULL, &known) &&
	    known.marketing)
		marketing = CONSENT_MARKETING;
	return store_start(w->store, purpose_sql,
			   STORE_ARGS(S_INT(person), S_TEXT(purpose->text),
				      S_TEXT(marketing),
				      S_TEXT(CONSENT_EVERY_PURPOSE)),
			   ret, err);
}

/* They came newest first. */
static void turn(struct consent_lines *l)
{
	for (size_t i = 0; i < l->len / 2; i++) {
		struct consent_line *a = &l->all[i];
		struct consent_line *b = &l->all[l->len - 1 - i];
		const struct consent_line kept = *a;

		*a = *b;
		*b = kept;
	}
}

int consent_lines_read(struct worker *w, int64_t person,
		       const struct name *purpose, struct consent_lines **ret,
		       struct err *err)
{
	struct consent_lines *l = calloc(1, sizeof(*l));
	struct store_rows *rows = NULL;
	int rc = 0;

	*ret = l;
	if (l == NULL)
		return ERR_SET(err, ERR_NOMEM, "events of consent", 0);
	if (start(w, person, purpose, &rows, err) != 0)
		return -1;
	while (l->len < CONSENT_LINES_MAX &&
	       (rc = store_step(w->store, rows, err)) > 0) {
		rc = read_row(w, rows, &l->all[l->len++], err);
		if (rc != 0)
			break;
	}
	store_finish(w->store, &rows);
	turn(l);
	return rc < 0 ? -1 : 0;
}

/* --- opening -------------------------------------------------------------- */

/* The provider's id of a message is sealed in it. */
static int add_message(struct worker *w, int64_t message,
		       struct keeper_batch *batch, size_t *ret_slot,
		       struct err *err)
{
	struct store_rows *rows = NULL;
	struct store_value sealed;
	struct key_ref key = {0};
	int got;

	if (message == 0)
		return 0;
	if (store_start(w->store, message_sql, STORE_ARGS(S_INT(message)),
			&rows, err) != 0)
		return -1;
	got = store_step(w->store, rows, err);
	if (got > 0 &&
	    column_name(store_column(w->store, rows, 1), &key.datenart)) {
		key.person = store_column(w->store, rows, 0).num;
		key.year = (uint16_t)store_column(w->store, rows, 2).num;
		sealed = store_column(w->store, rows, 3);
		if (sealed.type == STORE_BLOB)
			*ret_slot =
			    keeper_add_open(batch, &key, message, FIELD_CONTENT,
					    sealed.bytes, sealed.len);
	}
	store_finish(w->store, &rows);
	return got < 0 ? -1 : 0;
}

/* Of a question the "answer" is what led to it. */
static bool is_question(const struct consent_line *line)
{
	return strcmp(line->kind, "requested") == 0 ||
	       strcmp(line->kind, "reminded") == 0;
}

/* NULL: there is none, or its key was destroyed. */
static json_t *opened(const struct keeper_batch *batch, size_t slot)
{
	struct err ignored = {0};
	const uint8_t *clear;
	bool no_memory; /* the answer finds out: job.h */
	size_t len;

	if (slot == NO_SLOT ||
	    keeper_result(batch, slot, &clear, &len, &ignored) != 0)
		return NULL;
	return jsonmem_load(clear, len, JSON_ALLOW_NUL, &no_memory);
}

static void take_id(const json_t *object, const char *member,
		    char ret[PROVIDER_ID_BYTES])
{
	const char *id = json_string_value(json_object_get(object, member));

	if (id != NULL && strlen(id) < PROVIDER_ID_BYTES)
		memcpy(ret, id, strlen(id) + 1);
}

static void take(struct consent_line *line, const struct keeper_batch *batch)
{
	json_t *prompt = opened(batch, line->prompt_slot);
	json_t *answer = opened(batch, line->answer_slot);

	line->evidence = opened(batch, line->slot);
	take_id(prompt, "id", line->prompt_id);
	take_id(answer, "id", line->answer_id);
	/* The message may be gone; what was sealed as proof stays. */
	take_id(line->evidence, "answer_id", line->answer_id);
	json_decref(prompt);
	json_decref(answer);
}

int consent_lines_open(struct worker *w, struct consent_lines *lines,
		       struct err *err)
{
	const uint64_t short_before = jsonmem_failures();
	struct keeper_batch *batch = NULL;
	int rc = -1;

	if (keeper_batch_new(w->keeper, &batch, err) != 0)
		return -1;
	for (size_t i = 0; i < lines->len; i++) {
		struct consent_line *line = &lines->all[i];

		if (line->sealed.len > 0)
			line->slot = keeper_add_open(
			    batch, &line->key, line->id, FIELD_EVIDENCE,
			    line->sealed.bytes, line->sealed.len);
		if (add_message(w, line->prompt, batch, &line->prompt_slot,
				err) != 0 ||
		    (!is_question(line) &&
		     add_message(w, line->answer, batch, &line->answer_slot,
				 err) != 0))
			goto out;
	}
	if (keeper_run(batch, err) != 0)
		goto out;
	for (size_t i = 0; i < lines->len; i++)
		take(&lines->all[i], batch);
	/* A proof is whole or is none. */
	rc = jsonmem_failures() == short_before
		 ? 0
		 : ERR_SET(err, ERR_NOMEM, "a proof is incomplete", 0);
out:
	keeper_batch_free(&batch);
	return rc;
}

const char *consent_line_text(const struct consent_line *line,
			      const char *member)
{
	return json_string_value(json_object_get(line->evidence, member));
}
