/* test_restriction.c - what is restricted waits, and is known again by whoever
 * the person turns out to be.
 *
 * Proves: compliance 9 X1; Art. 18 GDPR. */
#include "receive_house.h"

#include "worker/consent_expire.h"
#include "postern/caldate.h"
#include "worker/restriction.h"
#include "worker/restrictionlog.h"

static int64_t only(struct house *h, const char *sql)
{
	int64_t id = house_number(h, sql);

	assert_true(id > 0);
	return id;
}

static int place(struct house *h, bool whole, struct err *err)
{
	const struct restriction r = {
	    .conversation = only(h, "SELECT max(id) FROM conversation"),
	    .person = only(h, "SELECT person FROM conversation"
			      " ORDER BY id DESC LIMIT 1"),
	    .whole = whole,
	    .ground = "a",
	};

	return restriction_place(&h->w, &r, err);
}

static int lift(struct house *h, int64_t person, int64_t conversation,
		int64_t day, struct err *err)
{
	const struct restriction_notice notice = {.day = day, .how = "letter"};

	return restriction_lift(&h->w, person, conversation, &notice, err);
}

static int64_t today(struct house *h)
{
	return caldate_local(NULL, house_wall(&h->env));
}

static bool restricted(struct house *h, int64_t person, int64_t conversation)
{
	struct err err = {0};
	bool is = false;

	assert_int_equal(restriction_of(&h->w, person, conversation, &is, &err),
			 0);
	return is;
}

static void nothing_is_looked_up_while_none_is_open(void **state)
{
	struct house *h = *state;

	assert_false(restricted(h, 1, 2));
	assert_true(h->w.restrictions_known);
	assert_int_equal(h->w.restrictions, 0);
	/* Were it looked up, it would be found. */
	house_sql(h, "INSERT INTO restriction(id,person,conversation,ground,"
		     "since_ms) VALUES(1,1,2,'a',1)");
	assert_false(restricted(h, 1, 2));
	h->w.restrictions_known = false;
	assert_true(restricted(h, 1, 2));
	assert_true(restricted(h, 9, 2));
	assert_false(restricted(h, 1, 3)); /* that conversation alone */
}

static void a_person_is_restricted_under_every_name(void **state)
{
	struct house *h = *state;
	struct err err = {0};
	int64_t person, cnv;

	house_body(h, hello);
	house_receive(h);
	assert_int_equal(place(h, true, &err), 0);
	person = only(h, "SELECT id FROM person");
	cnv = only(h, "SELECT id FROM conversation");
	assert_true(restricted(h, person, cnv));
	assert_true(restricted(h, person, 4711));
	assert_false(restricted(h, 4711, cnv));
	house_sql(h, "INSERT INTO person(id,joined_into,created_ms,year)"
		     " SELECT 4711,id,1,2026 FROM person");
	assert_true(restricted(h, 4711, 4712));
	assert_int_equal(place(h, false, &err), -1);
	assert_int_equal(err.kind, ERR_DENIED);
}

static void what_comes_meanwhile_is_archived_with_its_reason(void **state)
{
	struct house *h = *state;
	struct err err = {0};
	json_t *content;

	house_body(h, hello);
	house_receive(h);
	assert_int_equal(place(h, false, &err), 0);
	house_body(h, "message,id=m2,strong=S1,type=text,text=zwei");
	house_receive(h);
	content = CONTENT(h, "id=(SELECT max(id) FROM message)");
	content_is(
	    json_incref(json_array_get(json_object_get(content, "why"), 0)),
	    "code", "person.restricted");
	json_decref(content);
	/* It is to be told, once it may be. */
	assert_int_equal(HOUSE_COUNT(h, "message WHERE outcome=1"), 2);
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE type='message.received'"),
			 2);
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE type='person.restricted'"
					" AND detail='restricted'"),
			 1);
}

static void a_parked_row_goes_on_when_it_is_lifted(void **state)
{
	struct house *h = *state;
	struct err err = {0};
	int64_t person, cnv;

	house_body(h, hello);
	house_receive(h);
	person = only(h, "SELECT id FROM person");
	cnv = only(h, "SELECT id FROM conversation");
	assert_int_equal(place(h, false, &err), 0);
	assert_int_equal(restriction_park(&h->w,
					  only(h, "SELECT min(id) FROM outbox"),
					  &err),
			 0);
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE state='restricted'"), 1);
	assert_int_equal(lift(h, person, cnv, today(h), &err), 0);
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE state='restricted'"), 0);
	assert_int_equal(HOUSE_COUNT(h, "restriction WHERE lifted_ms IS NOT"
					" NULL AND informed_how='letter'"),
			 1);
	assert_false(restricted(h, person, cnv));
	assert_int_equal(lift(h, person, cnv, today(h), &err), -1);
	assert_int_equal(err.kind, ERR_ABSENT);
}

