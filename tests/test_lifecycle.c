/* The life of a policy in the archive: who may do what, when it takes effect,
 * what a failing archive or a keeper that is away leaves behind.
 *
 * Proves: compliance rule 10; 3.2, "Scheduler rules"; 9 R8. */
#include "receive_house.h"

#include "worker/lifecycle_inside.h"
#include "worker/shadow.h"
#include "zone_house.h"

#define DAY INT64_C(86400000)
#define WITH(version, keep)                                                  \
	"policy: shop\nversion: " version "\npurposes:\n  support: "         \
	"{basis: contract}\ndata:\n  MSG: {from: process_end, delete: " keep \
	"}\n  MEDIA: {from: process_end, delete: P90D}\n"                    \
	"  RAW: {from: collection, delete: P3D}\nchannels:\n  shop: "        \
	"{purpose: support, data: MSG, media: {data: "                       \
	"MEDIA}}\n" HOUSE_POLICY_DESK                                        \
	"approvals: {policy: 2, delay: P7D, tolerance: 10}\n"

enum { ANNA = 11, BERT, CARL, DORA };

static void begin(struct house *h)
{
	struct err err = {0};

	house_use(h, WITH("1", "P90D"));
	assert_int_equal(
	    lifecycle_open(&h->w, h->policy, &h->w.lifecycle, &err), 0);
}

static void end(struct house *h)
{
	shadow_free(&h->w.shadow);
	lifecycle_close(&h->w.lifecycle);
	h->w.policy = h->policy;
}

/* As the loop does, until nothing is left to do. */
static void settle(struct house *h)
{
	struct err err = {0};
	bool moved = true;

	for (int i = 0; i < 100 && moved; i++) {
		moved = false;
		if (lifecycle_step(&h->w, &moved, &err) != 0) {
			print_error("%s: %s\n", err.where, err.what);
			fail();
		}
	}
	assert_false(moved);
}

static void restart(struct house *h)
{
	struct err err = {0};

	end(h);
	assert_int_equal(
	    lifecycle_open(&h->w, h->policy, &h->w.lifecycle, &err), 0);
	settle(h);
}

static const char *propose(struct house *h, const char *text, int64_t days,
			   int64_t *ret_id)
{
	const struct proposal p = {.bytes = (const uint8_t *)text,
				   .len = strlen(text),
				   .author = ANNA,
				   .shadow_days = days};
	struct diag *findings = calloc(1, sizeof(*findings));
	const char *refused = NULL;
	struct version v = {0};
	struct err err = {0};

	assert_non_null(findings);
	assert_int_equal(worker_begin(&h->w, &err), 0);
	assert_int_equal(
	    lifecycle_propose(&h->w, &p, findings, &v, &refused, &err), 0);
	assert_int_equal(worker_commit(&h->w, &err), 0);
	*ret_id = v.id;
	version_free(&v);
	free(findings);
	return refused;
}

static int64_t proposed(struct house *h, const char *text)
{
	int64_t id = 0;

	assert_null(propose(h, text, 0, &id));
	settle(h);
	return id;
}

static const char *approve(struct house *h, int64_t id, int64_t who)
{
	const char *refused = NULL;
	struct version v = {0};
	struct err err = {0};

	assert_int_equal(worker_begin(&h->w, &err), 0);
	assert_int_equal(
	    lifecycle_approve(&h->w, id, who, NULL, &v, &refused, &err), 0);
	assert_int_equal(worker_commit(&h->w, &err), 0);
	version_free(&v);
	return refused;
}

static enum version_state state_of(struct house *h, int64_t id)
{
	struct version v = {0};
	struct err err = {0};
	enum version_state state;
	bool found = false;

	assert_int_equal(version_load(h->w.store, id, &v, &found, &err), 0);
	assert_true(found);
	state = v.state;
	version_free(&v);
	return state;
}

/* --- who may ----------------------------------------------------------------
 */

