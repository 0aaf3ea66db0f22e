/* plan.c - inside the transaction: what is new, whose it is, what to seal.
 *
 * Persons, conversations, provider ids and tombstones are written
 * here, in the order of the events, so that a later event of the batch finds
 * what an earlier one made.  Everything with sealed bytes waits for
 * archive.c. */
#include "autoreply.h"
#include "change.h"
#include "consent_receive.h"
#include "content.h"
#include "decide.h"
#include "outbox.h"
#include "postern/lookup.h"
#include "rates.h"
#include "request_receive.h"
#include "restriction.h"

static const char buried_sql[] = "SELECT 1 FROM tombstone WHERE ref_hash=?";
static const char bury_sql[] =
    "INSERT INTO tombstone(ref_hash,at_ms) VALUES(?,?) ON CONFLICT DO NOTHING";
static const char person_year_sql[] =
    "SELECT year FROM person WHERE id=? AND rectified_ms IS NULL";

static int64_t event_ms(const struct step *s)
{
	/* A time after the acknowledgement cannot be true. */
	return s->event->ts_ms > 0 && s->event->ts_ms < s->item->received_ms
		   ? s->event->ts_ms
		   : s->item->received_ms;
}

/* The key of a slot; *ret_any false: there is none. */
static int ref_of(const struct batch *b, size_t slot,
		  uint8_t ret[REF_HASH_BYTES], bool *ret_any, struct err *err)
{
	*ret_any = slot != NO_SLOT;
	if (slot == NO_SLOT)
		return 0;
	if (refkey_get(b->indexed, slot, ret, err) == 0)
		return 0;
	*ret_any = false;
	return err->kind == ERR_INPUT ? 0 : keeper_failed(err);
}

/* Writes a key; *ret_new false: it was there. */
static int ref_put(struct batch *b, size_t slot, int64_t message, bool *ret_new,
		   struct err *err)
{
	uint8_t hash[REF_HASH_BYTES];
	bool any = false;

	*ret_new = true;
	if (ref_of(b, slot, hash, &any, err) != 0)
		return -1;
	if (!any)
		return 0;
	return lookup_ref_put(b->w->store, hash, message, ret_new, err);
}

/* The message a key stands for, 0 if none. */
static int ref_get(struct batch *b, size_t slot, int64_t *ret, struct err *err)
{
	uint8_t hash[REF_HASH_BYTES];
	bool any = false;

	*ret = 0;
	if (ref_of(b, slot, hash, &any, err) != 0)
		return -1;
	return any ? lookup_ref_get(b->w->store, hash, ret, NULL, err) : 0;
}

static int buried(struct batch *b, size_t slot, bool *ret, struct err *err)
{
	uint8_t hash[REF_HASH_BYTES];
	int64_t one = 0;
	bool any = false;

	*ret = false;
	if (ref_of(b, slot, hash, &any, err) != 0)
		return -1;
	if (!any)
		return 0;
	return store_one_int(b->w->store, buried_sql,
			     STORE_ARGS(S_BLOB(hash, REF_HASH_BYTES)), &one,
			     ret, err);
}

static void drop(struct step *s, uint64_t *count)
{
	s->dropped = true;
	(*count)++;
}

const struct planned *batch_planned(const struct batch *b, int64_t message)
{
	size_t low = 0, high = b->planned_len, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (b->planned[mid].message < message)
			low = mid + 1;
		else
			high = mid;
	}
	return low < b->planned_len && b->planned[low].message == message
		   ? &b->planned[low]
		   : NULL;
}

/* --- what is to be sealed ------------------------------------------------- */

