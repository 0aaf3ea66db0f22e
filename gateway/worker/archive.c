/* archive.c - inside the transaction: the rows of a batch, in the order of
 * its events, and the spool position reached. */
#include "autoreply.h"
#include "change.h"
#include "consent_receive.h"
#include "decide.h"
#include "inbound.h"
#include "hold.h"
#include "outbox.h"
#include "prove.h"
#include "prove_message.h"
#include "quarantine.h"
#include "rates.h"

static const char message_sql[] =
    "INSERT INTO message(id,conversation,key_person,direction,kind,state,"
    "datenart,year,provider_ms,received_ms,target,error,content_sealed,policy,"
    "outcome,tags) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
static const char attachment_sql[] =
    "INSERT INTO attachment(id,message,conversation,key_person,channel,"
    "datenart,year,state,reason,tidy,bytes,media_sealed,next_ms,created_ms)"
    " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
static const char profile_sql[] =
    "UPDATE person SET profile_sealed=? WHERE id=?";
static const char edit_sql[] =
    "UPDATE message SET content_sealed=?, datenart=?, tags=tags&1|?,"
    " state=CASE direction WHEN 'in' THEN 'edited' ELSE state END"
    " WHERE id=? AND state NOT IN ('deleted','masked','kept') RETURNING 1";

static int sealed_of(const struct batch *b, size_t slot,
		     struct store_value *ret, struct err *err)
{
	const uint8_t *sealed = NULL;
	size_t len = 0;

	*ret = S_NULL;
	if (slot == NO_SLOT)
		return 0;
	if (keeper_result(b->sealed, slot, &sealed, &len, err) != 0)
		return keeper_failed(err);
	*ret = S_BLOB(sealed, len);
	return 0;
}

/* The kind column: a word of the provider's that is a name, else ours. */
static void kind_of(const struct event *e, struct name *ret)
{
	static const char unsupported[] = "unsupported";
	const char *text = event_kind_name(e->kind);

	if (e->kind == EVENT_MESSAGE)
		text = e->type != NULL ? e->type : unsupported;
	if (!name_set(ret, text, strlen(text)))
		(void)name_set(ret, unsupported, strlen(unsupported));
}

/* Of the row that tells a message. */
static const char *type_of(const struct step *s)
{
	return s->own_row ? "message.edited" : "message.received";
}

static int write_profile(struct batch *b, const struct step *s, struct err *err)
{
	struct store_value sealed;

	if (s->profile_slot == NO_SLOT)
		return 0;
	if (sealed_of(b, s->profile_slot, &sealed, err) != 0)
		return -1;
	return store_run(b->w->store, profile_sql,
			 STORE_ARGS(sealed, S_INT(s->person)), err);
}

static int write_attachment(struct batch *b, const struct step *s,
			    struct err *err)
{
	const struct event_media *m = &s->event->media;
	const struct channel_driver *driver =
	    b->w->channels[s->item->channel_index]->driver;
	bool refused = s->media_refused;
	struct store_value sealed;

	if (s->media_slot == NO_SLOT)
		return 0;
	if (sealed_of(b, s->media_slot, &sealed, err) != 0)
		return -1;
	b->media = true;
	return store_run(
	    b->w->store, attachment_sql,
	    STORE_ARGS(
		S_INT(s->attachment), S_INT(s->message), S_INT(s->conversation),
		S_INT(s->media_key.person), S_TEXT(s->item->channel.text),
		S_TEXT(s->media_key.datenart.text), S_INT(s->media_key.year),
		S_TEXT(refused ? "failed" : "wanted"),
		S_TEXT(refused ? "policy" : NULL),
		/* Nor is it to stay at the provider. */
		S_INT(refused && (driver->has & CHANNEL_MEDIA_BY_ID) != 0),
		m->bytes >= 0 ? S_INT(m->bytes) : S_NULL, sealed,
		S_INT(b->now_ms), S_INT(b->now_ms)),
	    err);
}

static const char *state_of(const struct step *s)
{
	static const char *const taken_back[] = {
	    [FORGET_ALL] = "deleted",
	    [FORGET_MASK] = "masked",
	    [FORGET_NOT] = "kept",
	};

	if (s->tombstoned)
		return taken_back[s->forget];
	return s->event->kind == EVENT_ECHO ? "sent" : "received";
}

static int64_t tags_of(const struct step *s)
{
	return s->found | (s->special ? MSG_TAG_SPECIAL : 0u);
}

