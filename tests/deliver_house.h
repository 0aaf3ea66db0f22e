/* deliver_house.h - an archive, a keeper process and two helpdesks on
 * loopback, for the step that delivers. */
#ifndef POSTERN_TESTS_DELIVER_HOUSE_H
#define POSTERN_TESTS_DELIVER_HOUSE_H

#include "keeper_house.h"

#include <jansson.h>

#include "loopback.h"
#include "worker/deadletter.h"
#include "worker/deliver.h"
#include "worker/prove.h"

#define NOW_MS	 INT64_C(1790000000000)
#define YEAR	 2026
#define SEEN_MAX 4096
#define DESKS	 3 /* desk, back, blind */

/* What one helpdesk got and how it behaves. */
struct desk {
	struct loopback server;
	int status; /* of every answer; 0: cut the connection */
	int delay_ms;
	const char *header;  /* more header lines, or NULL */
	const char *refuses; /* part of a body that gets 500 */
	_Atomic int at_once, at_once_most;
	char *bodies[SEEN_MAX];
	char ids[SEEN_MAX][40]; /* webhook-id */
	size_t len;
};

static struct {
	struct house house;
	struct env env;
	int64_t ahead_ms, next_id;
	struct settings settings;
	struct settings_channel channel;
	struct settings_helpdesk confs[DESKS];
	struct helpdesk *helpdesks[DESKS];
	struct policy *policy;
	struct worker w;
	struct desk desks[DESKS];
	pthread_mutex_t lock;
} dh;

static inline int64_t dh_wall(struct env *env)
{
	(void)env;
	return NOW_MS + dh.ahead_ms;
}

static inline int64_t dh_boot(struct env *env)
{
	(void)env;
	return 1000000 + dh.ahead_ms;
}

/* --- helpdesks ------------------------------------------------------------ */

static inline void dh_note(struct desk *d, const char *head, const char *body)
{
	const char *id = strcasestr(head, "\r\nwebhook-id: ");

	(void)pthread_mutex_lock(&dh.lock);
	if (d->len < SEEN_MAX) {
		d->bodies[d->len] = strdup(body);
		if (id != NULL)
			(void)snprintf(d->ids[d->len], sizeof(d->ids[0]),
				       "%.*s", (int)strcspn(id + 14, "\r"),
				       id + 14);
		d->len++;
	}
	(void)pthread_mutex_unlock(&dh.lock);
}

static inline void dh_serve(struct loopback *s, int fd)
{
	struct desk *d = s->ctx;
	char *request = malloc(LOOPBACK_REQUEST_MAX), *body, head[256];
	int now, status;

	while (loopback_read(s, fd, request, LOOPBACK_REQUEST_MAX, &body)) {
		now = ++d->at_once;
		if (now > d->at_once_most)
			d->at_once_most = now;
		dh_note(d, request, body);
		loopback_stall(s, d->delay_ms);
		d->at_once--;
		status = d->refuses != NULL && strstr(body, d->refuses) != NULL
			     ? 500
			     : d->status;
		if (status == 0)
			break;
		(void)snprintf(head, sizeof(head),
			       "HTTP/1.1 %d X\r\n%sContent-Length: 0\r\n\r\n",
			       status, d->header != NULL ? d->header : "");
		if (!loopback_text(fd, head))
			break;
	}
	free(request);
}

/* --- the worker ----------------------------------------------------------- */

static inline void dh_desk(size_t i, const char *name)
{
	struct settings_helpdesk *c = &dh.confs[i];
	char address[32]; /* dh may not be copied onto itself */

	dh.desks[i].status = 204;
	loopback_open(&dh.desks[i].server, dh_serve, &dh.desks[i]);
	memcpy(address, dh.desks[i].server.address, sizeof(address));
	assert_true(name_set(&c->name, name, strlen(name)));
	(void)snprintf(c->type, sizeof(c->type), "webhook");
	(void)snprintf(c->url, sizeof(c->url), "http://%s/in", address);
	(void)snprintf(c->allow[0], sizeof(c->allow[0]), "%s", address);
	c->allow_len = 1;
	c->values[0] = (struct setting_value){.key = "secret"};
	c->values_len = 1;
	assert_int_equal(secret_set(&c->values[0].secret,
				    "0123456789abcdefghijklmn", 24, NULL),
			 0);
	assert_int_equal(helpdesk_find("webhook")->open(c, ROLE_WORKER,
							&dh.helpdesks[i], NULL),
			 0);
}

