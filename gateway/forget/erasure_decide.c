/* erasure_decide.c - every record of the person is judged.
 *
 * What stays gets its row of kept, all of it a row of the settlement list.
 * Nothing is deleted yet.
 *
 * Source: compliance 3.3, 7.4 (1); Art. 12(3), 17, 18 GDPR. */
#include "erasure_inside.h"

#include "store/family.h"
#include "worker/consent.h"
#include "worker/hold.h"
#include "worker/identity.h"
#include "worker/kept.h"

#define ARTICLE_BYTES 96
#define HELD_ARTICLE  "Art. 17(3)(e) GDPR"

static const char settle_sql[] =
    "INSERT INTO request_item(request,datenart,verdict,reason,article,"
    "until_day,n) VALUES(?,?,?,?,?,?,?) ON CONFLICT(request,datenart,verdict,"
    "reason,until_day) DO UPDATE SET n=n+excluded.n";
/* One record less of those that were to go; whichever reason it had. */
static const char unsettle_sql[] =
    "UPDATE request_item SET n=n-1 WHERE request=? AND datenart=? AND"
    " verdict='erase' AND reason=(SELECT min(i.reason) FROM request_item i"
    " WHERE i.request=request_item.request AND i.datenart="
    "request_item.datenart AND i.verdict='erase')";
static const char empty_sql[] =
    "DELETE FROM request_item WHERE request=? AND n=0";
static const char contacts_sql[] =
    PERSON_FAMILY "SELECT count(*) FROM address WHERE person IN"
		  " (SELECT id FROM family)";
static const char hold_sql[] =
    "INSERT INTO kept(id,kind,person,conversation,datenart,verdict,reason,"
    "hold,erasure,since_ms) VALUES(?,'person',?,0,'CONTACT','restrict_hold',"
    "'HOLD',?,?,?) ON CONFLICT(id) DO UPDATE SET hold=excluded.hold,"
    "until_day=NULL";
/* Their day came, and nothing keeps them any more. */
static const char over_sql[] =
    PERSON_FAMILY "DELETE FROM kept WHERE until_day<=? AND person IN"
		  " (SELECT id FROM family)";
/* What only proves something is kept for claims, by no order of a law. */
static const char ordered_sql[] =
    PERSON_FAMILY "SELECT 1 FROM kept WHERE kind<>'consent' AND until_day IS"
		  " NOT NULL AND person IN (SELECT id FROM family) LIMIT 1";
static const char people_sql[] =
    "SELECT 1 FROM request WHERE id=? AND verdict='granted' AND decided_by IS"
    " NOT NULL";
static const char longest_sql[] =
    PERSON_FAMILY "SELECT max(coalesce(until_day,0)) FROM kept WHERE person"
		  " IN (SELECT id FROM family)";

/* --- the settlement list -------------------------------------------------- */

int erasure_settle(struct run *r, const struct settled *s, struct err *err)
{
	if (r->e.request == 0 || s->n == 0)
		return 0;
	return store_run(r->w->store, settle_sql,
			 STORE_ARGS(S_INT(r->e.request),
				    S_TEXT(s->datenart->text),
				    S_TEXT(erasure_verdict_names[s->verdict]),
				    S_TEXT(s->reason), S_TEXT(s->article),
				    S_INT(s->until_day), S_INT(s->n)),
			 err);
}

/* Commercial and tax law order the same: who is told of one is told of the
 * other.  "HGB_Handelsbrief_6" and "AO_Handelsbrief_6". */
static void both_laws(const char *norm, char ret[ARTICLE_BYTES])
{
	const bool hgb = strncmp(norm, "HGB_", 4) == 0;
	const bool ao = strncmp(norm, "AO_", 3) == 0;
	const struct statutory *law = statutory_find(norm), *twin = NULL;
	char other[64];

	if (law == NULL) { /* as the policy spells it */
		(void)snprintf(ret, ARTICLE_BYTES, "%s", norm);
		if (strcmp(norm, "HGB 257") == 0 || strcmp(norm, "AO 147") == 0)
			(void)snprintf(ret, ARTICLE_BYTES,
				       "§ 257 HGB, § 147 AO");
		return;
	}
	(void)snprintf(other, sizeof(other), "%s%s", hgb ? "AO_" : "HGB_",
		       norm + (hgb ? 4 : 3));
	if (hgb || ao)
		twin = statutory_find(other);
	(void)snprintf(ret, ARTICLE_BYTES, "%s%s%s", law->article,
		       twin != NULL ? ", " : "",
		       twin != NULL ? twin->article : "");
}

/* The law itself, where it is one that says keep: of what came with a letter
 * that of the letter. */
static void article_of(const struct judged *j, char ret[ARTICLE_BYTES])
{
	const struct erasure_decision *d = &j->decision;

	ret[0] = '\0';
	if (d->verdict == ERASURE_RESTRICT_UNTIL && j->norm != NULL) {
		both_laws(j->norm, ret);
		return;
	}
	if (d->reasons[0].article != NULL)
		(void)snprintf(ret, ARTICLE_BYTES, "%s", d->reasons[0].article);
}

