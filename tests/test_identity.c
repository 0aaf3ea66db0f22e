/* test_identity.c - persons are joined and parted by what one payload shows.
 *
 * Source: channels.md 5.3.  Kinds are invented: no rule knows a provider. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>

#include "worker/identity.h"
#include "worker/inbound.h"
#include "worker/prove.h"

static int64_t clock_ms;

static int64_t wall_ms(struct env *env)
{
	(void)env;
	return clock_ms;
}

struct fixture {
	struct env env;
	struct worker w;
	struct identity id;
};

static int make(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct err err = {0};

	assert_non_null(f);
	clock_ms = INT64_C(1790000000000);
	f->env.wall_ms = wall_ms;
	f->env.boot_ms = wall_ms;
	f->w.env = &f->env;
	f->id.w = &f->w;
	assert_int_equal(store_open("memory", "", &f->w.store, &err), 0);
	*state = f;
	return 0;
}

static int unmake(void **state)
{
	struct fixture *f = *state;

	identity_free(&f->id);
	prove_drop(&f->w); /* of acts without a transaction */
	store_close(&f->w.store);
	free(f);
	return 0;
}

/* "strong:a weak:b" */
static struct identity_party party(const char *strong, const char *weak)
{
	struct identity_party p = {0};
	uint8_t hash[IDENTITY_HASH_BYTES];

	if (strong != NULL) {
		(void)crypto_generichash(hash, sizeof(hash),
					 (const uint8_t *)strong,
					 strlen(strong), NULL, 0);
		identity_party_add(&p, "strong", strong, hash);
	}
	if (weak != NULL) {
		(void)crypto_generichash(hash, sizeof(hash),
					 (const uint8_t *)weak, strlen(weak),
					 NULL, 0);
		identity_party_add(&p, "weak", weak, hash);
	}
	return p;
}

static int64_t resolve(struct fixture *f, const char *strong, const char *weak)
{
	struct identity_party p = party(strong, weak);
	struct err err = {0};
	int64_t person = -1;

	clock_ms += 1000;
	assert_int_equal(
	    identity_resolve(&f->id, &p, clock_ms, true, &person, &err), 0);
	return person;
}

static int64_t look(struct fixture *f, const char *strong, const char *weak,
		    int64_t at_ms)
{
	struct identity_party p = party(strong, weak);
	struct err err = {0};
	int64_t person = -1;

	assert_int_equal(
	    identity_resolve(&f->id, &p, at_ms, false, &person, &err), 0);
	return person;
}

static int64_t change(struct fixture *f, struct identity_party sender,
		      struct identity_party old, struct identity_party fresh)
{
	struct err err = {0};
	int64_t person = -1;

	clock_ms += 1000;
	assert_int_equal(identity_change(&f->id, &sender, &old, &fresh,
					 clock_ms, &person, &err),
			 0);
	return person;
}

static int64_t number(struct fixture *f, const char *sql, int64_t arg)
{
	struct err err = {0};
	int64_t n = 0;
	bool found = false;

	assert_int_equal(store_one_int(f->w.store, sql, STORE_ARGS(S_INT(arg)),
				       &n, &found, &err),
			 0);
	return found ? n : 0;
}

static void run(struct fixture *f, const char *sql, int64_t a, int64_t b)
{
	struct err err = {0};

	assert_int_equal(
	    store_run(f->w.store, sql, STORE_ARGS(S_INT(a), S_INT(b)), &err),
	    0);
}

static void somebody_unknown_is_a_new_person(void **state)
{
	struct fixture *f = *state;
	int64_t a = resolve(f, "S1", "W1"), b = resolve(f, "S2", "W2");

	assert_true(a > 0 && b > 0 && a != b);
	assert_int_equal(f->id.made_len, 4);
	assert_int_equal(resolve(f, "S1", NULL), a);
	assert_int_equal(resolve(f, NULL, "W1"), a);
	assert_int_equal(f->id.made_len, 4);
}