static int seal_profile(struct batch *b, struct step *s, struct err *err)
{
	const struct party *p = &s->event->party;
	struct receive *r = b->w->receive;
	struct profile_seen *seen =
	    &r->seen[(uint64_t)s->person % PROFILE_SEEN_SLOTS];
	struct key_ref key = {.person = s->person};
	uint8_t hash[crypto_shorthash_BYTES];
	int64_t year = 0;
	bool found = false;

	if (s->event->party_is_recipient ||
	    (p->name == NULL && p->username == NULL))
		return 0;
	if (content_profile(p, &b->clear, err) != 0)
		return -1;
	(void)crypto_shorthash(hash, b->clear.bytes, b->clear.len, r->seen_key);
	memcpy(&s->profile_hash, hash, sizeof(s->profile_hash));
	if (seen->person == s->person && seen->hash == s->profile_hash)
		return 0;
	if (store_one_int(b->w->store, person_year_sql,
			  STORE_ARGS(S_INT(s->person)), &year, &found,
			  err) != 0)
		return -1;
	if (!found)
		return 0;
	(void)name_set(&key.datenart, IDENTITY_DATENART,
		       strlen(IDENTITY_DATENART));
	key.year = (uint16_t)year;
	s->profile_slot =
	    keeper_add_seal(b->sealed, &key, s->person, FIELD_PROFILE,
			    b->clear.bytes, b->clear.len);
	*seen = (struct profile_seen){s->person, s->profile_hash};
	return 0;
}

int plan_content(struct batch *b, struct step *s, int64_t record,
		 struct err *err)
{
	const struct content_more more = {
	    .decision = s->decision,
	    .redacted = s->redacted,
	    .redacted_len = s->redacted_len,
	};

	if (content_message(s->event, &more, &b->clear, err) != 0)
		return -1;
	s->content_slot =
	    keeper_add_seal(b->sealed, &s->key, record, FIELD_CONTENT,
			    b->clear.bytes, b->clear.len);
	return 0;
}

static int seal_media(struct batch *b, struct step *s,
		      const struct name *datenart, struct err *err)
{
	if (s->event->media.id == NULL)
		return 0;
	if (content_media(&s->event->media, &b->clear, err) != 0)
		return -1;
	s->attachment = worker_id(b->w);
	s->media_key = s->key;
	s->media_key.datenart = *datenart;
	s->media_slot =
	    keeper_add_seal(b->sealed, &s->media_key, s->attachment,
			    FIELD_MEDIA, b->clear.bytes, b->clear.len);
	return 0;
}

/* --- steps ---------------------------------------------------------------- */

/* Does this message begin a question that waits for its first answer? */
static bool asks(const struct step *s, const struct conversation *c)
{
	return decide_speaks(s) && decide_expects_answer(s->event) &&
	       c->asked_ms == 0 &&
	       (c->inbound_ms == 0 || c->reopened ||
		event_ms(s) - c->inbound_ms >= RATES_SILENCE_MS);
}

/* Counted once it is known that somebody is told of it. */
static int count_question(struct batch *b, const struct step *s,
			  const struct conversation *c,
			  const struct policy_decision *d, struct err *err)
{
	bool restricted = false;

	if (!c->asks)
		return 0;
	if (restriction_of(b->w, s->person, s->conversation, &restricted,
			   err) != 0)
		return -1;
	if (restricted || !d->forward ||
	    (d->keyword != KEYWORD_NONE && d->keyword != KEYWORD_REVIEW))
		return rates_unasked(b->w, s->conversation, err);
	return rates_asked(b->w, &b->asked, &s->item->channel, c->asked_ms,
			   err);
}

/* Finds or makes person and conversation.  Without any address the body is
 * kept in quarantine: a message is never dropped in silence. */
static int place(struct batch *b, struct step *s, struct conversation *ret,
		 struct err *err)
{
	struct identity_party party;

	batch_party(b, &s->event->party, s->party_slots, &party);
	if (identity_resolve(&b->identity, &party, event_ms(s), true,
			     &s->person, err) != 0)
		return -1;
	if (s->person == 0) {
		s->item->quarantine = "event.no_sender";
		s->dropped = true;
		return 0;
	}
	if (conversation_for(b->w, s->person, &s->item->channel, b->now_ms, ret,
			     err) != 0)
		return -1;
	s->conversation = ret->id;
	ret->asks = asks(s, ret);
	if (ret->asks)
		ret->asked_ms = rates_asked_ms(s->item->received_ms, b->now_ms);
	if (s->event->kind != EVENT_ECHO &&
	    conversation_inbound(b->w, ret, event_ms(s), err) != 0)
		return -1;
	s->inbound_ms = ret->inbound_ms;
	return 0;
}

