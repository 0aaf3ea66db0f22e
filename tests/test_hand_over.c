/* test_hand_over.c - what the step that archives hands to the one that tells:
 * the message as it stands in the archive, and nothing that was taken back.
 *
 * Proves: assurance P7, for what is on its way. */
#include "receive_house.h"

#include "worker/deliver.h"

static struct helpdesk *no_drivers[2];

static int make(void **state)
{
	struct house *h;
	struct err err = {0};

	assert_int_equal(house_make(state), 0);
	h = *state;
	h->w.helpdesks = no_drivers;
	assert_int_equal(http_open(&h->env, &h->w.http, &err), 0);
	assert_int_equal(deliver_open(&h->w, &h->w.deliver, &err), 0);
	return 0;
}

static int unmake(void **state)
{
	struct house *h = *state;

	http_close(&h->w.http);
	deliver_close(&h->w.deliver);
	return house_unmake(state);
}

static size_t kept(const struct house *h)
{
	return h->w.deliver->kept.live;
}

/* The i-th that is kept. */
static const struct archived *kept_at(const struct house *h, size_t i)
{
	const struct kept_ring *r = &h->w.deliver->kept;

	for (size_t n = 0; n < KEPT_ROWS_MAX; n++)
		if (r->at[n].kept != NULL && i-- == 0)
			return &r->at[n].kept->what;
	fail();
	return NULL;
}

static void a_message_is_kept_as_it_stands_in_the_archive(void **state)
{
	struct house *h = *state;
	const struct archived *a;

	house_body(h, "message,id=m1,strong=S1,type=text,text=eins,ts=-7\n"
		      "message,id=m2,strong=S1,type=text,reply=m1,error=131\n"
		      "reaction,id=m3,strong=S1,target=m1,emoji=x");
	house_receive(h);
	assert_int_equal(kept(h), 3);
	a = kept_at(h, 0);
	assert_true(a->row == house_number(h, "SELECT min(id) FROM outbox"));
	assert_true(a->message ==
		    house_number(h, "SELECT min(id) FROM message"));
	assert_true(a->conversation ==
		    house_number(h, "SELECT id FROM conversation"));
	assert_true(a->person == house_number(h, "SELECT id FROM person"));
	assert_string_equal(a->type, "message.received");
	assert_string_equal(a->kind->text, "text");
	assert_string_equal(a->channel->text, "shop");
	assert_string_equal(a->text, "eins");
	assert_int_equal(a->text_len, 4);
	assert_true(a->at_ms == HOUSE_NOW - 7);
	assert_true(a->inbound_ms ==
		    house_number(h, "SELECT inbound_ms FROM conversation"));
	assert_null(a->emoji);
	a = kept_at(h, 1);
	assert_null(a->text);
	assert_true(a->error == 131);
	assert_true(a->at_ms == HOUSE_NOW); /* when it was acknowledged */
	assert_true(a->target == kept_at(h, 0)->message);
	a = kept_at(h, 2);
	assert_string_equal(a->kind->text, "reaction");
	assert_string_equal(a->emoji, "x");
	assert_true(a->target == kept_at(h, 0)->message);
}

static void unusual_events_are_kept_as_well(void **state)
{
	struct house *h = *state;

	house_body(h, "postback,id=m1,strong=S1,payload=Ja\n"
		      "reaction,id=m2,strong=S1,target=m1,removed=1\n"
		      "message,id=m3,strong=S1,text=x\n"
		      "message,id=m4,strong=S1,type=?!,text=y\n"
		      "message,id=m5,strong=S1,type=text");
	house_receive(h);
	assert_int_equal(kept(h), 5);
	assert_string_equal(kept_at(h, 0)->text, "Ja");
	assert_int_equal(kept_at(h, 0)->text_len, 2);
	assert_true(kept_at(h, 1)->removed);
	assert_null(kept_at(h, 1)->emoji);
	assert_string_equal(kept_at(h, 2)->kind->text, "unsupported");
	assert_string_equal(kept_at(h, 3)->kind->text, "unsupported");
	assert_null(kept_at(h, 4)->text);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE kind='unsupported'"), 2);
}

static void what_comes_with_an_attachment_is_read_later(void **state)
{
	struct house *h = *state;

	house_body(h, "message,id=m1,strong=S1,type=image,media=77,text=c\n"
		      "message,id=m2,strong=S1,type=text,text=x\n"
		      "message,id=m2,strong=S1,type=text,text=x\n"
		      "echo,id=e1,strong=S1,text=of ours");
	house_receive(h);
	assert_int_equal(kept(h), 1);
	assert_string_equal(kept_at(h, 0)->text, "x");
}

static void what_is_taken_back_in_the_same_batch_is_not_kept(void **state)
{
	struct house *h = *state;

	house_body(h, "message,id=m1,strong=S1,type=text,text=gone\n"
		      "message,id=m2,strong=S1,type=text,text=stays\n"
		      "delete,id=d1,strong=S1,target=m1");
	house_receive(h);
	assert_int_equal(kept(h), 1);
	assert_string_equal(kept_at(h, 0)->text, "stays");
	house_body(h, "message,id=m3,strong=S1,type=text,text=alt\n"
		      "edit,id=e1,strong=S1,target=m3,text=neu");
	house_receive(h);
	assert_int_equal(kept(h), 1);
}

