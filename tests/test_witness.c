/* test_witness.c - what a witness answers and what it keeps.
 * Proves: compliance 6.4. */
#include "witness_house.h"

#include <fcntl.h>

#include "postern/log.h"

/* --- answers -------------------------------------------------------------- */

static void read_fixture(const char *name, char *ret, size_t size)
{
	const char *root = getenv("FIXTURES");
	char path[1024];
	FILE *file;
	size_t len;

	(void)snprintf(path, sizeof(path), "%s/c2sp/%s",
		       root != NULL ? root : "../shared/fixtures", name);
	file = fopen(path, "re");
	if (file == NULL)
		skip();
	len = fread(ret, 1, size - 1, file);
	ret[len] = '\0';
	assert_int_equal(fclose(file), 0);
	assert_true(len > 0 && len < size - 1);
}

/* The value of a key of the second case, with its \n. */
static void fixture_text(const char *json, const char *key, char *ret,
			 size_t size)
{
	const char *at = strstr(json, "\"size\": 257");
	size_t len = 0;

	assert_non_null(at);
	at = strstr(at, key);
	assert_non_null(at);
	for (at += strlen(key) + 4; *at != '"' && len + 1 < size; at++) {
		bool newline = at[0] == '\\' && at[1] == 'n';

		ret[len++] = newline ? '\n' : *at;
		at += newline;
	}
	ret[len] = '\0';
}

static void the_public_example_gets_the_public_cosignature(void **state)
{
	char json[16384], wanted[512], text[8192];
	struct tree_log log = tree_log(LOG_NAME_HERE, 0);
	char vkey[NOTE_VKEY_BYTES];
	struct house *h = *state;

	read_fixture("checkpoint-cosignature.json", json, sizeof(json));
	read_fixture("add-checkpoint-200-257.txt", text, sizeof(text));
	note_key_print(&h->key, vkey);
	assert_non_null(strstr(json, vkey));
	note_key_print(&log.key, vkey);
	assert_non_null(strstr(json, vkey));
	assert_int_equal(add(h, &log, 0, 200), 200);
	assert_int_equal(
	    witness_add(h->w, text, strlen(text), &h->answer, NULL), 0);
	assert_int_equal(h->answer.status, 200);
	fixture_text(json, "cosignature_line", wanted, sizeof(wanted));
	assert_says(h, wanted);
}

static void what_it_shows_is_signed_by_the_log_and_by_itself(void **state)
{
	struct tree_log log = tree_log(LOG_NAME_HERE, 0);
	struct note_key keys[2];
	char hex[WITNESS_HEX_BYTES];
	struct checkpoint body;
	struct house *h = *state;
	bool good[2];
	struct note note;

	witness_origin_hex(LOG_NAME_HERE, hex);
	witness_show(h->w, hex, 64, &h->answer);
	assert_int_equal(h->answer.status, 404);
	assert_int_equal(add(h, &log, 0, 7), 200);
	assert_int_equal(add(h, &log, 7, 300), 200);
	witness_show(h->w, hex, 64, &h->answer);
	assert_int_equal(h->answer.status, 200);
	keys[0] = log.key;
	keys[1] = h->key;
	assert_int_equal(note_parse((const char *)h->answer.body.bytes,
				    h->answer.body.len, &note, NULL),
			 0);
	assert_int_equal(note.signatures_len, 2);
	assert_int_equal(note_verify(&note, keys, 2, good, NULL), 0);
	assert_true(good[0] && good[1]);
	assert_int_equal(
	    checkpoint_parse(note.text, note.text_len, &body, NULL), 0);
	assert_int_equal(body.size, 300);
	hex[0] = hex[0] == '0' ? '1' : '0';
	witness_show(h->w, hex, 64, &h->answer);
	assert_int_equal(h->answer.status, 404);
	witness_show(h->w, hex, 63, &h->answer);
	assert_int_equal(h->answer.status, 404);
}

static void a_log_it_does_not_watch_is_unknown(void **state)
{
	struct tree_log log = tree_log("other.example/log", 0);

	assert_int_equal(add(*state, &log, 0, 5), 404);
}