/* What the policy decided, as far as the rows need it.  A code that proves who
 * asks for their data is told to nobody. */
static int take_decision(struct batch *b, struct step *s,
			 const struct conversation *c, bool secret,
			 struct err *err)
{
	const struct policy_decision *d = s->decision;
	bool echo = s->event->kind == EVENT_ECHO;

	s->key = (struct key_ref){
	    .person = s->person,
	    .datenart = d->datenart,
	    .year = env_year(s->item->received_ms),
	};
	s->special = d->special;
	s->media_refused = d->media_refused;
	if (echo) /* ours: nobody is to be told */
		return 0;
	s->outcome = secret ? MSG_KEPT : decide_outcome(d);
	if (s->outcome != MSG_KEPT)
		s->helpdesk = c->helpdesk;
	if (s->outcome == MSG_HELD)
		s->held_until_ms =
		    decide_hold_ends(b->w, &d->hold_for, b->now_ms);
	if (!c->reopened || !d->forward || secret)
		return 0;
	return outbox_add(b->w, "helpdesk", s->helpdesk.text, s->conversation,
			  0, "conversation.reopened", NULL, b->now_ms, err);
}

static int answer(struct batch *b, struct step *s, struct err *err)
{
	const struct policy_decision *d = s->decision;
	int64_t message;

	for (size_t i = 0; i < d->say_len; i++)
		/* A question goes with the event that it was asked. */
		if (d->say[i].kind == SAY_ASK
			? consent_ask(b, s, &d->say[i], err) != 0
			: autoreply_add(b, s, &d->say[i], &message, err) != 0)
			return -1;
	return 0;
}

static int seal_row(struct batch *b, struct step *s, struct err *err)
{
	b->planned[b->planned_len++] =
	    (struct planned){.message = s->message, .step = s};
	if (s->tombstoned) {
		s->outcome = MSG_KEPT;
		if (change_plan_tombstoned(b, s, err) != 0)
			return -1;
		if (s->forget == FORGET_ALL)
			return 0;
	}
	if (plan_content(b, s, s->message, err) != 0 ||
	    seal_media(b, s, &s->decision->media_datenart, err) != 0)
		return -1;
	return seal_profile(b, s, err);
}

static int judge(struct batch *b, struct step *s, const struct conversation *c,
		 struct policy_decision *d, struct err *err)
{
	bool code = false;
	int rc = -1;

	if (request_answered(b, s, &code, err) != 0 ||
	    consent_answer(b, s, c->language[0] != '\0' ? c->language : NULL,
			   err) != 0 ||
	    decide_receive(b, s, c, d, err) != 0)
		return -1;
	s->decision = d;
	if ((!code && count_question(b, s, c, d, err) != 0) ||
	    take_decision(b, s, c, code, err) != 0)
		goto out;
	/* Refused: nothing is kept of it but the question that is asked. */
	if (!d->store)
		drop(s, &b->counts.ignored);
	else if (redaction_accept(b, s, d, err) != 0 ||
		 seal_row(b, s, err) != 0)
		goto out;
	if (!code && consent_keyword(b, s, d, err) != 0)
		goto out;
	rc = code ? 0 : answer(b, s, err);
out:
	s->decision = NULL;
	return rc;
}

/* A message row of its own, with the id it already has. */
static int plan_row(struct batch *b, struct step *s, struct err *err)
{
	struct conversation conversation = {0};
	struct policy_decision decision;
	int rc;

	/* Nothing says what this is. */
	if (policy_purpose(b->w->policy, &s->item->channel) == NULL) {
		drop(s, &b->counts.ignored);
		return 0;
	}
	if (place(b, s, &conversation, err) != 0)
		return -1;
	if (s->dropped)
		return 0;
	if (decide_normalise(b, s->event, err) != 0)
		return -1;
	rc = judge(b, s, &conversation, &decision, err);
	b->normal.len = 0; /* wiped with the batch */
	return rc;
}

