/* conversation.c - finding a conversation, and asking the policy about it. */
#include "conversation.h"

#include "auth.h"
#include "problem.h"
#include "purpose.h"
#include "route.h"
#include "worker/consent.h"
#include "worker/decide_told.h"
#include "worker/kept.h"

static const char sql_conversation[] =
    "SELECT person, channel, helpdesk, state, datenart, opened_ms, closed_ms,"
    " inbound_ms FROM conversation WHERE id=?";
static const char sql_message[] = "SELECT conversation FROM message WHERE id=?";
bool column_text(struct store_value v, char *ret, size_t ret_size)
{
	if (v.type != STORE_TEXT || v.len >= ret_size ||
	    memchr(v.bytes, '\0', v.len) != NULL)
		return false;
	memcpy(ret, v.bytes, v.len);
	ret[v.len] = '\0';
	return true;
}

bool column_name(struct store_value v, struct name *ret)
{
	return v.type == STORE_TEXT && name_set(ret, v.bytes, v.len);
}

static bool read_row(struct worker *w, struct store_rows *rows, int64_t id,
		     struct conversation *ret)
{
	struct store *st = w->store;
	char state[16];

	*ret = (struct conversation){.id = id};
	if (!column_name(store_column(st, rows, 1), &ret->channel) ||
	    !column_text(store_column(st, rows, 3), state, sizeof(state)))
		return false;
	ret->person = store_column(st, rows, 0).num;
	ret->routed = column_name(store_column(st, rows, 2), &ret->helpdesk);
	ret->tagged = column_name(store_column(st, rows, 4), &ret->datenart);
	ret->closed = strcmp(state, "closed") == 0;
	ret->opened_ms = store_column(st, rows, 5).num;
	ret->closed_ms = store_column(st, rows, 6).num;
	ret->inbound_ms = store_column(st, rows, 7).num;
	ret->channel_index = worker_channel_index(w, ret->channel.text);
	return true;
}

static void note_refused(struct job *job, const struct conversation *cnv,
			 enum ledger_reason why)
{
	job->refused = why;
	job->blocked_on = cnv->channel;
	job->blocked_person = cnv->person;
}

/* Restricting and lifting themselves are for who answers for rights. */
static int check_purpose(struct worker *w, struct job *job,
			 const struct conversation *cnv, struct err *err)
{
	int rc;

	if ((job->route->scope & (SCOPE_DESK | SCOPE_POLICY)) == 0)
		return 0;
	rc = purpose_check(w, job, cnv->person, cnv->id, err);
	if (rc != 0 && job->status == problem_policy.status &&
	    (job->route->run == api_message_send ||
	     job->route->run == api_message_react))
		note_refused(job, cnv, LEDGER_R_PERSON_RESTRICTED);
	return rc;
}

int conversation_load(struct worker *w, struct job *job, int64_t id,
		      struct conversation *ret, struct err *err)
{
	struct conversation cnv;
	struct store_rows *rows;
	bool good = false, kept = false;
	int got;

	if (store_start(w->store, sql_conversation, STORE_ARGS(S_INT(id)),
			&rows, err) != 0)
		return -1;
	got = store_step(w->store, rows, err);
	if (got > 0)
		good = read_row(w, rows, id, &cnv);
	store_finish(w->store, &rows);
	if (got < 0)
		return -1;
	if (got > 0 && good && kept_is(w, cnv.person, &kept, err) != 0)
		return -1;
	if (got == 0 || !good || kept)
		return job_refuse(job, &problem_absent, NULL);
	if (auth_helpdesk(job, cnv.routed ? cnv.helpdesk.text : NULL,
			  strlen(cnv.helpdesk.text)) != 0 ||
	    check_purpose(w, job, &cnv, err) != 0)
		return -1;
	*ret = cnv;
	return 0;
}

int conversation_of_message(struct worker *w, struct job *job, int64_t message,
			    struct conversation *ret, struct err *err)
{
	int64_t id;
	bool found, kept = false;

