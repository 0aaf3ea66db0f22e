/* postern.yaml on disk: its secrets, who may look, and what is written about
 * it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <ftw.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "postern/channel.h"
#include "postern/check.h"
#include "postern/helpdesk.h"
#include "settings/params.h"
#include "settings/place.h"
#include "settings_example.h"

static struct diag diag;
static char dir[64];

static void write_file(const char *file, const char *text, mode_t mode)
{
	char path[256];
	int fd;

	assert_int_equal(place_path(dir, file, path, sizeof(path)), 0);
	(void)unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(close(fd), 0);
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int make_dir(void **state)
{
	char path[256];

	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/postern-settings-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	(void)place_path(dir, "secrets", path, sizeof(path));
	(void)mkdir(path, 0700);
	(void)place_path(dir, "keys", path, sizeof(path));
	(void)mkdir(path, 0700);
	write_file("postern.yaml", EXAMPLE, 0600);
	write_file("policy.yaml",
		   "policy: a\nversion: 1\n"
		   "purposes: {support: {basis: contract}}\n"
		   "data: {MEDIA: {from: collection, delete: P1D}, RAW: {from: "
		   "collection, delete: P1D}}\n"
		   "channels: {kundenservice: {purpose: support, data: RAW}}\n"
		   "helpdesks: {desk: {sees: [text]}}\n",
		   0600);
	write_file("secrets/whatsapp-app", "0123456789abcdef0123456789ab\n",
		   0600);
	write_file("secrets/whatsapp-verify", "0123456789abcdef0123456789ab\n",
		   0600);
	write_file("secrets/whatsapp-access", "0123456789abcdef0123456789ab\n",
		   0600);
	write_file("secrets/desk", "0123456789abcdef0123456789ab\n", 0600);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	return nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void a_data_directory_in_order_is_read_with_its_secrets(void **state)
{
	struct settings *s = NULL;
	struct policy *p = NULL;
	const struct secret *secret;

	(void)state;
	diag_init(&diag, "postern.yaml");
	assert_int_equal(settings_load(dir, ROLE_INTAKE, &diag, &s), 0);
	secret = setting_secret(s->channels[0].values,
				s->channels[0].values_len, "app_secret");
	assert_int_equal(secret->len, 28);
	assert_memory_equal(secret->bytes, "0123456789abcdef0123456789ab", 28);
	settings_free(&s);
	assert_int_equal(settings_check(dir, &s, &p, stderr), 0);
	settings_free(&s);
	policy_free(&p);
}

static void a_secret_others_may_read_stops_the_start(void **state)
{
	struct settings *s = NULL;

	(void)state;
	write_file("secrets/desk", "0123456789abcdef0123456789ab\n", 0644);
	diag_init(&diag, "postern.yaml");
	assert_int_equal(settings_load(dir, ROLE_CHECK, &diag, &s), -1);
	assert_int_equal(diag.findings_len, 1);
	assert_int_equal(diag.findings[0].line, 15);
	assert_non_null(strstr(diag.findings[0].text, "secrets/desk"));
	assert_null(s);
}

static void credentials_come_from_the_directory_systemd_names(void **state)
{
	struct settings *s = NULL;
	const struct secret *secret;

	(void)state;
	write_file("whatsapp", "0123456789abcdef0123456789ab\n", 0440);
	write_file(
	    "postern.yaml",
	    WHO CHANNEL_HEAD
	    "    app_secret: {credential: whatsapp}\n"
	    "    verify_token: {file: secrets/whatsapp-verify}\n"
	    "    access_token: {file: secrets/whatsapp-access}\n" PROVIDER DESK
		ROUTE,
	    0600);
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", dir, 1), 0);
	diag_init(&diag, "postern.yaml");
	assert_int_equal(settings_load(dir, ROLE_INTAKE, &diag, &s), 0);
	secret = setting_secret(s->channels[0].values,
				s->channels[0].values_len, "app_secret");
	assert_int_equal(secret->len, 28);
	settings_free(&s);
	write_file("whatsapp", "0123456789abcdef0123456789ab\n", 0444);
	assert_int_equal(settings_load(dir, ROLE_INTAKE, &diag, &s), -1);
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	/* Without the variable: the place of the unit, which is not here. */
	diag_init(&diag, "postern.yaml");
	assert_int_equal(settings_load(dir, ROLE_INTAKE, &diag, &s), -1);
	assert_non_null(strstr(diag.findings[0].text, "does not exist"));
}

