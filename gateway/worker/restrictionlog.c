/* restrictionlog.c - see restrictionlog.h.
 *
 * Source: Art. 18 GDPR; compliance 2.3, 9 X3. */
#include "restrictionlog.h"

#include <inttypes.h>

#include "outlive.h"
#include "prove.h"
#include "store/family.h"

#define SLICE	  64
#define LINES_MAX (256u * 1024)

#define COLUMNS                                                          \
	"SELECT "                                                        \
	"id,person,conversation,ground,since_ms,lifted_ms,informed_day," \
	"logged FROM restriction WHERE "
static const char one_sql[] = COLUMNS "id=?";
static const char open_sql[] = COLUMNS
    "logged<CASE WHEN lifted_ms IS NULL THEN 1 ELSE 2 END ORDER BY id LIMIT ?";
static const char logged_sql[] = "UPDATE restriction SET logged=? WHERE id=?";
static const char family_sql[] = PERSON_FAMILY "SELECT id FROM family";
static const char known_sql[] = "SELECT count(*) FROM restriction WHERE id=?";
static const char add_sql[] =
    "INSERT INTO restriction(id,person,conversation,ground,since_ms,lifted_ms,"
    "informed_day,logged) VALUES(?,?,?,?,?,?,?,?)";
static const char end_sql[] =
    "UPDATE restriction SET lifted_ms=?,informed_day=?,logged=2 WHERE id=? AND"
    " lifted_ms IS NULL RETURNING 1";

/* --- lines ---------------------------------------------------------------- */

static bool take_conversation(struct cut *c, int64_t *ret)
{
	*ret = 0;
	if (c->left > 0 && c->at[0] == '*')
		return outlive_word(c, "* ");
	return outlive_number(c, ' ', ret) && *ret > 0;
}

static bool take_set(struct cut *c, struct restriction_line *l)
{
	if (!outlive_number(c, ' ', &l->at_ms) ||
	    !outlive_number(c, ' ', &l->id) ||
	    !outlive_number(c, ' ', &l->person) ||
	    !take_conversation(c, &l->conversation))
		return false;
	l->ground = (char)cut_u8(c);
	return l->ground >= 'a' && l->ground <= 'd' && outlive_word(c, " ") &&
	       outlive_number(c, '\n', &l->of) && l->id > 0 && l->person > 0 &&
	       l->of > 0;
}

bool restriction_line_parse(const void *line, size_t len,
			    struct restriction_line *ret)
{
	struct cut c = CUT(line, len);
	struct restriction_line l = {0};
	bool good;

	if (outlive_word(&c, "restricted ")) {
		good = take_set(&c, &l);
	} else {
		c = CUT(line, len);
		l.lifted = true;
		good = outlive_word(&c, "lifted ") &&
		       outlive_number(&c, ' ', &l.at_ms) &&
		       outlive_number(&c, ' ', &l.id) &&
		       outlive_number(&c, '\n', &l.informed_day) && l.id > 0;
	}
	if (!good || c.left != 0)
		return false;
	*ret = l;
	return true;
}

/* --- written -------------------------------------------------------------- */

struct row {
	int64_t id, person, conversation, since_ms, lifted_ms, day, logged;
	char ground;
};

static int read_row(struct worker *w, struct store_rows *rows, struct row *ret,
		    struct err *err)
{
	struct store_value ground = store_column(w->store, rows, 3);

	if (ground.type != STORE_TEXT || ground.len != 1)
		return ERR_SET(err, ERR_CORRUPT, "ground of a restriction", 0);
	*ret = (struct row){
	    .id = store_column(w->store, rows, 0).num,
	    .person = store_column(w->store, rows, 1).num,
	    .conversation = store_column(w->store, rows, 2).num,
	    .ground = *(const char *)ground.bytes,
	    .since_ms = store_column(w->store, rows, 4).num,
	    .lifted_ms = store_column(w->store, rows, 5).num,
	    .day = store_column(w->store, rows, 6).num,
	    .logged = store_column(w->store, rows, 7).num,
	};
	return 0;
}

