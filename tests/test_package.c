/* test_package.c - the copy of a person's data: made in slices, whole or not
 * at all, opened by one link, gone when it is over.
 *
 * Proves: compliance 2.2, 9 Q1 to Q4; Art. 15, 20 GDPR. */
#include "package_house.h"

static const char *const hostile[] = {
    "Wo ist mein Paket?",
    "<script>alert(1)</script>",
    "</li></ol><img src=x onerror=alert(1)>",
    "=HYPERLINK(\"https://example.org\";\"x\")",
    " +1+1",
    "@SUM(A1:A9)",
    "-2+3\" \"; drop",
    "\xef\xbc\x9d"
    "1+1",
    "\"}]{\"about\":{\"x\":[",
    "]]>--><!--",
    "\xe2\x80\xae"
    "umgekehrt \xff\xfe kaputt",
    "`code` & \\ \t tab",
    "javascript:alert(1) https://example.org/?a=<b>",
};
#define HOSTILE (sizeof(hostile) / sizeof(hostile[0]))

static void fill(struct house *h)
{
	static const char note_sql[] =
	    "INSERT INTO note(id,key_person,year,note_sealed,conversation,"
	    "datenart,at_ms,staff) SELECT ?,?,?,?,id,'MSG',1790000000000,"
	    "'0123456789abcdef' FROM conversation LIMIT 1";
	static uint8_t picture[200000];
	char sql[256];

	for (size_t i = 0; i < HOSTILE; i++)
		package_writes(h, (int)i, hostile[i]);
	house_receive(h);
	package_seal(h, note_sql, worker_id(&h->w), "MSG", FIELD_NOTE,
		     "{\"text\":\"Will <b>zur\xc3\xbc"
		     "ckgerufen</b> werden\"}");
	for (size_t i = 0; i < sizeof(picture); i++)
		picture[i] = (uint8_t)(i * 7 + i / 251);
	package_attach(h, picture, sizeof(picture));
	for (int i = 0; i < 3; i++) {
		(void)snprintf(sql, sizeof(sql),
			       "INSERT INTO viewed(id,person,at_ms,what,purpose"
			       ",staff) SELECT %lld,min(id),%lld,'conversation'"
			       ",'complaint','0123456789abcdef' FROM person",
			       (long long)worker_id(&h->w),
			       (long long)(HOUSE_NOW + i * 86400000LL));
		house_sql(h, sql);
	}
}

static void a_package_is_whole_and_another_reader_agrees(void **state)
{
	struct house *h = *state;
	struct package_view view;
	int64_t id;

	fill(h);
	id = package_order(h, PACKAGE_ACCESS, 77);
	assert_int_equal(package_state_is(h, 77, &view), PACKAGE_MAKING);
	assert_int_equal(package_order(h, PACKAGE_ACCESS, 77), id);
	(void)package_run(h);
	assert_int_equal(package_state_is(h, 77, &view), PACKAGE_READY);
	assert_int_equal(view.messages, HOSTILE);
	assert_int_equal(view.of_messages, HOSTILE);
	assert_int_equal(package_files(h), 1);
	assert_int_equal(package_check(h, id), 0);
	assert_int_equal(
	    house_number(h, "SELECT count(*) FROM ledger_entry WHERE"
			    " CAST(body AS TEXT) LIKE '%access.exported%'"),
	    1);
}

static void a_portable_copy_fits_its_schema(void **state)
{
	struct house *h = *state;
	int64_t id;

	fill(h);
	id = package_order(h, PACKAGE_PORTABILITY, 78);
	(void)package_run(h);
	assert_int_equal(package_check(h, id), 0);
}

static void nobody_known_gets_an_empty_copy(void **state)
{
	struct house *h = *state;
	const struct package_order order = {.request = 5,
					    .person = 12345,
					    .kind = PACKAGE_ACCESS,
					    .language = "en"};
	struct err err = {0};
	int64_t id = 0;

	assert_int_equal(package_begin(&h->w, &order, &id, &err), 0);
	(void)package_run(h);
	assert_int_equal(package_check(h, id), 0);
}

static void nothing_clear_lies_on_disk(void **state)
{
	struct house *h = *state;
	char path[256], bytes[4];
	struct dirent *e;
	DIR *d;
	int fd;

	fill(h);
	(void)package_order(h, PACKAGE_ACCESS, 77);
	(void)package_run(h);
	(void)snprintf(path, sizeof(path), "%s/" PACKAGE_FOLDER, h->dir);
	d = opendir(path);
	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		fd = openat(dirfd(d), e->d_name, O_RDONLY | O_CLOEXEC);
		assert_int_equal(read(fd, bytes, 4), 4);
		assert_memory_not_equal(bytes, "PK\3\4", 4);
		(void)close(fd);
	}
	(void)closedir(d);
}

/* --- the link ------------------------------------------------------------- */

static void link_of(struct house *h, int64_t id, char ret[PACKAGE_LINK_BYTES])
{
	struct err err = {0};

	assert_int_equal(worker_begin(&h->w, &err), 0);
	assert_int_equal(package_link(&h->w, id, ret, &err), 0);
	assert_int_equal(worker_commit(&h->w, &err), 0);
}