static int write_row(struct batch *b, const struct step *s, struct err *err)
{
	const struct event *e = s->event;
	bool echo = e->kind == EVENT_ECHO;
	struct store_value sealed;
	struct name kind;

	kind_of(e, &kind);
	if (sealed_of(b, s->content_slot, &sealed, err) != 0)
		return -1;
	b->counts.stored++;
	if (store_run(
		b->w->store, message_sql,
		STORE_ARGS(S_INT(s->message), S_INT(s->conversation),
			   S_INT(s->key.person), S_TEXT(echo ? "out" : "in"),
			   S_TEXT(kind.text), S_TEXT(state_of(s)),
			   S_TEXT(s->key.datenart.text), S_INT(s->key.year),
			   e->ts_ms != 0 ? S_INT(e->ts_ms) : S_NULL,
			   S_INT(s->item->received_ms),
			   s->target != 0 ? S_INT(s->target) : S_NULL,
			   e->error != 0 ? S_INT(e->error) : S_NULL, sealed,
			   S_INT(decide_policy_number(b->w)), S_INT(s->outcome),
			   S_INT(tags_of(s))),
		err) != 0)
		return -1;
	return prove_message(b->w, LEDGER_ARCHIVED, s->message, sealed, err);
}

static int archive_message(struct batch *b, struct step *s, struct err *err)
{
	if (write_row(b, s, err) != 0 || write_attachment(b, s, err) != 0 ||
	    write_profile(b, s, err) != 0)
		return -1;
	/* Somebody of the controller wrote it on a phone. */
	if (s->event->kind == EVENT_ECHO &&
	    rates_answered(b->w, s->conversation, err) != 0)
		return -1;
	if (s->tombstoned || s->helpdesk.text[0] == '\0')
		return 0;
	if (s->outcome == MSG_HELD)
		return outbox_hold(b->w, s->helpdesk.text, s->conversation,
				   s->message, s->held_until_ms, err);
	return outbox_add_message(b->w, s->helpdesk.text, s->conversation,
				  s->message, type_of(s), &s->row, err);
}

/* A helpdesk that may not see what the text became knows the old one. */
static int tell_edit(struct batch *b, const struct step *s, struct err *err)
{
	return outbox_tell(b->w, s->conversation, s->target,
			   s->unseen ? "message.deleted" : "message.edited",
			   s->unseen ? "masked" : NULL, err);
}

static int archive_edit(struct batch *b, struct step *s, struct err *err)
{
	struct store_value sealed;
	int64_t one = 0;
	bool changed = false;

	if (s->own_row)
		return archive_message(b, s, err);
	if (change_write_version(b, s, err) != 0)
		return -1;
	if (sealed_of(b, s->content_slot, &sealed, err) != 0 ||
	    store_one_int(b->w->store, edit_sql,
			  STORE_ARGS(sealed, S_TEXT(s->key.datenart.text),
				     S_INT(tags_of(s)), S_INT(s->target)),
			  &one, &changed, err) != 0)
		return -1;
	if (!changed) { /* deleted meanwhile, and stays so */
		b->counts.ignored++;
		return 0;
	}
	b->erased |= s->forget == FORGET_ALL;
	if (prove_message(b->w, LEDGER_CHANGED, s->target, sealed, err) != 0 ||
	    hold_look_again(b->w, s->target, err) != 0)
		return -1;
	return tell_edit(b, s, err);
}

static int archive_nothing(struct batch *b, struct step *s, struct err *err)
{
	(void)b;
	(void)s; /* the plan did it */
	(void)err;
	return 0;
}

/* Whose body it is nobody knows: nothing is committed to. */
static int prove_quarantine(struct worker *w, enum ledger_event event,
			    int64_t id, struct err *err)
{
	const struct act act = {
	    .event = event,
	    .by = event == LEDGER_QUARANTINE_REPLAYED ? LEDGER_STAFF
						      : LEDGER_SYSTEM,
	    .kind = ID_QUARANTINE,
	    .object = id,
	};

	return prove(w, &act, err);
}

static int archive_quarantine(struct batch *b, const struct inbound_item *item,
			      struct err *err)
{
	const struct quarantined q = {
	    .id = item->quarantine_id,
	    .channel = &item->channel,
	    .received_ms = item->received_ms,
	    .reason = item->quarantine,
	    .bytes = item->clear_len,
	};
	struct store_value sealed;

