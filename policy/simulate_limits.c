/* simulate_limits.c - where a count would need what people wrote. */
#include "simulate_parts.h"

#include <string.h>

#include "model.h"

const char *const simulate_limit_names[SIMULATE_LIMITS] = {
    [SIMULATE_LIMIT_WORDS] = "words",
    [SIMULATE_LIMIT_PATTERNS] = "patterns",
    [SIMULATE_LIMIT_CONSENT] = "consent",
};

/* --- words ---------------------------------------------------------------- */

static bool holds_for(const struct word_rule *w, const struct name *channel)
{
	return w->channel.text[0] == '\0' || name_equal(&w->channel, channel);
}

static bool has_word(const struct policy *p, const struct word_rule *w,
		     const struct name *channel)
{
	for (size_t i = 0; i < p->words_len; i++)
		if (holds_for(&p->words[i], channel) &&
		    p->words[i].special == w->special &&
		    name_equal(&p->words[i].data, &w->data) &&
		    strcmp(p->words[i].text, w->text) == 0)
			return true;
	return false;
}

/* Is each word of a in b? */
static bool words_within(const struct policy *a, const struct policy *b,
			 const struct name *channel)
{
	for (size_t i = 0; i < a->words_len; i++)
		if (holds_for(&a->words[i], channel) &&
		    !has_word(b, &a->words[i], channel))
			return false;
	return true;
}

/* --- shapes --------------------------------------------------------------- */

static size_t shapes_of(const struct policy *p, const struct name *channel,
			struct policy_finder *ret)
{
	struct policy_finder all[MOMENTS * POLICY_FINDERS_MAX];
	size_t len =
	    policy_finders(p, channel, BEFORE_STORE, all, POLICY_FINDERS_MAX);
	size_t own = 0;

	len += policy_finders(p, channel, BEFORE_FORWARD, all + len,
			      POLICY_FINDERS_MAX);
	for (size_t i = 0; i < len; i++)
		if (all[i].find == FIND_PATTERN)
			ret[own++] = all[i];
	return own;
}

static bool shapes_within(const struct policy_finder *a, size_t a_len,
			  const struct policy_finder *b, size_t b_len)
{
	for (size_t i = 0; i < a_len; i++) {
		size_t k = 0;

		while (k < b_len && strcmp(a[i].shape, b[k].shape) != 0)
			k++;
		if (k == b_len)
			return false;
	}
	return true;
}

/* That one of its shapes was found is on record, not which. */
static bool shapes_differ(const struct policy *before,
			  const struct policy *after,
			  const struct name *channel)
{
	struct policy_finder a[MOMENTS * POLICY_FINDERS_MAX];
	struct policy_finder b[MOMENTS * POLICY_FINDERS_MAX];
	size_t a_len = shapes_of(after, channel, a);
	size_t b_len = shapes_of(before, channel, b);

	return a_len > 0 && (!shapes_within(a, a_len, b, b_len) ||
			     !shapes_within(b, b_len, a, a_len));
}

/* --- consent -------------------------------------------------------------- */

/* Nobody knows what those would have said who were not asked. */
static bool asks_anew(const struct policy *before, const struct policy *after,
		      const struct name *channel)
{
	struct policy_channel old, new;

	if (!policy_channel_of(after, channel, &new) ||
	    new.first_contact != FIRST_CONSENT)
		return false;
	return !policy_channel_of(before, channel, &old) ||
	       old.first_contact != FIRST_CONSENT ||
	       !name_equal(&old.asks, &new.asks);
}

bool simulate_limited(const struct simulate *s, enum simulate_limit limit,
		      const struct name *channel)
{
	const struct policy *before = s->conf.policy[SIMULATE_BEFORE];
	const struct policy *after = s->conf.policy[SIMULATE_AFTER];

	switch (limit) {
	case SIMULATE_LIMIT_WORDS:
		return !words_within(before, after, channel) ||
		       !words_within(after, before, channel);
	case SIMULATE_LIMIT_PATTERNS:
		return shapes_differ(before, after, channel);
	case SIMULATE_LIMIT_CONSENT:
		return asks_anew(before, after, channel);
	case SIMULATE_LIMITS:
		break;
	}
	return false;
}