static int opens(struct house *h, const char *link)
{
	struct sealedfile *f = NULL;
	struct err err = {0};
	int64_t len = 0;
	int rc = packagefile_open(h->dir, link + strlen(PACKAGE_LINK_PATH),
				  worker_now(&h->w), &f, &len, &err);

	if (rc == 0)
		sealedfile_close(&f);
	else
		assert_int_equal(err.kind, ERR_ABSENT);
	return rc;
}

static void the_newest_link_opens_it_until_it_was_fetched(void **state)
{
	char first[PACKAGE_LINK_BYTES], second[PACKAGE_LINK_BYTES];
	struct house *h = *state;
	struct package_view view;
	struct err err = {0};
	bool found = false;
	int64_t id;

	fill(h);
	id = package_order(h, PACKAGE_ACCESS, 77);
	assert_int_equal(package_link(&h->w, id, first, &err), -1);
	assert_int_equal(err.kind, ERR_ABSENT);
	(void)package_run(h);
	link_of(h, id, first);
	assert_int_equal(opens(h, first), 0);
	link_of(h, id, second);
	(void)package_run(h);
	assert_int_equal(opens(h, first), -1);
	assert_int_equal(opens(h, second), 0);
	assert_int_equal(package_files(h), 2);
	assert_int_equal(package_fetched(&h->w,
					 first + strlen(PACKAGE_LINK_PATH),
					 &found, &err),
			 0);
	assert_false(found);
	assert_int_equal(package_fetched(&h->w,
					 second + strlen(PACKAGE_LINK_PATH),
					 &found, &err),
			 0);
	assert_true(found);
	(void)package_run(h);
	assert_int_equal(package_files(h), 0);
	assert_int_equal(opens(h, second), -1);
	assert_int_equal(package_state_is(h, 77, &view), PACKAGE_FETCHED);
}

static void a_link_whose_transaction_was_taken_back_opens_nothing(void **state)
{
	char link[PACKAGE_LINK_BYTES];
	struct house *h = *state;
	struct err err = {0};
	int64_t id;

	fill(h);
	id = package_order(h, PACKAGE_ACCESS, 77);
	(void)package_run(h);
	assert_int_equal(worker_begin(&h->w, &err), 0);
	assert_int_equal(package_link(&h->w, id, link, &err), 0);
	worker_roll_back(&h->w);
	(void)package_run(h);
	assert_int_equal(opens(h, link), -1);
	assert_int_equal(package_files(h), 1);
}

/* Ready on 1 December: the 15th is the last day. */
static void q4_it_dies_after_fourteen_days(void **state)
{
	char link[PACKAGE_LINK_BYTES];
	struct house *h = *state;
	struct package_view view;
	struct err err = {0};
	int64_t id, first = 0, last = 0;

	assert_true(instant_parse("2026-12-01T09:00:00Z", &first));
	assert_true(instant_parse("2026-12-15T23:59:59Z", &last));
	fill(h);
	h->ahead_ms = first - HOUSE_NOW;
	house_confirm(h);
	id = package_order(h, PACKAGE_ACCESS, 77);
	(void)package_run(h);
	link_of(h, id, link);
	h->ahead_ms = last - HOUSE_NOW;
	house_confirm(h);
	(void)package_run(h);
	assert_int_equal(opens(h, link), 0);
	assert_int_equal(package_state_is(h, 77, &view), PACKAGE_READY);
	h->ahead_ms += 1000;
	assert_int_equal(opens(h, link), -1);
	(void)package_run(h);
	assert_int_equal(package_files(h), 0);
	assert_int_equal(package_state_is(h, 77, &view), PACKAGE_EXPIRED);
	assert_int_equal(package_link(&h->w, id, link, &err), -1);
	assert_int_equal(err.kind, ERR_ABSENT);
}

static void forgetting_a_person_takes_the_package_along(void **state)
{
	char link[PACKAGE_LINK_BYTES];
	struct house *h = *state;
	struct err err = {0};
	int64_t id;

	fill(h);
	id = package_order(h, PACKAGE_ACCESS, 77);
	(void)package_run(h);
	link_of(h, id, link);
	assert_int_equal(worker_begin(&h->w, &err), 0);
	assert_int_equal(
	    package_forget_person(
		&h->w, house_number(h, "SELECT min(id) FROM person"), &err),
	    0);
	assert_int_equal(worker_commit(&h->w, &err), 0);
	assert_int_equal(package_tidy(&h->w, &err), 0);
	assert_int_equal(package_files(h), 0);
	assert_int_equal(opens(h, link), -1);
	assert_int_equal(house_number(h, "SELECT count(*) FROM package"), 0);
}

static void a_package_in_the_making_ends_with_its_person(void **state)
{
	struct house *h = *state;
	struct err err = {0};
	bool moved;

	fill(h);
	(void)package_order(h, PACKAGE_ACCESS, 77);
	for (int i = 0; i < 4; i++)
		assert_int_equal(package_turn(h, &moved, &err), 0);
	assert_int_equal(package_files(h), 1);
	assert_int_equal(
	    package_forget_person(
		&h->w, house_number(h, "SELECT min(id) FROM person"), &err),
	    0);
	(void)package_run(h);
	assert_int_equal(package_files(h), 0);
}

