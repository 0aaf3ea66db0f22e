/* api_house.h - an API on loopback and a unix socket over a real archive and a
 * real keeper process; its loop runs on a thread of its own.  The channel is
 * a double that can do everything but templates. */
#ifndef POSTERN_TESTS_API_HOUSE_H
#define POSTERN_TESTS_API_HOUSE_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <strings.h>
#include <sys/un.h>

#include "keeper_house.h"

#include "api/api.h"
#include "postern/token.h"
#include "postern/text.h"
#include "worker/lifecycle.h"
#include "worker/shadow.h"
#include "worker/simulating.h"
#include "worker/prove.h"

#define ANSWER_BYTES (2u * 1024 * 1024)
#define HOUSE_NOW    INT64_C(1790000000000)

struct api_house {
	struct house keeper;
	struct env env;
	_Atomic int64_t ahead_ms;
	struct settings settings;
	struct settings_channel channel;
	struct settings_helpdesk desks[2];
	struct policy *policy;
	struct channel door;
	struct channel *channels[1];
	struct worker w;
	int port;
	pthread_t loop;
	_Atomic bool stop, stalled;
	pthread_mutex_t turn; /* the archive: loop or test */
	int64_t person, conversation, foreign, inbound;
	char desk[TOKEN_TEXT_BYTES],
	    other[TOKEN_TEXT_BYTES], operator[TOKEN_TEXT_BYTES];
};

struct answer {
	int status;
	char *text, *body; /* body points into text */
	size_t body_len;
};

static inline int double_request(const struct channel *ch,
				 const struct channel_act *act,
				 struct http_call *ret, struct err *err)
{
	(void)ch;
	(void)ret;
	if (act->kind == CHANNEL_SEND_TEMPLATE)
		return ERR_SET(err, ERR_INPUT, "no templates", 0);
	return 0;
}

static const struct channel_driver double_driver = {
    .name = "double",
    .has = CHANNEL_HAS_WINDOW,
    .window_ms = 24 * 3600 * 1000,
    .request = double_request,
};

static inline int64_t house_wall(struct env *env)
{
	return HOUSE_NOW +
	       atomic_load(&((struct api_house *)env->ctx)->ahead_ms);
}

/* --- rows ----------------------------------------------------------------- */

static inline void house_run(struct api_house *h, const char *sql,
			     const struct store_value *args, size_t len)
{
	struct err err = {0};

	pthread_mutex_lock(&h->turn);
	assert_int_equal(store_run(h->w.store, sql, args, len, &err), 0);
	pthread_mutex_unlock(&h->turn);
}

static inline int64_t house_count(struct api_house *h, const char *sql)
{
	struct err err = {0};
	int64_t n = -1;
	bool found;

	pthread_mutex_lock(&h->turn);
	assert_int_equal(
	    store_one_int(h->w.store, sql, STORE_NO_ARGS, &n, &found, &err), 0);
	pthread_mutex_unlock(&h->turn);
	return n;
}

static inline void house_token(struct api_house *h, const char *scopes,
			       const char *helpdesk, int64_t days,
			       char ret[TOKEN_TEXT_BYTES])
{
	static const char sql[] =
	    "INSERT INTO token(id, token_hash, scopes, helpdesk, created_ms,"
	    " expires_ms) VALUES(?,?,?,?,?,?)";
	struct keeper_batch *batch;
	struct err err = {0};
	int64_t id = worker_id(&h->w);
	const uint8_t *hash;
	size_t slot, len;

	token_make(&h->env, id, ret);
	assert_int_equal(keeper_batch_new(h->w.keeper, &batch, &err), 0);
	slot = keeper_add_hash(batch, "token", ret, strlen(ret));
	assert_int_equal(keeper_run(batch, &err), 0);
	assert_int_equal(keeper_result(batch, slot, &hash, &len, &err), 0);
	assert_int_equal(
	    store_run(h->w.store, sql,
		      STORE_ARGS(S_INT(id), S_BLOB(hash, len), S_TEXT(scopes),
				 S_TEXT(helpdesk), S_INT(HOUSE_NOW),
				 S_INT(HOUSE_NOW + days * 86400000)),
		      &err),
	    0);
	keeper_batch_free(&batch);
}

