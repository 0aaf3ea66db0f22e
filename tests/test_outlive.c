/* test_outlive.c - what a restore must not undo: withdrawals.log, holds.log.
 *
 * Proves: compliance 1 (6); Art. 7(3), 17(3)(e), 21(3) GDPR; CJEU C-129/21. */
#include "holding_house.h"

#include <errno.h>

#include "worker/consent.h"
#include "worker/holdlog.h"
#include "worker/outlive.h"
#include "worker/withdrawallog.h"

#define POLICY                                                            \
	"policy: shop\nversion: 1\npurposes:\n"                           \
	"  support: {basis: contract}\n"                                  \
	"  werbung: {basis: consent, double_opt_in: true, valid: P24M, "  \
	"ask: frage, confirmed: danke}\n"                                 \
	"data:\n  MSG: {from: process_end, delete: P90D}\n"               \
	"  MEDIA: {from: process_end, delete: P90D}\n"                    \
	"  RAW: {from: collection, delete: P3D}\n"                        \
	"channels:\n  shop: {purpose: support, data: MSG, media: {data: " \
	"MEDIA}}\n" HOUSE_POLICY_DESK "notices:\n"                        \
	"  frage: \"Duerfen wir Angebote senden? JA oder NEIN\"\n"        \
	"  danke: \"Danke.\"\n"
#define SAYS(id, t) \
	"message,id=" id ",phone=01701234567,strong=S1,type=text,text=" t
#define LOG_MAX 65536

static void say(struct house *h, const char *body)
{
	house_body(h, body);
	house_receive(h);
}

static char *log_text(struct house *h, const char *name)
{
	char path[128], *text = calloc(1, LOG_MAX);
	FILE *file;

	assert_non_null(text);
	(void)snprintf(path, sizeof(path), "%s/%s", h->dir, name);
	file = fopen(path, "re");
	if (file != NULL) {
		assert_true(fread(text, 1, LOG_MAX - 1, file) < LOG_MAX - 1);
		(void)fclose(file);
	}
	return text;
}

static size_t log_count(struct house *h, const char *name, const char *what)
{
	char *text = log_text(h, name);
	size_t n = 0;

	for (const char *at = text; (at = strstr(at, what)) != NULL; at++)
		n++;
	free(text);
	return n;
}

