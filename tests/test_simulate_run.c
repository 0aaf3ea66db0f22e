/* test_simulate_run.c - the archive taken through two policies.
 * Proves: what is counted is what the worker does when the same messages come
 * in under the other policy; slices, however small, count the same. */
#include "receive_house.h"

#include "lifecycle/simulate_scan.h"
#include "postern/caldate.h"
#include "postern/log.h"
#include "postern/policy_effect.h"
#include "worker/simulating.h"

#define DAY INT64_C(86400000)

/* --- policies ------------------------------------------------------------- */

#define WITH(data, channel, sees)                                            \
	"policy: shop\nversion: 1\npurposes:\n"                              \
	"  support: {basis: contract, special: explicit_consent}\n"          \
	"  rat: {basis: consent, marketing: false, valid: P20D, ask: rat}\n" \
	"  news: {basis: consent, ask: frage}\n"                             \
	"data:\n  MSG: {from: process_end, delete: P90D}\n"                  \
	"  LETTER: {from: collection, statutory: {norm: "                    \
	"HGB_Handelsbrief_6}}\n"                                             \
	"  HEALTH: {from: collection, delete: P9D, special: true}\n"         \
	"  MEDIA: {from: process_end, delete: P90D}\n"                       \
	"  RAW: {from: collection, delete: P3D}\n"                           \
	"special: [{words: [diagnose], data: HEALTH}]\n"                     \
	"channels:\n  shop:\n    purpose: support\n    data: " data "\n"     \
	"    tag: [{words: [auftrag], data: LETTER}]\n" channel              \
	"helpdesks:\n  desk: {sees: [text]" sees "}\n"                       \
	"notices:\n  hinweis: Datenschutz\n"                                 \
	"  rat: \"Beraten? JA oder NEIN\"\n"                                 \
	"  frage: \"Angebote? JA oder NEIN\"\n"
#define REDACT "redact: [{find: iban, before: [store]}]\n"
#define ASKS(purpose, until)                                \
	"    first_contact: consent\n    notice: hinweis\n" \
	"    consent: " purpose "\n    until_consent: {do: " until "}\n"
#define HOLD "hold_back, for: P7D"

enum says {
	ANYTHING,
	NO_ANSWERS, /* who was not asked said nothing */
	NUMBERS,    /* that may be hidden */
};

static const struct pair {
	const char *before, *after;
	enum says says;
} pairs[] = {
    {WITH("MSG", "", ""), WITH("LETTER", "", ", data: [LETTER, HEALTH]"),
     ANYTHING},
    {WITH("MSG", "", ", data: [MSG]"), WITH("MSG", "", ""), ANYTHING},
    {WITH("MSG", ASKS("rat", HOLD), ""),
     WITH("MSG", ASKS("rat", "forward_reduced"), ", data: [MSG, HEALTH]"),
     ANYTHING},
    {WITH("MSG", ASKS("rat", HOLD), ""), WITH("MSG", ASKS("rat", "refuse"), ""),
     ANYTHING},
    {WITH("MSG", ASKS("news", "forward_reduced"), ""),
     WITH("LETTER", ASKS("news", HOLD), ""), ANYTHING},
    {WITH("MSG", ASKS("news", HOLD), ""), WITH("MSG", "", ""), ANYTHING},
    {WITH("MSG", "", ""), WITH("MSG", ASKS("rat", HOLD), ""), NO_ANSWERS},
    {WITH("MSG", "", ""),
     WITH("MSG", "", "") "redact: [{find: iban, before: [store]}, {find: "
			 "email, before: [store]}]\n",
     NUMBERS},
    {WITH("MSG", "", "") REDACT,
     WITH("MSG", "", "") "redact: [{find: phone, before: [store]}]\n", NUMBERS},
};

/* --- what people write ---------------------------------------------------- */

static uint64_t seed;

static uint32_t chance(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 33) % below;
}

#define STEPS 30
struct play {
	struct {
		int64_t after_ms;
		char body[160];
		bool tagged; /* by a person, before it came */
	} steps[STEPS];
};

