/* erasure_mention.c - what others wrote stays theirs; where it names the
 * person who is erased, somebody of the controller has to look (E7).
 *
 * Names are compared as they are written, without regard to case of ASCII
 * letters: a list to be looked through, no search that finds everything.
 *
 * Source: compliance 7.1 (two persons in one conversation), 9 E7. */
#include "erasure_inside.h"

#include <sodium.h>

#include "postern/jsonmem.h"
#include "store/family.h"
#include "worker/identity.h"
#include "worker/inbound.h"

#define NAMES_MAX  8
#define NAME_BYTES 256
#define WORD_MIN   3 /* bytes; shorter ones name nobody */
#define DUE_MS	   (INT64_C(30) * DAY_MS)

static const char profiles_sql[] =
    PERSON_FAMILY "SELECT id,id,year,profile_sealed FROM person WHERE id IN"
		  " (SELECT id FROM family) AND profile_sealed IS NOT NULL";
static const char content_sql[] =
    "SELECT key_person,datenart,year,content_sealed FROM message WHERE id=?"
    " AND content_sealed IS NOT NULL";
static const char review_sql[] =
    "INSERT INTO review(id,kind,state,person,conversation,message,created_ms,"
    "due_ms) SELECT ?,'mention','open',?,?,?,?,? WHERE NOT EXISTS (SELECT 1"
    " FROM review WHERE person=? AND message=? AND kind='mention')";

struct names {
	char text[NAMES_MAX][NAME_BYTES];
	size_t len;
};

static void add_name(struct names *n, const json_t *profile, const char *key)
{
	const char *text = json_string_value(json_object_get(profile, key));

	if (text != NULL && strlen(text) >= WORD_MIN &&
	    strlen(text) < NAME_BYTES && n->len < NAMES_MAX)
		memcpy(n->text[n->len++], text, strlen(text) + 1);
}

static int take_profile(void *ctx, const struct keeper_batch *batch,
			size_t slot, struct err *err)
{
	struct names *ret = ctx;
	const uint8_t *clear;
	json_t *profile;
	bool no_memory = false;
	size_t len;

	/* One that does not open any more names nobody. */
	if (keeper_result(batch, slot, &clear, &len, err) != 0)
		return 0;
	profile = jsonmem_load(clear, len, 0, &no_memory);
	if (profile == NULL && no_memory)
		return ERR_SET(err, ERR_NOMEM, "a profile", 0);
	add_name(ret, profile, "name");
	add_name(ret, profile, "username");
	json_decref(profile);
	return 0;
}

static int names_of(struct run *r, struct names *ret, struct err *err)
{
	return erasure_open_each(r, profiles_sql, FIELD_PROFILE, take_profile,
				 ret, err);
}

static bool names_them(const struct names *n, const json_t *content)
{
	const char *text = json_string_value(json_object_get(content, "text"));

	for (size_t i = 0; text != NULL && i < n->len; i++)
		if (strcasestr(text, n->text[i]) != NULL)
			return true;
	return false;
}

static int open_text(struct run *r, const struct item *item,
		     struct keeper_batch *batch, bool *ret_is, struct err *err)
{
	struct key_ref key = {.person = item->key_person,
			      .datenart = item->datenart,
			      .year = item->year};
	struct store_rows *rows = NULL;
	struct store_value v;
	int rc;

	*ret_is = false;
	if (store_start(r->w->store, content_sql, STORE_ARGS(S_INT(item->id)),
			&rows, err) != 0)
		return -1;
	rc = store_step(r->w->store, rows, err);
	if (rc > 0) {
		v = store_column(r->w->store, rows, 3);
		(void)keeper_add_open(batch, &key, item->id, FIELD_CONTENT,
				      v.bytes, v.len);
		*ret_is = true;
	}
	store_finish(r->w->store, &rows);
	return rc < 0 ? -1 : 0;
}

static int list(struct run *r, const struct item *item, struct err *err)
{
	const int64_t now_ms = worker_now(r->w);

	return store_run(r->w->store, review_sql,
			 STORE_ARGS(S_INT(worker_id(r->w)),
				    S_INT(item->key_person),
				    S_INT(item->conversation), S_INT(item->id),
				    S_INT(now_ms), S_INT(now_ms + DUE_MS),
				    S_INT(item->key_person), S_INT(item->id)),
			 err);
}

static int look(struct run *r, const struct item *item,
		const struct names *names, struct err *err)
{
	struct keeper_batch *batch = NULL;
	const uint8_t *clear;
	bool is = false, no_memory = false;
	json_t *content = NULL;
	size_t len;
	int rc = -1;

	if (keeper_batch_new(r->w->keeper, &batch, err) != 0)
		return -1;
	if (open_text(r, item, batch, &is, err) != 0)
		goto out;
	rc = 0;
	if (!is)
		goto out;
	if (keeper_run(batch, err) != 0) {
		rc = keeper_failed(err);
		goto out;
	}
	if (keeper_result(batch, 0, &clear, &len, err) != 0)
		goto out; /* its own person is gone */
	content = jsonmem_load(clear, len, 0, &no_memory);
	if (content == NULL && no_memory)
		rc = ERR_SET(err, ERR_NOMEM, "a text", 0);
	else if (names_them(names, content))
		rc = list(r, item, err);
	json_decref(content);
out:
	keeper_batch_free(&batch);
	return rc;
}

int erasure_mention(struct run *r, const struct item *item, struct err *err)
{
	struct names names = {0};
	int rc;

	if (names_of(r, &names, err) != 0)
		return -1;
	rc = names.len > 0 ? look(r, item, &names, err) : 0;
	sodium_memzero(&names, sizeof(names));
	return rc;
}