static void what_is_taken_back_later_is_forgotten(void **state)
{
	struct house *h = *state;

	house_body(h, "message,id=m1,strong=S1,type=text,text=a\n"
		      "message,id=m2,strong=S1,type=text,text=b\n"
		      "message,id=m3,strong=S1,type=text,text=c");
	house_receive(h);
	assert_int_equal(kept(h), 3);
	house_body(h, "edit,id=e1,strong=S1,target=m1,text=neu");
	house_receive(h);
	assert_int_equal(kept(h), 2);
	house_body(h, "delete,id=d1,strong=S1,target=m2");
	house_receive(h);
	assert_int_equal(kept(h), 1);
	assert_string_equal(kept_at(h, 0)->text, "c");
}

/* An edit may come before its message, and stands for it until both go. */
static void an_edit_that_came_first_goes_with_its_message(void **state)
{
	struct house *h = *state;

	house_body(h, "edit,id=e1,strong=S1,target=m1,text=neu");
	house_receive(h);
	assert_int_equal(kept(h), 1);
	assert_string_equal(kept_at(h, 0)->type, "message.edited");
	assert_string_equal(kept_at(h, 0)->text, "neu");
	house_body(h, "delete,id=d1,strong=S1,target=m1");
	house_receive(h);
	assert_int_equal(kept(h), 0);
}

/* Two persons turn out to be one: what was kept names the wrong one. */
static void persons_that_are_joined_empty_the_memory(void **state)
{
	struct house *h = *state;

	house_body(h, "message,id=m1,strong=S1,type=text,text=a\n"
		      "message,id=m2,phone=01701,type=text,text=b");
	house_receive(h);
	assert_int_equal(kept(h), 2);
	assert_int_equal(HOUSE_COUNT(h, "person"), 2);
	house_body(h, "message,id=m3,strong=S1,phone=01701,type=text,text=c");
	house_receive(h);
	assert_int_equal(h->w.counts.persons_joined, 1);
	assert_int_equal(kept(h), 0);
	house_body(h, "message,id=m4,strong=S1,type=text,text=d");
	house_receive(h);
	assert_int_equal(kept(h), 1);
}

static void what_is_not_told_at_once_is_not_kept(void **state)
{
	struct house *h = *state;
	struct target *t = &h->w.deliver->targets[0];

	t->breaker.state = BREAKER_OPEN;
	house_body(h, "message,id=m1,strong=S1,type=text,text=a");
	house_receive(h);
	t->breaker.state = BREAKER_CLOSED;
	t->gone = true;
	house_body(h, "message,id=m2,strong=S1,type=text,text=b");
	house_receive(h);
	assert_int_equal(kept(h), 0);
	assert_int_equal(HOUSE_COUNT(h, "outbox"), 2);
}

static void archiving_rests_while_enough_is_kept(void **state)
{
	struct house *h = *state;
	struct err err = {0};
	bool moved = false;
	char body[80];

	assert_false(deliver_has_enough(&h->w));
	for (int i = 0; i < 300; i++) {
		(void)snprintf(body, sizeof(body),
			       "message,id=m%d,strong=S%d,type=text,text=x", i,
			       i % 5);
		house_body(h, body);
	}
	house_receive(h);
	assert_int_equal(kept(h), 300);
	assert_true(deliver_has_enough(&h->w));
	assert_in_range(deliver_due_in_ms(&h->w), 0, 5);
	house_body(h, "message,id=n,strong=S1,type=text,text=last");
	assert_int_equal(receive_step(&h->w, &moved, &err), 0);
	assert_false(moved);
	assert_int_equal(HOUSE_COUNT(h, "message"), 300);
	/* Not while this thread has nothing else to do, ... */
	h->w.deliver->kept_waited_us -= 10 * 1000 * 1000;
	assert_false(deliver_has_enough(&h->w));
	h->w.deliver->kept_waited_us += 10 * 1000 * 1000;
	/* ... nor when it is to stop. */
	h->w.stopping = true;
	assert_int_equal(receive_step(&h->w, &moved, &err), 0);
	assert_true(moved);
	assert_int_equal(kept(h), 301);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, make, unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(a_message_is_kept_as_it_stands_in_the_archive),
	    CASE(unusual_events_are_kept_as_well),
	    CASE(what_comes_with_an_attachment_is_read_later),
	    CASE(what_is_taken_back_in_the_same_batch_is_not_kept),
	    CASE(what_is_taken_back_later_is_forgotten),
	    CASE(an_edit_that_came_first_goes_with_its_message),
	    CASE(persons_that_are_joined_empty_the_memory),
	    CASE(what_is_not_told_at_once_is_not_kept),
	    CASE(archiving_rests_while_enough_is_kept),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
