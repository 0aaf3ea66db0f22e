/* test_faults_deliver.c - delivery while memory, keeper or store fail: every
 * message reaches its helpdesk, in order, and no row is left behind.
 *
 * Proves: assurance P2. */
#include "deliver_house.h"

#include "faults.h"
#include "worker/deliver_note.h"

#define NOTES_MAX 60
#define DESK	  (&dh.desks[0])

/* Steps with the n-th call failing, then the rest without. */
static void survive(unsigned int kind, int code)
{
	int64_t c = dh_conversation("desk");
	char text[16], said[256];
	uint64_t n, told = 0;

	for (n = 1; told < NOTES_MAX && faults_arm(kind, n, code); n++) {
		struct err err = {0};
		bool moved = false;
		int rc;

		faults_off();
		if (COUNT_OF("outbox") == 0) {
			(void)snprintf(text, sizeof(text), "text %03d",
				       (int)told++);
			(void)dh_tell("desk", c, text);
		}
		faults.kinds = kind;
		rc = deliver_step(&dh.w, &moved, &err);
		faults_off();
		assert_true(rc == 0 || err.kind == ERR_BUSY ||
			    err.kind == ERR_NOMEM);
		(void)http_poll(dh.w.http, NULL, 0, 5, &err);
	}
	dh_pass(60000);
	assert_int_equal(COUNT_OF("outbox"), 0);
	/* A message may be told twice when its answer was not written down,
	 * never passed over. */
	for (size_t i = 0, next = 0; i < DESK->len; i++) {
		size_t number =
		    strtoul(dh_said(DESK, i, "text", said) + 5, NULL, 10);

		assert_true(number <= next);
		next += number == next;
		if (i + 1 == DESK->len)
			assert_int_equal(next, told);
	}
	assert_true(told > 0 && DESK->len >= told);
}

static void messages_outlive_a_lack_of_memory(void **state)
{
	(void)state;
	survive(FAULT_MEMORY, ENOMEM);
}

static void messages_outlive_a_busy_store(void **state)
{
	(void)state;
	survive(FAULT_STORE, 0);
}

static void messages_outlive_a_keeper_that_comes_and_goes(void **state)
{
	(void)state;
	survive(FAULT_KEEPER, ERR_BUSY);
}

/* A field that does not open: told without it, dropped or a dead letter, and
 * never a message that says something else. */
static void what_does_not_open_is_told_or_visible(void **state)
{
	static const int kinds[] = {ERR_CORRUPT, ERR_ABSENT, ERR_INPUT};
	static const char *const desks[] = {"desk", "back"};
	int64_t c[2];

	(void)state;
	for (size_t i = 0; i < 2; i++)
		c[i] = dh_conversation(desks[i]);
	for (size_t k = 0; k < 6; k++)
		for (uint64_t n = 1; n < 100; n++) {
			if (!faults_arm(FAULT_RESULT, n, kinds[k / 2]))
				break;
			faults.kinds = 0;
			(void)dh_tell(desks[k % 2], c[k % 2], "x");
			faults.kinds = FAULT_RESULT;
			dh_run();
			faults_off();
			assert_int_equal(COUNT_OF("outbox WHERE state<>'dead'"),
					 0);
			dh_sql("DELETE FROM outbox", STORE_NO_ARGS);
		}
}

/* Every row and field of a note, with the n-th call failing. */
static void a_note_is_made_whole_or_not_at_all(void **state)
{
	static const unsigned int kinds[] = {FAULT_MEMORY, FAULT_STORE,
					     FAULT_KEEPER};
	static const char join[] = "UPDATE person SET joined_into=? WHERE id=?";
	int64_t c = dh_conversation("back"), other = dh_conversation("back");
	int64_t row = dh_tell("back", c, "whole");
	struct note *note = NULL;
	struct err err = {0};
	int rc = -1;

	(void)state;
	dh_sql(join,
	       STORE_ARGS(S_INT(dh_person_of(other)), S_INT(dh_person_of(c))));
	for (size_t k = 0; k < 3; k++)
		for (uint64_t n = 1; faults_arm(kinds[k], n, 0); n++) {
			rc = notes_read(&dh.w, &row, 1, &note, &err);
			faults_off();
			assert_int_equal(note != NULL, rc == 0);
			if (rc != 0) {
				assert_true(err.kind == ERR_BUSY ||
					    err.kind == ERR_NOMEM);
				continue;
			}
			assert_string_equal(note_get(note)->text, "whole");
			note_free(&note);
		}
	assert_int_equal(rc, 0);
}

