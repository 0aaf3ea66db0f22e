/* test_ledger_witness.c - what the log does with the answers of its witnesses:
 * true ones, on loopback, and such that lie.
 * Proves: compliance 6.4. */
#include "ledger_house.h"
#include "witness_house.h"

#include "loopback.h"
#include "postern/log.h"
#include "worker/ledger_witness.h"

#define TURNS_MAX  3000
#define LIES_BYTES 4096

/* A witness on loopback; lie_status: what it says instead, once. */
struct peer {
	struct house *house;
	struct loopback server;
	pthread_mutex_t lock;
	int lie_status; /* 0: none; -1: cuts the connection */
	bool lies_always;
	const char *lie_type;
	char lie[LIES_BYTES];
	char asked[8][64]; /* first lines */
	_Atomic size_t asked_len;
};

/* A gateway with this peer in its settings. */
struct gateway {
	struct ledger_house *ledger;
	struct ledger_signer signer;
	struct env env;
	int64_t ahead_ms;
	struct settings settings;
	struct settings_peer peers[2];
	struct worker w;
};

struct world {
	struct peer peer;
	struct gateway g;
};

/* --- the peer ------------------------------------------------------------- */

static void say(int fd, int status, const char *type, const void *body,
		size_t len)
{
	char head[256];

	(void)snprintf(head, sizeof(head),
		       "HTTP/1.1 %d X\r\nContent-Type: %s\r\n"
		       "Content-Length: %zu\r\n\r\n",
		       status, type, len);
	if (loopback_text(fd, head))
		(void)loopback_say(fd, body, len);
}

/* False: the connection ends. */
static bool answer(struct peer *p, int fd, const char *body)
{
	struct witness_answer *a = &p->house->answer;
	int lie = p->lie_status;
	size_t n = p->asked_len;

	if (n < 8) {
		(void)snprintf(p->asked[n], sizeof(p->asked[n]), "%.*s",
			       (int)strcspn(body, "\n"), body);
		p->asked_len = n + 1;
	}
	if (!p->lies_always)
		p->lie_status = 0;
	if (lie < 0)
		return false;
	if (lie > 0) {
		say(fd, lie, p->lie_type, p->lie, strlen(p->lie));
		return true;
	}
	(void)witness_add(p->house->w, body, strlen(body), a, NULL);
	say(fd, (int)a->status, a->type, a->body.bytes, a->body.len);
	return true;
}

static void serve(struct loopback *s, int fd)
{
	struct peer *p = s->ctx;
	char *request = malloc(LOOPBACK_REQUEST_MAX), *body;
	bool goes_on = true;

	while (goes_on &&
	       loopback_read(s, fd, request, LOOPBACK_REQUEST_MAX, &body)) {
		(void)pthread_mutex_lock(&p->lock);
		goes_on = answer(p, fd, body);
		(void)pthread_mutex_unlock(&p->lock);
	}
	free(request);
}

static void lie_once(struct peer *p, int status, const char *type,
		     const char *text)
{
	(void)pthread_mutex_lock(&p->lock);
	p->lie_status = status;
	p->lie_type = type;
	(void)snprintf(p->lie, sizeof(p->lie), "%s", text);
	(void)pthread_mutex_unlock(&p->lock);
}

/* --- the gateway ---------------------------------------------------------- */

static int64_t ahead_wall(struct env *env)
{
	const struct gateway *g = env->ctx;

	return LEDGER_FIRST_MS + g->ahead_ms;
}

static int64_t ahead_boot(struct env *env)
{
	const struct gateway *g = env->ctx;

	return env_system()->boot_ms(env_system()) + g->ahead_ms;
}

static void configure(struct gateway *g, size_t i, const struct note_key *key,
		      const char *address)
{
	struct settings_peer *peer = &g->peers[i];

	note_key_print(key, peer->vkey);
	(void)snprintf(peer->url, sizeof(peer->url), "http://%s", address);
	(void)snprintf(peer->allow[0], sizeof(peer->allow[0]), "%s", address);
	peer->allow_len = 1;
	g->settings.ledger.witnesses = g->peers;
	g->settings.ledger.witnesses_len = i + 1;
}

