/* test_media.c - attachments fetched, checked, sealed and tidied.
 *
 * Proves: channels.md 5.7; assurance P6. */
#include "send_house.h"

#include "picture_house.h"
#include "postern/text.h"

#define LOCATED                                                     \
	"{\"url\":\"http://%s/bytes\",\"mime_type\":\"image/png\"," \
	"\"sha256\":\"%s\",\"file_size\":\"%zu\",\"id\":\"4711\"}"
#define DONE "{\"success\":true}"

static const char picture[] = "not really a picture, but its bytes";

static void hash_of(const char *bytes, char ret[65])
{
	uint8_t hash[32];

	(void)crypto_hash_sha256(hash, (const uint8_t *)bytes, strlen(bytes));
	hex_encode(hash, sizeof(hash), ret);
}

/* An attachment as receive leaves it. */
static int64_t wanted(const char *hash)
{
	static const char sql[] =
	    "INSERT INTO attachment(id,conversation,key_person,channel,"
	    "datenart,year,state,media_sealed,created_ms)"
	    " VALUES(?,?,?,'shop','MEDIA',2026,'wanted',?,?)";
	int64_t c = sh_person("491700000001"), p = sh_person_of(c), a = sh_id();
	struct keeper_batch *batch = NULL;
	struct store_value sealed;
	char media[256];

	(void)snprintf(media, sizeof(media),
		       "{\"id\":\"4711\",\"mime\":\"image/png\"%s%s%s}",
		       hash != NULL ? ",\"sha256\":\"" : "",
		       hash != NULL ? hash : "", hash != NULL ? "\"" : "");
	sealed = sh_seal(p, "MEDIA", a, FIELD_MEDIA, media, &batch);
	sh_sql(sql,
	       STORE_ARGS(S_INT(a), S_INT(c), S_INT(p), sealed, S_INT(NOW_MS)));
	keeper_batch_free(&batch);
	media_wake(&sh.w);
	return a;
}

static void located(char *ret, size_t size, const char *hash, size_t len)
{
	(void)snprintf(ret, size, LOCATED, sh.server.address, hash, len);
}

/* Opens a kept file and compares it. */
static void is_kept_bytes(int64_t a, const void *bytes, size_t bytes_len)
{
	static const char sql[] =
	    "SELECT key_person,bytes,file FROM attachment WHERE id=? AND"
	    " state='kept'";
	struct store_rows *rows = NULL;
	struct keeper_batch *batch = NULL;
	struct sealedfile *f = NULL;
	struct store_value v;
	struct key_ref ref;
	const uint8_t *key;
	uint8_t got[8192];
	char file[33] = "";
	int64_t len;
	size_t n;

	assert_int_equal(
	    store_start(sh.w.store, sql, STORE_ARGS(S_INT(a)), &rows, NULL), 0);
	assert_int_equal(store_step(sh.w.store, rows, NULL), 1);
	ref = ref_of(store_column(sh.w.store, rows, 0).num, "MEDIA", YEAR);
	len = store_column(sh.w.store, rows, 1).num;
	v = store_column(sh.w.store, rows, 2);
	memcpy(file, v.bytes, 32);
	store_finish(sh.w.store, &rows);
	assert_int_equal(keeper_batch_new(sh.w.keeper, &batch, NULL), 0);
	(void)keeper_add_file_key(batch, &ref, a);
	assert_int_equal(keeper_run(batch, NULL), 0);
	assert_int_equal(keeper_result(batch, 0, &key, &n, NULL), 0);
	assert_int_equal(mediafile_open(sh.house.dir, file, key, len, &f, NULL),
			 0);
	assert_int_equal(sealedfile_read(f, got, sizeof(got), &n, NULL), 0);
	assert_int_equal(n, bytes_len);
	assert_memory_equal(got, bytes, n);
	assert_int_equal(sealedfile_read(f, got, sizeof(got), &n, NULL), 0);
	assert_int_equal(n, 0);
	sealedfile_close(&f);
	keeper_batch_free(&batch);
}

static void is_kept(int64_t a, const char *bytes)
{
	is_kept_bytes(a, bytes, strlen(bytes));
}

static int count_file(const char *path, const struct stat *st, int type,
		      struct FTW *at)
{
	(void)path;
	(void)st;
	(void)at;
	sh.next_id += type == FTW_F ? INT64_C(1) << 40 : 0;
	return 0;
}

