/* test_faults_admit.c - what of a request the channel's driver is shown, and
 * sealing a body while memory fails.
 *
 * Proves: assurance P2, T1; channels.md 4.1, 4.2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>

#include "faults.h"
#include "intake/inside.h"
#include "intake_house.h"

static const char hello[] = "{\"object\":\"whatsapp_business_account\"}";

/* --- names and values ----------------------------------------------------- */

static int house_setup(void **state)
{
	struct house *h = house_new();

	*state = h;
	return house_start(h) ? 0 : -1;
}

static int house_teardown(void **state)
{
	house_free(*state);
	return 0;
}

static int status_of(struct house *h, const char *head, const char *body)
{
	char answer[HOUSE_ANSWER];
	int fd = house_connect(h), status;

	assert_true(house_tell(fd, head) && house_tell(fd, body));
	status = house_hear(fd, answer);
	(void)close(fd);
	return status;
}

#define MODE	  "hub.mode=subscribe"
#define TOKEN	  "hub.verify_token=" HOUSE_TOKEN
#define CHALLENGE "hub.challenge=7"

static void a_parameter_has_one_name_and_comes_once(void **state)
{
	static const struct {
		const char *query;
		int status;
	} cases[] = {
	    {MODE "&" TOKEN "&" CHALLENGE, 200},
	    {"a=b&hub.modf=x&" MODE "&" TOKEN "&" CHALLENGE, 200},
	    {"hub.modf=subscribe&" TOKEN "&" CHALLENGE, 403},
	    {"HUB.mode=subscribe&" TOKEN "&" CHALLENGE, 403},
	    {MODE "&" MODE "&" TOKEN "&" CHALLENGE, 403},
	    {MODE "&" TOKEN "&" TOKEN "&" CHALLENGE, 403},
	    {MODE "&" TOKEN "&" CHALLENGE "&" CHALLENGE, 400},
	    {"hub.mode&" TOKEN "&" CHALLENGE, 403},
	    {MODE "&hub.verify_token&" CHALLENGE, 403},
	    {MODE "&" TOKEN "&hub.challenge", 400},
	};
	char head[512];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)snprintf(head, sizeof(head),
			       "GET " HOUSE_HOOK "?%s HTTP/1.1\r\n"
			       "Host: x\r\n\r\n",
			       cases[i].query);
		assert_int_equal(status_of(*state, head, ""), cases[i].status);
	}
}

static void a_header_has_one_name_in_any_case_and_comes_once(void **state)
{
	static const struct {
		const char *first, *second; /* NULL: one header only */
		int status;
	} cases[] = {
	    {"X-Hub-Signature-256", NULL, 200},
	    {"x-hub-signature-256", NULL, 200},
	    {"X-Hub-Signature-257", NULL, 401},
	    {"X-Hub-Signature-257", "X-Hub-Signature-256", 200},
	    {"X-Hub-Signature-256", "X-Hub-Signature-256", 401},
	    {"X-Hub-Signature-256", "x-hub-signature-256", 401},
	};
	char head[512], line[128] = "", signature[72];

	house_sign(hello, strlen(hello), signature);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		line[0] = '\0';
		if (cases[i].second != NULL)
			(void)snprintf(line, sizeof(line), "%s: %s\r\n",
				       cases[i].second, signature);
		(void)snprintf(head, sizeof(head),
			       "POST " HOUSE_HOOK " HTTP/1.1\r\nHost: x\r\n"
			       "%s: %s\r\n%sContent-Length: %zu\r\n\r\n",
			       cases[i].first, signature, line, strlen(hello));
		assert_int_equal(status_of(*state, head, hello),
				 cases[i].status);
	}
	assert_int_equal(house_stored(*state, NULL, 0), 3);
}

/* --- sealing -------------------------------------------------------------- */

/* A visitor whose body has come and is authentic. */
struct desk {
	struct house *house;
	struct intake in;
	struct channel channel;
	struct door door;
	struct visitor v;
};

