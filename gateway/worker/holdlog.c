/* holdlog.c - see holdlog.h. */
#include "holdlog.h"

#include <inttypes.h>
#include <sodium.h>

#include "hold.h"
#include "outlive.h"
#include "prove.h"

#define SLICE 16

#define COLUMNS                                                      \
	"id,scope,person,conversation,channel,datenart,from_day,to_" \
	"day,direction,kind,tags,words,year,state,owner,approver,"   \
	"placed_ms,approved_ms,review_day,released_ms,released_by"
static const char row_sql[] =
    "SELECT " COLUMNS ",hold_sealed FROM hold WHERE id=?";
static const char open_sql[] =
    "SELECT id FROM hold WHERE logged=0 ORDER BY id LIMIT ?";
static const char logged_sql[] = "UPDATE hold SET logged=1 WHERE id=?";
static const char known_sql[] = "SELECT 1 FROM hold WHERE id=?";
/* Words are looked for anew: until then everything else fits. */
static const char place_sql[] =
    "INSERT INTO hold(" COLUMNS ",hold_sealed,scanned,logged) VALUES(?,?,?,?,?,"
    "?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,0,1)";
/* A line of before it was approved may be the last one there is. */
static const char change_sql[] =
    "UPDATE hold SET state=?,approved_ms=?,review_day=?,released_ms=?,"
    "released_by=?,logged=1 WHERE id=? AND released_ms IS NULL AND"
    " (state='proposed' OR ?<>'proposed') RETURNING 1";

static const struct {
	bool text, needed;
} kinds[HOLD_FIELDS] = {
    [HOLD_F_ID] = {.needed = true},
    [HOLD_F_SCOPE] = {.text = true, .needed = true},
    [HOLD_F_CHANNEL] = {.text = true},
    [HOLD_F_DATENART] = {.text = true},
    [HOLD_F_DIRECTION] = {.text = true},
    [HOLD_F_KIND] = {.text = true},
    [HOLD_F_TAGS] = {.needed = true},
    [HOLD_F_WORDS] = {.needed = true},
    [HOLD_F_YEAR] = {.needed = true},
    [HOLD_F_STATE] = {.text = true, .needed = true},
    [HOLD_F_OWNER] = {.needed = true},
    [HOLD_F_PLACED] = {.needed = true},
    [HOLD_F_REVIEW] = {.needed = true},
};

/* --- lines ---------------------------------------------------------------- */

static bool take_field(struct cut *c, enum hold_field f, struct hold_line *l)
{
	l->field[f].is = true;
	if (c->left > 1 && c->at[0] == '-' && c->at[1] == ' ') {
		l->field[f].is = false;
		return !kinds[f].needed && outlive_word(c, "- ");
	}
	if (!kinds[f].text)
		return outlive_number(c, ' ', &l->field[f].number);
	return outlive_text(c, ' ', l->field[f].text, sizeof(l->field[f].text));
}

static bool take_sealed(struct cut *c, struct hold_line *l)
{
	const size_t hex = c->left - 1;
	struct err ignored;
	size_t len = 0;

	buf_clear(&l->sealed);
	l->sealed.cap = HOLD_SEALED_MAX;
	if (c->left == 2 && c->at[0] == '-')
		return outlive_word(c, "-\n");
	if (c->left < 3 || c->at[hex] != '\n' || hex % 2 != 0 ||
	    hex / 2 > HOLD_SEALED_MAX ||
	    buf_reserve(&l->sealed, hex / 2, &ignored) != 0)
		return false;
	for (size_t i = 0; i < hex; i++)
		if (c->at[i] >= 'A' && c->at[i] <= 'F')
			return false;
	if (sodium_hex2bin(l->sealed.bytes, hex / 2, (const char *)c->at, hex,
			   NULL, &len, NULL) != 0 ||
	    len != hex / 2)
		return false;
	l->sealed.len = len;
	return cut_bytes(c, hex + 1) != NULL;
}