static int64_t files(void)
{
	int64_t before = sh.next_id, n;
	char path[256];

	house_path(&sh.house, "media", path);
	(void)nftw(path, count_file, 16, FTW_PHYS);
	n = (sh.next_id - before) >> 40;
	sh.next_id = before;
	return n;
}

static void a_medium_is_kept_and_then_tidied(void **state)
{
	char hash[65], where[512];
	int64_t a;

	(void)state;
	hash_of(picture, hash);
	located(where, sizeof(where), hash, strlen(picture));
	a = wanted(hash);
	sh_answer(200, where);
	sh_answer(200, picture);
	sh_answer(200, DONE);
	sh_run();
	is_kept(a, picture);
	assert_int_equal(sh.requests_len, 3);
	assert_non_null(
	    strstr(sh.requests[0], "GET /v25.0/4711?phone_number_id=77000"));
	assert_non_null(strstr(sh.requests[2], "DELETE /v25.0/4711"));
	assert_int_equal(COUNT_OF("attachment WHERE tidy=0"), 1);
	sh_pass(3600000);
	assert_int_equal(sh.requests_len, 3);
	assert_int_equal(files(), 1);
}

static void an_expired_address_is_renewed_once(void **state)
{
	char hash[65], where[512];
	int64_t a;

	(void)state;
	hash_of(picture, hash);
	located(where, sizeof(where), hash, strlen(picture));
	a = wanted(NULL);
	sh_answer(200, where);
	sh_answer(404, "");
	sh_answer(200, where);
	sh_answer(200, picture);
	sh_answer(200, DONE);
	sh_run();
	assert_int_equal(sh.requests_len, 5);
	is_kept(a, picture);
}

static void other_bytes_than_announced_are_never_kept(void **state)
{
	char hash[65], where[512];

	(void)state;
	hash_of("something else", hash);
	located(where, sizeof(where), hash, strlen(picture));
	(void)wanted(hash);
	for (int i = 0; i < 4; i++) {
		sh_answer(200, where);
		sh_answer(200, picture);
	}
	sh_run();
	for (int i = 0; i < 5; i++)
		sh_pass(60000);
	assert_int_equal(
	    COUNT_OF("attachment WHERE state='failed' AND reason='hash'"), 1);
	assert_int_equal(files(), 0);
}

static void two_hashes_that_differ_are_refused_before_fetching(void **state)
{
	char a[65], b[65], where[512];

	(void)state;
	hash_of("one", a);
	hash_of("other", b);
	located(where, sizeof(where), a, 3);
	(void)wanted(b);
	sh_answer(200, where);
	sh_answer(200, DONE);
	sh_run();
	assert_int_equal(
	    COUNT_OF("attachment WHERE state='failed' AND reason='hash'"), 1);
	for (size_t i = 0; i < sh.requests_len; i++)
		assert_null(strstr(sh.requests[i], "/bytes"));
}

static void what_is_too_large_is_not_fetched(void **state)
{
	char hash[65], where[512];

	(void)state;
	hash_of(picture, hash);
	located(where, sizeof(where), hash, 100001);
	(void)wanted(NULL);
	sh_answer(200, where);
	sh_answer(200, DONE);
	sh_run();
	assert_int_equal(COUNT_OF("attachment WHERE state='failed' AND"
				  " reason='too_large'"),
			 1);
	assert_int_equal(files(), 0);
}

static void more_bytes_than_allowed_end_the_call(void **state)
{
	char where[512], *large = malloc(100100);

	(void)state;
	memset(large, 'x', 100050);
	large[100050] = '\0';
	(void)snprintf(where, sizeof(where),
		       "{\"url\":\"http://%s/bytes\",\"id\":\"4711\"}",
		       sh.server.address);
	(void)wanted(NULL);
	sh_answer(200, where);
	sh_answer(200, large);
	sh_answer(200, DONE);
	sh_run();
	assert_int_equal(COUNT_OF("attachment WHERE state='failed'"), 1);
	assert_int_equal(files(), 0);
	free(large);
}

static void a_foreign_host_is_never_called(void **state)
{
	(void)state;
	(void)wanted(NULL);
	sh_answer(200, "{\"url\":\"https://example.org/x\",\"id\":\"4711\"}");
	sh_answer(200, DONE);
	sh_run();
	assert_int_equal(COUNT_OF("attachment WHERE state='failed' AND"
				  " reason='refused'"),
			 1);
	assert_int_equal(files(), 0);
}

static void an_unknown_medium_is_given_up(void **state)
{
	(void)state;
	(void)wanted(NULL);
	sh_answer(400, "{\"error\":{\"code\":100}}");
	sh_run();
	assert_int_equal(
	    COUNT_OF("attachment WHERE state='failed' AND reason='gone'"), 1);
}

