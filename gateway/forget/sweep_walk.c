/* sweep_walk.c - candidates: found by start events, a page at a time.
 *
 * Ids grow in the order in which records came, so those of a class are walked
 * from where the last run stopped.  A time that is not in that order, as of a
 * body that was taken again later, is at most as old as such a body may get:
 * the walk goes on for some days behind the first that is not due. */
#include "sweep_inside.h"

#include "postern/caldate.h"
#include "postern/lookup.h"

#define LATE_MS	  (4 * (int64_t)DAY_MS)
#define LOOKUPS	  48
#define BEGINNING (-1) /* of a conversation: no id is 1 or less */
/* As much as one message, or the begin of a conversation, may add. */
#define MOST_OF_ONE 64

static const char *const rows_sql[] = {
    [WALK_MESSAGES] = "SELECT id,received_ms,datenart FROM message WHERE id>?"
		      " ORDER BY id LIMIT ?",
    [WALK_ATTACHMENTS] = "SELECT id,created_ms,datenart FROM attachment WHERE"
			 " id>? ORDER BY id LIMIT ?",
    [WALK_QUARANTINE] = "SELECT id,received_ms,'RAW' FROM quarantine WHERE"
			" id>? ORDER BY id LIMIT ?",
    [WALK_NOTES] = "SELECT id,at_ms,datenart FROM note WHERE id>? ORDER BY id"
		   " LIMIT ?",
};
static const enum item_kind kinds[] = {
    [WALK_MESSAGES] = ITEM_MESSAGE,
    [WALK_ATTACHMENTS] = ITEM_ATTACHMENT,
    [WALK_QUARANTINE] = ITEM_QUARANTINE,
    [WALK_NOTES] = ITEM_NOTE,
};
/* NULL: no time to go by, all of them are looked at. */
static const char *const classes_sql[SWEEP_CLASSES] = {
    [SWEEP_NOTICES] = "SELECT id,at_ms FROM notice_sent WHERE id>? ORDER BY id"
		      " LIMIT ?",
    [SWEEP_VIEWS] = "SELECT id,at_ms FROM viewed WHERE id>? ORDER BY id"
		    " LIMIT ?",
    [SWEEP_META] = "SELECT id,received_ms FROM message WHERE id>? ORDER BY id"
		   " LIMIT ?",
    [SWEEP_CONTACT] = "SELECT id,0 FROM person WHERE id>? AND joined_into IS"
		      " NULL ORDER BY id LIMIT ?",
    [SWEEP_CONSENT] = "SELECT id,0 FROM consent_event WHERE id>? ORDER BY id"
		      " LIMIT ?",
    [SWEEP_REQUEST] = "SELECT id,0 FROM request WHERE id>? ORDER BY id LIMIT ?",
    [SWEEP_BREACH] = "SELECT id,0 FROM breach WHERE id>? ORDER BY id LIMIT ?",
    [SWEEP_HOLD] = "SELECT id,0 FROM hold WHERE id>? ORDER BY id LIMIT ?",
};
static const char kept_sql[] =
    "SELECT id,kind,until_day,erasure FROM kept WHERE id>? ORDER BY id LIMIT ?";
static const char closed_sql[] =
    "SELECT closed_ms,id FROM conversation WHERE state='closed' AND"
    " closed_ms>=? AND closed_ms<? AND (closed_ms>? OR id>?)"
    " ORDER BY closed_ms,id LIMIT 1";
static const char person_sql[] =
    "SELECT id FROM person WHERE id>? ORDER BY id LIMIT 1";
static const char of_person_sql[] =
    "SELECT id FROM conversation WHERE person=? AND id>? ORDER BY id LIMIT 1";
static const char message_sql[] =
    "SELECT 0,id,datenart FROM message WHERE id=? UNION ALL"
    " SELECT 1,id,datenart FROM attachment WHERE message=? AND state<>'gone'";
/* Uploads that no message has are few. */
static const char beside_sql[] =
    "SELECT 3,id,datenart FROM note WHERE conversation=? AND id>? UNION ALL"
    " SELECT 1,id,datenart FROM attachment WHERE message IS NULL AND"
    " conversation=? AND id>? AND state<>'gone' ORDER BY 2 LIMIT 64";
_Static_assert(ITEM_MESSAGE == 0 && ITEM_ATTACHMENT == 1 && ITEM_NOTE == 3,
	       "as the statements say it");