static void files_that_are_absent_are_findings(void **state)
{
	struct settings *s = NULL;
	char path[256];

	(void)state;
	assert_int_equal(place_path(dir, "postern.yaml", path, sizeof(path)),
			 0);
	assert_int_equal(unlink(path), 0);
	diag_init(&diag, "postern.yaml");
	assert_int_equal(settings_load(dir, ROLE_CHECK, &diag, &s), -1);
	assert_non_null(strstr(diag.findings[0].text, "postern init"));
	/* A pipe in its place must not hang. */
	assert_int_equal(mkfifo(path, 0600), 0);
	diag_init(&diag, "postern.yaml");
	assert_int_equal(settings_load(dir, ROLE_CHECK, &diag, &s), -1);
	assert_non_null(strstr(diag.findings[0].text, "regular file"));
}

static void a_directory_open_to_others_is_a_finding(void **state)
{
	FILE *out = tmpfile();
	char text[512] = "";

	(void)state;
	assert_non_null(out);
	assert_int_equal(chmod(dir, 0755), 0);
	assert_int_equal(settings_check(dir, NULL, NULL, out), -1);
	rewind(out);
	assert_true(fread(text, 1, sizeof(text) - 1, out) > 0);
	assert_non_null(strstr(text, "mode 0755"));
	assert_int_equal(fclose(out), 0);
}

static void both_files_have_to_name_the_same_channels(void **state)
{
	struct check_lists *lists = calloc(1, sizeof(*lists));

	(void)state;
	assert_non_null(lists);
	write_file("policy.yaml",
		   "policy: a\nversion: 1\n"
		   "purposes: {support: {basis: contract}}\n"
		   "data: {MEDIA: {from: collection, delete: P1D}, RAW: {from: "
		   "collection, delete: P1D}}\n"
		   "channels: {}\nhelpdesks: {desk: {sees: [text]}}\n",
		   0600);
	assert_int_equal(settings_check_lists(dir, lists, NULL, NULL), -1);
	assert_int_equal(lists->settings.findings_len, 0);
	assert_int_equal(lists->policy.findings_len, 1);
	assert_non_null(strstr(lists->policy.findings[0].text,
			       "channel kundenservice of the settings"));
	free(lists);
}

static void a_policy_whose_own_tests_fail_is_a_finding(void **state)
{
	struct check_lists *lists = calloc(1, sizeof(*lists));

	(void)state;
	assert_non_null(lists);
	/* At ten in Berlin, as the settings say, and not at ten elsewhere. */
	write_file(
	    "policy.yaml",
	    "policy: a\nversion: 1\n"
	    "purposes: {support: {basis: contract}}\n"
	    "data: {MEDIA: {from: collection, delete: P1D}, RAW: {from: "
	    "collection, delete: P1D}}\n"
	    "channels: {kundenservice: {purpose: support, data: RAW, hours: "
	    "{days: {mon: [\"10:00-10:01\"]}, outside: zu}}}\n"
	    "helpdesks: {desk: {sees: [text]}}\n"
	    "notices: {zu: zu}\n"
	    "tests:\n"
	    "  - {name: at ten, at: \"2026-11-16T09:00:00Z\", given: "
	    "{channel: kundenservice}, expect: {reply: false}}\n"
	    "  - {name: at nine, at: \"2026-11-16T08:00:00Z\", given: "
	    "{channel: kundenservice}, expect: {reply: false}}\n",
	    0600);
	assert_int_equal(settings_check_lists(dir, lists, NULL, NULL), -1);
	assert_int_equal(lists->settings.findings_len, 0);
	assert_int_equal(lists->policy.findings_len, 1);
	assert_int_equal(lists->policy.findings[0].line, 10);
	assert_string_equal(lists->policy.findings[0].text,
			    "test 'at nine' fails: reply: expected none, but "
			    "it is outside; correct the rule, or the test");
	free(lists);
}

