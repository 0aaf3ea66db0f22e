/* holding_scan.c - holds by words look through what there is, and through
 * what came since, always in the order of ids.
 *
 * What was not looked at is held (worker/hold.h), so nothing is lost when
 * this is behind, killed or waits for the keeper.  Looking at messages while
 * they come in instead was rejected: there are many ways in and out, and one
 * forgotten would be a message lost.
 *
 * Source: compliance 3.4, 9 H3. */
#include <sodium.h>

#include "holding_inside.h"
#include "holding_words.h"
#include "postern/caldate.h"
#include "worker/inbound.h"
#include "worker/prove.h"

#define SLICE_ROWS  64
#define SLICE_BYTES (256u * 1024)

/* Its kind of row says how it is sealed. */
enum source { SOURCE_MESSAGE, SOURCE_FILE, SOURCE_NOTE, SOURCE_BODY };

#define COLUMNS_MESSAGE                                                       \
	"SELECT m.id AS id,0 AS source,m.key_person AS key_person,m.datenart" \
	" AS datenart,m.year AS year,c.channel AS channel,m.received_ms AS"   \
	" at_ms,CASE WHEN m.kind='version' THEN m.target END AS parent,"      \
	"m.content_sealed AS sealed FROM message m LEFT JOIN conversation c"  \
	" ON c.id=m.conversation WHERE "
static const char rows_sql[] =
    "SELECT * FROM (" COLUMNS_MESSAGE "m.id>? ORDER BY m.id LIMIT ?)"
    " UNION ALL SELECT * FROM (SELECT id,1,key_person,datenart,year,channel,"
    "created_ms,message,media_sealed FROM attachment WHERE id>? ORDER BY id"
    " LIMIT ?)"
    " UNION ALL SELECT * FROM (SELECT n.id,2,n.key_person,n.datenart,n.year,"
    "c.channel,n.at_ms,NULL,n.note_sealed FROM note n LEFT JOIN conversation"
    " c ON c.id=n.conversation WHERE n.id>? ORDER BY n.id LIMIT ?)"
    " UNION ALL SELECT * FROM (SELECT id,3,0,'RAW',year,channel,received_ms,"
    "NULL,raw_sealed FROM quarantine WHERE id>? ORDER BY id LIMIT ?)"
    " ORDER BY 1 LIMIT ?";
static const char again_sql[] = COLUMNS_MESSAGE
    "m.id IN (SELECT item FROM hold_look ORDER BY item LIMIT ?)";
static const char looks_sql[] = "SELECT count(*) FROM hold_look";
static const char seen_sql[] = "DELETE FROM hold_look WHERE item<=?";
static const char last_look_sql[] =
    "SELECT max(item) FROM (SELECT item FROM hold_look ORDER BY item LIMIT ?)";
static const char found_sql[] =
    "INSERT INTO hold_item(item,hold) VALUES(?,?) ON CONFLICT DO NOTHING";
static const char scanned_sql[] =
    "UPDATE hold SET scanned=? WHERE id=? AND scanned<?";

/* --- words that were opened ----------------------------------------------- */

struct holding_known {
	struct holding_known *next;
	int64_t hold;
	bool lost; /* its key is gone: everything is held */
	struct holding_words words;
};

void holding_known_free(struct holding_known **known)
{
	while (*known != NULL) {
		struct holding_known *one = *known;

		*known = one->next;
		sodium_memzero(one, sizeof(*one));
		free(one);
	}
}

static int read_words(struct worker *w, struct holding_known *k,
		      struct err *err)
{
	struct buf clear = BUF_INIT(HOLDING_SECRETS_MAX);
	struct holding_view view;
	bool found = false;
	int rc = holding_load(w, k->hold, &view, &found, err);

	if (rc == 0 && found)
		rc = holding_secrets(w, &view, &clear, err);
	if (rc == 0 && found)
		rc = holding_words_read(clear.bytes, clear.len, &k->words, err);
	if (rc != 0 && err->kind == ERR_ABSENT) {
		k->lost = true;
		rc = 0;
	}
	buf_free(&clear);
	return rc;
}

static int words_of(struct worker *w, int64_t hold,
		    const struct holding_known **ret, struct err *err)
{
	struct holding_known *k;

	for (k = w->holding->known; k != NULL; k = k->next)
		if (k->hold == hold) {
			*ret = k;
			return 0;
		}
	k = calloc(1, sizeof(*k));
	if (k == NULL)
		return ERR_SET(err, ERR_NOMEM, "words of a hold", 0);
	k->hold = hold;
	if (read_words(w, k, err) != 0) {
		holding_known_free(&k);
		return -1;
	}
	k->next = w->holding->known;
	w->holding->known = k;
	*ret = k;
	return 0;
}

/* Those of holds that ended are wiped. */
static void tidy_known(struct worker *w, const struct hold_row *rows,
		       size_t len)
{
	struct holding_known **at = &w->holding->known, *gone;
	bool active;

	while (*at != NULL) {
		active = false;
		for (size_t i = 0; i < len; i++)
			active |= rows[i].id == (*at)->hold;
		if (active) {
			at = &(*at)->next;
			continue;
		}
		gone = *at;
		*at = gone->next;
		gone->next = NULL;
		holding_known_free(&gone);
	}
}