static const char mark_sql[] =
    "SELECT up_to FROM sweep_mark WHERE datenart=? AND kind=? AND rule=?";
static const char put_mark_sql[] =
    "INSERT INTO sweep_mark(datenart,kind,rule,up_to) VALUES(?,?,?,?)"
    " ON CONFLICT(datenart,kind) DO UPDATE SET rule=excluded.rule,"
    "up_to=excluded.up_to";

/* --- marks ---------------------------------------------------------------- */

/* Of the others all are looked at every time. */
static bool has_mark(const struct sweep_step *step)
{
	if (step->walk == WALK_ROWS)
		return step->class == SWEEP_NOTICES ||
		       step->class == SWEEP_VIEWS || step->class == SWEEP_META;
	return step->walk >= WALK_MESSAGES && step->walk <= WALK_CONVERSATIONS;
}

int sweep_mark_get(struct worker *w, const struct sweep_step *step,
		   int64_t *ret, struct err *err)
{
	bool found;

	*ret = 0;
	if (!has_mark(step))
		return 0;
	return store_one_int(w->store, mark_sql,
			     STORE_ARGS(S_TEXT(step->datenart.text),
					S_TEXT(sweep_walk_name(step)),
					S_BLOB(step->rule, SWEEP_RULE_BYTES)),
			     ret, &found, err);
}

int sweep_mark_put(struct worker *w, const struct sweep_step *step,
		   int64_t mark, struct err *err)
{
	if (!has_mark(step))
		return 0;
	return store_run(w->store, put_mark_sql,
			 STORE_ARGS(S_TEXT(step->datenart.text),
				    S_TEXT(sweep_walk_name(step)),
				    S_BLOB(step->rule, SWEEP_RULE_BYTES),
				    S_INT(mark)),
			 err);
}

/* --- one page ------------------------------------------------------------- */

static bool is_of(struct worker *w, struct store_rows *rows,
		  unsigned int column, const struct name *datenart)
{
	struct store_value v = store_column(w->store, rows, column);

	return v.type == STORE_TEXT && v.len == strlen(datenart->text) &&
	       memcmp(v.bytes, datenart->text, v.len) == 0;
}

static void take(struct sweep_page *p, enum item_kind kind, int64_t id)
{
	if (p->len < SWEEP_PAGE)
		p->at[p->len++] =
		    (struct sweep_candidate){.kind = kind, .id = id};
}

/* Rows by id.  b: the last one before the first that is not due; c: such a one
 * was seen. */
static int by_id(struct worker *w, const struct sweep_step *s, const char *sql,
		 struct sweep_page *p, struct err *err)
{
	const bool named = s->walk != WALK_ROWS;
	struct store_rows *rows = NULL;
	int rc, read = 0;

	if (store_start(w->store, sql,
			STORE_ARGS(S_INT(p->next.a), S_INT(SWEEP_PAGE)), &rows,
			err) != 0)
		return -1;
	while ((rc = store_step(w->store, rows, err)) > 0) {
		int64_t at_ms = store_column(w->store, rows, 1).num;

		p->next.a = store_column(w->store, rows, 0).num;
		read++;
		if (at_ms >= s->before_ms)
			p->next.c = 1;
		else if (p->next.c == 0)
			p->next.b = p->next.a;
		p->done = at_ms >= s->before_ms + LATE_MS;
		if (p->done)
			break;
		if (at_ms < s->before_ms &&
		    (!named || is_of(w, rows, 2, &s->datenart)))
			take(p, kinds[named ? s->walk : WALK_MESSAGES],
			     p->next.a);
	}
	store_finish(w->store, &rows);
	p->done = p->done || read < SWEEP_PAGE;
	p->mark = p->next.b;
	return rc < 0 ? -1 : 0;
}

/* Those that no time says anything about, or whose day may have come. */
static int of_kept(struct worker *w, int64_t today, struct sweep_page *p,
		   struct err *err)
{
	struct store_rows *rows = NULL;
	int rc, read = 0;