/* A question of ours is a message like any other to who reads the list: what
 * proves a consent is listed by itself (erasure_consent.c). */
static const struct name *listed_as(const struct run *r,
				    const struct item *item,
				    struct policy_channel *channel)
{
	static const struct name consent = {CONSENT_DATENART};

	if (item->kind == ITEM_MESSAGE &&
	    name_equal(&item->datenart, &consent) &&
	    policy_channel_of(r->w->policy, &item->channel, channel))
		return &channel->data;
	return &item->datenart;
}

static int settle(struct run *r, const struct item *item,
		  const struct judged *judged, struct err *err)
{
	const struct erasure_decision *d = &judged->decision;
	char article[ARTICLE_BYTES];
	struct policy_channel channel;
	struct settled s = {
	    .datenart = listed_as(r, item, &channel),
	    .verdict = d->verdict,
	    .reason = d->reasons[0].code,
	    .n = 1,
	};

	article_of(judged, article);
	s.article = article[0] != '\0' ? article : NULL;
	if (d->verdict == ERASURE_RESTRICT_UNTIL)
		s.until_day = d->until;
	return erasure_settle(r, &s, err);
}

/* --- one record ----------------------------------------------------------- */

/* Did a person grant the request?  Asked once in a slice. */
static int by_people(struct run *r, bool *ret, struct err *err)
{
	int64_t one;

	if (!r->asked && r->e.request != 0 &&
	    store_one_int(r->w->store, people_sql,
			  STORE_ARGS(S_INT(r->e.request)), &one, &r->people,
			  err) != 0)
		return -1;
	r->asked = true;
	*ret = r->people;
	return 0;
}

/* Whether a purpose is over is for the controller to say: where a person of
 * theirs granted the request, an open case refuses nothing any more.  A duty
 * does. */
int erasure_judged(struct run *r, const struct item *item, struct judged *ret,
		   struct err *err)
{
	struct erasure_facts *f = &ret->facts;
	bool people = false;

	if (judge_item(r->w, item, r->e.trigger, r->today, ret, err) != 0 ||
	    by_people(r, &people, err) != 0)
		return -1;
	if (!people || !f->purpose_active ||
	    f->basis == LEGAL_BASIS_LEGAL_OBLIGATION)
		return 0;
	f->purpose_active = false;
	ret->decision = erasure_decide(f);
	return 0;
}

int erasure_judge(struct run *r, const struct item *item,
		  enum erasure_verdict *ret, struct err *err)
{
	struct judged judged;
	enum erasure_verdict verdict;

	if (erasure_judged(r, item, &judged, err) != 0)
		return -1;
	*ret = verdict = judged.decision.verdict;
	r->e.of_n++;
	switch (verdict) {
	case ERASURE_RESTRICT_HOLD:
	case ERASURE_RESTRICT_REVIEW:
	case ERASURE_RESTRICT_UNTIL:
		r->e.kept++;
		if (kept_put(r->w, item, &judged, r->e.id, err) != 0)
			return -1;
		break;
	case ERASURE_ERASE: /* perhaps kept until now */
		if (kept_forget(r->w, item->id, err) != 0)
			return -1;
		break;
	case ERASURE_KEEP:
	case ERASURE_REFUSE:
	case ERASURE_VERDICTS:
		r->e.stays = true;
		break;
	}
	/* A bare row says nothing to anybody. */
	return item->empty ? 0 : settle(r, item, &judged, err);
}

static int unsettle(struct run *r, const struct item *item, struct err *err)
{
	struct policy_channel channel;
	const struct name *datenart = listed_as(r, item, &channel);

	if (r->e.request == 0)
		return 0;
	if (store_run(r->w->store, unsettle_sql,
		      STORE_ARGS(S_INT(r->e.request), S_TEXT(datenart->text)),
		      err) != 0)
		return -1;
	return store_run(r->w->store, empty_sql,
			 STORE_ARGS(S_INT(r->e.request)), err);
}

int erasure_judge_late(struct run *r, const struct item *item,
		       enum erasure_verdict *ret, struct err *err)
{
	struct judged judged;

	*ret = ERASURE_ERASE;
	if (judge_item(r->w, item, r->e.trigger, r->today, &judged, err) != 0)
		return -1;
	if (judged.decision.verdict != ERASURE_RESTRICT_HOLD)
		return 0; /* as it was decided */
	*ret = judged.decision.verdict;
	r->e.kept++;
	if (kept_put(r->w, item, &judged, r->e.id, err) != 0)
		return -1;
	if (item->empty)
		return 0;
	return unsettle(r, item, err) != 0 ? -1 : settle(r, item, &judged, err);
}

static int judge_kind(struct run *r, enum item_kind kind, int64_t id,
		      struct err *err)
{
	enum erasure_verdict verdict;
	struct item item;
	bool found = false;

