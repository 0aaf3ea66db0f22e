/* whatsapp_parse_messages.c - members of messages[] and message_echoes[].
 *
 * Source: channels.md 5.2, 5.3. */
#include "whatsapp.h"

/* --- who wrote it --------------------------------------------------------- */

static bool same(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/*
 * The contact of a message: found by user id or phone, not by position.  The
 * only contact there is belongs to it even if its wa_id differs (it may, for
 * some countries), but not if it names another user id.
 */
static const struct jsonin *contact_of(const struct jsonin *value,
				       const struct jsonin *m)
{
	const struct jsonin *contacts = jsonin_list(value, "contacts");
	const char *bsuid = jsonin_id(m, "from_user_id");
	const char *phone = whatsapp_phone(m, "from");
	const struct jsonin *only;

	JSONIN_EACH(c, contacts)
		if (same(jsonin_id(c, "user_id"), bsuid))
			return c;
	JSONIN_EACH(c, contacts)
		if (same(whatsapp_phone(c, "wa_id"), phone) &&
		    (bsuid == NULL || jsonin_id(c, "user_id") == NULL))
			return c;
	only = jsonin_first(contacts);
	if (only == NULL || jsonin_next(contacts, only) != NULL)
		return NULL;
	if (bsuid != NULL && jsonin_id(only, "user_id") != NULL)
		return NULL;
	return only;
}

static const char *username_of(const struct jsonin *profile)
{
	const char *name = jsonin_id(profile, "username");

	if (name != NULL && name[0] == '@')
		name++;
	return name != NULL && name[0] != '\0' ? name : NULL;
}

static const char *keep(const struct whatsapp_value *v, const char *text)
{
	return event_list_keep(v->list, text, text != NULL ? strlen(text) : 0);
}

static void read_sender(const struct whatsapp_value *v, struct event *e,
			const struct jsonin *m, const char *not_bsuid)
{
	const struct jsonin *contact = contact_of(v->value, m);
	const struct jsonin *profile = jsonin_object(contact, "profile");
	const char *bsuid = jsonin_id(m, "from_user_id");
	const char *phone = whatsapp_phone(m, "from");

	if (bsuid == NULL)
		bsuid = jsonin_id(contact, "user_id");
	if (phone == NULL)
		phone = whatsapp_phone(contact, "wa_id");
	if (same(bsuid, not_bsuid))
		bsuid = NULL;
	e->has_party = true;
	event_party_add(v->list, &e->party, "bsuid", bsuid);
	event_party_add(v->list, &e->party, "phone", phone);
	e->party.username = keep(v, username_of(profile));
	e->party.name = whatsapp_keep_id(v, profile, "name");
}

/* --- what was written ----------------------------------------------------- */

/* What of each type leaves the driver: one text below <type>{}, a media id. */
static const struct content {
	const char *type, *text;
	bool media;
} contents[] = {
    {"text", "body", false},	   {"image", "caption", true},
    {"video", "caption", true},	   {"audio", "caption", true},
    {"document", "caption", true}, {"sticker", NULL, true},
    {"location", NULL, false},	   {"contacts", NULL, false},
    {"interactive", NULL, false},  {"button", "text", false},
    {"order", "text", false},
};

static const struct content *content_of(const char *type)
{
	for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++)
		if (same(type, contents[i].type))
			return &contents[i];
	return NULL;
}

static void read_text(const struct whatsapp_value *v, struct event *e,
		      const struct jsonin *object, const char *key)
{
	size_t len;
	const char *text = jsonin_text(object, key, &len);

	if (text == NULL || len == 0)
		return;
	e->text = event_list_keep(v->list, text, len);
	e->text_len = len;
}

static void read_interactive(const struct whatsapp_value *v, struct event *e,
			     const struct jsonin *interactive)
{
	static const char *const replies[] = {"button_reply", "list_reply"};

	for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++)
		read_text(v, e, jsonin_object(interactive, replies[i]),
			  "title");
}

