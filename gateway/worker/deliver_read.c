/* deliver_read.c - what the archive says about a row of the outbox, and what
 * the policy of now lets its helpdesk see of it. */
#include "deliver_note.h"

#include "decide_told.h"
#include "expired.h"
#include "kept.h"
#include "outbox.h"
#include "restriction.h"

#define JOINS_MAX 16

/* Of an outbox row and what hangs on it; the rows may be gone. */
#define SQL_ROW                                                          \
	"SELECT o.type,o.detail,o.error,o.conversation,o.message,"       \
	"o.created_ms,o.destination,c.person,c.channel,c.inbound_ms,"    \
	"m.key_person,m.kind,m.state,m.datenart,m.year,m.provider_ms,"   \
	"m.received_ms,m.target,m.error,m.content_sealed,m.outcome"      \
	" FROM outbox o LEFT JOIN conversation c ON c.id=o.conversation" \
	" LEFT JOIN message m ON m.id=o.message"                         \
	" WHERE o.id=? AND o.state='waiting'"
#define SQL_ATTACHMENTS                                                      \
	"SELECT id,key_person,datenart,year,state,reason,bytes,media_sealed" \
	" FROM attachment WHERE message=? ORDER BY id"
#define SQL_PERSON \
	"SELECT joined_into,year,profile_sealed FROM person WHERE id=?"
#define SQL_ADDRESS                                             \
	"SELECT id,key_person,year,address_sealed FROM address" \
	" WHERE person=? AND to_ms IS NULL"                     \
	" ORDER BY CASE kind WHEN 'phone' THEN 0 ELSE 1 END,id LIMIT 1"

/* Types that carry the message itself. */
static bool carries_content(const char *type)
{
	return strcmp(type, "message.received") == 0 ||
	       strcmp(type, "message.edited") == 0;
}

/* --- columns --------------------------------------------------------------
 */

static struct store_value column(struct worker *w, struct store_rows *rows,
				 unsigned int i)
{
	return store_column(w->store, rows, i);
}

/* 0 when NULL. */
static int64_t number(struct worker *w, struct store_rows *rows, unsigned int i)
{
	struct store_value v = column(w, rows, i);

	return v.type == STORE_INT ? v.num : 0;
}

static bool word(struct worker *w, struct store_rows *rows, unsigned int i,
		 char *ret, size_t size)
{
	return store_word(column(w, rows, i), ret, size);
}

static bool name(struct worker *w, struct store_rows *rows, unsigned int i,
		 struct name *ret)
{
	struct store_value v = column(w, rows, i);

	return v.type == STORE_TEXT && name_set(ret, v.bytes, v.len);
}

void note_dead(struct note *n, const char *reason)
{
	n->fate = NOTE_DEAD;
	n->reason = reason;
}

void note_public_id(struct worker *w, enum id_kind kind, int64_t id,
		    struct id_text *text, const char **ret)
{
	if (id == 0)
		return;
	id_format(&w->mask, kind, id, text);
	*ret = text->text;
}

/* --- reading rows ---------------------------------------------------------
 */

static void take_window(struct worker *w, struct note *n, int64_t inbound_ms)
{
	int i = worker_channel_index(w, n->channel.text);
	const struct channel_driver *driver;

	if (i < 0)
		return; /* no longer configured: via stays null */
	n->note.via = w->settings->channels[i].type;
	driver = channel_find(n->note.via);
	if (driver != NULL && (driver->has & CHANNEL_HAS_WINDOW) != 0 &&
	    inbound_ms > 0)
		n->note.window_ends_ms = inbound_ms + driver->window_ms;
}

static void take_references(struct worker *w, struct note *n, int64_t target)
{
	const char *kind = n->note.kind != NULL ? n->note.kind : "";
	bool about = strcmp(kind, "edit") == 0 || strcmp(kind, "delete") == 0 ||
		     strcmp(kind, "reaction") == 0;

	note_public_id(w, ID_MESSAGE, target, &n->about,
		       about ? &n->note.target : &n->note.reply_to);
}

static void take_message(struct worker *w, struct note *n,
			 struct store_rows *rows, struct keeper_batch *batch)
{
	struct store_value sealed = column(w, rows, 19);
	struct key_ref key = {.person = number(w, rows, 10),
			      .year = (uint16_t)number(w, rows, 14)};
	char state[16];

