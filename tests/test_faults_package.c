/* test_faults_package.c - a copy of a person's data is made while memory,
 * keeper, store or disk fail: in the end it is there, whole and once, and
 * nothing of what failed is left.
 *
 * Proves: assurance P1, P6. */
#include "receive_faults.h"

#include <archive.h>
#include <archive_entry.h>

#include "package_house.h"

/* The library ends the process when a name of twenty letters finds no memory:
 * the supervisor starts the worker anew, and the copy is begun anew, as after
 * a kill (test_package.c).  Here its own memory is spared. */
#define SPARED(type, name, params, args)                            \
	type __real_##name params;                                  \
	type __wrap_##name params;                                  \
	type __wrap_##name params                                   \
	{                                                           \
		const unsigned int kinds = faults.kinds;            \
		type ret;                                           \
                                                                    \
		faults.kinds = kinds & ~(unsigned int)FAULT_MEMORY; \
		ret = __real_##name args;                           \
		faults.kinds = kinds;                               \
		return ret;                                         \
	}

SPARED(struct archive *, archive_write_new, (void), ())
SPARED(struct archive_entry *, archive_entry_new, (void), ())
SPARED(int, archive_write_header, (struct archive * a, struct archive_entry *e),
       (a, e))
SPARED(la_ssize_t, archive_write_data,
       (struct archive * a, const void *p, size_t n), (a, p, n))
SPARED(int, archive_write_finish_entry, (struct archive * a), (a))
SPARED(int, archive_write_close, (struct archive * a), (a))
SPARED(int, archive_write_set_format_zip, (struct archive * a), (a))
SPARED(int, archive_write_open,
       (struct archive * a, void *ctx, archive_open_callback *o,
	archive_write_callback *w, archive_close_callback *c),
       (a, ctx, o, w, c))
/* It gives nothing back. */
void __real_archive_entry_set_pathname(struct archive_entry *e, const char *p);
void __wrap_archive_entry_set_pathname(struct archive_entry *e, const char *p);
void __wrap_archive_entry_set_pathname(struct archive_entry *e, const char *p)
{
	const unsigned int kinds = faults.kinds;

	faults.kinds = kinds & ~(unsigned int)FAULT_MEMORY;
	__real_archive_entry_set_pathname(e, p);
	faults.kinds = kinds;
}

static int filled(void **state)
{
	static uint8_t picture[70000];
	struct house *h;

	assert_int_equal(package_house_make(state), 0);
	h = *state;
	package_writes(h, 1, "Wo ist mein Paket?");
	package_writes(h, 2, "Fragen Sie +49 1523 5550147");
	house_receive(h);
	package_attach(h, picture, sizeof(picture));
	return 0;
}

/* The process ends, and a new one finds what is on disk. */
static void die(struct house *h)
{
	package_close(&h->w);
	house_die(h);
	house_open(h, "sqlite");
	h->w.ready = true;
	h->w.packages_idle = h->w.packages_tidy = false;
}

/* Turns until it is made; the n-th call of the kind fails.  False: there is
 * none. */
static bool strike_package(struct house *h, unsigned int kind, uint64_t n,
			   int code)
{
	struct err err = {0};
	bool moved = true;

	if (!faults_arm(kind, n, code))
		return false;
	for (int i = 0; i < 1000 && moved; i++) {
		if (package_turn(h, &moved, &err) == 0)
			continue;
		faults_off();
		moved = true;
		if (err.kind == ERR_STORAGE || err.kind == ERR_UNCERTAIN ||
		    err.kind == ERR_CORRUPT)
			die(h);
		else
			assert_true(err.kind == ERR_BUSY ||
				    err.kind == ERR_NOMEM);
	}
	faults_off();
	return true;
}

/* Every stride-th call, and the first ones each. */
static uint64_t next(uint64_t n, uint64_t stride)
{
	return n < 20 ? n + 1 : n + stride;
}

static void strike_all(struct house *h, unsigned int kind, int code,
		       uint64_t stride)
{
	struct package_view view;
	int64_t request = 1, id = package_order(h, PACKAGE_ACCESS, request);
	uint64_t n = 1;

	while (strike_package(h, kind, n, code)) {
		(void)package_run(h);
		assert_int_equal(package_state_is(h, request, &view),
				 PACKAGE_READY);
		assert_int_equal(view.messages, 2);
		assert_int_equal(package_files(h), request);
		assert_int_equal(
		    house_number(
			h, "SELECT count(*) FROM ledger_entry WHERE"
			   " CAST(body AS TEXT) LIKE '%access.exported%'"),
		    request);
		n = next(n, stride);
		id = package_order(h, PACKAGE_ACCESS, ++request);
	}
	(void)package_run(h);
	if (getenv("COUNT_FAULTS") != NULL)
		print_message("%lld of %llu calls\n", (long long)request,
			      (unsigned long long)n);
	assert_true(request > 1);
	assert_int_equal(package_check(h, id), 0);
}

static void whatever_memory_is_short(void **state)
{
	strike_all(*state, FAULT_MEMORY, ENOMEM, 61);
}

static void whatever_the_disk_refuses(void **state)
{
	strike_all(*state, FAULT_FILES, ENOSPC, 5);
}

static void whatever_of_the_disk_breaks(void **state)
{
	strike_all(*state, FAULT_FILES, EIO, 7);
}

static void whenever_the_keeper_is_away(void **state)
{
	strike_all(*state, FAULT_KEEPER, ERR_BUSY, 5);
}

static void whatever_the_archive_cannot_say_now(void **state)
{
	strike_all(*state, FAULT_STORE, ERR_BUSY, 97);
}

static void a_commit_nobody_knows_of(void **state)
{
	strike_all(*state, FAULT_UNKNOWN, 0, 1);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, filled, package_house_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(whatever_memory_is_short),
	    CASE(whatever_the_disk_refuses),
	    CASE(whatever_of_the_disk_breaks),
	    CASE(whenever_the_keeper_is_away),
	    CASE(whatever_the_archive_cannot_say_now),
	    CASE(a_commit_nobody_knows_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
