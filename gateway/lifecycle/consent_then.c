/* consent_then.c - what a person had agreed to when a message came. */
#include "consent_then.h"

#include <stdlib.h>

#include "postern/consent.h"
#include "store/family.h"

/* As the state of now is read (worker/consent.c): newest first.  Nearly
 * everybody is nobody else, and then it is asked for in fewer words. */
#define EVENTS(who)                                                        \
	"SELECT kind,until_ms,by_whom,id,answer,method FROM consent_event" \
	" WHERE person " who " AND purpose IN (?,?,?)"                     \
	" AND channel IN ('',?) ORDER BY at_ms DESC,id DESC"
#define MINOR(who) "SELECT 1 FROM person WHERE minor<>0 AND id " who " LIMIT 1"
#define ALONE	   "=?"
#define FAMILY	   "IN (SELECT id FROM family)"
static const char events_sql[] = PERSON_FAMILY EVENTS(FAMILY);
static const char events_alone_sql[] = EVENTS(ALONE);
static const char minor_sql[] = PERSON_FAMILY MINOR(FAMILY);
static const char minor_alone_sql[] = MINOR(ALONE);
static const char joined_sql[] =
    "SELECT 1 FROM person WHERE id=? AND joined_into IS NOT NULL UNION ALL"
    " SELECT 1 FROM person WHERE joined_into=? LIMIT 1";
static const char reviews_sql[] =
    PERSON_FAMILY "SELECT id,decided_ms FROM review WHERE kind='withdrawal'"
		  " AND person IN (SELECT id FROM family) ORDER BY id";

/* Several times as many as there are conversations busy at a time. */
#define SLOTS	    16384
#define EVENTS_MAX  4
#define REVIEWS_MAX 2

struct then_event {
	int64_t id, until_ms, answer; /* 0: none */
	enum consent_state state;
	bool guardian, keyword;
};
struct then_review {
	int64_t id, decided_ms; /* INT64_MAX: not yet */
};
struct then {
	int64_t conversation; /* 0: free */
	enum simulate_side side;
	bool joined, minor, more; /* more: than has room */
	uint8_t events_len, reviews_len;
	struct then_event events[EVENTS_MAX];
	struct then_review reviews[REVIEWS_MAX];
};

struct consent_then {
	struct store *st;
	struct then slots[SLOTS];
};

int consent_then_open(struct store *st, struct consent_then **ret,
		      struct err *err)
{
	struct consent_then *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return ERR_SET(err, ERR_NOMEM, "consents of then", 0);
	c->st = st;
	*ret = c;
	return 0;
}

void consent_then_close(struct consent_then **c)
{
	free(*c);
	*c = NULL;
}

/* --- what a row says ------------------------------------------------------ */

/* False: it says nothing about the state. */
static int event_read(struct store *st, struct store_rows *rows,
		      struct then_event *ret, bool *ret_says, struct err *err)
{
	char kind[16], by[16], method[16];

	if (!store_word(store_column(st, rows, 0), kind, sizeof(kind)) ||
	    !store_word(store_column(st, rows, 2), by, sizeof(by)) ||
	    !store_word(store_column(st, rows, 5), method, sizeof(method)))
		return ERR_SET(err, ERR_CORRUPT, "words of a consent event", 0);
	*ret = (struct then_event){
	    .until_ms = store_column(st, rows, 1).num,
	    .id = store_column(st, rows, 3).num,
	    .answer = store_column(st, rows, 4).num,
	    .guardian = strcmp(by, "guardian") == 0,
	    .keyword = strcmp(method, "keyword") == 0,
	};
	*ret_says = consent_state_of_event(kind, &ret->state);
	return 0;
}

static bool counts(const struct then_event *e,
		   const struct consent_then_ask *ask)
{
	return e->id < ask->message ||
	       (e->answer == ask->message && !e->keyword);
}

static bool is_valid(const struct then_event *e, bool minor,
		     const struct consent_then_ask *ask)
{
	return consent_is_valid(e->state) && (!minor || e->guardian) &&
	       (e->until_ms == 0 || ask->received_ms < e->until_ms);
}

static bool rested(const struct then_review *r,
		   const struct consent_then_ask *ask)
{
	return r->id < ask->message && r->decided_ms > ask->received_ms;
}

/* --- reading -------------------------------------------------------------- */

static int start_events(struct consent_then *c,
			const struct consent_then_ask *ask, bool joined,
			struct store_rows **ret, struct err *err)
{
	const char *purpose = ask->purpose->text;

	return store_start(
	    c->st, joined ? events_sql : events_alone_sql,
	    STORE_ARGS(S_INT(ask->person), S_TEXT(purpose),
		       S_TEXT(CONSENT_EVERY_PURPOSE),
		       S_TEXT(ask->marketing ? CONSENT_MARKETING : purpose),
		       S_TEXT(ask->channel->text)),
	    ret, err);
}

static int load_events(struct consent_then *c,
		       const struct consent_then_ask *ask, struct then *t,
		       struct err *err)
{
	struct store_rows *rows = NULL;
	struct then_event e;
	bool says;
	int rc;