/* --- kills ---------------------------------------------------------------- */

/* This process dies: what it had written stays as it is. */
static void die(struct house *h)
{
	char from[160], to[160];
	const char *making = package_makes(&h->w);
	bool half = making[0] != '\0';

	(void)snprintf(from, sizeof(from), "%s/" PACKAGE_FOLDER "/%s", h->dir,
		       making);
	(void)snprintf(to, sizeof(to), "%s/half", h->dir);
	if (half)
		half = rename(from, to) == 0;
	package_close(&h->w);
	if (half)
		assert_int_equal(rename(to, from), 0);
	h->w.packages_tidy = h->w.packages_idle = false;
}

static void killed_at_any_turn_the_end_is_the_same(void **state)
{
	struct house *h = *state;
	struct package_view view;
	struct err err = {0};
	bool moved;
	int64_t id;
	int turns;

	fill(h);
	id = package_order(h, PACKAGE_ACCESS, 1);
	turns = package_run(h);
	assert_true(turns > 10);
	for (int kill = 1; kill <= turns; kill++) {
		id = package_order(h, PACKAGE_ACCESS, 1 + kill);
		for (int i = 0; i < kill; i++)
			assert_int_equal(package_turn(h, &moved, &err), 0);
		die(h);
		(void)package_run(h);
		assert_int_equal(package_state_is(h, 1 + kill, &view),
				 PACKAGE_READY);
		assert_int_equal(package_files(h), 1 + kill);
	}
	assert_int_equal(package_check(h, id), 0);
	assert_int_equal(
	    house_number(h, "SELECT count(*) FROM ledger_entry WHERE"
			    " CAST(body AS TEXT) LIKE '%access.exported%'"),
	    1 + turns);
}

static void a_damaged_attachment_is_named_and_costs_nothing_else(void **state)
{
	struct house *h = *state;
	struct package_view view;
	struct err err = {0};
	char path[160], file[40];
	struct store_rows *rows = NULL;
	bool moved = true;
	uint8_t byte;
	int64_t id;
	int fd;

	fill(h);
	assert_int_equal(store_start(h->w.store, "SELECT file FROM attachment",
				     STORE_NO_ARGS, &rows, &err),
			 0);
	assert_int_equal(store_step(h->w.store, rows, &err), 1);
	assert_true(
	    store_word(store_column(h->w.store, rows, 0), file, sizeof(file)));
	store_finish(h->w.store, &rows);
	(void)snprintf(path, sizeof(path), "%s/media/%.2s/%s", h->dir, file,
		       file);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_int_equal(pread(fd, &byte, 1, 150000), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, 150000), 1);
	(void)close(fd);
	id = package_order(h, PACKAGE_ACCESS, 77);
	/* Once it is begun anew, as after anything that passes. */
	for (int i = 0; i < 1000 && moved; i++)
		if (package_turn(h, &moved, &err) != 0) {
			assert_int_equal(err.kind, ERR_BUSY);
			moved = true;
		}
	assert_int_equal(package_state_is(h, 77, &view), PACKAGE_READY);
	assert_int_equal(package_check(h, id), 0);
}

static void without_a_keeper_it_waits_and_goes_on(void **state)
{
	struct house *h = *state;
	struct err err = {0};
	bool moved;
	int64_t id;
	int rc = 0;

	fill(h);
	id = package_order(h, PACKAGE_ACCESS, 77);
	for (int i = 0; i < 5; i++)
		assert_int_equal(package_turn(h, &moved, &err), 0);
	assert_int_equal(keeper_lock(h->w.keeper, &err), 0);
	for (int i = 0; i < 10 && rc == 0; i++)
		rc = package_turn(h, &moved, &err);
	assert_int_equal(rc, -1);
	assert_int_equal(err.kind, ERR_BUSY);
	assert_int_equal(keeper_unlock(h->w.keeper, "", 0, &err), 0);
	(void)package_run(h);
	assert_int_equal(package_check(h, id), 0);
}

#define CASE(f)                                                \
	cmocka_unit_test_setup_teardown(f, package_house_make, \
					package_house_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(a_package_is_whole_and_another_reader_agrees),
	    CASE(a_portable_copy_fits_its_schema),
	    CASE(nobody_known_gets_an_empty_copy),
	    CASE(nothing_clear_lies_on_disk),
	    CASE(the_newest_link_opens_it_until_it_was_fetched),
	    CASE(a_link_whose_transaction_was_taken_back_opens_nothing),
	    CASE(q4_it_dies_after_fourteen_days),
	    CASE(forgetting_a_person_takes_the_package_along),
	    CASE(a_package_in_the_making_ends_with_its_person),
	    CASE(killed_at_any_turn_the_end_is_the_same),
	    CASE(a_damaged_attachment_is_named_and_costs_nothing_else),
	    CASE(without_a_keeper_it_waits_and_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