static void write_step(struct play *p, unsigned int i, enum says says)
{
	static const char *const texts[] = {
	    "Guten Tag",    "Ein Auftrag bitte",
	    "Die Diagnose", "Keine Werbung",
	    "Guten Tag",    "START",
	    "JA",	    "NEIN",
	    "STOP",
	};
	static const char *const found[] = {
	    "DE89 3704 0044 0532 0130 00",
	    "anna@example.org",
	    "Tel. 0171 1234567",
	    "Guten Tag",
	};
	char *body = p->steps[i].body;
	size_t size = sizeof(p->steps[i].body);
	unsigned int who = chance(3);

	p->steps[i].after_ms = chance(3) ? chance(90000) : DAY * chance(9);
	p->steps[i].tagged = chance(12) == 0;
	switch (says == NUMBERS ? 7 : chance(8)) {
	case 0: /* taken back before it came */
		(void)snprintf(body, size,
			       "delete,id=d%u,strong=S%u,target=m%u\n"
			       "message,id=m%u,strong=S%u,type=text,text=weg",
			       i, who, i, i, who);
		break;
	case 1: /* stands for what was never seen */
		(void)snprintf(body, size,
			       "edit,id=e%u,strong=S%u,target=x%u,text=neu", i,
			       who, i);
		break;
	default:
		(void)snprintf(body, size,
			       "message,id=m%u,strong=S%u,type=text,text=%s", i,
			       who,
			       says == NUMBERS
				   ? found[chance(4)]
				   : texts[chance(says == NO_ANSWERS ? 5 : 9)]);
	}
}

struct lived {
	enum simulate_outcome outcome;
	bool redacted; /* of what is stored */
};

static bool is_redacted(struct house *h)
{
	json_t *content = CONTENT(h, "direction='in' ORDER BY id DESC LIMIT 1");
	bool is = json_array_size(json_object_get(content, "redacted")) > 0;

	json_decref(content);
	return is;
}

/* What became of each, as it was written when it came. */
static void live(struct house *h, const struct play *p, bool numbers,
		 struct lived ret[STEPS])
{
	static const enum simulate_outcome outcomes[] = {
	    [MSG_UNDECIDED] = SIMULATE_OUTCOMES,
	    [MSG_FORWARDED] = SIMULATE_FORWARDED,
	    [MSG_REDUCED] = SIMULATE_REDUCED,
	    [MSG_HELD] = SIMULATE_HELD,
	    [MSG_KEPT] = SIMULATE_KEPT,
	};
	int64_t last = -1, id;

	for (unsigned int i = 0; i < STEPS; i++) {
		h->ahead_ms += p->steps[i].after_ms;
		if (p->steps[i].tagged)
			house_sql(h, "UPDATE conversation SET datenart="
				     "'LETTER'");
		house_body(h, p->steps[i].body);
		house_receive(h);
		id = house_number(h, "SELECT max(id) FROM message WHERE"
				     " direction='in'");
		ret[i] = (struct lived){.outcome = SIMULATE_REFUSED};
		if (id == last)
			continue;
		ret[i].outcome = outcomes[house_number(
		    h, "SELECT outcome FROM message WHERE direction='in'"
		       " ORDER BY id DESC LIMIT 1")];
		ret[i].redacted = numbers && is_redacted(h);
		last = id;
	}
}

/* --- counted -------------------------------------------------------------- */

struct counted {
	struct simulate_verdict verdicts[STEPS];
	size_t len;
};

static int note(void *ctx, const struct simulate_item *item,
		const struct simulate_verdict *v, struct err *err)
{
	struct counted *c = ctx;

	(void)err;
	if (!item->came)
		return 0;
	assert_true(c->len < STEPS);
	c->verdicts[c->len++] = *v;
	return 0;
}

static struct simulate_scan *scan_of(struct house *h,
				     const struct policy *after)
{
	const struct simulate_scan_conf conf = {
	    .st = h->w.store,
	    .before = h->policy,
	    .after = after,
	    .settings = &h->settings,
	    .now_ms = house_wall(&h->env),
	    .from = caldate_local(NULL, house_wall(&h->env)),
	};
	struct simulate_scan *scan = NULL;
	struct err err = {0};

	assert_int_equal(simulate_scan_open(&conf, &scan, &err), 0);
	return scan;
}

static void scan(struct house *h, const struct policy *after, size_t most,
		 struct counted *ret)
{
	struct simulate_scan *s = scan_of(h, after);
	int64_t first, last, reached = 0;
	struct err err = {0};

