/* erase.c - see erase.h. */
#include "erase.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "forget/erasure.h"
#include "postern/ipc.h"
#include "postern/lookup.h"
#include "worker/prove.h"

#define PERSONS	 5
#define MESSAGES 100
#define TURNS	 10000
#define LIMIT_NS INT64_C(1000000000)
#define MS	 1e6

static const char policy[] =
    "policy: shop\nversion: 1\npurposes:\n  support: {basis: contract}\n"
    "data:\n  MSG_SUPPORT: {from: process_end, delete: P90D}\n"
    "  MEDIA: {from: process_end, delete: P90D}\n"
    "  RAW: {from: collection, delete: P3D}\n"
    "channels:\n  shop: {purpose: support, data: MSG_SUPPORT}\n"
    "helpdesks:\n  desk: {sees: [text], person: alias}\n";
static const char person_sql[] =
    "SELECT id FROM person WHERE id>=? AND joined_into IS NULL ORDER BY id"
    " LIMIT 1";
static const char oldest_sql[] = "SELECT min(id) FROM person";
static const char newest_sql[] = "SELECT max(id) FROM person";
static const char conversation_sql[] =
    "SELECT min(id) FROM conversation WHERE person=?";
static const char join_sql[] = "UPDATE person SET joined_into=? WHERE id=?";
static const char close_sql[] =
    "UPDATE conversation SET state='closed',closed_ms=? WHERE person=?";
static const char done_sql[] =
    "SELECT n FROM erasure WHERE id=? AND ended_ms IS NOT NULL";

struct keeper_child {
	pid_t pid;
	int lifeline;
};

static void must(int rc, const struct err *err)
{
	if (rc == 0)
		return;
	(void)fprintf(stderr, "bench: %s: %s\n", err->where, err->what);
	_exit(1);
}

/* --- a keeper ------------------------------------------------------------- */

static void keeper_start(struct world *world, struct keeper_child *ret)
{
	char path[320];
	int pair[2], listen_fd = -1;
	struct err err = {0};

	must(keeper_init(env_system(), world->dir, NULL, 0, &err), &err);
	(void)snprintf(path, sizeof(path), "%s/keeper.sock", world->dir);
	must(ipc_listen(path, 0600, &listen_fd, &err), &err);
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), &err);
	ret->pid = fork();
	if (ret->pid == 0) {
		const struct keeper_conf conf = {
		    .dir = world->dir,
		    .listen_fd = listen_fd,
		    .peer_uid = getuid(),
		    .lifeline_fd = pair[1],
		};
		(void)close(pair[0]);
		_exit(keeper_serve(env_system(), &conf));
	}
	(void)close(pair[1]);
	(void)close(listen_fd);
	ret->lifeline = pair[0];
	must(keeper_open(path, &world->w.keeper, &err), &err);
}

static void keeper_stop(struct world *world, struct keeper_child *k)
{
	static const char *const names[] = {
	    "keeper.db",   "keeper.db-wal", "keeper.db-shm", "erasures.log",
	    "keeper.sock", "keys/root",	    "keys/spool.pub"};
	char path[320];
	int status;

	keeper_close(&world->w.keeper);
	(void)close(k->lifeline);
	(void)waitpid(k->pid, &status, 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", world->dir,
			       names[i]);
		(void)unlink(path); /* not every one is there */
	}
	(void)snprintf(path, sizeof(path), "%s/keys", world->dir);
	(void)rmdir(path);
}

/* --- a person ------------------------------------------------------------- */

static int64_t number(struct world *world, const char *sql, int64_t of)
{
	struct err err = {0};
	int64_t n = 0;
	bool found = false;

	must(store_one_int(world->w.store, sql, STORE_ARGS(S_INT(of)), &n,
			   &found, &err),
	     &err);
	return n;
}

/* What is sealed under their keys was not: keys they have all the same. */
static void give_keys(struct world *world, int64_t person)
{
	struct keeper_batch *batch = NULL;
	struct key_ref key = {.person = person, .year = 2026};
	struct err err = {0};

	must(keeper_batch_new(world->w.keeper, &batch, &err), &err);
	(void)name_set(&key.datenart, "MSG_SUPPORT", 11);
	(void)keeper_add_seal(batch, &key, 1, FIELD_CONTENT, "x", 1);
	(void)name_set(&key.datenart, "CONTACT", 7);
	(void)keeper_add_seal(batch, &key, 1, FIELD_PROFILE, "x", 1);
	must(keeper_run(batch, &err), &err);
	keeper_batch_free(&batch);
}

