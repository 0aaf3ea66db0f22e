/* hold.c - see hold.h.
 *
 * Source: Art. 17(3)(e) GDPR; compliance 3.4, 9 H1 to H3. */
#include "hold.h"

#include "postern/caldate.h"
#include "store/family.h"

/* Released or lapsed ones have ended. */
static const char active_sql[] =
    "SELECT id,scope,person,conversation,channel,datenart,from_day,to_day,"
    "direction,kind,tags,words,scanned FROM hold WHERE released_ms IS NULL"
    " ORDER BY id";
static const char family_sql[] =
    PERSON_FAMILY "SELECT 1 FROM family WHERE id=? LIMIT 1";
/* Files and earlier texts go with their message. */
static const char parent_sql[] =
    "SELECT coalesce((SELECT message FROM attachment WHERE id=?),"
    "(SELECT target FROM message WHERE id=? AND kind='version'),"
    "CAST(? AS BIGINT))";
static const char row_sql[] =
    "SELECT direction,kind,tags FROM message WHERE id=?";
static const char found_sql[] =
    "SELECT 1 FROM hold_item WHERE hold=? AND item IN (?,?) UNION ALL"
    " SELECT 1 FROM hold_look WHERE item IN (?,?) LIMIT 1";
static const char look_sql[] =
    "INSERT INTO hold_look(item) VALUES(?) ON CONFLICT DO NOTHING";

struct holds {
	size_t len;
	bool known;
	struct hold_row rows[HOLDS_MAX];
};

static const char *const scope_names[HOLD_SCOPES] = {
    [HOLD_PERSON] = "person",
    [HOLD_CONVERSATION] = "conversation",
    [HOLD_DATENART] = "datenart",
    [HOLD_QUERY] = "query",
};

const char *hold_scope_name(enum hold_scope scope)
{
	return scope_names[scope];
}

bool hold_scope_named(const char *name, enum hold_scope *ret)
{
	for (enum hold_scope i = HOLD_PERSON; i < HOLD_SCOPES; i++)
		if (strcmp(scope_names[i], name) == 0) {
			*ret = i;
			return true;
		}
	return false;
}

/* --- those that are active ------------------------------------------------ */

static bool name_of(struct store_value v, struct name *ret)
{
	*ret = (struct name){0};
	return v.type == STORE_NULL ||
	       (v.type == STORE_TEXT && name_set(ret, v.bytes, v.len));
}

static int64_t day_of(struct store_value v)
{
	return v.type == STORE_INT ? v.num : HOLD_DAY_NONE;
}

static int read_row(struct worker *w, struct store_rows *rows,
		    struct hold_row *ret, struct err *err)
{
	struct store *st = w->store;
	char scope[16];

	*ret = (struct hold_row){
	    .id = store_column(st, rows, 0).num,
	    .person = store_column(st, rows, 2).num,
	    .conversation = store_column(st, rows, 3).num,
	    .from_day = day_of(store_column(st, rows, 6)),
	    .to_day = day_of(store_column(st, rows, 7)),
	    .tags = store_column(st, rows, 10).num,
	    .words = store_column(st, rows, 11).num != 0,
	    .scanned = store_column(st, rows, 12).num,
	};
	/* A hold that cannot be read must not be one that holds nothing. */
	if (!store_word(store_column(st, rows, 1), scope, sizeof(scope)) ||
	    !hold_scope_named(scope, &ret->scope) ||
	    !name_of(store_column(st, rows, 4), &ret->channel) ||
	    !name_of(store_column(st, rows, 5), &ret->datenart) ||
	    !store_word(store_column(st, rows, 8), ret->direction,
			sizeof(ret->direction)) ||
	    !store_word(store_column(st, rows, 9), ret->kind,
			sizeof(ret->kind)))
		return ERR_SET(err, ERR_CORRUPT, "row of a hold", 0);
	return 0;
}

static int load(struct worker *w, struct holds *ret, struct err *err)
{
	struct store_rows *rows = NULL;
	int rc;

	ret->len = 0;
	if (store_start(w->store, active_sql, STORE_NO_ARGS, &rows, err) != 0)
		return -1;
	while ((rc = store_step(w->store, rows, err)) > 0) {
		/* Nobody can place as many. */
		rc = ret->len == HOLDS_MAX
			 ? ERR_SET(err, ERR_CORRUPT, "too many holds", 0)
			 : read_row(w, rows, &ret->rows[ret->len], err);
		if (rc != 0)
			break;
		ret->len++;
	}
	store_finish(w->store, &rows);
	return rc;
}

int hold_active(struct worker *w, const struct hold_row **ret, size_t *ret_len,
		struct err *err)
{
	if (w->holds == NULL) {
		w->holds = calloc(1, sizeof(*w->holds));
		if (w->holds == NULL)
			return ERR_SET(err, ERR_NOMEM, "holds", 0);
	}
	if (!w->holds->known) {
		if (load(w, w->holds, err) != 0)
			return -1;
		/* What is not committed may yet be undone. */
		w->holds->known = !w->store->changing;
	}
	*ret = w->holds->rows;
	*ret_len = w->holds->len;
	return 0;
}