static void log_write(struct house *h, const char *name, const char *text)
{
	char path[128];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", h->dir, name);
	file = fopen(path, "ae");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

#define WITHDRAWALS "withdrawals.log"
#define HOLDS	    "holds.log"

static struct withdrawal_replayed withdraw_again(struct house *h)
{
	struct withdrawal_replayed done = {0};
	struct err err = {0};

	assert_int_equal(store_begin(h->w.store, &err), 0);
	assert_int_equal(withdrawal_log_replay(h->w.store, h->dir, &done, &err),
			 0);
	assert_int_equal(store_commit(h->w.store, &err), 0);
	return done;
}

static struct hold_replayed hold_again(struct house *h)
{
	struct hold_replayed done = {0};
	struct err err = {0};

	assert_int_equal(store_begin(h->w.store, &err), 0);
	assert_int_equal(hold_log_replay(h->w.store, h->dir, &done, &err), 0);
	assert_int_equal(store_commit(h->w.store, &err), 0);
	hold_changed(&h->w);
	return done;
}

static void log_holds(struct house *h)
{
	struct err err = {0};
	bool moved = true;

	while (moved) {
		moved = false;
		assert_int_equal(hold_log_step(&h->w, &moved, &err), 0);
	}
}

/* --- withdrawals ---------------------------------------------------------- */

static enum consent_state state_of(struct house *h, int64_t person)
{
	struct consent_of of = {.person = person};
	enum consent_state state = CONSENT_STATES;
	struct err err = {0};

	assert_true(name_set(&of.purpose, "werbung", 7));
	assert_true(name_set(&of.channel, "shop", 4));
	assert_int_equal(
	    consent_state_of(&h->w, &of, CONSENT_NOW, &state, &err), 0);
	return state;
}

static int64_t the_person(struct house *h)
{
	return house_number(h, "SELECT person FROM conversation LIMIT 1");
}

static bool listed(struct house *h, int64_t person)
{
	struct consent_of of = {.person = person};
	struct err err = {0};
	bool is = false;

	assert_true(name_set(&of.purpose, "werbung", 7));
	assert_true(name_set(&of.channel, "shop", 4));
	assert_int_equal(consent_person_suppressed(&h->w, &of, &is, &err), 0);
	return is;
}

static void agrees(struct house *h)
{
	house_use(h, POLICY);
	say(h, SAYS("m1", "Start"));
	say(h, SAYS("m2", "Ja"));
	assert_int_equal(state_of(h, the_person(h)), CONSENT_GIVEN);
}

/* What an archive of before the stop is like. */
static void forget_stop(struct house *h)
{
	house_sql(h, "DELETE FROM consent_event WHERE kind='withdrawn'");
	house_sql(h, "DELETE FROM suppression");
}

static void a_stop_outlives_the_archive_that_has_it(void **state)
{
	struct withdrawal_replayed done;
	struct house *h = *state;
	int64_t person, was;
	char *text;

	agrees(h);
	assert_int_equal(log_count(h, WITHDRAWALS, "\n"), 0);
	say(h, SAYS("m3", "Stopp!"));
	person = the_person(h);
	was = house_number(h, "SELECT id FROM consent_event WHERE"
			      " kind='withdrawn'");
	assert_int_equal(log_count(h, WITHDRAWALS, " subject "), 1);
	assert_int_equal(log_count(h, WITHDRAWALS, "suppressed "), 2);
	text = log_text(h, WITHDRAWALS);
	assert_null(strstr(text, "1701234567"));
	assert_null(strstr(text, "S1"));
	free(text);
	forget_stop(h);
	assert_int_equal(state_of(h, person), CONSENT_GIVEN);
	assert_false(listed(h, person));
	done = withdraw_again(h);
	assert_int_equal(done.events, 1);
	assert_int_equal(done.hashes, 2);
	assert_int_equal(state_of(h, person), CONSENT_WITHDRAWN);
	assert_true(listed(h, person));
	assert_int_equal(house_number(h, "SELECT id FROM consent_event WHERE"
					 " kind='withdrawn' AND method="
					 "'keyword' AND by_whom='subject'"),
			 was);
	done = withdraw_again(h);
	assert_int_equal(done.events + done.hashes, 0);
}

/* C-129/21: nobody gets back in by the way an old list does. */
static void of_persons_the_archive_does_not_know_the_hashes_stay(void **state)
{
	struct withdrawal_replayed done;
	struct house *h = *state;

	agrees(h);
	say(h, SAYS("m3", "Stopp!"));
	forget_stop(h);
	house_sql(h, "DELETE FROM consent_event");
	house_sql(h, "UPDATE conversation SET person=4711");
	house_sql(h, "UPDATE address SET person=4711");
	house_sql(h, "UPDATE person SET id=4711");
	done = withdraw_again(h);
	assert_int_equal(done.events, 0);
	assert_int_equal(done.hashes, 2);
	assert_true(listed(h, 4711));
}

static void a_yes_after_it_counts(void **state)
{
	struct house *h = *state;

	agrees(h);
	say(h, SAYS("m3", "Stopp!"));
	h->ahead_ms = 60000;
	say(h, SAYS("m4", "Start"));
	h->ahead_ms = 120000;
	say(h, SAYS("m5", "Ja"));
	forget_stop(h);
	assert_int_equal(withdraw_again(h).events, 1);
	assert_int_equal(state_of(h, the_person(h)), CONSENT_GIVEN);
	assert_false(listed(h, the_person(h)));
}

/* In an older archive they may be two persons. */
static void everybody_who_is_the_same_person_is_in_it(void **state)
{
	struct house *h = *state;

	agrees(h);
	house_sql(h, "INSERT INTO person(id,joined_into,created_ms,year)"
		     " SELECT 4711,id,1,2026 FROM person");
	say(h, SAYS("m3", "Stopp!"));
	assert_int_equal(log_count(h, WITHDRAWALS, " subject "), 2);
	/* Where one is known, so is the other. */
	assert_int_equal(withdraw_again(h).events, 0);
	forget_stop(h);
	house_sql(h, "UPDATE person SET joined_into=NULL");
	assert_int_equal(withdraw_again(h).events, 2);
	assert_int_equal(state_of(h, 4711), CONSENT_WITHDRAWN);
	assert_int_equal(state_of(h, the_person(h)), CONSENT_WITHDRAWN);
}

static int withdraw(struct house *h, struct err *err)
{
	const struct consent_stop stop = {.person = the_person(h),
					  .channel = {"shop"},
					  .by = "subject",
					  .method = "api",
					  .at_ms = worker_now(&h->w)};

	return consent_withdraw_marketing(&h->w, &stop, err);
}

static void what_is_taken_back_was_never_in_it(void **state)
{
	struct house *h = *state;
	struct err err = {0};

	agrees(h);
	assert_int_equal(worker_begin(&h->w, &err), 0);
	assert_int_equal(withdraw(h, &err), 0);
	worker_roll_back(&h->w);
	assert_int_equal(worker_begin(&h->w, &err), 0);
	assert_int_equal(worker_commit(&h->w, &err), 0);
	assert_int_equal(log_count(h, WITHDRAWALS, "\n"), 0);
	assert_int_equal(state_of(h, the_person(h)), CONSENT_GIVEN);
}

static int no_sync(struct env *env, int fd)
{
	(void)env;
	(void)fd;
	errno = EIO;
	return -1;
}

/* Nobody is told that it was done. */
static void what_is_not_in_it_did_not_happen(void **state)
{
	struct house *h = *state;
	struct err err = {0};
	int (*was)(struct env *, int);

	agrees(h);
	assert_int_equal(worker_begin(&h->w, &err), 0);
	assert_int_equal(withdraw(h, &err), 0);
	was = h->env.datasync;
	h->env.datasync = no_sync;
	assert_int_equal(worker_commit(&h->w, &err), -1);
	assert_int_equal(err.kind, ERR_STORAGE);
	h->env.datasync = was;
	assert_int_equal(state_of(h, the_person(h)), CONSENT_GIVEN);
}

static void only_whole_lines_of_ours_are_read(void **state)
{
#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	static const char *const good[] = {
	    "withdrawn 5 7 8 werbung shop withdrawn subject reply x 7\n",
	    "withdrawn 5 7 8 all - refused subject reply reply 9\n",
	    "suppressed 5 " HASH " marketing - keyword\n",
	};
	static const char *const bad[] = {
	    "withdrawn 5 7 8 werbung shop given subject keyword keyword 7\n",
	    "withdrawn 5 7 8 werbung shop requested subject reply reply 7\n",
	    "withdrawn 5 0 8 werbung shop withdrawn subject keyword x 7\n",
	    "withdrawn 5 7 8 - shop withdrawn subject keyword keyword 7\n",
	    "withdrawn 05 7 8 werbung shop withdrawn subject keyword x 7\n",
	    "withdrawn 5 7 8 werbung shop withdrawn subject keyword x 7",
	    "withdrawn 5 7 8 wer.bung shop withdrawn subject keyword x 7\n",
	    "suppressed 5 0011 marketing - keyword\n",
	    "suppressed 5 " HASH " - - keyword\n",
	    "suppressed 99999999999999999999 " HASH " marketing - keyword\n",
	    "\n",
	    "",
	};
	struct withdrawal_line l;
	char line[WITHDRAWAL_LINE_MAX];
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(
		    withdrawal_line_parse(good[i], strlen(good[i]), &l));
		assert_int_equal(withdrawal_line_print(&l, line, &err), 0);
		assert_string_equal(line, good[i]);
		assert_false(
		    withdrawal_line_parse(good[i], strlen(good[i]) - 1, &l));
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(withdrawal_line_parse(bad[i], strlen(bad[i]), &l));
	/* Better no act than one that cannot be read back. */
	l = (struct withdrawal_line){.id = 1, .person = 2, .of = 1};
	assert_int_equal(withdrawal_line_print(&l, line, &err), -1);
}

