/* whatsapp.c - the simulated provider: one address for the Graph API, the
 * phone page and its control. */
#include "whatsapp.h"

#include "pages.h"

static void control_int(json_t *in, const char *key, json_int_t *value)
{
	json_t *v = json_object_get(in, key);

	if (json_is_integer(v))
		*value = json_integer_value(v);
}

static void control_list(json_t *in, const char *key, json_t **value)
{
	json_t *v = json_object_get(in, key);

	if (json_is_array(v)) {
		json_decref(*value);
		*value = json_incref(v);
	}
}

static void control(struct provider *p, const struct sim_request *rq,
		    struct sim_answer *an)
{
	json_t *in = json_loadb((const char *)rq->body, rq->body_len, 0, NULL);

	control_int(in, "batch", &p->how.batch);
	control_int(in, "repeat_percent", &p->how.repeat_percent);
	control_int(in, "status_delay_ms", &p->how.status_delay_ms);
	control_int(in, "media_ttl_ms", &p->how.media_ttl_ms);
	control_int(in, "slow_percent", &p->how.slow_percent);
	control_list(in, "statuses", &p->how.statuses);
	control_list(in, "send_errors", &p->how.send_errors);
	if (json_is_string(json_object_get(in, "retry_after")))
		snprintf(p->how.retry_after, sizeof(p->how.retry_after), "%s",
			 json_string_value(json_object_get(in, "retry_after")));
	if (json_object_get(in, "reorder") != NULL)
		p->how.reorder =
		    json_boolean_value(json_object_get(in, "reorder"));
	if (json_object_get(in, "wrong_hash") != NULL)
		p->how.wrong_hash =
		    json_boolean_value(json_object_get(in, "wrong_hash"));
	json_decref(in);
	sim_answer_json(an, 200, json_object());
}

static void state(struct provider *p, struct sim_answer *an)
{
	json_int_t waiting = 0, fetches = 0;
	struct hook_item *item;
	struct media *m;

	for (item = p->items; item != NULL; item = item->next)
		waiting++;
	for (m = p->media; m != NULL; m = m->next)
		fetches += m->fetches;
	sim_answer_json(
	    an, 200,
	    json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:O}",
		      "posts", p->attempts, "acknowledged", p->acked, "refused",
		      p->refused, "waiting", waiting, "media_fetched", fetches,
		      "media_deleted", p->deleted_media, "reads", p->reads,
		      "calls", p->calls, "slowed", p->slowed, "sends",
		      p->sends));
}

static void handle(void *ctx, const struct sim_request *rq,
		   struct sim_answer *an)
{
	struct provider *p = ctx;

	pthread_mutex_lock(&p->lock);
	if (strcmp(rq->path, "/") == 0)
		sim_answer_bytes(an, 200, "text/html; charset=utf-8",
				 page_phone, page_phone_len());
	else if (strcmp(rq->path, "/control") == 0)
		control(p, rq, an);
	else if (strcmp(rq->path, "/state") == 0)
		state(p, an);
	else if (strncmp(rq->path, "/phone/", 7) == 0)
		phone_handle(p, rq, an);
	else
		graph_handle(p, rq, an);
	pthread_mutex_unlock(&p->lock);
}

int sim_whatsapp_main(int argc, char **argv)
{
	static struct provider p = {.lock = PTHREAD_MUTEX_INITIALIZER,
				    .wake = PTHREAD_COND_INITIALIZER};
	struct MHD_Daemon *d;

	p.listen = sim_option(argc, argv, "--listen", "127.0.0.1:9100");
	p.hook = sim_option(argc, argv, "--hook", "");
	p.account = sim_option(argc, argv, "--account", "7794189252778687");
	p.secret = sim_file(sim_option(argc, argv, "--secret-file", ""));
	p.token = sim_file(sim_option(argc, argv, "--token-file", ""));
	p.items_end = &p.items;
	p.seed = strtoull(sim_option(argc, argv, "--seed", "1"), NULL, 10) | 1;
	p.how = (struct behaviour){
	    .batch = 50,
	    .status_delay_ms = 30,
	    .media_ttl_ms = 300000,
	    .statuses = json_pack("[s, s, s]", "sent", "delivered", "read"),
	    .send_errors = json_array(),
	};
	p.chats = json_object();
	p.sends = json_array();
	/* Numbers the regulator keeps free for films; invented people. */
	p.names = json_pack("{s:s, s:s, s:s}", "4917139200001",
			    "J\xc3\xb6rg M\xc3\xbcller", "4917139200002",
			    "Aylin Demir", "4917139200003", "Erika Beispiel");
	hook_start(&p);
	d = sim_listen(p.listen, handle, &p);
	printf("phone http://%s/\n", p.listen);
	fflush(stdout);
	sim_wait();
	MHD_stop_daemon(d);
	return 0;
}
