/* keys.c - keys that nothing needs any more are destroyed.
 *
 * A key is the second lock: its rows went before (compliance 1.1).  What is
 * still sealed under it is found along the person's own conversations.
 *
 * Source: NIST SP 800-88 Rev. 2; compliance 7.2, 7.4. */
#include "item.h"
#include "postern/lookup.h"
#include "store/family.h"
#include "trail.h"
#include "worker/identity.h"
#include "worker/inbound.h"
#include "worker/prove.h"

#define PAGE	  64
#define NAMES_MAX 300 /* rules of a policy, and ours */

static const char message_sql[] =
    "SELECT datenart FROM message WHERE id=? AND key_person=? AND"
    " content_sealed IS NOT NULL";
#define HOLDS "(file IS NOT NULL OR length(media_sealed)>0)"
static const char attachments_sql[] =
    "SELECT datenart FROM attachment WHERE message=? AND key_person=? AND"
    " " HOLDS;
/* Uploads nobody sent, and what is still to be deleted at the provider. */
static const char loose_sql[] =
    "SELECT datenart FROM attachment WHERE message IS NULL AND conversation=?"
    " AND key_person=? AND " HOLDS;
static const char notes_sql[] =
    "SELECT datenart FROM note WHERE conversation=? AND key_person=?";
static const char consent_sql[] =
    PERSON_FAMILY "SELECT 'CONSENT' FROM consent_event WHERE person IN"
		  " (SELECT id FROM family) AND key_person=? AND"
		  " evidence_sealed IS NOT NULL LIMIT 1";
static const char contact_sql[] =
    PERSON_FAMILY "SELECT 'CONTACT' WHERE EXISTS (SELECT 1 FROM address WHERE"
		  " person IN (SELECT id FROM family) AND key_person=?)"
		  " OR EXISTS (SELECT 1 FROM person WHERE id=? AND"
		  " profile_sealed IS NOT NULL)";

struct need {
	struct name name;
	bool used;
};
/* Datenarten of one person. */
struct needs {
	struct worker *w;
	int64_t person;
	struct need all[NAMES_MAX];
	size_t len, used;
	bool other; /* one of no rule is used */
};

/* --- what there may be ---------------------------------------------------- */

static void want(struct needs *n, const char *text, size_t len)
{
	struct name name;

	if (n->len == NAMES_MAX || !name_set(&name, text, len))
		return;
	for (size_t i = 0; i < n->len; i++)
		if (name_equal(&n->all[i].name, &name))
			return;
	n->all[n->len++] = (struct need){.name = name};
}

/* They live by rules of their own, not with the person. */
static bool apart(const struct name *name)
{
	static const char *const names[] = {"REQUEST", "SUPPRESS", "EXPORT"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name->text, names[i]) == 0)
			return true;
	return false;
}

static void want_all(struct needs *n)
{
	static const char *const ours[] = {IDENTITY_DATENART, "CONSENT",
					   "MEDIA", "NOTICE", "META"};
	struct policy_rule rule;

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		want(n, ours[i], strlen(ours[i]));
	for (size_t i = 0; policy_rule_at(n->w->policy, i, &rule); i++)
		if (!apart(&rule.name))
			want(n, rule.name.text, strlen(rule.name.text));
}

/* --- what is used --------------------------------------------------------- */

static void use(struct needs *n, struct store_value v)
{
	struct name name;

	if (v.type != STORE_TEXT || !name_set(&name, v.bytes, v.len))
		return;
	for (size_t i = 0; i < n->len; i++) {
		if (!name_equal(&n->all[i].name, &name))
			continue;
		n->used += !n->all[i].used;
		n->all[i].used = true;
		return;
	}
	n->other = true;
}

static int use_rows(struct needs *n, const char *sql,
		    const struct store_value *args, size_t args_len,
		    struct err *err)
{
	struct store *st = n->w->store;
	struct store_rows *rows = NULL;
	int rc;

	if (store_start(st, sql, args, args_len, &rows, err) != 0)
		return -1;
	while ((rc = store_step(st, rows, err)) > 0)
		use(n, store_column(st, rows, 0));
	store_finish(st, &rows);
	return rc;
}

static int use_message(struct needs *n, int64_t message, struct err *err)
{
	if (use_rows(n, message_sql,
		     STORE_ARGS(S_INT(message), S_INT(n->person)), err) != 0)
		return -1;
	return use_rows(n, attachments_sql,
			STORE_ARGS(S_INT(message), S_INT(n->person)), err);
}

static bool all_used(const struct needs *n)
{
	return n->used == n->len && n->other;
}

