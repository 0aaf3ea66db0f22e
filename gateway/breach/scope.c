/* scope.c - whose data could be read: counted, a slice at a time.
 *
 * Messages are gone through by their ids, which grow with time, so a period is
 * a range of them.  What is counted is what is there now: a message deleted
 * since the breach is nobody's any more, and the register says so. */
#include "breach.h"
#include "postern/jsonmem.h"

#define SLICE	    2000
#define FIGURES_MAX (64u * 1024)
#define BY_MAX	    512

static const char next_sql[] =
    "SELECT id FROM breach WHERE records IS NULL ORDER BY id LIMIT 1";
static const char cursor_sql[] = "SELECT figures FROM breach WHERE id=?";
/* Made-up persons are nobody's. */
static const char slice_sql[] =
    "SELECT c.channel,m.datenart,count(*),sum(m.tags&1) FROM"
    " (SELECT id,conversation,datenart,tags,received_ms FROM message WHERE"
    " id>? AND id<=? AND content_sealed IS NOT NULL) m"
    " JOIN conversation c ON c.id=m.conversation WHERE m.received_ms>=?"
    " AND m.received_ms<=? AND (?='' OR c.helpdesk=?) AND (?=0 OR c.helpdesk"
    " IS NOT NULL) AND c.person NOT IN (SELECT person FROM canary)"
    " GROUP BY c.channel,m.datenart ORDER BY c.channel,m.datenart";
static const char end_sql[] =
    "SELECT max(id) FROM (SELECT id FROM message WHERE id>? ORDER BY id"
    " LIMIT 2000)";
static const char persons_sql[] =
    "SELECT count(DISTINCT person) FROM conversation WHERE opened_ms<=? AND"
    " coalesce(inbound_ms,opened_ms)>=? AND (?='' OR helpdesk=?) AND (?=0 OR"
    " helpdesk IS NOT NULL) AND person NOT IN (SELECT person FROM canary)";
static const char progress_sql[] = "UPDATE breach SET figures=? WHERE id=?";
static const char done_sql[] =
    "UPDATE breach SET figures=?,subjects=?,records=?,special=? WHERE id=?";
static const char token_sql[] =
    "SELECT scopes,helpdesk,created_ms,min(coalesce(revoked_ms,expires_ms),"
    "expires_ms) FROM token WHERE id=?";

/* What could be read. */
struct scope {
	struct name helpdesk; /* "": whichever */
	bool routed;	      /* only what a helpdesk has */
	bool nothing;	      /* the token opens no content */
	int64_t from_ms, to_ms;
};

static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = list; (p = strstr(p, word)) != NULL; p += len)
		if ((p == list || p[-1] == ' ') &&
		    (p[len] == '\0' || p[len] == ' '))
			return true;
	return false;
}

/* What was there while it was valid. */
static int scope_of_token(struct worker *w, int64_t token, struct scope *s,
			  struct err *err)
{
	struct store_rows *rows = NULL;
	char scopes[80], desk[NAME_LEN_MAX + 1];
	int rc;