static void a_torn_line_is_passed_over(void **state)
{
	struct house *h = *state;

	agrees(h);
	log_write(h, WITHDRAWALS, "withdrawn 5 7");
	say(h, SAYS("m3", "Stopp!"));
	forget_stop(h);
	assert_int_equal(withdraw_again(h).events, 1);
}

/* --- holds ---------------------------------------------------------------- */

static void act(struct house *h, int64_t id,
		int (*what)(struct worker *w, int64_t id, int64_t actor,
			    const char **ret_refused, struct err *err),
		int64_t actor)
{
	const char *refused = NULL;
	struct err err = {0};

	assert_int_equal(worker_begin(&h->w, &err), 0);
	assert_int_equal(what(&h->w, id, actor, &refused, &err), 0);
	assert_null(refused);
	assert_int_equal(worker_commit(&h->w, &err), 0);
}

static int64_t place(struct house *h)
{
	struct holding_order o;

	holding_tokens(h);
	say(h, SAYS("m1", "Order 4711"));
	o = holding_order_of(h);
	o.words_len = 0;
	o.what.scope = HOLD_DATENART;
	assert_true(name_set(&o.what.datenart, "MSG", 3));
	return holding_placed(h, &o);
}

static bool holds(struct house *h)
{
	const struct name datenart = {"MSG"};
	const struct hold_facts facts = {
	    .item = 1, .datenart = &datenart, .received_ms = HOUSE_NOW};
	struct err err = {0};
	int64_t hold = 0;

	assert_int_equal(hold_of(&h->w, &facts, &hold, &err), 0);
	return hold != 0;
}

