/* test_ledger_verbs.c - `postern ledger ...` over archives that were made for
 * it, and changed; the key that signs is the test's own.
 * Proves: compliance 9, L1 and L2. */
#include "ledger_house.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

#include "postern/jsonmem.h"
#include "verbs.h"

#define ENTRIES	     700
#define OUTPUT_BYTES (256u * 1024)

struct house {
	char dir[64];
	struct ledger_signer signer;
	struct store *store;
	char vkey[NOTE_VKEY_BYTES];
	char said[OUTPUT_BYTES];
};

static void path_in(const struct house *h, const char *name, char ret[160])
{
	(void)snprintf(ret, 160, "%s/%s", h->dir, name);
}

static void write_file(const struct house *h, const char *name,
		       const void *bytes, size_t len)
{
	char path[160];
	int fd;

	path_in(h, name, path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	(void)close(fd);
}

/* --- the archive ---------------------------------------------------------- */

static void open_store(struct house *h)
{
	char path[160];
	struct err err = {0};

	path_in(h, "postern.db", path);
	assert_int_equal(store_open("sqlite", path, &h->store, &err), 0);
}

static void sql(struct house *h, const char *text)
{
	struct err err = {0};

	assert_int_equal(store_run(h->store, text, STORE_NO_ARGS, &err), 0);
}

/* Entries from there to end.  None about messages: this archive has none, and
 * verify would say so. */
static void fill(struct house *h, uint64_t end)
{
	struct err err = {0};
	struct ledger_entry e;
	uint64_t at, given;

	assert_int_equal(ledger_entries(h->store, &at, &err), 0);
	assert_int_equal(store_begin(h->store, &err), 0);
	for (; at < end; at++) {
		e = ledger_example(at);
		if (e.event <= LEDGER_MESSAGES_FORGOTTEN)
			e.event = LEDGER_NOTICE_SENT;
		assert_int_equal(
		    ledger_append(h->store, &ledger_mask, &e, &given, &err), 0);
	}
	assert_int_equal(store_commit(h->store, &err), 0);
}

/* Signs all there is; the note into FILE of the folder, too. */
static void sign(struct house *h, const char *file)
{
	struct buf note = BUF_INIT(NOTE_BYTES_MAX);
	struct err err = {0};
	uint64_t size;

	ledger_grown(h->store, 1000);
	assert_int_equal(ledger_size(h->store, &size, &err), 0);
	ledger_sign(h->store, &h->signer, size, &note);
	if (file != NULL)
		write_file(h, file, note.bytes, note.len);
	buf_free(&note);
}

static int begin(void **state)
{
	static struct house h;
	struct err err = {0};

	h = (struct house){0};
	ledger_signer_make(&h.signer, 1, LEDGER_ORIGIN);
	note_key_print(&h.signer.key, h.vkey);
	(void)snprintf(h.dir, sizeof(h.dir), "/tmp/postern-verbs-XXXXXX");
	assert_non_null(mkdtemp(h.dir));
	open_store(&h);
	assert_int_equal(
	    store_run(h.store,
		      "INSERT INTO meta(name,value) VALUES('id_mask',?)",
		      STORE_ARGS(S_BLOB(ledger_mask.key, ID_MASK_BYTES)), &err),
	    0);
	fill(&h, ENTRIES);
	sign(&h, "outside");
	*state = &h;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static int end(void **state)
{
	struct house *h = *state;

	store_close(&h->store);
	return nftw(h->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* --- running verbs -------------------------------------------------------- */

/* words end with NULL; what goes to standard error is dropped. */
static int run(struct house *h, bool json, const char *const *words)
{
	struct verb_args args = {.dir = h->dir, .json = json};
	char *argv[12] = {NULL}, path[160];
	int file, nothing, out, err, rc;
	ssize_t n;

	for (; words[args.argc] != NULL; args.argc++)
		argv[args.argc] = strdup(words[args.argc]);
	args.argv = argv;
	path_in(h, "said", path);
	file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
	assert_true(file >= 0 && nothing >= 0);
	(void)fflush(NULL);
	out = dup(STDOUT_FILENO);
	err = dup(STDERR_FILENO);
	(void)dup2(file, STDOUT_FILENO);
	(void)dup2(nothing, STDERR_FILENO);
	rc = verb_ledger(&args);
	(void)fflush(NULL);
	(void)dup2(out, STDOUT_FILENO);
	(void)dup2(err, STDERR_FILENO);
	n = pread(file, h->said, OUTPUT_BYTES - 1, 0);
	assert_true(n >= 0);
	h->said[n] = '\0';
	(void)close(file);
	(void)close(nothing);
	(void)close(out);
	(void)close(err);
	for (int i = 0; i < args.argc; i++)
		free(argv[i]);
	return rc;
}

#define RUN(h, ...)	 run(h, false, (const char *const[]){__VA_ARGS__, NULL})
#define RUN_JSON(h, ...) run(h, true, (const char *const[]){__VA_ARGS__, NULL})

/* What `verify` says, in both forms; index -1: none is named. */
static void expect(struct house *h, const char *verdict, long long index,
		   const char *against)
{
	const char *option = against != NULL ? "--checkpoint" : NULL;
	int status = strcmp(verdict, "sound") == 0 ? EXIT_DONE : EXIT_REFUSED;
	json_t *said, *named;

	assert_int_equal(
	    RUN_JSON(h, "verify", "--vkey", h->vkey, option, against), status);
	said = json_loads(h->said, 0, NULL);
	assert_non_null(said);
	assert_string_equal(json_string_value(json_object_get(said, "verdict")),
			    verdict);
	named = json_object_get(said, "index");
	assert_int_equal(named != NULL ? json_integer_value(named) : -1, index);
	json_decref(said);
	assert_int_equal(RUN(h, "verify", "--vkey", h->vkey, option, against),
			 status);
	assert_int_equal(strncmp(h->said, verdict, strlen(verdict)), 0);
}

/* --- cases ---------------------------------------------------------------- */

static void an_archive_is_verified_beside_its_writer(void **state)
{
	struct house *h = *state;
	char outside[160], other[NOTE_VKEY_BYTES];
	struct ledger_signer stranger;

	path_in(h, "outside", outside);
	expect(h, "sound", -1, NULL);
	expect(h, "sound", -1, outside);
	ledger_signer_make(&stranger, 2, LEDGER_ORIGIN);
	note_key_print(&stranger.key, other);
	assert_int_equal(RUN(h, "verify", "--vkey", other), EXIT_REFUSED);
	assert_non_null(strstr(h->said, "bad_signature"));
	/* What came after the checkpoint is not judged. */
	fill(h, ENTRIES + 5);
	assert_int_equal(RUN(h, "verify", "--vkey", h->vkey), EXIT_DONE);
	assert_non_null(strstr(h->said, "waiting      5"));
	/* No key at all. */
	assert_int_equal(RUN(h, "verify"), EXIT_REFUSED);
}

static void a_published_key_is_taken_with_a_remark(void **state)
{
	struct house *h = *state;
	char path[160];

	path_in(h, "ledger", path);
	assert_int_equal(mkdir(path, 0700), 0);
	write_file(h, "ledger/vkey", h->vkey, strlen(h->vkey));
	assert_int_equal(RUN(h, "verify"), EXIT_DONE);
	assert_non_null(strstr(h->said, "remark"));
	assert_int_equal(RUN(h, "verify", "--vkey", h->vkey), EXIT_DONE);
	assert_null(strstr(h->said, "remark"));
}

static void l1_a_changed_or_removed_entry_is_named(void **state)
{
	struct house *h = *state;

	sql(h, "UPDATE ledger_entry SET body=CAST(replace("
	       "CAST(body AS TEXT),'\"v\":1','\"v\":7') AS BLOB)"
	       " WHERE id=333");
	expect(h, "bad_entry", 333, NULL);
	sql(h, "DELETE FROM ledger_entry WHERE id=300");
	expect(h, "missing_entry", 300, NULL);
	sql(h, "DELETE FROM ledger_entry WHERE id>=299");
	expect(h, "short", 299, NULL);
}

/* The last ten go, and whoever holds the key signs what is left. */
static void l2_a_log_signed_anew_does_not_extend_what_was_seen(void **state)
{
	struct house *h = *state;
	char outside[160];

	path_in(h, "outside", outside);
	sql(h, "DELETE FROM ledger_entry WHERE id>=690");
	sql(h, "DELETE FROM ledger_tile");
	sql(h, "DELETE FROM meta WHERE name='ledger_size'");
	sql(h, "DELETE FROM ledger_checkpoint");
	sign(h, NULL);
	expect(h, "sound", -1, NULL);
	expect(h, "short", 690, outside);
	/* And goes on, otherwise. */
	sql(h, "INSERT INTO ledger_entry(id,body) SELECT id+690,body FROM "
	       "ledger_entry WHERE id<100");
	sign(h, NULL);
	expect(h, "sound", -1, NULL);
	expect(h, "bad_checkpoint", -1, outside);
}

static void without_a_checkpoint_nothing_is_sound(void **state)
{
	struct house *h = *state;

	sql(h, "DELETE FROM ledger_checkpoint");
	expect(h, "unsigned", -1, NULL);
	assert_int_equal(RUN(h, "checkpoint", "--show"), EXIT_REFUSED);
	assert_int_equal(RUN(h, "prove", "3"), EXIT_REFUSED);
}

static void an_entry_is_proved_to_others(void **state)
{
	struct house *h = *state;
	struct id_text id;
	char path[160];

	path_in(h, "a.tlog-proof", path);
	/* Entry 304 is about message 305, and the last one that is. */
	id_format(&ledger_mask, ID_MESSAGE, 305, &id);
	assert_int_equal(RUN(h, "prove", id.text, "--out", path), EXIT_DONE);
	assert_non_null(strstr(h->said, "entry 304"));
	assert_int_equal(RUN(h, "verify", "--receipt", path, "--vkey", h->vkey),
			 EXIT_DONE);
	assert_non_null(strstr(h->said, id.text));
	assert_int_equal(RUN(h, "prove", "699"), EXIT_DONE);
	write_file(h, "a.tlog-proof", h->said, strlen(h->said));
	assert_int_equal(RUN(h, "verify", "--receipt", path, "--vkey", h->vkey),
			 EXIT_DONE);
	assert_int_equal(RUN(h, "prove", "700"), EXIT_REFUSED);
	assert_int_equal(RUN(h, "prove", "no-such"), EXIT_REFUSED);
	assert_int_equal(RUN(h, "prove", "--out"), EXIT_USAGE);
}

static void an_export_is_complete_and_can_be_checked(void **state)
{
	struct house *h = *state;
	char out[160];

	path_in(h, "export", out);
	assert_int_equal(RUN_JSON(h, "export", "--from", "2026-11-21", "--to",
				  "2026-11-21", "--out", out),
			 EXIT_DONE);
	assert_non_null(strstr(h->said, "\"entries\": 700"));
	assert_int_equal(RUN(h, "verify", out, "--vkey", h->vkey), EXIT_DONE);
	assert_non_null(strstr(h->said, "sound: 700 entries"));
	/* Never into what is there. */
	assert_int_equal(RUN(h, "export", "--from", "2026-11-21", "--to",
			     "2026-11-21", "--out", out),
			 EXIT_REFUSED);
	assert_int_equal(
	    RUN(h, "export", "--from", "2026-11-21", "--to", "2026-11-21"),
	    EXIT_USAGE);
}

/* --- a log that was pruned ------------------------------------------------ */

static uint64_t prune(struct house *h, int64_t now_ms)
{
	const struct ledger_cut cut = {.now_ms = now_ms,
				       .before_ms =
					   LEDGER_FIRST_MS + 600 * 1000,
				       .max = 1000};
	struct err err = {0};
	uint64_t gone;
	bool left;

	assert_int_equal(ledger_prune(h->store, &cut, &gone, &left, &err), 0);
	return gone;
}

/* Without its line number n, counted from 0. */
static void without_line(const struct house *h, const char *file, size_t n)
{
	char path[160];
	char *text = calloc(1, 1 << 21), *at = text;
	FILE *in;
	size_t len;

	assert_non_null(text);
	path_in(h, file, path);
	in = fopen(path, "rbe");
	assert_non_null(in);
	len = fread(text, 1, (1 << 21) - 1, in);
	(void)fclose(in);
	for (; n > 0; n--)
		at = strchr(at, '\n') + 1;
	memmove(at, strchr(at, '\n') + 1, strlen(strchr(at, '\n') + 1) + 1);
	assert_true(len > strlen(text));
	write_file(h, file, text, strlen(text));
	free(text);
}

static void what_was_pruned_is_not_missing(void **state)
{
	struct house *h = *state;
	char out[160];

	assert_int_equal(prune(h, LEDGER_FIRST_MS + 800 * 1000), 0);
	sign(h, NULL);
	assert_int_equal(prune(h, 0), 512);
	expect(h, "sound", -1, NULL);
	assert_non_null(strstr(h->said, "pruned       512"));
	assert_int_equal(RUN(h, "prove", "511"), EXIT_REFUSED);
	path_in(h, "export", out);
	assert_int_equal(RUN(h, "export", "--from", "2026-11-21", "--to",
			     "2026-11-21", "--out", out),
			 EXIT_DONE);
	assert_int_equal(RUN(h, "verify", out, "--vkey", h->vkey), EXIT_DONE);
	assert_non_null(strstr(h->said, "first        512"));
	/* Whatever else is not there, is. */
	without_line(h, "export/entries.jsonl", 0);
	assert_int_equal(RUN(h, "verify", out, "--vkey", h->vkey),
			 EXIT_REFUSED);
	assert_non_null(strstr(h->said, "beginning of the export"));
}

/* The entry that says what went lies behind the period. */
static void a_pruned_beginning_is_closed_by_its_entry(void **state)
{
	struct house *h = *state;
	struct ledger_entry e = ledger_example(0);
	struct err err = {0};
	char out[160];

	e.event = LEDGER_NOTICE_SENT;
	e.at_ms = LEDGER_FIRST_MS + 86400000;
	assert_int_equal(store_begin(h->store, &err), 0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(
		    ledger_append(h->store, &ledger_mask, &e, NULL, &err), 0);
	assert_int_equal(store_commit(h->store, &err), 0);
	ledger_grown(h->store, 1000);
	sign(h, NULL);
	assert_int_equal(prune(h, e.at_ms), 0);
	sign(h, NULL);
	assert_int_equal(prune(h, 0), 512);
	path_in(h, "export", out);
	assert_int_equal(RUN(h, "export", "--from", "2026-11-21", "--to",
			     "2026-11-21", "--out", out),
			 EXIT_DONE);
	assert_int_equal(RUN(h, "verify", out, "--vkey", h->vkey), EXIT_DONE);
	assert_non_null(strstr(h->said, "last         700"));
	assert_non_null(strstr(h->said, "entries      188"));
	/* 512 to 699, the neighbour, the entry. */
	without_line(h, "export/entries.jsonl", 189);
	assert_int_equal(RUN(h, "verify", out, "--vkey", h->vkey),
			 EXIT_REFUSED);
	assert_non_null(strstr(h->said, "beginning of the export"));
}

/* Evidence of a log that is none would be worse than no export. */
static void a_damaged_log_is_not_exported(void **state)
{
	struct house *h = *state;
	char out[160], path[200];

	path_in(h, "export", out);
	sql(h, "UPDATE ledger_entry SET body=(SELECT body FROM ledger_entry "
	       "WHERE id=4) WHERE id=5");
	assert_int_equal(RUN(h, "export", "--from", "2026-11-21", "--to",
			     "2026-11-21", "--out", out),
			 EXIT_REFUSED);
	(void)snprintf(path, sizeof(path), "%s/checkpoint", out);
	assert_int_equal(access(path, F_OK), -1);
	sql(h, "DELETE FROM ledger_entry WHERE id=5");
	path_in(h, "second", out);
	assert_int_equal(RUN(h, "export", "--from", "2026-11-21", "--to",
			     "2026-11-21", "--out", out),
			 EXIT_REFUSED);
	assert_int_equal(access(out, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		an_archive_is_verified_beside_its_writer, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_published_key_is_taken_with_a_remark, begin, end),
	    cmocka_unit_test_setup_teardown(
		l1_a_changed_or_removed_entry_is_named, begin, end),
	    cmocka_unit_test_setup_teardown(
		l2_a_log_signed_anew_does_not_extend_what_was_seen, begin, end),
	    cmocka_unit_test_setup_teardown(
		without_a_checkpoint_nothing_is_sound, begin, end),
	    cmocka_unit_test_setup_teardown(an_entry_is_proved_to_others, begin,
					    end),
	    cmocka_unit_test_setup_teardown(
		an_export_is_complete_and_can_be_checked, begin, end),
	    cmocka_unit_test_setup_teardown(what_was_pruned_is_not_missing,
					    begin, end),
	    cmocka_unit_test_setup_teardown(
		a_pruned_beginning_is_closed_by_its_entry, begin, end),
	    cmocka_unit_test_setup_teardown(a_damaged_log_is_not_exported,
					    begin, end),
	};

	return cmocka_run_group_tests_name("ledger_verbs", tests, NULL, NULL);
}