	if (store_start(w->store, kept_sql,
			STORE_ARGS(S_INT(p->next.a), S_INT(SWEEP_PAGE)), &rows,
			err) != 0)
		return -1;
	while ((rc = store_step(w->store, rows, err)) > 0) {
		struct store_value until = store_column(w->store, rows, 2);
		char kind[16] = "";

		read++;
		p->next.a = store_column(w->store, rows, 0).num;
		(void)store_word(store_column(w->store, rows, 1), kind,
				 sizeof(kind)); /* "": of no kind */
		if (until.type == STORE_INT && until.num > today)
			continue;
		for (int k = 0; k < ITEM_KINDS; k++)
			if (strcmp(kind, item_kind_name((enum item_kind)k)) ==
			    0)
				take(p, (enum item_kind)k, p->next.a);
		if (p->len > 0 && p->at[p->len - 1].id == p->next.a) {
			p->at[p->len - 1].kept = true;
			p->at[p->len - 1].by_erasure =
			    store_column(w->store, rows, 3).num != 0;
		}
	}
	store_finish(w->store, &rows);
	p->done = read < SWEEP_PAGE;
	return rc < 0 ? -1 : 0;
}

/* --- along a conversation ------------------------------------------------- */

/* *ret_last: the id of the last one; *ret_read: how many there were. */
static int take_rows(struct worker *w, const struct sweep_step *s,
		     struct store_rows *rows, struct sweep_page *p,
		     int64_t *ret_last, int *ret_read, struct err *err)
{
	int rc = 1;

	*ret_read = 0;
	while (*ret_read < MOST_OF_ONE &&
	       (rc = store_step(w->store, rows, err)) > 0) {
		*ret_last = store_column(w->store, rows, 1).num;
		++*ret_read;
		if (is_of(w, rows, 2, &s->datenart))
			take(
			    p,
			    (enum item_kind)store_column(w->store, rows, 0).num,
			    *ret_last);
	}
	return rc < 0 ? -1 : 0;
}

/* c < 0: notes and uploads above the id -c. */
static int beside(struct worker *w, const struct sweep_step *s,
		  int64_t conversation, struct sweep_page *p, struct err *err)
{
	struct store_rows *rows = NULL;
	int64_t last = -p->next.c;
	int rc, read = 0;

	if (store_start(w->store, beside_sql,
			STORE_ARGS(S_INT(conversation), S_INT(last),
				   S_INT(conversation), S_INT(last)),
			&rows, err) != 0)
		return -1;
	rc = take_rows(w, s, rows, p, &last, &read, err);
	store_finish(w->store, &rows);
	p->next.c = read == MOST_OF_ONE ? -last : INT64_MAX;
	return rc;
}

static int of_message(struct worker *w, const struct sweep_step *s,
		      int64_t message, struct sweep_page *p, struct err *err)
{
	struct store_rows *rows = NULL;
	int64_t last = 0;
	int rc, read = 0;

	if (store_start(w->store, message_sql,
			STORE_ARGS(S_INT(message), S_INT(message)), &rows,
			err) != 0)
		return -1;
	rc = take_rows(w, s, rows, p, &last, &read, err);
	store_finish(w->store, &rows);
	return rc;
}

/* c: below 0, see beside(); then only messages below that id; 0 afterwards: it
 * is through. */
static int of_conversation(struct worker *w, const struct sweep_step *s,
			   int64_t conversation, struct sweep_page *p,
			   struct err *err)
{
	int64_t ids[LOOKUPS];
	size_t len = 0, i;

	if (p->next.c < 0)
		return beside(w, s, conversation, p, err);
	if (lookup_conversation(w->store, conversation, p->next.c, ids, LOOKUPS,
				&len, err) != 0)
		return -1;
	for (i = 0; i < len && p->len + MOST_OF_ONE <= SWEEP_PAGE; i++) {
		if (of_message(w, s, ids[i], p, err) != 0)
			return -1;
		p->next.c = ids[i];
	}
	if (i == len && len < LOOKUPS)
		p->next.c = 0;
	return 0;
}

/* a: the time it was closed; b: its id; c: see of_conversation(). */
static int by_closing(struct worker *w, const struct sweep_step *s,
		      struct sweep_page *p, struct err *err)
{
	struct store_rows *rows = NULL;
	int rc = 1;

	if (p->next.c == 0) {
		if (store_start(w->store, closed_sql,
				STORE_ARGS(S_INT(p->next.a),
					   S_INT(s->before_ms),
					   S_INT(p->next.a), S_INT(p->next.b)),
				&rows, err) != 0)
			return -1;
		rc = store_step(w->store, rows, err);
		if (rc > 0) {
			p->next.a = store_column(w->store, rows, 0).num;
			p->next.b = store_column(w->store, rows, 1).num;
			p->next.c = BEGINNING;
		}
		store_finish(w->store, &rows);
	}
	if (rc <= 0) {
		p->done = rc == 0;
		/* Whoever is closed in the same millisecond is looked at. */
		p->mark = s->before_ms - 1;
		return rc;
	}
	return of_conversation(w, s, p->next.b, p, err);
}

