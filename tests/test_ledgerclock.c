/* What surrounds the signing of the proof log: when entries are old enough, the
 * officer's mail, files that are whole or not there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "postern/caldate.h"
#include "postern/text.h"
#include "worker/ledgerfile.h"
#include "worker/ledgerofficer.h"
#include "worker/ledgerprune.h"

#define DAY(y, m, d) (caldate_day(y, m, d) * DAY_MS)

/* --- pruning -------------------------------------------------------------- */

/* Proves: compliance, rule 9: months are calendar months. */
static void entries_stay_their_whole_period_by_the_calendar(void **state)
{
	static const struct {
		const char *keep;
		int64_t now[3], before[3];
	} cases[] = {
	    {"P1Y", {2027, 11, 22}, {2026, 11, 22}},
	    {"P10Y", {2036, 2, 28}, {2026, 2, 28}},
	    /* A leap day ends with the last of a shorter February. */
	    {"P1Y", {2029, 2, 28}, {2028, 2, 29}},
	    {"P1Y", {2029, 2, 27}, {2028, 2, 27}},
	    {"P12M", {2027, 3, 1}, {2026, 3, 1}},
	    {"P400D", {2027, 12, 27}, {2026, 11, 22}},
	    {"P1Y6M", {2028, 5, 31}, {2026, 11, 30}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const int64_t *n = cases[i].now, *b = cases[i].before;
		int64_t noon = DAY(n[0], n[1], n[2]) + DAY_MS / 2;

		assert_int_equal(ledgerprune_before(cases[i].keep, noon),
				 DAY(b[0], b[1], b[2]));
		/* Through the whole day, and not a moment sooner. */
		assert_int_equal(
		    ledgerprune_before(cases[i].keep, DAY(n[0], n[1], n[2])),
		    DAY(b[0], b[1], b[2]));
		assert_true(ledgerprune_before(cases[i].keep,
					       DAY(n[0], n[1], n[2]) - 1) <=
			    DAY(b[0], b[1], b[2]));
	}
}

static void a_period_longer_than_the_calendar_keeps_everything(void **state)
{
	(void)state;
	assert_true(ledgerprune_before("P9999Y", DAY(2026, 11, 22)) ==
		    INT64_MIN);
	assert_true(ledgerprune_before("nonsense", DAY(2026, 11, 22)) ==
		    INT64_MIN);
}

/* --- the mail ------------------------------------------------------------- */

static void officer(struct settings *s, const char *email)
{
	memset(s, 0, sizeof(*s));
	(void)snprintf(s->controller.dpo, sizeof(s->controller.dpo),
		       "dpo@a.example");
	(void)snprintf(s->controller.name, sizeof(s->controller.name),
		       "M\xc3\xbcller GmbH");
	(void)snprintf(s->controller.email, sizeof(s->controller.email), "%s",
		       email);
}

static struct buf mail(const struct settings *s, const char *note)
{
	struct checkpoint c = {.origin = "a.example/log", .size = 1234};
	struct buf bytes = BUF_INIT(65536), ret = BUF_INIT(262144);
	struct err err = {0};

	assert_int_equal(buf_append_text(&bytes, note, &err), 0);
	assert_int_equal(ledgerofficer_mail(s, &c, &bytes,
					    DAY(2026, 11, 22) + 3723000, &ret,
					    &err),
			 0);
	buf_free(&bytes);
	assert_non_null(buf_text(&ret));
	return ret;
}

static void a_mail_has_one_header_and_two_parts(void **state)
{
	static const char head[] =
	    "To: dpo@a.example\n"
	    "From: info@a.example\n"
	    "Date: Sun, 22 Nov 2026 01:02:03 +0000\n"
	    "Subject: Postern: checkpoint 1234 of a.example/log\n"
	    "Auto-Submitted: auto-generated\n"
	    "MIME-Version: 1.0\n"
	    "Content-Type: multipart/mixed; "
	    "boundary=\"=_postern_checkpoint\"\n\n"
	    "--=_postern_checkpoint\n";
	struct settings *s = malloc(sizeof(*s));
	struct buf m;
	const char *text;

	(void)state;
	assert_non_null(s);
	officer(s, "info@a.example");
	m = mail(s, "note\n");
	text = buf_text(&m);
	assert_memory_equal(text, head, sizeof(head) - 1);
	assert_non_null(strstr(text, "filename=\"checkpoint-1234.txt\"\n"));
	assert_non_null(
	    strstr(text, "\n\nbm90ZQo=\n--=_postern_checkpoint--\n"));
	for (const char *line = text; *line != '\0';
	     line += strcspn(line, "\n") + 1)
		assert_true(strcspn(line, "\n") <= 78);
	for (size_t i = 0; i < m.len; i++)
		assert_true(m.bytes[i] < 0x80);
	buf_free(&m);
	officer(s, "");
	m = mail(s, "note\n");
	assert_null(strstr(buf_text(&m), "From:"));
	buf_free(&m);
	free(s);
}

static void the_note_arrives_to_the_byte(void **state)
{
	struct settings *s = malloc(sizeof(*s));
	char note[1000];
	uint8_t back[1100];
	size_t used = 0;
	const char *at;
	struct buf m;

	(void)state;
	assert_non_null(s);
	officer(s, "");
	for (size_t i = 0; i + 1 < sizeof(note); i++)
		note[i] = (char)(i % 3 == 0 ? '\n' : '\xe2' + (int)(i % 7));
	note[sizeof(note) - 1] = '\0';
	m = mail(s, note);
	at = strstr(buf_text(&m), "checkpoint-1234.txt");
	assert_non_null(at);
	at = strstr(at, "\n\n") + 2;
	while (*at != '-') {
		size_t n = strcspn(at, "\n");
		uint8_t line[64];
		size_t line_len = 0;

		assert_true(
		    base64_decode(at, n, line, sizeof(line), &line_len));
		memcpy(back + used, line, line_len);
		used += line_len;
		at += n + 1;
	}
	assert_int_equal(used, sizeof(note) - 1);
	assert_memory_equal(back, note, used);
	buf_free(&m);
	free(s);
}

/* --- files ---------------------------------------------------------------- */

static size_t content(const char *dir, const char *name, char *ret, size_t size)
{
	char path[256];
	FILE *f;
	size_t n;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "re");
	if (f == NULL)
		return SIZE_MAX;
	n = fread(ret, 1, size, f);
	(void)fclose(f);
	return n;
}