	if (store_start(w->store, token_sql, STORE_ARGS(S_INT(token)), &rows,
			err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	if (rc > 0 &&
	    store_word(store_column(w->store, rows, 0), scopes,
		       sizeof(scopes)) &&
	    store_word(store_column(w->store, rows, 1), desk, sizeof(desk))) {
		int64_t ends = store_column(w->store, rows, 3).num;

		(void)name_set(&s->helpdesk, desk, strlen(desk));
		s->to_ms = ends < s->to_ms ? ends : s->to_ms;
		s->routed = has_word(scopes, "desk");
		s->nothing = !s->routed && !has_word(scopes, "rights") &&
			     !has_word(scopes, "operator") &&
			     !has_word(scopes, "policy");
		if (has_word(scopes, "rights") || has_word(scopes, "operator"))
			s->routed = false;
	} else if (rc >= 0) {
		s->nothing = true;
	}
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

/* A token, a key or a helpdesk opens what came before, too; so their period
 * bounds only its end. */
static int scope_of(struct worker *w, const struct breach *b, struct scope *s,
		    struct err *err)
{
	*s = (struct scope){.from_ms =
				b->cause == BREACH_PERIOD ? b->from_ms : 0,
			    .to_ms = b->to_ms != 0 ? b->to_ms : b->aware_ms};
	if (b->cause == BREACH_HELPDESK)
		s->helpdesk = b->helpdesk;
	return b->cause == BREACH_TOKEN ? scope_of_token(w, b->token, s, err)
					: 0;
}

/* --- figures -------------------------------------------------------------- */

static json_t *figures_of(struct worker *w, int64_t id, struct err *err)
{
	struct store_rows *rows = NULL;
	struct store_value v;
	json_t *ret = NULL;
	bool no_memory;

	if (store_start(w->store, cursor_sql, STORE_ARGS(S_INT(id)), &rows,
			err) != 0)
		return NULL;
	if (store_step(w->store, rows, err) > 0) {
		v = store_column(w->store, rows, 0);
		ret = v.type == STORE_TEXT
			  ? jsonmem_load(v.bytes, v.len, 0, &no_memory)
			  : NULL;
	}
	store_finish(w->store, &rows);
	return ret != NULL ? ret : json_object();
}

static json_t *row_of(json_t *by, const char *channel, const char *datenart)
{
	json_t *one;

	for (size_t i = 0; (one = json_array_get(by, i)) != NULL; i++)
		if (strcmp(json_string_value(json_object_get(one, "channel")),
			   channel) == 0 &&
		    strcmp(json_string_value(json_object_get(one, "datenart")),
			   datenart) == 0)
			return one;
	if (json_array_size(by) >= BY_MAX)
		return NULL;
	one = json_pack("{s:s, s:s, s:i, s:i}", "channel", channel, "datenart",
			datenart, "records", 0, "special", 0);
	(void)json_array_append_new(by, one);
	return one;
}

static void add(json_t *object, const char *name, int64_t n)
{
	json_int_t was = json_integer_value(json_object_get(object, name));

	(void)json_object_set_new(object, name, json_integer(was + n));
}

static int count_slice(struct worker *w, const struct scope *s, int64_t after,
		       int64_t upto, json_t *by, struct err *err)
{
	struct store_rows *rows = NULL;
	char channel[NAME_LEN_MAX + 1], datenart[NAME_LEN_MAX + 1];
	json_t *one;
	int rc;

	if (store_start(w->store, slice_sql,
			STORE_ARGS(S_INT(after), S_INT(upto), S_INT(s->from_ms),
				   S_INT(s->to_ms), S_TEXT(s->helpdesk.text),
				   S_TEXT(s->helpdesk.text), S_INT(s->routed)),
			&rows, err) != 0)
		return -1;
	while ((rc = store_step(w->store, rows, err)) > 0) {
		if (!store_word(store_column(w->store, rows, 0), channel,
				sizeof(channel)) ||
		    !store_word(store_column(w->store, rows, 1), datenart,
				sizeof(datenart)))
			continue;
		one = row_of(by, channel, datenart);
		add(one, "records", store_column(w->store, rows, 2).num);
		add(one, "special", store_column(w->store, rows, 3).num);
	}
	store_finish(w->store, &rows);
	return rc;
}

static int64_t sum_of(const json_t *by, const char *name)
{
	const json_t *one;
	int64_t sum = 0;

	for (size_t i = 0; (one = json_array_get(by, i)) != NULL; i++)
		sum += json_integer_value(json_object_get(one, name));
	return sum;
}

static int persons(struct worker *w, const struct scope *s, int64_t *ret,
		   struct err *err)
{
	bool found;

	*ret = 0;
	if (s->nothing)
		return 0;
	return store_one_int(w->store, persons_sql,
			     STORE_ARGS(S_INT(s->to_ms), S_INT(s->from_ms),
					S_TEXT(s->helpdesk.text),
					S_TEXT(s->helpdesk.text),
					S_INT(s->routed)),
			     ret, &found, err);
}

static int keep(struct worker *w, int64_t id, const struct scope *s,
		json_t *figures, bool over, struct err *err)
{
	const json_t *by = json_object_get(figures, "by");
	struct buf text = BUF_INIT(FIGURES_MAX);
	int64_t subjects = 0;
	int rc = -1;

	(void)json_object_set_new(figures, "counted", json_boolean(over));
	if ((over && persons(w, s, &subjects, err) != 0) ||
	    jsonmem_print(figures, JSON_COMPACT, &text, err) != 0 ||
	    buf_text(&text) == NULL)
		goto out;
	rc =
	    over
		? store_run(w->store, done_sql,
			    STORE_ARGS(S_TEXT(buf_text(&text)), S_INT(subjects),
				       S_INT(sum_of(by, "records")),
				       S_INT(sum_of(by, "special")), S_INT(id)),
			    err)
		: store_run(w->store, progress_sql,
			    STORE_ARGS(S_TEXT(buf_text(&text)), S_INT(id)),
			    err);
out:
	buf_free(&text);
	return rc;
}

static int count(struct worker *w, const struct breach *b, json_t *figures,
		 struct err *err)
{
	json_t *by = json_object_get(figures, "by");
	int64_t at = json_integer_value(json_object_get(figures, "cursor"));
	int64_t upto = 0;
	bool more = false;
	struct scope s;

	if (by == NULL) {
		by = json_array();
		(void)json_object_set_new(figures, "by", by);
	}
	if (scope_of(w, b, &s, err) != 0 ||
	    (!s.nothing &&
	     store_one_int(w->store, end_sql, STORE_ARGS(S_INT(at)), &upto,
			   &more, err) != 0))
		return -1;
	if (more && count_slice(w, &s, at, upto, by, err) != 0)
		return -1;
	(void)json_object_set_new(figures, "cursor", json_integer(upto));
	return keep(w, b->id, &s, figures, !more, err);
}

static int count_in_tx(struct worker *w, int64_t id, struct err *err)
{
	struct breach b = {0};
	json_t *figures = NULL;
	int rc = -1;

	if (store_begin(w->store, err) != 0)
		return -1;
	if (breach_load(w, id, &b, err) == 0) {
		figures = figures_of(w, id, err);
		if (figures != NULL)
			rc = count(w, &b, figures, err);
	}
	json_decref(figures);
	breach_free(&b);
	if (rc != 0) {
		store_roll_back(w->store);
		return -1;
	}
	return store_commit(w->store, err);
}

int breach_count_step(struct worker *w, bool *ret_moved, struct err *err)
{
	int64_t id = 0;
	bool found = false;

	if (w->breach_counted)
		return 0;
	if (store_one_int(w->store, next_sql, STORE_NO_ARGS, &id, &found,
			  err) != 0)
		return -1;
	w->breach_counted = !found;
	if (!found)
		return 0;
	*ret_moved = true;
	return count_in_tx(w, id, err);
}