	if (start_events(c, ask, t->joined, &rows, err) != 0)
		return -1;
	while (!t->more && (rc = store_step(c->st, rows, err)) > 0) {
		rc = event_read(c->st, rows, &e, &says, err);
		if (rc != 0)
			break;
		if (says && t->events_len < EVENTS_MAX)
			t->events[t->events_len++] = e;
		else
			t->more |= says;
	}
	store_finish(c->st, &rows);
	return t->more ? 0 : rc;
}

static int load_reviews(struct consent_then *c,
			const struct consent_then_ask *ask, struct then *t,
			struct err *err)
{
	struct store_rows *rows = NULL;
	int rc;

	if (store_start(c->st, reviews_sql, STORE_ARGS(S_INT(ask->person)),
			&rows, err) != 0)
		return -1;
	while ((rc = store_step(c->st, rows, err)) > 0) {
		struct store_value decided = store_column(c->st, rows, 1);

		if (t->reviews_len == REVIEWS_MAX) {
			t->more = true;
			rc = 0;
			break;
		}
		t->reviews[t->reviews_len++] = (struct then_review){
		    .id = store_column(c->st, rows, 0).num,
		    .decided_ms =
			decided.type == STORE_INT ? decided.num : INT64_MAX,
		};
	}
	store_finish(c->st, &rows);
	return rc;
}

static int load(struct consent_then *c, const struct consent_then_ask *ask,
		struct then *t, struct err *err)
{
	int64_t one;

	*t = (struct then){.side = ask->side};
	if (store_one_int(c->st, joined_sql,
			  STORE_ARGS(S_INT(ask->person), S_INT(ask->person)),
			  &one, &t->joined, err) != 0 ||
	    load_events(c, ask, t, err) != 0)
		return -1;
	/* Nobody said a thing: the common case. */
	if (t->events_len > 0 &&
	    (store_one_int(c->st, t->joined ? minor_sql : minor_alone_sql,
			   STORE_ARGS(S_INT(ask->person)), &one, &t->minor,
			   err) != 0 ||
	     (ask->marketing && load_reviews(c, ask, t, err) != 0)))
		return -1;
	t->conversation = ask->conversation;
	return 0;
}

/* Of a person with a long history: each message by itself. */
static int read_long(struct consent_then *c, const struct consent_then_ask *ask,
		     const struct then *t, bool *ret, struct err *err)
{
	struct store_rows *rows = NULL;
	bool says, decides = false;
	struct then_event e;
	int rc = 0;

	*ret = false;
	if (start_events(c, ask, t->joined, &rows, err) != 0)
		return -1;
	while (!decides && (rc = store_step(c->st, rows, err)) > 0) {
		rc = event_read(c->st, rows, &e, &says, err);
		if (rc != 0)
			break;
		decides = says && counts(&e, ask);
		if (decides)
			*ret = is_valid(&e, t->minor, ask);
	}
	store_finish(c->st, &rows);
	return rc < 0 ? -1 : 0;
}

static int read_rested(struct consent_then *c,
		       const struct consent_then_ask *ask, bool *ret,
		       struct err *err)
{
	struct store_rows *rows = NULL;
	int rc;

	if (store_start(c->st, reviews_sql, STORE_ARGS(S_INT(ask->person)),
			&rows, err) != 0)
		return -1;
	*ret = false;
	while (!*ret && (rc = store_step(c->st, rows, err)) > 0) {
		struct store_value decided = store_column(c->st, rows, 1);
		const struct then_review r = {
		    .id = store_column(c->st, rows, 0).num,
		    .decided_ms =
			decided.type == STORE_INT ? decided.num : INT64_MAX,
		};

		*ret = rested(&r, ask);
	}
	store_finish(c->st, &rows);
	return *ret || rc >= 0 ? 0 : -1;
}

static int judge_long(struct consent_then *c,
		      const struct consent_then_ask *ask, const struct then *t,
		      bool *ret, struct err *err)
{
	bool rests = false;

	if (read_long(c, ask, t, ret, err) != 0 ||
	    (*ret && ask->marketing && read_rested(c, ask, &rests, err) != 0))
		return -1;
	*ret = *ret && !rests;
	return 0;
}

static bool judge(const struct then *t, const struct consent_then_ask *ask)
{
	size_t at = 0;

	while (at < t->events_len && !counts(&t->events[at], ask))
		at++;
	if (at == t->events_len || !is_valid(&t->events[at], t->minor, ask))
		return false;
	for (size_t i = 0; i < t->reviews_len; i++)
		if (rested(&t->reviews[i], ask))
			return false;
	return true;
}

static struct then *slot_of(struct consent_then *c,
			    const struct consent_then_ask *ask)
{
	uint64_t h =
	    (uint64_t)ask->conversation * UINT64_C(0x9e3779b97f4a7c15) >> 40;

	return &c->slots[(h + (uint64_t)ask->side * 7919) % SLOTS];
}

int consent_then_valid(struct consent_then *c,
		       const struct consent_then_ask *ask, bool *ret,
		       struct err *err)
{
	struct then *t = slot_of(c, ask);

	if ((t->conversation != ask->conversation || t->side != ask->side) &&
	    load(c, ask, t, err) != 0)
		return -1;
	if (t->more)
		return judge_long(c, ask, t, ret, err);
	*ret = judge(t, ask);
	return 0;
}