static void only_the_logs_own_signature_counts(void **state)
{
	struct tree_log log = tree_log(LOG_NAME_HERE, 0);
	struct tree_log thief = tree_log(LOG_NAME_HERE, 7);
	struct buf text = tree_body(&log, 5), note, body;
	struct house *h = *state;
	char *digit;

	/* Another key under the same name: not the log's. */
	assert_int_equal(add(h, &thief, 0, 5), 403);
	/* The log's signature under another text. */
	note = tree_sign(&log, &text);
	digit = strstr((char *)buf_text(&note), "\n5\n");
	assert_non_null(digit);
	digit[1] = '6';
	body = request_of(&log, 0, 6, &note);
	assert_int_equal(submit(h, &body), 403);
	/* A good one beside one that is not known. */
	text = tree_body(&log, 5);
	note = tree_sign(&log, &text);
	text = tree_body(&log, 5);
	assert_int_equal(note_sign((const char *)text.bytes, text.len,
				   &thief.key, thief.secret, &note, NULL),
			 0);
	buf_free(&text);
	body = request_of(&log, 0, 5, &note);
	assert_int_equal(submit(h, &body), 200);
}

static void what_cannot_be_read_is_malformed(void **state)
{
	static const char hash[] =
	    "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
	static const char *const heads[] = {
	    "",		  "old\n",	  "old \n",
	    "old 01\n\n", "old -1\n\n",	  "old 18446744073709551616\n\n",
	    "old 0\r\n",  "new 0\n\n",	  "OLD 0\n\n",
	    "old 0 \n\n", "old 0\nx\n\n", "old 0\n47DEQpj8HBSa+/\n\n",
	    "old 0\n",	  "\n",
	};
	struct tree_log log = tree_log(LOG_NAME_HERE, 0);
	struct house *h = *state;
	struct buf body, note;

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		note = tree_note(&log, 5);
		body = BUF_INIT(ADDCHECKPOINT_BYTES_MAX);
		assert_int_equal(buf_append_text(&body, heads[i], NULL), 0);
		assert_int_equal(buf_append(&body, note.bytes, note.len, NULL),
				 0);
		buf_free(&note);
		assert_int_equal(submit(h, &body), 400);
	}
	/* One hash too many. */
	body = BUF_INIT(ADDCHECKPOINT_BYTES_MAX);
	assert_int_equal(buf_append_text(&body, "old 1\n", NULL), 0);
	for (int i = 0; i < MERKLE_PROOF_MAX + 1; i++)
		assert_int_equal(buf_append_text(&body, hash, NULL), 0);
	note = tree_note(&log, 5);
	assert_int_equal(buf_append_text(&body, "\n", NULL), 0);
	assert_int_equal(buf_append(&body, note.bytes, note.len, NULL), 0);
	buf_free(&note);
	assert_int_equal(submit(h, &body), 400);
}

static void no_shortened_request_is_taken(void **state)
{
	struct tree_log log = tree_log(LOG_NAME_HERE, 0);
	struct house *h = *state;
	struct buf body;

	assert_int_equal(add(h, &log, 0, 200), 200);
	body = request(&log, 200, 257);
	for (size_t len = 0; len < body.len; len++) {
		assert_int_equal(witness_add(h->w, (const char *)body.bytes,
					     len, &h->answer, NULL),
				 0);
		assert_int_not_equal(h->answer.status, 200);
	}
	assert_int_equal(submit(h, &body), 200);
}

static void no_changed_byte_of_a_request_gets_a_cosignature(void **state)
{
	struct tree_log log = tree_log(LOG_NAME_HERE, 0);
	struct house *h = *state;
	struct buf body;

	assert_int_equal(add(h, &log, 0, 200), 200);
	body = request(&log, 200, 257);
	for (size_t i = 0; i < body.len; i++) {
		body.bytes[i] ^= 0x01;
		assert_int_equal(witness_add(h->w, (const char *)body.bytes,
					     body.len, &h->answer, NULL),
				 0);
		assert_int_not_equal(h->answer.status, 200);
		body.bytes[i] ^= 0x01;
	}
	assert_int_equal(submit(h, &body), 200);
}

static void an_old_size_beyond_the_checkpoint_is_malformed(void **state)
{
	struct tree_log log = tree_log(LOG_NAME_HERE, 0);

	assert_int_equal(add(*state, &log, 6, 5), 400);
}

