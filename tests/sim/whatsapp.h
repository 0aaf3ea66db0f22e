/* whatsapp.h - state of the simulated provider. */
#ifndef POSTERN_SIM_WHATSAPP_H
#define POSTERN_SIM_WHATSAPP_H

#include "sim.h"

struct media {
	struct media *next;
	char id[32], mime[96], name[128];
	uint8_t *bytes;
	size_t len;
	int64_t made_ms, address_ms; /* address_ms: url given out at */
	bool deleted;
	int fetches;
};

struct hook_item {
	struct hook_item *next;
	json_t *value;
	char field[32];
	int64_t due_ms;
	int attempts;
};

/* How the provider behaves; set by POST /control. */
struct behaviour {
	json_int_t batch;	   /* updates per POST */
	json_int_t repeat_percent; /* updates sent twice */
	bool reorder;
	json_int_t status_delay_ms;
	json_int_t media_ttl_ms;
	bool wrong_hash;     /* media bytes differ from the announced hash */
	json_t *statuses;    /* ["sent", "delivered", "read"] */
	json_t *send_errors; /* consumed one per send: code, "cut", "cut_after",
				"garbage" */
	json_int_t slow_percent; /* of the sends get 429 ... */
	char retry_after[128];	 /* ... with this Retry-After; "" none */
};

struct provider {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	const char *hook, *account, *listen;
	char *secret, *token, *verify;
	struct behaviour how;
	struct media *media;
	struct hook_item *items, **items_end;
	json_t *chats; /* phone -> [entries], newest last */
	json_t *sends; /* every /messages body that was accepted */
	json_t *names; /* phone -> profile name */
	json_int_t attempts, acked, refused, deleted_media, reads;
	json_int_t calls, slowed; /* to /messages; 429 of slow_percent */
	uint64_t seed, serial;
};

/* whatsapp_hook.c: the queue of webhooks and its thread.  The caller holds
 * the lock for hook_add; value is taken. */
void hook_add(struct provider *p, const char *field, json_t *value,
	      int64_t due_ms);
void hook_start(struct provider *p);
json_t *hook_value(const struct provider *p); /* messaging_product, metadata */
char *provider_id(struct provider *p, char ret[64]); /* a fresh wamid */

/* whatsapp_graph.c: the API towards businesses.  Lock held. */
void graph_handle(struct provider *p, const struct sim_request *rq,
		  struct sim_answer *an);
struct media *media_add(struct provider *p, const char *mime, const char *name,
			const void *bytes, size_t len);
void media_hash(const struct media *m, char ret_base64[64], char ret_hex[65]);

/* whatsapp_phone.c: the customer's phone page.  Lock held. */
void phone_handle(struct provider *p, const struct sim_request *rq,
		  struct sim_answer *an);
void phone_chat(struct provider *p, const char *phone, json_t *entry);

#endif