static size_t messages_of(struct world *world, int64_t person)
{
	struct store *st = world->w.store;
	int64_t ids[MESSAGES], conversation;
	struct err err = {0};
	bool found = false;
	size_t len = 0;

	must(store_one_int(st, conversation_sql, STORE_ARGS(S_INT(person)),
			   &conversation, &found, &err),
	     &err);
	if (found)
		must(lookup_conversation(st, conversation, INT64_MAX, ids,
					 MESSAGES, &len, &err),
		     &err);
	return len;
}

/* Some from all over the archive are one, as many as have a hundred messages.
 */
static int64_t make_person(struct world *world, uint64_t *seed)
{
	struct store *st = world->w.store;
	struct err err = {0};
	bool found;
	int64_t first = 0, last = 0, root = 0, id;
	size_t messages = 0;

	must(store_one_int(st, oldest_sql, STORE_NO_ARGS, &first, &found, &err),
	     &err);
	must(store_one_int(st, newest_sql, STORE_NO_ARGS, &last, &found, &err),
	     &err);
	must(worker_begin(&world->w, &err), &err);
	while (messages < MESSAGES) {
		*seed = *seed * UINT64_C(6364136223846793005) + 1442695;
		/* Not the newest tenth: these still talk. */
		id = number(world, person_sql,
			    first +
				(int64_t)((*seed >> 11) %
					  (uint64_t)((last - first) / 10 * 9)));
		if (messages_of(world, id) > MESSAGES / 2 || id == root)
			continue;
		messages += messages_of(world, id);
		must(store_run(st, close_sql,
			       STORE_ARGS(S_INT(world->ms), S_INT(id)), &err),
		     &err);
		give_keys(world, id);
		if (root == 0)
			root = id;
		else
			must(store_run(st, join_sql,
				       STORE_ARGS(S_INT(root), S_INT(id)),
				       &err),
			     &err);
	}
	must(worker_commit(&world->w, &err), &err);
	return root;
}

/* --- and their end -------------------------------------------------------- */

/* The nanoseconds from the order to the last step. */
static int64_t erase(struct world *world, int64_t person, int64_t *ret_n)
{
	const struct erasure_order order = {.person = person,
					    .trigger = TRIGGER_ART17};
	struct worker *w = &world->w;
	struct err err = {0};
	int64_t id = 0, from = world_ns();
	bool moved = true;

	must(worker_begin(w, &err), &err);
	must(erasure_begin(w, &order, &id, &err), &err);
	must(worker_commit(w, &err), &err);
	for (int i = 0; i < TURNS && moved; i++) {
		moved = false;
		w->erasing.look_boot = 0;
		must(erasure_step(w, &moved, &err), &err);
	}
	from = world_ns() - from;
	*ret_n = number(world, done_sql, id);
	return from;
}

static void use_policy(struct world *world, struct policy **ret)
{
	static struct diag diag;

	diag_init(&diag, "policy.yaml");
	if (policy_parse((const uint8_t *)policy, sizeof(policy) - 1, &diag,
			 ret) != 0) {
		diag_print(&diag, stderr);
		_exit(1);
	}
	world->w.policy = *ret;
	world->w.ready = true;
}

bool bench_erase(struct world *world)
{
	struct keeper_child keeper;
	struct policy *used = NULL;
	uint64_t seed = 4711;
	int64_t n, all = 0, took, worst = 0;
	bool good = true;

	keeper_start(world, &keeper);
	use_policy(world, &used);
	for (size_t i = 0; i < PERSONS; i++) {
		int64_t person = make_person(world, &seed);

		took = erase(world, person, &n);
		all += n;
		worst = took > worst ? took : worst;
		good = good && n > 0;
	}
	world->w.policy = NULL;
	policy_free(&used);
	keeper_stop(world, &keeper);
	(void)printf("erased out of %llu messages: a person of %.0f, worst of"
		     " %d %.1f ms\n",
		     (unsigned long long)world->messages, (double)all / PERSONS,
		     PERSONS, (double)worst / MS);
	return good && worst < LIMIT_NS;
}
