/* desk.c - the simulated helpdesk: checks every signature as a receiver
 * would, remembers what it got, answers, and misbehaves on demand. */
#include "sim.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>
#include <unistd.h>

#include "pages.h"

struct desk {
	pthread_mutex_t lock;
	uint8_t secret[64];
	size_t secret_len;
	const char *api, *api_token;
	char mode[32], target[512];
	json_int_t mode_left; /* requests the mode still holds for; -1 ever */
	json_t *notes;	      /* every verified delivery, in order */
	json_int_t taken, forged, hits;
	int ledger;
	long long tolerance_s; /* of a signature's time */
	uint64_t keep;	       /* newest notes kept in memory */
};

static void load_secret(struct desk *d, const char *path)
{
	char *text = sim_file(path);

	if (strncmp(text, "whsec_", 6) != 0 ||
	    sodium_base642bin(d->secret, sizeof(d->secret), text + 6,
			      strlen(text + 6), NULL, &d->secret_len, NULL,
			      sodium_base64_VARIANT_ORIGINAL) != 0) {
		fprintf(stderr, "postern-sim: the secret is not whsec_...\n");
		exit(1);
	}
	free(text);
}

/* Standard Webhooks 1.0: v1,base64(HMAC-SHA256(secret, id.timestamp.body)) */
static bool genuine(const struct desk *d, const struct sim_request *rq)
{
	const char *id = sim_header(rq, "webhook-id");
	const char *ts = sim_header(rq, "webhook-timestamp");
	const char *given = sim_header(rq, "webhook-signature");
	long long age = sim_now_ms() / 1000 - strtoll(ts, NULL, 10);
	size_t head = strlen(id) + strlen(ts) + 2;
	uint8_t *signed_bytes = malloc(head + rq->body_len + 1);
	unsigned char mac[32];
	unsigned int mac_len = sizeof(mac);
	char expected[64] = "v1,";

	if (signed_bytes == NULL)
		abort();
	snprintf((char *)signed_bytes, head + 1, "%s.%s.", id, ts);
	memcpy(signed_bytes + head, rq->body, rq->body_len);
	HMAC(EVP_sha256(), d->secret, (int)d->secret_len, signed_bytes,
	     head + rq->body_len, mac, &mac_len);
	free(signed_bytes);
	sodium_bin2base64(expected + 3, sizeof(expected) - 3, mac, sizeof(mac),
			  sodium_base64_VARIANT_ORIGINAL);
	return id[0] != '\0' && strchr(id, '.') == NULL &&
	       age < d->tolerance_s && age > -d->tolerance_s &&
	       strstr(given, expected) != NULL;
}

static void ledger_line(const struct desk *d, const char *id, json_t *note)
{
	json_t *data = json_object_get(note, "data");
	json_t *line =
	    json_pack("{s:s, s:O?, s:O?, s:O?, s:O?}", "id", id, "type",
		      json_object_get(note, "type"), "conversation",
		      json_object_get(data, "conversation"), "message",
		      json_object_get(data, "message"), "text",
		      json_object_get(data, "text"));
	char *text = json_dumps(line, JSON_COMPACT);

	if (d->ledger >= 0)
		dprintf(d->ledger, "%s\n", text);
	free(text);
	json_decref(line);
}

static void remember(struct desk *d, const char *id, json_t *note)
{
	json_object_set_new(note, "webhook_id", json_string(id));
	json_object_set_new(note, "got_ms", json_integer(sim_now_ms()));
	json_array_append_new(d->notes, note);
	if (json_array_size(d->notes) > d->keep)
		json_array_remove(d->notes, 0);
	d->taken++;
}

/* True when the mode answered in place of the desk. */
static bool misbehave(struct desk *d, struct sim_answer *an)
{
	const char *m = d->mode;

	if (strcmp(m, "ok") == 0 || d->mode_left == 0)
		return false;
	if (d->mode_left > 0)
		d->mode_left--;
	if (strcmp(m, "cut") == 0) {
		an->status = 0;
	} else if (strcmp(m, "slow") == 0) {
		pthread_mutex_unlock(&d->lock);
		sim_sleep_ms(3000);
		pthread_mutex_lock(&d->lock);
		return false;
	} else if (strcmp(m, "hang") == 0) {
		pthread_mutex_unlock(&d->lock);
		sim_sleep_ms(20000);
		pthread_mutex_lock(&d->lock);
		an->status = 0;
	} else if (strcmp(m, "redirect") == 0) {
		sim_answer_text(an, 302, "text/plain", "");
		sim_answer_header(an, "Location", d->target);
	} else if (strcmp(m, "flood") == 0) {
		an->status = 200;
		an->flood = 200u * 1024 * 1024;
	} else if (strcmp(m, "foreign") == 0) {
		/* An answer that tries to speak for another message. */
		sim_answer_text(an, 200, "application/json", d->target);
	} else if (strcmp(m, "slowdown") == 0) {
		sim_answer_text(an, 429, "text/plain", "");
		sim_answer_header(an, "Retry-After",
				  d->target[0] != '\0' ? d->target : "1");
	} else {
		sim_answer_text(an, (unsigned int)strtoul(m, NULL, 10),
				"text/plain", "");
	}
	return true;
}

