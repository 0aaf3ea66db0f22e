/* find.c - look-up by name in a parsed policy.  The tables are short; the
 * longest is read once per message. */
#include "model.h"

const struct purpose *policy_find_purpose(const struct policy *p,
					  const struct name *name)
{
	for (size_t i = 0; i < p->purposes_len; i++)
		if (name_equal(&p->purposes[i].name, name))
			return &p->purposes[i];
	return NULL;
}

const struct rule *policy_find_rule(const struct policy *p,
				    const struct name *name)
{
	for (size_t i = 0; i < p->rules_len; i++)
		if (name_equal(&p->rules[i].name, name))
			return &p->rules[i];
	return NULL;
}

const struct channel_rule *policy_find_channel(const struct policy *p,
					       const struct name *name)
{
	for (size_t i = 0; i < p->channels_len; i++)
		if (name_equal(&p->channels[i].name, name))
			return &p->channels[i];
	return NULL;
}

const struct helpdesk_rule *policy_find_helpdesk(const struct policy *p,
						 const struct name *name)
{
	for (size_t i = 0; i < p->helpdesks_len; i++)
		if (name_equal(&p->helpdesks[i].name, name))
			return &p->helpdesks[i];
	return NULL;
}

const struct notice *policy_find_notice(const struct policy *p,
					const struct name *name)
{
	for (size_t i = 0; i < p->notices_len; i++)
		if (name_equal(&p->notices[i].n.name, name))
			return &p->notices[i];
	return NULL;
}

const struct asking *policy_find_asking(const struct purpose *purpose,
					const struct name *channel)
{
	for (size_t i = 0; channel && i < purpose->by_channel_len; i++)
		if (name_equal(&purpose->by_channel[i].channel, channel))
			return &purpose->by_channel[i].asking;
	return &purpose->asking;
}

const struct policy_notice *policy_say_in(const struct policy *p,
					  const struct says *says,
					  const char *language)
{
	const struct notice *notice;
	size_t best = 0;

	for (size_t i = 0; i < says->len; i++) {
		const char *mine = says->of[i].language;

		if (language && strcmp(mine, language) == 0) {
			best = i;
			break;
		}
		if (mine[0] == '\0')
			best = i;
	}
	if (says->len == 0)
		return NULL;
	notice = policy_find_notice(p, &says->of[best].notice);
	return notice ? &notice->n : NULL;
}

static bool among(const struct name *name, const struct name *names, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (name_equal(name, &names[i]))
			return true;
	return false;
}

size_t policy_check_names(const struct policy *p, const struct name *channels,
			  size_t channels_len, const struct name *helpdesks,
			  size_t helpdesks_len, struct diag *diag)
{
	size_t before = diag->findings_len + diag->more;

	for (size_t i = 0; i < channels_len; i++)
		if (!policy_find_channel(p, &channels[i]))
			diag_add(diag, 0, 0,
				 "channel %s of the settings is not in the "
				 "policy; add it under channels with its "
				 "purpose and data",
				 channels[i].text);
	for (size_t i = 0; i < helpdesks_len; i++)
		if (!policy_find_helpdesk(p, &helpdesks[i]))
			diag_add(diag, 0, 0,
				 "helpdesk %s of the settings is not in the "
				 "policy; add it under helpdesks with what it "
				 "sees",
				 helpdesks[i].text);
	for (size_t i = 0; i < p->channels_len; i++)
		if (!among(&p->channels[i].name, channels, channels_len))
			diag_add(diag, p->channels[i].at.line,
				 p->channels[i].at.column,
				 "channel %s is not in the settings; remove "
				 "it, or set it up under channels there",
				 p->channels[i].name.text);
	for (size_t i = 0; i < p->helpdesks_len; i++)
		if (!among(&p->helpdesks[i].name, helpdesks, helpdesks_len))
			diag_add(diag, p->helpdesks[i].at.line,
				 p->helpdesks[i].at.column,
				 "helpdesk %s is not in the settings; remove "
				 "it, or set it up under helpdesks there",
				 p->helpdesks[i].name.text);
	return diag->findings_len + diag->more - before;
}