static void a_file_is_whole_or_not_there(void **state)
{
	char dir[] = "/tmp/postern-ledgerfile-XXXXXX", path[256], text[16];
	struct err err = {0};
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(
	    ledgerfile_put(dir, "tile/0/x001/234.p/17", "abc", 3, &err), 0);
	assert_int_equal(content(dir, "tile/0/x001/234.p/17", text, 16), 3);
	assert_int_equal(
	    ledgerfile_put(dir, "tile/0/x001/234.p/17", "de", 2, &err), 0);
	assert_int_equal(content(dir, "tile/0/x001/234.p/17", text, 16), 2);
	assert_true(content(dir, "tile/0/x001/234.p/17.new", text, 16) ==
		    SIZE_MAX);
	(void)snprintf(path, sizeof(path), "%s/tile/0/x001/234.p/17", dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	/* What stands in its way stays, and is worth another try. */
	assert_int_equal(
	    ledgerfile_put(dir, "tile/0/x001/234.p/17/x", "a", 1, &err), -1);
	assert_int_equal(err.kind, ERR_BUSY);
	assert_int_equal(ledgerfile_put(dir, "tile", "a", 1, &err), -1);
	assert_int_equal(err.kind, ERR_BUSY);
	assert_int_equal(ledgerfile_put("/nonexistent", "x", "a", 1, &err), -1);
	assert_int_equal(err.kind, ERR_BUSY);
	ledgerfile_remove(dir, "tile/0/x001/234.p");
	assert_int_equal(stat(path, &st), -1);
	ledgerfile_remove(dir, "tile/0/x001/234.p"); /* gone already */
	ledgerfile_remove(dir, "tile/0/x001");
	ledgerfile_remove(dir, "tile/0");
	(void)snprintf(path, sizeof(path), "%s/tile.new", dir);
	assert_int_equal(stat(path, &st), -1);
	ledgerfile_remove(dir, "tile");
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(entries_stay_their_whole_period_by_the_calendar),
	    cmocka_unit_test(
		a_period_longer_than_the_calendar_keeps_everything),
	    cmocka_unit_test(a_mail_has_one_header_and_two_parts),
	    cmocka_unit_test(the_note_arrives_to_the_byte),
	    cmocka_unit_test(a_file_is_whole_or_not_there),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
