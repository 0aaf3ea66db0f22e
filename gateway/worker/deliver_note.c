/* deliver_note.c - from a row of the outbox to what a helpdesk may see.
 *
 * Everything is read anew at hand-over: the policy of now decides about name,
 * address, text and attachments, and what was erased in the meantime is not
 * told any more. */
#include "deliver.h"

#include <jansson.h>
#include <sodium.h>

#define ATTACHMENTS_MAX 16
#define NO_SLOT		SIZE_MAX
#define JOINS_MAX	16

/* Of an outbox row and what hangs on it; the rows may be gone. */
#define SQL_ROW                                                          \
	"SELECT o.type,o.detail,o.error,o.conversation,o.message,"       \
	"o.created_ms,o.destination,c.person,c.channel,c.inbound_ms,"    \
	"m.key_person,m.kind,m.state,m.datenart,m.year,m.provider_ms,"   \
	"m.received_ms,m.target,m.error,m.content_sealed"                \
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

struct attached {
	struct id_text id;
	char reason[40];
	size_t slot;
	json_t *media;
};

struct note {
	enum note_fate fate;
	const char *reason;
	struct helpdesk_note note;
	/* What note points to. */
	struct id_text delivery, conversation, message, person, about;
	char type[40], kind[32], detail[40], alias[ALIAS_BYTES];
	struct name channel, helpdesk;
	struct helpdesk_attachment list[ATTACHMENTS_MAX];
	struct attached attached[ATTACHMENTS_MAX];
	size_t attached_len;
	const char *redacted[2];
	json_t *content, *profile;
	char *address;
	/* While it is made. */
	int64_t message_id, person_id;
	bool has_content, wanted;
	struct policy_decision decision;
	size_t content_slot, profile_slot, address_slot;
};

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

/* Empty when NULL; false when it does not fit. */
static bool word(struct worker *w, struct store_rows *rows, unsigned int i,
		 char *ret, size_t size)
{
	struct store_value v = column(w, rows, i);

	ret[0] = '\0';
	if (v.type != STORE_TEXT)
		return true;
	if (v.len >= size)
		return false;
	memcpy(ret, v.bytes, v.len);
	ret[v.len] = '\0';
	return true;
}

static bool name(struct worker *w, struct store_rows *rows, unsigned int i,
		 struct name *ret)
{
	struct store_value v = column(w, rows, i);

	return v.type == STORE_TEXT && name_set(ret, v.bytes, v.len);
}

static void dead(struct note *n, const char *reason)
{
	n->fate = NOTE_DEAD;
	n->reason = reason;
}

