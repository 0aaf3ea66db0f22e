/* holds.c - placing a hold.
 *
 * Source: Art. 17(3)(e) GDPR; compliance 3.4, 9 H2. */
#include "holds.h"

#include "body.h"
#include "conversation.h"
#include "problem.h"
#include "route.h"

#define WORD_MAX 24
#define TAGS_MAX 8

static const char person_sql[] = "SELECT id FROM person WHERE id=?";
static const char of_conversation_sql[] =
    "SELECT person FROM conversation WHERE id=?";
static const char token_sql[] =
    "SELECT scopes,expires_ms,revoked_ms FROM token WHERE id=?";

struct wish {
	struct worker *w;
	struct job *job;
	const json_t *body;
	struct holding_order order;
};

static int refuse(struct wish *h, const char *what, const char *member)
{
	return body_refuse(h->job, what, member);
}

/* --- who ------------------------------------------------------------------ */

static bool answers_for_it(const char *scopes)
{
	unsigned int bits;

	return scopes_parse(scopes, &bits) &&
	       (bits & (SCOPE_RIGHTS | SCOPE_POLICY | SCOPE_APPROVE)) != 0;
}

/* Somebody who can still log in and may do with holds what they are named
 * for. */
static int is_somebody(struct wish *h, int64_t token, bool *ret,
		       struct err *err)
{
	struct worker *w = h->w;
	struct store_rows *rows = NULL;
	char scopes[80];
	int rc;

