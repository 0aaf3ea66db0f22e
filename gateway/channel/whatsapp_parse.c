/* whatsapp_parse.c - a webhook body to neutral events: envelope, statuses,
 * preferences, notices.
 *
 * Source: channels.md 4.3, 5.1, 5.2, 5.4, 5.8. */
#include "whatsapp.h"

typedef void (*item_reader)(const struct whatsapp_value *v,
			    const struct jsonin *item);

struct event *whatsapp_event(const struct whatsapp_value *v,
			     enum event_kind kind)
{
	struct event *e = event_list_add(v->list, kind);

	e->account = v->account;
	return e;
}

void whatsapp_ignored(const struct whatsapp_value *v)
{
	whatsapp_event(v, EVENT_IGNORED)->field = v->field;
}

static const char *keep(struct event_list *list, const char *id)
{
	return event_list_keep(list, id, id != NULL ? strlen(id) : 0);
}

const char *whatsapp_keep_id(const struct whatsapp_value *v,
			     const struct jsonin *object, const char *key)
{
	return keep(v->list, jsonin_id(object, key));
}

const char *whatsapp_phone(const struct jsonin *object, const char *key)
{
	const char *phone = jsonin_id(object, key);

	if (phone != NULL && phone[0] == '+')
		phone++;
	return phone != NULL && phone[0] != '\0' ? phone : NULL;
}

int64_t whatsapp_error_code(const struct jsonin *object)
{
	const struct jsonin *errors = jsonin_list(object, "errors");
	int64_t code;

	JSONIN_EACH(error, errors)
		if (jsonin_int(error, "code", &code))
			return code;
	return 0;
}

/* --- statuses ------------------------------------------------------------- */

static const char *const statuses[] = {
    "sent", "delivered", "read", "played", "failed", "viewed",
};

static const char *status_known(const char *status)
{
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (status != NULL && strcmp(status, statuses[i]) == 0)
			return statuses[i];
	return NULL;
}

static bool for_a_group(const struct jsonin *s)
{
	const char *type = jsonin_id(s, "recipient_type");

	return type != NULL && strcmp(type, "group") == 0;
}

static void read_status(const struct whatsapp_value *v, const struct jsonin *s)
{
	const char *status = status_known(jsonin_id(s, "status"));
	bool group = for_a_group(s);
	struct event *e;

	if (status == NULL || jsonin_id(s, "id") == NULL) {
		whatsapp_ignored(v);
		return;
	}
	e = whatsapp_event(v, EVENT_STATUS);
	e->id = whatsapp_keep_id(v, s, "id");
	e->status = status;
	e->ts_ms = jsonin_time_ms(s, "timestamp");
	e->ref = whatsapp_keep_id(v, s, "biz_opaque_callback_data");
	e->error = whatsapp_error_code(s);
	e->withdraw_marketing = whatsapp_error_stops(e->error);
	e->has_party = e->party_is_recipient = true;
	event_party_add(v->list, &e->party, "bsuid",
			jsonin_id(s, group ? "recipient_participant_user_id"
					   : "recipient_user_id"));
	event_party_add(v->list, &e->party, "phone",
			whatsapp_phone(s, group ? "recipient_participant_id"
						: "recipient_id"));
	if (group)
		e->group = whatsapp_keep_id(v, s, "recipient_id");
}

static void read_error(const struct whatsapp_value *v,
		       const struct jsonin *item)
{
	struct event *e;

	if (!jsonin_is_object(item)) {
		whatsapp_ignored(v);
		return;
	}
	e = whatsapp_event(v, EVENT_CHANNEL_ERROR);
	e->code_only = true;
	if (!jsonin_int(item, "code", &e->error))
		e->error = 0;
}

/* --- permissions ---------------------------------------------------------- */

/* Only words known to mean it count; anything else is no consent. */
static enum event_kind preference(const char *category, const char *value)
{
	if (category == NULL || value == NULL ||
	    strcmp(category, "marketing_messages") != 0)
		return EVENT_PREFERENCE_UNKNOWN;
	if (strcmp(value, "stop") == 0)
		return EVENT_OPTOUT;
	if (strcmp(value, "resume") == 0 || strcmp(value, "signup") == 0)
		return EVENT_OPTIN_SIGNAL;
	return EVENT_PREFERENCE_UNKNOWN;
}

static void read_preference(const struct whatsapp_value *v,
			    const struct jsonin *p)
{
	const char *category = jsonin_id(p, "category");
	const char *bsuid = jsonin_id(p, "user_id");
	const char *phone = whatsapp_phone(p, "wa_id");
	struct event *e;

	if (bsuid == NULL && phone == NULL) {
		whatsapp_ignored(v);
		return;
	}
	e = whatsapp_event(v, preference(category, jsonin_id(p, "value")));
	if (category != NULL && strcmp(category, "marketing_messages") == 0)
		e->purpose = "marketing";
	e->ts_ms = jsonin_time_ms(p, "timestamp");
	e->has_party = true;
	event_party_add(v->list, &e->party, "bsuid", bsuid);
	event_party_add(v->list, &e->party, "phone", phone);
}

/* --- a changed user id, as a field of its own ------------------------------
 */

