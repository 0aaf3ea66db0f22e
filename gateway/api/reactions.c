/* reactions.c - a reaction to a message, and telling that one was read. */
#include "body.h"
#include "outgoing.h"
#include "problem.h"
#include "route.h"
#include "worker/outbox.h"

#define EMOJI_MAX 64

static int react(struct worker *w, struct job *job, const json_t *body,
		 struct err *err)
{
	struct conversation cnv;
	struct policy_decision decision;
	struct quoted quoted;
	struct outgoing out = {.kind = "reaction"};
	const char *message, *emoji;
	int64_t id;
	int rc = -1;

	if (conversation_load(w, job, job->id, &cnv, err) != 0 ||
	    body_text(job, body, "message", ID_TEXT_BYTES, &message) != 0 ||
	    body_text(job, body, "emoji", EMOJI_MAX, &emoji) != 0)
		return -1;
	if (message == NULL)
		return body_refuse(job, "missing", "message");
	if (conversation_may_send(w, job, &cnv,
				  &(struct send_wish){.inner = true}, &decision,
				  err) != 0 ||
	    outgoing_quoted(w, job, &cnv, "message", message, &quoted, err) !=
		0 ||
	    outgoing_possible(
		w, job, &cnv,
		&(struct channel_act){.kind = CHANNEL_SEND_REACTION,
				      .target = quoted.id,
				      .emoji = emoji != NULL ? emoji : ""},
		err) != 0)
		return -1;
	out.datenart = cnv.tagged ? cnv.datenart : decision.datenart;
	out.target = quoted.message;
	out.content =
	    json_pack("{s:s, s:b, s:s}", "emoji", emoji != NULL ? emoji : "",
		      "removed", emoji == NULL, "target", quoted.id);
	if (out.content == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory for content", 0);
	rc = outgoing_put(w, &cnv, &out, &id, err);
	json_decref(out.content);
	return rc == 0 ? outgoing_answer(w, job, id, err) : -1;
}

/* No emoji, or null, takes an earlier reaction back. */
int api_message_react(struct worker *w, struct job *job, struct err *err)
{
	static const char *const known[] = {"message", "emoji"};
	json_t *body;
	int rc;

	if (body_object(job, known, 2, &body) != 0)
		return -1;
	rc = react(w, job, body, err);
	json_decref(body);
	return rc;
}

int api_message_read(struct worker *w, struct job *job, struct err *err)
{
	struct conversation cnv;
	struct policy_decision decision;
	struct quoted quoted;
	struct id_text id;

	id_format(&w->mask, ID_MESSAGE, job->id, &id);
	if (conversation_of_message(w, job, job->id, &cnv, err) != 0 ||
	    conversation_may_send(w, job, &cnv,
				  &(struct send_wish){.inner = true}, &decision,
				  err) != 0 ||
	    outgoing_quoted(w, job, &cnv, "id", id.text, &quoted, err) != 0)
		return -1;
	if (!quoted.inbound)
		return job_refuse(job, &problem_conflict,
				  "only what a customer wrote can be read");
	if (outgoing_possible(w, job, &cnv,
			      &(struct channel_act){.kind = CHANNEL_MARK_READ,
						    .target = quoted.id},
			      err) != 0 ||
	    outbox_add(w, "channel", cnv.channel.text, cnv.id, job->id, "read",
		       NULL, worker_now(w), err) != 0)
		return -1;
	return job_json(
	    job, 202,
	    json_pack("{s:s, s:s}", "message", id.text, "state", "queued"),
	    err);
}
