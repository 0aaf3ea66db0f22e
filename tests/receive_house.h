/* receive_house.h - a data directory with a real keeper process, a spool
 * written by hand and the inbound half of a worker, for test_receive.c.
 *
 * The channel driver is a double: one event per line, fields key=value
 * between commas, so that a test says exactly what a provider would mean. */
#ifndef POSTERN_TESTS_RECEIVE_HOUSE_H
#define POSTERN_TESTS_RECEIVE_HOUSE_H

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>
#include <sodium.h>

#include "channel/event_make.h"
#include "child.h"
#include "forget/holding.h"
#include "postern/ipc.h"
#include "postern/ledgerbatch.h"
#include "postern/sealed.h"
#include "worker/inbound.h"
#include "worker/outlive.h"
#include "worker/opening.h"
#include "worker/quarantine.h"
#include "worker/prove.h"
#include "worker/sweepclock.h"

#define HOUSE_NOW INT64_C(1790000000000)

struct house {
	char dir[64], db[96];
	struct env env;
	int64_t ahead_ms;
	struct settings settings;
	struct settings_channel channel;
	struct settings_helpdesk desk;
	struct settings_route route;
	struct policy *policy;
	struct channel door;
	struct channel *channels[2];
	struct worker w;
	pid_t keeper;
	int lifeline;
	/* The segment being written */
	uint64_t segment, offset;
	uint8_t key[SEAL_KEY_BYTES];
	bool lenient;	 /* the driver was updated */
	uint8_t verdict; /* of bodies; 0: SPOOL_VERIFIED */
	bool unlogged;	 /* a benchmark wrote messages without entries */
};

/* The driver has no context of its own: one house at a time. */
static struct house *the_house;

/* --- the channel double --------------------------------------------------- */

static inline enum event_kind house_kind(const char *name)
{
	for (int k = 0; k < EVENT_KINDS; k++)
		if (strcmp(event_kind_name((enum event_kind)k), name) == 0)
			return (enum event_kind)k;
	fail();
	return EVENT_IGNORED;
}

static inline void house_address(struct event_list *l, struct party *p,
				 const char *kind, const char *text)
{
	event_party_add(l, p, kind, event_list_keep(l, text, strlen(text)));
}

static inline void house_field(struct event_list *l, struct event *e,
			       const char *key, const char *value)
{
	const char *kept = event_list_keep(l, value, strlen(value));
	const struct {
		const char *key;
		const char **member;
	} texts[] = {
	    {"account", &e->account}, {"id", &e->id},
	    {"type", &e->type},	      {"target", &e->target},
	    {"reply", &e->reply_to},  {"emoji", &e->emoji},
	    {"ref", &e->ref},	      {"status", &e->status},
	    {"purpose", &e->purpose}, {"media", &e->media.id},
	    {"file", &e->media.name}, {"name", &e->party.name},
	    {"text", &e->text},	      {"payload", &e->payload},
	    {"group", &e->group},     {"username", &e->party.username},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(texts[i].key, key) == 0)
			*texts[i].member = kept;
	if (strcmp(key, "text") == 0)
		e->text_len = strlen(value);
	if (strcmp(key, "ts") == 0)
		e->ts_ms = HOUSE_NOW + strtoll(value, NULL, 10);
	if (strcmp(key, "error") == 0)
		e->error = strtoll(value, NULL, 10);
	if (strcmp(key, "account") == 0 && value[0] == '\0')
		e->account = NULL;
	if (strcmp(key, "bytes") == 0)
		e->media.bytes = strtoll(value, NULL, 10);
	if (strcmp(key, "removed") == 0)
		e->removed = true;
	if (strcmp(key, "recipient") == 0)
		e->party_is_recipient = true;
	if (strcmp(key, "stop") == 0)
		e->withdraw_marketing = true;
	if (strcmp(key, "watermark") == 0) {
		e->watermark = true;
		e->watermark_ms = HOUSE_NOW + strtoll(value, NULL, 10);
	}
	if (strcmp(key, "strong") == 0 || strcmp(key, "phone") == 0) {
		e->has_party = true;
		house_address(l, &e->party, key[0] == 's' ? "strong" : "phone",
			      value);
	}
	if (strcmp(key, "new_phone") == 0)
		house_address(l, &e->new_party, "phone", value);
	if (strcmp(key, "old_strong") == 0)
		house_address(l, &e->old_party, "strong", value);
}

static inline int house_parse(const uint8_t *body, size_t body_len,
			      struct event_list **ret, struct err *err)
{
	char *copy, *rest, *line, *field, *equals;
	struct event_list *l;
	struct event *e;

