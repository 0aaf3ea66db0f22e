/* decide.c - facts about an inbound event, for the policy to judge. */
#include "decide.h"

#include "consent_receive.h"
#include "lifecycle.h"
#include "notice.h"
#include "postern/caldate.h"
#include "postern/keyword.h"
#include "postern/language.h"
#include "shadow.h"
#include "restriction.h"

#define MINUTE_MS 60000

static const char language_sql[] =
    "UPDATE conversation SET language=? WHERE id=?";
static const char minor_sql[] = "SELECT minor FROM person WHERE id=?";

/* --- facts that come from no message -------------------------------------- */

enum policy_mechanism decide_mechanism(const struct worker *w,
				       const struct name *channel)
{
	const struct settings_channel *c =
	    settings_channel(w->settings, channel);
	int64_t today = 0;

	if (c == NULL)
		return MECHANISM_VALID;
	if (c->provider.review[0] != '\0')
		today = caldate_local(w->zone, worker_now(w));
	return policy_mechanism(c->provider.mechanism, c->provider.review,
				today);
}

const char *decide_quarantine(const struct worker *w,
			      const struct name *channel)
{
	const struct policy_facts facts = {
	    .act = ACT_RECEIVE,
	    .channel = channel,
	    .mechanism = decide_mechanism(w, channel),
	};
	struct policy_decision d;
	const char *lacks = lifecycle_lacks(w, channel);

	if (lacks != NULL)
		return lacks;
	if (facts.mechanism != MECHANISM_INVALID)
		return NULL;
	policy_decide(w->policy, &facts, &d);
	return d.quarantine ? d.reasons[d.reasons_len - 1].code : NULL;
}

void decide_local(const struct worker *w, int64_t at_ms,
		  struct policy_local *ret)
{
	int64_t begins_ms;

	ret->day = caldate_local(w->zone, at_ms);
	begins_ms =
	    at_ms + INT64_C(1000) * zone_offset_s(w->zone, at_ms / 1000);
	ret->minute = (int)((begins_ms - ret->day * DAY_MS) / MINUTE_MS);
}

int64_t decide_hold_ends(const struct worker *w, const struct period *hold_for,
			 int64_t now_ms)
{
	int64_t day = caldate_local(w->zone, now_ms);

	if (!caldate_add(day, hold_for, &day))
		day = CALDATE_MAX - 1;
	return caldate_begins_ms(w->zone, day + 1);
}

int64_t decide_policy_number(const struct worker *w)
{
	struct cut cut = CUT(policy_digest(w->policy), POLICY_DIGEST_BYTES);

	return (int64_t)cut_u64(&cut);
}

/* --- facts of a message --------------------------------------------------- */

int decide_normalise(struct batch *b, const struct event *e, struct err *err)
{
	/* A button pressed: what it says. */
	const char *text = e->text != NULL ? e->text : e->payload;
	size_t len = e->text != NULL	  ? e->text_len
		     : e->payload != NULL ? strlen(e->payload)
					  : 0;

	b->normal.len = 0;
	if (text == NULL)
		return 0;
	if (buf_reserve(&b->normal, len + 1, err) != 0)
		return -1;
	b->normal.len = keyword_normalise(text, len, (char *)b->normal.bytes);
	return 0;
}

bool decide_speaks(const struct step *s)
{
	return s->event->kind != EVENT_ECHO && !s->own_row && !s->tombstoned;
}

bool decide_expects_answer(const struct event *e)
{
	return e->kind == EVENT_MESSAGE || e->kind == EVENT_POSTBACK;
}

/* Of the message, else of the last one that told, else the controller's. */
static int language_fact(struct batch *b, const struct step *s,
			 const struct conversation *c, const char **ret,
			 struct err *err)
{
	const char *told =
	    language_of((const char *)b->normal.bytes, b->normal.len);
	const char *own = b->w->settings->controller.language;

	*ret = own[0] != '\0' ? own : NULL;
	if (c->language[0] != '\0')
		*ret = c->language;
	if (told == NULL)
		return 0;
	*ret = told;
	if (!decide_speaks(s) || strcmp(told, c->language) == 0)
		return 0;
	return store_run(b->w->store, language_sql,
			 STORE_ARGS(S_TEXT(told), S_INT(c->id)), err);
}

/* What a person was told and agreed to, as far as it matters here. */
static int known_facts(struct batch *b, const struct step *s,
		       struct policy_facts *f, struct err *err)
{
	struct policy_channel channel;

	f->noticed = f->told_closed = true;
	f->consent = CONSENT_GIVEN; /* of what the controller wrote itself */
	if (!decide_speaks(s) ||
	    !policy_channel_of(b->w->policy, f->channel, &channel))
		return 0;
	f->told_closed = !decide_expects_answer(s->event);
	f->consent = CONSENT_UNKNOWN;
	if (channel.first_contact == FIRST_NOTHING)
		return 0;
	if (channel.first_contact == FIRST_CONSENT &&
	    consent_of_channel(b, s, &channel, &f->consent, err) != 0)
		return -1;
	return notice_was_sent(b->w, s->person, f->channel, &f->noticed, err);
}

/* What is only looked up when it would change something: the message that
 * needs none of it pays for none. */
