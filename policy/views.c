/* views.c - what the policy says, for those who act on it. */
#include "model.h"

const struct name *policy_name(const struct policy *p)
{
	return &p->name;
}

int64_t policy_version(const struct policy *p)
{
	return p->version;
}

const struct name *policy_purpose(const struct policy *p,
				  const struct name *channel)
{
	const struct channel_rule *rule = policy_find_channel(p, channel);

	return rule ? &rule->purpose : NULL;
}

bool policy_has_data(const struct policy *p, const struct name *datenart)
{
	return policy_find_rule(p, datenart) != NULL;
}

/* --- purposes ------------------------------------------------------------- */

static void purpose_view(const struct purpose *purpose,
			 const struct name *channel, struct policy_purpose *ret)
{
	const struct asking *asking = policy_find_asking(purpose, channel);

	*ret = (struct policy_purpose){
	    .name = purpose->name,
	    .basis = purpose->basis,
	    .marketing = purpose->marketing,
	    .double_opt_in = asking->double_opt_in,
	    .minors_refused = purpose->minors_refused,
	    .has_valid = asking->has_valid,
	    .valid = asking->valid,
	    .has_reminder = purpose->has_reminder,
	    .reminder = purpose->reminder,
	    .pending = purpose->pending,
	    .interest = purpose->interest,
	    .dpv = purpose->dpv		? purpose->dpv
		   : purpose->marketing ? "DirectMarketing"
					: "CommunicationForCustomerCare",
	    .special = purpose->special,
	    .line = purpose->at.line,
	};
}

bool policy_purpose_at(const struct policy *p, size_t i,
		       const struct name *channel, struct policy_purpose *ret)
{
	if (i >= p->purposes_len)
		return false;
	purpose_view(&p->purposes[i], channel, ret);
	return true;
}

bool policy_purpose_of(const struct policy *p, const struct name *purpose,
		       const struct name *channel, struct policy_purpose *ret)
{
	const struct purpose *found = policy_find_purpose(p, purpose);

	if (found)
		purpose_view(found, channel, ret);
	return found != NULL;
}

const struct policy_notice *policy_ask(const struct policy *p,
				       const struct name *purpose,
				       const struct name *channel,
				       const char *language)
{
	const struct purpose *found = policy_find_purpose(p, purpose);

	return found
		   ? policy_say_in(p, &policy_find_asking(found, channel)->ask,
				   language)
		   : NULL;
}

const struct policy_notice *policy_confirmed(const struct policy *p,
					     const struct name *purpose,
					     const struct name *channel,
					     const char *language)
{
	const struct purpose *found = policy_find_purpose(p, purpose);

	return found ? policy_say_in(
			   p, &policy_find_asking(found, channel)->confirmed,
			   language)
		     : NULL;
}

/* --- channels ------------------------------------------------------------- */

static void channel_view(const struct channel_rule *rule,
			 struct policy_channel *ret)
{
	*ret = (struct policy_channel){
	    .name = rule->name,
	    .purpose = rule->purpose,
	    .data = rule->data,
	    .media_data = rule->media_data,
	    .asks = rule->asks,
	    .first_contact = rule->first_contact,
	    .until = rule->until,
	    .until_for = rule->until_for,
	    .media_kinds = rule->media_kinds,
	    .strip = rule->strip,
	    .media_max = rule->media_max,
	    .has_hours = rule->hours.set,
	    .on_delete = rule->on_delete.what,
	    .on_edit = rule->on_edit.what,
	    .line = rule->at.line,
	};
}

bool policy_channel_at(const struct policy *p, size_t i,
		       struct policy_channel *ret)
{
	if (i >= p->channels_len)
		return false;
	channel_view(&p->channels[i], ret);
	return true;
}

bool policy_channel_of(const struct policy *p, const struct name *name,
		       struct policy_channel *ret)
{
	const struct channel_rule *rule = policy_find_channel(p, name);

	if (rule)
		channel_view(rule, ret);
	return rule != NULL;
}

bool policy_channel_open(const struct policy *p, const struct name *channel,
			 const struct policy_local *local, const char *land)
{
	const struct channel_rule *rule = policy_find_channel(p, channel);

	return !rule || !rule->hours.set ||
	       hours_open(&rule->hours, local, land);
}