static void read_media(const struct whatsapp_value *v, struct event *e,
		       const struct jsonin *object)
{
	e->media.id = whatsapp_keep_id(v, object, "id");
	e->media.mime = whatsapp_keep_id(v, object, "mime_type");
	e->media.sha256 = whatsapp_keep_id(v, object, "sha256");
	e->media.name = whatsapp_keep_id(v, object, "filename");
	if (!jsonin_int(object, "file_size", &e->media.bytes) ||
	    e->media.bytes < 0)
		e->media.bytes = -1;
}

/* type, text and media of a message, or of the one inside an edit. */
static void read_content(const struct whatsapp_value *v, struct event *e,
			 const struct jsonin *m)
{
	const struct content *content = content_of(jsonin_id(m, "type"));
	const struct jsonin *object;

	if (content == NULL) {
		e->type = "unsupported";
		return;
	}
	e->type = content->type;
	object = jsonin_object(m, content->type);
	if (content->text != NULL)
		read_text(v, e, object, content->text);
	if (content->media)
		read_media(v, e, object);
	if (same(content->type, "interactive"))
		read_interactive(v, e, object);
}

/* --- the kinds ------------------------------------------------------------ */

static struct event *begin(const struct whatsapp_value *v,
			   const struct jsonin *m, enum event_kind kind,
			   const char *not_bsuid)
{
	struct event *e = whatsapp_event(v, kind);

	e->id = whatsapp_keep_id(v, m, "id");
	e->ts_ms = jsonin_time_ms(m, "timestamp");
	e->group = whatsapp_keep_id(v, m, "group_id");
	read_sender(v, e, m, not_bsuid);
	return e;
}

static void read_plain(const struct whatsapp_value *v, const struct jsonin *m)
{
	struct event *e = begin(v, m, EVENT_MESSAGE, NULL);

	read_content(v, e, m);
	e->reply_to = whatsapp_keep_id(v, jsonin_object(m, "context"), "id");
	e->error = whatsapp_error_code(m);
}

static void read_reaction(const struct whatsapp_value *v,
			  const struct jsonin *m)
{
	const struct jsonin *reaction = jsonin_object(m, "reaction");
	const char *emoji = jsonin_id(reaction, "emoji");
	size_t len = 0;
	struct event *e;

	/* An emoji that is there but no text must not pass for a removal. */
	if (jsonin_id(reaction, "message_id") == NULL ||
	    (emoji == NULL && jsonin_text(reaction, "emoji", &len) != NULL &&
	     len > 0)) {
		whatsapp_ignored(v);
		return;
	}
	e = begin(v, m, EVENT_REACTION, NULL);
	e->target = whatsapp_keep_id(v, reaction, "message_id");
	e->emoji = keep(v, emoji);
	e->removed = emoji == NULL;
}

static void read_edit(const struct whatsapp_value *v, const struct jsonin *m)
{
	const struct jsonin *edit = jsonin_object(m, "edit");
	const struct jsonin *inner = jsonin_object(edit, "message");
	struct event *e;

	if (jsonin_id(edit, "original_message_id") == NULL || inner == NULL) {
		whatsapp_ignored(v);
		return;
	}
	e = begin(v, m, EVENT_EDIT, NULL);
	e->target = whatsapp_keep_id(v, edit, "original_message_id");
	read_content(v, e, inner);
	/* An edit changes words; the picture stays the one already here. */
	e->media = (struct event_media){.bytes = -1};
}

static void read_revoke(const struct whatsapp_value *v, const struct jsonin *m)
{
	const struct jsonin *revoke = jsonin_object(m, "revoke");

	if (jsonin_id(revoke, "original_message_id") == NULL) {
		whatsapp_ignored(v);
		return;
	}
	begin(v, m, EVENT_DELETE, NULL)->target =
	    whatsapp_keep_id(v, revoke, "original_message_id");
}