static void gateway_open(struct gateway *g)
{
	struct err err = {0};

	ledger_signer_make(&g->signer, 1, LEDGER_ORIGIN);
	g->env = *env_system();
	g->env.wall_ms = ahead_wall;
	g->env.boot_ms = ahead_boot;
	g->env.ctx = g;
	if (g->ledger == NULL)
		assert_int_equal(ledger_on_memory((void **)&g->ledger), 0);
	g->w = (struct worker){.env = &g->env,
			       .settings = &g->settings,
			       .store = g->ledger->store};
	assert_int_equal(http_open(&g->env, &g->w.http, &err), 0);
	assert_int_equal(ledger_witness_open(&g->w, &g->w.witnesses, &err), 0);
}

/* What it keeps stays, as after the end of a process. */
static void gateway_stop(struct gateway *g)
{
	http_close(&g->w.http);
	ledger_witness_close(&g->w.witnesses);
}

static void gateway_close(struct gateway *g)
{
	gateway_stop(g);
	assert_int_equal(ledger_house_end((void **)&g->ledger), 0);
}

/* Entries from the one at `fork` on are not those of other logs here. */
static void entries(struct gateway *g, uint64_t end, uint64_t fork)
{
	struct store *st = g->ledger->store;
	struct ledger_entry e;
	uint64_t at, given;

	assert_int_equal(ledger_entries(st, &at, NULL), 0);
	assert_int_equal(store_begin(st, NULL), 0);
	for (; at < end; at++) {
		e = ledger_example(at < fork ? at : at + 100000);
		assert_int_equal(
		    ledger_append(st, &ledger_mask, &e, &given, NULL), 0);
	}
	assert_int_equal(store_commit(st, NULL), 0);
}

static void checkpoint(struct gateway *g, uint64_t size, uint64_t fork)
{
	struct buf note = BUF_INIT(NOTE_BYTES_MAX);

	entries(g, size, fork);
	ledger_grown(g->ledger->store, 1000);
	ledger_sign(g->ledger->store, &g->signer, size, &note);
	buf_free(&note);
}

static struct ledger_witness_view look(const struct gateway *g)
{
	struct ledger_witness_view v;

	ledger_witness_look(&g->w, 0, &v);
	return v;
}

/* Turns of the loop until it was asked so often in all, and has an answer. */
static void turn_until(struct gateway *g, const struct peer *p, size_t asked)
{
	struct err err = {0};
	bool moved = false;

	for (int i = 0; i < TURNS_MAX; i++) {
		g->ahead_ms += 1000;
		assert_int_equal(ledger_witness_step(&g->w, &moved, &err), 0);
		if (p->asked_len >= asked && http_under_way(g->w.http) == 0) {
			/* What came is taken, and nothing new begun. */
			assert_int_equal(
			    ledger_witness_step(&g->w, &moved, &err), 0);
			if (http_under_way(g->w.http) == 0)
				return;
		}
		assert_int_equal(http_poll(g->w.http, NULL, 0, 10, &err), 0);
	}
	fail_msg("asked %zu times only", (size_t)p->asked_len);
}

/* One whole attempt, whatever it needs to be asked. */
static void attempt(struct gateway *g)
{
	bool moved = false, began = false;
	struct err err = {0};

	for (int i = 0; i < TURNS_MAX; i++) {
		/* Past any back-off. */
		if (!began)
			g->ahead_ms += 1000000;
		moved = false;
		assert_int_equal(ledger_witness_step(&g->w, &moved, &err), 0);
		if (began && http_under_way(g->w.http) == 0)
			return;
		began = began || http_under_way(g->w.http) > 0;
		assert_int_equal(http_poll(g->w.http, NULL, 0, 10, &err), 0);
	}
	fail_msg("no attempt");
}