/* A note whose every text is masked: text, name and file, or no note. */
static const char masking[] =
    "policy: shop\nversion: 1\npurposes:\n  support: {basis: contract}\n"
    "data:\n  MSG: {from: process_end, delete: P90D}\n"
    "  MEDIA: {from: process_end, delete: P90D}\n"
    "  RAW: {from: collection, delete: P3D}\n"
    "channels:\n  shop: {purpose: support, data: MSG}\n"
    "helpdesks:\n  back: {sees: [text, attachments], person: address}\n"
    "redact:\n  - {find: card, before: [forward]}\n";
#define CARD "4111 1111 1111 1111"

static void use_masking(void)
{
	struct diag *diag = calloc(1, sizeof(*diag));

	assert_non_null(diag);
	diag_init(diag, "policy.yaml");
	policy_free(&dh.policy);
	assert_int_equal(policy_parse((const uint8_t *)masking,
				      sizeof(masking) - 1, diag, &dh.policy),
			 0);
	dh.w.policy = dh.policy;
	free(diag);
}

static int64_t masked_row(void)
{
	static const char attachment[] =
	    "INSERT INTO attachment(id,message,conversation,key_person,channel,"
	    "datenart,year,state,bytes,media_sealed,created_ms)"
	    " VALUES(?,?,?,?,'shop','MEDIA',2026,'kept',5,?,1)";
	int64_t c = dh_conversation("back"), p = dh_person_of(c);
	int64_t m = dh_message(c, CARD), a = ++dh.next_id;
	struct keeper_batch *batch = NULL;

	dh_sql("UPDATE person SET profile_sealed=? WHERE id=?",
	       STORE_ARGS(dh_seal(p, "CONTACT", p, FIELD_PROFILE,
				  "{\"name\":\"" CARD "\"}", &batch),
			  S_INT(p)));
	keeper_batch_free(&batch);
	dh_sql(attachment,
	       STORE_ARGS(S_INT(a), S_INT(m), S_INT(c), S_INT(p),
			  dh_seal(p, "MEDIA", a, FIELD_MEDIA,
				  "{\"name\":\"" CARD "\"}", &batch)));
	keeper_batch_free(&batch);
	return dh_row("back", c, m, "message.received", NULL);
}

static void a_note_is_masked_whole_or_not_made(void **state)
{
	static const unsigned int kinds[] = {FAULT_MEMORY, FAULT_STORE,
					     FAULT_KEEPER};
	int64_t row;
	struct note *note = NULL;
	struct err err = {0};
	int rc = -1;

	(void)state;
	use_masking();
	row = masked_row();
	for (size_t k = 0; k < 3; k++)
		for (uint64_t n = 1; faults_arm(kinds[k], n, ENOMEM); n++) {
			dh.w.restrictions_known = false; /* ask again */
			rc = notes_read(&dh.w, &row, 1, &note, &err);
			faults_off();
			assert_int_equal(note != NULL, rc == 0);
			if (rc != 0) {
				assert_true(err.kind == ERR_BUSY ||
					    err.kind == ERR_NOMEM);
				continue;
			}
			assert_string_equal(note_get(note)->text,
					    "[KARTENNUMMER]");
			/* Without memory a name may be left out. */
			if (note_get(note)->person_name != NULL)
				assert_string_equal(note_get(note)->person_name,
						    "[KARTENNUMMER]");
			if (note->list[0].name != NULL)
				assert_string_equal(note->list[0].name,
						    "[KARTENNUMMER]");
			note_free(&note);
		}
	assert_int_equal(rc, 0);
}

static void write_down(unsigned int kind)
{
	struct err err = {0};
	int rc = -1;

	for (uint64_t n = 1; rc != 0; n++) {
		bool moved = false;

		assert_true(faults_arm(kind, n, 0));
		rc = deliver_settle(dh.w.deliver, &moved, &err);
		faults_off();
		assert_int_equal(moved, rc == 0);
	}
}