static void an_unwell_provider_is_asked_again_until_the_attempts_end(
    void **state)
{
	(void)state;
	(void)wanted(NULL);
	sh_answer(503, "");
	sh_run();
	for (int i = 0; i < 40; i++)
		sh_pass(3600000);
	assert_int_equal(COUNT_OF("attachment WHERE state='failed' AND"
				  " reason='attempts'"),
			 1);
	assert_in_range(sh.requests_len, 12, 20);
}

static void too_fast_costs_a_medium_nothing(void **state)
{
	char hash[65], where[512];
	int64_t a;

	(void)state;
	hash_of(picture, hash);
	located(where, sizeof(where), hash, strlen(picture));
	a = wanted(hash);
	sh_answer(429, "");
	sh.answers[0].header = "Retry-After: 86400\r\n";
	sh_run();
	for (int i = 0; i < 14; i++)
		sh_pass(2 * 3600000);
	assert_in_range(sh.requests_len, 15, 20);
	assert_int_equal(COUNT_OF("attachment WHERE attempts>0"), 0);
	sh.answers_len = sh.answered = 0;
	sh_answer(200, where);
	sh_answer(200, picture);
	sh_answer(200, DONE);
	sh_pass(2 * 3600000);
	is_kept(a, picture);
}

static void a_person_erased_meanwhile_leaves_no_file(void **state)
{
	static const char erase[] = "DELETE FROM attachment";
	char hash[65], where[512];
	struct err err = {0};
	bool moved = false;

	(void)state;
	hash_of(picture, hash);
	located(where, sizeof(where), hash, strlen(picture));
	(void)wanted(hash);
	sh_answer(200, where);
	sh_answer(200, picture);
	assert_int_equal(media_step(&sh.w, &moved, &err), 0);
	assert_true(moved);
	sh_sql(erase, STORE_NO_ARGS);
	sh_run();
	assert_int_equal(files(), 0);
}

static void files_without_a_row_go_at_the_next_start(void **state)
{
	uint8_t key[32] = {7};
	struct sealedfile *f = NULL;
	char hash[65], where[512], file[33];
	int64_t a;

	(void)state;
	hash_of(picture, hash);
	located(where, sizeof(where), hash, strlen(picture));
	a = wanted(hash);
	sh_answer(200, where);
	sh_answer(200, picture);
	sh_answer(200, DONE);
	sh_run();
	assert_int_equal(mediafile_create(&sh.w, key, &f, file, NULL), 0);
	assert_int_equal(sealedfile_finish(&f, NULL), 0);
	assert_int_equal(files(), 2);
	/* The clock of the files is the machine's, not this test's. */
	sh.ahead_ms = env_system()->wall_ms(env_system()) - NOW_MS;
	sh_close_steps();
	sh_open_steps();
	assert_int_equal(files(), 1);
	is_kept(a, picture);
}

/* --- media.strip ---------------------------------------------------------- */

/* From now on the policy strips, or knows nothing of the channel. */
static void with_policy(const char *channel)
{
	char yaml[1024];
	struct diag *diag = calloc(1, sizeof(*diag));
	int len =
	    snprintf(yaml, sizeof(yaml),
		     "policy: shop\nversion: 1\n"
		     "purposes:\n  support: {basis: contract}\n"
		     "data:\n"
		     "  MSG: {from: process_end, keep: P30D, delete: P90D}\n"
		     "  MEDIA: {from: process_end, delete: P90D}\n"
		     "  RAW: {from: collection, delete: P3D}\n"
		     "channels:\n  %s: {purpose: support, data: MSG,"
		     " media: {strip: [place]}}\n"
		     "helpdesks:\n  desk: {sees: [text], person: alias}\n",
		     channel);

	assert_non_null(diag);
	policy_free(&sh.policy);
	diag_init(diag, "policy.yaml");
	assert_int_equal(
	    policy_parse((const uint8_t *)yaml, (size_t)len, diag, &sh.policy),
	    0);
	sh.w.policy = sh.policy;
	free(diag);
}

/* Sends these bytes as an attachment and lets it come. */
static int64_t sent(const struct buf *b, const char *hash)
{
	static char where[512];
	uint8_t right[32];
	char hex[65];
	int64_t a;

	(void)crypto_hash_sha256(right, b->bytes, b->len);
	hex_encode(right, sizeof(right), hex);
	located(where, sizeof(where), hash != NULL ? hash : hex, b->len);
	a = wanted(NULL);
	sh_answer(200, where);
	sh_answer(200, (const char *)b->bytes);
	sh.answers[sh.answers_len - 1].body_len = b->len;
	sh_answer(200, DONE);
	sh_run();
	return a;
}

