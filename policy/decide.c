/* decide.c - facts in, decision and reasons out. */
#include "decide.h"

#include "needles.h"
#include "postern/caldate.h"

const char *policy_say_name(enum policy_say_kind kind)
{
	static const char *const names[SAY_KINDS] = {
	    [SAY_NOTICE] = "notice",   [SAY_ASK] = "ask",
	    [SAY_STOPPED] = "stopped", [SAY_HELP] = "help",
	    [SAY_ERASE] = "erase",     [SAY_ACCESS] = "access",
	    [SAY_OUTSIDE] = "outside",
	};

	return names[kind];
}

enum policy_mechanism policy_mechanism(const char *mechanism,
				       const char *review, int64_t today)
{
	int64_t day = 0;

	if (strcmp(mechanism, "invalid") == 0)
		return MECHANISM_INVALID;
	return caldate_parse(review, &day) && today > day ? MECHANISM_OVERDUE
							  : MECHANISM_VALID;
}

bool policy_has_word(const char *text, size_t len, const char *word)
{
	struct needles one = {0};

	needles_add(&one, word);
	return needles_in(&one, text, len, true) != 0;
}

/* Special categories go before tags: what is health stays health.  Of several
 * of a kind the one that is kept longest; words.c refuses a tie. */
static bool goes_before(const struct policy *p, const struct word_rule *a,
			const struct word_rule *b)
{
	if (!b || a->special != b->special)
		return !b || a->special;
	return policy_kept_days(policy_find_rule(p, &a->data)) >
	       policy_kept_days(policy_find_rule(p, &b->data));
}

/* A lot of the words, from the i-th on; returns where the next lot begins. */
static size_t lot_met(const struct policy *p, const struct policy_facts *facts,
		      size_t i, const struct word_rule **best)
{
	const struct word_rule *lot[NEEDLES_MAX], *w;
	struct needles words = {0};
	uint64_t met;

	for (; i < p->words_len && words.len < NEEDLES_MAX; i++) {
		w = &p->words[i];
		if (w->channel.text[0] != '\0' &&
		    !name_equal(&w->channel, facts->channel))
			continue;
		lot[words.len] = w;
		needles_add(&words, w->text);
	}
	if (words.len == 0)
		return i;
	met = needles_in(&words, facts->normal, facts->normal_len, true);
	for (; met != 0; met &= met - 1) {
		w = lot[__builtin_ctzll(met)];
		if (goes_before(p, w, *best))
			*best = w;
	}
	return i;
}

static const struct word_rule *word_met(const struct policy *p,
					const struct policy_facts *facts)
{
	const struct word_rule *best = NULL;

	for (size_t i = 0; facts->normal && i < p->words_len;)
		i = lot_met(p, facts, i, &best);
	return best;
}

/* Which class of data, and so which key and which deletion rule. */
static void decide_data(const struct policy *p,
			const struct policy_facts *facts,
			const struct channel_rule *channel,
			struct policy_decision *d)
{
	const struct word_rule *word =
	    facts->act == ACT_RECEIVE || facts->act == ACT_EDIT
		? word_met(p, facts)
		: NULL;
	const struct rule *media = policy_find_rule(p, &channel->media_data);
	const struct rule *rule;

	d->datenart = channel->data;
	d->media_datenart = channel->media_data;
	if (word && (word->special || !facts->datenart)) {
		d->datenart = word->data;
		reason(d, word->special ? "special.words" : "channel.tag",
		       word->at.line, word->special ? "Art. 9 GDPR" : NULL);
	} else if (facts->datenart && policy_find_rule(p, facts->datenart)) {
		d->datenart = *facts->datenart;
		reason(d, "conversation.tag", 0, NULL);
	} else {
		reason(d, "channel.data", channel->data_at.line, NULL);
	}
	rule = policy_find_rule(p, &d->datenart);
	d->special = (word && word->special) || (rule && rule->special);
	if (facts->media)
		reason(d, "data.media", media ? media->at.line : 0, NULL);
}

/* A customer's own deletion or edit (channels.md 1.6). */
static void decide_forget(const struct policy *p,
			  const struct policy_facts *facts,
			  const struct channel_rule *channel,
			  struct policy_decision *d)
{
	const struct forget_rule *rule =
	    facts->act == ACT_DELETE ? &channel->on_delete : &channel->on_edit;

	d->store = true;
	policy_decide_helpdesk(p, facts, d);
	policy_decide_until(facts, channel, d);
	/* A deletion waits for nothing. */
	if (facts->act == ACT_DELETE) {
		d->store = true;
		d->hold = false;
	}
	d->forget = rule->what;
	if (rule->what == FORGET_NOT)
		d->keep_as = rule->keep_as;
	reason(d,
	       facts->act == ACT_DELETE ? "channel.on_delete"
					: "channel.on_edit",
	       rule->at.line, "Art. 17 GDPR");
}

void policy_decide(const struct policy *p, const struct policy_facts *facts,
		   struct policy_decision *ret)
{
	struct policy_decision d = {0};
	const struct channel_rule *channel =
	    policy_find_channel(p, facts->channel);

	if (!channel) {
		/* Nothing says what this is: neither kept nor passed on. */
		reason(&d, "channel.unknown", 0, NULL);
		*ret = d;
		return;
	}
	decide_data(p, facts, channel, &d);
	/* Nobody may read it for now, and nothing is lost (compliance 2.8). */
	if (facts->mechanism == MECHANISM_INVALID &&
	    (facts->act == ACT_RECEIVE || facts->act == ACT_EDIT)) {
		d.quarantine = true;
		reason(&d, "channel.mechanism", channel->at.line,
		       "Art. 44 GDPR");
		*ret = d;
		return;
	}
	switch (facts->act) {
	case ACT_SEND:
		policy_decide_send(p, facts, channel, &d);
		break;
	case ACT_EDIT:
	case ACT_DELETE:
		decide_forget(p, facts, channel, &d);
		break;
	case ACT_RECEIVE:
		policy_decide_receive(p, facts, channel, &d);
		break;
	}
	*ret = d;
}