	if (store_one_int(w->store, sql_message, STORE_ARGS(S_INT(message)),
			  &id, &found, err) != 0 ||
	    kept_is(w, message, &kept, err) != 0)
		return -1;
	if (!found || (kept && !purpose_opens_all(job)))
		return job_refuse(job, &problem_absent, NULL);
	return conversation_load(w, job, id, ret, err);
}

void conversation_sees(const struct worker *w, const struct conversation *cnv,
		       struct policy_decision *ret)
{
	const struct decide_stored any = {
	    .channel = &cnv->channel,
	    .helpdesk = cnv->routed ? &cnv->helpdesk : NULL,
	    .outcome = MSG_FORWARDED,
	};

	decide_told(w, &any, ret);
}

int64_t conversation_window_ends(const struct worker *w,
				 const struct conversation *cnv)
{
	const struct channel_driver *driver;

	if (cnv->channel_index < 0 || cnv->inbound_ms == 0)
		return 0;
	driver = w->channels[cnv->channel_index]->driver;
	return (driver->has & CHANNEL_HAS_WINDOW) != 0
		   ? cnv->inbound_ms + driver->window_ms
		   : 0;
}

static bool window_open(struct worker *w, const struct conversation *cnv)
{
	const struct channel_driver *driver =
	    w->channels[cnv->channel_index]->driver;

	return (driver->has & CHANNEL_HAS_WINDOW) == 0 ||
	       conversation_window_ends(w, cnv) > worker_now(w);
}

static json_t *reasons_of(const struct policy_decision *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->reasons_len; i++)
		(void)json_array_append_new(
		    list,
		    json_pack("{s:s, s:I, s:s*}", "code", d->reasons[i].code,
			      "line", (json_int_t)d->reasons[i].line, "article",
			      d->reasons[i].article));
	return json_pack("{s:o}", "reasons", list);
}

/* The list is for advertising alone, and asked about what would go; once more
 * when the message is handed over. */
static int look_suppressed(struct worker *w, const struct conversation *cnv,
			   const char *purpose, bool *ret, struct err *err)
{
	struct consent_of of = {.person = cnv->person, .channel = cnv->channel};
	const struct name *own = policy_purpose(w->policy, &cnv->channel);

	*ret = false;
	if (!consent_is_marketing(w, &cnv->channel, purpose))
		return 0;
	if (purpose == NULL)
		of.purpose = *own; /* marketing, so there is one */
	else if (!name_set(&of.purpose, purpose, strlen(purpose)))
		return 0;
	return consent_person_suppressed(w, &of, ret, err);
}

int conversation_may_send(struct worker *w, struct job *job,
			  const struct conversation *cnv,
			  const struct send_wish *wish,
			  struct policy_decision *ret, struct err *err)
{
	struct policy_facts facts = {
	    .act = ACT_SEND,
	    .channel = &cnv->channel,
	    .helpdesk = cnv->routed ? &cnv->helpdesk : NULL,
	    .media = wish->media,
	    .purpose = wish->purpose,
	    .template_message = wish->template_message,
	    .mechanism = decide_mechanism(w, &cnv->channel),
	};
	struct consent_view view;

	if (cnv->channel_index < 0)
		return job_refuse(job, &problem_channel_cannot,
				  "the channel is not set up any more");
	if (cnv->closed && !wish->inner)
		return job_refuse(job, &problem_closed, "reopen it first");
	if (consent_of_send(w, cnv->person, &cnv->channel, wish->purpose, &view,
			    err) != 0)
		return -1;
	facts.consent = view.state;
	facts.minor = view.minor;
	facts.window_open = window_open(w, cnv);
	policy_decide(w->policy, &facts, ret);
	if (ret->send &&
	    look_suppressed(w, cnv, wish->purpose, &facts.suppressed, err) != 0)
		return -1;
	if (facts.suppressed)
		policy_decide(w->policy, &facts, ret);
	if (ret->send)
		return 0;
	note_refused(job, cnv, consent_refusal(&facts, ret));
	job->blocked = consent_blocks(ret) != LEDGER_R_NONE;
	return job_refuse_with(
	    job, ret->window_closed ? &problem_window_closed : &problem_policy,
	    NULL, reasons_of(ret));
}