/* What was counted inside a transaction may have been undone with it. */
static void a_rolled_back_restriction_is_none(void **state)
{
	struct house *h = *state;
	struct err err = {0};
	int64_t cnv;

	house_body(h, hello);
	house_receive(h);
	cnv = only(h, "SELECT id FROM conversation");
	assert_int_equal(worker_begin(&h->w, &err), 0);
	assert_int_equal(place(h, false, &err), 0);
	assert_true(restricted(h, 1, cnv));
	worker_roll_back(&h->w);
	assert_false(restricted(h, 1, cnv));
}

/* Storing is what a restriction leaves: also what would run out waits. */
static void what_is_held_for_a_consent_outlives_its_time(void **state)
{
	struct house *h = *state;
	struct err err = {0};
	bool moved = false;

	house_body(h, hello);
	house_receive(h);
	house_sql(h, "UPDATE outbox SET state='held', next_ms=5");
	assert_int_equal(place(h, false, &err), 0);
	h->w.ready = true;
	assert_int_equal(consent_step(&h->w, &moved, &err), 0);
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE state='held'"), 1);
	assert_int_equal(lift(h, only(h, "SELECT id FROM person"),
			      only(h, "SELECT id FROM conversation"), today(h),
			      &err),
			 0);
	h->ahead_ms += 5000;
	h->w.expire_boot = 0;
	assert_int_equal(consent_step(&h->w, &moved, &err), 0);
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE state='held'"), 0);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE state='deleted'"), 1);
}

/* The one that stays has it, as it has the conversations. */
static void a_joined_person_brings_it_along(void **state)
{
	struct house *h = *state;
	struct err err = {0};

	house_body(h, "message,id=m1,strong=S1,type=text,text=a\n"
		      "message,id=m2,phone=01701234567,type=text,text=b");
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "person"), 2);
	assert_int_equal(place(h, true, &err), 0);
	house_body(h, "message,id=m3,strong=S1,phone=01701234567,type=text,"
		      "text=c");
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "person WHERE joined_into IS NULL"), 1);
	assert_int_equal(HOUSE_COUNT(h, "restriction r JOIN person p ON"
					" p.id=r.person AND p.joined_into IS"
					" NULL"),
			 1);
	assert_true(restricted(
	    h, only(h, "SELECT id FROM person WHERE joined_into IS NULL"), 0));
}

/* --- restrictions.log ----------------------------------------------------- */

static void log_lines(struct house *h, char *ret, size_t size)
{
	char path[128];
	FILE *file;
	size_t len = 0;

	(void)snprintf(path, sizeof(path), "%s/" RESTRICTION_FILE, h->dir);
	file = fopen(path, "re");
	if (file != NULL) {
		len = fread(ret, 1, size - 1, file);
		(void)fclose(file);
	}
	ret[len] = '\0';
}