static void another_old_size_gets_the_last_one(void **state)
{
	struct tree_log log = tree_log(LOG_NAME_HERE, 0);
	struct house *h = *state;

	assert_int_equal(add(h, &log, 3, 5), 409);
	assert_says(h, "0\n");
	assert_int_equal(add(h, &log, 0, 200), 200);
	assert_int_equal(add(h, &log, 0, 257), 409);
	assert_string_equal(h->answer.type, "text/x.tlog.size");
	assert_says(h, "200\n");
	assert_int_equal(add(h, &log, 100, 150), 409);
	assert_says(h, "200\n");
	assert_int_equal(add(h, &log, 200, 257), 200);
}

static void a_wrong_proof_or_root_is_refused(void **state)
{
	struct tree_log log = tree_log(LOG_NAME_HERE, 0);
	struct tree_log early = forked(&log, 10), late = forked(&log, 220);
	struct house *h = *state;
	struct buf body, note;

	assert_int_equal(add(h, &log, 0, 200), 200);
	/* Same size, another root; larger, and another history before it. */
	assert_int_equal(add(h, &early, 200, 200), 422);
	assert_int_equal(add(h, &early, 200, 257), 422);
	/* A proof where none is wanted, and none where one is. */
	note = tree_note(&log, 257);
	body = BUF_INIT(ADDCHECKPOINT_BYTES_MAX);
	assert_int_equal(addcheckpoint_print(200, NULL, 0, note.bytes, note.len,
					     &body, NULL),
			 0);
	buf_free(&note);
	assert_int_equal(submit(h, &body), 422);
	/* What differs only after 200 extends it. */
	assert_int_equal(add(h, &late, 200, 300), 200);
	assert_int_equal(add(h, &log, 300, 301), 422);
	assert_int_equal(add(h, &late, 300, 301), 200);
}

static void an_empty_log_is_one_too(void **state)
{
	static const char zeros[] =
	    LOG_NAME_HERE "\n0\n"
			  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
	struct tree_log log = tree_log(LOG_NAME_HERE, 0);
	struct buf text = BUF_INIT(NOTE_BYTES_MAX), note, body;
	struct merkle_hash extra = {{0}};
	struct house *h = *state;

	assert_int_equal(buf_append_text(&text, zeros, NULL), 0);
	note = tree_sign(&log, &text);
	body = request_of(&log, 0, 0, &note);
	assert_int_equal(submit(h, &body), 422);
	assert_int_equal(add(h, &log, 0, 0), 200);
	assert_int_equal(add(h, &log, 0, 0), 200);
	note = tree_note(&log, 5);
	body = BUF_INIT(ADDCHECKPOINT_BYTES_MAX);
	assert_int_equal(addcheckpoint_print(0, &extra, 1, note.bytes, note.len,
					     &body, NULL),
			 0);
	buf_free(&note);
	assert_int_equal(submit(h, &body), 422);
	assert_int_equal(add(h, &log, 0, 5), 200);
}

static void the_same_once_more_is_signed_once_more(void **state)
{
	struct tree_log log = tree_log(LOG_NAME_HERE, 0);
	struct house *h = *state;
	uint64_t time_s = 0;
	struct note note;
	struct buf body;

	assert_int_equal(add(h, &log, 0, 5), 200);
	h->now_ms += 60000;
	assert_int_equal(add(h, &log, 5, 5), 200);
	body = tree_note(&log, 5);
	assert_int_equal(
	    buf_append(&body, h->answer.body.bytes, h->answer.body.len, NULL),
	    0);
	assert_int_equal(
	    note_parse((const char *)body.bytes, body.len, &note, NULL), 0);
	assert_int_equal(note_check(&note, &h->key, &time_s), NOTE_GOOD);
	assert_int_equal(time_s, h->now_ms / 1000);
	buf_free(&body);
}

static void two_keys_of_one_name_are_one_log(void **state)
{
	struct tree_log log = tree_log(LOG_NAME_HERE, 0);
	struct tree_log next = tree_log(LOG_NAME_HERE, 9);
	struct house *h = *state;

	house_watch(h, &next.key);
	house_reopen(h);
	assert_int_equal(add(h, &log, 0, 5), 200);
	assert_int_equal(add(h, &next, 0, 9), 409);
	assert_int_equal(add(h, &next, 5, 9), 200);
}