static int next_id(struct worker *w, const char *sql,
		   const struct store_value *args, size_t args_len,
		   int64_t *ret, struct err *err)
{
	bool found = false;

	*ret = 0;
	return store_one_int(w->store, sql, args, args_len, ret, &found, err);
}

/* Is it over with them?  Everything they wrote goes at the same time then. */
static int is_over(struct worker *w, const struct sweep_step *s, int64_t person,
		   bool *ret, struct err *err)
{
	const struct item item = {
	    .person = person, .key_person = person, .datenart = s->datenart};
	struct judged judged;

	if (judge_item(w, &item, TRIGGER_SCHEDULE, s->today, &judged, err) != 0)
		return -1;
	*ret =
	    judged.facts.rule_due.is && judged.facts.rule_due.day <= s->today;
	return 0;
}

static int next_person(struct worker *w, const struct sweep_step *s,
		       struct sweep_page *p, struct err *err)
{
	int64_t next = 0;
	bool over = false;

	for (int i = 0; i < LOOKUPS && !over; i++) {
		if (next_id(w, person_sql, STORE_ARGS(S_INT(p->next.a)), &next,
			    err) != 0)
			return -1;
		p->done = next == 0;
		if (p->done)
			return 0;
		p->next.a = next;
		if (is_over(w, s, next, &over, err) != 0)
			return -1;
	}
	/* Nobody among so many: on with the next of them. */
	p->next.b = over ? 0 : INT64_MAX;
	return 0;
}

/* a: the person; b: a conversation; c: see of_conversation(). */
static int by_person(struct worker *w, const struct sweep_step *s,
		     struct sweep_page *p, struct err *err)
{
	int64_t next = 0;

	if (p->next.c != 0)
		return of_conversation(w, s, p->next.b, p, err);
	if (p->next.a == 0 || p->next.b == INT64_MAX)
		return next_person(w, s, p, err);
	if (next_id(w, of_person_sql,
		    STORE_ARGS(S_INT(p->next.a), S_INT(p->next.b)), &next,
		    err) != 0)
		return -1;
	p->next.b = next != 0 ? next : INT64_MAX;
	p->next.c = next != 0 ? BEGINNING : 0;
	return 0;
}

/* --- which ---------------------------------------------------------------- */

/* Without a rule there is no start event: all of its messages, then all of
 * its attachments, then its notes.  b: which of them. */
static int of_stranger(struct worker *w, const struct sweep_step *s,
		       struct sweep_page *p, struct err *err)
{
	static const enum sweep_walk order[] = {WALK_MESSAGES, WALK_ATTACHMENTS,
						WALK_NOTES};
	struct sweep_step as = *s;
	int64_t which = p->next.b;
	int rc;

	as.walk = order[which];
	rc = by_id(w, &as, rows_sql[as.walk], p, err);
	p->next.b = which;
	p->next.c = 0;
	if (rc == 0 && p->done && which < 2) {
		p->done = false;
		p->next.a = 0;
		p->next.b = which + 1;
	}
	return rc;
}

int sweep_page_read(struct worker *w, const struct sweep_step *step,
		    const struct sweep_position *position,
		    struct sweep_page *ret, struct err *err)
{
	ret->len = 0;
	ret->done = false;
	ret->mark = 0;
	ret->next = *position;
	switch (step->walk) {
	case WALK_KEPT:
		return of_kept(w, step->today, ret, err);
	case WALK_MESSAGES:
	case WALK_ATTACHMENTS:
	case WALK_QUARANTINE:
	case WALK_NOTES:
		return by_id(w, step, rows_sql[step->walk], ret, err);
	case WALK_CONVERSATIONS:
		return by_closing(w, step, ret, err);
	case WALK_PERSONS:
		return by_person(w, step, ret, err);
	case WALK_ROWS:
		return by_id(w, step, classes_sql[step->class], ret, err);
	case WALK_STRANGERS:
		return of_stranger(w, step, ret, err);
	default:
		return ERR_SET(err, ERR_INPUT, "no way to walk", 0);
	}
}