void hold_changed(struct worker *w)
{
	w->holds_logged = false;
	if (w->holds != NULL)
		w->holds->known = false;
}

void hold_close(struct worker *w)
{
	free(w->holds);
	w->holds = NULL;
}

/* --- does it cover this --------------------------------------------------- */

static bool fits(const struct name *wanted, const struct name *is)
{
	return wanted->text[0] == '\0' || is == NULL || is->text[0] == '\0' ||
	       strcmp(wanted->text, is->text) == 0;
}

static bool in_days(const struct worker *w, const struct hold_row *h,
		    int64_t received_ms)
{
	int64_t day;

	if (h->from_day == HOLD_DAY_NONE && h->to_day == HOLD_DAY_NONE)
		return true;
	day = caldate_local(w->zone, received_ms);
	return (h->from_day == HOLD_DAY_NONE || day >= h->from_day) &&
	       (h->to_day == HOLD_DAY_NONE || day <= h->to_day);
}

static int is_family(struct worker *w, int64_t person, int64_t of, bool *ret,
		     struct err *err)
{
	int64_t one;

	*ret = person == of;
	if (*ret || person == 0)
		return 0;
	return store_one_int(w->store, family_sql,
			     STORE_ARGS(S_INT(person), S_INT(of)), &one, ret,
			     err);
}

static bool row_fits(struct worker *w, struct store_rows *rows,
		     const struct hold_row *h)
{
	int64_t tags = store_column(w->store, rows, 2).num;
	char direction[4] = "", kind[24] = "";

	(void)store_word(store_column(w->store, rows, 0), direction,
			 sizeof(direction));
	(void)store_word(store_column(w->store, rows, 1), kind, sizeof(kind));
	return (h->direction[0] == '\0' ||
		strcmp(h->direction, direction) == 0) &&
	       (h->kind[0] == '\0' || strcmp(h->kind, kind) == 0) &&
	       (h->tags == 0 || (h->tags & tags) != 0);
}

static int message_fits(struct worker *w, const struct hold_row *h,
			int64_t message, bool *ret, struct err *err)
{
	struct store_rows *rows = NULL;
	int rc;

	*ret = true;
	if (h->direction[0] == '\0' && h->kind[0] == '\0' && h->tags == 0)
		return 0;
	if (store_start(w->store, row_sql, STORE_ARGS(S_INT(message)), &rows,
			err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	if (rc > 0)
		*ret = row_fits(w, rows, h);
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

static int by_query(struct worker *w, const struct hold_row *h,
		    const struct hold_facts *f, bool *ret, struct err *err)
{
	const struct store_value item = S_INT(f->item);
	int64_t parent = f->item, one;
	bool found;

	*ret = false;
	if (!fits(&h->channel, f->channel) ||
	    !fits(&h->datenart, f->datenart) || !in_days(w, h, f->received_ms))
		return 0;
	if (store_one_int(w->store, parent_sql, STORE_ARGS(item, item, item),
			  &parent, &found, err) != 0 ||
	    message_fits(w, h, parent, ret, err) != 0)
		return -1;
	if (!*ret || !h->words || f->item > h->scanned || parent > h->scanned)
		return 0;
	return store_one_int(
	    w->store, found_sql,
	    STORE_ARGS(S_INT(h->id), item, S_INT(parent), item, S_INT(parent)),
	    &one, ret, err);
}

int hold_covers(struct worker *w, const struct hold_row *hold,
		const struct hold_facts *facts, bool *ret, struct err *err)
{
	switch (hold->scope) {
	case HOLD_PERSON:
		return is_family(w, facts->person, hold->person, ret, err);
	case HOLD_CONVERSATION:
		*ret = facts->conversation == hold->conversation;
		return 0;
	case HOLD_DATENART:
		*ret = fits(&hold->datenart, facts->datenart) &&
		       in_days(w, hold, facts->received_ms);
		return 0;
	default:
		return by_query(w, hold, facts, ret, err);
	}
}

int hold_of(struct worker *w, const struct hold_facts *facts, int64_t *ret,
	    struct err *err)
{
	const struct hold_row *rows;
	bool covered = false;
	size_t len;

	if (hold_active(w, &rows, &len, err) != 0)
		return -1;
	*ret = 0;
	for (size_t i = 0; i < len; i++) {
		if (hold_covers(w, &rows[i], facts, &covered, err) != 0)
			return -1;
		if (covered) {
			*ret = rows[i].id;
			return 0;
		}
	}
	return 0;
}

int hold_any(struct worker *w, int64_t *ret, struct err *err)
{
	const struct hold_row *rows;
	size_t len;

	if (hold_active(w, &rows, &len, err) != 0)
		return -1;
	*ret = len > 0 ? rows[0].id : 0;
	return 0;
}

int hold_look_again(struct worker *w, int64_t message, struct err *err)
{
	const struct hold_row *rows;
	size_t len;

	if (hold_active(w, &rows, &len, err) != 0)
		return -1;
	for (size_t i = 0; i < len; i++)
		if (rows[i].words)
			return store_run(w->store, look_sql,
					 STORE_ARGS(S_INT(message)), err);
	return 0;
}
