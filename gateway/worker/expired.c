/* expired.c - rows of the outbox that say which messages are over.
 *
 * Source: Art. 19 GDPR; design 3, "Forget". */
#include "expired.h"

#include "prove.h"
#include "postern/lookup.h"

#define AT_ONCE	   64	/* ids that one statement adds */
#define ID_BYTES   21	/* " -9223372036854775808" */
#define ROW_BYTES  8192 /* of ids in one row: some hundreds */
#define ROOM_BYTES (ROW_BYTES - AT_ONCE * ID_BYTES)
#define RELEASED   256
#define PAGE	   64
#define LOOKS_MAX  64 /* pages */

static const char helpdesk_sql[] =
    "SELECT helpdesk FROM conversation WHERE id=? AND helpdesk IS NOT NULL";
static const char join_sql[] =
    "UPDATE outbox SET detail=detail||? WHERE id=(SELECT id FROM outbox WHERE"
    " conversation=? AND state='gathering' AND destination=? AND"
    " length(detail)<=? LIMIT 1) RETURNING 1";
static const char begin_sql[] =
    "INSERT INTO outbox(id,kind,destination,conversation,type,detail,state,"
    "next_ms,created_ms) VALUES(?,'helpdesk',?,?,'" EXPIRED_TYPE "',?,"
    "'gathering',?,?)";
/* It is due from now on, and so old. */
static const char release_sql[] =
    "UPDATE outbox SET state='waiting',next_ms=?,created_ms=? WHERE id IN"
    " (SELECT id FROM outbox WHERE state='gathering' LIMIT 256) RETURNING 1";
static const char told_sql[] =
    "SELECT 1 FROM message m WHERE m.id=? AND " EXPIRED_TOLD;

_Static_assert(RELEASED == 256, "the limit of release_sql");

/* --- gathering ------------------------------------------------------------ */

static bool hears(const struct worker *w, const struct name *helpdesk)
{
	const struct settings *s = w->settings;

	for (size_t i = 0; i < s->helpdesks_len; i++)
		if (name_equal(&s->helpdesks[i].name, helpdesk))
			return s->helpdesks[i].told_expired;
	return false;
}

/* "": nobody is to be told. */
static int helpdesk_of(struct worker *w, int64_t conversation, struct name *ret,
		       struct err *err)
{
	struct store_rows *rows = NULL;
	struct store_value v;
	int rc;

	*ret = (struct name){""};
	if (store_start(w->store, helpdesk_sql, STORE_ARGS(S_INT(conversation)),
			&rows, err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	if (rc > 0) {
		v = store_column(w->store, rows, 0);
		if (!name_set(ret, v.bytes, v.len))
			rc =
			    ERR_SET(err, ERR_CORRUPT, "helpdesk is no name", 0);
		else if (!hears(w, ret))
			*ret = (struct name){""};
	}
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

static int gather(struct worker *w, int64_t conversation,
		  const struct name *helpdesk, const char *text,
		  struct err *err)
{
	const int64_t now_ms = worker_now(w);
	bool joined = false;
	int64_t one;

	if (store_one_int(w->store, join_sql,
			  STORE_ARGS(S_TEXT(text), S_INT(conversation),
				     S_TEXT(helpdesk->text), S_INT(ROOM_BYTES)),
			  &one, &joined, err) != 0)
		return -1;
	if (joined)
		return 0;
	return store_run(w->store, begin_sql,
			 STORE_ARGS(S_INT(worker_id(w)), S_TEXT(helpdesk->text),
				    S_INT(conversation), S_TEXT(text),
				    S_INT(now_ms), S_INT(now_ms)),
			 err);
}

int expired_gather(struct worker *w, int64_t conversation, const int64_t *ids,
		   size_t len, struct err *err)
{
	char text[AT_ONCE * ID_BYTES + 1];
	struct name helpdesk;
	size_t at, n;

	if (helpdesk_of(w, conversation, &helpdesk, err) != 0)
		return -1;
	for (size_t i = 0; i < len && helpdesk.text[0] != '\0'; i += n) {
		at = 0;
		for (n = 0; n < AT_ONCE && i + n < len; n++)
			at += (size_t)snprintf(text + at, sizeof(text) - at,
					       " %lld", (long long)ids[i + n]);
		if (gather(w, conversation, &helpdesk, text, err) != 0)
			return -1;
	}
	return 0;
}

/* --- telling -------------------------------------------------------------- */

static int release(struct worker *w, size_t *ret_len, struct err *err)
{
	const int64_t now_ms = worker_now(w);
	struct store_rows *rows = NULL;
	int rc;

	*ret_len = 0;
	if (store_start(w->store, release_sql,
			STORE_ARGS(S_INT(now_ms), S_INT(now_ms)), &rows,
			err) != 0)
		return -1;
	while ((rc = store_step(w->store, rows, err)) > 0)
		++*ret_len;
	store_finish(w->store, &rows);
	return rc;
}

int expired_release(struct worker *w, bool *ret_more, struct err *err)
{
	size_t len = 0;

	if (worker_begin(w, err) != 0)
		return -1;
	if (release(w, &len, err) != 0) {
		worker_roll_back(w);
		return -1;
	}
	if (len == 0)
		worker_roll_back(w);
	else if (worker_commit(w, err) != 0)
		return -1;
	for (size_t i = 0; len > 0 && i < w->settings->helpdesks_len; i++)
		deliver_wake(w, w->settings->helpdesks[i].name.text);
	*ret_more = len == RELEASED;
	return 0;
}

/* --- at hand-over --------------------------------------------------------- */

int expired_parse(struct store_value detail, int64_t **ret, size_t *ret_len,
		  struct err *err)
{
	char text[ROW_BYTES + 1];
	size_t len = 0;
	int64_t *ids;
	char *end;

	if (!store_word(detail, text, sizeof(text)) || text[0] != ' ')
		return ERR_SET(err, ERR_CORRUPT, "ids that are over", 0);
	ids = calloc(strlen(text) / 2 + 1, sizeof(*ids));
	if (ids == NULL)
		return ERR_SET(err, ERR_NOMEM, "ids that are over", 0);
	for (const char *at = text; *at != '\0'; at = end) {
		ids[len++] = strtoll(at, &end, 10);
		if (end == at || (*end != ' ' && *end != '\0')) {
			free(ids);
			return ERR_SET(err, ERR_CORRUPT, "ids that are over",
				       0);
		}
	}
	*ret = ids;
	*ret_len = len;
	return 0;
}

int expired_all(struct worker *w, int64_t conversation, bool *ret,
		struct err *err)
{
	int64_t ids[PAGE], before = INT64_MAX, one;
	bool told = false;
	size_t len = PAGE;

	*ret = false;
	for (int looks = 0; len == PAGE; looks++) {
		if (looks == LOOKS_MAX)
			return 0;
		if (lookup_conversation(w->store, conversation, before, ids,
					PAGE, &len, err) != 0)
			return -1;
		for (size_t i = 0; i < len; i++) {
			if (store_one_int(w->store, told_sql,
					  STORE_ARGS(S_INT(ids[i])), &one,
					  &told, err) != 0)
				return -1;
			if (told)
				return 0;
			before = ids[i];
		}
	}
	*ret = true;
	return 0;
}
