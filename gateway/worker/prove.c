/* prove.c - acts that wait for their transaction. */
#include "prove.h"

#include <assert.h>
#include <inttypes.h>

#include "identity.h"
#include "inbound.h"
#include "outlive.h"
#include "postern/jsonout.h"
#include "postern/ledger.h"
#include "postern/receiptopening.h"
#include "postern/text.h"

#define FIRST	    16
#define RECORDS_MAX 100000 /* of one transaction */

static const char year_sql[] = "SELECT year FROM person WHERE id=?";

/* One act on its way to the log. */
struct waiting {
	struct ledger_entry entry;
	struct key_ref key; /* person 0: nothing is committed to */
	struct id_text record;
	char says[PROVE_SAYS_MAX];
	bool asked, taken;
	size_t slot;
};

struct proofs {
	struct waiting *all;
	size_t len, size;
};

/* --- what is committed to ------------------------------------------------- */

struct says {
	char *at;
	size_t left;
	bool failed;
};

static void put(struct says *s, const char *text, size_t len)
{
	if (len >= s->left) {
		s->failed = true;
		return;
	}
	memcpy(s->at, text, len);
	s->at += len;
	s->left -= len;
}

static void put_text(struct says *s, const char *text)
{
	size_t len = strlen(text);

	/* Names, words and ids need no escape; nothing else comes here. */
	if (jsonout_plain((const uint8_t *)text, len) != len)
		s->failed = true;
	put(s, "\"", 1);
	put(s, text, len);
	put(s, "\"", 1);
}

static void put_fact(struct says *s, const struct act_fact *fact, bool first)
{
	char number[24];
	int n;

	if (!first)
		put(s, ",", 1);
	put_text(s, fact->key);
	put(s, ":", 1);
	if (fact->text != NULL) {
		put_text(s, fact->text);
		return;
	}
	n = snprintf(number, sizeof(number), "%" PRId64, fact->number);
	put(s, number, n > 0 ? (size_t)n : 0);
}

int prove_says(const struct act_fact *facts, size_t len,
	       char ret[PROVE_SAYS_MAX], struct err *err)
{
	struct says s = {.at = ret, .left = PROVE_SAYS_MAX};
	const char *before = "";

	put(&s, "{", 1);
	for (size_t i = 0; i < len; i++) {
		if (facts[i].text == NULL && facts[i].number == 0)
			continue;
		if (facts[i].text != NULL && facts[i].text[0] == '\0')
			continue;
		if (strcmp(before, facts[i].key) >= 0)
			s.failed = true;
		put_fact(&s, &facts[i], before[0] == '\0');
		before = facts[i].key;
	}
	put(&s, "}", 1);
	if (s.failed)
		return ERR_SET(err, ERR_INPUT, "what an act says", 0);
	*s.at = '\0';
	return 0;
}

/* --- telling -------------------------------------------------------------- */

static struct waiting *make_room(struct worker *w, struct err *err)
{
	struct proofs *p = w->proofs;
	struct waiting *all;
	size_t size;

	if (p == NULL)
		p = w->proofs = calloc(1, sizeof(*p));
	if (p == NULL || p->len >= RECORDS_MAX)
		goto fail;
	if (p->len == p->size) {
		size = p->size > 0 ? 2 * p->size : FIRST;
		all = realloc(p->all, size * sizeof(*all));
		if (all == NULL)
			goto fail;
		p->all = all;
		p->size = size;
	}
	return &p->all[p->len];
fail:
	(void)ERR_SET(err, ERR_NOMEM, "entries of the proof log", 0);
	return NULL;
}

/* Whose key; without a row the person is nobody, and nothing is committed. */
static int key_of(struct worker *w, int64_t person, struct key_ref *ret,
		  struct err *err)
{
	int64_t year = 0;
	bool found = false;

	if (store_one_int(w->store, year_sql, STORE_ARGS(S_INT(person)), &year,
			  &found, err) != 0)
		return -1;
	*ret = (struct key_ref){.person = found ? person : 0,
				.year = (uint16_t)year};
	(void)name_set(&ret->datenart, IDENTITY_DATENART,
		       strlen(IDENTITY_DATENART)); /* a constant */
	return 0;
}

static void set_actor(const struct worker *w, enum ledger_actor by,
		      struct ledger_entry *ret)
{
	ret->actor = by;
	if (by != LEDGER_STAFF)
		return;
	if (w->acting == NULL)
		ret->actor = LEDGER_SYSTEM;
	else
		memcpy(ret->staff, w->acting->pseudonym, sizeof(ret->staff));
}

/* A worker that only tells persons apart has none. */
static int64_t policy_in_force(const struct worker *w)
{
	return w->policy != NULL ? policy_version(w->policy) : 0;
}

static int fill(struct worker *w, const struct act *act, struct waiting *ret,
		struct err *err)
{
	*ret = (struct waiting){
	    .entry = {
		.event = act->event,
		.reason = act->reason,
		.at_ms = worker_now(w),
		.object_kind = act->kind,
		.object = act->object,
		.policy = act->policy != 0 ? act->policy : policy_in_force(w),
		.counted = act->counted,
		.count = act->count,
	    }};
	set_actor(w, act->by, &ret->entry);
	if (act->person == 0 && act->under == NULL && act->one_off == NULL)
		return 0;
	if (act->object == 0) {
		ret->entry.object_kind = ID_ACT;
		ret->entry.object = worker_id(w);
	}
	id_format(&w->mask, ret->entry.object_kind, ret->entry.object,
		  &ret->record);
	if (prove_says(act->facts, act->facts_len, ret->says, err) != 0)
		return -1;
	if (act->one_off != NULL) {
		audit_commitment(act->one_off, ret->record.text, ret->says,
				 strlen(ret->says), ret->entry.commitment);
		ret->entry.committed = true;
		return 0;
	}
	if (act->under != NULL) {
		ret->key = *act->under;
		return 0;
	}
	return key_of(w, act->person, &ret->key, err);
}

