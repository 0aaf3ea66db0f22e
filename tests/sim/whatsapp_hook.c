/* whatsapp_hook.c - webhooks out: escaped like Meta's, signed over exactly
 * those bytes, batched, repeated, reordered, tried again until 200. */
#include "whatsapp.h"

#include <sodium.h>

char *provider_id(struct provider *p, char ret[64])
{
	uint8_t raw[24];

	p->serial++;
	randombytes_buf(raw, sizeof(raw));
	memcpy(ret, "wamid.", 6);
	sodium_bin2base64(ret + 6, 58, raw, sizeof(raw),
			  sodium_base64_VARIANT_ORIGINAL);
	return ret;
}

json_t *hook_value(const struct provider *p)
{
	return json_pack("{s:s, s:{s:s, s:s}}", "messaging_product", "whatsapp",
			 "metadata", "display_phone_number", "4930901820",
			 "phone_number_id", p->account);
}

void hook_add(struct provider *p, const char *field, json_t *value,
	      int64_t due_ms)
{
	struct hook_item *item = calloc(1, sizeof(*item));

	if (item == NULL)
		abort();
	item->value = value;
	item->due_ms = due_ms;
	snprintf(item->field, sizeof(item->field), "%s", field);
	*p->items_end = item;
	p->items_end = &item->next;
	pthread_cond_signal(&p->wake);
}

char *sim_whatsapp_envelope(const char *account, json_t *changes)
{
	json_t *root = json_pack("{s:s, s:[{s:s, s:o}]}", "object",
				 "whatsapp_business_account", "entry", "id",
				 "215589313241560883", "changes", changes);
	char *text;

	(void)account;
	/* Meta sends ASCII with escapes, slashes escaped as well. */
	text = json_dumps(root,
			  JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ESCAPE_SLASH);
	json_decref(root);
	return text;
}

char *sim_whatsapp_text(const char *account, const char *phone,
			const char *name, const char *wamid, int64_t ts_s,
			const char *text)
{
	char ts[24];
	json_t *value;

	snprintf(ts, sizeof(ts), "%lld", (long long)ts_s);
	value = json_pack(
	    "{s:s, s:{s:s, s:s}, s:[{s:{s:s}, s:s}],"
	    " s:[{s:s, s:s, s:s, s:s, s:{s:s}}]}",
	    "messaging_product", "whatsapp", "metadata", "display_phone_number",
	    "4930901820", "phone_number_id", account, "contacts", "profile",
	    "name", name, "wa_id", phone, "messages", "from", phone, "id",
	    wamid, "timestamp", ts, "type", "text", "text", "body", text);
	return sim_whatsapp_envelope(
	    account,
	    json_pack("[{s:o, s:s}]", "value", value, "field", "messages"));
}

/* Takes up to batch due items out of the queue. */
static struct hook_item *take_due(struct provider *p, int64_t now_ms)
{
	struct hook_item *taken = NULL, **taken_end = &taken;
	struct hook_item **at = &p->items;
	json_int_t n = 0;

	while (*at != NULL && n < p->how.batch) {
		struct hook_item *item = *at;

		if (item->due_ms > now_ms) {
			at = &item->next;
			continue;
		}
		*at = item->next;
		item->next = NULL;
		if (p->how.reorder && (sim_random(&p->seed) & 1) != 0) {
			item->next = taken;
			if (taken == NULL)
				taken_end = &item->next;
			taken = item;
		} else {
			*taken_end = item;
			taken_end = &item->next;
		}
		n++;
	}
	p->items_end = &p->items;
	while (*p->items_end != NULL)
		p->items_end = &(*p->items_end)->next;
	return taken;
}

static long post(struct provider *p, const struct hook_item *items)
{
	json_t *changes = json_array();
	char signature[72], header[128];
	const char *headers[3] = {"Content-Type: application/json", header,
				  NULL};
	char *body;
	long status;

	for (; items != NULL; items = items->next)
		json_array_append_new(changes, json_pack("{s:O, s:s}", "value",
							 items->value, "field",
							 items->field));
	body = sim_whatsapp_envelope(p->account, changes);
	sim_sign_meta(p->secret, body, strlen(body), signature);
	snprintf(header, sizeof(header), "X-Hub-Signature-256: %s", signature);
	status =
	    sim_call("POST", p->hook, headers, body, strlen(body), NULL, NULL);
	free(body);
	return status;
}

static void settle(struct provider *p, struct hook_item *items, long status)
{
	int64_t now_ms = sim_now_ms();

	while (items != NULL) {
		struct hook_item *next = items->next;
		bool again = status != 200;

		items->next = NULL;
		if (status == 200 && items->attempts < 1000 &&
		    (json_int_t)(sim_random(&p->seed) % 100) <
			p->how.repeat_percent) {
			again = true;
			items->attempts = 1000; /* repeated once is enough */
		}
		if (again) {
			int shift = items->attempts < 6 ? items->attempts : 6;

			if (status != 200)
				items->attempts++;
			items->due_ms = now_ms + (50 << shift);
			*p->items_end = items;
			p->items_end = &items->next;
		} else {
			json_decref(items->value);
			free(items);
		}
		items = next;
	}
}

static void *hook_thread(void *ctx)
{
	struct provider *p = ctx;

	pthread_mutex_lock(&p->lock);
	for (;;) {
		struct hook_item *items = take_due(p, sim_now_ms());
		long status;

		if (items == NULL) {
			struct timespec until;

			clock_gettime(CLOCK_REALTIME, &until);
			until.tv_nsec += 20000000;
			if (until.tv_nsec >= 1000000000) {
				until.tv_nsec -= 1000000000;
				until.tv_sec++;
			}
			pthread_cond_timedwait(&p->wake, &p->lock, &until);
			continue;
		}
		p->attempts++;
		pthread_mutex_unlock(&p->lock);
		status = post(p, items);
		pthread_mutex_lock(&p->lock);
		if (status == 200)
			p->acked++;
		else
			p->refused++;
		settle(p, items, status);
	}
	return NULL;
}

void hook_start(struct provider *p)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, hook_thread, p) != 0)
		abort();
	pthread_detach(thread);
}