/* The newest first: most people's keys are in use, and that shows soon. */
static int use_conversation(void *ctx, int64_t conversation, struct err *err)
{
	struct needs *n = ctx;
	int64_t ids[PAGE], before = INT64_MAX;
	size_t len = PAGE;

	if (use_rows(n, loose_sql,
		     STORE_ARGS(S_INT(conversation), S_INT(n->person)),
		     err) != 0 ||
	    use_rows(n, notes_sql,
		     STORE_ARGS(S_INT(conversation), S_INT(n->person)),
		     err) != 0)
		return -1;
	while (len == PAGE && !all_used(n)) {
		if (lookup_conversation(n->w->store, conversation, before, ids,
					PAGE, &len, err) != 0)
			return -1;
		for (size_t i = 0; i < len; i++)
			if (use_message(n, ids[i], err) != 0)
				return -1;
		before = len > 0 ? ids[len - 1] : 0;
	}
	return 0;
}

static int look(struct needs *n, struct err *err)
{
	want_all(n);
	if (use_rows(n, consent_sql,
		     STORE_ARGS(S_INT(n->person), S_INT(n->person)),
		     err) != 0 ||
	    use_rows(n, contact_sql,
		     STORE_ARGS(S_INT(n->person), S_INT(n->person),
				S_INT(n->person)),
		     err) != 0)
		return -1;
	return trail_conversations(n->w, n->person, use_conversation, n, err);
}

/* --- destroying ----------------------------------------------------------- */

static int taken(const struct keeper_batch *batch, size_t slots, uint64_t *ret,
		 struct err *err)
{
	const uint8_t *count = NULL;
	uint64_t sum = 0;
	size_t len = 0;

	for (size_t i = 0; i < slots; i++) {
		struct cut cut;

		if (keeper_result(batch, i, &count, &len, err) != 0)
			return keeper_failed(err);
		cut = CUT(count, len);
		sum += cut_u32(&cut);
	}
	*ret = sum;
	return 0;
}

/* Nothing is sealed for them at all: then also keys of Datenarten that no rule
 * names any more go. */
static size_t ask(const struct needs *n, struct keeper_batch *batch)
{
	size_t slots = 0;

	if (n->used == 0 && !n->other) {
		(void)keeper_add_shred(batch, n->person, NULL);
		return 1;
	}
	for (size_t i = 0; i < n->len; i++)
		if (!n->all[i].used) {
			(void)keeper_add_shred(batch, n->person,
					       &n->all[i].name);
			slots++;
		}
	return slots;
}

static int prove_keys_gone(struct worker *w, uint64_t keys, struct err *err)
{
	const struct act act = {
	    .event = LEDGER_KEY_DESTROYED,
	    .counted = true,
	    .count = keys,
	};

	return keys > 0 ? prove(w, &act, err) : 0;
}

/* What of them is of no use goes into the batch. */
static int ask_all(struct worker *w, const int64_t *persons, size_t len,
		   struct keeper_batch *batch, size_t *ret_slots,
		   struct err *err)
{
	struct needs *n = calloc(1, sizeof(*n));
	int rc = 0;

	*ret_slots = 0;
	if (n == NULL)
		return ERR_SET(err, ERR_NOMEM, "keys to destroy", 0);
	for (size_t i = 0; i < len && rc == 0; i++) {
		/* 0 is the instance itself: bodies of everybody. */
		if (persons[i] == 0)
			continue;
		*n = (struct needs){.w = w, .person = persons[i]};
		rc = look(n, err);
		if (rc == 0)
			*ret_slots += ask(n, batch);
	}
	free(n);
	return rc;
}

int forget_keys_of(struct worker *w, const int64_t *persons, size_t len,
		   uint64_t *ret_keys, struct err *err)
{
	struct keeper_batch *batch = NULL;
	uint64_t keys = 0;
	size_t slots = 0;
	int rc = -1;

	*ret_keys = 0;
	if (keeper_batch_new(w->keeper, &batch, err) != 0)
		return -1;
	if (ask_all(w, persons, len, batch, &slots, err) != 0 ||
	    /* No key goes whose end the log cannot tell. */
	    prove_write(w, err) != 0)
		goto out;
	if (slots > 0 && (keeper_run(batch, err) != 0
			      ? keeper_failed(err)
			      : taken(batch, slots, &keys, err)) != 0)
		goto out;
	if (prove_keys_gone(w, keys, err) != 0)
		goto out;
	*ret_keys = keys;
	rc = 0;
out:
	keeper_batch_free(&batch);
	return rc;
}

int forget_keys(struct worker *w, int64_t key_person, uint64_t *ret_keys,
		struct err *err)
{
	return forget_keys_of(w, &key_person, 1, ret_keys, err);
}