int prove(struct worker *w, const struct act *act, struct err *err)
{
	struct waiting *one = make_room(w, err);

	if (one == NULL || fill(w, act, one, err) != 0)
		return -1;
	w->proofs->len++;
	return 0;
}

void prove_drop(struct worker *w)
{
	if (w->proofs != NULL)
		free(w->proofs->all);
	free(w->proofs);
	w->proofs = NULL;
}

/* --- asking the keeper ---------------------------------------------------- */

static bool wants(const struct waiting *one)
{
	return !one->taken && one->key.person != 0;
}

bool prove_wants(const struct worker *w)
{
	for (size_t i = 0; w->proofs != NULL && i < w->proofs->len; i++)
		if (wants(&w->proofs->all[i]))
			return true;
	return false;
}

size_t prove_staff_add(const struct worker *w, struct keeper_batch *batch,
		       int64_t token)
{
	return prove_staff_add_in(batch, token, env_year(worker_now(w)));
}

size_t prove_staff_add_in(struct keeper_batch *batch, int64_t token,
			  uint16_t year)
{
	uint8_t bytes[2 + 8] = {(uint8_t)(year >> 8), (uint8_t)year};

	for (int i = 0; i < 8; i++)
		bytes[2 + i] = (uint8_t)((uint64_t)token >> (56 - 8 * i));
	return keeper_add_hash(batch, "staff", bytes, sizeof(bytes));
}

int prove_staff_get(const struct keeper_batch *batch, size_t slot,
		    struct staff *ret, struct err *err)
{
	const uint8_t *hash = NULL;
	size_t len = 0;

	if (keeper_result(batch, slot, &hash, &len, err) != 0)
		return -1;
	if (len < LEDGER_STAFF_HEX / 2)
		return ERR_SET(err, ERR_BUSY, "hash too short", 0);
	hex_encode(hash, LEDGER_STAFF_HEX / 2, ret->pseudonym);
	return 0;
}

void prove_ask(struct worker *w, struct keeper_batch *batch)
{
	struct proofs *p = w->proofs;

	for (size_t i = 0; p != NULL && i < p->len; i++) {
		struct waiting *one = &p->all[i];

		if (!wants(one))
			continue;
		one->asked = true;
		one->slot =
		    keeper_add_commit(batch, &one->key, one->record.text,
				      one->says, strlen(one->says));
	}
}

/* Of somebody whose key is gone nothing is committed to: nobody could ever
 * tell whom it was about. */
static int take_commitment(const struct keeper_batch *batch,
			   struct waiting *one, struct err *err)
{
	const uint8_t *commitment = NULL;
	struct err why = {0};
	size_t len = 0;

	if (keeper_result(batch, one->slot, &commitment, &len, &why) != 0) {
		if (why.kind == ERR_ABSENT)
			return 0;
		*err = why;
		return keeper_failed(err);
	}
	if (len != sizeof(one->entry.commitment))
		return ERR_SET(err, ERR_BUSY, "commitment of wrong length", 0);
	memcpy(one->entry.commitment, commitment, len);
	one->entry.committed = true;
	return 0;
}

int prove_take(struct worker *w, const struct keeper_batch *batch,
	       struct err *err)
{
	struct proofs *p = w->proofs;

	for (size_t i = 0; p != NULL && i < p->len; i++) {
		struct waiting *one = &p->all[i];

		if (!one->asked || one->taken)
			continue;
		if (take_commitment(batch, one, err) != 0)
			return -1;
		one->taken = true;
	}
	return 0;
}

static int ask_now(struct worker *w, struct err *err)
{
	struct keeper_batch *batch = NULL;
	int rc;

	if (!prove_wants(w))
		return 0;
	if (keeper_batch_new(w->keeper, &batch, err) != 0)
		return -1;
	prove_ask(w, batch);
	rc = keeper_run(batch, err) != 0 ? keeper_failed(err)
					 : prove_take(w, batch, err);
	keeper_batch_free(&batch);
	return rc;
}

/* --- transactions --------------------------------------------------------- */

static int write_all(struct worker *w, struct err *err)
{
	struct proofs *p = w->proofs;
	uint64_t index;

	for (size_t i = 0; p != NULL && i < p->len; i++) {
		assert(p->all[i].taken || p->all[i].key.person == 0);
		if (ledger_append(w->store, &w->mask, &p->all[i].entry, &index,
				  err) != 0)
			return -1;
	}
	return 0;
}

int worker_begin(struct worker *w, struct err *err)
{
	outlive_drop(w); /* of an act that ended without a commit */
	return store_begin(w->store, err);
}

int prove_write(struct worker *w, struct err *err)
{
	if (ask_now(w, err) != 0 || write_all(w, err) != 0)
		return -1;
	prove_drop(w);
	return 0;
}

int worker_commit(struct worker *w, struct err *err)
{
	if (prove_write(w, err) != 0) {
		worker_roll_back(w);
		return -1;
	}
	if (outlive_write(w, err) != 0) {
		worker_roll_back(w);
		return -1;
	}
	return store_commit(w->store, err);
}

void worker_roll_back(struct worker *w)
{
	prove_drop(w);
	outlive_drop(w);
	store_roll_back(w->store);
}
