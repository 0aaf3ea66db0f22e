/* init.c - makes a data directory; never replaces anything in one. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "postern/durable.h"
#include "postern/id.h"
#include "postern/keeper.h"
#include "postern/store.h"
#include "postern/text.h"
#include "postern/token.h"
#include "settings/parse.h"
#include "settings/place.h"
#include "settings/syntax.h"
#include "settings/templates.h"

#define PATH_BYTES	   1024
#define SETTINGS_BYTES_MAX (64u * 1024)
#define HOOK_PATH_BYTES	   16 /* 128 bit */
#define TOKEN_DAYS	   90
#define PASSPHRASE_MIN	   12
#define DAY_MS		   (24 * 60 * 60 * (int64_t)1000)
#define TOKEN_SCOPES	   "desk rights policy audit operator"

struct making {
	struct env *env;
	const struct settings_init_conf *conf;
	const struct template_policy *policy;
	struct secret passphrase;
	struct buf text;	   /* of postern.yaml */
	struct settings *settings; /* what that text says */
	struct settings_made made;
};

/* --- files ---------------------------------------------------------------- */

/* A new file of mode 0600, on disk when this returns. */
static int write_new(const char *dir, const char *name, const void *bytes,
		     size_t len, struct err *err)
{
	char path[PATH_BYTES];
	const char *at = bytes;
	int fd, rc = -1;

	if (place_path(dir, name, path, sizeof(path)) != 0)
		return ERR_SET(err, ERR_INPUT, "the path is too long", 0);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		  0600);
	if (fd < 0)
		return ERR_SET(err, ERR_STORAGE, "cannot make a file", errno);
	while (len > 0) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			ERR_SET(err, ERR_STORAGE, "cannot write a file", errno);
			goto out;
		}
		at += n;
		len -= (size_t)n;
	}
	if (fsync(fd) != 0) {
		ERR_SET(err, ERR_STORAGE, "cannot sync a file", errno);
		goto out;
	}
	rc = 0;
out:
	if (close(fd) != 0 && rc == 0)
		rc = ERR_SET(err, ERR_STORAGE, "cannot close a file", errno);
	return rc;
}

static int make_folder(const char *dir, const char *name, struct err *err)
{
	char path[PATH_BYTES];

	if (place_path(dir, name, path, sizeof(path)) != 0)
		return ERR_SET(err, ERR_INPUT, "the path is too long", 0);
	if (mkdir(path, 0700) != 0)
		return ERR_SET(err, ERR_STORAGE, "cannot make a folder", errno);
	return 0;
}

/* --- the place ------------------------------------------------------------ */

/* An old key must never be lost under a new one, so anything of ours in the
 * folder stops here. */
static int refuse_used(const char *dir, struct err *err)
{
	static const char *const ours[] = {"postern.yaml",
					   "policy.yaml",
					   "postern.db",
					   "keeper.db",
					   "keys",
					   "secrets",
					   "spool",
					   "media",
					   "packages",
					   "run",
					   "erasures.log",
					   "forgotten.log",
					   "restrictions.log",
					   "withdrawals.log",
					   "holds.log"};

	for (size_t i = 0; i < COUNT_OF(ours); i++) {
		char path[PATH_BYTES];
		struct stat st;

		if (place_path(dir, ours[i], path, sizeof(path)) != 0)
			return ERR_SET(err, ERR_INPUT, "the path is too long",
				       0);
		if (lstat(path, &st) == 0)
			return ERR_SET(err, ERR_INPUT,
				       "this is a data directory already; name "
				       "an empty or new one",
				       0);
		if (errno != ENOENT)
			return ERR_SET(err, ERR_STORAGE,
				       "cannot look into the data directory",
				       errno);
	}
	return 0;
}

static int make_place(const char *dir, struct err *err)
{
	static const char *const folders[] = {"keys",  "secrets",  "spool",
					      "media", "packages", "run"};
	struct stat st;

	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		return ERR_SET(err, ERR_STORAGE,
			       "cannot make the data directory; its parent has "
			       "to exist and be writable",
			       errno);
	if (stat(dir, &st) != 0 || !S_ISDIR(st.st_mode))
		return ERR_SET(err, ERR_INPUT, "this is no folder", 0);
	if (refuse_used(dir, err) != 0)
		return -1;
	if ((st.st_mode & 07777) != 0700 && chmod(dir, 0700) != 0)
		return ERR_SET(err, ERR_STORAGE,
			       "cannot close the data directory to others",
			       errno);
	for (size_t i = 0; i < COUNT_OF(folders); i++)
		if (make_folder(dir, folders[i], err) != 0)
			return -1;
	return 0;
}

