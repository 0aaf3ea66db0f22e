/* autoreply.c - messages of the gateway itself.
 *
 * Planned like what came in: the id and what is to be sealed with the step
 * that caused it, the rows with sealed bytes when the batch is written. */
#include "autoreply.h"

#include "content.h"
#include "decide.h"
#include "notice.h"
#include "outbox.h"
#include "postern/log.h"
#include "prove_message.h"

#define AUTOREPLIES_FIRST 16

static const char message_sql[] =
    "INSERT INTO message(id,conversation,key_person,direction,kind,state,"
    "datenart,year,received_ms,content_sealed,policy)"
    " VALUES(?,?,?,'out',?,'queued',?,?,?,?,?)";

/* By enum policy_say_kind: the word in column kind, and the reason it comes
 * from; the first that was given counts. */
static const struct {
	const char *kind, *reasons[2];
} kinds[SAY_KINDS] = {
    [SAY_NOTICE] = {"notice", {"channel.first_contact", NULL}},
    [SAY_ASK] = {"ask", {"keyword.start", "channel.until_consent"}},
    [SAY_STOPPED] = {"reply", {"keyword.stop", NULL}},
    [SAY_HELP] = {"reply", {"keyword.help", NULL}},
    [SAY_ERASE] = {"reply", {"keyword.erase", NULL}},
    [SAY_ACCESS] = {"reply", {"keyword.access", NULL}},
    [SAY_OUTSIDE] = {"reply", {"channel.hours", NULL}},
};

bool autoreply_is(const char *kind)
{
	for (size_t i = 0; i < SAY_KINDS; i++)
		if (strcmp(kinds[i].kind, kind) == 0)
			return true;
	return false;
}

/* --- planning ------------------------------------------------------------- */

bool autoreply_datenart(const struct worker *w, const struct name *on,
			enum policy_say_kind say, struct name *ret)
{
	const char *wanted = say == SAY_NOTICE ? "NOTICE" : "CONSENT";
	struct policy_channel channel;

	(void)name_set(ret, wanted, strlen(wanted)); /* a constant */
	if (policy_has_data(w->policy, ret))
		return true;
	if (!policy_channel_of(w->policy, on, &channel))
		return false;
	*ret = channel.data;
	return true;
}

static const struct policy_reason *cause(const struct step *s,
					 enum policy_say_kind say)
{
	const struct policy_decision *d = s->decision;

	for (size_t k = 0; d != NULL && k < 2; k++) {
		const char *code = kinds[say].reasons[k];

		for (size_t i = 0; code != NULL && i < d->reasons_len; i++)
			if (strcmp(d->reasons[i].code, code) == 0)
				return &d->reasons[i];
	}
	return NULL;
}

static struct autoreply *autoreply_new(struct batch *b, struct err *err)
{
	size_t size = b->autos_size > 0 ? 2 * b->autos_size : AUTOREPLIES_FIRST;
	struct autoreply *autos;

	if (b->autos_len == b->autos_size) {
		autos = realloc(b->autos, size * sizeof(*autos));
		if (autos == NULL) {
			(void)ERR_SET(err, ERR_NOMEM, "automatic messages", 0);
			return NULL;
		}
		b->autos = autos;
		b->autos_size = size;
	}
	return &b->autos[b->autos_len++];
}

int autoreply_add(struct batch *b, struct step *s, const struct policy_say *say,
		  int64_t *ret_message, struct err *err)
{
	const struct content_automatic content = {
	    .text = say->notice->text,
	    .text_len = say->notice->text_len,
	    .notice = say->notice->name.text,
	    .version = policy_version(b->w->policy),
	    .why = cause(s, say->kind),
	};
	struct autoreply *a = autoreply_new(b, err);
	struct notice_row row;

	if (a == NULL || content_automatic(&content, &b->clear, err) != 0)
		return -1;
	*a = (struct autoreply){
	    .step = s,
	    .message = worker_id(b->w),
	    .kind = kinds[say->kind].kind,
	    .key = {.person = s->person, .year = env_year(b->now_ms)}};
	if (!autoreply_datenart(b->w, &s->item->channel, say->kind,
				&a->key.datenart))
		a->key.datenart = s->key.datenart;
	a->slot = keeper_add_seal(b->sealed, &a->key, a->message, FIELD_CONTENT,
				  b->clear.bytes, b->clear.len);
	*ret_message = a->message;
	if (say->kind != SAY_NOTICE && say->kind != SAY_OUTSIDE)
		return notice_add_wording(b->w, say->notice, err);
	row = (struct notice_row){.person = s->person,
				  .message = a->message,
				  .channel = &s->item->channel,
				  .notice = say->notice};
	return notice_add(b->w, &row, err);
}

/* --- writing -------------------------------------------------------------- */

int autoreply_put(struct worker *w, const struct autoreply_row *row,
		  const void *sealed, size_t len, struct err *err)
{
	if (store_run(w->store, message_sql,
		      STORE_ARGS(S_INT(row->message), S_INT(row->conversation),
				 S_INT(row->key.person), S_TEXT(row->kind),
				 S_TEXT(row->key.datenart.text),
				 S_INT(row->key.year), S_INT(row->at_ms),
				 S_BLOB(sealed, len),
				 S_INT(decide_policy_number(w))),
		      err) != 0 ||
	    prove_message(w, LEDGER_ARCHIVED, row->message, S_BLOB(sealed, len),
			  err) != 0)
		return -1;
	return outbox_add(w, "channel", row->channel->text, row->conversation,
			  row->message, "send", NULL, row->at_ms, err);
}

static int write_one(struct batch *b, const struct autoreply *a,
		     struct err *err)
{
	const struct autoreply_row row = {
	    .message = a->message,
	    .conversation = a->step->conversation,
	    .at_ms = b->now_ms,
	    .kind = a->kind,
	    .key = a->key,
	    .channel = &a->step->item->channel,
	};
	const uint8_t *sealed = NULL;
	size_t len = 0;

	if (keeper_result(b->sealed, a->slot, &sealed, &len, err) != 0)
		return keeper_failed(err);
	return autoreply_put(b->w, &row, sealed, len, err);
}

int autoreply_write(struct batch *b, const struct step *s, struct err *err)
{
	while (b->autos_written < b->autos_len &&
	       b->autos[b->autos_written].step == s)
		if (write_one(b, &b->autos[b->autos_written++], err) != 0)
			return -1;
	return 0;
}

/* --- sent ----------------------------------------------------------------- */

/* Names of the policy are no personal data. */
void autoreply_log_sent(const struct name *channel, const char *kind,
			const json_t *content)
{
	const json_t *notice = json_object_get(content, "notice");
	struct name name;

	if (strcmp(kind, kinds[SAY_NOTICE].kind) != 0 ||
	    !name_set(&name, json_string_value(notice),
		      json_string_length(notice)))
		return;
	LOG(LOG_LEVEL_INFO, "notice.sent", LOG_NAME("channel", channel),
	    LOG_NAME("notice", &name),
	    LOG_NUM("version",
		    json_integer_value(json_object_get(content, "version"))));
}
