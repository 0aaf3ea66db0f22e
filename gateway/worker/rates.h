/* rates.h - what rates are made of, counted when it happens: how soon
 * questions are answered, what became of what was sent, who opted out of what.
 *
 * Everything is a figure in the hour its rate belongs to: that in which the
 * question was asked, or the message handed in.  After RATES_ANSWER_MS and
 * RATES_FATE_MS nothing is added to an hour any more, so that what was shown
 * of it stays as it is.  Members of staff are nowhere in it.
 *
 *   question.asked, question.answered_15m, question.answered_60m (not before)
 *	detail: open, outside (of office hours)
 *   message.sent, message.delivered, message.read
 *	detail: "", or the campaign: "purpose template"
 *   campaign.opted_out	detail: the campaign */
#ifndef POSTERN_WORKER_RATES_H
#define POSTERN_WORKER_RATES_H

#include "figures.h"

#define RATES_ANSWER_MS (INT64_C(60) * 60 * 1000)
#define RATES_FATE_MS	(INT64_C(72) * 60 * 60 * 1000)
/* After a day of silence the next message is a question of its own. */
#define RATES_SILENCE_MS (INT64_C(24) * 60 * 60 * 1000)

/* When a question counts as asked that we got at received_ms: what lay about
 * for longer than an answer may take, counts from now. */
int64_t rates_asked_ms(int64_t received_ms, int64_t now_ms);
/* A question was asked; gathered in run. */
int rates_asked(struct worker *w, struct figure_run *run,
		const struct name *channel, int64_t asked_ms, struct err *err);
/* It was none after all. */
int rates_unasked(struct worker *w, int64_t conversation, struct err *err);
/* Somebody of the controller wrote there. */
int rates_answered(struct worker *w, int64_t conversation, struct err *err);

/* "purpose template" of a message of a helpdesk; "": no advertising.
 *   purpose	NULL: the channel's
 *   template	NULL: none */
void rates_campaign(const struct worker *w, const struct name *channel,
		    const char *purpose, const char *template,
		    char ret[FIGURE_DETAIL_BYTES]);
/* A message of ours comes into this state; before the row says so. */
int rates_moved(struct worker *w, int64_t message, const char *state,
		struct err *err);
/* A person wants no more advertising there. */
int rates_opted_out(struct worker *w, int64_t person,
		    const struct name *channel, struct err *err);

#endif