const struct policy_notice *policy_first_notice(const struct policy *p,
						const struct name *channel,
						const char *language)
{
	const struct channel_rule *rule = policy_find_channel(p, channel);

	return rule && rule->first_contact != FIRST_NOTHING
		   ? policy_say_in(p, &rule->notice, language)
		   : NULL;
}

/* The named one, else the only marketing purpose that can be asked for. */
const struct name *policy_start_purpose(const struct policy *p,
					const struct name *channel)
{
	const struct channel_rule *rule = policy_find_channel(p, channel);

	if (rule && rule->start.text[0] != '\0')
		return &rule->start;
	for (size_t i = 0; rule && i < p->purposes_len; i++) {
		const struct purpose *purpose = &p->purposes[i];

		if (purpose->basis == LEGAL_BASIS_CONSENT &&
		    purpose->marketing &&
		    policy_find_asking(purpose, channel)->ask.len > 0)
			return &purpose->name;
	}
	return NULL;
}

const struct policy_notice *policy_notice_at(const struct policy *p, size_t i)
{
	return i < p->notices_len ? &p->notices[i].n : NULL;
}

const char *policy_notice_block(const struct policy *p, size_t i,
				enum notice_block block)
{
	const char *text =
	    i < p->notices_len ? p->notices[i].blocks[block] : NULL;

	return text && strcmp(text, "auto") != 0 ? text : NULL;
}

/* --- Datenarten ----------------------------------------------------------- */

const char *policy_start_name(enum policy_start start)
{
	return policy_start_words[start];
}

static void rule_view(const struct rule *rule, struct policy_rule *ret)
{
	*ret = (struct policy_rule){
	    .name = rule->name,
	    .from = rule->from,
	    .has_keep = rule->has_keep,
	    .has_delete = rule->has_delete,
	    .has_statutory = rule->has_statutory,
	    .has_restrict = rule->has_restrict,
	    .special = rule->special,
	    .overwrite_only = rule->overwrite_only,
	    .keep = rule->keep,
	    .delete_by = rule->delete_by,
	    .norm = rule->has_statutory ? rule->statutory.norm : NULL,
	    .years = rule->statutory.years,
	    .year_end = rule->statutory.year_end,
	    .after = rule->statutory.after,
	    .restrict_from = rule->restriction.from,
	    .restrict_after = rule->restriction.after,
	    .description = rule->description,
	    .subjects = rule->subjects,
	    .owner = rule->owner,
	    .justification = rule->justification,
	    .line = rule->at.line,
	};
}

bool policy_rule_at(const struct policy *p, size_t i, struct policy_rule *ret)
{
	if (i >= p->rules_len)
		return false;
	rule_view(&p->rules[i], ret);
	return true;
}

bool policy_rule_of(const struct policy *p, const struct name *name,
		    struct policy_rule *ret)
{
	const struct rule *rule = policy_find_rule(p, name);

	if (rule)
		rule_view(rule, ret);
	return rule != NULL;
}

/* --- helpdesks ------------------------------------------------------------ */

bool policy_helpdesk_at(const struct policy *p, size_t i,
			struct policy_helpdesk *ret)
{
	const struct helpdesk_rule *rule;

	if (i >= p->helpdesks_len)
		return false;
	rule = &p->helpdesks[i];
	*ret = (struct policy_helpdesk){
	    .name = rule->name,
	    .text = rule->text,
	    .attachments = rule->attachments,
	    .person = rule->person,
	    .line = rule->at.line,
	};
	return true;
}

bool policy_helpdesk_sees(const struct policy *p, const struct name *helpdesk,
			  const struct name *datenart)
{
	const struct helpdesk_rule *desk = policy_find_helpdesk(p, helpdesk);
	const struct rule *rule = policy_find_rule(p, datenart);

	if (!desk || !rule)
		return false;
	if (desk->data_len == 0)
		return !rule->special;
	for (size_t i = 0; i < desk->data_len; i++)
		if (name_equal(&desk->data[i], datenart))
			return true;
	return false;
}