static void call_api(struct desk *d, const char *method, const char *path,
		     const char *type, const char *name, const void *body,
		     size_t len, struct sim_answer *an);

/* A desk that forgot whom it was told to forget says so, if it is asked to. */
static void confirm(struct desk *d, const json_t *note)
{
	const char *path = json_string_value(
	    json_object_get(json_object_get(note, "data"), "confirm"));
	struct sim_answer answer = {0};

	if (path == NULL)
		return;
	call_api(d, "POST", path, "application/json", "", "", 0, &answer);
	free(answer.body);
}

static void inbox(struct desk *d, const struct sim_request *rq,
		  struct sim_answer *an)
{
	const char *id = sim_header(rq, "webhook-id");
	json_t *note;
	/* Modes that take the message and answer 200 with odd bytes. */
	bool odd =
	    strcmp(d->mode, "foreign") == 0 || strcmp(d->mode, "flood") == 0;
	bool misbehaved;

	d->hits++;
	if (!genuine(d, rq)) {
		d->forged++;
		sim_answer_text(an, 401, "text/plain", "");
		return;
	}
	misbehaved = misbehave(d, an);
	if (misbehaved && !odd)
		return;
	note = json_loadb((const char *)rq->body, rq->body_len, 0, NULL);
	if (note == NULL) {
		free(an->body);
		sim_answer_text(an, 400, "text/plain", "not JSON");
		return;
	}
	ledger_line(d, id, note);
	remember(d, id, note);
	confirm(d, note);
	if (!misbehaved)
		an->status = 204;
}

/* The file's name as RFC 8187 wants it. */
static void name_header(const char *name, char *ret, size_t size)
{
	char *escaped = curl_easy_escape(NULL, name, 0);

	snprintf(ret, size, "Postern-File-Name: UTF-8''%s", escaped);
	curl_free(escaped);
}

static void call_api(struct desk *d, const char *method, const char *path,
		     const char *type, const char *name, const void *body,
		     size_t len, struct sim_answer *an)
{
	char url[700], auth[300], kind[200], file[900];
	const char *headers[4] = {auth, kind, file, NULL};
	char *token = sim_file(d->api_token);
	uint8_t *got = NULL;
	size_t got_len = 0;
	long status;

	snprintf(url, sizeof(url), "%s%s", d->api, path);
	snprintf(auth, sizeof(auth), "Authorization: Bearer %s", token);
	snprintf(kind, sizeof(kind), "Content-Type: %s", type);
	name_header(name, file, sizeof(file));
	if (name[0] == '\0')
		headers[2] = NULL;
	free(token);
	pthread_mutex_unlock(&d->lock);
	status = sim_call(method, url, headers, body, len, &got, &got_len);
	pthread_mutex_lock(&d->lock);
	if (status == 0)
		sim_answer_text(an, 502, "text/plain", "no answer");
	else
		sim_answer_bytes(an, (unsigned int)status,
				 strcmp(method, "GET") == 0
				     ? "application/octet-stream"
				     : "application/json",
				 got, got_len);
	free(got);
}

/* POST /desk/answer {"conversation", "text", "attachment"?, "reply_to"?} and
 * POST /desk/close {"conversation"}: the page acts through the real API. */
static void act(struct desk *d, const struct sim_request *rq,
		struct sim_answer *an, bool close)
{
	json_t *in = json_loadb((const char *)rq->body, rq->body_len, 0, NULL);
	const char *conversation =
	    json_string_value(json_object_get(in, "conversation"));
	const char *attachment =
	    json_string_value(json_object_get(in, "attachment"));
	char path[200], *body;
	json_t *out = json_object();