static int desk_open(void **state)
{
	struct desk *d = calloc(1, sizeof(*d));

	assert_non_null(d);
	d->house = house_new();
	d->in.env = &d->house->env;
	(void)pthread_mutex_init(&d->in.epoch_lock, NULL);
	d->channel.name = d->house->channel.name;
	d->door.channel = &d->channel;
	d->v.door = &d->door;
	d->v.body = BUF_INIT(1 << 20);
	*state = d;
	return 0;
}

static int desk_close(void **state)
{
	struct desk *d = *state;

	faults_off();
	if (d->v.entry != NULL) {
		epoch_drop(&d->v.entry->epoch);
		free(d->v.entry->record);
		free(d->v.entry);
	}
	epoch_drop(&d->in.epoch);
	buf_free(&d->v.body);
	(void)pthread_mutex_destroy(&d->in.epoch_lock);
	house_free(d->house);
	free(d);
	return 0;
}

/* The record is the body and nothing else. */
static void check_sealed(struct desk *d)
{
	const struct entry *e = d->v.entry;
	uint8_t aad[SPOOL_AAD_BYTES], out[4096];
	size_t aad_len = spool_aad(&e->head.channel, e->head.received_ms, aad);

	assert_int_equal(e->len,
			 SPOOL_HEADER_BYTES + sealed_len(d->v.body.len));
	assert_true(d->v.body.len <= sizeof(out));
	assert_int_equal(sealed_open(e->epoch->key, aad, aad_len,
				     e->record + SPOOL_HEADER_BYTES,
				     e->head.payload_len, out, NULL),
			 0);
	assert_memory_equal(out, d->v.body.bytes, d->v.body.len);
}

/* Without memory nothing is handed on, and the next try has all it needs;
 * so too for a longer body in the same connection. */
static void a_body_is_sealed_whole_or_not_at_all(void **state)
{
	static const size_t lens[] = {10, 4000, 20};
	struct desk *d = *state;

	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		uint64_t n;

		buf_clear(&d->v.body);
		while (d->v.body.len < lens[i])
			assert_int_equal(
			    buf_append_u8(&d->v.body, (uint8_t)i, NULL), 0);
		for (n = 1; faults_arm(FAULT_MEMORY, n, ENOMEM); n++) {
			struct err err = {0};
			int rc = admit_seal(&d->in, &d->v, &err);

			faults_off();
			assert_int_equal(rc, faults.struck ? -1 : 0);
			if (faults.struck)
				assert_int_equal(err.kind, ERR_NOMEM);
			else
				check_sealed(d);
			if (d->v.entry != NULL)
				epoch_drop(&d->v.entry->epoch);
		}
		assert_true(i == 2 || n > 2);
	}
}

/* The next quarter begins, but there is no memory for its key. */
static void the_old_key_serves_until_there_is_memory(void **state)
{
	struct desk *d = *state;
	struct epoch *old;

	assert_int_equal(buf_append(&d->v.body, hello, sizeof(hello), NULL), 0);
	assert_int_equal(admit_seal(&d->in, &d->v, NULL), 0);
	old = d->v.entry->epoch;
	epoch_drop(&d->v.entry->epoch);
	d->house->faults.boot_ahead_ms = SPOOL_EPOCH_MS;
	for (uint64_t n = 1; n <= 2; n++) {
		(void)faults_arm(FAULT_MEMORY, n, ENOMEM);
		assert_int_equal(admit_seal(&d->in, &d->v, NULL), 0);
		faults_off();
		assert_true(faults.struck);
		assert_ptr_equal(d->v.entry->epoch, old);
		check_sealed(d);
		epoch_drop(&d->v.entry->epoch);
	}
	assert_int_equal(admit_seal(&d->in, &d->v, NULL), 0);
	check_sealed(d);
	assert_true(d->v.entry->epoch->ends_ms >
		    d->house->env.boot_ms(&d->house->env));
}

#define RUNNING(f) \
	cmocka_unit_test_setup_teardown(f, house_setup, house_teardown)
#define AT_DESK(f) cmocka_unit_test_setup_teardown(f, desk_open, desk_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    RUNNING(a_parameter_has_one_name_and_comes_once),
	    RUNNING(a_header_has_one_name_in_any_case_and_comes_once),
	    AT_DESK(a_body_is_sealed_whole_or_not_at_all),
	    AT_DESK(the_old_key_serves_until_there_is_memory),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
