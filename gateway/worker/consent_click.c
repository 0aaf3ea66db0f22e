/* consent_click.c - one click on an unsubscribe address.
 *
 * Source: RFC 8058; compliance 4.4, 9 W7. */
#include "channel/event_make.h"
#include "consent_receive.h"
#include "postern/unsubscribe.h"

static const char person_sql[] = "SELECT 1 FROM person WHERE id=?";

static bool read_token(const struct worker *w, const struct inbound_item *item,
		       struct unsubscribe *ret)
{
	const struct settings *s = w->settings;
	const struct secret *secret = setting_secret(
	    s->unsubscribe.values, s->unsubscribe.values_len, "secret");
	uint8_t key[UNSUBSCRIBE_KEY_BYTES];
	bool good;

	if (secret == NULL)
		return false;
	unsubscribe_key(secret->bytes, secret->len, key);
	good = unsubscribe_read(key, (const char *)item->clear, item->clear_len,
				ret) &&
	       name_equal(&ret->channel, &item->channel);
	sodium_memzero(key, sizeof(key));
	return good;
}

int consent_click_parse(struct worker *w, struct inbound_item *item,
			struct err *err)
{
	struct unsubscribe of;
	struct event_list *list;
	struct event *e;
	char id[ID_TEXT_BYTES];

	if (!read_token(w, item, &of)) {
		item->quarantine = "click.not_ours";
		return 0;
	}
	list = event_list_new();
	if (list == NULL)
		return ERR_SET(err, ERR_NOMEM, "a click", 0);
	item->events = list;
	(void)snprintf(id, sizeof(id), "per_%s", of.person);
	e = event_list_add(list, EVENT_OPTOUT);
	e->purpose = CONSENT_MARKETING;
	e->payload = event_list_keep(list, id, strlen(id));
	/* A click of another time is another event. */
	e->ts_ms = item->received_ms;
	return event_list_check(list, err);
}

int consent_click_person(struct worker *w, struct step *s, struct err *err)
{
	const char *id = s->event->payload;
	bool found = false;
	int64_t one;

	s->person = 0;
	if (id_parse(&w->mask, ID_PERSON, id, strlen(id), &s->person, NULL) !=
	    0) {
		s->person = 0; /* made by another instance with this secret */
		return 0;
	}
	if (store_one_int(w->store, person_sql, STORE_ARGS(S_INT(s->person)),
			  &one, &found, err) != 0)
		return -1;
	if (!found)
		s->person = 0;
	return 0;
}