/* --- a slice of rows ------------------------------------------------------ */

struct thing {
	int64_t id, parent; /* 0: none */
	int64_t at_ms;
	enum source source;
	struct name channel; /* "": not known */
	size_t slot;
};

struct slice {
	struct worker *w;
	struct hold_row holds[HOLDS_MAX]; /* by words */
	size_t holds_len;
	struct keeper_batch *batch;
	struct thing things[SLICE_ROWS];
	size_t len, bytes;
	bool again; /* of hold_look: every hold is asked */
};

static enum seal_field field_of(enum source source)
{
	static const enum seal_field fields[] = {
	    [SOURCE_MESSAGE] = FIELD_CONTENT,
	    [SOURCE_FILE] = FIELD_MEDIA,
	    [SOURCE_NOTE] = FIELD_NOTE,
	    [SOURCE_BODY] = FIELD_RAW,
	};

	return fields[source];
}

static bool in_days(const struct worker *w, const struct hold_row *h,
		    int64_t at_ms)
{
	int64_t day;

	if (h->from_day == HOLD_DAY_NONE && h->to_day == HOLD_DAY_NONE)
		return true;
	day = caldate_local(w->zone, at_ms);
	return (h->from_day == HOLD_DAY_NONE || day >= h->from_day) &&
	       (h->to_day == HOLD_DAY_NONE || day <= h->to_day);
}

/* What never changes about it is asked before it is opened. */
static bool asks(const struct slice *s, const struct hold_row *h,
		 const struct thing *t)
{
	if (!s->again && h->scanned >= t->id)
		return false;
	if (h->channel.text[0] != '\0' && t->channel.text[0] != '\0' &&
	    strcmp(h->channel.text, t->channel.text) != 0)
		return false;
	return in_days(s->w, h, t->at_ms);
}

static bool anybody_asks(const struct slice *s, const struct thing *t)
{
	for (size_t i = 0; i < s->holds_len; i++)
		if (asks(s, &s->holds[i], t))
			return true;
	return false;
}

static void add_thing(struct slice *s, struct store_rows *rows)
{
	struct store *st = s->w->store;
	struct thing *t = &s->things[s->len++];
	struct store_value sealed = store_column(st, rows, 8), v;
	struct key_ref key = {
	    .person = store_column(st, rows, 2).num,
	    .year = (uint16_t)store_column(st, rows, 4).num,
	};

	*t = (struct thing){
	    .id = store_column(st, rows, 0).num,
	    .source = (enum source)store_column(st, rows, 1).num,
	    .at_ms = store_column(st, rows, 6).num,
	    .parent = store_column(st, rows, 7).num,
	    .slot = NO_SLOT,
	};
	v = store_column(st, rows, 5);
	if (v.type == STORE_TEXT)
		(void)name_set(&t->channel, v.bytes, v.len);
	v = store_column(st, rows, 3);
	if (sealed.type != STORE_BLOB || sealed.len == 0 ||
	    !name_set(&key.datenart, v.bytes, v.len) || !anybody_asks(s, t))
		return;
	s->bytes += sealed.len;
	t->slot = keeper_add_open(s->batch, &key, t->id, field_of(t->source),
				  sealed.bytes, sealed.len);
}

static int read_rows(struct slice *s, const char *sql,
		     const struct store_value *args, size_t args_len,
		     struct err *err)
{
	struct store_rows *rows = NULL;
	int rc = 0;

	if (store_start(s->w->store, sql, args, args_len, &rows, err) != 0)
		return -1;
	while (s->len < SLICE_ROWS && s->bytes < SLICE_BYTES &&
	       (rc = store_step(s->w->store, rows, err)) > 0)
		add_thing(s, rows);
	store_finish(s->w->store, &rows);
	return rc < 0 ? -1 : 0;
}

/* --- found ---------------------------------------------------------------- */

static int put_found(struct slice *s, const struct thing *t,
		     const struct hold_row *h, struct err *err)
{
	if (store_run(s->w->store, found_sql,
		      STORE_ARGS(S_INT(t->id), S_INT(h->id)), err) != 0)
		return -1;
	/* An earlier text, a file: its message is what is held. */
	return t->parent == 0
		   ? 0
		   : store_run(s->w->store, found_sql,
			       STORE_ARGS(S_INT(t->parent), S_INT(h->id)), err);
}

static int match(struct slice *s, const struct thing *t,
		 const struct hold_row *h, const uint8_t *clear, size_t len,
		 struct err *err)
{
	const struct holding_known *k = NULL;
	bool found = false;

	if (words_of(s->w, h->id, &k, err) != 0)
		return -1;
	/* What cannot be read may say anything. */
	if (clear == NULL)
		found = true;
	else if (holding_words_in(&k->words, clear, len,
				  t->source == SOURCE_BODY, &found, err) != 0)
		return -1;
	return found ? put_found(s, t, h, err) : 0;
}

