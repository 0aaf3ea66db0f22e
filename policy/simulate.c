/* simulate.c - what two policies do with one item of the archive. */
#include "simulate_parts.h"

#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "postern/caldate.h"

#define NAMES_MAX 4096 /* two policies have 256 at most */

const char *const simulate_outcome_names[SIMULATE_OUTCOMES] = {
    [SIMULATE_FORWARDED] = "forwarded", [SIMULATE_REDUCED] = "reduced",
    [SIMULATE_HELD] = "held",		[SIMULATE_KEPT] = "kept",
    [SIMULATE_REFUSED] = "refused",	[SIMULATE_ASIDE] = "aside",
};

const char *const simulate_fate_names[SIMULATE_FATES] = {
    [SIMULATE_UNCHANGED] = "unchanged",
    [SIMULATE_EARLIER] = "earlier",
    [SIMULATE_LATER] = "later",
    [SIMULATE_NEVER] = "never",
};

/* --- the end of an item --------------------------------------------------- */

void policy_due(const struct policy_rule *rule,
		const struct policy_starts *starts, struct policy_due *ret)
{
	const struct maybe_day *start = &starts->at[rule->from];
	int64_t day = start->is ? start->day : starts->otherwise;

	*ret = (struct policy_due){.waits = !start->is};
	ret->is = rule->has_statutory
		      ? retention_statutory(day, (uint32_t)rule->years,
					    rule->year_end, &ret->r)
		      : retention_of(day, &rule->delete_by, &ret->r);
}

/* --- two policies --------------------------------------------------------- */

int simulate_new(const struct simulate_conf *conf, struct simulate **ret,
		 struct err *err)
{
	struct simulate *s = calloc(1, sizeof(*s));

	if (!s)
		return ERR_SET(err, ERR_NOMEM, "no memory to simulate", 0);
	s->conf = *conf;
	s->conf.channels = NULL;
	s->channels_conf =
	    calloc(conf->channels_len + 1, sizeof(*s->channels_conf));
	if (!s->channels_conf) {
		simulate_free(&s);
		return ERR_SET(err, ERR_NOMEM, "no memory to simulate", 0);
	}
	for (size_t i = 0; i < conf->channels_len; i++)
		s->channels_conf[i] = conf->channels[i];
	*ret = s;
	return 0;
}

void simulate_free(struct simulate **s)
{
	if (*s) {
		simulate_table_free(*s);
		free((*s)->channels_conf);
		free((*s)->datenarten);
		free((*s)->channels);
	}
	free(*s);
	*s = NULL;
}

/* Room for one more in an array of len. */
static int grow(void **array, size_t *size, size_t len, size_t bytes,
		struct err *err)
{
	size_t more = *size > 0 ? 2 * *size : 16;
	void *at;

	if (len < *size)
		return 0;
	if (len >= NAMES_MAX)
		return ERR_SET(err, ERR_INPUT, "too many names to simulate", 0);
	at = realloc(*array, more * bytes);
	if (!at)
		return ERR_SET(err, ERR_NOMEM, "no memory to simulate", 0);
	*array = at;
	*size = more;
	return 0;
}

int simulate_datenart(struct simulate *s, const struct name *name, size_t *ret,
		      struct err *err)
{
	struct seen_datenart *d;
	void *all = s->datenarten;

	for (size_t i = 0; i < s->datenarten_len; i++)
		if (name_equal(&s->datenarten[i].name, name)) {
			*ret = i;
			return 0;
		}
	if (grow(&all, &s->datenarten_size, s->datenarten_len, sizeof(*d),
		 err) != 0)
		return -1;
	s->datenarten = all;
	d = &s->datenarten[s->datenarten_len];
	*d = (struct seen_datenart){.name = *name};
	for (int side = 0; side < SIMULATE_SIDES; side++)
		d->has[side] =
		    policy_rule_of(s->conf.policy[side], name, &d->rule[side]);
	*ret = s->datenarten_len++;
	return 0;
}

static unsigned int finds(const struct policy *p, const struct name *channel,
			  enum redact_moment moment)
{
	struct policy_finder finders[POLICY_FINDERS_MAX];
	size_t len =
	    policy_finders(p, channel, moment, finders, POLICY_FINDERS_MAX);
	unsigned int mask = 0;

	for (size_t i = 0; i < len; i++)
		mask |= 1u << finders[i].find;
	return mask;
}