static void read_user_id_update(const struct whatsapp_value *v,
				const struct jsonin *u)
{
	const struct jsonin *ids = jsonin_object(u, "user_id");
	const char *old = jsonin_id(ids, "previous");
	const char *new = jsonin_id(ids, "current");
	struct event *e;

	if (new == NULL) {
		whatsapp_ignored(v);
		return;
	}
	e = whatsapp_event(v, EVENT_IDENTITY_CHANGED);
	e->ts_ms = jsonin_time_ms(u, "timestamp");
	e->has_party = true;
	event_party_add(v->list, &e->party, "bsuid", old);
	event_party_add(v->list, &e->party, "phone",
			whatsapp_phone(u, "wa_id"));
	event_party_add(v->list, &e->new_party, "bsuid", new);
	event_party_add(v->list, &e->old_party, "bsuid", old);
}

/* --- notices for the operator --------------------------------------------- */

/* Each notice names what happened under one of these. */
static const char *const notice_keys[] = {
    "event",	    "status", "decision", "alert_type", "new_quality_score",
    "new_category",
};

static void read_notice(const struct whatsapp_value *v)
{
	struct event *e = whatsapp_event(v, EVENT_ACCOUNT_NOTICE);

	e->field = v->field;
	for (size_t i = 0; i < sizeof(notice_keys) / sizeof(notice_keys[0]) &&
			   e->event == NULL;
	     i++)
		e->event = whatsapp_keep_id(v, v->value, notice_keys[i]);
}

static const char *const notices[] = {
    "account_update",
    "account_alerts",
    "account_review_update",
    "phone_number_quality_update",
    "phone_number_name_update",
    "business_capability_update",
    "message_template_status_update",
    "message_template_quality_update",
    "template_category_update",
    "security",
    "business_username_update",
};

static bool is_notice(const char *field)
{
	for (size_t i = 0; i < sizeof(notices) / sizeof(notices[0]); i++)
		if (strcmp(field, notices[i]) == 0)
			return true;
	return false;
}

/* --- envelope ------------------------------------------------------------- */

/* Lists with content for us; the order is the order of their events. */
static const struct {
	const char *field, *key;
	item_reader read;
} lists[] = {
    {"messages", "errors", read_error},
    {"messages", "messages", whatsapp_parse_message},
    {"messages", "statuses", read_status},
    {"user_preferences", "user_preferences", read_preference},
    {"smb_message_echoes", "errors", read_error},
    {"smb_message_echoes", "message_echoes", whatsapp_parse_echo},
    {"user_id_update", "user_id_update", read_user_id_update},
};

static void read_lists(const struct whatsapp_value *v)
{
	size_t before = v->list->events_len;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		const struct jsonin *items;

		if (strcmp(v->field, lists[i].field) != 0)
			continue;
		items = jsonin_list(v->value, lists[i].key);
		JSONIN_EACH(item, items)
			lists[i].read(v, item);
	}
	if (v->list->events_len == before)
		whatsapp_ignored(v);
}

static void read_change(struct event_list *list, const char *entry_id,
			const struct jsonin *change)
{
	struct whatsapp_value v = {.list = list};
	const struct jsonin *metadata;
	const char *account;

	v.value = jsonin_object(change, "value");
	metadata = jsonin_object(v.value, "metadata");
	account = jsonin_id(metadata, "phone_number_id");
	v.account = keep(list, account != NULL ? account : entry_id);
	v.field = whatsapp_keep_id(&v, change, "field");
	if (v.value == NULL || v.field == NULL)
		whatsapp_ignored(&v);
	else if (is_notice(v.field))
		read_notice(&v);
	else
		read_lists(&v);
}

static void read_entry(struct event_list *list, const struct jsonin *entry)
{
	const char *id = jsonin_id(entry, "id");
	const struct jsonin *changes = jsonin_list(entry, "changes");
	struct whatsapp_value v = {.list = list};

	JSONIN_EACH(change, changes)
		read_change(list, id, change);
	if (jsonin_first(changes) != NULL)
		return;
	v.account = keep(list, id);
	whatsapp_ignored(&v);
}

static int read_root(struct event_list *list, const struct jsonin *root,
		     struct err *err)
{
	const char *object = jsonin_id(root, "object");
	const struct jsonin *entries = jsonin_list(root, "entry");

	if (object == NULL || strcmp(object, "whatsapp_business_account") != 0)
		return ERR_SET(err, ERR_INPUT,
			       "\"object\" is not this provider's", 0);
	if (entries == NULL)
		return ERR_SET(err, ERR_INPUT, "no list \"entry\"", 0);
	JSONIN_EACH(entry, entries)
		read_entry(list, entry);
	return event_list_check(list, err);
}

int whatsapp_parse(const uint8_t *body, size_t body_len,
		   struct event_list **ret, struct err *err)
{
	struct event_list *list = NULL;
	struct jsonin *root = NULL;
	int rc = -1;

	if (body_len > WHATSAPP_BODY_MAX)
		return ERR_SET(err, ERR_INPUT, "body too large", 0);
	if (jsonin_read(body, body_len, &root, err) != 0)
		return -1;
	list = event_list_new();
	if (list == NULL) {
		ERR_SET(err, ERR_NOMEM, "no memory for events", 0);
		goto out;
	}
	if (read_root(list, root, err) != 0)
		goto out;
	*ret = list;
	list = NULL;
	rc = 0;
out:
	event_list_free(&list);
	jsonin_free(&root);
	return rc;
}