	*ret = false;
	if (store_start(w->store, token_sql, STORE_ARGS(S_INT(token)), &rows,
			err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	if (rc > 0)
		*ret = column_text(store_column(w->store, rows, 0), scopes,
				   sizeof(scopes)) &&
		       answers_for_it(scopes) &&
		       store_column(w->store, rows, 1).num > worker_now(w) &&
		       store_column(w->store, rows, 2).type == STORE_NULL;
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

static int read_token(struct wish *h, const char *member, int64_t *ret,
		      struct err *err)
{
	const char *text = NULL;
	bool good = false;

	if (body_text(h->job, h->body, member, ID_TEXT_BYTES, &text) != 0)
		return -1;
	if (text == NULL)
		return *ret != 0
			   ? 0
			   : refuse(h, "the id of a token is needed", member);
	if (id_parse(&h->w->mask, ID_TOKEN, text, strlen(text), ret, NULL) ==
		0 &&
	    is_somebody(h, *ret, &good, err) != 0)
		return -1;
	return good ? 0
		    : refuse(h,
			     "no valid token of scope rights, policy or"
			     " policy.approve",
			     member);
}

static int read_people(struct wish *h, struct err *err)
{
	h->order.owner = h->job->caller.token;
	if (read_token(h, "owner", &h->order.owner, err) != 0 ||
	    read_token(h, "approver", &h->order.approver, err) != 0)
		return -1;
	return h->order.owner != h->order.approver
		   ? 0
		   : refuse(h, "somebody else than the owner", "approver");
}

/* --- why, and until when -------------------------------------------------- */

static int read_day(struct wish *h, const char *member, int64_t *ret)
{
	const char *text = NULL;

	if (body_text(h->job, h->body, member, WORD_MAX, &text) != 0)
		return -1;
	if (text == NULL || caldate_parse(text, ret))
		return 0;
	return refuse(h, "no date such as 2027-01-31", member);
}

static int read_reasons(struct wish *h)
{
	struct holding_order *o = &h->order;

	o->review_day = HOLD_DAY_NONE;
	if (body_text(h->job, h->body, "reason", HOLDING_REASON_MAX,
		      &o->reason) != 0 ||
	    body_text(h->job, h->body, "matter_ref", HOLDING_MATTER_MAX,
		      &o->matter) != 0 ||
	    read_day(h, "review", &o->review_day) != 0)
		return -1;
	if (o->reason == NULL)
		return refuse(h, "why nothing may be deleted", "reason");
	if (o->matter == NULL)
		return refuse(h, "the file number of the matter", "matter_ref");
	if (o->review_day == HOLD_DAY_NONE)
		return refuse(h, "a day within 12 months", "review");
	return 0;
}

/* --- what it is about ----------------------------------------------------- */

static int read_object(struct wish *h, const char *member, enum id_kind kind,
		       const char *sql, int64_t *ret_id, int64_t *ret_person,
		       struct err *err)
{
	const char *text = NULL;
	bool found = false;

	if (body_text(h->job, h->body, member, ID_TEXT_BYTES, &text) != 0)
		return -1;
	if (text != NULL &&
	    id_parse(&h->w->mask, kind, text, strlen(text), ret_id, NULL) ==
		0 &&
	    store_one_int(h->w->store, sql, STORE_ARGS(S_INT(*ret_id)),
			  ret_person, &found, err) != 0)
		return -1;
	return found ? 0 : refuse(h, "an id of what is here is needed", member);
}

static int read_name(struct wish *h, const char *member, struct name *ret)
{
	const char *text = NULL;

	if (body_text(h->job, h->body, member, NAME_LEN_MAX, &text) != 0)
		return -1;
	if (text == NULL || name_set(ret, text, strlen(text)))
		return 0;
	return refuse(h, "no name", member);
}

static int read_range(struct wish *h)
{
	struct hold_row *what = &h->order.what;

	if (read_name(h, "datenart", &what->datenart) != 0 ||
	    read_day(h, "from", &what->from_day) != 0 ||
	    read_day(h, "to", &what->to_day) != 0)
		return -1;
	if (what->from_day != HOLD_DAY_NONE && what->to_day != HOLD_DAY_NONE &&
	    what->to_day < what->from_day)
		return refuse(h, "before from", "to");
	return 0;
}

static int read_words(struct wish *h)
{
	const json_t *list = json_object_get(h->body, "words"), *one;
	struct holding_order *o = &h->order;

	if (list == NULL)
		return 0;
	if (!json_is_array(list) || json_array_size(list) == 0 ||
	    json_array_size(list) > HOLDING_WORDS_MAX)
		return refuse(h, "a list of 1 to 16 texts", "words");
	for (size_t i = 0; i < json_array_size(list); i++) {
		one = json_array_get(list, i);
		if (!json_is_string(one) ||
		    json_string_length(one) < HOLDING_WORD_MIN ||
		    json_string_length(one) > HOLDING_WORD_MAX ||
		    strlen(json_string_value(one)) != json_string_length(one))
			return refuse(h, "texts of 2 to 100 bytes", "words");
		o->words[o->words_len++] = json_string_value(one);
	}
	return 0;
}

static int read_tags(struct wish *h)
{
	const json_t *list = json_object_get(h->body, "tags"), *one;
	int64_t tag;

	if (list == NULL)
		return 0;
	if (!json_is_array(list) || json_array_size(list) > TAGS_MAX)
		return refuse(h, "a list of tags", "tags");
	for (size_t i = 0; i < json_array_size(list); i++) {
		one = json_array_get(list, i);
		tag =
		    json_is_string(one) ? holds_tag(json_string_value(one)) : 0;
		if (tag == 0)
			return refuse(h,
				      "special, iban, card, email, phone, "
				      "tax_id, social_insurance, pattern",
				      "tags");
		h->order.what.tags |= tag;
	}
	return 0;
}

static int read_row(struct wish *h)
{
	struct hold_row *what = &h->order.what;
	const char *direction = NULL, *kind = NULL;

	if (read_name(h, "channel", &what->channel) != 0 ||
	    body_text(h->job, h->body, "direction", 3, &direction) != 0 ||
	    body_text(h->job, h->body, "kind", sizeof(what->kind) - 1, &kind) !=
		0)
		return -1;
	if (direction != NULL && strcmp(direction, "in") != 0 &&
	    strcmp(direction, "out") != 0)
		return refuse(h, "in or out", "direction");
	if (direction != NULL)
		(void)snprintf(what->direction, sizeof(what->direction), "%s",
			       direction);
	if (kind != NULL)
		(void)snprintf(what->kind, sizeof(what->kind), "%s", kind);
	return 0;
}

static int read_query(struct wish *h)
{
	const struct hold_row *what = &h->order.what;

	if (read_range(h) != 0 || read_row(h) != 0 || read_tags(h) != 0 ||
	    read_words(h) != 0)
		return -1;
	if (h->order.words_len > 0 || what->channel.text[0] != '\0' ||
	    what->datenart.text[0] != '\0' || what->direction[0] != '\0' ||
	    what->kind[0] != '\0' || what->tags != 0 ||
	    what->from_day != HOLD_DAY_NONE || what->to_day != HOLD_DAY_NONE)
		return 0;
	return refuse(h, "a query that asks for everything", "scope");
}

static int read_what(struct wish *h, struct err *err)
{
	struct hold_row *what = &h->order.what;
	const char *scope = NULL;

	if (body_text(h->job, h->body, "scope", WORD_MAX, &scope) != 0)
		return -1;
	if (scope == NULL || !hold_scope_named(scope, &what->scope))
		return refuse(h, "person, conversation, datenart or query",
			      "scope");
	what->from_day = what->to_day = HOLD_DAY_NONE;
	switch (what->scope) {
	case HOLD_PERSON:
		return read_object(h, "person", ID_PERSON, person_sql,
				   &what->person, &what->person, err);
	case HOLD_CONVERSATION:
		return read_object(h, "conversation", ID_CONVERSATION,
				   of_conversation_sql, &what->conversation,
				   &what->person, err);
	case HOLD_DATENART:
		if (read_range(h) != 0)
			return -1;
		return what->datenart.text[0] != '\0'
			   ? 0
			   : refuse(h, "a Datenart is needed", "datenart");
	default:
		return read_query(h);
	}
}

/* A member that means nothing for this scope would be taken for a limit. */
static int check_members(struct wish *h)
{
	static const char *const always[] = {"scope", "reason",	  "matter_ref",
					     "owner", "approver", "review"};
	static const char *const more[HOLD_SCOPES][8] = {
	    [HOLD_PERSON] = {"person"},
	    [HOLD_CONVERSATION] = {"conversation"},
	    [HOLD_DATENART] = {"datenart", "from", "to"},
	    [HOLD_QUERY] = {"datenart", "from", "to", "channel", "direction",
			    "kind", "tags", "words"},
	};
	const char *known[14], *stranger;
	size_t len = 0;

	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		known[len++] = always[i];
	for (size_t i = 0; i < 8; i++)
		if (more[h->order.what.scope][i] != NULL)
			known[len++] = more[h->order.what.scope][i];
	stranger = body_stranger(h->body, known, len);
	return stranger == NULL
		   ? 0
		   : refuse(h, "no member of this scope", stranger);
}

/* --- the call ------------------------------------------------------------- */

static int place(struct wish *h, struct err *err)
{
	const char *refused = NULL;
	int64_t id = 0;

	if (read_what(h, err) != 0 || check_members(h) != 0 ||
	    read_reasons(h) != 0 || read_people(h, err) != 0 ||
	    holding_place(h->w, &h->order, &id, &refused, err) != 0)
		return -1;
	return refused != NULL ? holds_refuse(h->job, refused)
			       : holds_answer(h->w, h->job, 201, id, err);
}

int api_hold_place(struct worker *w, struct job *job, struct err *err)
{
	static const char *const known[] = {
	    "scope",	  "person", "conversation", "datenart",
	    "from",	  "to",	    "channel",	    "direction",
	    "kind",	  "tags",   "words",	    "reason",
	    "matter_ref", "owner",  "approver",	    "review"};
	struct wish h = {.w = w, .job = job};
	json_t *body;
	int rc;

	if (job->caller.token == 0)
		return job_refuse(job, &problem_person,
				  "give the token of whoever does this");
	if (body_object(job, known, sizeof(known) / sizeof(known[0]), &body) !=
	    0)
		return -1;
	h.body = body;
	rc = place(&h, err);
	json_decref(body);
	return rc;
}