static void look_at(const struct simulate *s, struct seen_channel *c)
{
	for (size_t i = 0; i < s->conf.channels_len; i++)
		if (name_equal(&s->channels_conf[i].name, &c->is.name))
			c->is = s->channels_conf[i];
	for (int side = 0; side < SIMULATE_SIDES; side++) {
		const struct policy *p = s->conf.policy[side];
		struct policy_channel rule;

		c->finds[side][BEFORE_STORE] =
		    finds(p, &c->is.name, BEFORE_STORE);
		c->finds[side][BEFORE_FORWARD] =
		    finds(p, &c->is.name, BEFORE_FORWARD);
		if (!policy_channel_of(p, &c->is.name, &rule))
			continue;
		c->asks[side] = rule.first_contact == FIRST_CONSENT;
		c->purpose[side] = rule.asks;
		if (side == SIMULATE_BEFORE) {
			c->files = true;
			c->data = rule.data;
		}
	}
}

int simulate_channel(struct simulate *s, const struct name *name, size_t *ret,
		     struct err *err)
{
	struct seen_channel *c;
	void *all = s->channels;

	for (size_t i = 0; i < s->channels_len; i++)
		if (name_equal(&s->channels[i].is.name, name)) {
			*ret = i;
			return 0;
		}
	if (grow(&all, &s->channels_size, s->channels_len, sizeof(*c), err) !=
	    0)
		return -1;
	s->channels = all;
	c = &s->channels[s->channels_len];
	*c = (struct seen_channel){.is = {.name = *name}};
	look_at(s, c);
	*ret = s->channels_len++;
	return 0;
}

const struct name *simulate_asks(struct simulate *s, enum simulate_side side,
				 const struct name *channel)
{
	struct err ignored = {0};
	size_t i;

	if (simulate_channel(s, channel, &i, &ignored) != 0 ||
	    !s->channels[i].asks[side])
		return NULL; /* simulate_judge() says why */
	return &s->channels[i].purpose[side];
}

int64_t simulate_day(struct simulate *s, int64_t at_ms)
{
	if (at_ms >= s->day_from_ms && at_ms < s->day_to_ms)
		return s->day;
	s->day = caldate_local(s->conf.zone, at_ms);
	s->day_from_ms = caldate_begins_ms(s->conf.zone, s->day);
	s->day_to_ms = caldate_begins_ms(s->conf.zone, s->day + 1);
	return s->day;
}

/* --- when it goes --------------------------------------------------------- */

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* By one policy alone, if it were in force from that day on. */
static int64_t goes(const struct seen_datenart *d, enum simulate_side side,
		    const struct policy_starts *starts, int64_t in_force,
		    bool *ret_waits)
{
	struct policy_due due;

	*ret_waits = false;
	if (!d->has[side])
		return SIMULATE_NO_DAY;
	policy_due(&d->rule[side], starts, &due);
	*ret_waits = due.is && due.waits;
	return due.is ? later(due.r.erase_from, in_force) : SIMULATE_NO_DAY;
}

static enum simulate_fate fate_of(int64_t before, int64_t after)
{
	if (after == before)
		return SIMULATE_UNCHANGED;
	if (after == SIMULATE_NO_DAY)
		return SIMULATE_NEVER;
	return after < before ? SIMULATE_EARLIER : SIMULATE_LATER;
}

static void judge_end(struct simulate *s, const struct simulate_item *item,
		      size_t datenart, struct simulate_verdict *ret)
{
	const struct seen_datenart *d = &s->datenarten[datenart];
	struct policy_starts starts = {.otherwise = s->conf.from};
	int64_t *days = ret->goes;

	if (item->restricted) {
		days[SIMULATE_BEFORE] = days[SIMULATE_AFTER] = SIMULATE_NO_DAY;
		return; /* unchanged, as long as it is */
	}
	starts.at[START_COLLECTION] =
	    (struct maybe_day){true, simulate_day(s, item->received_ms)};
	if (item->closed_ms != 0)
		starts.at[START_PROCESS_END] = (struct maybe_day){
		    true, caldate_local(s->conf.zone, item->closed_ms)};
	days[SIMULATE_BEFORE] = goes(d, SIMULATE_BEFORE, &starts, s->conf.today,
				     &ret->waits[SIMULATE_BEFORE]);
	days[SIMULATE_AFTER] = goes(d, SIMULATE_AFTER, &starts, s->conf.from,
				    &ret->waits[SIMULATE_AFTER]);
	/* The old rules have seen to it by then. */
	if (days[SIMULATE_BEFORE] < s->conf.from) {
		days[SIMULATE_AFTER] = days[SIMULATE_BEFORE];
		ret->waits[SIMULATE_AFTER] = false;
	}
	ret->fate = fate_of(days[SIMULATE_BEFORE], days[SIMULATE_AFTER]);
}

/* --- what would be done with it ------------------------------------------- */