static inline void dh_policy(void)
{
	static const char yaml[] =
	    "policy: shop\nversion: 1\n"
	    "purposes:\n  support: {basis: contract}\n"
	    "data:\n"
	    "  MSG: {from: process_end, keep: P30D, delete: P90D}\n"
	    "  MEDIA: {from: process_end, delete: P90D}\n"
	    "  RAW: {from: collection, delete: P3D}\n"
	    "channels:\n  shop: {purpose: support, data: MSG}\n"
	    "  former: {purpose: support, data: MSG}\n"
	    "helpdesks:\n  desk: {sees: [text, attachments], person: alias}\n"
	    "  back: {sees: [text, attachments], person: address}\n"
	    "  blind: {sees: [], person: name}\n";
	struct diag *diag = calloc(1, sizeof(*diag));

	diag_init(diag, "policy.yaml");
	if (policy_parse((const uint8_t *)yaml, sizeof(yaml) - 1, diag,
			 &dh.policy) != 0) {
		diag_print(diag, stderr);
		fail();
	}
	free(diag);
}

static inline int dh_make(void **state)
{
	struct settings *s = &dh.settings;
	struct err err = {0};

	(void)state;
	memset(&dh, 0, sizeof(dh));
	dh.next_id = 1000;
	(void)pthread_mutex_init(&dh.lock, NULL);
	house_init(&dh.house, "");
	house_start(&dh.house);
	dh_desk(0, "desk");
	dh_desk(1, "back");
	dh_desk(2, "blind");
	dh.env = *env_system();
	dh.env.wall_ms = dh_wall;
	dh.env.boot_ms = dh_boot;
	assert_true(name_set(&dh.channel.name, "shop", 4));
	(void)snprintf(dh.channel.type, sizeof(dh.channel.type), "whatsapp");
	s->channels = &dh.channel;
	s->helpdesks = dh.confs;
	s->channels_len = 1;
	s->helpdesks_len = DESKS;
	s->limits.attempts_max = 3;
	s->limits.in_flight_max = 16;
	dh_policy();
	dh.w.env = &dh.env;
	dh.w.settings = s;
	dh.w.policy = dh.policy;
	dh.w.keeper = dh.house.keeper;
	dh.w.helpdesks = dh.helpdesks;
	assert_int_equal(store_open("memory", "", &dh.w.store, &err), 0);
	assert_int_equal(http_open(&dh.env, &dh.w.http, &err), 0);
	assert_int_equal(deliver_open(&dh.w, &dh.w.deliver, &err), 0);
	return 0;
}

static inline int dh_unmake(void **state)
{
	(void)state;
	http_close(&dh.w.http);
	deliver_close(&dh.w.deliver);
	prove_drop(&dh.w); /* of acts without a transaction */
	store_close(&dh.w.store);
	policy_free(&dh.policy);
	for (size_t i = 0; i < DESKS; i++) {
		dh.helpdesks[i]->driver->close(&dh.helpdesks[i]);
		secret_wipe(&dh.confs[i].values[0].secret);
		loopback_close(&dh.desks[i].server);
		for (size_t n = 0; n < dh.desks[i].len; n++)
			free(dh.desks[i].bodies[n]);
	}
	house_close(&dh.house);
	return 0;
}

/* Until nothing is under way and nothing is due now; at most 20 s. */
static inline void dh_run(void)
{
	struct env *real = env_system();
	int64_t end_ms = real->boot_ms(real) + 20000;
	struct err err = {0};
	bool moved = true;

	while (real->boot_ms(real) < end_ms) {
		moved = false;
		if (deliver_step(&dh.w, &moved, &err) != 0 &&
		    err.kind != ERR_BUSY) {
			print_error("%s: %s\n", err.where, err.what);
			fail();
		}
		assert_int_equal(
		    http_poll(dh.w.http, NULL, 0, moved ? 0 : 10, &err), 0);
		if (!moved && http_under_way(dh.w.http) == 0 &&
		    deliver_due_in_ms(&dh.w) != 0)
			return;
	}
	fail_msg("delivery does not come to rest");
}

static inline void dh_pass(int64_t ms)
{
	dh.ahead_ms += ms;
	dh_run();
}

/* --- rows ----------------------------------------------------------------- */

static inline int64_t dh_number(const char *sql)
{
	struct err err = {0};
	bool found = false;
	int64_t n = 0;

	assert_int_equal(
	    store_one_int(dh.w.store, sql, STORE_NO_ARGS, &n, &found, &err), 0);
	return found ? n : -1;
}
#define COUNT_OF(from) dh_number("SELECT COUNT(*) FROM " from)

static inline void dh_sql(const char *sql, const struct store_value *args,
			  size_t len)
{
	struct err err = {0};

	if (store_run(dh.w.store, sql, args, len, &err) != 0) {
		print_error("%s: %s\n", err.where, err.what);
		fail();
	}
}

static inline struct store_value dh_seal(int64_t person, const char *datenart,
					 int64_t record, enum seal_field field,
					 const char *clear,
					 struct keeper_batch **ret)
{
	struct key_ref ref = ref_of(person, datenart, YEAR);
	const uint8_t *bytes;
	size_t len, slot;

