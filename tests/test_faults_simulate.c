/* test_faults_simulate.c - a simulation while memory or the store fails at
 * every call, one after the other: it says so, or it has counted everything;
 * the next one does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "faults.h"
#include "postern/log.h"
#include "postern/policy_effect.h"
#include "worker/simulating.h"

#define POLICY(data, channel)                                               \
	"policy: shop\nversion: 1\npurposes:\n"                             \
	"  support: {basis: contract}\n"                                    \
	"  rat: {basis: consent, ask: rat}\n"                               \
	"data:\n  MSG: {from: process_end, delete: " data "}\n"             \
	"  MEDIA: {from: process_end, delete: P90D}\n"                      \
	"  RAW: {from: collection, delete: P3D}\n"                          \
	"channels:\n  shop:\n    purpose: support\n    data: MSG\n" channel \
	"helpdesks:\n  desk: {sees: [text]}\n"                              \
	"notices: {hinweis: Datenschutz, rat: \"JA oder NEIN\"}\n"
#define ASKS                                                             \
	"    first_contact: consent\n    notice: hinweis\n    consent: " \
	"rat\n    until_consent: {do: refuse}\n"
#define ITEMS 44

struct fixture {
	struct worker w;
	struct settings settings;
	struct settings_channel channel;
	struct policy *before;
};

static const char *const rows[] = {
    "INSERT INTO person(id,joined_into,created_ms,year) VALUES"
    "(1,NULL,0,2026),(2,1,0,2026),(3,NULL,0,2026)",
    "INSERT INTO conversation(id,person,channel,state,opened_ms) VALUES"
    "(1,1,'shop','open',0),(2,2,'shop','open',0),(3,3,'shop','open',0)",
    "INSERT INTO consent_event(id,person,purpose,kind,source,at_ms) VALUES"
    "(1,1,'rat','given','',0),(2,3,'rat','refused','',0)",
    "INSERT INTO review(id,kind,state,person,created_ms,due_ms) VALUES"
    "(99,'withdrawal','open',1,0,0)",
    "INSERT INTO restriction(id,person,conversation,ground,since_ms) VALUES"
    "(1,1,1,'a',0),(2,1,NULL,'a',0)",
    "WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i+1 FROM n WHERE"
    " i<49) INSERT INTO message(id,conversation,key_person,direction,kind,"
    "state,datenart,year,received_ms,content_sealed,policy) SELECT i,1+i%3,1,"
    "'in','text','received','MSG',2026,86400000*i*20,x'00',0 FROM n",
    "INSERT INTO attachment(id,message,conversation,key_person,channel,"
    "datenart,year,state,media_sealed,created_ms) VALUES"
    "(60,10,1,1,'shop','MEDIA',2026,'kept',x'00',0),"
    "(61,11,2,1,'shop','MEDIA',2026,'kept',x'00',0)",
    "INSERT INTO quarantine(id,channel,received_ms,year,reason,bytes,"
    "raw_sealed) VALUES(70,'shop',0,2026,'x',1,x'00'),"
    "(71,'shop',0,2026,'x',1,x'00')",
};

static struct policy *read_policy(const char *text)
{
	static struct diag diag;
	struct policy *p = NULL;

	diag_init(&diag, "policy.yaml");
	if (policy_parse((const uint8_t *)text, strlen(text), &diag, &p) != 0)
		diag_print(&diag, stderr);
	assert_non_null(p);
	return p;
}

static int make(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct err err = {0};

	assert_non_null(f);
	assert_true(name_set(&f->channel.name, "shop", 4));
	f->settings.channels = &f->channel;
	f->settings.channels_len = 1;
	f->before = read_policy(POLICY("P90D", ASKS));
	f->w = (struct worker){
	    .env = env_system(), .settings = &f->settings, .policy = f->before};
	assert_int_equal(store_open("memory", "", &f->w.store, &err), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(
		    store_run(f->w.store, rows[i], STORE_NO_ARGS, &err), 0);
	*state = f;
	return 0;
}

static int unmake(void **state)
{
	struct fixture *f = *state;

	simulating_close(&f->w.simulating);
	store_close(&f->w.store);
	policy_free(&f->before);
	free(f);
	return 0;
}

/* One simulation from begin to end; what was counted, -1: it failed. */
static int64_t simulate(struct fixture *f, struct policy **after)
{
	struct simulate_counts sum = {0};
	struct simulating_view view;
	struct simulate_row row;
	struct err err = {0};
	bool busy, moved = false;

	if (simulating_begin(&f->w, after, 0, &busy, &err) != 0) {
		assert_non_null(*after); /* still the caller's */
		return -1;
	}
	assert_false(busy);
	do {
		if (simulating_step(&f->w, &moved, &err) != 0)
			return -1;
		simulating_look(&f->w, &view);
	} while (view.state == SIMULATING_RUNNING);
	if (view.state == SIMULATING_FAILED)
		assert_non_null(view.why);
	if (view.state != SIMULATING_DONE)
		return -1;
	for (size_t i = 0; simulate_row_at(view.table, i, &row); i++)
		simulate_add(&sum, &row.counts);
	return sum.items;
}