	if (item_load(r->w, kind, id, &item, &found, err) != 0)
		return -1;
	if (!found ||
	    (item.key_person != 0 && !trail_has(&r->family, item.key_person)))
		return 0;
	return erasure_judge(r, &item, &verdict, err);
}

static int visit_file(struct run *r, int64_t id, struct err *err)
{
	return judge_kind(r, ITEM_ATTACHMENT, id, err);
}

static int visit_note(struct run *r, int64_t id, struct err *err)
{
	return judge_kind(r, ITEM_NOTE, id, err);
}

static int visit_message(struct run *r, int64_t id, struct err *err)
{
	enum erasure_verdict verdict;
	struct item item;
	bool found = false;

	if (item_load(r->w, ITEM_MESSAGE, id, &item, &found, err) != 0)
		return -1;
	if (!found)
		return 0;
	if (!trail_has(&r->family, item.key_person))
		return erasure_mention(r, &item, err);
	if (erasure_judge(r, &item, &verdict, err) != 0)
		return -1;
	return erasure_each(r, erasure_files_sql, id, visit_file, err);
}

static int visit_conversation(struct run *r, int64_t id, struct err *err)
{
	if (erasure_each(r, erasure_loose_sql, id, visit_file, err) != 0)
		return -1;
	return erasure_each(r, erasure_notes_sql, id, visit_note, err);
}

/* --- what is not a record of its own -------------------------------------- */

int erasure_hold_person(struct run *r, bool *ret_held, struct err *err)
{
	const struct name contact = {IDENTITY_DATENART}, any = {""};
	const struct hold_facts facts = {
	    .item = r->e.person,
	    .person = r->e.person,
	    .channel = &any,
	    .datenart = &contact,
	    .received_ms = r->e.started_ms,
	};
	int64_t hold = 0;

	if (hold_of(r->w, &facts, &hold, err) != 0)
		return -1;
	*ret_held = hold != 0;
	if (hold == 0)
		return kept_forget(r->w, r->e.person, err);
	kept_changed(r->w);
	r->e.kept++;
	return store_run(r->w->store, hold_sql,
			 STORE_ARGS(S_INT(r->e.person), S_INT(r->e.person),
				    S_INT(hold), S_INT(r->e.id),
				    S_INT(worker_now(r->w))),
			 err);
}

/* Addresses go with the last record; as long as a law or a hold keeps one they
 * stay sealed, as a part of it, and find nobody. */
static int settle_contact(struct run *r, struct err *err)
{
	struct name contact = {IDENTITY_DATENART};
	struct settled s = {
	    .datenart = &contact,
	    .verdict = ERASURE_ERASE,
	    .reason = "JustificationA17NonNecessity",
	    .article = "Art. 17(1)(a) GDPR",
	};
	bool keeps = false, ordered = false, found;
	int64_t one;

	if (store_one_int(r->w->store, contacts_sql,
			  STORE_ARGS(S_INT(r->e.person)), &s.n, &found,
			  err) != 0 ||
	    erasure_keeps(r, &keeps, err) != 0)
		return -1;
	if (r->e.stays) {
		s.verdict = ERASURE_KEEP;
		s.reason = "STILL_NECESSARY";
	} else if (keeps) {
		if (store_one_int(r->w->store, longest_sql,
				  STORE_ARGS(S_INT(r->e.person)), &s.until_day,
				  &found, err) != 0 ||
		    store_one_int(r->w->store, ordered_sql,
				  STORE_ARGS(S_INT(r->e.person)), &one,
				  &ordered, err) != 0)
			return -1;
		s.verdict = s.until_day != 0 ? ERASURE_RESTRICT_UNTIL
					     : ERASURE_RESTRICT_HOLD;
		s.reason = "HOLD";
		s.article = HELD_ARTICLE;
		if (s.until_day != 0 && !ordered) {
			s.reason = "JustificationA17LegalClaims";
		} else if (s.until_day != 0) {
			s.reason = "JustificationA17LegallyRequired";
			s.article = "Art. 17(3)(b) GDPR";
		}
	}
	return erasure_settle(r, &s, err);
}

static int decide_person(struct run *r, struct err *err)
{
	bool held = false;

	if (store_run(r->w->store, over_sql,
		      STORE_ARGS(S_INT(r->e.person), S_INT(r->today)),
		      err) != 0)
		return -1;
	if (erasure_withdraw(r, err) != 0)
		return -1;
	if (erasure_whole(&r->e) && (erasure_hold_person(r, &held, err) != 0 ||
				     erasure_consents(r, held, err) != 0))
		return -1;
	return settle_contact(r, err);
}

int erasure_decide_slice(struct run *r, enum progress *ret, struct err *err)
{
	bool end = false;

	*ret = GOES_ON;
	if (erasure_walk(r, visit_message, visit_conversation, &end, err) != 0)
		return -1;
	if (!end)
		return 0;
	*ret = DONE;
	return decide_person(r, err);
}