static int plan_message(struct batch *b, struct step *s, struct err *err)
{
	bool fresh = true;

	s->message = worker_id(b->w);
	if (ref_put(b, s->ref_slot, s->message, &fresh, err) != 0)
		return -1;
	if (!fresh) {
		drop(s, &b->counts.duplicates);
		return 0;
	}
	if (buried(b, s->ref_slot, &s->tombstoned, err) != 0 ||
	    ref_get(b, s->target_slot, &s->target, err) != 0)
		return -1;
	return plan_row(b, s, err);
}

/* The message an edit or deletion is about: the original, or an edit that
 * stands for one never seen. */
static int find_target(struct batch *b, struct step *s, struct err *err)
{
	if (ref_get(b, s->target_slot, &s->target, err) != 0)
		return -1;
	if (s->target == 0)
		return ref_get(b, s->edit_slot, &s->target, err);
	return 0;
}

int plan_key_of(struct batch *b, int64_t message, struct key_ref *ret,
		int64_t *ret_conversation, struct err *err)
{
	static const char sql[] =
	    "SELECT key_person, datenart, year, conversation FROM message"
	    " WHERE id=?";
	const struct planned *planned = batch_planned(b, message);
	struct store *st = b->w->store;
	struct store_rows *rows = NULL;
	struct store_value v;
	int rc;

	*ret_conversation = 0;
	if (planned != NULL) {
		*ret = planned->step->key;
		*ret_conversation = planned->step->conversation;
		return 0;
	}
	if (store_start(st, sql, STORE_ARGS(S_INT(message)), &rows, err) != 0)
		return -1;
	rc = store_step(st, rows, err);
	if (rc > 0) {
		ret->person = store_column(st, rows, 0).num;
		v = store_column(st, rows, 1);
		ret->year = (uint16_t)store_column(st, rows, 2).num;
		if (name_set(&ret->datenart, v.bytes, v.len))
			*ret_conversation = store_column(st, rows, 3).num;
	}
	store_finish(st, &rows);
	return rc < 0 ? -1 : 0;
}

/* Only who wrote a message may change it.  A sender nobody knows, or none,
 * is taken on the provider's word. */
static int same_person(struct batch *b, const struct step *s, bool *ret,
		       struct err *err)
{
	static const char sql[] = "SELECT person FROM conversation WHERE id=?";
	struct identity_party party;
	int64_t sender = 0, owner = 0;
	bool found = false;

	batch_party(b, &s->event->party, s->party_slots, &party);
	if (identity_resolve(&b->identity, &party, event_ms(s), false, &sender,
			     err) != 0)
		return -1;
	if (store_one_int(b->w->store, sql, STORE_ARGS(S_INT(s->conversation)),
			  &owner, &found, err) != 0)
		return -1;
	*ret = sender == 0 || !found || sender == owner;
	return 0;
}

static int plan_edit(struct batch *b, struct step *s, struct err *err)
{
	bool fresh = true, gone = false, same = true;

	if (ref_put(b, s->ref_slot, 0, &fresh, err) != 0)
		return -1;
	if (!fresh) {
		drop(s, &b->counts.duplicates);
		return 0;
	}
	if (buried(b, s->target_slot, &gone, err) != 0 ||
	    find_target(b, s, err) != 0)
		return -1;
	if (s->target != 0 &&
	    plan_key_of(b, s->target, &s->key, &s->conversation, err) != 0)
		return -1;
	if (s->conversation != 0 && same_person(b, s, &same, err) != 0)
		return -1;
	if (gone || !same) {
		drop(s, &b->counts.ignored);
		return 0;
	}
	if (s->conversation != 0)
		return change_plan_edit(b, s, err);
	/* The original is not there: the edit stands for it. */
	s->own_row = true;
	s->target = 0;
	s->message = worker_id(b->w);
	if (ref_put(b, s->edit_slot, s->message, &fresh, err) != 0)
		return -1;
	return plan_row(b, s, err);
}