static enum simulate_outcome outcome_of(const struct policy_decision *d)
{
	if (d->quarantine)
		return SIMULATE_ASIDE;
	if (!d->store)
		return SIMULATE_REFUSED;
	if (d->hold)
		return SIMULATE_HELD;
	if (!d->forward)
		return SIMULATE_KEPT;
	return d->reduced ? SIMULATE_REDUCED : SIMULATE_FORWARDED;
}

/* The text is not there, so neither are its words: a Datenart that neither
 * channel nor tag explains came of them, and stays. */
static const struct name *filed_as(const struct seen_channel *c,
				   const struct simulate_item *item)
{
	bool tagged = item->tag.text[0] != '\0' &&
		      name_equal(&item->tag, &item->datenart);

	return !tagged && c->files && name_equal(&c->data, &item->datenart)
		   ? NULL
		   : &item->datenart;
}

static void decide(const struct policy *p, const struct seen_channel *c,
		   const struct name *filed, bool consent, struct decided *ret)
{
	const struct policy_facts facts = {
	    .act = ACT_RECEIVE,
	    .channel = &c->is.name,
	    .helpdesk = c->is.helpdesk.text[0] != '\0' ? &c->is.helpdesk : NULL,
	    .datenart = filed,
	    .consent = consent ? CONSENT_GIVEN : CONSENT_UNKNOWN,
	    .mechanism = c->is.mechanism,
	    .noticed = true, /* what is said does not matter here */
	    .told_closed = true,
	};
	struct policy_decision d;

	policy_decide(p, &facts, &d);
	*ret = (struct decided){.outcome = outcome_of(&d),
				.sees_text = d.forward && d.sees_text,
				.datenart = d.datenart};
}

/* There are few different ones, however many messages. */
static const struct decided *decided_for(struct simulate *s,
					 const struct simulate_item *item,
					 size_t channel, size_t datenart,
					 enum simulate_side side)
{
	const struct seen_channel *c = &s->channels[channel];
	const struct name *name = filed_as(c, item);
	size_t filed = name ? datenart + 1 : 0;
	bool consent = item->consent[side];
	size_t at =
	    (((channel * 67 + filed) * 2 + (size_t)side) * 2 + consent) %
	    DECIDED_SLOTS;
	struct decided_before *b = &s->decided[at];

	if (b->is && b->channel == channel && b->filed == filed &&
	    b->side == side && b->consent == consent)
		return &b->decided;
	*b = (struct decided_before){.is = true,
				     .channel = channel,
				     .filed = filed,
				     .side = side,
				     .consent = consent};
	decide(s->conf.policy[side], c, name, consent, &b->decided);
	return &b->decided;
}

static bool is_stored(enum simulate_outcome o)
{
	return o != SIMULATE_REFUSED && o != SIMULATE_ASIDE;
}

static void judge_message(struct simulate *s, const struct simulate_item *item,
			  size_t channel, size_t datenart,
			  struct simulate_verdict *ret)
{
	const struct seen_channel *c = &s->channels[channel];
	struct name filed[SIMULATE_SIDES];

	for (int i = 0; i < SIMULATE_SIDES; i++) {
		enum simulate_side side = (enum simulate_side)i;
		const struct decided *d =
		    decided_for(s, item, channel, datenart, side);
		bool stored = is_stored(d->outcome);

		filed[i] = d->datenart;
		ret->outcome[i] =
		    stored && item->taken_back ? SIMULATE_KEPT : d->outcome;
		/* What is hidden from a helpdesk that is not told is not
		 * counted: nobody sees a difference. */
		ret->redacted[i] =
		    (stored &&
		     (item->found & c->finds[i][BEFORE_STORE]) != 0) ||
		    (ret->outcome[i] == SIMULATE_FORWARDED && d->sees_text &&
		     (item->found & c->finds[i][BEFORE_FORWARD]) != 0);
	}
	ret->refiled =
	    is_stored(ret->outcome[SIMULATE_BEFORE]) &&
	    is_stored(ret->outcome[SIMULATE_AFTER]) &&
	    !name_equal(&filed[SIMULATE_BEFORE], &filed[SIMULATE_AFTER]);
}

int simulate_judge(struct simulate *s, const struct simulate_item *item,
		   struct simulate_verdict *ret, struct err *err)
{
	size_t channel, datenart;

	if (simulate_channel(s, &item->channel, &channel, err) != 0 ||
	    simulate_datenart(s, &item->datenart, &datenart, err) != 0)
		return -1;
	*ret = (struct simulate_verdict){0};
	if (item->holds)
		judge_end(s, item, datenart, ret);
	if (item->came)
		judge_message(s, item, channel, datenart, ret);
	return 0;
}