static inline int64_t house_conversation(struct api_house *h, int64_t person,
					 const char *helpdesk)
{
	static const char sql[] =
	    "INSERT INTO conversation(id, person, channel, helpdesk, state,"
	    " opened_ms, inbound_ms) VALUES(?,?,'shop',?,'open',?,?)";
	int64_t id = worker_id(&h->w);

	house_run(h, sql,
		  STORE_ARGS(S_INT(id), S_INT(person), S_TEXT(helpdesk),
			     S_INT(HOUSE_NOW), S_INT(HOUSE_NOW)));
	return id;
}

/* A message somebody wrote, as receive leaves it. */
static inline int64_t house_inbound(struct api_house *h, int64_t conversation,
				    const char *content)
{
	static const char sql[] =
	    "INSERT INTO message(id, conversation, key_person, direction, kind,"
	    " state, datenart, year, received_ms, content_sealed, policy)"
	    " VALUES(?,?,?,'in','text','received','MSG',?,?,?,0)";
	int64_t id = worker_id(&h->w);
	struct key_ref key = {.person = h->person,
			      .datenart = {"MSG"},
			      .year = env_year(HOUSE_NOW)};
	struct keeper_batch *batch;
	struct err err = {0};
	const uint8_t *sealed;
	size_t slot, len;

	assert_int_equal(keeper_batch_new(h->w.keeper, &batch, &err), 0);
	slot = keeper_add_seal(batch, &key, id, FIELD_CONTENT, content,
			       strlen(content));
	assert_int_equal(keeper_run(batch, &err), 0);
	assert_int_equal(keeper_result(batch, slot, &sealed, &len, &err), 0);
	house_run(h, sql,
		  STORE_ARGS(S_INT(id), S_INT(conversation), S_INT(h->person),
			     S_INT(key.year), S_INT(HOUSE_NOW),
			     S_BLOB(sealed, len)));
	keeper_batch_free(&batch);
	return id;
}

/* --- the house ------------------------------------------------------------ */

static inline void *house_loop(void *ctx)
{
	struct api_house *h = ctx;
	struct pollfd fd = {.fd = api_job_fd(h->w.api), .events = POLLIN};
	struct err err = {0};
	bool moved;

	while (!atomic_load(&h->stop)) {
		(void)poll(&fd, 1, 20);
		if (atomic_load(&h->stalled))
			continue;
		moved = false;
		pthread_mutex_lock(&h->turn);
		if (api_step(&h->w, &moved, &err) != 0 ||
		    simulating_step(&h->w, &moved, &err) != 0 ||
		    (h->w.lifecycle != NULL &&
		     lifecycle_step(&h->w, &moved, &err) != 0))
			abort();
		pthread_mutex_unlock(&h->turn);
	}
	return NULL;
}

static inline void house_settings(struct api_house *h)
{
	static const char yaml[] =
	    "policy: shop\nversion: 1\n"
	    "purposes:\n  support: {basis: contract}\n"
	    "  news: {basis: consent}\n"
	    "data:\n"
	    "  MSG: {from: process_end, keep: P30D, delete: P90D}\n"
	    "  BIZ: {from: process_end, keep: P30D, delete: P90D}\n"
	    "  MEDIA: {from: process_end, delete: P90D}\n"
	    "  RAW: {from: collection, delete: P3D}\n"
	    "channels:\n  shop: {purpose: support, data: MSG}\n"
	    "helpdesks:\n  desk: {sees: [text, attachments], person: alias}\n"
	    "  blind: {sees: [], person: alias}\n";
	struct settings *s = &h->settings;
	struct diag *diag = calloc(1, sizeof(*diag));

	diag_init(diag, "policy.yaml");
	if (policy_parse((const uint8_t *)yaml, sizeof(yaml) - 1, diag,
			 &h->policy) != 0) {
		diag_print(diag, stderr);
		fail();
	}
	free(diag);
	(void)snprintf(s->dir, sizeof(s->dir), "%s", h->keeper.dir);
	s->limits.header_deadline_ms = 3000;
	s->limits.body_deadline_ms = 3000;
	s->limits.commit_deadline_ms = 1500;
	s->limits.api_body_max = 20000;
	s->limits.media_bytes_max = 1024 * 1024;
	assert_true(name_set(&h->channel.name, "shop", 4));
	assert_true(name_set(&h->desks[0].name, "desk", 4));
	assert_true(name_set(&h->desks[1].name, "blind", 5));
	s->channels = &h->channel;
	s->channels_len = 1;
	s->helpdesks = h->desks;
	s->helpdesks_len = 2;
	h->door.driver = &double_driver;
	h->door.name = h->channel.name;
	h->channels[0] = &h->door;
}