	snprintf(path, sizeof(path), "/v1/conversations/%s/%s",
		 conversation != NULL ? conversation : "none",
		 close ? "close" : "messages");
	if (json_object_get(in, "text") != NULL)
		json_object_set(out, "text", json_object_get(in, "text"));
	if (attachment != NULL)
		json_object_set_new(out, "attachments",
				    json_pack("[{s:s}]", "id", attachment));
	body = json_dumps(out, JSON_COMPACT);
	call_api(d, "POST", path, "application/json", "", body, strlen(body),
		 an);
	if (an->status == 202) /* for the page only: what was answered */
		json_array_append_new(
		    d->notes,
		    json_pack("{s:s, s:{s:s, s:O?}}", "type", "desk.answer",
			      "data", "conversation", conversation, "text",
			      json_object_get(in, "text")));
	free(body);
	json_decref(out);
	json_decref(in);
}

static void control(struct desk *d, const struct sim_request *rq,
		    struct sim_answer *an)
{
	json_t *in = json_loadb((const char *)rq->body, rq->body_len, 0, NULL);
	const char *mode = json_string_value(json_object_get(in, "mode"));
	const char *target = json_string_value(json_object_get(in, "target"));
	json_t *count = json_object_get(in, "count");

	snprintf(d->mode, sizeof(d->mode), "%s", mode != NULL ? mode : "ok");
	snprintf(d->target, sizeof(d->target), "%s",
		 target != NULL ? target : "");
	d->mode_left = json_is_integer(count) ? json_integer_value(count) : -1;
	json_decref(in);
	sim_answer_json(an, 200, json_object());
}

static void upload(struct desk *d, const struct sim_request *rq,
		   struct sim_answer *an)
{
	char path[200];
	const char *type = sim_header(rq, "Content-Type");

	snprintf(path, sizeof(path), "/v1/conversations/%.80s/attachments",
		 sim_query(rq, "conversation"));
	call_api(d, "POST", path, type, sim_query(rq, "name"), rq->body,
		 rq->body_len, an);
}

static void route(struct desk *d, const struct sim_request *rq,
		  struct sim_answer *an)
{
	const char *path = rq->path;

	if (strcmp(path, "/") == 0) {
		sim_answer_bytes(an, 200, "text/html; charset=utf-8", page_desk,
				 page_desk_len());
	} else if (strcmp(path, "/inbox") == 0) {
		inbox(d, rq, an);
	} else if (strcmp(path, "/control") == 0) {
		control(d, rq, an);
	} else if (strcmp(path, "/state") == 0) {
		sim_answer_json(an, 200,
				json_pack("{s:I, s:I, s:I, s:O}", "taken",
					  d->taken, "forged", d->forged, "hits",
					  d->hits, "notes", d->notes));
	} else if (strcmp(path, "/desk/answer") == 0) {
		act(d, rq, an, false);
	} else if (strcmp(path, "/desk/close") == 0) {
		act(d, rq, an, true);
	} else if (strcmp(path, "/desk/upload") == 0) {
		upload(d, rq, an);
	} else if (strncmp(path, "/desk/attachment/", 17) == 0) {
		char api_path[200];

		snprintf(api_path, sizeof(api_path), "/v1/attachments/%.60s",
			 path + 17);
		call_api(d, "GET", api_path, "text/plain", "", "", 0, an);
	} else {
		sim_answer_text(an, 404, "text/plain", "no such page");
	}
}

static void handle(void *ctx, const struct sim_request *rq,
		   struct sim_answer *an)
{
	struct desk *d = ctx;

	pthread_mutex_lock(&d->lock);
	route(d, rq, an);
	pthread_mutex_unlock(&d->lock);
}

int sim_desk_main(int argc, char **argv)
{
	static struct desk d = {.lock = PTHREAD_MUTEX_INITIALIZER,
				.ledger = -1,
				.mode = "ok",
				.mode_left = -1};
	const char *listen =
	    sim_option(argc, argv, "--listen", "127.0.0.1:9000");
	const char *ledger = sim_option(argc, argv, "--ledger", NULL);
	const char *age = sim_option(argc, argv, "--tolerance", "300");
	struct MHD_Daemon *daemon;

	load_secret(&d, sim_option(argc, argv, "--secret-file", ""));
	d.api = sim_option(argc, argv, "--api", "http://127.0.0.1:8081");
	d.api_token = sim_option(argc, argv, "--api-token-file", "");
	d.keep = strtoull(sim_option(argc, argv, "--keep", "5000"), NULL, 10);
	snprintf(d.mode, sizeof(d.mode), "%s",
		 sim_option(argc, argv, "--mode", "ok"));
	d.notes = json_array();
	d.tolerance_s = strtoll(age, NULL, 10);
	if (ledger != NULL)
		d.ledger = open(ledger, O_WRONLY | O_CREAT | O_APPEND, 0600);
	daemon = sim_listen(listen, handle, &d);
	printf("desk http://%s/\n", listen);
	fflush(stdout);
	sim_wait();
	MHD_stop_daemon(daemon);
	return 0;
}
