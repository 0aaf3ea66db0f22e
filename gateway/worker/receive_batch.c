/* receive_batch.c - a batch of bodies: opened, parsed, indexed. */
#include "inbound.h"

#include "content.h"
#include "decide.h"
#include "consent_receive.h"
#include "postern/log.h"

int keeper_failed(struct err *err)
{
	err->kind = ERR_BUSY;
	return -1;
}

void batch_free(struct batch *b)
{
	for (size_t i = 0; i < b->items_len; i++) {
		event_list_free(&b->items[i].events);
		if (b->items[i].raw != NULL)
			sodium_memzero(b->items[i].raw, b->items[i].clear_len);
		free(b->items[i].raw);
	}
	consent_batch_free(b);
	keeper_batch_free(&b->opened);
	keeper_batch_free(&b->indexed);
	keeper_batch_free(&b->sealed);
	identity_free(&b->identity);
	buf_free(&b->clear);
	buf_free(&b->normal);
	buf_free(&b->unlinked);
	free(b->settled);
	free(b->autos);
	free(b->planned);
	free(b->steps);
	free(b->items);
	*b = (struct batch){0};
}

/* --- round 1 -------------------------------------------------------------- */

/* What could not be opened is kept as it lies in the spool, with the box its
 * key is in: the AAD is in the row. */
static int keep_unopened(struct inbound_item *item, const char *reason,
			 struct err *err)
{
	const struct spool_record *record = &item->spool->record;

	item->quarantine = reason;
	item->unopened = true;
	item->clear_len = SPOOL_BOX_BYTES + record->payload_len;
	item->raw = malloc(item->clear_len);
	if (item->raw == NULL)
		return ERR_SET(err, ERR_NOMEM, "unopened body", 0);
	memcpy(item->raw, item->spool->box, SPOOL_BOX_BYTES);
	memcpy(item->raw + SPOOL_BOX_BYTES, record->payload,
	       record->payload_len);
	item->clear = item->raw;
	return 0;
}

static int take_opened(struct batch *b, struct inbound_item *item, size_t slot,
		       struct err *err)
{
	if (keeper_result(b->opened, slot, &item->clear, &item->clear_len,
			  err) == 0)
		return 0;
	return keep_unopened(
	    item, err->kind == ERR_ABSENT ? "spool.key_gone" : "spool.damaged",
	    err);
}

static int open_items(struct batch *b, struct err *err)
{
	uint8_t aad[SPOOL_AAD_BYTES];
	size_t *slots, aad_len;
	int rc = -1;

	slots = calloc(b->items_len, sizeof(*slots));
	if (slots == NULL)
		return ERR_SET(err, ERR_NOMEM, "slots", 0);
	if (keeper_batch_new(b->w->keeper, &b->opened, err) != 0)
		goto out;
	for (size_t i = 0; i < b->items_len; i++) {
		const struct spool_item *spool = b->items[i].spool;

		aad_len = spool_aad(&spool->record.channel,
				    spool->record.received_ms, aad);
		slots[i] = keeper_add_open_spool(
		    b->opened, spool->box, SPOOL_BOX_BYTES, aad, aad_len,
		    spool->record.payload, spool->record.payload_len);
	}
	if (keeper_run(b->opened, err) != 0) {
		(void)keeper_failed(err);
		goto out;
	}
	for (size_t i = 0; i < b->items_len; i++)
		if (take_opened(b, &b->items[i], slots[i], err) != 0)
			goto out;
	rc = 0;
out:
	free(slots);
	return rc;
}

static int parse_item(struct batch *b, struct inbound_item *item,
		      struct err *err)
{
	const struct channel_driver *driver;
	struct err why = {0};

	item->channel_index = worker_channel_index(b->w, item->channel.text);
	if (item->channel_index < 0) {
		item->quarantine = "channel.unknown";
		return 0;
	}
	if (item->one_click)
		return consent_click_parse(b->w, item, err);
	item->quarantine = decide_quarantine(b->w, &item->channel);
	if (item->quarantine != NULL)
		return 0;
	driver = b->w->channels[item->channel_index]->driver;
	if (driver->parse(item->clear, item->clear_len, &item->events, &why) ==
	    0)
		return 0;
	if (why.kind == ERR_NOMEM) {
		*err = why;
		return -1;
	}
	item->quarantine = "body.not_understood";
	return 0;
}