/* How often this witness's good line stands under the last checkpoint. */
static size_t lines_of(const struct gateway *g, const struct note_key *key)
{
	struct buf bytes = BUF_INIT(NOTE_BYTES_MAX);
	struct checkpoint body;
	struct note note;
	size_t found = 0;

	assert_int_equal(
	    ledger_last(g->ledger->store, &bytes, &body, NULL, NULL), 0);
	assert_int_equal(
	    note_parse((const char *)bytes.bytes, bytes.len, &note, NULL), 0);
	assert_int_equal(note_check(&note, &g->signer.key, NULL), NOTE_GOOD);
	for (size_t i = 0; i < note.signatures_len; i++)
		found += note.signatures[i].id == key->id;
	if (found > 0)
		assert_int_equal(note_check(&note, key, NULL), NOTE_GOOD);
	buf_free(&bytes);
	return found;
}

/* --- worlds --------------------------------------------------------------- */

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	struct peer *p = &world->peer;

	assert_non_null(world);
	assert_int_equal(house_set_up((void **)&p->house), 0);
	ledger_signer_make(&world->g.signer, 1, LEDGER_ORIGIN);
	house_watch(p->house, &world->g.signer.key);
	house_reopen(p->house);
	(void)pthread_mutex_init(&p->lock, NULL);
	loopback_open(&p->server, serve, p);
	configure(&world->g, 0, &p->house->key, p->server.address);
	gateway_open(&world->g);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	gateway_close(&world->g);
	loopback_close(&world->peer.server);
	(void)pthread_mutex_destroy(&world->peer.lock);
	assert_int_equal(house_tear_down((void **)&world->peer.house), 0);
	free(world);
	return 0;
}

/* --- cases ---------------------------------------------------------------- */

static void each_checkpoint_is_cosigned(void **state)
{
	struct world *world = *state;
	struct gateway *g = &world->g;
	bool moved = false;

	/* An empty log asks nobody. */
	g->ahead_ms += 1000000;
	assert_int_equal(ledger_witness_step(&g->w, &moved, NULL), 0);
	assert_int_equal(http_under_way(g->w.http), 0);
	assert_int_equal(look(g).state, LEDGER_WITNESS_NEW);
	checkpoint(g, 5, UINT64_MAX);
	turn_until(&world->g, &world->peer, 1);
	assert_int_equal(look(g).state, LEDGER_WITNESS_SIGNS);
	assert_int_equal(look(g).size, 5);
	assert_int_equal(lines_of(g, &world->peer.house->key), 1);
	checkpoint(g, 300, UINT64_MAX);
	turn_until(&world->g, &world->peer, 2);
	assert_int_equal(look(g).size, 300);
	assert_int_equal(lines_of(g, &world->peer.house->key), 1);
	assert_string_equal(world->peer.asked[1], "old 5");
	/* Nothing new: nobody is asked, however long it lasts. */
	for (int i = 0; i < 100; i++) {
		g->ahead_ms += 1000000;
		assert_int_equal(ledger_witness_step(&g->w, &moved, NULL), 0);
		assert_int_equal(http_under_way(g->w.http), 0);
	}
	assert_int_equal(atomic_load(&g->w.counts.witness_cosigned), 2);
}

static void what_it_signed_is_known_after_a_restart(void **state)
{
	struct world *world = *state;
	struct gateway *g = &world->g;

	checkpoint(g, 5, UINT64_MAX);
	turn_until(&world->g, &world->peer, 1);
	gateway_stop(g);
	gateway_open(g);
	assert_int_equal(look(g).state, LEDGER_WITNESS_SIGNS);
	assert_int_equal(look(g).size, 5);
	checkpoint(g, 9, UINT64_MAX);
	turn_until(&world->g, &world->peer, 2);
	assert_string_equal(world->peer.asked[1], "old 5");
	assert_int_equal(look(g).size, 9);
}

/* The witness stored it, and the answer was lost. */
static void a_size_it_tells_is_taken_at_once(void **state)
{
	struct world *world = *state;
	struct gateway *g = &world->g;

	checkpoint(g, 5, UINT64_MAX);
	turn_until(&world->g, &world->peer, 1);
	assert_int_equal(store_run(g->ledger->store,
				   "DELETE FROM ledger_witness", STORE_NO_ARGS,
				   NULL),
			 0);
	gateway_stop(g);
	gateway_open(g);
	checkpoint(g, 9, UINT64_MAX);
	turn_until(&world->g, &world->peer, 3);
	assert_string_equal(world->peer.asked[1], "old 0");
	assert_string_equal(world->peer.asked[2], "old 5");
	assert_int_equal(look(g).state, LEDGER_WITNESS_SIGNS);
	assert_int_equal(look(g).size, 9);
}

