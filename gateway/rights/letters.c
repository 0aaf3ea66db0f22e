/* letters.c - a letter is written, and read again. */
#include "letters.h"

#include <string.h>

#include "codes.h"
#include "postern/jsonmem.h"
#include "postern/render.h"
#include "worker/inbound.h"

#define SEALED_MAX (2 * LETTER_MAX)
#define PLACES	   20

/* Without an address it is kept: people take it from the request. */
static const char insert_sql[] =
    "INSERT INTO request_letter(id,request,what,state,next_ms,made_ms,"
    "letter_sealed) VALUES(?,?,?,(SELECT CASE WHEN reply_sealed IS NULL THEN"
    " 'kept' ELSE 'waiting' END FROM request WHERE id=?),?,?,?)";
static const char read_sql[] =
    "SELECT letter_sealed FROM request_letter WHERE id=? AND request=?";

enum tongue request_tongue(const struct request *r)
{
	enum tongue tongue = TONGUE_DE;

	(void)tongue_parse(r->is.language, &tongue);
	return tongue;
}

/* --- what goes into the places -------------------------------------------- */

struct composing {
	struct worker *w;
	const struct request *r;
	enum tongue tongue;
	char due[DAY_WORDS_BYTES], until[DAY_WORDS_BYTES];
	char backup[256], article[ARTICLE_BYTES], fee[128];
	struct buf settled, recipients;
	struct place places[PLACES];
	size_t places_len;
};

static void place(struct composing *c, const char *name, const char *text)
{
	if (c->places_len < PLACES)
		c->places[c->places_len++] = (struct place){name, text};
}

static void backup_words(struct composing *c, const struct letter_facts *f)
{
	char day[DAY_WORDS_BYTES];

	c->backup[0] = '\0';
	if (!f->waits.is)
		return;
	day_words(f->waits.day, c->tongue, day);
	(void)snprintf(
	    c->backup, sizeof(c->backup),
	    c->tongue == TONGUE_DE
		? "In Sicherungen liegen unlesbare Reste, bis die letzte am "
		  "%s verfällt; zurückgespielt werden sie nicht."
		: "Backups hold unreadable remains until the last one expires "
		  "on %s; they are not brought back.",
	    day);
}

static void fee_words(struct composing *c)
{
	const int64_t cents = c->r->fee_cents;

	c->fee[0] = '\0';
	if (cents != 0)
		(void)snprintf(
		    c->fee, sizeof(c->fee),
		    c->tongue == TONGUE_DE
			? "Für diese weitere Kopie berechnen wir %d,%02d Euro "
			  "(Art. 15 Abs. 3 DSGVO)."
			: "For this further copy we charge %d.%02d euros "
			  "(Art. 15(3) GDPR).",
		    (int)(cents / 100), (int)(cents % 100));
}

/* Through which day a code or a package is there. */
static int64_t last_day(const struct composing *c, const struct letter_facts *f)
{
	const int64_t end_ms =
	    f->expires_ms != 0 ? f->expires_ms : c->r->proof_until_ms;

	return end_ms != 0 ? caldate_local(c->w->zone, end_ms - 1)
			   : request_today(c->w);
}

static int lists_fill(struct composing *c, const struct letter_facts *f,
		      struct err *err)
{
	if (settled_words(c->w, c->r, c->tongue, &c->settled, err) != 0 ||
	    recipients_words(c->w, c->r, f->erasure, c->tongue, &c->recipients,
			     err) != 0)
		return -1;
	if (buf_text(&c->settled) == NULL || buf_text(&c->recipients) == NULL)
		return ERR_SET(err, ERR_NOMEM, "letter", 0);
	return 0;
}

static void places_make(struct composing *c, const struct letter_facts *f)
{
	const struct code *code = code_find(c->r->is.reason);
	const char *authority =
	    render_authority(c->w->settings->controller.land);

	day_words(c->r->is.due_day, c->tongue, c->due);
	day_words(last_day(c, f), c->tongue, c->until);
	backup_words(c, f);
	fee_words(c);
	place(c, "{fee}", c->fee);
	place(c, "{wish}", letter_wish(c->r->is.type, c->tongue));
	place(c, "{code}", f->code);
	place(c, "{until}", c->until);
	place(c, "{due}", c->due);
	place(c, "{reason}",
	      code != NULL ? code->words[c->tongue] : c->r->is.reason);
	c->article[0] = '\0';
	if (code != NULL && code->article != NULL)
		article_words(code->article, c->tongue, c->article);
	place(c, "{article}", c->article);
	place(c, "{text}", f->text);
	place(c, "{link}", f->link);
	place(c, "{receipt}", f->receipt);
	place(c, "{backup}", c->backup);
	place(c, "{settled}", (const char *)c->settled.bytes);
	place(c, "{recipients}", (const char *)c->recipients.bytes);
	place(c, "{authority}",
	      authority != NULL	       ? authority
	      : c->tongue == TONGUE_DE ? "die Datenschutzaufsicht Ihres Landes"
				       : "that of your country");
}