static enum step_kind kind_of(const struct event *e)
{
	switch (e->kind) {
	case EVENT_MESSAGE:
	case EVENT_POSTBACK:
	case EVENT_REACTION:
	case EVENT_ENCRYPTED: /* the helpdesk learns that there was one */
	case EVENT_UNDECRYPTABLE:
		return STEP_MESSAGE;
	case EVENT_ECHO: /* without its text there is nothing to keep */
		return e->text != NULL && e->has_party ? STEP_MESSAGE
						       : STEP_IGNORED;
	case EVENT_EDIT:
		return STEP_EDIT;
	case EVENT_DELETE:
		return STEP_DELETE;
	case EVENT_STATUS:
		return STEP_STATUS;
	case EVENT_READ:
	case EVENT_DELIVERY_WATERMARK:
		return e->watermark ? STEP_WATERMARK : STEP_STATUS;
	case EVENT_OPTOUT:
	case EVENT_BLOCKED:
	case EVENT_OPTIN_SIGNAL:
	case EVENT_SUBSCRIBED:
	case EVENT_UNBLOCKED:
		return STEP_CONSENT;
	case EVENT_IDENTITY_CHANGED:
		return STEP_IDENTITY;
	default:
		return STEP_IGNORED;
	}
}

/* T4: the account inside must be the one the path belongs to. */
static bool foreign(const struct batch *b, const struct inbound_item *item,
		    const struct event *e)
{
	const struct settings_channel *conf =
	    &b->w->settings->channels[item->channel_index];
	const struct channel_driver *driver =
	    b->w->channels[item->channel_index]->driver;

	return driver->account_key != NULL &&
	       (e->account == NULL ||
		strcmp(e->account, refkey_account(conf, driver)) != 0);
}

static void note_ignored(struct batch *b, const struct event *e)
{
	b->counts.ignored++;
	LOG(e->kind == EVENT_IGNORED ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO,
	    "receive.ignored", log_table("kind", event_kind_name(e->kind)),
	    LOG_NUM("code", e->error));
}

static void make_steps_of(struct batch *b, struct inbound_item *item)
{
	struct step *s;

	for (size_t i = 0; i < item->events->events_len; i++) {
		const struct event *e = &item->events->events[i];
		enum step_kind kind = kind_of(e);

		b->counts.events++;
		if (kind == STEP_IGNORED) {
			note_ignored(b, e);
			continue;
		}
		if (!item->one_click && foreign(b, item, e)) {
			b->counts.foreign++;
			continue;
		}
		s = &b->steps[b->steps_len++];
		*s = (struct step){.kind = kind, .event = e, .item = item};
		s->ref_slot = s->target_slot = s->edit_slot = NO_SLOT;
		s->content_slot = s->media_slot = s->profile_slot = NO_SLOT;
		s->kept_slots[0] = s->kept_slots[1] = NO_SLOT;
	}
}

static int make_steps(struct batch *b, struct err *err)
{
	size_t events = 0;

	for (size_t i = 0; i < b->items_len; i++)
		if (b->items[i].events != NULL)
			events += b->items[i].events->events_len;
	b->steps = calloc(events > 0 ? events : 1, sizeof(*b->steps));
	b->planned = calloc(events > 0 ? events : 1, sizeof(*b->planned));
	if (b->steps == NULL || b->planned == NULL)
		return ERR_SET(err, ERR_NOMEM, "steps", 0);
	for (size_t i = 0; i < b->items_len; i++)
		if (b->items[i].events != NULL)
			make_steps_of(b, &b->items[i]);
	return 0;
}

int batch_open(struct batch *b, struct err *err)
{
	b->clear = BUF_INIT(CONTENT_BYTES_MAX);
	b->normal = BUF_INIT(CONTENT_BYTES_MAX);
	b->unlinked = BUF_INIT(1024 * 1024);
	b->identity.w = b->w;
	/* A replayed body comes open. */
	if (b->replay == 0 && open_items(b, err) != 0)
		return -1;
	for (size_t i = 0; i < b->items_len; i++)
		if (b->items[i].quarantine == NULL &&
		    parse_item(b, &b->items[i], err) != 0)
			return -1;
	return make_steps(b, err);
}

/* --- round 2 -------------------------------------------------------------- */

