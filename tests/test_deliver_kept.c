/* test_deliver_kept.c - what was archived a moment ago is told from memory,
 * and nothing of it once somebody has touched it.  In these tests memory and
 * archive say different things, so that one sees which was told.
 *
 * Proves: assurance P7, for what is on its way. */
#include "deliver_house.h"

#define DESK (&dh.desks[0])
#define BACK (&dh.desks[1])

static struct name kind, channel;

/* A message whose text is `text` in memory and "archive" in the archive. */
static int64_t keep(const char *helpdesk, int64_t conversation,
		    const char *text, struct archived *ret)
{
	struct archived a = {
	    .conversation = conversation,
	    .person = dh_person_of(conversation),
	    .at_ms = NOW_MS,
	    .inbound_ms = NOW_MS,
	    .type = "message.received",
	    .kind = &kind,
	    .channel = &channel,
	    .text = text,
	    .text_len = text != NULL ? strlen(text) : 0,
	};

	assert_true(name_set(&kind, "text", 4));
	assert_true(name_set(&channel, "shop", 4));
	a.message = dh_message(conversation, "archive");
	a.row =
	    dh_row(helpdesk, conversation, a.message, "message.received", NULL);
	deliver_keep(&dh.w, helpdesk, &a);
	if (ret != NULL)
		*ret = a;
	return a.message;
}

static size_t kept(void)
{
	return dh.w.deliver->kept.live;
}

static void memory_and_archive_tell_the_same(void **state)
{
	int64_t c = dh_conversation("back");
	char *first;

	(void)state;
	(void)keep("back", c, "archive", NULL);
	assert_int_equal(kept(), 1);
	dh_run();
	assert_int_equal(kept(), 0);
	deliver_forget(&dh.w, 0);
	(void)keep("back", c, "archive", NULL);
	deliver_forget(&dh.w, 0);
	dh_run();
	assert_int_equal(BACK->len, 2);
	/* Byte by byte, but for the message's own id. */
	first = strstr(BACK->bodies[0], "msg_");
	assert_non_null(first);
	memcpy(first, strstr(BACK->bodies[1], "msg_"), 30);
	assert_string_equal(BACK->bodies[0], BACK->bodies[1]);
	assert_string_not_equal(BACK->ids[0], BACK->ids[1]);
	assert_true(COUNT_OF("outbox") == 0);
}

static void what_is_kept_is_told_without_reading_it_back(void **state)
{
	int64_t c = dh_conversation("desk");
	struct archived a;
	char said[256];

	(void)state;
	(void)keep("desk", c, "memory", NULL);
	dh_run();
	assert_string_equal(dh_said(DESK, 0, "text", said), "memory");
	assert_string_equal(dh_said(DESK, 0, "name", said), "");
	/* An answer to something, a reaction, a button without a text. */
	(void)keep("desk", c, "more", &a);
	deliver_forget(&dh.w, 0);
	a.target = a.message;
	a.emoji = "\xf0\x9f\x91\x8d";
	a.removed = true;
	a.text = NULL;
	a.text_len = 0;
	assert_true(name_set(&kind, "reaction", 8));
	deliver_keep(&dh.w, "desk", &a);
	dh_run();
	assert_string_equal(dh_said(DESK, 1, "text", said), "");
	assert_string_equal(dh_said(DESK, 1, "emoji", said), a.emoji);
	assert_memory_equal(dh_said(DESK, 1, "target", said), "msg_", 4);
	assert_non_null(strstr(DESK->bodies[1], "\"removed\":true"));
}

static void who_may_see_names_sees_them_beside_a_kept_text(void **state)
{
	char said[256];

	(void)state;
	(void)keep("back", dh_conversation("back"), "memory", NULL);
	dh_run();
	assert_string_equal(dh_said(BACK, 0, "text", said), "memory");
	assert_string_equal(dh_said(BACK, 0, "name", said), "Erika");
	assert_string_equal(dh_said(BACK, 0, "address", said), "+4930123456");
}

static void what_was_touched_is_read_from_the_archive(void **state)
{
	int64_t c = dh_conversation("desk"), other = dh_conversation("desk");
	static const char empty[] =
	    "UPDATE message SET content_sealed=NULL,state='deleted' WHERE id=?";
	int64_t touched, erased;
	char said[256];

	(void)state;
	touched = keep("desk", c, "memory", NULL);
	erased = keep("desk", other, "erased", NULL);
	(void)keep("desk", other, "memory", NULL);
	dh_sql(empty, STORE_ARGS(S_INT(erased)));
	deliver_forget(&dh.w, erased);
	deliver_forget(&dh.w, touched);
	assert_int_equal(kept(), 1);
	dh_run();
	assert_int_equal(DESK->len, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_null(strstr(DESK->bodies[i], "erased"));
		if (strcmp(dh_said(DESK, i, "text", said), "archive") == 0)
			continue;
		assert_string_equal(said, "memory");
	}
	assert_true(COUNT_OF("outbox") == 0);
}