static int rare_facts(struct batch *b, const struct step *s,
		      const struct policy_decision *d, struct policy_facts *f,
		      bool *ret_any, struct err *err)
{
	int64_t minor = 0;
	bool found;

	*ret_any = false;
	for (size_t i = 0; i < d->say_len; i++)
		if (d->say[i].kind == SAY_OUTSIDE &&
		    notice_told_closed(b->w, s->person, f->channel,
				       f->local.day, &f->told_closed, err) != 0)
			return -1;
	if (d->keyword == KEYWORD_START &&
	    store_one_int(b->w->store, minor_sql, STORE_ARGS(S_INT(s->person)),
			  &minor, &found, err) != 0)
		return -1;
	f->minor = minor != 0;
	*ret_any = f->told_closed || f->minor;
	return 0;
}

/* What is restricted waits at hand-over (restriction.h), whatever else was
 * decided; that it does is on record. */
static int note_restricted(struct batch *b, const struct step *s,
			   struct policy_facts *f, struct policy_decision *d,
			   struct err *err)
{
	struct policy_decision why;

	if (restriction_of(b->w, s->person, s->conversation, &f->restricted,
			   err) != 0)
		return -1;
	if (!f->restricted)
		return 0;
	policy_decide(b->w->policy, f, &why);
	for (size_t i = 0; i < why.reasons_len; i++)
		if (strcmp(why.reasons[i].code, "person.restricted") == 0 &&
		    d->reasons_len < POLICY_REASONS_MAX)
			d->reasons[d->reasons_len++] = why.reasons[i];
	return 0;
}

/* By the policy that is w->policy now. */
static int judge(struct batch *b, const struct step *s,
		 const struct conversation *c, struct policy_decision *ret,
		 struct err *err)
{
	const struct settings *settings = b->w->settings;
	const struct event *e = s->event;
	const struct settings_helpdesk *desk =
	    settings_route(settings, &s->item->channel);
	struct policy_facts f = {
	    .act = ACT_RECEIVE,
	    .channel = &s->item->channel,
	    .helpdesk = desk != NULL ? &desk->name : NULL,
	    .datenart = c->tagged ? &c->datenart : NULL,
	    .media = e->media.id != NULL,
	    .media_kind = e->type,
	    .media_bytes = e->media.bytes,
	    .land = settings->controller.land[0] != '\0'
			? settings->controller.land
			: NULL,
	    .mechanism = decide_mechanism(b->w, &s->item->channel),
	};
	bool again = false;

	if (e->kind != EVENT_ECHO && b->normal.len > 0) {
		f.normal = (const char *)b->normal.bytes;
		f.normal_len = b->normal.len;
	}
	decide_local(b->w, b->now_ms, &f.local);
	if (language_fact(b, s, c, &f.language, err) != 0 ||
	    known_facts(b, s, &f, err) != 0)
		return -1;
	policy_decide(b->w->policy, &f, ret);
	if (rare_facts(b, s, ret, &f, &again, err) != 0)
		return -1;
	if (again)
		policy_decide(b->w->policy, &f, ret);
	if (!decide_speaks(s))
		ret->say_len = 0;
	return note_restricted(b, s, &f, ret, err);
}

/* By the version that watches: the same questions, asked of it. */
static int watch(struct batch *b, const struct step *s,
		 const struct conversation *c,
		 const struct policy_decision *was, struct err *err)
{
	const struct policy *in_force = b->w->policy;
	const struct policy *other = shadow_policy(b->w);
	struct policy_decision would;
	int rc;

	if (other == NULL)
		return 0;
	b->w->policy = other;
	rc = judge(b, s, c, &would, err);
	b->w->policy = in_force;
	return rc != 0 ? -1
		       : shadow_note(b->w, &s->item->channel, was, &would, err);
}

int decide_receive(struct batch *b, const struct step *s,
		   const struct conversation *c, struct policy_decision *ret,
		   struct err *err)
{
	if (judge(b, s, c, ret, err) != 0)
		return -1;
	return watch(b, s, c, ret, err);
}

enum message_outcome decide_outcome(const struct policy_decision *d)
{
	if (d->hold)
		return MSG_HELD;
	if (!d->forward)
		return MSG_KEPT;
	return d->reduced ? MSG_REDUCED : MSG_FORWARDED;
}

/* --- what was decided ----------------------------------------------------- */

void decide_told(const struct worker *w, const struct decide_stored *m,
		 struct policy_decision *ret)
{
	const struct policy_facts facts = {
	    .act = ACT_RECEIVE,
	    .channel = m->channel,
	    .helpdesk = m->helpdesk,
	    .datenart = m->datenart,
	    .media = m->media,
	    /* What was asked for when it came is settled; only one that was
	     * to be told in part stays so. */
	    .consent =
		m->outcome == MSG_REDUCED ? CONSENT_UNKNOWN : CONSENT_GIVEN,
	    .noticed = true,
	    .told_closed = true,
	};

	policy_decide(w->policy, &facts, ret);
	if (m->outcome == MSG_HELD || m->outcome == MSG_KEPT) {
		ret->forward = ret->sees_text = ret->sees_attachments = false;
		ret->person = PERSON_ALIAS;
	}
}
