/* test_jsonmem.c - a body that finds no memory is never taken for one that
 * cannot be understood, and a note never for one that can never be sent: both
 * are tried again, where quarantine and dead letter are final.  Found by
 * tests/torture/sites.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "channel/jsonin.h"
#include "channel/whatsapp.h"
#include "helpdesk/webhook.h"
#include "postern/channel.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OWN_MALLOC 0
#else
#define OWN_MALLOC 1
#endif

static long fails_in; /* 0 never */

#if OWN_MALLOC
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static bool fails_now(void)
{
	return fails_in > 0 && --fails_in == 0;
}

/* In the executable they come before those of the C library. */
void *malloc(size_t size)
{
	return fails_now() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails_now() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return fails_now() ? NULL : __libc_realloc(old, size);
}
#endif

static const char body[] =
    "{\"object\":\"whatsapp_business_account\",\"entry\":[{\"id\":\"1\","
    "\"changes\":[{\"field\":\"messages\",\"value\":{"
    "\"messaging_product\":\"whatsapp\",\"metadata\":{"
    "\"display_phone_number\":\"4930901820\",\"phone_number_id\":\"7\"},"
    "\"contacts\":[{\"profile\":{\"name\":\"Muster\"},"
    "\"wa_id\":\"4917139200001\"}],\"messages\":[{"
    "\"from\":\"4917139200001\",\"id\":\"wamid.1\","
    "\"timestamp\":\"1767225600\",\"type\":\"text\","
    "\"text\":{\"body\":\"Guten Tag\"}}]}}]}]}";

static void no_memory_is_not_nonsense(void **state)
{
	struct event_list *list = NULL;
	struct err err;
	long at;
	int rc = -1;

	(void)state;
	if (!OWN_MALLOC)
		skip();
	jsonin_wipe_on_free();
	for (at = 1; rc != 0 && at < 10000; at++) {
		err = (struct err){0};
		fails_in = at;
		rc = whatsapp_parse((const uint8_t *)body, sizeof(body) - 1,
				    &list, &err);
		/* The n-th was beyond the last: this one has to be good. */
		if (fails_in > 0)
			assert_int_equal(rc, 0);
		fails_in = 0;
		if (rc != 0)
			assert_int_equal(err.kind, ERR_NOMEM);
	}
	assert_int_equal(rc, 0);
	assert_true(at > 20);
	event_list_free(&list);
}

/* Fails the n-th allocation of one note for a helpdesk.  Whether there was an
 * n-th; what is written must be written whole. */
static bool note_at(long at, const struct helpdesk_note *note, size_t whole)
{
	struct buf out = BUF_INIT(WEBHOOK_BODY_MAX);
	struct err err = {0};
	bool failed;
	int rc;

	fails_in = at;
	rc = webhook_body(note, &out, &err);
	failed = fails_in == 0;
	fails_in = 0;
	if (rc == 0)
		assert_int_equal(out.len, whole);
	else
		assert_int_equal(err.kind, ERR_NOMEM);
	if (!failed)
		assert_int_equal(rc, 0);
	buf_free(&out);
	return failed;
}

static void no_memory_is_not_unfit(void **state)
{
	const struct helpdesk_note note = {
	    .type = "message.received",
	    .at_ms = 1767225600000,
	    .conversation = "cnv_1",
	    .message = "msg_1",
	    .channel = "kundenservice",
	    .text = "Guten Tag, wo bleibt die Lieferung?",
	    .kind = "text",
	    .person = "per_1",
	    .alias = "Blaue Amsel",
	};
	struct buf out = BUF_INIT(WEBHOOK_BODY_MAX);
	size_t whole;
	long at = 1;

	(void)state;
	if (!OWN_MALLOC)
		skip();
	jsonin_wipe_on_free();
	assert_int_equal(webhook_body(&note, &out, NULL), 0);
	whole = out.len;
	buf_free(&out);
	while (note_at(at, &note, whole))
		at++;
	assert_true(at > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(no_memory_is_not_nonsense),
	    cmocka_unit_test(no_memory_is_not_unfit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