	take_references(w, n, number(w, rows, 17));
	n->outcome = (enum message_outcome)number(w, rows, 20);
	(void)name(w, rows, 13, &n->datenart); /* looked at again below */
	if (n->note.error == 0)
		n->note.error = number(w, rows, 18);
	if (!n->has_content)
		return;
	n->note.at_ms = number(w, rows, 15);
	if (n->note.at_ms == 0)
		n->note.at_ms = number(w, rows, 16);
	if (!word(w, rows, 12, state, sizeof(state)) ||
	    strcmp(state, "deleted") == 0 || strcmp(state, "masked") == 0 ||
	    sealed.type != STORE_BLOB) {
		n->fate = NOTE_DROP;
		return;
	}
	if (!name(w, rows, 13, &key.datenart)) {
		note_dead(n, "row.malformed");
		return;
	}
	n->content_slot =
	    keeper_add_open(batch, &key, n->message_id, FIELD_CONTENT,
			    sealed.bytes, sealed.len);
}

/* A word, and of a consent the purpose it is about. */
static void take_detail(struct note *n)
{
	char *part = strcmp(n->type, "consent.changed") == 0
			 ? strstr(n->detail, OUTBOX_PART)
			 : NULL;

	if (part != NULL) {
		*part = '\0';
		n->note.purpose = part + strlen(OUTBOX_PART);
	}
	n->note.status = n->detail[0] != '\0' ? n->detail : NULL;
}

/* Its detail is a list. */
static bool note_expires(struct note *n)
{
	n->expires = strcmp(n->type, EXPIRED_TYPE) == 0;
	return n->expires;
}

static void take_row(struct worker *w, struct note *n, struct store_rows *rows,
		     struct keeper_batch *batch)
{
	bool message;

	if (!word(w, rows, 0, n->type, sizeof(n->type)) ||
	    (!note_expires(n) &&
	     !word(w, rows, 1, n->detail, sizeof(n->detail))) ||
	    !word(w, rows, 11, n->kind, sizeof(n->kind)) ||
	    !name(w, rows, 6, &n->helpdesk)) {
		note_dead(n, "row.malformed");
		return;
	}
	n->note.type = n->type;
	take_detail(n);
	n->note.kind = n->kind[0] != '\0' ? n->kind : NULL;
	n->note.error = number(w, rows, 2);
	n->message_id = number(w, rows, 4);
	n->note.at_ms = number(w, rows, 5);
	n->person_id = number(w, rows, 7);
	n->conversation_id = number(w, rows, 3);
	n->has_content = carries_content(n->type);
	note_public_id(w, ID_CONVERSATION, number(w, rows, 3), &n->conversation,
		       &n->note.conversation);
	note_public_id(w, ID_MESSAGE, n->message_id, &n->message,
		       &n->note.message);
	if (name(w, rows, 8, &n->channel)) {
		n->note.channel = n->channel.text;
		take_window(w, n, number(w, rows, 9));
	}
	message = column(w, rows, 10).type == STORE_INT;
	if (message)
		take_message(w, n, rows, batch);
	else if (strncmp(n->type, "message.", 8) == 0 &&
		 strcmp(n->type, "message.deleted") != 0)
		n->fate = NOTE_DROP; /* nothing left to tell about */
}

static void take_attachment(struct worker *w, struct note *n,
			    struct store_rows *rows, struct keeper_batch *batch)
{
	struct store_value sealed = column(w, rows, 7);
	struct key_ref key = {.person = number(w, rows, 1),
			      .year = (uint16_t)number(w, rows, 3)};
	struct attached *a;
	struct helpdesk_attachment *shown;
	char state[16];

	if (n->attached_len == ATTACHMENTS_MAX ||
	    !word(w, rows, 4, state, sizeof(state)))
		return;
	a = &n->attached[n->attached_len];
	shown = &n->list[n->attached_len];
	n->attached_len++;
	note_public_id(w, ID_ATTACHMENT, number(w, rows, 0), &a->id,
		       &shown->id);
	shown->bytes =
	    column(w, rows, 6).type == STORE_INT ? number(w, rows, 6) : -1;
	a->slot = NO_SLOT;
	if (strcmp(state, "wanted") == 0)
		n->wanted = true;
	if (strcmp(state, "kept") != 0 && strcmp(state, "outgoing") != 0) {
		shown->failed = "gone";
		if (word(w, rows, 5, a->reason, sizeof(a->reason)) &&
		    a->reason[0] != '\0')
			shown->failed = a->reason;
	}
	if (sealed.type == STORE_BLOB && name(w, rows, 2, &key.datenart))
		a->slot =
		    keeper_add_open(batch, &key, number(w, rows, 0),
				    FIELD_MEDIA, sealed.bytes, sealed.len);
}