	assert_int_equal(simulate_scan_ends(h->w.store, &first, &last, &err),
			 0);
	ret->len = 0;
	while (reached < last)
		assert_int_equal(simulate_scan_step(s, &reached, last, most,
						    note, ret, &err),
				 0);
	simulate_scan_close(&s);
}

static void compare_one(const struct simulate_verdict *v, size_t number,
			const struct lived *old, const struct lived *new)
{
	assert_int_equal(v->outcome[SIMULATE_BEFORE], old->outcome);
	if (v->outcome[SIMULATE_AFTER] != new->outcome)
		fail_msg("message %zu: counted %s, was %s", number,
			 simulate_outcome_names[v->outcome[SIMULATE_AFTER]],
			 simulate_outcome_names[new->outcome]);
	assert_int_equal(v->redacted[SIMULATE_BEFORE], old->redacted);
	assert_int_equal(v->redacted[SIMULATE_AFTER], new->redacted);
}

static void compare(struct house *h, const struct policy *after,
		    const struct lived old[STEPS],
		    const struct lived new[STEPS])
{
	static struct counted c;
	size_t at;

	/* The size of a slice is nobody's business. */
	for (size_t most = 1; most < 100; most += 97) {
		scan(h, after, most, &c);
		at = 0;
		for (size_t i = 0; i < STEPS; i++) {
			if (old[i].outcome == SIMULATE_REFUSED)
				continue; /* not in the archive */
			assert_true(at < c.len);
			compare_one(&c.verdicts[at++], i, &old[i], &new[i]);
		}
		assert_int_equal(at, c.len);
	}
}

static void one_pair(const struct pair *pair, unsigned int *seen)
{
	struct lived old[STEPS], new[STEPS];
	void *before = NULL, *after = NULL;
	struct play *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	for (unsigned int i = 0; i < STEPS; i++)
		write_step(p, i, pair->says);
	(void)house_make(&after);
	house_use(after, pair->after);
	live(after, p, pair->says == NUMBERS, new);
	(void)house_make(&before);
	house_use(before, pair->before);
	live(before, p, pair->says == NUMBERS, old);
	compare(before, ((struct house *)after)->policy, old, new);
	for (size_t i = 0; i < STEPS; i++)
		*seen |= 1u << new[i].outcome | (unsigned int)new[i].redacted
						    << SIMULATE_OUTCOMES;
	(void)house_unmake(&before);
	the_house = after;
	(void)house_unmake(&after);
	free(p);
}

static void the_worker_does_what_was_counted(void **state)
{
	unsigned int seen = 0;

	(void)state;
	seed = UINT64_C(0xabcdef12345);
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		one_pair(&pairs[i], &seen);
	/* Nothing was left out. */
	assert_int_equal(seen,
			 1u << SIMULATE_FORWARDED | 1u << SIMULATE_REDUCED |
			     1u << SIMULATE_HELD | 1u << SIMULATE_KEPT |
			     1u << SIMULATE_REFUSED | 1u << SIMULATE_OUTCOMES);
}

/* --- rows by hand --------------------------------------------------------- */

static void put(struct store *st, const char *sql)
{
	struct err err = {0};

	assert_int_equal(store_run(st, sql, STORE_NO_ARGS, &err), 0);
}