/* Taken, to be tried again and dead: all of it in one transaction. */
static void outcomes_are_written_down_once_it_is_possible(void **state)
{
	static const unsigned int kinds[] = {FAULT_STORE, FAULT_UNKNOWN};
	struct err err = {0};
	bool moved = false;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		dh.settings.limits.attempts_max = 2;
		DESK->refuses = "late";
		(void)dh_tell("desk", dh_conversation("desk"), "late");
		dh_run();
		(void)dh_tell("desk", dh_conversation("desk"), "late");
		(void)dh_tell("desk", dh_conversation("desk"), "good");
		dh.ahead_ms += 6000;
		assert_int_equal(deliver_step(&dh.w, &moved, &err), 0);
		while (http_under_way(dh.w.http) > 0)
			assert_int_equal(
			    http_poll(dh.w.http, NULL, 0, 10, &err), 0);
		write_down(kinds[i]);
		assert_int_equal(COUNT_OF("outbox WHERE state='dead'"), 1);
		assert_int_equal(COUNT_OF("outbox WHERE state='waiting'"), 1);
		DESK->refuses = NULL;
		dh_pass(301000);
		dh_sql("DELETE FROM outbox", STORE_NO_ARGS);
	}
}

/* Several picked at once, and no memory for the n-th: the others wait. */
static void who_finds_no_memory_is_started_later(void **state)
{
	struct err err = {0};
	bool moved = false;
	uint64_t n;

	(void)state;
	for (int i = 0; i < 3; i++)
		(void)dh_tell("desk", dh_conversation("desk"), "x");
	for (n = 1; faults_arm(FAULT_MEMORY, n, ENOMEM); n++) {
		(void)deliver_step(&dh.w, &moved, &err);
		faults_off();
		if (http_under_way(dh.w.http) == 3)
			break;
		/* Those that started end, and are told again. */
		dh_run();
		dh_sql("DELETE FROM outbox", STORE_NO_ARGS);
		for (int i = 0; i < 3; i++)
			(void)dh_tell("desk", dh_conversation("desk"), "x");
	}
	dh_run();
	assert_int_equal(COUNT_OF("outbox"), 0);
	assert_true(n > 10);
}

/* Lanes that are longer than the window is wide, and a store that is busy. */
static void what_cannot_be_loaded_now_is_loaded_later(void **state)
{
	static const unsigned int kinds[] = {FAULT_STORE, FAULT_MEMORY};
	int64_t c = dh_conversation("desk");
	uint64_t told = 0;

	(void)state;
	for (size_t k = 0; k < 2; k++)
		for (uint64_t n = 1; n < 12; n++) {
			struct err err = {0};
			bool moved = false;

			for (int i = 0; i < QUEUE_LANE_MAX + 3; i++, told++)
				(void)dh_row("desk", c, 0,
					     "conversation.reopened", NULL);
			for (int i = 0; COUNT_OF("outbox") > 1; i++) {
				(void)faults_arm(kinds[k], 1, ENOMEM);
				faults.nth = i % 2 == 0 ? n : UINT64_MAX;
				if (deliver_step(&dh.w, &moved, &err) != 0)
					dh.ahead_ms += 1000; /* it rests */
				faults_off();
				(void)http_poll(dh.w.http, NULL, 0, 5, &err);
			}
			dh_pass(1000);
			assert_int_equal(COUNT_OF("outbox"), 0);
		}
	assert_true(dh.w.counts.delivered >= told);
}

static void a_start_that_fails_leaves_nothing(void **state)
{
	struct err err = {0};
	int rc = -1;

	(void)state;
	deliver_close(&dh.w.deliver);
	for (uint64_t n = 1; rc != 0; n++) {
		assert_true(faults_arm(FAULT_MEMORY, n, ENOMEM));
		rc = deliver_open(&dh.w, &dh.w.deliver, &err);
		faults_off();
		assert_int_equal(dh.w.deliver != NULL, rc == 0);
	}
	(void)dh_tell("desk", dh_conversation("desk"), "x");
	dh_run();
	assert_int_equal(COUNT_OF("outbox"), 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, dh_make, dh_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(messages_outlive_a_lack_of_memory),
	    CASE(messages_outlive_a_busy_store),
	    CASE(messages_outlive_a_keeper_that_comes_and_goes),
	    CASE(what_does_not_open_is_told_or_visible),
	    CASE(a_note_is_made_whole_or_not_at_all),
	    CASE(a_note_is_masked_whole_or_not_made),
	    CASE(outcomes_are_written_down_once_it_is_possible),
	    CASE(who_finds_no_memory_is_started_later),
	    CASE(what_cannot_be_loaded_now_is_loaded_later),
	    CASE(a_start_that_fails_leaves_nothing),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