static int read_rows(struct worker *w, const char *sql, int64_t arg,
		     struct row *ret, size_t max, size_t *ret_len,
		     struct err *err)
{
	struct store_rows *rows = NULL;
	int rc = 0;

	*ret_len = 0;
	if (store_start(w->store, sql, STORE_ARGS(S_INT(arg)), &rows, err) != 0)
		return -1;
	while (*ret_len < max && (rc = store_step(w->store, rows, err)) > 0) {
		rc = read_row(w, rows, &ret[*ret_len], err);
		if (rc != 0)
			break;
		(*ret_len)++;
	}
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

static int put_set(const struct row *r, int64_t id, int64_t person,
		   struct buf *lines, struct err *err)
{
	char line[RESTRICTION_LINE_MAX], conversation[24] = "*";

	if (r->conversation != 0)
		(void)snprintf(conversation, sizeof(conversation), "%" PRId64,
			       r->conversation);
	(void)snprintf(line, sizeof(line),
		       "restricted %" PRId64 " %" PRId64 " %" PRId64
		       " %s %c %" PRId64 "\n",
		       r->since_ms, id, person, conversation, r->ground, r->id);
	return buf_append_text(lines, line, err);
}

/* Who joined with them is somebody else in an older archive. */
static int put_family(struct worker *w, const struct row *r, struct buf *lines,
		      struct err *err)
{
	struct store_rows *rows = NULL;
	int64_t person;
	int rc;

	if (store_start(w->store, family_sql, STORE_ARGS(S_INT(r->person)),
			&rows, err) != 0)
		return -1;
	while ((rc = store_step(w->store, rows, err)) > 0) {
		person = store_column(w->store, rows, 0).num;
		if (person != r->person)
			rc = put_set(r, worker_id(w), person, lines, err);
		if (rc < 0)
			break;
	}
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

static int put_row(struct worker *w, const struct row *r, struct buf *lines,
		   struct err *err)
{
	char line[RESTRICTION_LINE_MAX];

	if (r->logged == 0 &&
	    (put_set(r, r->id, r->person, lines, err) != 0 ||
	     (r->conversation == 0 && put_family(w, r, lines, err) != 0)))
		return -1;
	if (r->lifted_ms == 0)
		return 0;
	(void)snprintf(line, sizeof(line),
		       "lifted %" PRId64 " %" PRId64 " %" PRId64 "\n",
		       r->lifted_ms, r->id, r->day);
	return buf_append_text(lines, line, err);
}

static int append_rows(struct worker *w, const struct row *rows, size_t len,
		       struct err *err)
{
	struct buf lines = BUF_INIT(LINES_MAX);
	int rc = 0;

	for (size_t i = 0; i < len && rc == 0; i++)
		rc = put_row(w, &rows[i], &lines, err);
	for (size_t i = 0; i < len && rc == 0; i++)
		rc = store_run(w->store, logged_sql,
			       STORE_ARGS(S_INT(rows[i].lifted_ms != 0 ? 2 : 1),
					  S_INT(rows[i].id)),
			       err);
	if (rc == 0)
		rc = outlive_append(w, RESTRICTION_FILE, &lines, err);
	buf_free(&lines);
	return rc;
}

int restriction_log_set(struct worker *w, int64_t id, struct err *err)
{
	struct row row;
	size_t len;

	if (read_rows(w, one_sql, id, &row, 1, &len, err) != 0)
		return -1;
	return len == 1 ? append_rows(w, &row, 1, err)
			: ERR_SET(err, ERR_CORRUPT, "no such restriction", 0);
}

int restriction_log_step(struct worker *w, bool *ret_moved, struct err *err)
{
	struct row rows[SLICE];
	size_t len;

	if (w->restrictions_logged)
		return 0;
	if (read_rows(w, open_sql, SLICE, rows, SLICE, &len, err) != 0)
		return -1;
	w->restrictions_logged = len < SLICE;
	if (len == 0)
		return 0;
	*ret_moved = true;
	if (worker_begin(w, err) != 0)
		return -1;
	/* A line that is there twice says nothing else. */
	if (append_rows(w, rows, len, err) != 0 || worker_commit(w, err) != 0) {
		worker_roll_back(w);
		w->restrictions_logged = false;
		return -1;
	}
	return 0;
}

/* --- replayed ------------------------------------------------------------- */

static int replay_set(struct store *st, const struct restriction_line *l,
		      struct restriction_replayed *ret, struct err *err)
{
	const char ground[2] = {l->ground, '\0'};
	int64_t known = 0;
	bool found;