/* 2026-09-21, when a test's clock stands. */
static void some_rows(struct store *st)
{
	put(st, "INSERT INTO conversation(id,person,channel,state,datenart,"
		"opened_ms,closed_ms) VALUES"
		"(1,1,'shop','open',NULL,0,NULL),"
		"(2,1,'shop','closed',NULL,0,1789000000000),"
		"(3,1,'kiosk','closed',NULL,0,1789000000000),"
		"(4,8,'shop','open',NULL,0,NULL)");
	/* Art. 18: conversation 2, and everything of who was 8 once. */
	put(st, "INSERT INTO person(id,joined_into,created_ms,year) VALUES"
		"(1,NULL,0,2026),(8,9,0,2026),(9,NULL,0,2026)");
	put(st,
	    "INSERT INTO restriction(id,person,conversation,ground,since_ms,"
	    "lifted_ms) VALUES(1,1,2,'a',0,NULL),(2,1,NULL,'a',0,1),"
	    "(3,9,NULL,'d',0,NULL)");
	put(st, "WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i+1 FROM n"
		" WHERE i<210) INSERT INTO message(id,conversation,key_person,"
		"direction,kind,state,datenart,year,received_ms,content_sealed,"
		"policy) SELECT 7*i,1+i/4%4,1,CASE WHEN i%5=0 THEN 'out' ELSE"
		" 'in' END,'text','received',CASE i%4 WHEN 0 THEN 'LETTER'"
		" WHEN 1 THEN 'OLD' ELSE 'MSG' END,2026,"
		"1789000000000+i*100000000,CASE WHEN i%11=0 THEN NULL ELSE"
		" x'00' END,0 FROM n");
	/* 2: an IBAN; 16: a phone number; 1: Art. 9. */
	put(st, "UPDATE message SET tags=CASE id/7%3 WHEN 0 THEN 2 WHEN 1 THEN"
		" 17 ELSE 0 END");
	put(st, "UPDATE message SET kind='version' WHERE id=77");
	put(st, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n"
		" WHERE i<60) INSERT INTO attachment(id,message,conversation,"
		"key_person,channel,datenart,year,state,media_sealed,"
		"created_ms) SELECT 700+i,70,1+i%4,1,'shop','MEDIA',2026,"
		"CASE WHEN i%7=0 THEN 'gone' ELSE 'kept' END,x'00',"
		"1789000000000 FROM n");
	put(st, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n"
		" WHERE i<40) INSERT INTO quarantine(id,channel,received_ms,"
		"year,reason,bytes,raw_sealed) SELECT 2000+i,'shop',"
		"1789000000000,2026,'x',1,x'00' FROM n");
}

struct effects {
	struct store *st;
	struct policy *before, *after;
	struct settings settings;
	struct settings_channel channel;
};

static struct policy *read_policy(const char *text)
{
	struct diag *diag = calloc(1, sizeof(*diag));
	struct policy *p = NULL;

	assert_non_null(diag);
	diag_init(diag, "policy.yaml");
	if (policy_parse((const uint8_t *)text, strlen(text), diag, &p) != 0)
		diag_print(diag, stderr);
	free(diag);
	assert_non_null(p);
	return p;
}

/* Messages go after 30 days instead of 90. */
static struct policy *read_shorter(const char *text)
{
	char *copy = strdup(text), *at;
	struct policy *p;

	assert_non_null(copy);
	at = strstr(copy, "P90D");
	assert_non_null(at);
	at[1] = '3';
	p = read_policy(copy);
	free(copy);
	return p;
}

static int effects_make(void **state)
{
	struct effects *e = calloc(1, sizeof(*e));
	struct err err = {0};

	assert_non_null(e);
	assert_int_equal(store_open("failing", "", &e->st, &err), 0);
	some_rows(e->st);
	e->before = read_policy(WITH("MSG", ASKS("rat", HOLD), ""));
	e->after = read_shorter(WITH("LETTER", "", "") REDACT);
	assert_true(name_set(&e->channel.name, "shop", 4));
	e->settings.channels = &e->channel;
	e->settings.channels_len = 1;
	*state = e;
	return 0;
}

static int effects_unmake(void **state)
{
	struct effects *e = *state;

	store_close(&e->st);
	policy_free(&e->before);
	policy_free(&e->after);
	free(e);
	return 0;
}

static struct policy_effect_ask ask_of(const struct effects *e)
{
	return (struct policy_effect_ask){.before = e->before,
					  .after = e->after,
					  .settings = &e->settings,
					  .at_ms = HOUSE_NOW,
					  .now_ms = HOUSE_NOW};
}

static void count(const struct effects *e, size_t most,
		  struct policy_effect *ret, int *ret_calls)
{
	const struct policy_effect_ask ask = ask_of(e);
	struct err err = {0};
	int64_t reached = 0;
	bool done = false;

	*ret = (struct policy_effect){0};
	for (*ret_calls = 0; !done; (*ret_calls)++)
		assert_int_equal(policy_effect_count(e->st, &ask, &reached,
						     most, ret, &done, &err),
				 0);
}

static int64_t number(const struct effects *e, const char *sql)
{
	struct err err = {0};
	int64_t n = 0;
	bool found;

	assert_int_equal(
	    store_one_int(e->st, sql, STORE_NO_ARGS, &n, &found, &err), 0);
	return n;
}