static void the_author_and_the_same_person_twice_do_not_count(void **state)
{
	struct house *h = *state;
	int64_t id, absent = 0;

	begin(h);
	settle(h);
	assert_string_equal(propose(h, WITH("1", "P30D"), 0, &absent),
			    REFUSED_NUMBER);
	assert_string_equal(propose(h, WITH("1", "P90D"), 0, &absent),
			    REFUSED_SAME);
	assert_string_equal(propose(h, "policy: shop\n", 0, &absent),
			    REFUSED_FINDINGS);
	assert_null(propose(h, WITH("2", "P30D"), 0, &id));
	assert_string_equal(approve(h, id, BERT), REFUSED_UNCOUNTED);
	settle(h);
	assert_string_equal(approve(h, id, ANNA), REFUSED_OWN);
	assert_null(approve(h, id, BERT));
	assert_string_equal(approve(h, id, BERT), REFUSED_TWICE);
	assert_int_equal(state_of(h, id), VERSION_PROPOSED);
	house_sql(h, "INSERT INTO token(id,token_hash,scopes,label,created_ms,"
		     "expires_ms) VALUES(12,x'00','policy','Bert',0,0),"
		     "(13,x'00','policy',' bert ',0,0),"
		     "(14,x'00','policy','',0,0)");
	assert_string_equal(approve(h, id, CARL), REFUSED_LABEL);
	assert_null(approve(h, id, DORA));
	assert_int_equal(state_of(h, id), VERSION_APPROVED);
	assert_string_equal(approve(h, id, 15), REFUSED_STATE);
	assert_string_equal(approve(h, 999, BERT), REFUSED_ABSENT);
	end(h);
}

static void only_so_many_are_under_way(void **state)
{
	struct house *h = *state;
	char text[2048];
	int64_t id;

	begin(h);
	settle(h);
	for (int i = 0; i < LIFECYCLE_OPEN_MAX; i++) {
		(void)snprintf(text, sizeof(text), WITH("%d", "P%dD"), i + 2,
			       i + 100);
		id = proposed(h, text);
	}
	assert_string_equal(propose(h, WITH("99", "P30D"), 0, &id),
			    REFUSED_TOO_MANY);
	end(h);
}

/* --- no entry, no other policy ---------------------------------------------
 */

static void a_policy_whose_coming_cannot_be_told_does_not_come(void **state)
{
	struct house *h = *state;
	const struct policy *before;
	struct err err = {0};
	bool moved;
	int64_t id;

	begin(h);
	settle(h);
	before = h->w.policy;
	id = proposed(h, WITH("2", "P99D"));
	assert_null(approve(h, id, BERT));
	assert_null(approve(h, id, DORA));
	house_sql(h, "ALTER TABLE ledger_entry RENAME TO gone");
	for (int i = 0; i < 100 && err.kind == ERR_NONE; i++)
		(void)lifecycle_step(&h->w, &moved, &err);
	assert_int_not_equal(err.kind, ERR_NONE);
	assert_ptr_equal(h->w.policy, before);
	assert_int_equal(state_of(h, id), VERSION_APPROVED);
	house_sql(h, "ALTER TABLE gone RENAME TO ledger_entry");
	settle(h);
	assert_int_equal(state_of(h, id), VERSION_ACTIVE);
	assert_ptr_not_equal(h->w.policy, before);
	assert_int_equal(
	    HOUSE_COUNT(h, "ledger_entry WHERE"
			   " json_extract(body,'$.e')='policy.changed'"),
	    2);
	end(h);
}

/* --- when -------------------------------------------------------------------
 */

static int64_t due_of(struct house *h, int64_t id)
{
	struct version v = {0};
	struct err err = {0};
	int64_t due_ms;
	bool found = false;

	assert_int_equal(version_load(h->w.store, id, &v, &found, &err), 0);
	due_ms = v.due_ms;
	version_free(&v);
	return due_ms;
}

static void a_shorter_rule_waits_whole_days_on_the_wall(void **state)
{
	struct house *h = *state;
	int64_t id, now_ms, hours;

	begin(h);
	settle(h);
	h->w.zone = zone_of(BERLIN);
	id = proposed(h, WITH("2", "P30D"));
	/* Past the next change to summer time, whichever day it is now. */
	for (int i = 0; i < 53; i++) {
		now_ms = worker_now(&h->w);
		if (zone_offset_s(h->w.zone, now_ms / 1000) == 3600 &&
		    zone_offset_s(h->w.zone, (now_ms + 7 * DAY) / 1000) == 7200)
			break;
		h->ahead_ms += 7 * DAY;
	}
	now_ms = worker_now(&h->w);
	assert_null(approve(h, id, BERT));
	assert_null(approve(h, id, CARL));
	hours = (due_of(h, id) - now_ms + 1800000) / 3600000;
	assert_int_equal(hours, 7 * 24 - 1);
	settle(h);
	assert_int_equal(state_of(h, id), VERSION_APPROVED);
	assert_int_equal(policy_version(h->w.policy), 1);
	h->ahead_ms += 7 * DAY;
	/* A clock that nobody confirmed brings no shorter rule about. */
	settle(h);
	assert_int_equal(state_of(h, id), VERSION_APPROVED);
	house_confirm(h);
	lifecycle_look(&h->w);
	settle(h);
	assert_int_equal(state_of(h, id), VERSION_ACTIVE);
	assert_int_equal(policy_version(h->w.policy), 2);
	zone_free(&h->w.zone);
	end(h);
}

