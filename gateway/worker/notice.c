/* notice.c - rows of tables notice_sent and wording. */
#include "notice.h"

#include <sodium.h>

#include "decide.h"
#include "postern/caldate.h"

#define SLOTS	     16384
#define WORDINGS_MAX 4
#define SHA256_BYTES crypto_hash_sha256_BYTES
#define GOLDEN	     UINT64_C(0x9e3779b97f4a7c15)

static const char sent_sql[] =
    "SELECT 1 FROM notice_sent WHERE person=? AND channel=?"
    " AND sha256 IN (?,?,?,?) LIMIT 1";
/* Answers outside office hours are of kind reply. */
static const char closed_sql[] =
    "SELECT 1 FROM notice_sent n JOIN message m ON m.id=n.message"
    " WHERE n.person=? AND n.channel=? AND n.at_ms>=? AND m.kind='reply'"
    " LIMIT 1";
static const char add_sql[] =
    "INSERT INTO notice_sent(id,person,channel,notice,sha256,message,at_ms)"
    " VALUES(?,?,?,?,?,?,?)";
static const char wording_sql[] =
    "INSERT INTO wording(sha256,name,language,text,policy,first_ms)"
    " VALUES(?,?,?,?,?,?) ON CONFLICT DO NOTHING";
/* Found by person: there is no index on message. */
static const char failed_sql[] =
    "DELETE FROM notice_sent WHERE message=? AND person="
    "(SELECT c.person FROM message m JOIN conversation c"
    " ON c.id=m.conversation WHERE m.id=? AND m.kind IN ('notice','reply'))"
    " RETURNING person";

/* --- what is known -------------------------------------------------------- */

struct known {
	int64_t person;
	uint64_t stamp; /* of channel and wordings */
};

/* The notice of a channel as it reads now, in each language it has. */
struct wordings {
	uint8_t sha256[WORDINGS_MAX][SHA256_BYTES];
	size_t len;
	uint64_t stamp;
};

struct notices {
	struct known slots[SLOTS];
	/* The wordings that were asked for last, and of what they are. */
	struct name channel; /* empty: nothing */
	int64_t policy;
	struct wordings now;
};

struct notices *notices_new(void)
{
	return calloc(1, sizeof(struct notices));
}

void notices_free(struct notices **n)
{
	free(*n); /* ids and hashes of texts: nothing to wipe */
	*n = NULL;
}

void notices_forget(struct notices *n)
{
	memset(n->slots, 0, sizeof(n->slots));
}

static struct known *slot_of(struct worker *w, int64_t person)
{
	uint64_t mixed = (uint64_t)person * GOLDEN;

	return &w->receive->notices->slots[mixed >> 50];
}

/* --- wordings ------------------------------------------------------------- */

static void wordings_add(struct wordings *w, const struct policy_notice *notice)
{
	uint64_t part;

	if (notice == NULL)
		return;
	for (size_t i = 0; i < w->len; i++)
		if (memcmp(w->sha256[i], notice->sha256, SHA256_BYTES) == 0)
			return;
	memcpy(w->sha256[w->len++], notice->sha256, SHA256_BYTES);
	memcpy(&part, notice->sha256, sizeof(part));
	w->stamp = (w->stamp ^ part) * GOLDEN;
}

static void wordings_of(const struct worker *w, const struct name *channel,
			struct wordings *ret)
{
	const char *const languages[WORDINGS_MAX] = {
	    "de", "en", w->settings->controller.language, NULL};

	*ret = (struct wordings){0};
	for (const char *c = channel->text; *c != '\0'; c++)
		ret->stamp = (ret->stamp ^ (unsigned char)*c) * GOLDEN;
	for (size_t i = 0; i < WORDINGS_MAX; i++)
		wordings_add(
		    ret, policy_first_notice(w->policy, channel, languages[i]));
}

/* Each message asks: they are gathered anew when channel or policy change. */
static const struct wordings *wordings_now(struct worker *w,
					   const struct name *channel)
{
	struct notices *n = w->receive->notices;
	int64_t policy = decide_policy_number(w);

	if (n->policy != policy || !name_equal(&n->channel, channel)) {
		wordings_of(w, channel, &n->now);
		n->policy = policy;
		n->channel = *channel;
	}
	return &n->now;
}

static struct store_value wording_at(const struct wordings *all, size_t i)
{
	return i < all->len ? S_BLOB(all->sha256[i], SHA256_BYTES) : S_NULL;
}

/* --- asking --------------------------------------------------------------- */

int notice_was_sent(struct worker *w, int64_t person,
		    const struct name *channel, bool *ret, struct err *err)
{
	struct known *known = slot_of(w, person);
	const struct wordings *all = wordings_now(w, channel);
	int64_t one = 0;

	*ret = known->person == person && known->stamp == all->stamp;
	if (*ret || all->len == 0)
		return 0;
	if (store_one_int(w->store, sent_sql,
			  STORE_ARGS(S_INT(person), S_TEXT(channel->text),
				     wording_at(all, 0), wording_at(all, 1),
				     wording_at(all, 2), wording_at(all, 3)),
			  &one, ret, err) != 0)
		return -1;
	if (*ret)
		*known = (struct known){person, all->stamp};
	return 0;
}

int notice_told_closed(struct worker *w, int64_t person,
		       const struct name *channel, int64_t day, bool *ret,
		       struct err *err)
{
	int64_t from_ms = caldate_begins_ms(w->zone, day), one = 0;

	return store_one_int(
	    w->store, closed_sql,
	    STORE_ARGS(S_INT(person), S_TEXT(channel->text), S_INT(from_ms)),
	    &one, ret, err);
}

/* --- writing -------------------------------------------------------------- */

int notice_add_wording(struct worker *w, const struct policy_notice *notice,
		       struct err *err)
{
	return store_run(
	    w->store, wording_sql,
	    STORE_ARGS(S_BLOB(notice->sha256, SHA256_BYTES),
		       S_TEXT(notice->name.text), S_TEXT(notice->language),
		       S_TEXT(notice->text), S_INT(decide_policy_number(w)),
		       S_INT(worker_now(w))),
	    err);
}

int notice_add(struct worker *w, const struct notice_row *row, struct err *err)
{
	if (notice_add_wording(w, row->notice, err) != 0)
		return -1;
	return store_run(w->store, add_sql,
			 STORE_ARGS(S_INT(worker_id(w)), S_INT(row->person),
				    S_TEXT(row->channel->text),
				    S_TEXT(row->notice->name.text),
				    S_BLOB(row->notice->sha256, SHA256_BYTES),
				    S_INT(row->message), S_INT(worker_now(w))),
			 err);
}

int notice_failed(struct worker *w, int64_t message, struct err *err)
{
	int64_t person = 0;
	bool found = false;

	if (store_one_int(w->store, failed_sql,
			  STORE_ARGS(S_INT(message), S_INT(message)), &person,
			  &found, err) != 0)
		return -1;
	if (found && w->receive != NULL)
		*slot_of(w, person) = (struct known){0};
	return 0;
}