static void fail_at_every_call(struct fixture *f, unsigned int kind, int code,
			       uint64_t least)
{
	uint64_t n = 1;

	for (; faults_arm(kind, n, code); n++) {
		struct policy *after = NULL;
		int64_t items;

		/* A simulation that failed for good is under way no more. */
		faults_off();
		simulating_close(&f->w.simulating);
		after = read_policy(POLICY("P30D", ASKS));
		faults.kinds = kind;
		items = simulate(f, &after);
		faults_off();
		assert_true(items == ITEMS || (items == -1 && faults.struck));
		policy_free(&after);
	}
	assert_true(n > least);
}

static void memory_that_is_short_is_said(void **state)
{
	fail_at_every_call(*state, FAULT_MEMORY, 0, 8);
}

static void a_store_that_fails_is_said(void **state)
{
	fail_at_every_call(*state, FAULT_STORE, 0, 60);
}

static void a_store_that_is_broken_ends_the_process(void **state)
{
	struct fixture *f = *state;
	struct policy *after = read_policy(POLICY("P30D", ASKS));
	struct err err = {0};
	bool busy, moved = false;

	assert_int_equal(simulating_begin(&f->w, &after, 0, &busy, &err), 0);
	assert_true(faults_arm(FAULT_SQLITE, 1, SQLITE_IOERR_READ));
	assert_int_equal(simulating_step(&f->w, &moved, &err), -1);
	faults_off();
	assert_int_equal(err.kind, ERR_STORAGE);
}

static void an_effect_is_counted_or_left_as_it_was(void **state)
{
	struct fixture *f = *state;
	struct policy *after = read_policy(POLICY("P30D", ASKS));
	const struct policy_effect_ask ask = {.before = f->before,
					      .after = after,
					      .settings = &f->settings,
					      .at_ms = 1};
	static const struct policy_effect none;
	static struct policy_effect effect;

	for (uint64_t n = 1; faults_arm(FAULT_MEMORY, n, 0); n++) {
		struct err err = {0};
		int64_t reached = 0;
		bool done = false;
		int rc;

		effect = none;
		rc = policy_effect_count(f->w.store, &ask, &reached, SIZE_MAX,
					 &effect, &done, &err);
		faults_off();
		if (rc == 0) {
			assert_true(done);
			assert_int_equal(effect.total.items, ITEMS);
			continue;
		}
		assert_int_equal(err.kind, ERR_NOMEM);
		assert_int_equal(reached, 0);
		assert_memory_equal(&effect, &none, sizeof(none));
	}
	policy_free(&after);
}

int main(void)
{
#define WITH_ROWS(t) cmocka_unit_test_setup_teardown(t, make, unmake)
	static const struct CMUnitTest tests[] = {
	    WITH_ROWS(memory_that_is_short_is_said),
	    WITH_ROWS(a_store_that_fails_is_said),
	    WITH_ROWS(a_store_that_is_broken_ends_the_process),
	    WITH_ROWS(an_effect_is_counted_or_left_as_it_was),
	};

	log_set_level(LOG_LEVEL_ERROR);
	assert_true(sodium_init() >= 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
