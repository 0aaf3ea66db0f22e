/* test_telling.c - who is to be told is written down while it can be known.
 *
 * Proves: Art. 19 GDPR; compliance 9 N1. */
#include "deliver_house.h"

#include "recipients/telling.h"

static struct settings_processor processors[2];

static void processor(struct settings_processor *p, const char *name,
		      bool every)
{
	memset(p, 0, sizeof(*p));
	assert_true(name_set(&p->name, name, strlen(name)));
	(void)snprintf(p->title, sizeof(p->title), "%s GmbH", name);
	(void)snprintf(p->purpose, sizeof(p->purpose), "shipping");
	assert_true(name_set(&p->kinds[0], "phone", 5));
	p->kinds_len = 1;
	p->every = every;
}

static int with_processors(void **state)
{
	int rc = dh_make(state);

	processor(&processors[0], "post", true);
	processor(&processors[1], "versand", false);
	dh.settings.processors = processors;
	dh.settings.processors_len = 2;
	return rc;
}

static void plan(int64_t erasure, int64_t person)
{
	const struct telling_order order = {
	    .erasure = erasure, .person = person, .event = TELLING_ERASED};
	struct err err = {0};

	assert_int_equal(worker_begin(&dh.w, &err), 0);
	if (telling_plan(&dh.w, &order, &err) != 0) {
		print_error("%s: %s\n", err.where, err.what);
		fail();
	}
	assert_int_equal(worker_commit(&dh.w, &err), 0);
}

struct seen {
	char text[16][400];
	size_t len;
};

static int see(void *ctx, const struct telling *t, struct err *err)
{
	struct seen *s = ctx;

	(void)err;
	assert_true(s->len < 16);
	(void)snprintf(s->text[s->len++], sizeof(s->text[0]), "%s %s %d %s",
		       t->kind, t->recipient, (int)t->state, t->reason);
	return 0;
}

static int see_recipient(void *ctx, const struct recipient *r, struct err *err)
{
	struct seen *s = ctx;

	(void)err;
	assert_true(s->len < 16);
	assert_true(r->first_ms > 0 && r->last_ms >= r->first_ms);
	(void)snprintf(s->text[s->len++], sizeof(s->text[0]), "%s %s %s",
		       r->kind, r->name, r->purpose);
	return 0;
}

static void disclose(int64_t person, const char *recipient)
{
	dh_sql(
	    "INSERT INTO disclosure(id,person,recipient,purpose,at_ms)"
	    " VALUES(?,?,?,'repair',5)",
	    STORE_ARGS(S_INT(++dh.next_id), S_INT(person), S_TEXT(recipient)));
}

static void every_recipient_has_a_row(void **state)
{
	int64_t cnv = dh_conversation("desk"), person = dh_person_of(cnv);
	struct seen seen = {0};
	size_t all = 0, open = 0;

	(void)state;
	dh_sql("INSERT INTO conversation(id,person,channel,helpdesk,state,"
	       "opened_ms) VALUES(5,?,'former','gone','closed',7)",
	       STORE_ARGS(S_INT(person)));
	disclose(person, "Versand GmbH"); /* as people call it */
	disclose(person, "Meister Beispiel");
	(void)dh_conversation("back"); /* somebody else's */
	plan(77, person);
	assert_int_equal(telling_walk(&dh.w, 77, see, &seen, NULL), 0);
	assert_int_equal(seen.len, 7);
	assert_string_equal(seen.text[0], "helpdesk desk 0 ");
	assert_string_equal(seen.text[1], "helpdesk gone 3 not_configured");
	assert_string_equal(seen.text[2], "processor post 0 ");
	assert_string_equal(seen.text[3], "processor versand 0 ");
	assert_string_equal(seen.text[4], "provider former 3 provider_no_call");
	assert_string_equal(seen.text[5], "provider shop 3 provider_no_call");
	assert_string_equal(seen.text[6],
			    "recipient Meister Beispiel 3 by_hand");
	assert_int_equal(telling_count(&dh.w, 77, &all, &open, NULL), 0);
	assert_int_equal(all, 7);
	assert_int_equal(open, 3);
}

static void planning_again_adds_nobody(void **state)
{
	int64_t cnv = dh_conversation("desk"), person = dh_person_of(cnv), n;

	(void)state;
	plan(77, person);
	n = COUNT_OF("telling");
	plan(77, person);
	assert_int_equal(COUNT_OF("telling"), n);
	plan(78, person); /* another erasure is told again */
	assert_int_equal(COUNT_OF("telling"), 2 * n);
}

static void rows_rest_until_they_are_released(void **state)
{
	int64_t cnv = dh_conversation("desk"), person = dh_person_of(cnv);
	struct err err = {0};

	(void)state;
	plan(77, person);
	assert_int_equal(COUNT_OF("telling WHERE ended_ms IS NULL AND"
				  " next_ms<=1790000000000"),
			 0);
	assert_int_equal(telling_release(&dh.w, 77, &err), 0);
	assert_int_equal(COUNT_OF("telling WHERE ended_ms IS NULL AND"
				  " next_ms<=1790000000000"),
			 2);
	/* A processor is asked under one id for ever. */
	assert_int_equal(COUNT_OF("telling WHERE outside_id GLOB"
				  " '*-*-4*-[89ab]*-*'"),
			 1);
}

static void who_has_no_address_cannot_be_named_to_a_processor(void **state)
{
	struct seen seen = {0};

	(void)state;
	dh_sql("INSERT INTO person(id,created_ms,year) VALUES(9,1,2026)",
	       STORE_NO_ARGS);
	plan(77, 9);
	assert_int_equal(telling_walk(&dh.w, 77, see, &seen, NULL), 0);
	assert_int_equal(seen.len, 1);
	assert_string_equal(seen.text[0], "processor post 3 no_identity");
}

static void recipients_are_named_once_each(void **state)
{
	int64_t cnv = dh_conversation("desk"), person = dh_person_of(cnv);
	struct seen seen = {0};

	(void)state;
	disclose(person, "versand");
	disclose(person, "versand");
	assert_int_equal(
	    recipients_of(&dh.w, person, see_recipient, &seen, NULL), 0);
	assert_int_equal(seen.len, 4);
	assert_string_equal(seen.text[0], "helpdesk desk support");
	assert_string_equal(seen.text[1], "provider shop transport");
	assert_string_equal(seen.text[2], "processor versand GmbH repair");
	assert_string_equal(seen.text[3], "processor post GmbH shipping");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, with_processors, dh_unmake)
	    T(every_recipient_has_a_row),
	    T(planning_again_adds_nobody),
	    T(rows_rest_until_they_are_released),
	    T(who_has_no_address_cannot_be_named_to_a_processor),
	    T(recipients_are_named_once_each),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
