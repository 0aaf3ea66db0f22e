/* settings.c - postern.yaml and its secrets from disk; look-up. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "postern/caldate.h"
#include "postern/env.h"
#include "settings/parse.h"
#include "settings/place.h"

#define FILE_BYTES_MAX (1024u * 1024)
#define ZONES	       "/usr/share/zoneinfo"
#define CREDENTIALS    "/run/credentials/postern.service"
#define PATH_BYTES     1024

/* --- reading -------------------------------------------------------------- */

static int read_whole(int fd, uint8_t *ret, size_t size, size_t *ret_len)
{
	size_t len = 0;

	while (len < size) {
		ssize_t n = read(fd, ret + len, size - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	*ret_len = len;
	return 0;
}

int settings_read_file(const char *dir, const char *name, struct diag *diag,
		       uint8_t **ret, size_t *ret_len)
{
	char path[PATH_BYTES];
	uint8_t *bytes = NULL;
	struct stat st;
	size_t len = 0;
	int fd = -1;
	int rc = -1;

	if (place_path(dir, name, path, sizeof(path)) != 0)
		return diag_add(diag, 0, 0, "the path is too long");
	/* O_NONBLOCK: a pipe somebody put there must not hang the start. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		diag_add(diag, 0, 0, "cannot be opened: %s; %s",
			 strerror(errno),
			 errno == ENOENT ? "`postern init` makes one"
					 : "check owner and mode");
		goto out;
	}
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
	    st.st_size > FILE_BYTES_MAX) {
		diag_add(diag, 0, 0,
			 "is no regular file of at most 1 MiB; make it one");
		goto out;
	}
	bytes = malloc(FILE_BYTES_MAX + 1);
	if (!bytes || read_whole(fd, bytes, FILE_BYTES_MAX + 1, &len) != 0) {
		diag_add(diag, 0, 0, "cannot be read; try again");
		goto out;
	}
	*ret = bytes;
	*ret_len = len;
	bytes = NULL;
	rc = 0;
out:
	free(bytes);
	if (fd >= 0)
		(void)close(fd); /* only read from */
	return rc;
}

int settings_credential_path(const char *name, char *ret, size_t ret_size,
			     struct err *err)
{
	/* Read before serve clears the environment; its children and other
	 * verbs find the unit's usual place. */
	const char *dir = secure_getenv("CREDENTIALS_DIRECTORY");

	if (place_path(dir && dir[0] == '/' ? dir : CREDENTIALS, name, ret,
		       ret_size) != 0)
		return ERR_SET(err, ERR_INPUT, "the path is too long", 0);
	return 0;
}

/* systemd hands credentials to a service by an access list, which shows as
 * group bits; so the mode that secret_read asks for cannot be asked here.
 * The folder around them is closed to everybody else. */
static int read_credential(const char *name, size_t len_min, struct secret *ret,
			   struct err *err)
{
	uint8_t bytes[SECRET_LEN_MAX + 3];
	char path[PATH_BYTES];
	struct stat st;
	size_t len = 0;
	int fd, rc = -1;

	if (settings_credential_path(name, path, sizeof(path), err) != 0)
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return ERR_SET(err, errno == ENOENT ? ERR_ABSENT : ERR_INPUT,
			       "cannot open the credential", errno);
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
	    (st.st_mode & (S_IWGRP | S_IRWXO)) != 0 ||
	    (st.st_uid != 0 && st.st_uid != geteuid())) {
		ERR_SET(err, ERR_INPUT, "others may use the credential", 0);
		goto out;
	}
	if (read_whole(fd, bytes, sizeof(bytes), &len) != 0) {
		ERR_SET(err, ERR_INPUT, "cannot read the credential", errno);
		goto out;
	}
	while (len > 0 && (bytes[len - 1] == '\n' || bytes[len - 1] == '\r'))
		len--;
	if (len == 0 || len < len_min || memchr(bytes, 0, len))
		ERR_SET(err, ERR_INPUT, "the credential is too short", 0);
	else
		rc = secret_set(ret, bytes, len, err);
out:
	sodium_memzero(bytes, sizeof(bytes));
	(void)close(fd); /* only read from */
	return rc;
}

static int read_any(void *ctx, enum secret_source source, const char *name,
		    const struct setting_row *row, struct secret *ret,
		    struct err *err)
{
	const char *dir = ctx;
	char path[PATH_BYTES];

	if (source == SECRET_FROM_CREDENTIAL)
		return read_credential(name, row->len_min, ret, err);
	if (place_path(dir, name, path, sizeof(path)) != 0)
		return ERR_SET(err, ERR_INPUT, "the path is too long", 0);
	return secret_read(path, row->len_min, ret, err);
}

static bool zone_known(void *ctx, const char *zone)
{
	char path[PATH_BYTES];
	struct stat st;

	(void)ctx;
	/* A slim system has no zones at all: then nothing can be said. */
	if (stat(ZONES, &st) != 0 ||
	    place_path(ZONES, zone, path, sizeof(path)) != 0)
		return true;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static bool seen(void *ctx, const char *name, bool folder)
{
	const char *dir = ctx;
	char path[PATH_BYTES];
	struct stat st;

	if (place_path(dir, name, path, sizeof(path)) != 0 ||
	    stat(path, &st) != 0)
		return false;
	return folder ? S_ISDIR(st.st_mode) : S_ISREG(st.st_mode);
}

/* The worker may not open it later.  That it cannot be read was remarked; then
 * there is nothing it was for, and everything else. */
static void read_early(const char *dir, const char *name, uint8_t **ret,
		       size_t *ret_len)
{
	struct diag unsaid;

	if (name[0] == '\0')
		return;
	diag_init(&unsaid, name);
	(void)settings_read_file(dir, name, &unsaid, ret, ret_len);
}

static void read_files(const char *dir, struct settings *s)
{
	read_early(dir, s->ledger.stamp.root, &s->ledger.stamp.root_pem,
		   &s->ledger.stamp.root_len);
	read_early(dir, s->opendsr.certificate, &s->opendsr.certificate_pem,
		   &s->opendsr.certificate_len);
	read_early(dir, s->drp.agents, &s->drp.agents_json, &s->drp.agents_len);
	for (size_t i = 0; i < s->processors_len; i++)
		read_early(dir, s->processors[i].certificate,
			   &s->processors[i].certificate_pem,
			   &s->processors[i].certificate_len);
}

int settings_load_noted(const char *dir, enum settings_role role,
			struct diag *diag, struct diag *notes,
			struct settings **ret)
{
	struct env *env = env_system();
	const struct settings_source source = {
	    .dir = dir,
	    .role = role,
	    .today = caldate_local(NULL, env->wall_ms(env)),
	    .read = read_any,
	    .zone_known = zone_known,
	    .seen = seen,
	    .ctx = (void *)(uintptr_t)dir,
	    .notes = notes};
	uint8_t *bytes = NULL;
	size_t len;
	int rc;

	if (settings_read_file(dir, "postern.yaml", diag, &bytes, &len) != 0)
		return -1;
	rc = settings_parse(bytes, len, &source, diag, ret);
	free(bytes);
	if (rc == 0 && role == ROLE_WORKER)
		read_files(dir, *ret);
	return rc;
}

int settings_load(const char *dir, enum settings_role role, struct diag *diag,
		  struct settings **ret)
{
	return settings_load_noted(dir, role, diag, NULL, ret);
}

void settings_free(struct settings **s)
{
	if (!*s)
		return;
	for (size_t i = 0; i < (*s)->channels_len; i++)
		conf_values_free((*s)->channels[i].values,
				 (*s)->channels[i].values_len);
	for (size_t i = 0; i < (*s)->helpdesks_len; i++)
		conf_values_free((*s)->helpdesks[i].values,
				 (*s)->helpdesks[i].values_len);
	conf_values_free((*s)->unsubscribe.values,
			 (*s)->unsubscribe.values_len);
	free((*s)->ledger.witnesses);
	free((*s)->ledger.stamp.root_pem);
	free((*s)->channels);
	free((*s)->helpdesks);
	free((*s)->routes);
	conf_dsr_free(*s);
	free(*s);
	*s = NULL;
}

/* --- look-up -------------------------------------------------------------- */

static const struct setting_value *value_find(
    const struct setting_value *values, size_t len, const char *key)
{
	for (size_t i = 0; i < len; i++)
		if (strcmp(values[i].key, key) == 0)
			return &values[i];
	return NULL;
}

const char *setting_text(const struct setting_value *values, size_t len,
			 const char *key)
{
	const struct setting_value *value = value_find(values, len, key);

	return value ? value->text : NULL;
}

const struct secret *setting_secret(const struct setting_value *values,
				    size_t len, const char *key)
{
	const struct setting_value *value = value_find(values, len, key);

	return value && value->secret.bytes ? &value->secret : NULL;
}

const struct settings_channel *settings_channel(const struct settings *s,
						const struct name *name)
{
	for (size_t i = 0; i < s->channels_len; i++)
		if (name_equal(&s->channels[i].name, name))
			return &s->channels[i];
	return NULL;
}

const struct settings_helpdesk *settings_helpdesk(const struct settings *s,
						  const struct name *name)
{
	for (size_t i = 0; i < s->helpdesks_len; i++)
		if (name_equal(&s->helpdesks[i].name, name))
			return &s->helpdesks[i];
	return NULL;
}

const struct settings_helpdesk *settings_route(const struct settings *s,
					       const struct name *channel)
{
	for (size_t i = 0; i < s->routes_len; i++)
		if (name_equal(&s->routes[i].channel, channel))
			return settings_helpdesk(s, &s->routes[i].helpdesk);
	return NULL;
}