static int read_attachments(struct worker *w, struct note *n,
			    struct keeper_batch *batch, struct err *err)
{
	static const char sql[] = SQL_ATTACHMENTS;
	struct store_rows *rows = NULL;
	int more;

	if (store_start(w->store, sql, STORE_ARGS(S_INT(n->message_id)), &rows,
			err) != 0)
		return -1;
	while ((more = store_step(w->store, rows, err)) == 1)
		take_attachment(w, n, rows, batch);
	store_finish(w->store, &rows);
	return more;
}

/* Follows joins to the person of now; its profile goes into the batch if it
 * may be seen. */
static int read_person(struct worker *w, struct note *n,
		       struct keeper_batch *batch, struct err *err)
{
	static const char sql[] = SQL_PERSON;
	struct key_ref key = {.datenart = {.text = "CONTACT"}};
	struct store_rows *rows = NULL;
	struct store_value sealed;
	int64_t joined = 0;
	int there;

	for (int i = 0; i < JOINS_MAX; i++) {
		if (store_start(w->store, sql, STORE_ARGS(S_INT(n->person_id)),
				&rows, err) != 0)
			return -1;
		there = store_step(w->store, rows, err);
		joined = there == 1 ? number(w, rows, 0) : 0;
		if (there == 1 && joined == 0 &&
		    n->decision.person != PERSON_ALIAS) {
			sealed = column(w, rows, 2);
			key.person = n->person_id;
			key.year = (uint16_t)number(w, rows, 1);
			if (sealed.type == STORE_BLOB && sealed.len > 0)
				n->profile_slot = keeper_add_open(
				    batch, &key, n->person_id, FIELD_PROFILE,
				    sealed.bytes, sealed.len);
		}
		store_finish(w->store, &rows);
		if (there < 0)
			return -1;
		if (joined == 0)
			break;
		n->person_id = joined;
	}
	return 0;
}

static int read_address(struct worker *w, struct note *n,
			struct keeper_batch *batch, struct err *err)
{
	static const char sql[] = SQL_ADDRESS;
	struct key_ref key = {.datenart = {.text = "CONTACT"}};
	struct store_rows *rows = NULL;
	struct store_value sealed;
	int there;

	if (store_start(w->store, sql, STORE_ARGS(S_INT(n->person_id)), &rows,
			err) != 0)
		return -1;
	there = store_step(w->store, rows, err);
	if (there == 1) {
		key.person = number(w, rows, 1);
		key.year = (uint16_t)number(w, rows, 2);
		sealed = column(w, rows, 3);
		if (sealed.type == STORE_BLOB && sealed.len > 0)
			n->address_slot = keeper_add_open(
			    batch, &key, number(w, rows, 0), FIELD_ADDRESS,
			    sealed.bytes, sealed.len);
	}
	store_finish(w->store, &rows);
	return there < 0 ? -1 : 0;
}

static void decide(struct worker *w, struct note *n)
{
	const struct decide_stored stored = {
	    .channel = &n->channel,
	    .helpdesk = &n->helpdesk,
	    .datenart = n->datenart.text[0] != '\0' ? &n->datenart : NULL,
	    .outcome = n->outcome,
	    .media = n->attached_len > 0,
	};

	if (n->note.channel == NULL)
		return; /* nothing known: nothing seen */
	decide_told(w, &stored, &n->decision);
	if (n->has_content && !n->decision.forward)
		note_dead(n, "policy.forward");
	else if (n->wanted && n->decision.sees_attachments)
		n->fate = NOTE_BLOCKED;
}