/* --- settings and secrets ------------------------------------------------- */

static int compose(struct making *m, struct err *err)
{
	const struct settings_init_conf *conf = m->conf;
	uint8_t random[HOOK_PATH_BYTES];
	char path[2 * HOOK_PATH_BYTES + 1];
	const struct template_fill fills[] = {
	    {"@PUBLIC@", conf->public},
	    {"@INTERNAL@", conf->internal},
	    {"@KEYS@",
	     conf->passphrase_file ? "{source: passphrase}" : "{source: file}"},
	    {"@CHANNEL@", m->policy->channel},
	    {"@PATH@", path},
	};

	m->env->random(m->env, random, sizeof(random));
	hex_encode(random, sizeof(random), path);
	return template_settings(fills, COUNT_OF(fills), &m->text, err);
}

/* Stands where serve reads a secret: notes which file has to be there. */
static int note_secret(void *ctx, enum secret_source source, const char *name,
		       const struct setting_row *row, struct secret *ret,
		       struct err *err)
{
	struct settings_made *made = ctx;
	size_t i = made->secrets_len;

	(void)ret; /* stays empty: nothing is kept */
	if (source != SECRET_FROM_FILE)
		return 0;
	if (i == SETTINGS_MADE_MAX ||
	    strlen(name) >= sizeof(made->secrets[i].file))
		return ERR_SET(err, ERR_INPUT, "one secret file too many", 0);
	memcpy(made->secrets[i].file, name, strlen(name) + 1);
	made->secrets[i].row = row;
	made->secrets_len++;
	return 0;
}

/* The text itself says what else is needed: the template may name any
 * driver. */
static int read_settings(struct making *m, struct err *err)
{
	const struct settings_source source = {.dir = m->conf->dir,
					       .role = ROLE_CHECK,
					       .read = note_secret,
					       .ctx = &m->made};
	struct diag *diag = calloc(1, sizeof(*diag));
	const struct settings_channel *ch;
	int rc = -1;

	if (!diag)
		return ERR_SET(err, ERR_NOMEM, "no memory for findings", 0);
	diag_init(diag, "postern.yaml");
	if (settings_parse(m->text.bytes, m->text.len, &source, diag,
			   &m->settings) != 0 ||
	    m->settings->channels_len != 1) {
		ERR_SET(err, ERR_INPUT, "the template does not fit these", 0);
		goto out;
	}
	ch = &m->settings->channels[0];
	memcpy(m->made.path, ch->path, sizeof(ch->path));
	memcpy(m->made.type, ch->type, sizeof(ch->type));
	memcpy(m->made.channel, ch->name.text, sizeof(ch->name.text));
	rc = 0;
out:
	free(diag);
	return rc;
}

static int write_settings(struct making *m, struct err *err)
{
	const char *dir = m->conf->dir;

	if (write_new(dir, "postern.yaml", m->text.bytes, m->text.len, err) !=
	    0)
		return -1;
	return write_new(dir, "policy.yaml", m->policy->bytes,
			 strlen(m->policy->bytes), err);
}

/* 32 random bytes as hex, or as Standard Webhooks writes a secret. */
static int write_random(struct making *m, const char *name, bool whsec,
			struct err *err)
{
	uint8_t bytes[32];
	char text[80] = "whsec_";
	size_t len;
	int rc;

	m->env->random(m->env, bytes, sizeof(bytes));
	if (whsec)
		base64_encode(bytes, sizeof(bytes), text + strlen(text));
	else
		hex_encode(bytes, sizeof(bytes), text);
	len = strlen(text);
	text[len++] = '\n';
	rc = write_new(m->conf->dir, name, text, len, err);
	sodium_memzero(bytes, sizeof(bytes));
	sodium_memzero(text, sizeof(text));
	return rc;
}

static int write_secrets(struct making *m, struct err *err)
{
	static const char placeholder[] = SECRET_PLACEHOLDER "\n";

	int rc = 0;

	for (size_t i = 0; i < m->made.secrets_len && rc == 0; i++) {
		const char *file = m->made.secrets[i].file;
		enum secret_made made = m->made.secrets[i].row->made;

		rc =
		    made == MADE_PLACEHOLDER
			? write_new(m->conf->dir, file, placeholder,
				    sizeof(placeholder) - 1, err)
			: write_random(m, file, made == MADE_RANDOM_WHSEC, err);
	}
	return rc;
}

/* --- archive and token ---------------------------------------------------- */