static int plan_delete(struct batch *b, struct step *s, struct err *err)
{
	uint8_t hash[REF_HASH_BYTES];
	bool fresh = true, any = false;

	if (ref_put(b, s->ref_slot, 0, &fresh, err) != 0)
		return -1;
	if (!fresh) {
		drop(s, &b->counts.duplicates);
		return 0;
	}
	if (ref_get(b, s->target_slot, &s->target, err) != 0 ||
	    ref_get(b, s->edit_slot, &s->edit_row, err) != 0 ||
	    ref_of(b, s->target_slot, hash, &any, err) != 0)
		return -1;
	/* Also when it is there: an edit on its way must not bring it back. */
	if (any && store_run(b->w->store, bury_sql,
			     STORE_ARGS(S_BLOB(hash, REF_HASH_BYTES),
					S_INT(b->now_ms)),
			     err) != 0)
		return -1;
	if (s->target != 0 || s->edit_row != 0)
		return change_plan_delete(b, s, err);
	s->dropped = true; /* the tombstone is all there is to do */
	return 0;
}

static int plan_consent(struct batch *b, struct step *s, struct err *err)
{
	struct identity_party party;
	bool fresh = true;

	if (ref_put(b, s->ref_slot, 0, &fresh, err) != 0)
		return -1;
	if (!fresh) {
		drop(s, &b->counts.duplicates);
		return 0;
	}
	if (s->item->one_click) {
		if (consent_click_person(b->w, s, err) != 0)
			return -1;
		if (s->person == 0) /* erased meanwhile */
			drop(s, &b->counts.ignored);
		return 0;
	}
	batch_party(b, &s->event->party, s->party_slots, &party);
	if (identity_resolve(&b->identity, &party, event_ms(s), true,
			     &s->person, err) != 0)
		return -1;
	if (s->person == 0) {
		s->item->quarantine = "event.no_sender";
		s->dropped = true;
	}
	return 0;
}

static int plan_identity(struct batch *b, struct step *s, struct err *err)
{
	struct identity_party sender, old, fresh_party;
	bool fresh = true;

	s->dropped = true; /* all of it is done here */
	if (ref_put(b, s->ref_slot, 0, &fresh, err) != 0)
		return -1;
	if (!fresh) {
		b->counts.duplicates++;
		return 0;
	}
	batch_party(b, &s->event->party, s->party_slots, &sender);
	batch_party(b, &s->event->old_party, s->old_slots, &old);
	batch_party(b, &s->event->new_party, s->fresh_slots, &fresh_party);
	if (identity_change(&b->identity, &sender, &old, &fresh_party,
			    event_ms(s), &s->person, err) != 0)
		return -1;
	if (s->person == 0)
		b->counts.ignored++;
	return 0;
}

/* A status of our message shows its recipient's addresses side by side. */
static int plan_status(struct batch *b, struct step *s, struct err *err)
{
	struct identity_party party;

	if (ref_get(b, s->target_slot, &s->target, err) != 0)
		return -1;
	batch_party(b, &s->event->party, s->party_slots, &party);
	if (s->kind == STEP_STATUS &&
	    (party.len < 2 || s->event->group != NULL))
		return 0;
	return identity_resolve(&b->identity, &party, event_ms(s), false,
				&s->person, err);
}

int batch_plan(struct batch *b, struct err *err)
{
	static int (*const plans[])(struct batch *, struct step *,
				    struct err *) = {
	    [STEP_MESSAGE] = plan_message,   [STEP_EDIT] = plan_edit,
	    [STEP_DELETE] = plan_delete,     [STEP_STATUS] = plan_status,
	    [STEP_WATERMARK] = plan_status,  [STEP_CONSENT] = plan_consent,
	    [STEP_IDENTITY] = plan_identity,
	};

	if (keeper_batch_new(b->w->keeper, &b->sealed, err) != 0)
		return -1;
	for (size_t i = 0; i < b->steps_len; i++)
		if (plans[b->steps[i].kind](b, &b->steps[i], err) != 0)
			return -1;
	return 0;
}