static void add_party(struct batch *b, const struct party *party, size_t *slots)
{
	const char *country = b->w->settings->controller.country;

	for (size_t i = 0; i < party->addresses_len; i++) {
		const struct party_address *a = &party->addresses[i];

		slots[i] = keeper_add_index(b->indexed, a->kind, country,
					    a->text, strlen(a->text));
	}
}

void batch_party(const struct batch *b, const struct party *party,
		 const size_t *slots, struct identity_party *ret)
{
	const uint8_t *hash;
	struct err ignored;
	size_t len;

	*ret = (struct identity_party){0};
	for (size_t i = 0; i < party->addresses_len; i++)
		if (keeper_result(b->indexed, slots[i], &hash, &len,
				  &ignored) == 0 &&
		    len == IDENTITY_HASH_BYTES)
			identity_party_add(ret, party->addresses[i].kind,
					   party->addresses[i].text, hash);
}

static size_t add_ref(struct batch *b, const char *account, const char *id,
		      const char *more)
{
	const char *parts[] = {account, id, more};

	return refkey_add(b->indexed, parts, more != NULL ? 3 : 2);
}

/* Events that carry no id of their own, or that of their target, are known
 * again by everything they say. */
static size_t add_full_ref(struct batch *b, const struct step *s,
			   const char *account)
{
	const struct event *e = s->event;
	char ts[24];
	const char *parts[] = {
	    account,
	    event_kind_name(e->kind),
	    e->id,
	    ts,
	    e->target,
	    e->purpose,
	    e->payload,
	    e->emoji,
	    e->removed ? "removed" : "",
	    e->text,
	    e->party.addresses_len > 0 ? e->party.addresses[0].text : NULL,
	    e->new_party.addresses_len > 0 ? e->new_party.addresses[0].text
					   : NULL,
	};

	(void)snprintf(ts, sizeof(ts), "%lld", (long long)e->ts_ms);
	return refkey_add(b->indexed, parts, sizeof(parts) / sizeof(parts[0]));
}

static size_t add_status_ref(struct batch *b, const struct event *e,
			     const char *account)
{
	const char *parts[] = {
	    account,
	    e->id != NULL ? e->id : e->ref,
	    e->kind == EVENT_STATUS ? e->status : "read",
	    e->party.addresses_len > 0 ? e->party.addresses[0].text : NULL,
	};

	return refkey_add(b->indexed, parts, 4);
}

static void add_step(struct batch *b, struct step *s)
{
	const struct event *e = s->event;
	const char *account =
	    refkey_account(&b->w->settings->channels[s->item->channel_index],
			   b->w->channels[s->item->channel_index]->driver);
	const char *target = e->target != NULL ? e->target : e->reply_to;
	bool own_id = e->id != NULL &&
		      (e->target == NULL || strcmp(e->id, e->target) != 0);

	add_party(b, &e->party, s->party_slots);
	switch (s->kind) {
	case STEP_MESSAGE:
		s->ref_slot = own_id ? add_ref(b, account, e->id, NULL)
				     : add_full_ref(b, s, account);
		if (target != NULL)
			s->target_slot = add_ref(b, account, target, NULL);
		break;
	case STEP_EDIT:
	case STEP_DELETE:
		s->ref_slot = add_full_ref(b, s, account);
		if (e->target != NULL) {
			s->target_slot = add_ref(b, account, e->target, NULL);
			s->edit_slot = add_ref(b, account, e->target, "edit");
		}
		break;
	case STEP_STATUS:
		s->ref_slot = add_status_ref(b, e, account);
		if (e->id != NULL)
			s->target_slot = add_ref(b, account, e->id, NULL);
		break;
	case STEP_IDENTITY:
		add_party(b, &e->new_party, s->fresh_slots);
		add_party(b, &e->old_party, s->old_slots);
		s->ref_slot = add_full_ref(b, s, account);
		break;
	case STEP_CONSENT:
		s->ref_slot = add_full_ref(b, s, account);
		break;
	case STEP_WATERMARK:
	case STEP_IGNORED:
		break;
	}
}

int batch_index(struct batch *b, struct err *err)
{
	if (keeper_batch_new(b->w->keeper, &b->indexed, err) != 0)
		return -1;
	for (size_t i = 0; i < b->steps_len; i++)
		add_step(b, &b->steps[i]);
	if (b->steps_len > 0 && keeper_run(b->indexed, err) != 0)
		return keeper_failed(err);
	return 0;
}