static void one_that_is_away_is_asked_later_and_later(void **state)
{
	struct world *world = *state;
	struct gateway *g = &world->g;

	world->peer.lies_always = true;
	lie_once(&world->peer, 503, "text/plain", "");
	checkpoint(g, 5, UINT64_MAX);
	attempt(&world->g);
	assert_int_equal(look(g).state, LEDGER_WITNESS_AWAY);
	assert_int_equal(look(g).attempts, 1);
	lie_once(&world->peer, -1, "", "");
	attempt(&world->g);
	attempt(&world->g);
	assert_int_equal(look(g).attempts, 3);
	assert_true(look(g).next_ms <=
		    LEDGER_FIRST_MS + g->ahead_ms + 10 * 60 * 1000);
	world->peer.lies_always = false;
	lie_once(&world->peer, 0, "", "");
	attempt(&world->g);
	assert_int_equal(look(g).state, LEDGER_WITNESS_SIGNS);
	assert_int_equal(look(g).attempts, 0);
	assert_int_equal(lines_of(g, &world->peer.house->key), 1);
}

static void one_that_refuses_is_no_split(void **state)
{
	static const int statuses[] = {400, 403, 404};
	struct world *world = *state;

	checkpoint(&world->g, 5, UINT64_MAX);
	for (size_t i = 0; i < 3; i++) {
		lie_once(&world->peer, statuses[i], "text/plain", "no\n");
		attempt(&world->g);
		assert_int_equal(look(&world->g).state, LEDGER_WITNESS_REFUSES);
	}
	assert_int_equal(lines_of(&world->g, &world->peer.house->key), 0);
}

/* --- lies ----------------------------------------------------------------- */

/* A line of this key under the checkpoint of the log at another size. */
static void line_for(struct gateway *g, const struct house *h, const char *name,
		     uint64_t size, char ret[LIES_BYTES])
{
	struct checkpoint body = {.origin = LEDGER_ORIGIN, .size = size};
	struct buf text = BUF_INIT(4096), line = BUF_INIT(4096);
	struct note_key key;

	assert_int_equal(ledger_root(g->ledger->store, size, &body.root, NULL),
			 0);
	assert_int_equal(checkpoint_print(&body, &text, NULL), 0);
	assert_int_equal(
	    note_key_make(name, NOTE_COSIGNATURE, h->key.bytes, &key, NULL), 0);
	assert_int_equal(note_cosign((const char *)text.bytes, text.len, &key,
				     h->secret, 1790000000, &line, NULL),
			 0);
	(void)snprintf(ret, LIES_BYTES, "%s", buf_text(&line));
	buf_free(&text);
	buf_free(&line);
}

static void only_its_own_good_line_is_added(void **state)
{
	struct world *world = *state;
	const struct house *h = world->peer.house;
	struct gateway *g = &world->g;
	char line[LIES_BYTES], both[2 * LIES_BYTES];

	checkpoint(g, 5, UINT64_MAX);
	/* Nothing; nonsense; another size; another name. */
	lie_once(&world->peer, 200, "text/plain", "");
	attempt(&world->g);
	assert_int_equal(look(g).state, LEDGER_WITNESS_REFUSES);
	lie_once(&world->peer, 200, "text/plain", "<html>\n");
	attempt(&world->g);
	line_for(g, h, WITNESS_NAME, 4, line);
	lie_once(&world->peer, 200, "text/plain", line);
	attempt(&world->g);
	line_for(g, h, "witness.example.org/other", 5, line);
	lie_once(&world->peer, 200, "text/plain", line);
	attempt(&world->g);
	assert_int_equal(lines_of(g, &h->key), 0);
	assert_int_equal(look(g).size, 0);
	assert_int_equal(look(g).attempts, 4);
	/* A line of somebody else beside its own is left out. */
	(void)snprintf(both, sizeof(both), "%s", line);
	line_for(g, h, WITNESS_NAME, 5, line);
	(void)snprintf(both + strlen(both), sizeof(both) - strlen(both), "%s",
		       line);
	lie_once(&world->peer, 200, "text/plain", both);
	attempt(&world->g);
	assert_int_equal(look(g).state, LEDGER_WITNESS_SIGNS);
	assert_int_equal(lines_of(g, &h->key), 1);
}