static void a_row_dropped_by_the_operator_is_not_told(void **state)
{
	struct archived a;

	(void)state;
	(void)keep("desk", dh_conversation("desk"), "memory", &a);
	assert_int_equal(outbox_drop(&dh.w, a.row, NULL), 0);
	assert_int_equal(kept(), 0);
	dh_run();
	assert_int_equal(DESK->len, 0);
}

static void clear_text_does_not_stay(void **state)
{
	char said[256];

	(void)state;
	DESK->status = 410; /* takes nothing until the settings change */
	(void)dh_tell("desk", dh_conversation("desk"), "x");
	dh_run();
	(void)keep("desk", dh_conversation("desk"), "memory", NULL);
	assert_int_equal(kept(), 0); /* nobody there */
	/* Behind another one of its conversation that is not taken. */
	BACK->status = 500;
	(void)dh_tell("back", dh_conversation("back"), "y");
	dh_run();
	(void)keep("back", dh.next_id - 2, "memory", NULL);
	assert_int_equal(kept(), 1);
	assert_in_range(deliver_due_in_ms(&dh.w), 0, KEPT_MS);
	dh.ahead_ms += KEPT_MS;
	dh_run();
	assert_int_equal(kept(), 0);
	assert_int_equal(dh.w.deliver->kept.bytes, 0);
	BACK->status = 204;
	dh_pass(301000); /* its second attempt may have been made */
	assert_string_equal(dh_said(BACK, BACK->len - 1, "text", said),
			    "archive");
}

static void a_second_attempt_reads_the_archive(void **state)
{
	char said[256];

	(void)state;
	DESK->refuses = "memory";
	(void)keep("desk", dh_conversation("desk"), "memory", NULL);
	dh_run();
	assert_int_equal(DESK->len, 1);
	dh_pass(6000);
	assert_int_equal(DESK->len, 2);
	assert_string_equal(dh_said(DESK, 1, "text", said), "archive");
	assert_string_equal(DESK->ids[0], DESK->ids[1]);
}

/* --- the ring alone ------------------------------------------------------- */

static struct archived row_of(int64_t row, const char *text)
{
	(void)name_set(&kind, "text", 4);
	(void)name_set(&channel, "shop", 4);
	return (struct archived){
	    .row = row,
	    .message = row + 100000,
	    .kind = &kind,
	    .channel = &channel,
	    .text = text,
	    .text_len = strlen(text),
	};
}

static bool add(struct kept_ring *r, int64_t row, const char *text)
{
	struct archived a = row_of(row, text);

	return kept_add(r, "desk", &a, 1000 + row);
}

static void take(struct kept_ring *r, int64_t row)
{
	struct kept *k = kept_take(r, row);

	assert_non_null(k);
	assert_true(k->what.row == row);
	kept_free(&k);
	assert_null(k);
}

static void the_ring_is_bounded_and_goes_on_round(void **state)
{
	struct kept_ring *r = calloc(1, sizeof(*r));
	int64_t row = 0;

	(void)state;
	assert_non_null(r);
	for (int round = 0; round < 5; round++) {
		while (r->live < KEPT_ROWS_MAX)
			assert_true(add(r, ++row, "x"));
		assert_false(add(r, row + 1, "x"));
		/* not in the order in which they came */
		for (int64_t i = row; i > row - 700; i--)
			take(r, i);
		assert_null(kept_take(r, row));
		assert_null(kept_take(r, row + 7));
	}
	/* The oldest ones never left: the holes behind them were closed. */
	take(r, 1);
	kept_drop(r, 0);
	assert_int_equal(r->live, 0);
	assert_int_equal(r->len, 0);
	assert_int_equal(r->bytes, 0);
	assert_true(kept_due_ms(r) == INT64_MAX);
	free(r);
}

static void the_ring_has_room_for_so_many_bytes(void **state)
{
	static char big[KEPT_BYTES_MAX / 4];
	struct kept_ring *r = calloc(1, sizeof(*r));
	int64_t row = 0;

	(void)state;
	assert_non_null(r);
	memset(big, 'x', sizeof(big) - 1);
	while (row < 8 && add(r, row + 1, big))
		row++;
	assert_int_equal(row, 3);
	assert_true(add(r, 10, "small"));
	assert_false(add(r, 10, "twice"));
	assert_false(add(r, 9, "older"));
	kept_drop(r, 100002); /* message of row 2 */
	assert_null(kept_take(r, 2));
	kept_expire(r, 1001 + KEPT_MS);
	assert_null(kept_take(r, 1));
	take(r, 10);
	take(r, 3);
	assert_int_equal(r->bytes, 0);
	kept_drop(r, 0);
	free(r);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, dh_make, dh_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(memory_and_archive_tell_the_same),
	    CASE(what_is_kept_is_told_without_reading_it_back),
	    CASE(who_may_see_names_sees_them_beside_a_kept_text),
	    CASE(what_was_touched_is_read_from_the_archive),
	    CASE(a_row_dropped_by_the_operator_is_not_told),
	    CASE(clear_text_does_not_stay),
	    CASE(a_second_attempt_reads_the_archive),
	    cmocka_unit_test(the_ring_is_bounded_and_goes_on_round),
	    cmocka_unit_test(the_ring_has_room_for_so_many_bytes),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
