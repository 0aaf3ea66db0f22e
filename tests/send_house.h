/* send_house.h - an archive, a keeper process and a provider on loopback, for
 * the steps that call providers. */
#ifndef POSTERN_TESTS_SEND_HOUSE_H
#define POSTERN_TESTS_SEND_HOUSE_H

#include "keeper_house.h"

#include <jansson.h>

#include "loopback.h"
#include "worker/worker.h"
#include "worker/prove.h"

#define NOW_MS	     INT64_C(1790000000000)
#define YEAR	     2026
#define REQUESTS_MAX 64

struct answer {
	int status; /* 0: cut the connection */
	const char *body;
	size_t body_len;    /* 0: strlen */
	const char *header; /* one more header line, or NULL */
};

static struct {
	struct house house;
	struct env env;
	int64_t ahead_ms;
	struct settings settings;
	struct settings_channel channel;
	struct settings_helpdesk desk;
	struct policy *policy;
	struct channel *channels[1];
	struct worker w;
	struct loopback server;
	char api[64], allow[64];
	pthread_mutex_t lock;
	struct answer answers[REQUESTS_MAX]; /* the last one repeats */
	size_t answers_len, answered;
	char *requests[REQUESTS_MAX]; /* request line and body */
	size_t requests_len;
	int64_t next_id;
} sh;

static inline int64_t sh_wall(struct env *env)
{
	(void)env;
	return NOW_MS + sh.ahead_ms;
}

static inline int64_t sh_boot(struct env *env)
{
	(void)env;
	return 1000000 + sh.ahead_ms;
}

/* --- the provider --------------------------------------------------------- */

static inline struct answer sh_note(const char *head, const char *body)
{
	static const char *const none = "{}";
	struct answer answer = {.status = 200, .body = none};
	size_t line = strcspn(head, "\r"), n;

	(void)pthread_mutex_lock(&sh.lock);
	if (sh.requests_len < REQUESTS_MAX) {
		n = line + strlen(body) + 2;
		sh.requests[sh.requests_len] = malloc(n);
		(void)snprintf(sh.requests[sh.requests_len++], n, "%.*s %s",
			       (int)line, head, body);
	}
	if (sh.answers_len > 0) {
		answer = sh.answers[sh.answered];
		if (sh.answered + 1 < sh.answers_len)
			sh.answered++;
	}
	(void)pthread_mutex_unlock(&sh.lock);
	return answer;
}

static inline void sh_serve(struct loopback *s, int fd)
{
	char *request = malloc(LOOPBACK_REQUEST_MAX), *body, head[160];

	while (loopback_read(s, fd, request, LOOPBACK_REQUEST_MAX, &body)) {
		struct answer a = sh_note(request, body);
		size_t len = a.body_len != 0 ? a.body_len : strlen(a.body);

		if (a.status == 0)
			break;
		(void)snprintf(
		    head, sizeof(head),
		    "HTTP/1.1 %d X\r\nContent-Type: "
		    "application/json\r\n%sContent-Length: %zu\r\n\r\n",
		    a.status, a.header != NULL ? a.header : "", len);
		if (!loopback_text(fd, head) || !loopback_say(fd, a.body, len))
			break;
	}
	free(request);
}

static inline void sh_forget_requests(void)
{
	for (size_t i = 0; i < sh.requests_len; i++)
		free(sh.requests[i]);
	sh.requests_len = 0;
}

static inline void sh_answer(int status, const char *body)
{
	sh.answers[sh.answers_len++] =
	    (struct answer){.status = status, .body = body};
}

/* --- the worker ----------------------------------------------------------- */

static inline void sh_settings(void)
{
	struct settings *s = &sh.settings;
	struct settings_channel *c = &sh.channel;

	(void)snprintf(s->dir, sizeof(s->dir), "%s", sh.house.dir);
	s->limits.attempts_max = 12;
	s->limits.in_flight_max = 4;
	s->limits.media_bytes_max = 100000;
	assert_true(name_set(&c->name, "shop", 4));
	(void)snprintf(c->type, sizeof(c->type), "whatsapp");
	(void)snprintf(sh.api, sizeof(sh.api), "http://%s/v25.0",
		       sh.server.address);
	(void)snprintf(sh.allow, sizeof(sh.allow), "%s", sh.server.address);
	c->values[0] =
	    (struct setting_value){.key = "phone_number_id", .text = "77000"};
	c->values[1] = (struct setting_value){.key = "api", .text = sh.api};
	/* Zeroed: the list ends with an empty text. */
	c->values[2] = (struct setting_value){.key = "allow", .text = sh.allow};
	c->values[3] = (struct setting_value){.key = "access_token"};
	assert_int_equal(
	    secret_set(&c->values[3].secret, "TEST_TOKEN", 10, NULL), 0);
	c->values_len = 4;
	assert_true(name_set(&sh.desk.name, "desk", 4));
	s->channels = c;
	s->helpdesks = &sh.desk;
	s->channels_len = s->helpdesks_len = 1;
}