static void a_longer_one_takes_effect_at_once(void **state)
{
	struct house *h = *state;
	int64_t first, id, other;

	begin(h);
	settle(h);
	first = lifecycle_in_force(&h->w);
	other = proposed(h, WITH("2", "P30D"));
	id = proposed(h, WITH("3", "P120D"));
	assert_null(approve(h, id, BERT));
	assert_null(approve(h, id, CARL));
	settle(h);
	assert_int_equal(state_of(h, id), VERSION_ACTIVE);
	assert_int_equal(state_of(h, first), VERSION_SUPERSEDED);
	assert_int_equal(state_of(h, other), VERSION_STOPPED);
	assert_int_equal(lifecycle_in_force(&h->w), id);
	restart(h);
	assert_int_equal(policy_version(h->w.policy), 3);
	assert_int_equal(lifecycle_in_force(&h->w), id);
	end(h);
}

/* --- what fails
 * --------------------------------------------------------------- */

/* From the proposal until it is in force, the n-th call to the archive fails;
 * the loop and the people try again, and it ends as it would have. */
static void it_survives_any_failing_statement(void **state)
{
	struct house *h = *state;
	struct err err = {0};
	uint64_t fired = 1;
	int64_t id = 0;
	char text[2048];

	house_close(h);
	house_open(h, "failing");
	begin(h);
	settle(h);
	for (uint64_t n = 1; fired != 0 && n < 500; n++) {
		bool moved = true;

		(void)snprintf(text, sizeof(text), WITH("%d", "P%dD"),
			       (int)n + 1, (int)n + 100);
		id = proposed(h, text);
		assert_null(approve(h, id, BERT));
		assert_null(approve(h, id, CARL));
		store_failing_set(h->w.store, n, true);
		while (moved) {
			moved = false;
			if (lifecycle_step(&h->w, &moved, &err) != 0)
				break;
		}
		fired = store_failing_calls(h->w.store) >= n;
		store_failing_set(h->w.store, UINT64_MAX, true);
		assert_int_equal(
		    HOUSE_COUNT(h, "policy_version WHERE state='active'"), 1);
		/* What decides is what the archive says is in force. */
		assert_int_equal(
		    house_number(h, "SELECT version FROM policy_version"
				    " WHERE state='active'"),
		    policy_version(h->w.policy));
		settle(h);
		assert_int_equal(state_of(h, id), VERSION_ACTIVE);
		assert_int_equal(policy_version(h->w.policy), (int)n + 1);
	}
	assert_int_equal(fired, 0);
	end(h);
}

static void a_locked_keeper_is_waited_for(void **state)
{
	struct house *h = *state;
	struct err err = {0};
	bool moved = false;

	begin(h);
	assert_int_equal(keeper_lock(h->w.keeper, &err), 0);
	assert_int_equal(lifecycle_step(&h->w, &moved, &err), -1);
	assert_int_equal(err.kind, ERR_BUSY);
	assert_false(lifecycle_trusted(&h->w));
	assert_int_equal(HOUSE_COUNT(h, "policy_version"), 0);
	assert_int_equal(keeper_unlock(h->w.keeper, "", 0, &err), 0);
	settle(h);
	assert_true(lifecycle_trusted(&h->w));
	assert_int_equal(HOUSE_COUNT(h, "policy_version"), 1);
	end(h);
}

static void corrupt(struct house *h, const char *sql)
{
	struct lifecycle *l = NULL;
	struct err err = {0};

	house_sql(h, sql);
	assert_int_equal(lifecycle_open(&h->w, h->policy, &l, &err), -1);
	assert_int_equal(err.kind, ERR_CORRUPT);
	assert_null(l);
}

