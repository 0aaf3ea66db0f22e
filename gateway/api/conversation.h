/* conversation.h - what every call of a helpdesk is about. */
#ifndef POSTERN_API_CONVERSATION_H
#define POSTERN_API_CONVERSATION_H

#include "job.h"
#include "store/family.h"

#define DATENART_CONTACT "CONTACT"

struct conversation {
	int64_t id, person;
	int64_t opened_ms, closed_ms, inbound_ms; /* 0 none */
	struct name channel, helpdesk, datenart;
	bool routed; /* has a helpdesk */
	bool tagged; /* has a Datenart of its own */
	bool closed;
	int channel_index; /* -1: not in the settings any more */
};

/* Refuses with 404 what is absent or another helpdesk's: no difference. */
int conversation_load(struct worker *w, struct job *job, int64_t id,
		      struct conversation *ret, struct err *err);
/* The conversation of a message; the same 404, also of one that is kept
 * (kept.h). */
int conversation_of_message(struct worker *w, struct job *job, int64_t message,
			    struct conversation *ret, struct err *err);

/* What the policy says about showing its helpdesk a message of it that was
 * forwarded; what was held or reduced when it came: decide_told(). */
void conversation_sees(const struct worker *w, const struct conversation *cnv,
		       struct policy_decision *ret);
/* May this be sent?  Refuses with 403 and the policy's reasons, or 409. */
struct send_wish {
	const char *purpose; /* NULL: the channel's */
	bool media, template_message;
	bool inner; /* reaction, read receipt: no message of its own */
};
int conversation_may_send(struct worker *w, struct job *job,
			  const struct conversation *cnv,
			  const struct send_wish *wish,
			  struct policy_decision *ret, struct err *err);
/* End of the reply window, UTC ms; 0: there is none, or none is open. */
int64_t conversation_window_ends(const struct worker *w,
				 const struct conversation *cnv);

/* Text columns into bounded C strings; false: too long or not text. */
bool column_text(struct store_value v, char *ret, size_t ret_size);
bool column_name(struct store_value v, struct name *ret);

#endif
