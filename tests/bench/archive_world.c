/* archive_world.c - an archive and the stream of messages that fills it. */
#include "archive_world.h"

#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "postern/lookup.h"
#include "worker/opening.h"
#include "worker/outbox.h"
#include "worker/prove_message.h"

static const char message_sql[] =
    "INSERT INTO message(id,conversation,key_person,direction,kind,state,"
    "datenart,year,provider_ms,received_ms,target,error,content_sealed,policy)"
    " VALUES(?,?,?,'in','text','received','MSG_SUPPORT',2026,?,?,NULL,NULL,?,"
    "?)";
static const char sealed_sql[] =
    "UPDATE address SET address_sealed=? WHERE id=?";
static const char told_sql[] = "DELETE FROM outbox WHERE message=?";
static const char old_put_sql[] =
    "INSERT INTO provider_ref(ref_hash,message) VALUES(?,?)"
    " ON CONFLICT DO NOTHING RETURNING 1";
static const char *const old_sql[] = {
    "CREATE TABLE provider_ref(ref_hash BLOB PRIMARY KEY, message INTEGER)"
    " STRICT, WITHOUT ROWID",
    "CREATE INDEX message_conversation ON message(conversation)",
};

static void check(int rc, const struct err *err)
{
	if (rc == 0)
		return;
	(void)fprintf(stderr, "bench: %s: %s\n", err->where, err->what);
	_exit(1);
}

int64_t world_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* exists */
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static uint64_t draw(struct world *world)
{
	uint64_t z = (world->seed += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static int64_t wall(struct env *env)
{
	return ((struct world *)env->ctx)->ms;
}

/* --- files ---------------------------------------------------------------- */

void world_make(struct world *world, bool old)
{
	static const char *const folders[] = {"spool", "media"};
	const char *tmp = getenv("TMPDIR");
	char path[320];

	*world = (struct world){
	    .old = old, .silent = old, .ms = INT64_C(1790000000000)};
	(void)snprintf(world->dir, sizeof(world->dir), "%.220s/%s",
		       tmp != NULL ? tmp : "/tmp", "postern-bench-XXXXXX");
	if (mkdtemp(world->dir) == NULL) {
		perror("bench");
		_exit(1);
	}
	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", world->dir,
			       folders[i]);
		(void)mkdir(path, 0700); /* opening says what is missing */
	}
	(void)snprintf(world->db, sizeof(world->db), "%s/postern.db",
		       world->dir);
	world->env = *env_system();
	world->env.wall_ms = wall;
	world->env.ctx = world;
	(void)name_set(&world->channel.name, "shop", 4);
	(void)name_set(&world->desk.name, "desk", 4);
	world->route.channel = world->channel.name;
	world->route.helpdesk = world->desk.name;
	(void)snprintf(world->settings.dir, sizeof(world->settings.dir), "%s",
		       world->dir);
	world->settings.channels = &world->channel;
	world->settings.helpdesks = &world->desk;
	world->settings.routes = &world->route;
	world->settings.helpdesks_len = world->settings.routes_len = 1;
	world_open(world);
	for (size_t i = 0; i < 2 && old; i++) {
		struct err err = {0};

		check(
		    store_run(world->w.store, old_sql[i], STORE_NO_ARGS, &err),
		    &err);
	}
}

void world_open(struct world *world)
{
	struct err err = {0};

	world->w.env = &world->env;
	world->w.settings = &world->settings;
	world->w.helpdesks = world->helpdesks;
	check(store_open("sqlite", world->db, &world->w.store, &err), &err);
	check(worker_open_ids(&world->w, &err), &err);
}

void world_close(struct world *world)
{
	store_close(&world->w.store);
}

void world_unmake(struct world *world)
{
	static const char *const names[] = {"postern.db", "postern.db-wal",
					    "postern.db-shm", "postern.db.lock",
					    "forgotten.log"};
	char path[320];

	world_close(world);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", world->dir,
			       names[i]);
		(void)unlink(path); /* not every one is there */
	}
	(void)snprintf(path, sizeof(path), "%s/spool", world->dir);
	(void)rmdir(path);
	(void)snprintf(path, sizeof(path), "%s/media", world->dir);
	(void)rmdir(path);
	(void)rmdir(world->dir); /* says nothing: a bench */
}

int64_t world_file_bytes(const struct world *world)
{
	struct stat st;

	return stat(world->db, &st) == 0 ? (int64_t)st.st_size : 0;
}

/* --- messages ------------------------------------------------------------- */

/* The same hash for the same number, as a keyed hash would. */
static void hash_of(uint64_t number, uint8_t ret[IDENTITY_HASH_BYTES])
{
	(void)crypto_generichash(ret, IDENTITY_HASH_BYTES,
				 (const uint8_t *)&number, sizeof(number), NULL,
				 0);
}

static uint64_t choose_person(struct world *world)
{
	uint64_t d = draw(world), kind = d % 32, person;

	d >>= 8;
	if (kind > 1 && world->active_len > 0)
		return world
		    ->active[d % (world->active_len < ACTIVE ? world->active_len
							     : ACTIVE)];
	person = kind == 0 && world->persons > 0 ? d % world->persons
						 : world->persons++;
	world->active[world->active_len++ % ACTIVE] = person;
	return person;
}

