/* test_faults_events.c - edits, deletions, a changed number and more about
 * messages that are archived already, while memory, keeper or store fail:
 * what stands in the archive then is what stands there without a fault.
 *
 * Proves: assurance P1, P3, P4. */
#include "receive_faults.h"

static const char before[] =
    "message,id=a#,strong=S#,phone=0170#,type=text,text=x,name=N\n"
    "message,id=d#,strong=S#,type=image,media=7,text=z\n"
    "message,id=y#,strong=T#,type=text,text=theirs\n"
    "echo,id=o#,strong=S#,text=ours\n";

/* Each that may be repeated comes twice. */
static const char pattern[] =
    "edit,id=e#,strong=S#,target=a#,text=y\n"
    "edit,id=e#,strong=S#,target=a#,text=y\n"
    "edit,id=w#,strong=T#,target=a#,text=not theirs\n"
    "delete,id=c#,strong=S#,target=d#\n"
    "delete,id=c#,strong=S#,target=d#\n"
    "edit,id=f#,strong=S#,target=q#,text=stands alone\n"
    "delete,id=g#,strong=S#,target=q#\n"
    "edit,id=k#,strong=S#,target=u#,text=stands and stays\n"
    "identity_changed,id=i#,strong=S#,new_phone=0172#\n"
    "identity_changed,id=i#,strong=S#,new_phone=0172#\n"
    "identity_changed,id=j#,new_phone=0173#\n"
    "message,id=m#,strong=S#,type=image,media=8,name=N,text=q,target=a#\n"
    "message,id=m#,strong=S#,type=image,media=8,name=N,text=q,target=a#\n"
    "message,id=t#,phone=0174#,type=text,text=whose\n"
    "edit,id=v#,strong=T#,target=t#,text=not theirs either\n"
    "optout,id=p#,strong=S#,purpose=polls\n"
    "optout,id=p#,strong=S#,purpose=polls\n";

/* What is counted; every one of it as often with faults as without. */
static const char *const counted[] = {
    "message WHERE state='received'",
    "message WHERE state='edited'",
    "message WHERE state='deleted'",
    "message WHERE state='sent'",
    "message WHERE kind='edit'",
    "message WHERE content_sealed IS NULL",
    "message WHERE target IS NOT NULL",
    "attachment WHERE state='wanted'",
    "attachment WHERE state='gone'",
    "tombstone",
    "person",
    "person WHERE profile_sealed IS NOT NULL",
    "address",
    "address WHERE to_ms IS NOT NULL",
    "address WHERE length(address_sealed)>40",
    "conversation",
    "consent_event",
    "quarantine",
    "outbox WHERE type='message.received'",
    "outbox WHERE type='message.edited'",
    "outbox WHERE type='message.deleted'",
    "outbox WHERE type='consent.changed'",
};
#define COUNTED (sizeof(counted) / sizeof(counted[0]))

static void count(struct house *h, int64_t ret[COUNTED])
{
	char sql[128];

	for (size_t i = 0; i < COUNTED; i++) {
		(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s",
			       counted[i]);
		ret[i] = house_number(h, sql);
	}
}

/* Archived, and the events about it waiting. */
static void fresh_bodies(struct house *h, uint64_t number)
{
	char body[2 * sizeof(pattern)];

	numbered(before, number, body, sizeof(body));
	house_body(h, body);
	house_receive(h);
	/* As if what was put together then were long forgotten. */
	memset(h->w.receive->seen, 0,
	       PROFILE_SEEN_SLOTS * sizeof(*h->w.receive->seen));
	numbered(pattern, number, body, sizeof(body));
	house_body(h, body);
}

static void survive(struct house *h, unsigned int kind, int code)
{
	int64_t once[COUNTED], now[COUNTED];
	uint64_t n;

	fresh_bodies(h, 1);
	house_receive(h);
	count(h, once);
	assert_true(once[1] == 1 && once[2] == 2);
	assert_true(once[8] == 1 && once[16] == 1);
	fresh_bodies(h, 2);
	for (n = 1; n < 3000 && strike(h, kind, n, code); n++) {
		house_receive(h);
		count(h, now);
		for (size_t i = 0; i < COUNTED; i++)
			if (now[i] != (int64_t)(n + 1) * once[i])
				fail_msg("%s: %lld, not %llu of %lld",
					 counted[i], (long long)now[i],
					 (unsigned long long)(n + 1),
					 (long long)once[i]);
		fresh_bodies(h, n + 2);
	}
	assert_in_range(n, 4, 2999);
}

static void events_outlive_a_lack_of_memory(void **state)
{
	survive(*state, FAULT_MEMORY, ENOMEM);
}

static void events_outlive_a_busy_store(void **state)
{
	survive(*state, FAULT_STORE, 0);
}

static void events_outlive_a_broken_store(void **state)
{
	survive(*state, FAULT_SQLITE, EIO);
}

static void events_outlive_a_keeper_that_comes_and_goes(void **state)
{
	survive(*state, FAULT_KEEPER, ERR_BUSY);
}

#define CASE(t) cmocka_unit_test_setup_teardown(t, house_make, house_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(events_outlive_a_lack_of_memory),
	    CASE(events_outlive_a_busy_store),
	    CASE(events_outlive_a_broken_store),
	    CASE(events_outlive_a_keeper_that_comes_and_goes),
	};

	return sodium_init() < 0 ? 1
				 : cmocka_run_group_tests(tests, NULL, NULL);
}