static inline void sh_policy(void)
{
	static const char yaml[] =
	    "policy: shop\nversion: 1\n"
	    "purposes:\n  support: {basis: contract}\n"
	    "  marketing: {basis: consent, double_opt_in: true}\n"
	    "data:\n"
	    "  MSG: {from: process_end, keep: P30D, delete: P90D}\n"
	    "  MEDIA: {from: process_end, delete: P90D}\n"
	    "  RAW: {from: collection, delete: P3D}\n"
	    "channels:\n  shop: {purpose: support, data: MSG}\n"
	    "helpdesks:\n  desk: {sees: [text, attachments], person: alias}\n";
	struct diag *diag = calloc(1, sizeof(*diag));

	diag_init(diag, "policy.yaml");
	if (policy_parse((const uint8_t *)yaml, sizeof(yaml) - 1, diag,
			 &sh.policy) != 0) {
		diag_print(diag, stderr);
		fail();
	}
	free(diag);
}

static inline void sh_open_steps(void)
{
	struct err err = {0};

	assert_int_equal(send_open(&sh.w, &sh.w.send, &err), 0);
	assert_int_equal(media_open(&sh.w, &sh.w.media, &err), 0);
}

static inline void sh_close_steps(void)
{
	send_close(&sh.w.send);
	media_close(&sh.w.media);
}

static inline int sh_make(void **state)
{
	struct err err = {0};
	char path[256];

	(void)state;
	memset(&sh, 0, sizeof(sh));
	(void)pthread_mutex_init(&sh.lock, NULL);
	house_init(&sh.house, "");
	house_start(&sh.house);
	loopback_open(&sh.server, sh_serve, NULL);
	sh.env = *env_system();
	sh.env.wall_ms = sh_wall;
	sh.env.boot_ms = sh_boot;
	sh_settings();
	sh_policy();
	sh.w.env = &sh.env;
	sh.w.settings = &sh.settings;
	sh.w.policy = sh.policy;
	sh.w.keeper = sh.house.keeper;
	sh.w.channels = sh.channels;
	house_path(&sh.house, "postern.db", path);
	assert_int_equal(store_open("sqlite", path, &sh.w.store, &err), 0);
	assert_int_equal(http_open(&sh.env, &sh.w.http, &err), 0);
	assert_int_equal(
	    channel_find("whatsapp")
		->open(&sh.channel, ROLE_WORKER, &sh.channels[0], &err),
	    0);
	sh_open_steps();
	return 0;
}

static inline int sh_unmake(void **state)
{
	(void)state;
	sh_close_steps();
	sh.channels[0]->driver->close(&sh.channels[0]);
	http_close(&sh.w.http);
	prove_drop(&sh.w); /* of acts without a transaction */
	store_close(&sh.w.store);
	policy_free(&sh.policy);
	secret_wipe(&sh.channel.values[3].secret);
	loopback_close(&sh.server);
	sh_forget_requests();
	house_close(&sh.house);
	return 0;
}

/* Runs the steps until nothing is due for a while. */
static inline void sh_run(void)
{
	struct err err = {0};
	bool moved;

	for (int idle = 0, i = 0; idle < 8 && i < 2000; i++) {
		moved = false;
		if (send_step(&sh.w, &moved, &err) != 0 ||
		    media_step(&sh.w, &moved, &err) != 0) {
			print_error("%s: %s\n", err.where, err.what);
			fail();
		}
		assert_int_equal(
		    http_poll(sh.w.http, NULL, 0, moved ? 0 : 10, &err), 0);
		idle = moved || http_under_way(sh.w.http) > 0 ? 0 : idle + 1;
	}
}

static inline void sh_pass(int64_t ms)
{
	sh.ahead_ms += ms;
	sh_run();
}

/* --- rows ----------------------------------------------------------------- */