	if (body_len > 0 && body[0] == '!' && !the_house->lenient)
		return ERR_SET(err, ERR_INPUT, "not understood", 0);
	copy = calloc(1, body_len + 1);
	if (copy == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory", 0);
	memcpy(copy, body, body_len);
	rest = copy[0] == '!' ? copy + 1 : copy;
	l = event_list_new();
	if (l == NULL) {
		free(copy);
		return ERR_SET(err, ERR_NOMEM, "no memory", 0);
	}
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (line[0] == '\0')
			continue;
		e = event_list_add(l, house_kind(strsep(&line, ",")));
		e->account = "A1";
		while ((field = strsep(&line, ",")) != NULL) {
			equals = strchr(field, '=');
			assert_non_null(equals);
			*equals = '\0';
			house_field(l, e, field, equals + 1);
		}
	}
	free(copy);
	*ret = l;
	return event_list_check(l, err);
}

static const struct channel_driver house_driver = {
    .name = "double",
    .account_key = "account_id",
    .parse = house_parse,
};

/* --- the environment ------------------------------------------------------ */

static inline int64_t house_wall(struct env *env)
{
	return HOUSE_NOW + ((struct house *)env->ctx)->ahead_ms;
}

/* --- the keeper ----------------------------------------------------------- */

static inline void house_keeper_start(struct house *h)
{
	char path[128];
	int pair[2], listen_fd = -1;
	struct err err = {0};

	(void)snprintf(path, sizeof(path), "%s/run/keeper.sock", h->dir);
	(void)unlink(path); /* of the keeper before */
	assert_int_equal(ipc_listen(path, 0600, &listen_fd, &err), 0);
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	h->keeper = fork();
	assert_true(h->keeper >= 0);
	if (h->keeper == 0) {
		const struct keeper_conf conf = {
		    .dir = h->dir,
		    .listen_fd = listen_fd,
		    .peer_uid = getuid(),
		    .lifeline_fd = pair[1],
		};
		(void)close(pair[0]); /* the parent's end */
		child_end(keeper_serve(env_system(), &conf));
	}
	(void)close(pair[1]);
	(void)close(listen_fd);
	h->lifeline = pair[0];
	assert_int_equal(keeper_open(path, &h->w.keeper, &err), 0);
}

static inline void house_keeper_stop(struct house *h)
{
	int status;

	keeper_close(&h->w.keeper);
	(void)close(h->lifeline);
	assert_int_equal(waitpid(h->keeper, &status, 0), h->keeper);
}

/* --- the spool ------------------------------------------------------------ */

static inline void house_append(struct house *h, const struct spool_record *r)
{
	uint8_t header[SPOOL_HEADER_BYTES];
	char path[128];
	int fd;

	spool_header(r, header);
	(void)snprintf(path, sizeof(path), "%s/spool/%016llu.seg", h->dir,
		       (unsigned long long)h->segment);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, header, sizeof(header), (off_t)h->offset),
			 sizeof(header));
	h->offset += sizeof(header);
	assert_int_equal(
	    pwrite(fd, r->payload, r->payload_len, (off_t)h->offset),
	    r->payload_len);
	h->offset += r->payload_len;
	assert_int_equal(close(fd), 0);
}

/* A new segment with a key of its own. */
static inline void house_segment(struct house *h)
{
	uint8_t box[SPOOL_BOX_BYTES];
	struct spool_record r = {.kind = SPOOL_KEY,
				 .payload = box,
				 .payload_len = sizeof(box),
				 .received_ms = HOUSE_NOW};
	struct spool_public public;
	struct err err = {0};
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/keys/spool.pub", h->dir);
	assert_int_equal(spool_public_read(path, &public, &err), 0);
	randombytes_buf(h->key, sizeof(h->key));
	for (int i = 0; i < 4; i++)
		box[i] = (uint8_t)(public.pair >> (24 - 8 * i));
	assert_int_equal(
	    crypto_box_seal(box + 4, h->key, sizeof(h->key), public.key), 0);
	h->segment++;
	h->offset = 0;
	house_append(h, &r);
}

static inline void house_body_on(struct house *h, const char *channel,
				 const char *body, bool damaged)
{
	struct spool_record r = {.kind = SPOOL_BODY,
				 .verdict = h->verdict != 0 ? h->verdict
							    : SPOOL_VERIFIED,
				 .received_ms = house_wall(&h->env)};
	uint8_t aad[SPOOL_AAD_BYTES], *sealed;
	size_t aad_len, len = strlen(body);

	assert_true(name_set(&r.channel, channel, strlen(channel)));
	aad_len = spool_aad(&r.channel, r.received_ms, aad);
	sealed = malloc(sealed_len(len));
	assert_non_null(sealed);
	sealed_seal(h->key, aad, aad_len, (const uint8_t *)body, len, sealed);
	if (damaged)
		sealed[sealed_len(len) - 1] ^= 1;
	r.payload = sealed;
	r.payload_len = sealed_len(len);
	house_append(h, &r);
	free(sealed);
}