static void nobody_is_made_when_only_asked(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(look(f, "S1", "W1", clock_ms), 0);
	assert_int_equal(number(f, "SELECT count(*) FROM person WHERE id>?", 0),
			 0);
	assert_int_equal(resolve(f, NULL, NULL), 0);
}

static void a_known_number_gets_its_strong_address(void **state)
{
	struct fixture *f = *state;
	int64_t a = resolve(f, NULL, "W1");

	assert_int_equal(resolve(f, "S1", "W1"), a);
	assert_int_equal(resolve(f, "S1", NULL), a);
	assert_int_equal(f->id.joined, 0);
	assert_int_equal(f->id.split, 0);
}

static void two_halves_of_one_person_are_joined(void **state)
{
	struct fixture *f = *state;
	int64_t p = resolve(f, "S1", NULL), q = resolve(f, NULL, "W1");

	assert_true(p != q);
	run(f,
	    "INSERT INTO conversation(id,person,channel,state,opened_ms)"
	    " VALUES(?,?,'c','open',1)",
	    7, q);
	run(f,
	    "INSERT INTO consent_event(id,person,purpose,kind,source,at_ms)"
	    " VALUES(?,?,'marketing','withdrawn','provider',1)",
	    8, q);
	assert_int_equal(resolve(f, "S1", "W1"), p);
	assert_int_equal(f->id.joined, 1);
	assert_int_equal(
	    number(f, "SELECT joined_into FROM person WHERE id=?", q), p);
	assert_int_equal(resolve(f, NULL, "W1"), p);
	assert_int_equal(
	    number(f, "SELECT person FROM conversation WHERE id=?", 7), p);
	/* What was withdrawn stays withdrawn. */
	assert_int_equal(
	    number(f, "SELECT person FROM consent_event WHERE id=?", 8), p);
	/* Its address keeps the key that sealed it. */
	assert_int_equal(
	    number(f, "SELECT count(*) FROM address WHERE key_person=?", q), 1);
}

static void joining_leaves_one_open_conversation(void **state)
{
	static const char open_sql[] =
	    "INSERT INTO conversation(id,person,channel,state,opened_ms)"
	    " VALUES(?,?,'c','open',1)";
	struct fixture *f = *state;
	int64_t p = resolve(f, "S1", NULL), q = resolve(f, NULL, "W1");

	run(f, open_sql, 7, q);
	run(f, open_sql, 8, p);
	assert_int_equal(resolve(f, "S1", "W1"), p);
	assert_int_equal(number(f,
				"SELECT count(*) FROM conversation"
				" WHERE person=? AND state='open'",
				p),
			 1);
}

static void a_number_of_a_full_person_moves_over_alone(void **state)
{
	struct fixture *f = *state;
	int64_t p = resolve(f, "S1", NULL), q = resolve(f, "S2", "W2");
	int64_t before = clock_ms;

	assert_int_equal(resolve(f, "S1", "W2"), p);
	assert_int_equal(f->id.joined, 0);
	assert_int_equal(f->id.split, 1);
	assert_int_equal(resolve(f, "S2", NULL), q);
	assert_int_equal(resolve(f, NULL, "W2"), p);
	/* A message sent before, and delivered late, is still q's. */
	assert_int_equal(look(f, NULL, "W2", before), q);
}

static void a_number_with_a_new_strong_address_is_a_new_person(void **state)
{
	struct fixture *f = *state;
	int64_t q = resolve(f, "S1", "W1"), n = resolve(f, "S2", "W1");

	assert_true(n != q);
	assert_int_equal(f->id.split, 1);
	assert_int_equal(resolve(f, NULL, "W1"), n);
	assert_int_equal(resolve(f, "S1", NULL), q);
	assert_int_equal(number(f,
				"SELECT count(*) FROM address WHERE person=?"
				" AND to_ms IS NULL",
				q),
			 1);
}

static void asking_never_takes_a_number_away(void **state)
{
	struct fixture *f = *state;
	int64_t q = resolve(f, "S1", "W1");

	assert_int_equal(look(f, "S2", "W1", clock_ms), 0);
	assert_int_equal(resolve(f, NULL, "W1"), q);
	assert_int_equal(f->id.split, 0);
}