static bool makes_sense(const struct hold_line *l)
{
	const char *state = l->field[HOLD_F_STATE].text;
	const bool over =
	    strcmp(state, "released") == 0 || strcmp(state, "lapsed") == 0;
	enum hold_scope scope;

	return l->field[HOLD_F_ID].number > 0 &&
	       hold_scope_named(l->field[HOLD_F_SCOPE].text, &scope) &&
	       (over || strcmp(state, "proposed") == 0 ||
		strcmp(state, "active") == 0) &&
	       over == l->field[HOLD_F_RELEASED].is;
}

bool hold_line_parse(const void *line, size_t len, struct hold_line *ret)
{
	struct cut c = CUT(line, len);

	if (!outlive_word(&c, "hold "))
		return false;
	for (enum hold_field f = HOLD_F_ID; f < HOLD_FIELDS; f++) {
		ret->field[f].number = 0;
		ret->field[f].text[0] = '\0';
		if (!take_field(&c, f, ret))
			return false;
	}
	return take_sealed(&c, ret) && c.left == 0 && makes_sense(ret);
}

static int print_sealed(const struct buf *sealed, struct buf *ret,
			struct err *err)
{
	char hex[2 * 64 + 1];
	size_t n;

	if (sealed->len == 0 && buf_append_text(ret, "-", err) != 0)
		return -1;
	for (size_t at = 0; at < sealed->len; at += n) {
		n = sealed->len - at < 64 ? sealed->len - at : 64;
		(void)sodium_bin2hex(hex, sizeof(hex), sealed->bytes + at, n);
		if (buf_append_text(ret, hex, err) != 0)
			return -1;
	}
	return buf_append_text(ret, "\n", err);
}

int hold_line_print(const struct hold_line *l, struct buf *ret, struct err *err)
{
	char word[NAME_LEN_MAX + 2];

	if (buf_append_text(ret, "hold ", err) != 0)
		return -1;
	for (enum hold_field f = HOLD_F_ID; f < HOLD_FIELDS; f++) {
		if (!l->field[f].is)
			(void)snprintf(word, sizeof(word), "- ");
		else if (kinds[f].text)
			(void)snprintf(word, sizeof(word), "%s ",
				       l->field[f].text);
		else
			(void)snprintf(word, sizeof(word), "%" PRId64 " ",
				       l->field[f].number);
		if (buf_append_text(ret, word, err) != 0)
			return -1;
	}
	return print_sealed(&l->sealed, ret, err);
}

/* --- written -------------------------------------------------------------- */

static bool read_field(struct store_value v, enum hold_field f,
		       struct hold_line *l)
{
	l->field[f].is = v.type != STORE_NULL;
	if (!l->field[f].is || !kinds[f].text) {
		/* A day before there was anything is as good as the first. */
		l->field[f].number = v.num > 0 ? v.num : 0;
		return true;
	}
	return store_word(v, l->field[f].text, sizeof(l->field[f].text));
}

static int read_row(struct worker *w, struct store_rows *rows,
		    struct hold_line *l, struct err *err)
{
	struct store_value sealed = store_column(w->store, rows, HOLD_FIELDS);

	for (enum hold_field f = HOLD_F_ID; f < HOLD_FIELDS; f++)
		if (!read_field(store_column(w->store, rows, f), f, l))
			return ERR_SET(err, ERR_CORRUPT, "row of a hold", 0);
	return sealed.len > 0
		   ? buf_append(&l->sealed, sealed.bytes, sealed.len, err)
		   : 0;
}

static int load(struct worker *w, int64_t id, struct hold_line *ret,
		struct err *err)
{
	struct store_rows *rows = NULL;
	int rc;

	if (store_start(w->store, row_sql, STORE_ARGS(S_INT(id)), &rows, err) !=
	    0)
		return -1;
	rc = store_step(w->store, rows, err);
	if (rc > 0)
		rc = read_row(w, rows, ret, err);
	else if (rc == 0)
		rc = ERR_SET(err, ERR_CORRUPT, "no such hold", 0);
	store_finish(w->store, &rows);
	return rc;
}

int hold_log_placed(struct worker *w, int64_t id, struct err *err)
{
	struct hold_line l = {.sealed = BUF_INIT(HOLD_SEALED_MAX)};
	struct buf line = BUF_INIT(HOLD_LINE_MAX);
	int rc = -1;

	if (load(w, id, &l, err) == 0 && hold_line_print(&l, &line, err) == 0)
		rc = outlive_add(w, OUTLIVE_HOLDS, buf_text(&line), err);
	buf_free(&l.sealed);
	buf_free(&line);
	return rc;
}