static inline int64_t sh_id(void)
{
	return ++sh.next_id;
}

static inline int64_t sh_number(const char *sql)
{
	struct err err = {0};
	int64_t n = 0;
	bool found = false;

	assert_int_equal(
	    store_one_int(sh.w.store, sql, STORE_NO_ARGS, &n, &found, &err), 0);
	return found ? n : -1;
}
#define COUNT_OF(from) sh_number("SELECT COUNT(*) FROM " from)

static inline void sh_sql(const char *sql, const struct store_value *args,
			  size_t len)
{
	struct err err = {0};

	if (store_run(sh.w.store, sql, args, len, &err) != 0) {
		print_error("%s: %s\n", err.where, err.what);
		fail();
	}
}

/* Seals one value; the caller frees the batch. */
static inline struct store_value sh_seal(int64_t person, const char *datenart,
					 int64_t record, enum seal_field field,
					 const char *clear,
					 struct keeper_batch **ret)
{
	struct key_ref ref = ref_of(person, datenart, YEAR);
	const uint8_t *bytes;
	size_t len, slot;

	assert_int_equal(keeper_batch_new(sh.w.keeper, ret, NULL), 0);
	slot = keeper_add_seal(*ret, &ref, record, field, clear, strlen(clear));
	assert_int_equal(keeper_run(*ret, NULL), 0);
	assert_int_equal(keeper_result(*ret, slot, &bytes, &len, NULL), 0);
	return S_BLOB(bytes, len);
}

/* A person with a phone and an open window; gives the conversation. */
static inline int64_t sh_person(const char *phone)
{
	static const char person[] =
	    "INSERT INTO person(id,created_ms,year) VALUES(?,1,2026)";
	static const char address[] =
	    "INSERT INTO address(id,person,key_person,kind,address_hash,year,"
	    "address_sealed,from_ms) VALUES(?,?,?,'phone',?,2026,?,1)";
	static const char conversation[] =
	    "INSERT INTO conversation(id,person,channel,helpdesk,state,"
	    "opened_ms,inbound_ms) VALUES(?,?,'shop','desk','open',1,?)";
	int64_t p = sh_id(), a = sh_id(), c = sh_id();
	struct keeper_batch *batch = NULL;
	struct store_value sealed =
	    sh_seal(p, "CONTACT", a, FIELD_ADDRESS, phone, &batch);

	sh_sql(person, STORE_ARGS(S_INT(p)));
	sh_sql(address, STORE_ARGS(S_INT(a), S_INT(p), S_INT(p),
				   S_BLOB(phone, strlen(phone)), sealed));
	sh_sql(conversation, STORE_ARGS(S_INT(c), S_INT(p), S_INT(NOW_MS)));
	keeper_batch_free(&batch);
	return c;
}

static inline int64_t sh_person_of(int64_t conversation)
{
	struct err err;
	int64_t p = 0;
	bool found;
	static const char sql[] = "SELECT person FROM conversation WHERE id=?";

	assert_int_equal(store_one_int(sh.w.store, sql,
				       STORE_ARGS(S_INT(conversation)), &p,
				       &found, &err),
			 0);
	return p;
}

/* A reply in the outbox. */
static inline int64_t sh_reply(int64_t conversation, const char *kind,
			       const char *content)
{
	static const char message[] =
	    "INSERT INTO message(id,conversation,key_person,direction,kind,"
	    "state,datenart,year,received_ms,content_sealed,policy)"
	    " VALUES(?,?,?,'out',?,'queued','MSG',2026,1,?,0)";
	static const char outbox[] =
	    "INSERT INTO outbox(id,kind,destination,conversation,message,type,"
	    "state,next_ms,created_ms) VALUES(?,'channel','shop',?,?,'send',"
	    "'waiting',1,?)";
	int64_t m = sh_id(), p = sh_person_of(conversation);
	struct keeper_batch *batch = NULL;
	struct store_value sealed =
	    sh_seal(p, "MSG", m, FIELD_CONTENT, content, &batch);

	sh_sql(message, STORE_ARGS(S_INT(m), S_INT(conversation), S_INT(p),
				   S_TEXT(kind), sealed));
	sh_sql(outbox, STORE_ARGS(S_INT(sh_id()), S_INT(conversation), S_INT(m),
				  S_INT(NOW_MS + sh.ahead_ms)));
	keeper_batch_free(&batch);
	send_wake(&sh.w, "shop");
	return m;
}

#endif