static void a_changed_number_stays_with_its_person(void **state)
{
	struct fixture *f = *state;
	int64_t p = resolve(f, "S1", "W1"), next;

	assert_int_equal(
	    change(f, party(NULL, "W1"), party("S1", NULL), party("S9", "W9")),
	    p);
	assert_int_equal(resolve(f, "S9", "W9"), p);
	assert_int_equal(resolve(f, NULL, "W9"), p);
	/* The old number may go to somebody else. */
	next = resolve(f, NULL, "W1");
	assert_true(next != p);
	assert_int_equal(number(f,
				"SELECT count(*) FROM address WHERE person=?"
				" AND to_ms IS NULL",
				p),
			 2);
}

static void a_change_named_by_the_sender_alone_counts(void **state)
{
	struct fixture *f = *state;
	int64_t p = resolve(f, "S1", "W1");

	assert_int_equal(
	    change(f, party(NULL, "W1"), party(NULL, NULL), party(NULL, "W2")),
	    p);
	assert_int_equal(resolve(f, NULL, "W2"), p);
	assert_int_equal(resolve(f, "S1", NULL), p);
	assert_int_equal(look(f, NULL, "W1", clock_ms), 0);
}

static void a_change_of_nobody_is_ignored(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(
	    change(f, party(NULL, NULL), party(NULL, NULL), party("S2", NULL)),
	    0);
	assert_int_equal(
	    change(f, party(NULL, NULL), party("S7", NULL), party("S2", NULL)),
	    0);
	assert_int_equal(f->id.made_len, 0);
}

static void a_new_number_that_was_somebody_elses_moves_over(void **state)
{
	struct fixture *f = *state;
	int64_t p = resolve(f, "S1", "W1"), q = resolve(f, "S2", "W2");

	assert_int_equal(
	    change(f, party(NULL, "W1"), party(NULL, NULL), party(NULL, "W2")),
	    p);
	assert_int_equal(resolve(f, NULL, "W2"), p);
	assert_int_equal(resolve(f, "S2", NULL), q);
	assert_int_equal(f->id.joined, 0);
	assert_int_equal(f->id.split, 1);
}

static void statuses_never_go_back(void **state)
{
	static const struct {
		const char *state, *status, *next;
	} rows[] = {
	    {"queued", "sent", "sent"},
	    {"unknown", "delivered", "delivered"},
	    {"sent", "read", "read"},
	    {"read", "delivered", NULL},
	    {"read", "read", NULL},
	    {"read", "played", "played"},
	    {"played", "sent", NULL},
	    {"sent", "failed", "failed"},
	    {"failed", "failed", NULL},
	    {"failed", "sent", NULL},
	    {"failed", "delivered", "delivered"},
	    {"delivered", "failed", NULL},
	    {"delivered", "viewed", "read"},
	    {"sent", "nonsense", NULL},
	    {"deleted", "read", NULL},
	    {"sent", "queued", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *next = status_next(rows[i].state, rows[i].status);

		if (rows[i].next == NULL)
			assert_null(next);
		else
			assert_string_equal(next, rows[i].next);
	}
}

#define CASE(t) cmocka_unit_test_setup_teardown(t, make, unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(somebody_unknown_is_a_new_person),
	    CASE(nobody_is_made_when_only_asked),
	    CASE(a_known_number_gets_its_strong_address),
	    CASE(two_halves_of_one_person_are_joined),
	    CASE(joining_leaves_one_open_conversation),
	    CASE(a_number_of_a_full_person_moves_over_alone),
	    CASE(a_number_with_a_new_strong_address_is_a_new_person),
	    CASE(asking_never_takes_a_number_away),
	    CASE(a_changed_number_stays_with_its_person),
	    CASE(a_change_named_by_the_sender_alone_counts),
	    CASE(a_change_of_nobody_is_ignored),
	    CASE(a_new_number_that_was_somebody_elses_moves_over),
	    cmocka_unit_test(statuses_never_go_back),
	};

	return sodium_init() < 0
		   ? 1
		   : cmocka_run_group_tests_name("identity", tests, NULL, NULL);
}
