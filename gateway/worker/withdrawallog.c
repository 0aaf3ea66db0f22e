/* withdrawallog.c - see withdrawallog.h. */
#include "withdrawallog.h"

#include <inttypes.h>
#include <sodium.h>

#include "outlive.h"
#include "store/family.h"

#define HASH_HEX (2 * 32)

static const char family_sql[] = PERSON_FAMILY "SELECT id FROM family";
static const char person_sql[] = "SELECT 1 FROM person WHERE id=?";
static const char known_sql[] =
    "SELECT 1 FROM consent_event WHERE id IN (?,?) LIMIT 1";
static const char event_sql[] =
    "INSERT INTO consent_event(id,person,purpose,kind,source,at_ms,channel,"
    "by_whom,method,policy) VALUES(?,?,?,?,?,?,?,?,?,0)";
static const char listed_sql[] =
    "SELECT 1 FROM suppression WHERE suppress_hash=? AND scope=? AND channel=?"
    " AND since_ms>=?";
static const char list_sql[] =
    "INSERT INTO suppression(suppress_hash,scope,channel,since_ms,reason)"
    " VALUES(?,?,?,?,?) ON CONFLICT(suppress_hash,scope,channel) DO UPDATE"
    " SET since_ms=max(since_ms,excluded.since_ms),reason=excluded.reason";

/* --- lines ---------------------------------------------------------------- */

static bool ends_consent(const char *kind)
{
	enum consent_state state;

	return consent_state_of_event(kind, &state) &&
	       (state == CONSENT_WITHDRAWN || state == CONSENT_REFUSED ||
		state == CONSENT_REVOKED || state == CONSENT_INVALIDATED);
}

static bool take_event(struct cut *c, struct withdrawal_line *l)
{
	return outlive_number(c, ' ', &l->at_ms) &&
	       outlive_number(c, ' ', &l->id) &&
	       outlive_number(c, ' ', &l->person) &&
	       outlive_text(c, ' ', l->purpose, sizeof(l->purpose)) &&
	       outlive_text(c, ' ', l->channel, sizeof(l->channel)) &&
	       outlive_text(c, ' ', l->kind, sizeof(l->kind)) &&
	       outlive_text(c, ' ', l->by, sizeof(l->by)) &&
	       outlive_text(c, ' ', l->method, sizeof(l->method)) &&
	       outlive_text(c, ' ', l->source, sizeof(l->source)) &&
	       outlive_number(c, '\n', &l->of) && l->id > 0 && l->person > 0 &&
	       l->of > 0 && l->purpose[0] != '\0' && ends_consent(l->kind);
}

static bool take_hash(struct cut *c, uint8_t ret[32])
{
	char hex[HASH_HEX + 1], again[HASH_HEX + 1];
	size_t len = 0;

	if (!outlive_text(c, ' ', hex, sizeof(hex)) ||
	    sodium_hex2bin(ret, 32, hex, strlen(hex), NULL, &len, NULL) != 0 ||
	    len != 32)
		return false;
	(void)sodium_bin2hex(again, sizeof(again), ret, 32);
	return strcmp(hex, again) == 0;
}

static bool take_suppressed(struct cut *c, struct withdrawal_line *l)
{
	l->suppressed = true;
	return outlive_number(c, ' ', &l->at_ms) && take_hash(c, l->hash) &&
	       outlive_text(c, ' ', l->purpose, sizeof(l->purpose)) &&
	       outlive_text(c, ' ', l->channel, sizeof(l->channel)) &&
	       outlive_text(c, '\n', l->source, sizeof(l->source)) &&
	       l->purpose[0] != '\0';
}

bool withdrawal_line_parse(const void *line, size_t len,
			   struct withdrawal_line *ret)
{
	struct cut c = CUT(line, len);
	struct withdrawal_line l = {0};
	bool good;

	if (outlive_word(&c, "withdrawn ")) {
		good = take_event(&c, &l);
	} else {
		c = CUT(line, len);
		good =
		    outlive_word(&c, "suppressed ") && take_suppressed(&c, &l);
	}
	if (!good || c.left != 0)
		return false;
	*ret = l;
	return true;
}

static const char *or_dash(const char *text)
{
	return text[0] != '\0' ? text : "-";
}

/* What cannot be read back would be lost: better no act than that. */
int withdrawal_line_print(const struct withdrawal_line *l,
			  char ret[WITHDRAWAL_LINE_MAX], struct err *err)
{
	struct withdrawal_line same;
	char hash[HASH_HEX + 1];
	int n;

	(void)sodium_bin2hex(hash, sizeof(hash), l->hash, sizeof(l->hash));
	if (l->suppressed)
		n = snprintf(ret, WITHDRAWAL_LINE_MAX,
			     "suppressed %" PRId64 " %s %s %s %s\n", l->at_ms,
			     hash, l->purpose, or_dash(l->channel),
			     or_dash(l->source));
	else
		n = snprintf(ret, WITHDRAWAL_LINE_MAX,
			     "withdrawn %" PRId64 " %" PRId64 " %" PRId64
			     " %s %s %s %s %s %s %" PRId64 "\n",
			     l->at_ms, l->id, l->person, l->purpose,
			     or_dash(l->channel), l->kind, or_dash(l->by),
			     or_dash(l->method), or_dash(l->source), l->of);
	if (n <= 0 || n >= WITHDRAWAL_LINE_MAX ||
	    !withdrawal_line_parse(ret, (size_t)n, &same))
		return ERR_SET(err, ERR_CORRUPT, "words of a withdrawal", 0);
	return 0;
}