static int look_at(struct slice *s, const struct thing *t, struct err *err)
{
	const uint8_t *clear = NULL;
	struct err why = {0};
	size_t len = 0;

	if (t->slot == NO_SLOT)
		return 0;
	if (keeper_result(s->batch, t->slot, &clear, &len, &why) != 0) {
		if (why.kind == ERR_ABSENT) /* its key is gone, so is it */
			return 0;
		clear = NULL;
	}
	for (size_t i = 0; i < s->holds_len; i++)
		if (asks(s, &s->holds[i], t) &&
		    match(s, t, &s->holds[i], clear, len, err) != 0)
			return -1;
	return 0;
}

static int move_on(struct slice *s, int64_t last, struct err *err)
{
	for (size_t i = 0; i < s->holds_len; i++)
		if (store_run(s->w->store, scanned_sql,
			      STORE_ARGS(S_INT(last), S_INT(s->holds[i].id),
					 S_INT(last)),
			      err) != 0)
			return -1;
	return 0;
}

static int write_slice(struct slice *s, struct err *err)
{
	for (size_t i = 0; i < s->len; i++)
		if (look_at(s, &s->things[i], err) != 0)
			return -1;
	if (!s->again)
		return move_on(s, s->things[s->len - 1].id, err);
	return 0;
}

static int in_transaction(struct slice *s, int64_t seen, struct err *err)
{
	struct worker *w = s->w;

	if (worker_begin(w, err) != 0)
		return -1;
	if ((s->len > 0 && write_slice(s, err) != 0) ||
	    (s->again && store_run(w->store, seen_sql, STORE_ARGS(S_INT(seen)),
				   err) != 0) ||
	    worker_commit(w, err) != 0) {
		worker_roll_back(w);
		return -1;
	}
	hold_changed(w);
	return 0;
}

static int open_slice(struct slice *s, struct err *err)
{
	for (size_t i = 0; i < s->len; i++)
		if (s->things[i].slot != NO_SLOT)
			return keeper_run(s->batch, err) != 0
				   ? keeper_failed(err)
				   : 0;
	return 0;
}

/* --- which ---------------------------------------------------------------- */

/* Messages that say something else now; one at a time, as they may be long. */
static int look_again(struct slice *s, bool *ret_any, struct err *err)
{
	int64_t n = 0, seen = 0;
	bool found;

	*ret_any = false;
	if (store_one_int(s->w->store, looks_sql, STORE_NO_ARGS, &n, &found,
			  err) != 0)
		return -1;
	if (n == 0)
		return 0;
	*ret_any = s->again = true;
	if (store_one_int(s->w->store, last_look_sql, STORE_ARGS(S_INT(1)),
			  &seen, &found, err) != 0 ||
	    read_rows(s, again_sql, STORE_ARGS(S_INT(1)), err) != 0 ||
	    open_slice(s, err) != 0)
		return -1;
	return in_transaction(s, seen, err);
}

static int look_on(struct slice *s, bool *ret_more, struct err *err)
{
	const struct store_value limit = S_INT(SLICE_ROWS);
	struct store_value from = S_INT(INT64_MAX);

	for (size_t i = 0; i < s->holds_len; i++)
		if (s->holds[i].scanned < from.num)
			from.num = s->holds[i].scanned;
	if (read_rows(s, rows_sql,
		      STORE_ARGS(from, limit, from, limit, from, limit, from,
				 limit, limit),
		      err) != 0)
		return -1;
	*ret_more = s->len == SLICE_ROWS || s->bytes >= SLICE_BYTES;
	if (s->len == 0)
		return 0;
	return open_slice(s, err) != 0 ? -1 : in_transaction(s, 0, err);
}

static int run(struct slice *s, bool *ret_more, struct err *err)
{
	if (keeper_batch_new(s->w->keeper, &s->batch, err) != 0)
		return -1;
	if (look_again(s, ret_more, err) != 0)
		return -1;
	return *ret_more ? 0 : look_on(s, ret_more, err);
}

/* A hold whose words are lost stays where it is: all that follows is held. */
static int gather(struct slice *s, const struct hold_row *rows, size_t len,
		  struct err *err)
{
	const struct holding_known *k = NULL;

	for (size_t i = 0; i < len; i++) {
		if (!rows[i].words)
			continue;
		if (words_of(s->w, rows[i].id, &k, err) != 0)
			return -1;
		if (!k->lost)
			s->holds[s->holds_len++] = rows[i];
	}
	return 0;
}

int holding_scan(struct worker *w, bool *ret_more, struct err *err)
{
	const struct hold_row *rows;
	struct slice *s;
	size_t len;
	int rc = 0;

	*ret_more = false;
	if (hold_active(w, &rows, &len, err) != 0)
		return -1;
	tidy_known(w, rows, len);
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return ERR_SET(err, ERR_NOMEM, "slice of a scan", 0);
	s->w = w;
	rc = gather(s, rows, len, err);
	if (rc == 0 && s->holds_len > 0)
		rc = run(s, ret_more, err);
	keeper_batch_free(&s->batch);
	free(s);
	return rc;
}