static inline int house_tcp(struct api_house *h)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 64), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	h->port = ntohs(at.sin_port);
	return fd;
}

static inline void house_unix_address(const struct api_house *h,
				      struct sockaddr_un *ret)
{
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	(void)snprintf(ret->sun_path, sizeof(ret->sun_path),
		       "%s/run/operator.sock", h->keeper.dir);
}

static inline int house_unix(struct api_house *h)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un at;

	house_unix_address(h, &at);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 64), 0);
	return fd;
}

static inline void house_rows(struct api_house *h)
{
	static const char person[] =
	    "INSERT INTO person(id, created_ms, year) VALUES(?,?,2026)";
	static const char address[] =
	    "INSERT INTO address(id, person, key_person, kind, address_hash,"
	    " year, address_sealed, from_ms) VALUES(?,?,?,'phone',?,2026,?,0)";

	h->person = worker_id(&h->w);
	house_run(h, person, STORE_ARGS(S_INT(h->person), S_INT(HOUSE_NOW)));
	house_run(h, address,
		  STORE_ARGS(S_INT(worker_id(&h->w)), S_INT(h->person),
			     S_INT(h->person), S_BLOB("h", 1), S_BLOB("", 0)));
	h->conversation = house_conversation(h, h->person, "desk");
	h->foreign = house_conversation(h, h->person, "blind");
	h->inbound = house_inbound(
	    h, h->conversation,
	    "{\"text\":\"Wo ist mein Paket?\",\"id\":\"wamid.1\"}");
	house_token(h, "desk", "desk", 90, h->desk);
	house_token(h, "desk", "blind", 90, h->other);
	house_token(h, "operator", NULL, 90, h->operator);
}