static void rows_that_make_no_sense_are_not_guessed_at(void **state)
{
	struct house *h = *state;

	begin(h);
	settle(h);
	end(h);
	corrupt(h, "UPDATE policy_version SET state='stopped'");
	corrupt(h, "UPDATE policy_version SET state='whatever'");
	corrupt(h, "UPDATE policy_version SET state='active', digest=x'00'");
	corrupt(h, "UPDATE policy_version SET digest=zeroblob(32)");
	corrupt(h, "INSERT INTO policy_version(id,digest,name,version,state,"
		   "bytes,author,proposed_ms,from_ms) SELECT 1,digest,name,"
		   "version,state,bytes,author,1,1 FROM policy_version");
}

static void every_sealed_column_counts(void **state)
{
	static const char *const columns[] = {
	    "author",	      "base",
	    "proposed_ms",    "from_ms",
	    "needed",	      "tolerance",
	    "shortens",	      "due_ms",
	    "active_ms",      "ended_ms",
	    "ended_by",	      "version",
	    "shadow_from_ms", "shadow_until_ms",
	};
	struct house *h = *state;
	struct version v = {0};
	struct err err = {0};
	bool found, good;
	char sql[160];

	begin(h);
	settle(h);
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		for (int k = 0; k < 2; k++) {
			(void)snprintf(sql, sizeof(sql),
				       "UPDATE policy_version SET"
				       " %s=coalesce(%s,0)%s1",
				       columns[i], columns[i],
				       k == 0 ? "+" : "-");
			house_sql(h, sql);
			assert_int_equal(version_load(h->w.store,
						      lifecycle_in_force(&h->w),
						      &v, &found, &err),
					 0);
			assert_int_equal(version_check(h->w.store, h->w.keeper,
						       &v, &good, &err),
					 0);
			assert_int_equal(good, k == 1);
			version_free(&v);
		}
	}
	house_sql(h, "UPDATE policy_version SET effect='{}'");
	assert_int_equal(version_load(h->w.store, lifecycle_in_force(&h->w), &v,
				      &found, &err),
			 0);
	assert_int_equal(
	    version_check(h->w.store, h->w.keeper, &v, &good, &err), 0);
	assert_false(good);
	version_free(&v);
	end(h);
}

/* --- watching
 * ------------------------------------------------------------------ */

static void a_channel_nobody_decided_about_waits_in_quarantine(void **state)
{
	struct house *h = *state;
	struct name channel;

	begin(h);
	assert_true(name_set(&channel, "shop", 4));
	assert_null(lifecycle_lacks(&h->w, &channel));
	h->w.lifecycle->names_differ = true;
	assert_null(lifecycle_lacks(&h->w, &channel));
	assert_true(name_set(&channel, "neu", 3));
	assert_string_equal(lifecycle_lacks(&h->w, &channel),
			    "channel.not_in_policy");
	end(h);
}

static void a_version_watches_until_its_day_is_over(void **state)
{
	struct house *h = *state;
	int64_t id, other;

	begin(h);
	settle(h);
	assert_null(propose(h, WITH("2", "P30D"), 2, &id));
	assert_string_equal(propose(h, WITH("3", "P30D"), 2, &other),
			    REFUSED_WATCHING);
	settle(h);
	assert_non_null(shadow_policy(&h->w));
	restart(h);
	assert_non_null(shadow_policy(&h->w));
	assert_int_equal(policy_version(shadow_policy(&h->w)), 2);
	h->ahead_ms += 3 * DAY;
	assert_null(shadow_policy(&h->w));
	settle(h);
	assert_null(h->w.shadow);
	end(h);
}

#define WITH_HOUSE(test) \
	cmocka_unit_test_setup_teardown(test, house_make, house_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_HOUSE(the_author_and_the_same_person_twice_do_not_count),
	    WITH_HOUSE(only_so_many_are_under_way),
	    WITH_HOUSE(a_policy_whose_coming_cannot_be_told_does_not_come),
	    WITH_HOUSE(a_shorter_rule_waits_whole_days_on_the_wall),
	    WITH_HOUSE(a_longer_one_takes_effect_at_once),
	    WITH_HOUSE(it_survives_any_failing_statement),
	    WITH_HOUSE(a_locked_keeper_is_waited_for),
	    WITH_HOUSE(rows_that_make_no_sense_are_not_guessed_at),
	    WITH_HOUSE(every_sealed_column_counts),
	    WITH_HOUSE(a_channel_nobody_decided_about_waits_in_quarantine),
	    WITH_HOUSE(a_version_watches_until_its_day_is_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