static void a_size_below_what_it_signed_is_never_proved_from(void **state)
{
	struct world *world = *state;
	struct gateway *g = &world->g;

	checkpoint(g, 5, UINT64_MAX);
	turn_until(&world->g, &world->peer, 1);
	checkpoint(g, 9, UINT64_MAX);
	lie_once(&world->peer, 409, "text/x.tlog.size", "3\n");
	attempt(&world->g);
	assert_int_equal(look(g).state, LEDGER_WITNESS_FORGOT);
	assert_int_equal(world->peer.asked_len, 2);
	/* Away says nothing new about what it forgot. */
	lie_once(&world->peer, 503, "text/plain", "");
	attempt(&world->g);
	assert_int_equal(look(g).state, LEDGER_WITNESS_FORGOT);
	attempt(&world->g);
	assert_string_equal(world->peer.asked[3], "old 5");
	assert_int_equal(look(g).state, LEDGER_WITNESS_SIGNS);
}

static void one_that_tells_sizes_in_circles_is_left_alone(void **state)
{
	struct world *world = *state;

	world->peer.lies_always = true;
	checkpoint(&world->g, 9, UINT64_MAX);
	lie_once(&world->peer, 409, "text/x.tlog.size", "4\n");
	attempt(&world->g);
	attempt(&world->g);
	assert_int_equal(look(&world->g).state, LEDGER_WITNESS_AWAY);
	/* From 0, from 4, and once more from 4. */
	assert_int_equal(world->peer.asked_len, 3);
}

/* --- split view ----------------------------------------------------------- */

/* Two gateways of one key, made from one copy, the first shown to the witness:
 * the second learns it whatever its size.  Proves: assurance T34. */
static void second_one(struct world *world, uint64_t size)
{
	struct gateway *first = &world->g;
	struct gateway *other = calloc(1, sizeof(*other));
	const struct peer *p = &world->peer;

	assert_non_null(other);
	checkpoint(first, 5, UINT64_MAX);
	turn_until(first, p, 1);
	checkpoint(first, 15, UINT64_MAX);
	turn_until(first, p, 2);
	configure(other, 0, &p->house->key, p->server.address);
	gateway_open(other);
	checkpoint(other, size, 7);
	attempt(other);
	assert_int_equal(look(other).state, LEDGER_WITNESS_SPLIT);
	assert_int_equal(lines_of(other, &p->house->key), 0);
	assert_int_equal(atomic_load(&other->w.counts.witness_splits), 1);
	attempt(other);
	assert_int_equal(look(other).state, LEDGER_WITNESS_SPLIT);
	assert_int_equal(atomic_load(&other->w.counts.witness_splits), 2);
	gateway_close(other);
	free(other);
	/* The first one goes on. */
	checkpoint(first, 30, UINT64_MAX);
	attempt(first);
	assert_int_equal(look(first).state, LEDGER_WITNESS_SIGNS);
	assert_int_equal(look(first).size, 30);
}

static void a_shorter_history_is_told_apart(void **state)
{
	second_one(*state, 12);
}

static void a_history_of_the_same_size_is_told_apart(void **state)
{
	second_one(*state, 15);
}

static void a_longer_history_is_told_apart(void **state)
{
	second_one(*state, 20);
}

/* The specification lets a witness say it so. */
static void a_conflict_without_a_size_is_another_history(void **state)
{
	struct world *world = *state;

	checkpoint(&world->g, 5, UINT64_MAX);
	lie_once(&world->peer, 409, "text/plain", "other root\n");
	attempt(&world->g);
	assert_int_equal(look(&world->g).state, LEDGER_WITNESS_SPLIT);
	lie_once(&world->peer, 503, "text/plain", "");
	attempt(&world->g);
	assert_int_equal(look(&world->g).state, LEDGER_WITNESS_SPLIT);
	/* Set right again. */
	attempt(&world->g);
	assert_int_equal(look(&world->g).state, LEDGER_WITNESS_SIGNS);
}