static void public_id(struct worker *w, enum id_kind kind, int64_t id,
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
	bool about = strcmp(n->kind, "edit") == 0 ||
		     strcmp(n->kind, "delete") == 0 ||
		     strcmp(n->kind, "reaction") == 0;

	public_id(w, ID_MESSAGE, target, &n->about,
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
	if (n->note.error == 0)
		n->note.error = number(w, rows, 18);
	if (!n->has_content)
		return;
	n->note.at_ms = number(w, rows, 15);
	if (n->note.at_ms == 0)
		n->note.at_ms = number(w, rows, 16);
	if (!word(w, rows, 12, state, sizeof(state)) ||
	    strcmp(state, "deleted") == 0 || sealed.type != STORE_BLOB) {
		n->fate = NOTE_DROP;
		return;
	}
	if (!name(w, rows, 13, &key.datenart)) {
		dead(n, "row.malformed");
		return;
	}
	n->content_slot =
	    keeper_add_open(batch, &key, n->message_id, FIELD_CONTENT,
			    sealed.bytes, sealed.len);
}

static void take_row(struct worker *w, struct note *n, struct store_rows *rows,
		     struct keeper_batch *batch)
{
	bool message;

	if (!word(w, rows, 0, n->type, sizeof(n->type)) ||
	    !word(w, rows, 1, n->detail, sizeof(n->detail)) ||
	    !word(w, rows, 11, n->kind, sizeof(n->kind)) ||
	    !name(w, rows, 6, &n->helpdesk)) {
		dead(n, "row.malformed");
		return;
	}
	n->note.type = n->type;
	n->note.status = n->detail[0] != '\0' ? n->detail : NULL;
	n->note.kind = n->kind[0] != '\0' ? n->kind : NULL;
	n->note.error = number(w, rows, 2);
	n->message_id = number(w, rows, 4);
	n->note.at_ms = number(w, rows, 5);
	n->person_id = number(w, rows, 7);
	n->has_content = carries_content(n->type);
	public_id(w, ID_CONVERSATION, number(w, rows, 3), &n->conversation,
		  &n->note.conversation);
	public_id(w, ID_MESSAGE, n->message_id, &n->message, &n->note.message);
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
	public_id(w, ID_ATTACHMENT, number(w, rows, 0), &a->id, &shown->id);
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
	struct policy_facts facts = {
	    .act = ACT_RECEIVE,
	    .channel = &n->channel,
	    .helpdesk = &n->helpdesk,
	    .media = n->attached_len > 0,
	};

	if (n->note.channel == NULL)
		return; /* nothing known: nothing seen */
	policy_decide(w->policy, &facts, &n->decision);
	if (n->has_content && !n->decision.forward)
		dead(n, "policy.forward");
	else if (n->wanted && n->decision.sees_attachments)
		n->fate = NOTE_BLOCKED;
}

static int read_note(struct worker *w, struct note *n, int64_t id,
		     struct keeper_batch *batch, struct err *err)
{
	static const char sql[] = SQL_ROW;
	struct store_rows *rows = NULL;
	int there;

	public_id(w, ID_DELIVERY, id, &n->delivery, &n->note.delivery);
	n->note.now_ms = worker_now(w);
	if (store_start(w->store, sql, STORE_ARGS(S_INT(id)), &rows, err) != 0)
		return -1;
	there = store_step(w->store, rows, err);
	if (there == 1)
		take_row(w, n, rows, batch);
	else
		n->fate = NOTE_ABSENT;
	store_finish(w->store, &rows);
	if (there < 0)
		return -1;
	if (n->fate == NOTE_READY && n->has_content &&
	    read_attachments(w, n, batch, err) != 0)
		return -1;
	if (n->fate == NOTE_READY)
		decide(w, n);
	if (n->fate != NOTE_READY || n->person_id == 0)
		return 0;
	if (read_person(w, n, batch, err) != 0)
		return -1;
	if (n->decision.person == PERSON_ADDRESS)
		return read_address(w, n, batch, err);
	return 0;
}

/* --- opening what is sealed -----------------------------------------------
 */

static json_t *open_json(const struct keeper_batch *batch, size_t slot,
			 struct err *err)
{
	const uint8_t *bytes;
	size_t len;
	json_t *json;

	if (keeper_result(batch, slot, &bytes, &len, err) != 0)
		return NULL;
	json = json_loadb((const char *)bytes, len,
			  JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(json)) {
		json_decref(json);
		(void)ERR_SET(err, ERR_CORRUPT, "sealed JSON is no object", 0);
		return NULL;
	}
	return json;
}

static const char *member(const json_t *json, const char *key)
{
	return json_string_value(json_object_get(json, key));
}

static void open_content(struct note *n, const struct keeper_batch *batch)
{
	struct err err = {0};
	json_t *text;

	if (n->content_slot == NO_SLOT)
		return;
	n->content = open_json(batch, n->content_slot, &err);
	if (n->content == NULL) {
		if (err.kind == ERR_ABSENT)
			n->fate = NOTE_DROP; /* its key was destroyed */
		else
			dead(n, "content.corrupt");
		return;
	}
	if (!n->decision.sees_text) {
		n->redacted[n->note.redacted_len++] = "text";
		return;
	}
	text = json_object_get(n->content, "text");
	n->note.text = json_string_value(text);
	n->note.text_len = json_string_length(text);
	n->note.emoji = member(n->content, "emoji");
	n->note.removed = json_is_true(json_object_get(n->content, "removed"));
}

/* A name that cannot be opened is no reason to hold a message back. */
static void open_person(struct note *n, const struct keeper_batch *batch)
{
	const uint8_t *bytes;
	size_t len;

	if (n->profile_slot != NO_SLOT)
		n->profile = open_json(batch, n->profile_slot, NULL);
	if (n->profile != NULL)
		n->note.person_name = member(n->profile, "name");
	if (n->address_slot == NO_SLOT ||
	    keeper_result(batch, n->address_slot, &bytes, &len, NULL) != 0)
		return;
	n->address = strndup((const char *)bytes, len);
	n->note.person_address = n->address;
}

static void open_attachments(struct note *n, const struct keeper_batch *batch)
{
	if (n->attached_len > 0 && !n->decision.sees_attachments) {
		n->redacted[n->note.redacted_len++] = "attachments";
		return;
	}
	for (size_t i = 0; i < n->attached_len; i++) {
		struct attached *a = &n->attached[i];

		if (a->slot != NO_SLOT)
			a->media = open_json(batch, a->slot, NULL);
		if (a->media == NULL)
			continue;
		n->list[i].name = member(a->media, "name");
		n->list[i].type = member(a->media, "mime");
	}
	n->note.attachments = n->list;
	n->note.attachments_len = n->attached_len;
}

static void open_note(struct worker *w, struct note *n,
		      const struct keeper_batch *batch)
{
	open_content(n, batch);
	if (n->fate != NOTE_READY)
		return;
	open_person(n, batch);
	open_attachments(n, batch);
	n->note.redacted = n->redacted;
	public_id(w, ID_PERSON, n->person_id, &n->person, &n->note.person);
	if (n->person_id != 0) {
		id_alias(&w->mask, n->person_id, n->alias);
		n->note.alias = n->alias;
	}
}

/* --- the whole batch ------------------------------------------------------
 */

static struct note *note_new(void)
{
	struct note *n = calloc(1, sizeof(*n));

	if (n == NULL)
		return NULL;
	n->fate = NOTE_READY;
	n->content_slot = n->profile_slot = n->address_slot = NO_SLOT;
	return n;
}

int notes_read(struct worker *w, const int64_t *rows, size_t rows_len,
	       struct note **ret_notes, struct err *err)
{
	struct keeper_batch *batch = NULL;
	int rc = -1;

	memset(ret_notes, 0, rows_len * sizeof(struct note *));
	if (keeper_batch_new(w->keeper, &batch, err) != 0)
		goto out;
	for (size_t i = 0; i < rows_len; i++) {
		ret_notes[i] = note_new();
		if (ret_notes[i] == NULL) {
			(void)ERR_SET(err, ERR_NOMEM, "out of memory", 0);
			goto out;
		}
		if (read_note(w, ret_notes[i], rows[i], batch, err) != 0)
			goto out;
	}
	if (keeper_run(batch, err) != 0)
		goto out;
	for (size_t i = 0; i < rows_len; i++)
		if (ret_notes[i]->fate == NOTE_READY)
			open_note(w, ret_notes[i], batch);
	rc = 0;
out:
	keeper_batch_free(&batch);
	for (size_t i = 0; rc != 0 && i < rows_len; i++)
		note_free(&ret_notes[i]);
	return rc;
}

void note_free(struct note **n)
{
	struct note *gone = *n;

	*n = NULL;
	if (gone == NULL)
		return;
	json_decref(gone->content);
	json_decref(gone->profile);
	for (size_t i = 0; i < gone->attached_len; i++)
		json_decref(gone->attached[i].media);
	if (gone->address != NULL) {
		sodium_memzero(gone->address, strlen(gone->address));
		free(gone->address);
	}
	sodium_memzero(gone, sizeof(*gone));
	free(gone);
}

enum note_fate note_fate(const struct note *n)
{
	return n->fate;
}

const char *note_reason(const struct note *n)
{
	return n->reason;
}

const struct helpdesk_note *note_get(const struct note *n)
{
	return &n->note;
}
