/* send_prove.c - what went out, or did not, in the proof log.
 *
 * Source: compliance 6.7; 9, C1, I1, W4. */
#include "prove.h"
#include "send.h"

static const char person_sql[] = "SELECT person FROM conversation WHERE id=?";

struct told {
	enum ledger_event event;
	enum ledger_reason reason;
	int64_t message, conversation, person, policy;
	const struct name *channel;
	const char *notice; /* its name; NULL: it is none */
};

static int tell(struct worker *w, const struct told *t, struct err *err)
{
	struct id_text conversation;
	const struct act_fact facts[] = {
	    {"channel", t->channel->text, 0},
	    {"conversation", conversation.text, 0},
	    {"notice", t->notice, 0},
	};
	const struct act act = {
	    .event = t->event,
	    .reason = t->reason,
	    .kind = ID_MESSAGE,
	    .object = t->message,
	    .person = t->person,
	    .policy = t->policy,
	    .facts = facts,
	    .facts_len = sizeof(facts) / sizeof(facts[0]),
	};

	id_format(&w->mask, ID_CONVERSATION, t->conversation, &conversation);
	return prove(w, &act, err);
}

static int tell_found(struct worker *w, struct told *t, struct err *err)
{
	bool found;

	if (store_one_int(w->store, person_sql,
			  STORE_ARGS(S_INT(t->conversation)), &t->person,
			  &found, err) != 0)
		return -1;
	return tell(w, t, err);
}

int send_prove_refused(const struct send_lane *lane, enum ledger_reason why,
		       struct err *err)
{
	struct worker *w = lane->queue->w;
	struct told told = {
	    .event = LEDGER_SEND_BLOCKED,
	    .reason = why,
	    .message = lane->message,
	    .conversation = lane->conversation,
	    .channel = &w->channels[lane->queue->channel]->name,
	};

	return tell_found(w, &told, err);
}

int send_prove_sent(const struct send_flight *f, struct err *err)
{
	const json_t *name = json_object_get(f->content, "notice");
	const json_t *version = json_object_get(f->content, "version");
	struct name notice;
	struct told told = {
	    .event = LEDGER_SEND_HANDED_OVER,
	    .message = f->lane->message,
	    .conversation = f->lane->conversation,
	    .person = f->person,
	    .channel = &f->channel,
	};

	/* Its version is that of the policy it was written in. */
	if (strcmp(f->kind, "notice") == 0 && json_is_string(name) &&
	    name_set(&notice, json_string_value(name),
		     json_string_length(name))) {
		told.event = LEDGER_NOTICE_SENT;
		told.notice = notice.text;
		told.policy = json_integer_value(version);
	}
	return tell(f->w, &told, err);
}

int send_prove_settled(struct worker *w, int64_t message, int64_t conversation,
		       const struct name *channel, struct err *err)
{
	struct told told = {
	    .event = LEDGER_SEND_HANDED_OVER,
	    .message = message,
	    .conversation = conversation,
	    .channel = channel,
	};

	return tell_found(w, &told, err);
}
