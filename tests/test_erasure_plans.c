/* test_erasure_plans.c - no statement of an erasure goes through a table that
 * grows with the archive.
 *
 * All that SQLite is asked meanwhile is written down and explained: what it
 * would go through row by row is on a short list of what stays small.
 *
 * Proves: design 6 (time follows the person's messages, not the archive). */
#include "erase_house.h"

#include "store/sqlite.h"

#define STATEMENTS_MAX 512

static struct {
	char *at[STATEMENTS_MAX];
	size_t len;
} seen;

static sqlite3 *db_of(struct house *h)
{
	return ((struct sqlite_store *)h->w.store)->db;
}

static int note(unsigned int what, void *ctx, void *stmt, void *text)
{
	const char *sql = sqlite3_sql(stmt);

	(void)what;
	(void)ctx;
	(void)text;
	if (sql == NULL || strncmp(sql, "PRAGMA", 6) == 0)
		return 0;
	for (size_t i = 0; i < seen.len; i++)
		if (strcmp(seen.at[i], sql) == 0)
			return 0;
	assert_true(seen.len < STATEMENTS_MAX);
	seen.at[seen.len] = strdup(sql);
	assert_non_null(seen.at[seen.len++]);
	return 0;
}

/* Common table expressions over one person, rows of this erasure, and tables
 * of which an instance has few rows. */
static bool may_scan(const char *detail)
{
	static const char *const few[] = {
	    "family",
	    "later",
	    "f",
	    "l",
	    "CONSTANT ROW",
	    "(subquery",
	    "hold",
	    "h",
	    "backup",
	    "erasure USING",
	    "meta",
	    "policy_version",
	    "erasure_probe",
	    "restriction USING INDEX restriction_open",
	    "canary",
	    "run",
	    "token",
	};

	if (strncmp(detail, "SCAN ", 5) != 0)
		return true;
	for (size_t i = 0; i < sizeof(few) / sizeof(few[0]); i++) {
		size_t len = strlen(few[i]);

		if (strncmp(detail + 5, few[i], len) == 0 &&
		    (detail[5 + len] == '\0' || detail[5 + len] == ' ' ||
		     few[i][0] == '('))
			return true;
	}
	return false;
}

static size_t explain(struct house *h, const char *sql)
{
	const size_t size = strlen(sql) + sizeof("EXPLAIN QUERY PLAN ");
	char *text = malloc(size);
	sqlite3_stmt *stmt = NULL;
	const char *detail;
	size_t wrong = 0;

	assert_non_null(text);
	(void)snprintf(text, size, "EXPLAIN QUERY PLAN %s", sql);
	assert_int_equal(sqlite3_prepare_v2(db_of(h), text, -1, &stmt, NULL),
			 SQLITE_OK);
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		detail = (const char *)sqlite3_column_text(stmt, 3);
		if (may_scan(detail))
			continue;
		print_error("%s\n  in %s\n", detail, sql);
		wrong++;
	}
	(void)sqlite3_finalize(stmt);
	free(text);
	return wrong;
}

static void begin(struct house *h, int64_t person)
{
	char sql[256];

	(void)snprintf(sql, sizeof(sql),
		       "INSERT INTO request(id,type,state,person,channel,"
		       "received_ms) VALUES(%lld,'erasure','executing',%lld,"
		       "'shop',1)",
		       (long long)person, (long long)person);
	house_sql(h, sql);
	(void)erase_begin(h, person, person);
}

/* One whole person, one of whom a letter is kept, one whose case is open; and
 * what they leave, once more. */
static void run_all(struct house *h)
{
	struct err err = {0};

	for (int who = 1; who <= 3; who++)
		for (int i = 0; i < 3; i++)
			erase_writes(h, who, i, "x");
	house_body(h, "optout,strong=S1,purpose=marketing");
	house_body(h, "!kaputt 01701234561 kaputt");
	house_receive(h);
	erase_attach(h, house_number(h, "SELECT min(id) FROM message"), 900,
		     "MEDIA", ERASE_FILE_A);
	house_sql(h, "UPDATE message SET datenart='LETTER' WHERE id IN (SELECT"
		     " id FROM message ORDER BY id LIMIT 1 OFFSET 4)");
	erase_close(h);
	house_sql(h, "UPDATE conversation SET state='open' WHERE id=(SELECT"
		     " max(id) FROM conversation)");
	seen.len = 0;
	assert_int_equal(
	    sqlite3_trace_v2(db_of(h), SQLITE_TRACE_STMT, note, NULL),
	    SQLITE_OK);
	for (int who = 3; who >= 1; who--)
		begin(h, erase_person(h, who));
	erase_run(h);
	house_sql(h, "UPDATE erasure SET ended_ms=1,step=11");
	assert_int_equal(worker_begin(&h->w, &err), 0);
	assert_int_equal(
	    erasure_again(
		&h->w, house_number(h, "SELECT min(person) FROM kept"), &err),
	    0);
	assert_int_equal(worker_commit(&h->w, &err), 0);
	erase_run(h);
	assert_int_equal(sqlite3_trace_v2(db_of(h), 0, NULL, NULL), SQLITE_OK);
}

/* What this test asked itself is not the erasure's. */
static bool ours(const char *sql)
{
	static const char *const own[] = {"UPDATE erasure SET ended_ms=1",
					  "SELECT min(person) FROM kept",
					  "SELECT id FROM person ORDER BY"};

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (strncmp(sql, own[i], strlen(own[i])) == 0)
			return true;
	return false;
}

static void no_statement_goes_through_the_archive(void **state)
{
	struct house *h = *state;
	size_t wrong = 0;

	run_all(h);
	assert_in_range(seen.len, 60, STATEMENTS_MAX);
	for (size_t i = 0; i < seen.len; i++) {
		if (!ours(seen.at[i]))
			wrong += explain(h, seen.at[i]);
		free(seen.at[i]);
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		no_statement_goes_through_the_archive, erase_make,
		house_unmake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