/* What the two readings below would find in a moment. */
static void take_kept(struct worker *w, struct note *n)
{
	const struct archived *a = &n->kept->what;

	n->helpdesk = n->kept->helpdesk;
	n->datenart = a->datenart;
	n->outcome = a->outcome;
	n->channel = *a->channel;
	n->note.channel = n->channel.text;
	n->note.type = a->type;
	n->note.kind = a->kind->text;
	n->note.error = a->error;
	n->note.at_ms = a->at_ms;
	n->message_id = a->message;
	n->person_id = a->person;
	n->conversation_id = a->conversation;
	n->has_content = true;
	note_public_id(w, ID_CONVERSATION, a->conversation, &n->conversation,
		       &n->note.conversation);
	note_public_id(w, ID_MESSAGE, a->message, &n->message,
		       &n->note.message);
	take_window(w, n, a->inbound_ms);
	take_references(w, n, a->target);
}

static int take_expired(struct worker *w, struct note *n,
			struct store_value detail, struct err *err)
{
	struct err why = {0};
	int64_t *ids = NULL;
	size_t len = 0;

	if (expired_parse(detail, &ids, &len, &why) != 0) {
		if (why.kind == ERR_NOMEM) {
			*err = why;
			return -1;
		}
		note_dead(n, "row.malformed");
		return 0;
	}
	n->over = calloc(len, sizeof(*n->over));
	n->over_ids = calloc(len, sizeof(*n->over_ids));
	if (n->over == NULL || n->over_ids == NULL) {
		free(ids);
		return ERR_SET(err, ERR_NOMEM, "messages that are over", 0);
	}
	for (size_t i = 0; i < len; i++)
		note_public_id(w, ID_MESSAGE, ids[i], &n->over[i],
			       &n->over_ids[i]);
	n->note.messages = n->over_ids;
	n->note.messages_len = len;
	free(ids);
	return 0;
}

static int read_row(struct worker *w, struct note *n, int64_t id,
		    struct keeper_batch *batch, struct err *err)
{
	static const char sql[] = SQL_ROW;
	struct store_rows *rows = NULL;
	int there;

	if (store_start(w->store, sql, STORE_ARGS(S_INT(id)), &rows, err) != 0)
		return -1;
	there = store_step(w->store, rows, err);
	if (there == 1)
		take_row(w, n, rows, batch);
	else
		n->fate = NOTE_ABSENT;
	if (there == 1 && n->expires && n->fate == NOTE_READY &&
	    take_expired(w, n, column(w, rows, 1), err) != 0)
		there = -1;
	store_finish(w->store, &rows);
	if (there < 0)
		return -1;
	if (n->expires && n->fate == NOTE_READY)
		return expired_all(w, n->conversation_id, &n->note.all, err);
	if (n->fate == NOTE_READY && n->has_content)
		return read_attachments(w, n, batch, err);
	return 0;
}

/* What is restricted waits; that it is, and that something has to be
 * forgotten, is told all the same. */
static int park(struct worker *w, struct note *n, int64_t id, struct err *err)
{
	bool restricted = false, kept = false;

	if (strncmp(n->note.type, "person.", 7) == 0 ||
	    strcmp(n->note.type, "message.deleted") == 0 || n->expires)
		return 0;
	if (restriction_of(w, n->person_id, n->conversation_id, &restricted,
			   err) != 0 ||
	    kept_is(w, n->message_id, &kept, err) != 0)
		return -1;
	if (!restricted && !kept)
		return 0;
	n->fate = NOTE_ABSENT;
	return restriction_park(w, id, err);
}

int note_read(struct worker *w, struct note *n, int64_t id,
	      struct keeper_batch *batch, struct err *err)
{
	note_public_id(w, ID_DELIVERY, id, &n->delivery, &n->note.delivery);
	n->note.now_ms = worker_now(w);
	n->kept = kept_take(&w->deliver->kept, id);
	if (n->kept != NULL)
		take_kept(w, n);
	else if (read_row(w, n, id, batch, err) != 0)
		return -1;
	if (n->fate == NOTE_READY && park(w, n, id, err) != 0)
		return -1;
	if (n->fate == NOTE_READY)
		decide(w, n);
	/* Ids will do. */
	if (n->expires)
		n->decision.person = PERSON_ALIAS;
	if (n->fate != NOTE_READY || n->person_id == 0)
		return 0;
	/* Its joins would have emptied the memory. */
	if (n->kept != NULL && n->decision.person == PERSON_ALIAS)
		return 0;
	if (read_person(w, n, batch, err) != 0)
		return -1;
	if (n->decision.person == PERSON_ADDRESS)
		return read_address(w, n, batch, err);
	return 0;
}