static void a_hold_outlives_the_archive_that_has_it(void **state)
{
	struct house *h = *state;
	struct holding_view view;
	struct buf secrets = BUF_INIT(HOLDING_SECRETS_MAX);
	struct err err = {0};
	bool found = false;
	int64_t id = place(h);

	assert_int_equal(log_count(h, HOLDS, " proposed "), 1);
	assert_int_equal(log_count(h, HOLDS, "Klage"), 0);
	act(h, id, holding_approve, APPROVER);
	assert_int_equal(log_count(h, HOLDS, " active "), 0);
	log_holds(h);
	log_holds(h);
	assert_int_equal(log_count(h, HOLDS, " active "), 1);
	house_sql(h, "DELETE FROM hold");
	hold_changed(&h->w);
	assert_false(holds(h));
	assert_int_equal(hold_again(h).placed, 1);
	assert_true(holds(h));
	assert_int_equal(HOUSE_COUNT(h, "hold WHERE state='active' AND"
					" approved_ms IS NOT NULL"),
			 1);
	assert_int_equal(hold_again(h).placed, 0);
	/* What is sealed came along, under its own key. */
	assert_int_equal(holding_load(&h->w, id, &view, &found, &err), 0);
	assert_true(found);
	assert_int_equal(holding_secrets(&h->w, &view, &secrets, &err), 0);
	assert_non_null(strstr(buf_text(&secrets), "Klage angedroht"));
	buf_free(&secrets);
}

static void its_end_outlives_it_too(void **state)
{
	struct house *h = *state;
	int64_t id = place(h);

	act(h, id, holding_approve, APPROVER);
	log_holds(h);
	act(h, id, holding_release, APPROVER);
	/* Not known to be released: it holds. */
	house_sql(h, "UPDATE hold SET state='active',released_ms=NULL,"
		     "released_by=NULL");
	(void)hold_again(h);
	assert_true(holds(h));
	act(h, id, holding_release, APPROVER);
	log_holds(h);
	assert_int_equal(log_count(h, HOLDS, " released "), 1);
	house_sql(h, "UPDATE hold SET state='active',released_ms=NULL,"
		     "released_by=NULL");
	assert_true(hold_again(h).changed > 0);
	assert_false(holds(h));
	assert_int_equal(HOUSE_COUNT(h, "hold WHERE state='released'"), 1);
}

