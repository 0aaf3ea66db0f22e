/* decide.h - what the files of the decision share. */
#ifndef POSTERN_POLICY_DECIDE_H
#define POSTERN_POLICY_DECIDE_H

#include "model.h"

static inline void reason(struct policy_decision *d, const char *code,
			  size_t line, const char *article)
{
	if (d->reasons_len < POLICY_REASONS_MAX)
		d->reasons[d->reasons_len++] = (struct policy_reason){
		    .code = code, .line = line, .article = article};
}

static inline void say(struct policy_decision *d, enum policy_say_kind kind,
		       const struct policy_notice *notice,
		       const struct name *purpose)
{
	if (notice && d->say_len < POLICY_SAY_MAX)
		d->say[d->say_len++] = (struct policy_say){
		    .kind = kind, .notice = notice, .purpose = purpose};
}

void policy_decide_receive(const struct policy *p,
			   const struct policy_facts *facts,
			   const struct channel_rule *channel,
			   struct policy_decision *d); /* decide_receive.c */
/* Who is told, and of what. */
void policy_decide_helpdesk(const struct policy *p,
			    const struct policy_facts *facts,
			    struct policy_decision *d); /* decide_receive.c */
/* Until somebody agreed to be served on this channel. */
void policy_decide_until(const struct policy_facts *facts,
			 const struct channel_rule *channel,
			 struct policy_decision *d); /* decide_receive.c */
void policy_decide_send(const struct policy *p,
			const struct policy_facts *facts,
			const struct channel_rule *channel,
			struct policy_decision *d); /* decide_send.c */

/* A whole word: its neighbours are no letters or digits.  Both normalised. */
bool policy_has_word(const char *text, size_t len, const char *word);

#endif