static inline void house_body(struct house *h, const char *body)
{
	house_body_on(h, "shop", body, false);
}

/* --- the worker ----------------------------------------------------------- */

static inline void house_open(struct house *h, const char *store)
{
	struct err err = {0};

	h->w.env = &h->env;
	h->w.settings = &h->settings;
	h->w.policy = h->policy;
	h->w.channels = h->channels;
	h->w.ids.last = 0;
	assert_int_equal(store_open(store, h->db, &h->w.store, &err), 0);
	assert_int_equal(worker_open_ids(&h->w, &err), 0);
	assert_int_equal(receive_open(&h->w, &h->w.receive, &err), 0);
}

/* A person says that the clock is right, as after every jump of it. */
static inline void house_confirm(struct house *h)
{
	struct err err = {0};

	assert_int_equal(worker_begin(&h->w, &err), 0);
	assert_int_equal(sweepclock_confirm(&h->w, &err), 0);
	assert_int_equal(worker_commit(&h->w, &err), 0);
}

/* Whatever a test did, the proof log knows of every message. */
static inline void house_proved(struct house *h)
{
	struct ledger_message_finding found = {0};
	struct err err = {0};

	assert_int_equal(
	    ledger_check_messages(h->w.store, NULL, NULL, &found, &err), 0);
	if (found.fault != LEDGER_MESSAGES_SOUND)
		print_error("fault %d, entry %lld, message %lld\n",
			    (int)found.fault, (long long)found.entry,
			    (long long)found.message);
	assert_int_equal(found.fault, LEDGER_MESSAGES_SOUND);
}

/* As a process that dies: its handle may not even read any more. */
static inline void house_die(struct house *h)
{
	receive_close(&h->w.receive);
	holding_close(&h->w);
	hold_close(&h->w);
	prove_drop(&h->w); /* of acts without a transaction */
	outlive_drop(&h->w);
	store_close(&h->w.store);
}

static inline void house_close(struct house *h)
{
	if (!h->unlogged)
		house_proved(h);
	house_die(h);
}

static inline void house_settings(struct house *h)
{
	struct settings *s = &h->settings;

	(void)snprintf(s->dir, sizeof(s->dir), "%s", h->dir);
	(void)snprintf(s->controller.country, sizeof(s->controller.country),
		       "49");
	assert_true(name_set(&h->channel.name, "shop", 4));
	h->channel.values[0] =
	    (struct setting_value){.key = "account_id", .text = "A1"};
	h->channel.values_len = 1;
	assert_true(name_set(&h->desk.name, "desk", 4));
	h->route.channel = h->channel.name;
	h->route.helpdesk = h->desk.name;
	s->channels = &h->channel;
	s->helpdesks = &h->desk;
	s->routes = &h->route;
	s->channels_len = s->helpdesks_len = s->routes_len = 1;
	h->door.driver = &house_driver;
	h->door.name = h->channel.name;
	h->channels[0] = &h->door;
}

/* The policy in force from now on. */
static inline void house_use(struct house *h, const char *yaml)
{
	struct diag *diag = calloc(1, sizeof(*diag));

	assert_non_null(diag);
	policy_free(&h->policy);
	diag_init(diag, "policy.yaml");
	if (policy_parse((const uint8_t *)yaml, strlen(yaml), diag,
			 &h->policy) != 0) {
		diag_print(diag, stderr);
		fail();
	}
	free(diag);
	h->w.policy = h->policy;
}

#define HOUSE_POLICY_HEAD                                        \
	"policy: shop\nversion: 1\n"                             \
	"purposes:\n  support: {basis: contract}\n"              \
	"data:\n"                                                \
	"  MSG: {from: process_end, keep: P30D, delete: P90D}\n" \
	"  MEDIA: {from: process_end, delete: P90D}\n"           \
	"  RAW: {from: collection, delete: P3D}\n"
#define HOUSE_POLICY_DESK \
	"helpdesks:\n  desk: {sees: [text, attachments], person: alias}\n"

static inline void house_policy(struct house *h)
{
	house_use(h, HOUSE_POLICY_HEAD "channels:\n  shop: {purpose: support, "
				       "data: MSG}\n" HOUSE_POLICY_DESK);
}