static void put_ref(struct world *world, int64_t message)
{
	struct store *st = world->w.store;
	uint8_t hash[IDENTITY_HASH_BYTES];
	struct err err = {0};
	bool fresh = false;
	int64_t one;

	hash_of(world->messages++ | UINT64_C(1) << 62, hash);
	if (world->old)
		check(store_one_int(st, old_put_sql,
				    STORE_ARGS(S_BLOB(hash, LOOKUP_HASH_BYTES),
					       S_INT(message)),
				    &one, &fresh, &err),
		      &err);
	else
		check(lookup_ref_put(st, hash, message, &fresh, &err), &err);
	if (!fresh) {
		(void)fprintf(stderr, "bench: a new id is known\n");
		_exit(1);
	}
}

static void seal_made(struct world *world, struct identity *identity)
{
	uint8_t sealed[64];
	struct err err = {0};

	randombytes_buf(sealed, sizeof(sealed));
	for (size_t i = 0; i < identity->made_len; i++)
		check(store_run(world->w.store, sealed_sql,
				STORE_ARGS(S_BLOB(sealed, sizeof(sealed)),
					   S_INT(identity->made[i].address)),
				&err),
		      &err);
	identity_free(identity);
}

static void tell(struct world *world, int64_t conversation, int64_t message)
{
	size_t at = world->lag_len++ % LAG_MESSAGES;
	struct err err = {0};

	check(outbox_add(&world->w, "helpdesk", "desk", conversation, message,
			 "message.received", NULL, world->ms, &err),
	      &err);
	if (world->lag_len > LAG_MESSAGES)
		check(store_run(world->w.store, told_sql,
				STORE_ARGS(S_INT(world->lag[at])), &err),
		      &err);
	world->lag[at] = message;
}

static void archive_one(struct world *world, struct identity *identity)
{
	struct worker *w = &world->w;
	struct conversation conversation = {0};
	struct identity_party party = {0};
	uint8_t hash[IDENTITY_HASH_BYTES], sealed[SEALED_BYTES];
	struct err err = {0};
	int64_t person = 0, message;

	world->ms++;
	message = worker_id(w);
	put_ref(world, message);
	hash_of(choose_person(world), hash);
	identity_party_add(&party, "phone", "", hash);
	check(
	    identity_resolve(identity, &party, world->ms, true, &person, &err),
	    &err);
	check(conversation_for(w, person, &world->channel.name, world->ms,
			       &conversation, &err),
	      &err);
	check(conversation_inbound(w, &conversation, world->ms, &err), &err);
	randombytes_buf(sealed, sizeof(sealed));
	check(store_run(w->store, message_sql,
			STORE_ARGS(S_INT(message), S_INT(conversation.id),
				   S_INT(person), S_INT(world->ms - 5),
				   S_INT(world->ms),
				   S_BLOB(sealed, sizeof(sealed)),
				   S_INT(draw(world) >> 1)),
			&err),
	      &err);
	if (!world->silent)
		check(prove_message(w, LEDGER_ARCHIVED, message,
				    S_BLOB(sealed, sizeof(sealed)), &err),
		      &err);
	tell(world, conversation.id, message);
}

int64_t world_batch(struct world *world, size_t len)
{
	struct identity identity = {.w = &world->w};
	struct store *st = world->w.store;
	int64_t from = world_ns();
	struct err err = {0};

	check(store_begin(st, &err), &err);
	for (size_t i = 0; i < len; i++)
		archive_one(world, &identity);
	seal_made(world, &identity);
	check(meta_set_u64(st, "spool_offset", world->messages, &err), &err);
	check(store_commit(st, &err), &err);
	if (!world->old)
		check(lookup_tend(st, NULL, &err), &err);
	return world_ns() - from;
}

void world_outbox(struct world *world, size_t len)
{
	struct err err = {0};

	while (len > 0) {
		size_t some = len < 1000 ? len : 1000;

		check(store_begin(world->w.store, &err), &err);
		for (size_t i = 0; i < some; i++) {
			world->ms++;
			check(outbox_add(&world->w, "helpdesk", "desk",
					 (int64_t)(draw(world) >> 1), 0,
					 "message.received", NULL, world->ms,
					 &err),
			      &err);
		}
		check(store_commit(world->w.store, &err), &err);
		len -= some;
	}
}

/* --- one person ----------------------------------------------------------- */

static size_t read_conversation(struct world *world, int64_t conversation)
{
	static const char sql[] = "SELECT length(content_sealed) FROM message"
				  " WHERE id=?";
	int64_t ids[256], before = INT64_MAX, bytes;
	size_t len = 0, all = 0;
	struct err err = {0};
	bool found = false;

	do {
		check(lookup_conversation(world->w.store, conversation, before,
					  ids, 256, &len, &err),
		      &err);
		for (size_t i = 0; i < len; i++, all += found)
			check(store_one_int(world->w.store, sql,
					    STORE_ARGS(S_INT(ids[i])), &bytes,
					    &found, &err),
			      &err);
		before = len > 0 ? ids[len - 1] : 0;
	} while (len == 256);
	return all;
}

int64_t world_person(struct world *world, uint64_t person, size_t *ret_len)
{
	static const char sql[] = "SELECT c.id FROM address a JOIN conversation"
				  " c ON c.person=a.person"
				  " WHERE a.address_hash=?";
	uint8_t hash[IDENTITY_HASH_BYTES];
	int64_t from = world_ns(), conversation = 0;
	struct err err = {0};
	bool found = false;

	hash_of(person, hash);
	check(store_one_int(world->w.store, sql,
			    STORE_ARGS(S_BLOB(hash, sizeof(hash))),
			    &conversation, &found, &err),
	      &err);
	*ret_len = found ? read_conversation(world, conversation) : 0;
	return world_ns() - from;
}