static void read_changed(const struct whatsapp_value *v, const struct jsonin *m,
			 const struct jsonin *system)
{
	const char *phone = whatsapp_phone(system, "wa_id");
	const char *bsuid = jsonin_id(system, "user_id");
	struct event *e;

	if (phone == NULL)
		phone = whatsapp_phone(system, "new_wa_id");
	if (phone == NULL && bsuid == NULL) {
		whatsapp_ignored(v);
		return;
	}
	/* A contact beside it may already show the new id. */
	e = begin(v, m, EVENT_IDENTITY_CHANGED, bsuid);
	event_party_add(v->list, &e->new_party, "bsuid", bsuid);
	event_party_add(v->list, &e->new_party, "phone", phone);
	event_party_add(v->list, &e->old_party, "bsuid",
			jsonin_id(system, "previous_user_id"));
}

static void read_system(const struct whatsapp_value *v, const struct jsonin *m)
{
	const struct jsonin *system = jsonin_object(m, "system");
	const char *type = jsonin_id(system, "type");

	if (same(type, "customer_identity_changed"))
		begin(v, m, EVENT_IDENTITY_KEY_CHANGED, NULL);
	else if (same(type, "user_changed_number") ||
		 same(type, "customer_changed_number") ||
		 same(type, "user_changed_user_id"))
		read_changed(v, m, system);
	else
		whatsapp_ignored(v);
}

static const struct {
	const char *type;
	void (*read)(const struct whatsapp_value *v, const struct jsonin *m);
} kinds[] = {
    {"reaction", read_reaction},
    {"edit", read_edit},
    {"revoke", read_revoke},
    {"system", read_system},
};

/* A message nobody sent belongs to no conversation. */
static bool has_sender(const struct whatsapp_value *v, const struct jsonin *m)
{
	const struct jsonin *contact = contact_of(v->value, m);

	return jsonin_id(m, "from_user_id") != NULL ||
	       whatsapp_phone(m, "from") != NULL ||
	       jsonin_id(contact, "user_id") != NULL ||
	       whatsapp_phone(contact, "wa_id") != NULL;
}

void whatsapp_parse_message(const struct whatsapp_value *v,
			    const struct jsonin *m)
{
	const char *type = jsonin_id(m, "type");

	if (jsonin_id(m, "id") == NULL ||
	    (!has_sender(v, m) && !same(type, "system"))) {
		whatsapp_ignored(v);
		return;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (same(type, kinds[i].type)) {
			kinds[i].read(v, m);
			return;
		}
	}
	read_plain(v, m);
}

/* --- echoes --------------------------------------------------------------- */

static void read_echo_target(const struct whatsapp_value *v, struct event *e,
			     const struct jsonin *m, const char *type)
{
	const struct jsonin *object = jsonin_object(m, type);
	bool edit = same(type, "edit");

	if (edit)
		read_content(v, e, jsonin_object(object, "message"));
	e->type = edit ? "edit" : "revoke";
	e->target = whatsapp_keep_id(v, object, "original_message_id");
}

void whatsapp_parse_echo(const struct whatsapp_value *v, const struct jsonin *m)
{
	const char *type = jsonin_id(m, "type");
	const char *phone = whatsapp_phone(m, "to");
	const char *bsuid = jsonin_id(m, "to_user_id");
	const struct jsonin *reaction = jsonin_object(m, "reaction");
	struct event *e;

	if (jsonin_id(m, "id") == NULL || (phone == NULL && bsuid == NULL)) {
		whatsapp_ignored(v);
		return;
	}
	e = whatsapp_event(v, EVENT_ECHO);
	e->quiet = true;
	e->id = whatsapp_keep_id(v, m, "id");
	e->ts_ms = jsonin_time_ms(m, "timestamp");
	e->to = keep(v, phone != NULL ? phone : bsuid);
	e->has_party = e->party_is_recipient = true;
	event_party_add(v->list, &e->party, "bsuid", bsuid);
	event_party_add(v->list, &e->party, "phone", phone);
	e->reply_to = whatsapp_keep_id(v, jsonin_object(m, "context"), "id");
	if (same(type, "edit") || same(type, "revoke")) {
		read_echo_target(v, e, m, type);
	} else if (same(type, "reaction")) {
		e->type = "reaction";
		e->target = whatsapp_keep_id(v, reaction, "message_id");
		e->emoji = whatsapp_keep_id(v, reaction, "emoji");
		e->removed = e->emoji == NULL;
	} else {
		read_content(v, e, m);
	}
}