static void log_write(struct house *h, const char *text)
{
	char path[128];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/" RESTRICTION_FILE, h->dir);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static struct restriction_replayed replay(struct house *h)
{
	struct restriction_replayed done = {0};
	struct err err = {0};

	assert_int_equal(store_begin(h->w.store, &err), 0);
	assert_int_equal(
	    restriction_log_replay(h->w.store, h->dir, &done, &err), 0);
	assert_int_equal(store_commit(h->w.store, &err), 0);
	h->w.restrictions_known = false;
	return done;
}

static void log_step(struct house *h)
{
	struct err err = {0};
	bool moved = true;

	while (moved) {
		moved = false;
		assert_int_equal(restriction_log_step(&h->w, &moved, &err), 0);
	}
}

/* Before it is committed: a restore must not know less. */
static void it_is_in_the_log_before_it_is_committed(void **state)
{
	struct house *h = *state;
	struct err err = {0};
	char lines[1024], want[256];
	int64_t id;

	house_body(h, hello);
	house_receive(h);
	assert_int_equal(worker_begin(&h->w, &err), 0);
	assert_int_equal(place(h, false, &err), 0);
	log_lines(h, lines, sizeof(lines));
	assert_int_equal(strncmp(lines, "restricted ", 11), 0);
	assert_int_equal(worker_commit(&h->w, &err), 0);
	log_step(h);
	id = only(h, "SELECT id FROM restriction");
	(void)snprintf(want, sizeof(want),
		       "restricted %lld %lld %lld %lld a "
		       "%lld\n",
		       (long long)HOUSE_NOW, (long long)id,
		       (long long)only(h, "SELECT person FROM restriction"),
		       (long long)only(h, "SELECT id FROM conversation"),
		       (long long)id);
	log_lines(h, lines, sizeof(lines));
	assert_string_equal(lines, want);
	/* Its end follows the commit, once. */
	assert_int_equal(lift(h, only(h, "SELECT id FROM person"),
			      only(h, "SELECT id FROM conversation"), today(h),
			      &err),
			 0);
	log_lines(h, lines, sizeof(lines));
	assert_string_equal(lines, want);
	log_step(h);
	log_step(h);
	log_lines(h, lines, sizeof(lines));
	assert_int_equal(strncmp(lines, want, strlen(want)), 0);
	(void)snprintf(want, sizeof(want), "lifted %lld %lld %lld\n",
		       (long long)HOUSE_NOW, (long long)id,
		       (long long)today(h));
	assert_string_equal(strstr(lines, "lifted"), want);
}

/* Proves: compliance 9 X3. */
static void an_older_archive_learns_what_the_log_knows(void **state)
{
	struct house *h = *state;
	struct err err = {0};
	int64_t person, cnv;

	house_body(h, hello);
	house_receive(h);
	assert_int_equal(place(h, true, &err), 0);
	person = only(h, "SELECT id FROM person");
	cnv = only(h, "SELECT id FROM conversation");
	/* The archive of before. */
	house_sql(h, "DELETE FROM restriction");
	h->w.restrictions_known = false;
	assert_false(restricted(h, person, cnv));
	assert_int_equal(replay(h).set, 1);
	assert_true(restricted(h, person, cnv));
	assert_int_equal(replay(h).set, 0);
	assert_int_equal(lift(h, person, cnv, today(h), &err), 0);
	log_step(h);
	/* One of before it was lifted. */
	house_sql(h, "UPDATE restriction SET lifted_ms=NULL");
	assert_int_equal(replay(h).lifted, 1);
	assert_false(restricted(h, person, cnv));
	assert_int_equal(HOUSE_COUNT(h, "restriction WHERE informed_day IS NOT"
					" NULL AND lifted_ms IS NOT NULL"),
			 1);
	assert_int_equal(replay(h).lifted, 0);
}

/* In an older archive they may not have joined yet. */
static void everybody_who_is_the_same_person_is_in_the_log(void **state)
{
	struct house *h = *state;
	struct err err = {0};
	int64_t person;

	house_body(h, hello);
	house_receive(h);
	person = only(h, "SELECT id FROM person");
	house_sql(h, "INSERT INTO person(id,joined_into,created_ms,year)"
		     " SELECT 4711,id,1,2026 FROM person");
	assert_int_equal(place(h, true, &err), 0);
	house_sql(h, "DELETE FROM restriction");
	house_sql(h, "UPDATE person SET joined_into=NULL");
	assert_int_equal(replay(h).set, 2);
	assert_true(restricted(h, person, 0));
	assert_true(restricted(h, 4711, 0));
	house_sql(h, "UPDATE person SET joined_into=(SELECT max(id) FROM"
		     " person) WHERE id=4711");
	/* Its end is that of all of them. */
	house_sql(h, "DELETE FROM restriction WHERE person=4711");
	h->w.restrictions_known = h->w.restrictions_logged = false;
	assert_int_equal(lift(h, person, 0, today(h), &err), 0);
	log_step(h);
	house_sql(h, "DELETE FROM restriction");
	(void)replay(h);
	assert_false(restricted(h, person, 0));
	assert_false(restricted(h, 4711, 0));
}

static void a_torn_line_is_passed_over_and_ended(void **state)
{
	struct house *h = *state;
	struct err err = {0};
	char lines[1024];

	house_body(h, hello);
	house_receive(h);
	log_write(h, "restricted 5 77 78 * b 77\nlifted 9 7");
	assert_int_equal(replay(h).set, 1);
	assert_int_equal(place(h, false, &err), 0);
	log_lines(h, lines, sizeof(lines));
	assert_non_null(strstr(lines, "\nlifted 9 7\nrestricted "));
	house_sql(h, "DELETE FROM restriction");
	assert_int_equal(replay(h).set, 2);
	assert_int_equal(HOUSE_COUNT(h, "restriction WHERE lifted_ms IS NULL"),
			 2);
}

static void one_of_an_older_version_gets_into_the_log(void **state)
{
	struct house *h = *state;
	char lines[1024];

	log_step(h);
	log_lines(h, lines, sizeof(lines));
	assert_string_equal(lines, "");
	house_sql(h, "INSERT INTO restriction(id,person,conversation,ground,"
		     "since_ms,informed_day,lifted_ms) VALUES(1,2,3,'a',4,5,6),"
		     "(7,8,NULL,'d',9,NULL,NULL)");
	h->w.restrictions_logged = false;
	log_step(h);
	log_lines(h, lines, sizeof(lines));
	assert_string_equal(lines, "restricted 4 1 2 3 a 1\nlifted 6 1 5\n"
				   "restricted 9 7 8 * d 7\n");
}

/* --- notices and wishes --------------------------------------------------- */

/* Proves: compliance 9 X2; Art. 18(3) GDPR. */
static void a_notice_of_before_it_was_set_is_none(void **state)
{
	struct house *h = *state;
	struct err err = {0};
	int64_t person, cnv;

	house_body(h, hello);
	house_receive(h);
	person = only(h, "SELECT id FROM person");
	cnv = only(h, "SELECT id FROM conversation");
	assert_int_equal(place(h, false, &err), 0);
	assert_int_equal(lift(h, person, cnv, today(h) - 1, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(lift(h, person, cnv, today(h) + 1, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_true(restricted(h, person, cnv));
	assert_null(restriction_how("dove"));
	assert_int_equal(lift(h, person, cnv, today(h), &err), 0);
}

static void a_wish_to_erase_ends_what_the_person_chose(void **state)
{
	struct house *h = *state;
	struct err err = {0};
	int64_t person;

	house_body(h, hello);
	house_receive(h);
	person = only(h, "SELECT id FROM person");
	assert_int_equal(restriction_wish_erasure(&h->w, person, &err), 0);
	house_sql(h, "INSERT INTO restriction(id,person,ground,since_ms) SELECT"
		     " 1,id,'b',1 FROM person UNION ALL SELECT 2,id,'c',1 FROM"
		     " person UNION ALL SELECT 3,id,'a',1 FROM person UNION ALL"
		     " SELECT 4,4711,'b',1");
	h->w.restrictions_known = false;
	assert_int_equal(restriction_wish_erasure(&h->w, person, &err), 0);
	assert_int_equal(HOUSE_COUNT(h, "restriction WHERE lifted_ms IS NULL"
					" AND id IN (3,4)"),
			 2);
	assert_int_equal(HOUSE_COUNT(h, "restriction WHERE lifted_ms IS NOT"
					" NULL"),
			 2);
}

#define CASE(t) cmocka_unit_test_setup_teardown(t, house_make, house_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(nothing_is_looked_up_while_none_is_open),
	    CASE(a_person_is_restricted_under_every_name),
	    CASE(what_comes_meanwhile_is_archived_with_its_reason),
	    CASE(a_parked_row_goes_on_when_it_is_lifted),
	    CASE(a_rolled_back_restriction_is_none),
	    CASE(what_is_held_for_a_consent_outlives_its_time),
	    CASE(a_joined_person_brings_it_along),
	    CASE(it_is_in_the_log_before_it_is_committed),
	    CASE(an_older_archive_learns_what_the_log_knows),
	    CASE(everybody_who_is_the_same_person_is_in_the_log),
	    CASE(a_torn_line_is_passed_over_and_ended),
	    CASE(one_of_an_older_version_gets_into_the_log),
	    CASE(a_notice_of_before_it_was_set_is_none),
	    CASE(a_wish_to_erase_ends_what_the_person_chose),
	};

	return sodium_init() < 0 ? 1
				 : cmocka_run_group_tests_name(
				       "restriction", tests, NULL, NULL);
}