	if (store_one_int(st, known_sql, STORE_ARGS(S_INT(l->id)), &known,
			  &found, err) != 0)
		return -1;
	if (known > 0)
		return 0;
	ret->set++;
	return store_run(
	    st, add_sql,
	    STORE_ARGS(S_INT(l->id), S_INT(l->person),
		       l->conversation != 0 ? S_INT(l->conversation) : S_NULL,
		       S_TEXT(ground), S_INT(l->at_ms), S_NULL, S_NULL,
		       S_INT(1)),
	    err);
}

static int replay_lifted(struct store *st, const struct restriction_line *l,
			 int64_t id, struct restriction_replayed *ret,
			 struct err *err)
{
	int64_t one;
	bool ended = false;

	if (store_one_int(
		st, end_sql,
		STORE_ARGS(S_INT(l->at_ms), S_INT(l->informed_day), S_INT(id)),
		&one, &ended, err) != 0)
		return -1;
	ret->lifted += ended;
	return 0;
}

/* What a restriction of one name was, is another of each that joined. */
struct alike {
	int64_t id, of;
};
struct alikes {
	struct alike *all;
	size_t len, size;
};

static int remember(struct alikes *a, const struct restriction_line *l,
		    struct err *err)
{
	struct alike *all;
	size_t size;

	if (l->id == l->of)
		return 0;
	if (a->len == a->size) {
		size = a->size != 0 ? 2 * a->size : 64;
		all = realloc(a->all, size * sizeof(*all));
		if (all == NULL)
			return ERR_SET(err, ERR_NOMEM, "restrictions", 0);
		a->all = all;
		a->size = size;
	}
	a->all[a->len++] = (struct alike){.id = l->id, .of = l->of};
	return 0;
}

static int replay_line(struct store *st, const struct restriction_line *l,
		       struct alikes *alikes, struct restriction_replayed *ret,
		       struct err *err)
{
	if (!l->lifted)
		return remember(alikes, l, err) != 0
			   ? -1
			   : replay_set(st, l, ret, err);
	for (size_t i = 0; i < alikes->len; i++)
		if (alikes->all[i].of == l->id &&
		    replay_lifted(st, l, alikes->all[i].id, ret, err) != 0)
			return -1;
	return replay_lifted(st, l, l->id, ret, err);
}

struct replaying {
	struct store *st;
	struct alikes alikes;
	struct restriction_replayed *done;
};

static int replay_any(void *ctx, const char *line, size_t len, struct err *err)
{
	struct replaying *r = ctx;
	struct restriction_line l;

	if (!restriction_line_parse(line, len, &l))
		return 0;
	return replay_line(r->st, &l, &r->alikes, r->done, err);
}

int restriction_log_replay(struct store *st, const char *dir,
			   struct restriction_replayed *ret, struct err *err)
{
	struct replaying r = {.st = st, .done = ret};
	int rc;

	*ret = (struct restriction_replayed){0};
	rc = outlive_each(dir, RESTRICTION_FILE, RESTRICTION_LINE_MAX,
			  replay_any, &r, err);
	free(r.alikes.all);
	return rc;
}