/* --- written -------------------------------------------------------------- */

static void put(char *ret, size_t size, const char *text)
{
	(void)snprintf(ret, size, "%s", text != NULL ? text : "");
}

static int add(struct worker *w, const struct withdrawal_line *l,
	       struct err *err)
{
	char line[WITHDRAWAL_LINE_MAX];

	if (withdrawal_line_print(l, line, err) != 0)
		return -1;
	return outlive_add(w, OUTLIVE_WITHDRAWALS, line, err);
}

/* Before the line of the event itself: whose archive knows that one knows
 * these by it. */
static int add_family(struct worker *w, const struct withdrawal_line *of,
		      struct err *err)
{
	struct withdrawal_line l = *of;
	struct store_rows *rows = NULL;
	int rc;

	if (store_start(w->store, family_sql, STORE_ARGS(S_INT(of->person)),
			&rows, err) != 0)
		return -1;
	while ((rc = store_step(w->store, rows, err)) > 0) {
		l.person = store_column(w->store, rows, 0).num;
		if (l.person == of->person)
			continue;
		l.id = worker_id(w);
		rc = add(w, &l, err);
		if (rc != 0)
			break;
	}
	store_finish(w->store, &rows);
	return rc;
}

int withdrawal_log_event(struct worker *w, const struct consent_entry *e,
			 int64_t id, struct err *err)
{
	struct withdrawal_line l = {
	    .at_ms = e->at_ms, .id = id, .person = e->of.person, .of = id};

	if (!ends_consent(e->kind))
		return 0;
	put(l.purpose, sizeof(l.purpose), e->of.purpose.text);
	put(l.channel, sizeof(l.channel), e->of.channel.text);
	put(l.kind, sizeof(l.kind), e->kind);
	put(l.by, sizeof(l.by), e->by);
	put(l.method, sizeof(l.method), e->method);
	put(l.source, sizeof(l.source),
	    e->source != NULL ? e->source : e->method);
	if (add_family(w, &l, err) != 0)
		return -1;
	return add(w, &l, err);
}

int withdrawal_log_hash(struct worker *w, const uint8_t hash[32],
			const struct consent_entered *e, struct err *err)
{
	struct withdrawal_line l = {.suppressed = true, .at_ms = e->since_ms};

	memcpy(l.hash, hash, sizeof(l.hash));
	put(l.purpose, sizeof(l.purpose), e->scope);
	put(l.channel, sizeof(l.channel), e->channel->text);
	put(l.source, sizeof(l.source), e->reason);
	return add(w, &l, err);
}

/* --- replayed ------------------------------------------------------------- */

struct replaying {
	struct store *st;
	struct withdrawal_replayed *done;
};

static int has(struct store *st, const char *sql,
	       const struct store_value *args, size_t len, bool *ret,
	       struct err *err)
{
	int64_t one;

	return store_one_int(st, sql, args, len, &one, ret, err);
}

static int replay_event(const struct replaying *r,
			const struct withdrawal_line *l, struct err *err)
{
	bool person = false, known = false;

	if (has(r->st, person_sql, STORE_ARGS(S_INT(l->person)), &person,
		err) != 0 ||
	    has(r->st, known_sql, STORE_ARGS(S_INT(l->id), S_INT(l->of)),
		&known, err) != 0)
		return -1;
	if (!person || known)
		return 0;
	r->done->events++;
	return store_run(
	    r->st, event_sql,
	    STORE_ARGS(S_INT(l->id), S_INT(l->person), S_TEXT(l->purpose),
		       S_TEXT(l->kind), S_TEXT(l->source), S_INT(l->at_ms),
		       S_TEXT(l->channel), S_TEXT(l->by), S_TEXT(l->method)),
	    err);
}

static int replay_hash(const struct replaying *r,
		       const struct withdrawal_line *l, struct err *err)
{
	const struct store_value hash = S_BLOB(l->hash, sizeof(l->hash));
	bool known = false;

	if (has(r->st, listed_sql,
		STORE_ARGS(hash, S_TEXT(l->purpose), S_TEXT(l->channel),
			   S_INT(l->at_ms)),
		&known, err) != 0)
		return -1;
	if (known)
		return 0;
	r->done->hashes++;
	return store_run(r->st, list_sql,
			 STORE_ARGS(hash, S_TEXT(l->purpose),
				    S_TEXT(l->channel), S_INT(l->at_ms),
				    S_TEXT(l->source)),
			 err);
}

static int replay_line(void *ctx, const char *line, size_t len, struct err *err)
{
	const struct replaying *r = ctx;
	struct withdrawal_line l;

	if (!withdrawal_line_parse(line, len, &l))
		return 0;
	return l.suppressed ? replay_hash(r, &l, err)
			    : replay_event(r, &l, err);
}

int withdrawal_log_replay(struct store *st, const char *dir,
			  struct withdrawal_replayed *ret, struct err *err)
{
	struct replaying r = {.st = st, .done = ret};

	*ret = (struct withdrawal_replayed){0};
	return outlive_each(dir, outlive_name(OUTLIVE_WITHDRAWALS),
			    WITHDRAWAL_LINE_MAX, replay_line, &r, err);
}