	/* A replayed body that is still not understood stays where it is. */
	if (b->replay != 0)
		return ERR_SET(err, ERR_INPUT, "still not understood", 0);
	if (sealed_of(b, item->raw_slot, &sealed, err) != 0)
		return -1;
	b->counts.quarantined++;
	if (prove_quarantine(b->w, LEDGER_QUARANTINE_ADDED, q.id, err) != 0)
		return -1;
	return quarantine_add(b->w, &q, sealed.bytes, sealed.len, err);
}

static int archive_position(struct batch *b, struct err *err)
{
	const struct spool_item *last;

	if (b->replay != 0)
		return prove_quarantine(b->w, LEDGER_QUARANTINE_REPLAYED,
					b->replay, err) != 0
			   ? -1
			   : quarantine_remove(b->w, b->replay, err);
	last = b->items[b->items_len - 1].spool;
	if (meta_set_u64(b->w->store, "spool_segment", last->after.segment,
			 err) != 0)
		return -1;
	return meta_set_u64(b->w->store, "spool_offset", last->after.offset,
			    err);
}

int batch_archive(struct batch *b, struct err *err)
{
	static int (*const writers[])(struct batch *, struct step *,
				      struct err *) = {
	    [STEP_IGNORED] = archive_nothing,
	    [STEP_MESSAGE] = archive_message,
	    [STEP_EDIT] = archive_edit,
	    [STEP_DELETE] = archive_delete,
	    [STEP_STATUS] = archive_status,
	    [STEP_WATERMARK] = archive_watermark,
	    [STEP_CONSENT] = consent_signal,
	    [STEP_IDENTITY] = archive_nothing,
	};

	for (size_t i = 0; i < b->steps_len; i++) {
		if (!b->steps[i].dropped &&
		    writers[b->steps[i].kind](b, &b->steps[i], err) != 0)
			return -1;
		if (autoreply_write(b, &b->steps[i], err) != 0)
			return -1;
	}
	for (size_t i = 0; i < b->items_len; i++)
		if (b->items[i].quarantine != NULL &&
		    archive_quarantine(b, &b->items[i], err) != 0)
			return -1;
	if (consent_archive(b, err) != 0 ||
	    figure_run_end(b->w, &b->asked, err) != 0 ||
	    unlink_remember(b->w, &b->unlinked, err) != 0)
		return -1;
	return archive_position(b, err);
}

/* --- after the commit ----------------------------------------------------- */

static void hand_over_message(struct batch *b, const struct step *s)
{
	const struct event *e = s->event;
	const char *text = e->text != NULL ? e->text : e->payload;
	struct archived what = {
	    .row = s->row,
	    .conversation = s->conversation,
	    .person = s->person,
	    .message = s->message,
	    .target = s->target,
	    .at_ms = e->ts_ms != 0 ? e->ts_ms : s->item->received_ms,
	    .inbound_ms = s->inbound_ms,
	    .error = e->error,
	    .type = type_of(s),
	    .channel = &s->item->channel,
	    .text = text,
	    .emoji = e->emoji,
	    .removed = e->kind == EVENT_REACTION && e->removed,
	    .redacted = s->redacted,
	    .redacted_len = s->redacted_len,
	    .clean_by = s->found == 0 ? decide_policy_number(b->w) : 0,
	    .datenart = s->key.datenart,
	    .outcome = s->outcome,
	};
	struct name kind;

	/* Attachments come later, and with them the row. */
	if (s->row == 0 || s->media_slot != NO_SLOT)
		return;
	kind_of(e, &kind);
	what.kind = &kind;
	what.text_len = e->text != NULL ? e->text_len
			: text != NULL	? strlen(text)
					: 0;
	deliver_keep(b->w, s->helpdesk.text, &what);
}

/* In the order of the events: a message may be gone again. */
void batch_hand_over(struct batch *b)
{
	/* Persons of earlier steps may be others now. */
	if (b->identity.joined > 0) {
		deliver_forget(b->w, 0);
		return;
	}
	for (size_t i = 0; i < b->steps_len; i++) {
		const struct step *s = &b->steps[i];

		if (s->dropped)
			continue;
		if (s->kind == STEP_MESSAGE || s->own_row)
			hand_over_message(b, s);
		else if (s->kind == STEP_EDIT || s->kind == STEP_DELETE)
			deliver_forget(b->w, s->target);
		if (s->edit_row != 0)
			deliver_forget(b->w, s->edit_row);
	}
}