static int compose(struct worker *w, const struct request *r,
		   enum letter letter, const struct letter_facts *f,
		   struct buf *ret, struct err *err)
{
	struct composing c = {
	    .w = w,
	    .r = r,
	    .tongue = request_tongue(r),
	    .settled = BUF_INIT(LETTER_MAX / 2),
	    .recipients = BUF_INIT(LETTER_MAX / 4),
	};
	int rc = lists_fill(&c, f, err);

	if (rc == 0) {
		places_make(&c, f);
		rc = places_fill(letter_words(letter, c.tongue), c.places,
				 c.places_len, ret, err);
	}
	buf_free(&c.settled);
	buf_free(&c.recipients);
	return rc;
}

/* --- writing -------------------------------------------------------------- */

static int seal(const struct request *r, int64_t id, const struct buf *text,
		struct keeper_batch *batch, const uint8_t **ret,
		size_t *ret_len, struct err *err)
{
	const struct key_ref key = request_key(r->is.id, r->year);
	struct buf clear = BUF_INIT(SEALED_MAX);
	json_t *what =
	    json_pack("{s:o}", "text",
		      json_stringn((const char *)text->bytes, text->len));
	int rc = jsonmem_print(what, JSON_COMPACT, &clear, err);
	size_t slot = 0;

	json_decref(what);
	if (rc == 0)
		slot = keeper_add_seal(batch, &key, id, FIELD_REPLY,
				       clear.bytes, clear.len);
	buf_free(&clear);
	if (rc != 0)
		return -1;
	if (keeper_run(batch, err) != 0 ||
	    keeper_result(batch, slot, ret, ret_len, err) != 0)
		return keeper_failed(err);
	return 0;
}

static int write_text(struct worker *w, const struct request *r,
		      enum letter letter, const struct buf *text,
		      struct err *err)
{
	const int64_t id = worker_id(w), now_ms = worker_now(w);
	struct keeper_batch *batch = NULL;
	const uint8_t *sealed = NULL;
	size_t len = 0;
	int rc = -1;

	if (keeper_batch_new(w->keeper, &batch, err) != 0)
		return -1;
	if (seal(r, id, text, batch, &sealed, &len, err) == 0)
		rc = store_run(w->store, insert_sql,
			       STORE_ARGS(S_INT(id), S_INT(r->is.id),
					  S_TEXT(letter_name(letter)),
					  S_INT(r->is.id), S_INT(now_ms),
					  S_INT(now_ms), S_BLOB(sealed, len)),
			       err);
	keeper_batch_free(&batch);
	return rc;
}

int letter_write_with(struct worker *w, const struct request *r,
		      enum letter letter, const struct letter_facts *facts,
		      struct err *err)
{
	struct buf text = BUF_INIT(LETTER_MAX);
	int rc = compose(w, r, letter, facts, &text, err);

	if (rc == 0)
		rc = write_text(w, r, letter, &text, err);
	buf_free(&text);
	w->rights.asked = true;
	return rc;
}

/* The words people wrote for the person, where the letter has a place. */
static const char *people_said(const json_t *what, enum letter letter)
{
	const char *member = letter == LETTER_EXTENDED	? "extension"
			     : letter == LETTER_REFUSED ? "decision"
							: NULL;

	return member != NULL ? json_string_value(json_object_get(what, member))
			      : NULL;
}

int letter_write(struct worker *w, const struct request *r, enum letter letter,
		 struct err *err)
{
	struct letter_facts facts = {0};
	json_t *what = NULL;
	int rc;

	if (request_open_sealed(w, r, FIELD_REQUEST, &what, err) != 0)
		return -1;
	facts.text = people_said(what, letter);
	rc = letter_write_with(w, r, letter, &facts, err);
	json_decref(what);
	return rc;
}

/* --- reading -------------------------------------------------------------- */

static int read_sealed(struct worker *w, const struct request *r, int64_t id,
		       struct buf *ret, struct err *err)
{
	struct store_rows *rows = NULL;
	struct store_value v;
	int rc;

	if (store_start(w->store, read_sql,
			STORE_ARGS(S_INT(id), S_INT(r->is.id)), &rows,
			err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	if (rc > 0) {
		v = store_column(w->store, rows, 0);
		rc = buf_append(ret, v.bytes, v.len, err);
	}
	store_finish(w->store, &rows);
	return rc;
}

int letter_open(struct worker *w, const struct request *r, int64_t id,
		json_t **ret, struct err *err)
{
	struct buf sealed = BUF_INIT(SEALED_MAX + 4096);
	int rc = read_sealed(w, r, id, &sealed, err);

	*ret = NULL;
	if (rc == 0 && sealed.len > 0)
		rc = request_opened(w, r, id, FIELD_REPLY, &sealed, ret, err);
	buf_free(&sealed);
	return rc;
}