	assert_int_equal(keeper_batch_new(dh.w.keeper, ret, NULL), 0);
	slot = keeper_add_seal(*ret, &ref, record, field, clear, strlen(clear));
	assert_int_equal(keeper_run(*ret, NULL), 0);
	assert_int_equal(keeper_result(*ret, slot, &bytes, &len, NULL), 0);
	return S_BLOB(bytes, len);
}

/* A person with name and phone, and a conversation of theirs. */
static inline int64_t dh_conversation(const char *helpdesk)
{
	static const char person[] =
	    "INSERT INTO person(id,created_ms,year,profile_sealed)"
	    " VALUES(?,1,2026,?)";
	static const char address[] =
	    "INSERT INTO address(id,person,key_person,kind,address_hash,year,"
	    "address_sealed,from_ms) VALUES(?,?,?,'phone',?,2026,?,1)";
	static const char conversation[] =
	    "INSERT INTO conversation(id,person,channel,helpdesk,state,"
	    "opened_ms,inbound_ms) VALUES(?,?,'shop',?,'open',1,?)";
	int64_t p = ++dh.next_id, a = ++dh.next_id, c = ++dh.next_id;
	struct keeper_batch *one = NULL, *two = NULL;
	struct store_value profile = dh_seal(p, "CONTACT", p, FIELD_PROFILE,
					     "{\"name\":\"Erika\"}", &one);
	struct store_value phone =
	    dh_seal(p, "CONTACT", a, FIELD_ADDRESS, "+4930123456", &two);

	dh_sql(person, STORE_ARGS(S_INT(p), profile));
	dh_sql(address, STORE_ARGS(S_INT(a), S_INT(p), S_INT(p),
				   S_BLOB("hash", 4), phone));
	dh_sql(conversation,
	       STORE_ARGS(S_INT(c), S_INT(p), S_TEXT(helpdesk), S_INT(NOW_MS)));
	keeper_batch_free(&one);
	keeper_batch_free(&two);
	return c;
}

/* dh_conversation takes three ids, the person's first. */
static inline int64_t dh_person_of(int64_t conversation)
{
	return conversation - 2;
}

/* The row alone; it is told like a wake after a commit. */
static inline int64_t dh_row(const char *helpdesk, int64_t conversation,
			     int64_t message, const char *type,
			     const char *detail)
{
	static const char sql[] =
	    "INSERT INTO outbox(id,kind,destination,conversation,message,type,"
	    "detail,state,next_ms,created_ms)"
	    " VALUES(?,'helpdesk',?,?,?,?,?,'waiting',?,?)";
	int64_t id = ++dh.next_id;

	dh_sql(sql,
	       STORE_ARGS(S_INT(id), S_TEXT(helpdesk), S_INT(conversation),
			  message != 0 ? S_INT(message) : S_NULL, S_TEXT(type),
			  S_TEXT(detail), S_INT(worker_now(&dh.w)),
			  S_INT(worker_now(&dh.w))));
	deliver_wake(&dh.w, helpdesk);
	return id;
}

/* A received message with this text; gives its id. */
static inline int64_t dh_message(int64_t conversation, const char *text)
{
	static const char sql[] =
	    "INSERT INTO message(id,conversation,key_person,direction,kind,"
	    "state,datenart,year,provider_ms,received_ms,content_sealed,policy)"
	    " VALUES(?,?,?,'in','text','received','MSG',2026,?,?,?,0)";
	int64_t m = ++dh.next_id, p = dh_person_of(conversation);
	struct keeper_batch *batch = NULL;
	struct store_value sealed;
	char content[320];

	(void)snprintf(content, sizeof(content),
		       "{\"text\":\"%s\",\"id\":\"x\"}", text);
	sealed = dh_seal(p, "MSG", m, FIELD_CONTENT, content, &batch);
	dh_sql(sql, STORE_ARGS(S_INT(m), S_INT(conversation), S_INT(p),
			       S_INT(NOW_MS), S_INT(NOW_MS), sealed));
	keeper_batch_free(&batch);
	return m;
}

/* Both; gives the row's id. */
static inline int64_t dh_tell(const char *helpdesk, int64_t conversation,
			      const char *text)
{
	return dh_row(helpdesk, conversation, dh_message(conversation, text),
		      "message.received", NULL);
}

/* A member of data in the n-th body a desk got; "" for null. */
static inline const char *dh_said(const struct desk *d, size_t n,
				  const char *member, char ret[256])
{
	json_t *root = json_loads(d->bodies[n], 0, NULL), *data, *value;
	const char *text;

	assert_non_null(root);
	data = json_object_get(root, "data");
	value = json_object_get(data, member);
	if (value == NULL)
		value =
		    json_object_get(json_object_get(data, "person"), member);
	assert_non_null(value);
	text = json_string_value(value);
	(void)snprintf(ret, 256, "%s", text != NULL ? text : "");
	json_decref(root);
	return ret;
}

#endif