static void every_item_is_counted_once(void **state)
{
	const struct effects *e = *state;
	static struct policy_effect all, sliced;
	int calls;

	count(e, SIZE_MAX, &all, &calls);
	assert_int_equal(calls, 1);
	assert_int_equal(
	    all.total.items,
	    number(e, "SELECT (SELECT count(content_sealed) FROM message)+"
		      "(SELECT count(*) FROM attachment WHERE state<>'gone')+"
		      "(SELECT count(*) FROM quarantine)"));
	assert_int_equal(all.total.earlier + all.total.later + all.total.never +
			     all.total.unchanged,
			 all.total.items);
	assert_int_equal(all.rows_len, 5);
	assert_int_equal(
	    all.total.earlier,
	    number(e, "SELECT count(*) FROM message WHERE datenart='MSG' AND"
		      " content_sealed IS NOT NULL AND conversation IN (1,3)"));
	assert_true(all.total.earlier > 10);
	/* Nobody's helpdesk: nothing is forwarded. */
	assert_int_equal(all.total.forwarded, 0);
	assert_int_equal(
	    all.total.redacted,
	    number(e, "SELECT count(*) FROM message m JOIN conversation c ON"
		      " c.id=m.conversation WHERE direction='in' AND"
		      " kind<>'version' AND tags&2<>0 AND channel='shop'"));
	assert_true(all.total.redacted > 10);
	for (size_t most = 1; most < 200; most = 2 * most + 1) {
		count(e, most, &sliced, &calls);
		assert_true(calls > 1);
		assert_memory_equal(&all, &sliced, sizeof(all));
	}
}

static void a_failure_counts_nothing_and_can_be_repeated(void **state)
{
	const struct effects *e = *state;
	const struct policy_effect_ask ask = ask_of(e);
	static struct policy_effect all, now, kept;
	struct err err = {0};
	int64_t reached = 0, was;
	bool done = false;
	uint64_t nth = 1;
	int rc, calls, failed = 0;

	count(e, SIZE_MAX, &all, &calls);
	while (!done) {
		kept = now;
		was = reached;
		store_failing_set(e->st, nth, true);
		rc = policy_effect_count(e->st, &ask, &reached, 50, &now, &done,
					 &err);
		store_failing_set(e->st, 0, false);
		nth = rc == 0 ? 1 : nth + 3;
		failed += rc != 0;
		if (rc == 0)
			continue;
		assert_int_equal(err.kind, ERR_BUSY);
		assert_int_equal(reached, was);
		assert_memory_equal(&kept, &now, sizeof(now));
	}
	assert_true(failed > 50);
	assert_memory_equal(&all, &now, sizeof(now));
}

/* --- turns of the loop ---------------------------------------------------- */

static void turn_until(struct worker *w, enum simulating_state state)
{
	struct simulating_view view;
	struct err err = {0};
	bool moved = false;

	for (int i = 0; i < 1000; i++) {
		simulating_look(w, &view);
		if (view.state == state)
			return;
		assert_int_equal(view.state, SIMULATING_RUNNING);
		assert_int_equal(simulating_due_in_ms(w), 1);
		assert_int_equal(simulating_step(w, &moved, &err), 0);
	}
	fail();
}

static int64_t effects_wall(struct env *env)
{
	(void)env;
	return HOUSE_NOW;
}

static struct worker worker_of(struct effects *e)
{
	static struct env env;

	env = *env_system();
	env.wall_ms = effects_wall;
	return (struct worker){.env = &env,
			       .settings = &e->settings,
			       .policy = e->before,
			       .store = e->st};
}

static void a_simulation_goes_on_between_turns(void **state)
{
	struct effects *e = *state;
	struct worker w = worker_of(e);
	struct policy *other = read_policy(WITH("LETTER", "", ""));
	struct policy *third = read_policy(WITH("HEALTH", "", ""));
	struct simulating_view view;
	struct err err = {0};
	bool busy, moved = false;

	simulating_look(&w, &view);
	assert_int_equal(view.state, SIMULATING_NONE);
	assert_int_equal(simulating_step(&w, &moved, &err), 0);
	assert_int_equal(simulating_due_in_ms(&w), -1);
	assert_int_equal(simulating_begin(&w, &other, 99999, &busy, &err), 0);
	assert_null(other);
	assert_false(busy);
	/* Asked for again it is the same one; another has to wait. */
	other = read_policy(WITH("LETTER", "", ""));
	assert_int_equal(simulating_begin(&w, &other, 99999, &busy, &err), 0);
	assert_false(busy);
	assert_int_equal(simulating_begin(&w, &third, 99999, &busy, &err), 0);
	assert_true(busy);
	assert_non_null(third);
	turn_until(&w, SIMULATING_DONE);
	simulating_look(&w, &view);
	assert_int_equal(view.percent, 100);
	policy_free(&other);
	policy_free(&third);
	simulating_close(&w.simulating);
}