static int insert_rows(struct store *st, const uint8_t mask[ID_MASK_BYTES],
		       int64_t id, const uint8_t hash[32], int64_t now_ms,
		       struct err *err)
{
	static const char meta[] =
	    "INSERT INTO meta(name, value) VALUES('id_mask', ?)";
	static const char token[] =
	    "INSERT INTO token(id, token_hash, scopes, label, created_ms,"
	    " expires_ms) VALUES(?, ?, ?, ?, ?, ?)";

	if (store_begin(st, err) != 0)
		return -1;
	if (store_run(st, meta, STORE_ARGS(S_BLOB(mask, ID_MASK_BYTES)), err) !=
		0 ||
	    store_run(st, token,
		      STORE_ARGS(S_INT(id), S_BLOB(hash, 32),
				 S_TEXT(TOKEN_SCOPES), S_TEXT("first operator"),
				 S_INT(now_ms),
				 S_INT(now_ms + TOKEN_DAYS * DAY_MS)),
		      err) != 0) {
		store_roll_back(st);
		return -1;
	}
	return store_commit(st, err);
}

static int make_archive(struct making *m, struct err *err)
{
	const char *dir = m->conf->dir;
	struct id_source ids = {0};
	int64_t now_ms = m->env->wall_ms(m->env);
	int64_t id = id_next(&ids, now_ms);
	uint8_t mask[ID_MASK_BYTES], hash[32];
	char path[PATH_BYTES], token[TOKEN_TEXT_BYTES];
	struct store *st = NULL;
	int rc = -1;

	m->env->random(m->env, mask, sizeof(mask));
	token_make(m->env, id, token);
	if (place_path(dir, "postern.db", path, sizeof(path)) != 0) {
		ERR_SET(err, ERR_INPUT, "the path is too long", 0);
		goto out;
	}
	if (keeper_init_hash(dir, m->passphrase.bytes, m->passphrase.len,
			     "token", token, strlen(token), hash, err) != 0)
		goto out;
	if (store_open(m->settings->store, path, &st, err) != 0)
		goto out;
	if (insert_rows(st, mask, id, hash, now_ms, err) != 0)
		goto out;
	memcpy(m->made.token, token, sizeof(token));
	m->made.token_expires_ms = now_ms + TOKEN_DAYS * DAY_MS;
	rc = 0;
out:
	if (st)
		store_close(&st);
	sodium_memzero(token, sizeof(token));
	sodium_memzero(mask, sizeof(mask));
	return rc;
}

/* --- all ------------------------------------------------------------------ */

static int check_conf(struct making *m, struct err *err)
{
	const struct settings_init_conf *conf = m->conf;

	m->policy = template_find(conf->template_name);
	if (!m->policy)
		return ERR_SET(err, ERR_INPUT, "there is no such template", 0);
	if (!syntax_listen(conf->public) || !syntax_listen(conf->internal))
		return ERR_SET(err, ERR_INPUT,
			       "an address to listen at is host:port, such as "
			       "127.0.0.1:8080",
			       0);
	if (strcmp(conf->public, conf->internal) == 0)
		return ERR_SET(err, ERR_INPUT,
			       "the two listeners need two addresses", 0);
	if (conf->passphrase_file)
		return secret_read(conf->passphrase_file, PASSPHRASE_MIN,
				   &m->passphrase, err);
	return 0;
}

int settings_init(struct env *env, const struct settings_init_conf *conf,
		  struct settings_made *ret, struct err *err)
{
	struct making m = {
	    .env = env, .conf = conf, .text = BUF_INIT(SETTINGS_BYTES_MAX)};
	mode_t old_mask = umask(077);
	int rc = -1;

	if (check_conf(&m, err) != 0)
		goto out;
	if (compose(&m, err) != 0 || read_settings(&m, err) != 0)
		goto out;
	if (make_place(conf->dir, err) != 0)
		goto out;
	if (write_settings(&m, err) != 0 || write_secrets(&m, err) != 0)
		goto out;
	if (keeper_init(env, conf->dir, m.passphrase.bytes, m.passphrase.len,
			err) != 0)
		goto out;
	if (make_archive(&m, err) != 0)
		goto out;
	if (durable_sync_dir(conf->dir, err) != 0)
		goto out;
	*ret = m.made;
	rc = 0;
out:
	sodium_memzero(&m.made, sizeof(m.made));
	secret_wipe(&m.passphrase);
	settings_free(&m.settings);
	buf_free(&m.text);
	(void)umask(old_mask);
	return rc;
}
