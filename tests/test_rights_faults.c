/* test_rights_faults.c - whatever fails while a request goes through its
 * states: it ends where it would have, each state, each letter once.
 *
 * Proves: compliance 9 E5; assurance P1. */
#include "rights_house.h"

/* Of the store's calls the n-th fails, once; the step comes again, as the loop
 * takes it.  False: there were fewer. */
static bool struck(struct house *h, uint64_t n)
{
	bool struck_once = false, moved = true;

	h->w.rights.asked = true;
	store_failing_set(h->w.store, n, true);
	for (int i = 0; i < 200 && moved; i++) {
		struct err err = {0};

		moved = false;
		if (rights_step(&h->w, &moved, &err) == 0)
			continue;
		assert_true(err.kind == ERR_BUSY);
		struck_once = moved = true;
	}
	store_failing_set(h->w.store, 0, false);
	assert_false(moved);
	rights_turn(h);
	return struck_once;
}

static void says(struct house *h, uint64_t person, const char *id,
		 const char *text)
{
	char body[256];

	(void)snprintf(body, sizeof(body),
		       "message,id=%s%llu,strong=S%llu,type=text,text=%s", id,
		       (unsigned long long)person, (unsigned long long)person,
		       text);
	house_body(h, body);
	house_receive(h);
}

static void code_in(struct house *h, char ret[32])
{
	char *text = rights_letter(h, "challenge");
	const char *at = strstr(text, "\n\n");

	assert_non_null(at);
	at += 2;
	(void)snprintf(ret, 32, "%.*s", (int)strcspn(at, "\n"), at);
	free(text);
}

#define OF_LAST " WHERE request=(SELECT max(id) FROM request)"

/* What is left behind does not tell what failed on the way. */
static void ended_well(struct house *h)
{
	assert_int_equal(HOUSE_COUNT(h, "request_event" OF_LAST), 6);
	assert_int_equal(
	    house_number(
		h, "SELECT count(DISTINCT state) FROM request_event" OF_LAST),
	    6);
	assert_int_equal(HOUSE_COUNT(h, "request_letter" OF_LAST), 2);
	assert_int_equal(HOUSE_COUNT(h, "erasure" OF_LAST), 1);
	assert_int_equal(
	    HOUSE_COUNT(h, "request WHERE id=(SELECT max(id) FROM request) AND"
			   " state='completed' AND next_ms IS NULL AND"
			   " reply_sealed IS NULL AND entry IS NOT NULL"),
	    1);
	assert_int_equal(HOUSE_COUNT(h, "alarm WHERE ended_ms IS NULL"), 0);
}

/* From the keyword to the end; at each of three stretches the n-th call
 * fails. */
static bool story(struct house *h, uint64_t n)
{
	bool any;
	char code[32];

	says(h, n, "a", "Löschen");
	any = struck(h, n);
	rights_sent(h);
	code_in(h, code);
	says(h, n, "b", code);
	any = struck(h, n) || any;
	house_sql(h, "UPDATE erasure SET step=10,n=2,keys=1,entry=1 WHERE"
		     " ended_ms IS NULL");
	h->ahead_ms += 70000;
	any = struck(h, n) || any;
	rights_sent(h);
	h->ahead_ms += 70000;
	any = struck(h, n) || any;
	h->ahead_ms += 70000;
	any = struck(h, n) || any;
	ended_well(h);
	return any;
}

static void a_failing_call_changes_nothing(void **state)
{
	struct house *h = *state;
	uint64_t n = 1;

	house_die(h);
	house_open(h, "failing");
	h->unlogged = true; /* of the archive that was opened first */
	while (story(h, n) && n < 400)
		n++;
	assert_true(n > 40 && n < 400);
	print_message("%llu calls\n", (unsigned long long)n);
}

#define CASE(t)                                               \
	cmocka_unit_test_setup_teardown(t, rights_house_make, \
					rights_house_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(a_failing_call_changes_nothing),
	};

	return sodium_init() < 0
		   ? 1
		   : cmocka_run_group_tests_name("rights under faults", tests,
						 NULL, NULL);
}
