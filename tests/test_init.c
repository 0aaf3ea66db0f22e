/* verb init: what it makes, and that it never replaces anything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "postern/token.h"
#include "postern/check.h"
#include "postern/env.h"
#include "postern/keeper.h"
#include "postern/store.h"
#include "postern/text.h"
#include "settings/place.h"
#include "settings/templates.h"

static char dir[64];

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
	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/postern-init-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	(void)state;
	return nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static struct settings_init_conf conf_for(const char *template_name)
{
	return (struct settings_init_conf){.dir = dir,
					   .template_name = template_name,
					   .public = "127.0.0.1:18080",
					   .internal = "127.0.0.1:18081"};
}

static void init(const char *template_name, struct settings_made *made)
{
	struct settings_init_conf conf = conf_for(template_name);
	struct err err = {0};

	if (settings_init(env_system(), &conf, made, &err) != 0)
		fail_msg("%s: %s (%d)", err.where, err.what, err.native);
}

static mode_t mode_of(const char *name)
{
	char path[256];
	struct stat st;

	assert_int_equal(place_path(dir, name, path, sizeof(path)), 0);
	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static void what_every_template_makes_is_in_order(void **state)
{
	size_t len;
	const struct template_policy *all = template_all(&len);

	for (size_t i = 0; i < len; i++) {
		struct check_lists *lists = calloc(1, sizeof(*lists));
		struct settings_made made;
		struct settings *s = NULL;

		assert_non_null(lists);
		init(all[i].name, &made);
		if (settings_check_lists(dir, lists, &s, NULL) != 0) {
			diag_print(&lists->place, stderr);
			diag_print(&lists->settings, stderr);
			diag_print(&lists->policy, stderr);
			fail();
		}
		assert_string_equal(s->channels[0].path, made.path);
		assert_string_equal(s->channels[0].name.text, made.channel);
		assert_string_equal(s->listen.public, "127.0.0.1:18080");
		assert_string_equal(s->keys_source, "file");
		assert_string_equal(made.type, s->channels[0].type);
		assert_int_equal(made.secrets_len, 4);
		/* Exactly the file only a person can fill is remarked. */
		assert_int_equal(lists->notes.findings_len, 1);
		assert_non_null(strstr(lists->notes.findings[0].text,
				       "secrets/whatsapp-access"));
		settings_free(&s);
		free(lists);
		assert_int_equal(remove_dir(state), 0);
		assert_int_equal(make_dir(state), 0);
	}
}

static void nothing_it_makes_is_open_to_others(void **state)
{
	static const char *const folders[] = {
	    ".", "keys", "secrets", "spool", "media", "packages", "run"};
	static const char *const files[] = {"postern.yaml",
					    "policy.yaml",
					    "postern.db",
					    "keeper.db",
					    "keys/root",
					    "secrets/whatsapp-app",
					    "secrets/desk",
					    "secrets/whatsapp-verify",
					    "secrets/whatsapp-access"};
	struct settings_made made;
	mode_t old = umask(0);

	(void)state;
	assert_int_equal(chmod(dir, 0755), 0);
	init("kundenservice", &made);
	(void)umask(old);
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		assert_int_equal(mode_of(folders[i]), 0700);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (mode_of(files[i]) != 0600)
			fail_msg("%s", files[i]);
}

static void the_token_is_stored_as_a_keyed_hash_only(void **state)
{
	struct settings_made made;
	struct store *st = NULL;
	struct store_rows *rows = NULL;
	struct store_value v;
	struct err err = {0};
	uint8_t hash[32];
	int64_t id, count = 0;
	bool found;
	char path[256];

	(void)state;
	init("kundenservice", &made);
	assert_int_equal(
	    token_parse(made.token, strlen(made.token), &id, NULL, &err), 0);
	assert_int_equal(keeper_init_hash(dir, NULL, 0, "token", made.token,
					  strlen(made.token), hash, &err),
			 0);
	assert_int_equal(place_path(dir, "postern.db", path, sizeof(path)), 0);
	assert_int_equal(store_open("sqlite", path, &st, &err), 0);
	assert_int_equal(
	    store_start(st,
			"SELECT token_hash, scopes, expires_ms - created_ms"
			" FROM token WHERE id = ?",
			STORE_ARGS(S_INT(id)), &rows, &err),
	    0);
	assert_int_equal(store_step(st, rows, &err), 1);
	v = store_column(st, rows, 0);
	assert_int_equal(v.len, 32);
	assert_memory_equal(v.bytes, hash, 32);
	v = store_column(st, rows, 1);
	assert_int_equal(v.len, strlen("desk rights policy audit operator"));
	assert_memory_equal(v.bytes, "desk rights policy audit operator",
			    v.len);
	v = store_column(st, rows, 2);
	assert_true(v.num == 90 * 86400000LL);
	store_finish(st, &rows);
	assert_int_equal(
	    store_one_int(st,
			  "SELECT length(value) FROM meta WHERE name = "
			  "'id_mask'",
			  STORE_NO_ARGS, &count, &found, &err),
	    0);
	assert_true(found);
	assert_int_equal(count, 32);
	store_close(&st);
}

