/* test_channel_memory.c - a body that finds no memory is never taken for one
 * that cannot be understood: the first is read again, the second goes into
 * quarantine.  Found by tests/torture/sites.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "channel/jsonin.h"
#include "channel/whatsapp.h"
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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(no_memory_is_not_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