static void log_path(const struct house *h, const char *origin, char ret[256])
{
	char hex[WITNESS_HEX_BYTES];

	witness_origin_hex(origin, hex);
	(void)snprintf(ret, 256, "%s/%s", h->logs, hex);
}

/* Two of one size, both signed by the log: that proves it to everybody. */
static void evidence_of_two_histories_is_kept(void **state)
{
	struct tree_log log = tree_log(LOG_NAME_HERE, 0);
	struct tree_log other = forked(&log, 3), third = forked(&log, 4);
	struct house *h = *state;
	char path[256], text[4096];
	struct buf wanted;
	ssize_t len;
	int fd;

	assert_int_equal(add(h, &log, 0, 5), 200);
	log_path(h, LOG_NAME_HERE, path);
	(void)snprintf(path + strlen(path), sizeof(path) - strlen(path),
		       ".other");
	/* A wrong proof alone is nobody's fault. */
	assert_int_equal(add(h, &other, 5, 9), 422);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(add(h, &other, 5, 5), 422);
	assert_int_equal(add(h, &third, 5, 5), 422);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = read(fd, text, sizeof(text));
	(void)close(fd);
	wanted = tree_note(&other, 5);
	assert_int_equal(len, (ssize_t)wanted.len);
	assert_memory_equal(text, wanted.bytes, wanted.len);
	buf_free(&wanted);
	house_reopen(h);
	assert_int_equal(add(h, &log, 5, 9), 200);
}

/* --- what it keeps -------------------------------------------------------- */

static void what_was_signed_is_known_after_a_restart(void **state)
{
	struct tree_log log = tree_log(LOG_NAME_HERE, 0);
	struct tree_log other = forked(&log, 3);
	struct house *h = *state;

	assert_int_equal(add(h, &log, 0, 5), 200);
	house_reopen(h);
	assert_int_equal(add(h, &other, 0, 5), 409);
	assert_says(h, "5\n");
	assert_int_equal(add(h, &other, 5, 9), 422);
	assert_int_equal(add(h, &log, 5, 9), 200);
}

/* Every answer 200 was on the disk before; what is there and was not answered
 * is merely a size the log is told. */
static void nothing_is_answered_before_it_is_kept(void **state)
{
	struct tree_log log = tree_log(LOG_NAME_HERE, 0);
	struct house *h = *state;
	struct err err = {0};
	struct buf body;

	assert_int_equal(add(h, &log, 0, 5), 200);
	assert_int_equal(nftw(h->logs, house_drop, 8, FTW_DEPTH | FTW_PHYS), 0);
	body = request(&log, 5, 9);
	assert_int_equal(witness_add(h->w, (const char *)body.bytes, body.len,
				     &h->answer, &err),
			 -1);
	assert_int_equal(err.kind, ERR_STORAGE);
	assert_int_equal(h->answer.status, 500);
	assert_null(strstr(buf_text(&h->answer.body), WITNESS_NAME));
	assert_int_equal(mkdir(h->logs, 0700), 0);
	assert_int_equal(submit(h, &body), 200);
}

static void put_file(const char *path, const void *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), (ssize_t)len);
	(void)close(fd);
}

static void refuses_to_start(struct house *h)
{
	struct err err = {0};

	assert_int_equal(house_open(h, &err), -1);
	assert_int_equal(err.kind, ERR_CORRUPT);
	assert_null(h->w);
}

/* Starting over would be how to get a second history signed. */
static void what_it_did_not_sign_it_does_not_trust(void **state)
{
	struct tree_log log = tree_log(LOG_NAME_HERE, 0);
	struct tree_log second = tree_log("second.example/log", 0);
	struct house *h = *state;
	struct buf note;
	char path[256], other[256];

	assert_int_equal(add(h, &log, 0, 5), 200);
	witness_close(&h->w);
	log_path(h, LOG_NAME_HERE, path);
	/* Empty; only the log's own word; the record of another log. */
	put_file(path, "", 0);
	refuses_to_start(h);
	note = tree_note(&log, 3);
	put_file(path, note.bytes, note.len);
	buf_free(&note);
	refuses_to_start(h);
	assert_int_equal(unlink(path), 0);
	house_watch(h, &second.key);
	assert_int_equal(house_open(h, NULL), 0);
	assert_int_equal(add(h, &second, 0, 5), 200);
	witness_close(&h->w);
	log_path(h, "second.example/log", other);
	assert_int_equal(rename(other, path), 0);
	refuses_to_start(h);
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(house_open(h, NULL), 0);
}