static inline int house_make(void **state)
{
	static const char *const folders[] = {"run", "media"};
	struct api_house *h = calloc(1, sizeof(*h));
	struct err err = {0};
	char path[256];

	assert_non_null(h);
	house_init(&h->keeper, "");
	for (size_t i = 0; i < 2; i++) {
		house_path(&h->keeper, folders[i], path);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	house_start(&h->keeper);
	h->env = *env_system();
	h->env.wall_ms = house_wall;
	h->env.ctx = h;
	pthread_mutex_init(&h->turn, NULL);
	house_settings(h);
	h->w = (struct worker){.env = &h->env,
			       .settings = &h->settings,
			       .policy = h->policy,
			       .keeper = h->keeper.keeper,
			       .channels = h->channels};
	randombytes_buf(h->w.mask.key, sizeof(h->w.mask.key));
	house_path(&h->keeper, "postern.db", path);
	assert_int_equal(store_open("sqlite", path, &h->w.store, &err), 0);
	atomic_store(&h->w.ready, true);
	house_rows(h);
	assert_int_equal(
	    api_open(&h->w, house_tcp(h), house_unix(h), &h->w.api, &err), 0);
	assert_int_equal(pthread_create(&h->loop, NULL, house_loop, h), 0);
	*state = h;
	return 0;
}

static inline void house_stop(struct api_house *h)
{
	if (h->w.api == NULL)
		return;
	atomic_store(&h->stop, true);
	pthread_join(h->loop, NULL);
	api_close(&h->w.api);
	assert_null(h->w.api);
}

static inline int house_unmake(void **state)
{
	struct api_house *h = *state;

	house_stop(h);
	simulating_close(&h->w.simulating);
	shadow_free(&h->w.shadow);
	lifecycle_close(&h->w.lifecycle);
	prove_drop(&h->w); /* of acts without a transaction */
	store_close(&h->w.store);
	house_close(&h->keeper);
	policy_free(&h->policy);
	pthread_mutex_destroy(&h->turn);
	free(h);
	return 0;
}

/* --- talking -------------------------------------------------------------- */

static inline int talk_open(const struct api_house *h, bool local)
{
	struct timeval limit = {.tv_sec = 10};
	struct sockaddr_in tcp = {.sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				  .sin_port = htons((uint16_t)h->port)};
	struct sockaddr_un un;
	int fd =
	    socket(local ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	house_unix_address(h, &un);
	assert_int_equal(
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
	assert_int_equal(
	    local ? connect(fd, (struct sockaddr *)&un, sizeof(un))
		  : connect(fd, (struct sockaddr *)&tcp, sizeof(tcp)),
	    0);
	return fd;
}

static inline void talk_send(int fd, const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len > 0) {
		ssize_t n = send(fd, at, len, MSG_NOSIGNAL);

		if (n <= 0)
			return; /* refused before the end: the answer tells */
		at += n;
		len -= (size_t)n;
	}
}

/* Until the other side closes. */
static inline struct answer talk_read(int fd)
{
	struct answer a = {.text = calloc(1, ANSWER_BYTES)};
	size_t len = 0;
	ssize_t n;

	while (len < ANSWER_BYTES - 1 &&
	       (n = recv(fd, a.text + len, ANSWER_BYTES - 1 - len, 0)) > 0)
		len += (size_t)n;
	(void)close(fd);
	if (strncmp(a.text, "HTTP/1.1 ", 9) == 0)
		a.status = (int)strtol(a.text + 9, NULL, 10);
	a.body = strstr(a.text, "\r\n\r\n");
	a.body = a.body != NULL ? a.body + 4 : a.text + len;
	a.body_len = len - (size_t)(a.body - a.text);
	return a;
}

static inline void answer_free(struct answer *a)
{
	free(a->text);
	a->text = NULL;
}

struct call {
	const char *method, *path, *token, *headers; /* "Name: value\r\n" */
	const void *body;
	size_t body_len;
	bool local;
};

static inline struct answer ask(const struct api_house *h, struct call c)
{
	int fd = talk_open(h, c.local);
	char head[2048];

	(void)snprintf(
	    head, sizeof(head),
	    "%s %s HTTP/1.1\r\nHost: gate\r\nConnection: close\r\n"
	    "%s%s%s%sContent-Length: %zu\r\n\r\n",
	    c.method, c.path, c.token != NULL ? "Authorization: Bearer " : "",
	    c.token != NULL ? c.token : "", c.token != NULL ? "\r\n" : "",
	    c.headers != NULL ? c.headers : "", c.body_len);
	talk_send(fd, head, strlen(head));
	talk_send(fd, c.body, c.body_len);
	return talk_read(fd);
}

/* JSON in, status checked, JSON out (caller frees); NULL for no JSON. */
static inline json_t *ask_json(const struct api_house *h, int status,
			       const char *method, const char *path,
			       const char *token, const char *body,
			       const char *headers)
{
	char all[512];
	struct call c = {.method = method, .path = path, .token = token};
	struct answer a;
	json_t *v;

	(void)snprintf(all, sizeof(all), "%s%s", headers != NULL ? headers : "",
		       body != NULL ? "Content-Type: application/json\r\n"
				    : "");
	c.headers = all;
	c.body = body;
	c.body_len = body != NULL ? strlen(body) : 0;
	c.local = token == NULL;
	a = ask(h, c);
	if (a.status != status)
		print_error("%s: status %d, not %d\n", method, a.status,
			    status);
	assert_int_equal(a.status, status);
	v = json_loadb(a.body, a.body_len, 0, NULL);
	answer_free(&a);
	return v;
}

static inline const char *text_in(const json_t *v, const char *member)
{
	const char *text = json_string_value(json_object_get(v, member));

	return text != NULL ? text : "";
}

/* "/v1/conversations/cnv_.../messages" */
static inline const char *path_to(const struct api_house *h, char ret[128],
				  const char *folder, enum id_kind kind,
				  int64_t id, const char *act)
{
	struct id_text text;

	id_format(&h->w.mask, kind, id, &text);
	(void)snprintf(ret, 128, "/v1/%s/%s%s", folder, text.text, act);
	return ret;
}

#endif