static void a_picture_is_stripped_before_it_is_sealed(void **state)
{
	struct buf b = ph_jpeg(PH_WIDTH, PH_HEIGHT, PH_SIDE_UP, false);
	struct buf bare = BUF_INIT(100000);

	(void)state;
	with_policy("shop");
	assert_int_equal(
	    picture_strip(b.bytes, b.len, &picture_limits_usual, &bare, NULL),
	    0);
	assert_in_range(bare.len, 1, b.len - 100);
	is_kept_bytes(sent(&b, NULL), bare.bytes, bare.len);
	assert_int_equal(files(), 1);
	buf_free(&b);
	buf_free(&bare);
}

static void a_policy_without_the_channel_strips(void **state)
{
	struct buf b = ph_png(PH_WIDTH, PH_HEIGHT, PH_SIDE_UP, false);
	struct buf bare = BUF_INIT(100000);

	(void)state;
	with_policy("other");
	assert_int_equal(
	    picture_strip(b.bytes, b.len, &picture_limits_usual, &bare, NULL),
	    0);
	is_kept_bytes(sent(&b, NULL), bare.bytes, bare.len);
	buf_free(&b);
	buf_free(&bare);
}

static void without_strip_a_picture_stays_as_it_came(void **state)
{
	struct buf b = ph_webp(PH_SIDE_UP, 0);

	(void)state;
	is_kept_bytes(sent(&b, NULL), b.bytes, b.len);
	buf_free(&b);
}

static void other_files_are_not_touched(void **state)
{
	static char few[] = "\xff\xd8", many[] = "GIF89a, and no more of it";
	struct buf a = {.bytes = (uint8_t *)few, .len = 2};
	struct buf b = {.bytes = (uint8_t *)many, .len = sizeof(many) - 1};

	(void)state;
	with_policy("shop");
	is_kept_bytes(sent(&a, NULL), a.bytes, a.len);
	sh.answers_len = sh.answered = 0;
	is_kept_bytes(sent(&b, NULL), b.bytes, b.len);
}

static void a_picture_that_cannot_be_read_is_not_kept(void **state)
{
	struct buf b = ph_jpeg(PH_WIDTH, PH_HEIGHT, PH_SIDE_UP, false);

	(void)state;
	with_policy("shop");
	b.len -= 40;
	(void)sent(&b, NULL);
	assert_int_equal(COUNT_OF("attachment WHERE state='failed' AND"
				  " reason='unreadable' AND file IS NULL"),
			 1);
	assert_int_equal(COUNT_OF("attachment WHERE tidy=0"), 1);
	assert_int_equal(files(), 0);
	buf_free(&b);
}

static void the_hash_is_of_what_was_sent(void **state)
{
	struct buf b = ph_jpeg(PH_WIDTH, PH_HEIGHT, PH_SIDE_UP, false);
	char other[65];

	(void)state;
	with_policy("shop");
	hash_of(picture, other);
	(void)sent(&b, other);
	assert_int_equal(COUNT_OF("attachment WHERE state='kept'"), 0);
	assert_int_equal(files(), 0);
	buf_free(&b);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, sh_make, sh_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(a_medium_is_kept_and_then_tidied),
	    CASE(a_picture_is_stripped_before_it_is_sealed),
	    CASE(a_policy_without_the_channel_strips),
	    CASE(without_strip_a_picture_stays_as_it_came),
	    CASE(other_files_are_not_touched),
	    CASE(a_picture_that_cannot_be_read_is_not_kept),
	    CASE(the_hash_is_of_what_was_sent),
	    CASE(an_expired_address_is_renewed_once),
	    CASE(other_bytes_than_announced_are_never_kept),
	    CASE(two_hashes_that_differ_are_refused_before_fetching),
	    CASE(what_is_too_large_is_not_fetched),
	    CASE(more_bytes_than_allowed_end_the_call),
	    CASE(a_foreign_host_is_never_called),
	    CASE(an_unknown_medium_is_given_up),
	    CASE(an_unwell_provider_is_asked_again_until_the_attempts_end),
	    CASE(too_fast_costs_a_medium_nothing),
	    CASE(a_person_erased_meanwhile_leaves_no_file),
	    CASE(files_without_a_row_go_at_the_next_start),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