static void half_written_files_of_a_killed_one_do_not_matter(void **state)
{
	struct tree_log log = tree_log(LOG_NAME_HERE, 0);
	struct house *h = *state;
	char path[256], left[300];

	assert_int_equal(add(h, &log, 0, 5), 200);
	log_path(h, LOG_NAME_HERE, path);
	(void)snprintf(left, sizeof(left), "%s.new", path);
	put_file(left, "half", 4);
	house_reopen(h);
	assert_int_equal(add(h, &log, 5, 9), 200);
	assert_int_equal(access(left, F_OK), -1);
}

/* --- the folder and its settings ------------------------------------------ */

static void make_settings(struct witness_settings *s, const char *name)
{
	struct tree_log log = tree_log(LOG_NAME_HERE, 0);

	*s = (struct witness_settings){.logs_len = 1};
	s->logs[0] = log.key;
	(void)snprintf(s->listen, sizeof(s->listen), "%s", WITNESS_LISTEN);
	(void)snprintf(s->name, sizeof(s->name), "%s", name);
}

static mode_t mode_of(const char *dir, const char *name)
{
	char path[256];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return stat(path, &st) == 0 ? st.st_mode & 07777 : 0;
}

static void init_makes_a_key_once(void **state)
{
	struct witness_settings s, loaded;
	uint8_t first[WITNESS_SECRET_BYTES], again[WITNESS_SECRET_BYTES];
	struct house *h = *state;
	struct note_key key;
	struct err err = {0};
	char dir[80], path[128];

	(void)snprintf(dir, sizeof(dir), "%s/dpo", h->dir);
	make_settings(&s, WITNESS_NAME);
	assert_int_equal(witness_make(dir, &s, &err), 0);
	assert_int_equal(mode_of(dir, "witness.key"), 0600);
	assert_int_equal(mode_of(dir, "logs"), 0700);
	assert_int_equal(witness_key(dir, s.name, &key, first, &err), 0);
	assert_int_equal(key.type, NOTE_COSIGNATURE);
	assert_int_equal(witness_settings_load(dir, stderr, &loaded), 0);
	assert_string_equal(loaded.name, s.name);
	assert_string_equal(loaded.listen, s.listen);
	assert_int_equal(loaded.logs_len, 1);
	assert_int_equal(loaded.logs[0].id, s.logs[0].id);
	assert_int_equal(witness_make(dir, &s, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	/* Cut short before the settings: finished with the key it has. */
	(void)snprintf(path, sizeof(path), "%s/witness.yaml", dir);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(witness_make(dir, &s, &err), 0);
	assert_int_equal(witness_key(dir, s.name, &key, again, &err), 0);
	assert_memory_equal(first, again, sizeof(first));
}

static void init_leaves_a_gateway_alone(void **state)
{
	struct witness_settings s;
	struct house *h = *state;
	struct err err = {0};
	char path[128];

	make_settings(&s, WITNESS_NAME);
	(void)snprintf(path, sizeof(path), "%s/postern.yaml", h->dir);
	put_file(path, "x", 1);
	assert_int_equal(witness_make(h->dir, &s, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(mode_of(h->dir, "witness.key"), 0);
	assert_int_equal(unlink(path), 0);
	make_settings(&s, "a\\name");
	assert_int_equal(witness_make(h->dir, &s, &err), -1);
	assert_int_equal(mode_of(h->dir, "witness.yaml"), 0);
}

/* Lines before the list, and its entries in flow style. */
static bool parses(const char *before, const char *first, const char *second)
{
	static struct witness_settings s;
	struct diag diag;
	char text[2048];

	(void)snprintf(text, sizeof(text), "%s\nlogs: [\"%s\"%s%s%s]\n", before,
		       first, second[0] != '\0' ? ", \"" : "", second,
		       second[0] != '\0' ? "\"" : "");
	diag_init(&diag, "witness.yaml");
	return witness_settings_parse((const uint8_t *)text, strlen(text),
				      &diag, &s) == 0;
}

static bool parses_text(const char *text)
{
	static struct witness_settings s;
	struct diag diag;

	diag_init(&diag, "witness.yaml");
	return witness_settings_parse((const uint8_t *)text, strlen(text),
				      &diag, &s) == 0;
}

static void settings_are_a_few_lines(void **state)
{
	struct tree_log log = tree_log(LOG_NAME_HERE, 0);
	struct tree_log next = tree_log(LOG_NAME_HERE, 9);
	char vkey[NOTE_VKEY_BYTES], witness[NOTE_VKEY_BYTES];
	char other[NOTE_VKEY_BYTES];
	struct house *h = *state;

	note_key_print(&log.key, vkey);
	note_key_print(&next.key, other);
	note_key_print(&h->key, witness);
	assert_true(parses("name: w", vkey, ""));
	assert_true(parses("listen: \"[::1]:8\"\nname: w", vkey, other));
	assert_false(parses("", vkey, ""));
	assert_false(parses("name: a b", vkey, ""));
	assert_false(parses("name: a+b", vkey, ""));
	assert_false(parses("name: [w]", vkey, ""));
	assert_false(parses("name: w", witness, ""));
	assert_false(parses("name: w", vkey, vkey));
	assert_false(parses("name: w", vkey, "x"));
	assert_false(parses("name: w\nkeys: 1", vkey, ""));
	assert_false(parses("listen: []\nname: w", vkey, ""));
	assert_false(parses_text("name: w\n"));
	assert_false(parses_text("name: w\nlogs: []\n"));
	assert_false(parses_text("name: w\nlogs: x\n"));
	assert_false(parses_text("- name\n"));
}

static void a_folder_has_one_witness_at_a_time(void **state)
{
	struct house *h = *state;
	struct err err = {0};
	int first = -1, second = -1;

	assert_int_equal(witness_lock(h->dir, &first, &err), 0);
	assert_int_equal(witness_lock(h->dir, &second, &err), -1);
	assert_int_equal(err.kind, ERR_BUSY);
	(void)close(first);
	assert_int_equal(witness_lock(h->dir, &second, &err), 0);
	(void)close(second);
}

#define IN_HOUSE(f) \
	cmocka_unit_test_setup_teardown(f, house_set_up, house_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_HOUSE(the_public_example_gets_the_public_cosignature),
	    IN_HOUSE(what_it_shows_is_signed_by_the_log_and_by_itself),
	    IN_HOUSE(a_log_it_does_not_watch_is_unknown),
	    IN_HOUSE(only_the_logs_own_signature_counts),
	    IN_HOUSE(what_cannot_be_read_is_malformed),
	    IN_HOUSE(no_shortened_request_is_taken),
	    IN_HOUSE(no_changed_byte_of_a_request_gets_a_cosignature),
	    IN_HOUSE(an_old_size_beyond_the_checkpoint_is_malformed),
	    IN_HOUSE(another_old_size_gets_the_last_one),
	    IN_HOUSE(a_wrong_proof_or_root_is_refused),
	    IN_HOUSE(an_empty_log_is_one_too),
	    IN_HOUSE(the_same_once_more_is_signed_once_more),
	    IN_HOUSE(two_keys_of_one_name_are_one_log),
	    IN_HOUSE(evidence_of_two_histories_is_kept),
	    IN_HOUSE(what_was_signed_is_known_after_a_restart),
	    IN_HOUSE(nothing_is_answered_before_it_is_kept),
	    IN_HOUSE(what_it_did_not_sign_it_does_not_trust),
	    IN_HOUSE(half_written_files_of_a_killed_one_do_not_matter),
	    IN_HOUSE(init_makes_a_key_once),
	    IN_HOUSE(init_leaves_a_gateway_alone),
	    IN_HOUSE(settings_are_a_few_lines),
	    IN_HOUSE(a_folder_has_one_witness_at_a_time),
	};

	if (sodium_init() < 0)
		return 1;
	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