/* --- settings ------------------------------------------------------------- */

static void a_key_that_is_none_costs_its_witness_only(void **state)
{
	struct world *world = *state;
	struct gateway *g = &world->g;

	gateway_stop(g);
	g->peers[1] = g->peers[0];
	(void)snprintf(g->peers[0].vkey, sizeof(g->peers[0].vkey),
		       "witness.example+00000000+AAAA");
	g->settings.ledger.witnesses_len = 2;
	gateway_open(g);
	assert_int_equal(ledger_witness_count(&g->w), 1);
	checkpoint(g, 5, UINT64_MAX);
	turn_until(&world->g, &world->peer, 1);
	assert_int_equal(look(g).state, LEDGER_WITNESS_SIGNS);
	/* The key of a log is not that of a witness either. */
	gateway_stop(g);
	note_key_print(&g->signer.key, g->peers[0].vkey);
	gateway_open(g);
	assert_int_equal(ledger_witness_count(&g->w), 1);
}

/* Takes the request and says nothing until it is closed. */
static void serve_never(struct loopback *s, int fd)
{
	char *request = malloc(LOOPBACK_REQUEST_MAX), *body;

	if (loopback_read(s, fd, request, LOOPBACK_REQUEST_MAX, &body))
		loopback_stall(s, INT32_MAX);
	free(request);
}

static void one_that_hangs_holds_up_nobody_else(void **state)
{
	struct world *world = *state;
	struct gateway *g = &world->g;
	struct ledger_witness_view v = {0};
	struct loopback silent;
	struct note_key key;
	bool moved = false;

	loopback_open(&silent, serve_never, NULL);
	gateway_stop(g);
	assert_int_equal(note_key_make("w.example/silent", NOTE_COSIGNATURE,
				       world->peer.house->key.bytes, &key,
				       NULL),
			 0);
	configure(g, 0, &key, silent.address);
	configure(g, 1, &world->peer.house->key, world->peer.server.address);
	gateway_open(g);
	checkpoint(g, 5, UINT64_MAX);
	for (int i = 0; i < TURNS_MAX && v.size == 0; i++) {
		assert_int_equal(ledger_witness_step(&g->w, &moved, NULL), 0);
		assert_int_equal(http_poll(g->w.http, NULL, 0, 10, NULL), 0);
		ledger_witness_look(&g->w, 1, &v);
	}
	assert_int_equal(v.state, LEDGER_WITNESS_SIGNS);
	assert_int_equal(look(g).state, LEDGER_WITNESS_NEW);
	assert_int_equal(http_under_way(g->w.http), 1);
	http_close(&g->w.http);
	assert_int_equal(http_open(&g->env, &g->w.http, NULL), 0);
	loopback_close(&silent);
}

#define IN_WORLD(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_WORLD(each_checkpoint_is_cosigned),
	    IN_WORLD(what_it_signed_is_known_after_a_restart),
	    IN_WORLD(a_size_it_tells_is_taken_at_once),
	    IN_WORLD(one_that_is_away_is_asked_later_and_later),
	    IN_WORLD(one_that_refuses_is_no_split),
	    IN_WORLD(only_its_own_good_line_is_added),
	    IN_WORLD(a_size_below_what_it_signed_is_never_proved_from),
	    IN_WORLD(one_that_tells_sizes_in_circles_is_left_alone),
	    IN_WORLD(a_shorter_history_is_told_apart),
	    IN_WORLD(a_history_of_the_same_size_is_told_apart),
	    IN_WORLD(a_longer_history_is_told_apart),
	    IN_WORLD(a_conflict_without_a_size_is_another_history),
	    IN_WORLD(a_key_that_is_none_costs_its_witness_only),
	    IN_WORLD(one_that_hangs_holds_up_nobody_else),
	};

	if (sodium_init() < 0)
		return 1;
	/* What it says loudly is the case here. */
	log_set_level((enum log_level)(LOG_LEVEL_ERROR + 1));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