static void two_directories_share_no_secret(void **state)
{
	struct settings_made first, second;

	init("kundenservice", &first);
	assert_int_equal(remove_dir(state), 0);
	assert_int_equal(make_dir(state), 0);
	init("kundenservice", &second);
	assert_string_not_equal(first.path, second.path);
	assert_string_not_equal(first.token, second.token);
	assert_int_equal(strlen(first.path), 32);
}

static void a_directory_in_use_is_refused_untouched(void **state)
{
	struct settings_init_conf conf = conf_for("kundenservice");
	struct settings_made made;
	struct err err = {0};
	char path[256];
	struct stat before, after;

	(void)state;
	init("kundenservice", &made);
	assert_int_equal(place_path(dir, "keys/root", path, sizeof(path)), 0);
	assert_int_equal(stat(path, &before), 0);
	assert_int_equal(settings_init(env_system(), &conf, &made, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(stat(path, &after), 0);
	assert_true(before.st_ino == after.st_ino);
	assert_true(before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
	/* One single key is enough to stop. */
	assert_int_equal(remove_dir(state), 0);
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(place_path(dir, "keys", path, sizeof(path)), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(settings_init(env_system(), &conf, &made, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
}

static void wrong_wishes_make_nothing(void **state)
{
	struct settings_init_conf wishes[] = {
	    conf_for("kundendienst"), conf_for("bank"), conf_for("bank"),
	    conf_for("bank")};
	char path[256];

	(void)state;
	wishes[1].public = "8080";
	wishes[2].internal = wishes[2].public;
	wishes[3].passphrase_file = "/nowhere/at/all";
	for (size_t i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++) {
		struct settings_made made;
		struct err err = {0};

		assert_int_equal(
		    settings_init(env_system(), &wishes[i], &made, &err), -1);
		assert_int_not_equal(err.kind, ERR_NONE);
	}
	assert_int_equal(place_path(dir, "keys", path, sizeof(path)), 0);
	assert_int_not_equal(access(path, F_OK), 0);
}

static void with_a_passphrase_the_keys_need_it(void **state)
{
	struct settings_init_conf conf = conf_for("kundenservice");
	struct settings_made made;
	struct settings *s = NULL;
	struct err err = {0};
	static const char pass[] = "a long enough passphrase";
	uint8_t hash[32];
	char path[256];
	FILE *f;

	(void)state;
	assert_int_equal(place_path(dir, "pass", path, sizeof(path)), 0);
	f = fopen(path, "wxe");
	assert_non_null(f);
	assert_int_equal(fchmod(fileno(f), 0600), 0);
	assert_true(fprintf(f, "%s\n", pass) > 0);
	assert_int_equal(fclose(f), 0);
	conf.passphrase_file = path;
	assert_int_equal(settings_init(env_system(), &conf, &made, &err), 0);
	assert_int_equal(settings_check(dir, &s, NULL, stderr), 0);
	assert_string_equal(s->keys_source, "passphrase");
	settings_free(&s);
	assert_int_equal(keeper_init_hash(dir, pass, strlen(pass), "token", "x",
					  1, hash, &err),
			 0);
	assert_int_equal(keeper_init_hash(dir, "another passphrase", 18,
					  "token", "x", 1, hash, &err),
			 -1);
}

/* --- tokens --------------------------------------------------------------- */

static void a_token_names_its_row_and_detects_errors(void **state)
{
	static const int64_t ids[] = {0, 1, 255, 1LL << 40, INT64_MAX};
	char text[TOKEN_TEXT_BYTES], other[TOKEN_TEXT_BYTES];
	struct err err = {0};
	int64_t id;

	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		token_make(env_system(), ids[i], text);
		assert_int_equal(strlen(text), TOKEN_TEXT_BYTES - 1);
		assert_int_equal(
		    token_parse(text, strlen(text), &id, NULL, &err), 0);
		assert_true(id == ids[i]);
	}
	/* Any one other character, and any other length. */
	for (size_t i = 0; i < TOKEN_TEXT_BYTES - 1; i++) {
		memcpy(other, text, sizeof(other));
		other[i] = other[i] == 'x' ? 'y' : 'x';
		id = -7;
		assert_int_equal(
		    token_parse(other, TOKEN_TEXT_BYTES - 1, &id, NULL, &err),
		    -1);
		assert_int_equal(err.kind, ERR_DENIED);
		assert_true(id == -7);
		assert_int_equal(token_parse(text, i, &id, NULL, &err), -1);
	}
	assert_int_equal(token_parse(text, TOKEN_TEXT_BYTES, &id, NULL, &err),
			 -1);
}

#define ON_DISK(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    ON_DISK(what_every_template_makes_is_in_order),
	    ON_DISK(nothing_it_makes_is_open_to_others),
	    ON_DISK(the_token_is_stored_as_a_keyed_hash_only),
	    ON_DISK(two_directories_share_no_secret),
	    ON_DISK(a_directory_in_use_is_refused_untouched),
	    ON_DISK(wrong_wishes_make_nothing),
	    ON_DISK(with_a_passphrase_the_keys_need_it),
	    cmocka_unit_test(a_token_names_its_row_and_detects_errors),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