static inline int house_make(void **state)
{
	static const char older_sql[] =
	    "UPDATE meta SET value=x'0000000000000064' WHERE"
	    " name='ledger_messages_from'";
	static const char *const folders[] = {"spool", "run", "media"};
	struct house *h = calloc(1, sizeof(*h));
	struct err err = {0};
	char path[128];

	assert_non_null(h);
	the_house = h;
	(void)snprintf(h->dir, sizeof(h->dir), "/tmp/postern-rcv-XXXXXX");
	assert_non_null(mkdtemp(h->dir));
	(void)snprintf(h->db, sizeof(h->db), "%s/postern.db", h->dir);
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", h->dir, folders[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	h->env = *env_system();
	h->env.wall_ms = house_wall;
	h->env.ctx = h;
	house_settings(h);
	house_policy(h);
	assert_int_equal(keeper_init(env_system(), h->dir, NULL, 0, &err), 0);
	house_keeper_start(h);
	house_segment(h);
	house_open(h, "sqlite");
	/* Rows that a test makes by hand are older than the log. */
	assert_int_equal(store_run(h->w.store, older_sql, STORE_NO_ARGS, &err),
			 0);
	*state = h;
	return 0;
}

static inline int house_remove(const char *path, const struct stat *st,
			       int type, struct FTW *walk)
{
	(void)st;
	(void)type;
	(void)walk;
	return remove(path);
}

static inline int house_unmake(void **state)
{
	struct house *h = *state;

	house_close(h);
	house_keeper_stop(h);
	policy_free(&h->policy);
	assert_int_equal(nftw(h->dir, house_remove, 8, FTW_DEPTH | FTW_PHYS),
			 0);
	free(h);
	return 0;
}

/* Everything in the spool goes into the archive. */
static inline void house_receive(struct house *h)
{
	struct err err = {0};
	bool moved = true;

	for (int i = 0; i < 1000 && moved; i++) {
		moved = false;
		if (receive_step(&h->w, &moved, &err) != 0) {
			print_error("%s: %s\n", err.where, err.what);
			fail();
		}
	}
	assert_false(moved);
}

static inline int64_t house_number(struct house *h, const char *sql)
{
	struct err err = {0};
	int64_t n = 0;
	bool found = false;

	assert_int_equal(
	    store_one_int(h->w.store, sql, STORE_NO_ARGS, &n, &found, &err), 0);
	return found ? n : -1;
}

static inline void house_sql(struct house *h, const char *sql)
{
	struct err err = {0};

	assert_int_equal(store_run(h->w.store, sql, STORE_NO_ARGS, &err), 0);
}

/* Is there such a row?  The statement counts them. */
#define HOUSE_COUNT(h, from) house_number((h), "SELECT count(*) FROM " from)

/* --- one message, and how to look at it ------------------------------------
 */

#define CANARY "Zwiebelkuchen"

__attribute__((unused)) static const char hello[] =
    "message,id=m1,strong=S1,phone=01701234567,type=text,name=Anna,ts=-5,"
    "text=" CANARY;

static inline int64_t step_error(struct house *h)
{
	struct err err = {0};
	bool moved = false;

	assert_int_equal(receive_step(&h->w, &moved, &err), -1);
	assert_false(moved);
	return err.kind;
}

/* The sealed content of the one message a condition names, opened. */
static inline json_t *content_of(struct house *h, const char *sql)
{
	struct keeper_batch *k = NULL;
	struct store_rows *rows = NULL;
	struct store_value v;
	struct key_ref key = {0};
	const uint8_t *clear = NULL;
	struct err err = {0};
	size_t len = 0, slot;
	int64_t id;
	json_t *json;

	assert_int_equal(
	    store_start(h->w.store, sql, STORE_NO_ARGS, &rows, &err), 0);
	assert_int_equal(store_step(h->w.store, rows, &err), 1);
	id = store_column(h->w.store, rows, 0).num;
	key.person = store_column(h->w.store, rows, 1).num;
	v = store_column(h->w.store, rows, 2);
	assert_true(name_set(&key.datenart, v.bytes, v.len));
	key.year = (uint16_t)store_column(h->w.store, rows, 3).num;
	v = store_column(h->w.store, rows, 4);
	assert_int_equal(keeper_batch_new(h->w.keeper, &k, &err), 0);
	slot = keeper_add_open(k, &key, id, FIELD_CONTENT, v.bytes, v.len);
	store_finish(h->w.store, &rows);
	assert_int_equal(keeper_run(k, &err), 0);
	assert_int_equal(keeper_result(k, slot, &clear, &len, &err), 0);
	json = json_loadb((const char *)clear, len, JSON_ALLOW_NUL, NULL);
	keeper_batch_free(&k);
	assert_non_null(json);
	return json;
}
#define CONTENT(h, where)                                                   \
	content_of((h),                                                     \
		   "SELECT id,key_person,datenart,year,content_sealed FROM" \
		   " message WHERE " where)

static inline void content_is(json_t *json, const char *key, const char *value)
{
	assert_string_equal(json_string_value(json_object_get(json, key)),
			    value);
	json_decref(json);
}

#endif