/* What approvals are pinned to is what was simulated. */
static void the_rows_make_up_the_effect_of_a_proposal(void **state)
{
	struct effects *e = *state;
	struct worker w = worker_of(e);
	struct policy *after = read_shorter(WITH("LETTER", "", "") REDACT);
	static struct policy_effect effect;
	struct simulate_counts sum = {0};
	struct simulating_view view;
	struct simulate_row row;
	struct err err = {0};
	bool busy;
	int calls;

	assert_int_equal(simulating_begin(&w, &after, 0, &busy, &err), 0);
	turn_until(&w, SIMULATING_DONE);
	simulating_look(&w, &view);
	for (size_t i = 0; simulate_row_at(view.table, i, &row); i++)
		simulate_add(&sum, &row.counts);
	count(e, SIZE_MAX, &effect, &calls);
	assert_int_equal(sum.items, effect.total.items);
	assert_int_equal(sum.fates[SIMULATE_EARLIER], effect.total.earlier);
	assert_int_equal(sum.fates[SIMULATE_LATER], effect.total.later);
	assert_int_equal(sum.fates[SIMULATE_NEVER], effect.total.never);
	assert_int_equal(sum.fates[SIMULATE_UNCHANGED], effect.total.unchanged);
	assert_int_equal(sum.redacted[SIMULATE_AFTER], effect.total.redacted);
	assert_int_equal(sum.outcomes[SIMULATE_AFTER][SIMULATE_HELD],
			 effect.total.held);
	assert_int_equal(sum.came,
			 number(e, "SELECT count(*) FROM message WHERE"
				   " direction='in' AND kind<>'version'"));
	simulating_close(&w.simulating);
}

static void a_policy_that_was_replaced_is_not_asked(void **state)
{
	struct effects *e = *state;
	struct worker w = worker_of(e);
	struct policy *after = read_policy(WITH("LETTER", "", ""));
	struct simulating_view view;
	struct err err = {0};
	bool busy;

	assert_int_equal(simulating_begin(&w, &after, 0, &busy, &err), 0);
	w.policy = e->after;
	turn_until(&w, SIMULATING_FAILED);
	simulating_look(&w, &view);
	assert_non_null(view.why);
	assert_null(view.table);
	/* The next one is counted. */
	after = read_policy(WITH("HEALTH", "", ""));
	assert_int_equal(simulating_begin(&w, &after, 0, &busy, &err), 0);
	turn_until(&w, SIMULATING_DONE);
	simulating_close(&w.simulating);
}

static void a_store_that_rests_ends_the_simulation(void **state)
{
	struct effects *e = *state;
	struct worker w = worker_of(e);
	struct policy *after;
	struct simulating_view view;
	struct err err = {0};
	bool busy, moved = false;
	uint64_t nth = 1;

	for (bool done = false; !done; nth += 5) {
		after = read_policy(WITH("LETTER", "", ""));
		assert_int_equal(simulating_begin(&w, &after, 0, &busy, &err),
				 0);
		store_failing_set(e->st, nth, true);
		do
			assert_int_equal(simulating_step(&w, &moved, &err), 0);
		while (simulating_look(&w, &view),
		       view.state == SIMULATING_RUNNING);
		store_failing_set(e->st, 0, false);
		done = view.state == SIMULATING_DONE;
	}
	assert_true(nth > 100);
	simulating_close(&w.simulating);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_worker_does_what_was_counted),
#define WITH_ROWS(t) \
	cmocka_unit_test_setup_teardown(t, effects_make, effects_unmake)
	    WITH_ROWS(every_item_is_counted_once),
	    WITH_ROWS(a_failure_counts_nothing_and_can_be_repeated),
	    WITH_ROWS(a_simulation_goes_on_between_turns),
	    WITH_ROWS(the_rows_make_up_the_effect_of_a_proposal),
	    WITH_ROWS(a_policy_that_was_replaced_is_not_asked),
	    WITH_ROWS(a_store_that_rests_ends_the_simulation),
	};

	assert_true(sodium_init() >= 0);
	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