/* --- documents ------------------------------------------------------------ */

static char *read_document(const char *path)
{
	struct diag d;
	uint8_t *bytes = NULL;
	size_t len;
	char *text;

	diag_init(&d, path);
	if (settings_read_file(".", path, &d, &bytes, &len) != 0)
		skip();
	text = calloc(1, len + 1);
	assert_non_null(text);
	memcpy(text, bytes, len);
	free(bytes);
	return text;
}

/* The rows are the truth; manual and schema have to repeat them. */
static void manual_and_schema_know_every_row(void **state)
{
	char *manual = read_document("docs/man/postern.yaml.5");
	char *schema = read_document("docs/schema/postern.schema.json");
	size_t channels_len, helpdesks_len;
	const struct channel_driver *const *channels =
	    channel_all(&channels_len);
	const struct helpdesk_driver *const *helpdesks =
	    helpdesk_all(&helpdesks_len);
	char text[256];

	(void)state;
	for (size_t i = 0; i < params_len; i++) {
		const struct param *p = &params[i];

		(void)snprintf(text, sizeof(text),
			       ".It Cm %s Pq %lld to %lld %s, default %lld",
			       p->name, (long long)p->min, (long long)p->max,
			       p->unit, (long long)p->fallback);
		if (!strstr(manual, text))
			fail_msg("manual: %s", text);
		(void)snprintf(text, sizeof(text),
			       "\"%s\": {\"type\": \"integer\", \"minimum\": "
			       "%lld, \"maximum\": %lld, \"default\": %lld",
			       p->name, (long long)p->min, (long long)p->max,
			       (long long)p->fallback);
		if (!strstr(schema, text))
			fail_msg("schema: %s", text);
	}
	for (size_t i = 0; i < channels_len; i++)
		for (size_t j = 0; j < channels[i]->rows_len; j++) {
			const char *key = channels[i]->rows[j].key;

			(void)snprintf(text, sizeof(text), ".It Cm %s", key);
			if (!strstr(manual, text))
				fail_msg("manual: %s", key);
			(void)snprintf(text, sizeof(text), "\"%s\":", key);
			if (!strstr(schema, text))
				fail_msg("schema: %s", key);
		}
	for (size_t i = 0; i < helpdesks_len; i++)
		for (size_t j = 0; j < helpdesks[i]->rows_len; j++) {
			const char *key = helpdesks[i]->rows[j].key;

			(void)snprintf(text, sizeof(text), ".It Cm %s", key);
			if (!strstr(manual, text))
				fail_msg("manual: %s", key);
			(void)snprintf(text, sizeof(text), "\"%s\":", key);
			if (!strstr(schema, text))
				fail_msg("schema: %s", key);
		}
	free(manual);
	free(schema);
}

#define ON_DISK(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    ON_DISK(a_data_directory_in_order_is_read_with_its_secrets),
	    ON_DISK(a_secret_others_may_read_stops_the_start),
	    ON_DISK(credentials_come_from_the_directory_systemd_names),
	    ON_DISK(files_that_are_absent_are_findings),
	    ON_DISK(a_directory_open_to_others_is_a_finding),
	    ON_DISK(both_files_have_to_name_the_same_channels),
	    ON_DISK(a_policy_whose_own_tests_fail_is_a_finding),
	    cmocka_unit_test(manual_and_schema_know_every_row),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