/* The line of the approval did not get there: nobody undoes it. */
static void an_older_line_takes_no_approval_back(void **state)
{
	struct house *h = *state;
	int64_t id = place(h);

	act(h, id, holding_approve, APPROVER);
	(void)hold_again(h);
	assert_int_equal(HOUSE_COUNT(h, "hold WHERE state='active'"), 1);
}

static void one_that_was_refused_is_not_in_it(void **state)
{
	struct house *h = *state;
	struct holding_order o;
	const char *refused = NULL;

	holding_tokens(h);
	o = holding_order_of(h);
	o.approver = OWNER;
	assert_int_equal(holding_do(h, &o, &refused), 0);
	assert_int_equal(log_count(h, HOLDS, "hold "), 0);
}

static void only_whole_lines_of_holds_are_read(void **state)
{
#define HOLD_QUERY_7 \
	"hold 7 query - - shop MSG 1 2 in text 3 1 2026 proposed 0 12 5 "
#define HOLD_7 "hold 7 person 8 - - - - - - - 0 0 2026 "
	static const char *const good[] = {
	    HOLD_7 "active 11 12 5 6 20000 - - -\n",
	    HOLD_7 "released 11 12 5 6 20000 9 0 00ff\n",
	    HOLD_QUERY_7 "- 20000 - - 00ff\n",
	};
	static const char *const bad[] = {
	    HOLD_7 "active 11 12 5 6 20000 - - 0F\n",
	    HOLD_7 "active 11 12 5 6 20000 - - 0\n",
	    HOLD_7 "active 11 12 5 6 20000 - - \n",
	    HOLD_7 "active 11 12 5 6 20000 9 0 -\n",
	    HOLD_7 "released 11 12 5 6 20000 - - -\n",
	    HOLD_7 "gone 11 12 5 6 20000 - - -\n",
	    HOLD_7 "active - 12 5 6 20000 - - -\n",
	    "hold 0 person 8 - - - - - - - 0 0 2026 active 1 2 5 6 9 - - -\n",
	    "hold 7 planet 8 - - - - - - - 0 0 2026 active 1 2 5 6 9 - - -\n",
	    "hold \n",
	    "",
	};
	struct buf again = BUF_INIT(HOLD_LINE_MAX);
	struct hold_line l = {0};
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(hold_line_parse(good[i], strlen(good[i]), &l));
		buf_clear(&again);
		assert_int_equal(hold_line_print(&l, &again, &err), 0);
		assert_string_equal(buf_text(&again), good[i]);
		assert_false(hold_line_parse(good[i], strlen(good[i]) - 1, &l));
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(hold_line_parse(bad[i], strlen(bad[i]), &l));
	buf_free(&again);
	buf_free(&l.sealed);
}

#define CASE(t) cmocka_unit_test_setup_teardown(t, house_make, house_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(a_stop_outlives_the_archive_that_has_it),
	    CASE(of_persons_the_archive_does_not_know_the_hashes_stay),
	    CASE(a_yes_after_it_counts),
	    CASE(everybody_who_is_the_same_person_is_in_it),
	    CASE(what_is_taken_back_was_never_in_it),
	    CASE(what_is_not_in_it_did_not_happen),
	    cmocka_unit_test(only_whole_lines_of_ours_are_read),
	    CASE(a_torn_line_is_passed_over),
	    CASE(a_hold_outlives_the_archive_that_has_it),
	    CASE(its_end_outlives_it_too),
	    CASE(an_older_line_takes_no_approval_back),
	    CASE(one_that_was_refused_is_not_in_it),
	    cmocka_unit_test(only_whole_lines_of_holds_are_read),
	};

	return sodium_init() < 0
		   ? 1
		   : cmocka_run_group_tests_name("outlive", tests, NULL, NULL);
}