static int find_open(struct worker *w, int64_t ret[SLICE], size_t *ret_len,
		     struct err *err)
{
	struct store_rows *rows = NULL;
	int rc = 0;

	*ret_len = 0;
	if (store_start(w->store, open_sql, STORE_ARGS(S_INT(SLICE)), &rows,
			err) != 0)
		return -1;
	while (*ret_len < SLICE && (rc = store_step(w->store, rows, err)) > 0)
		ret[(*ret_len)++] = store_column(w->store, rows, 0).num;
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

static int log_all(struct worker *w, const int64_t *ids, size_t len,
		   struct err *err)
{
	for (size_t i = 0; i < len; i++)
		if (hold_log_placed(w, ids[i], err) != 0 ||
		    store_run(w->store, logged_sql, STORE_ARGS(S_INT(ids[i])),
			      err) != 0)
			return -1;
	return 0;
}

int hold_log_step(struct worker *w, bool *ret_moved, struct err *err)
{
	int64_t ids[SLICE];
	size_t len;

	if (w->holds_logged)
		return 0;
	if (find_open(w, ids, &len, err) != 0)
		return -1;
	w->holds_logged = len < SLICE;
	if (len == 0)
		return 0;
	*ret_moved = true;
	if (worker_begin(w, err) != 0)
		return -1;
	if (log_all(w, ids, len, err) != 0 || worker_commit(w, err) != 0) {
		worker_roll_back(w);
		w->holds_logged = false;
		return -1;
	}
	return 0;
}

/* --- replayed ------------------------------------------------------------- */

struct replaying {
	struct store *st;
	struct hold_replayed *done;
	struct hold_line l;
};

static struct store_value value(const struct hold_line *l, enum hold_field f)
{
	if (!l->field[f].is)
		return S_NULL;
	return kinds[f].text ? S_TEXT(l->field[f].text)
			     : S_INT(l->field[f].number);
}

static int add_row(const struct replaying *r, struct err *err)
{
	struct store_value args[HOLD_FIELDS + 1];

	for (enum hold_field f = HOLD_F_ID; f < HOLD_FIELDS; f++)
		args[f] = value(&r->l, f);
	args[HOLD_FIELDS] = r->l.sealed.len > 0
				? S_BLOB(r->l.sealed.bytes, r->l.sealed.len)
				: S_NULL;
	r->done->placed++;
	return store_run(r->st, place_sql, args, HOLD_FIELDS + 1, err);
}

static int change_row(const struct replaying *r, struct err *err)
{
	const struct hold_line *l = &r->l;
	bool changed = false;
	int64_t one;

	if (store_one_int(
		r->st, change_sql,
		STORE_ARGS(value(l, HOLD_F_STATE), value(l, HOLD_F_APPROVED),
			   value(l, HOLD_F_REVIEW), value(l, HOLD_F_RELEASED),
			   value(l, HOLD_F_BY), value(l, HOLD_F_ID),
			   value(l, HOLD_F_STATE)),
		&one, &changed, err) != 0)
		return -1;
	r->done->changed += changed;
	return 0;
}

static int replay_line(void *ctx, const char *line, size_t len, struct err *err)
{
	struct replaying *r = ctx;
	bool known = false;
	int64_t one;

	if (!hold_line_parse(line, len, &r->l))
		return 0;
	if (store_one_int(r->st, known_sql, STORE_ARGS(value(&r->l, HOLD_F_ID)),
			  &one, &known, err) != 0)
		return -1;
	if (known)
		return change_row(r, err);
	/* One that has ended holds nothing. */
	return r->l.field[HOLD_F_RELEASED].is ? 0 : add_row(r, err);
}

int hold_log_replay(struct store *st, const char *dir,
		    struct hold_replayed *ret, struct err *err)
{
	struct replaying r = {.st = st, .done = ret};
	int rc;

	*ret = (struct hold_replayed){0};
	rc = outlive_each(dir, outlive_name(OUTLIVE_HOLDS), HOLD_LINE_MAX,
			  replay_line, &r, err);
	buf_free(&r.l.sealed);
	return rc;
}
