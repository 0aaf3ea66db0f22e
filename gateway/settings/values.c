/* values.c - the settings a driver asks for, by its rows. */
#include <sodium.h>

#include "settings/parse.h"
#include "settings/syntax.h"

#define FILE_NAME_MAX 400
#define URL_MAX	      1000

/* --- secrets -------------------------------------------------------------- */

/* Literals of secret_read are for people; a number adds nothing. */
static void secret_finding(struct parse *in, const struct yaml *node,
			   const char *name, size_t len_min,
			   const struct err *err)
{
	if (err->kind == ERR_ABSENT)
		diag_add(in->diag, node->line, node->column,
			 "%s does not exist; write the secret into it and "
			 "make it mode 0600",
			 name);
	else
		diag_add(in->diag, node->line, node->column,
			 "%s: %s; it has to be your own file of mode 0600 with "
			 "at least %zu bytes",
			 name, err->what ? err->what : "cannot be read",
			 len_min > 0 ? len_min : (size_t)1);
}

static void note_placeholder(struct parse *in, const struct yaml *node,
			     const char *name, const struct secret *secret)
{
	size_t len = strlen(SECRET_PLACEHOLDER);

	if (in->source->notes && secret->len >= len &&
	    memcmp(secret->bytes, SECRET_PLACEHOLDER, len) == 0)
		diag_add(in->source->notes, node->line, node->column,
			 "%s still holds the placeholder; write the real "
			 "secret into it",
			 name);
}

/* Each process reads its own secrets; verb check reads all and keeps none. */
static void read_secret(struct parse *in, const struct yaml *node,
			enum secret_source source, const char *name,
			const struct setting_row *row,
			struct setting_value *value)
{
	const struct settings_source *src = in->source;
	struct secret secret = {0};
	struct err err = {0};

	if (!src->read ||
	    (src->role != ROLE_CHECK && !(row->roles & src->role)))
		return;
	if (src->read(src->ctx, source, name, row, &secret, &err) != 0) {
		secret_finding(in, node, name, row->len_min, &err);
		return;
	}
	if (row->len_max > 0 && secret.len > row->len_max)
		diag_add(in->diag, node->line, node->column,
			 "%s is too long; %zu bytes are the most", name,
			 row->len_max);
	note_placeholder(in, node, name, &secret);
	if (src->role == ROLE_CHECK)
		secret_wipe(&secret);
	else
		value->secret = secret;
}

static void value_secret(struct parse *in, const struct yaml *node,
			 const struct setting_row *row,
			 struct setting_value *value)
{
	static const char *const keys[] = {"file", "credential"};
	const struct yaml *file, *credential;
	struct name name;

	if (node->type != YAML_MAP) {
		diag_add(in->diag, node->line, node->column,
			 "a secret must not stand in this file; write it into "
			 "a file of mode 0600 and name that: %s: {file: "
			 "secrets/%s}",
			 row->key, row->key);
		return;
	}
	yaml_unknown_keys(node, keys, COUNT_OF(keys), in->diag);
	file = yaml_get(node, "file");
	credential = yaml_get(node, "credential");
	if (!file == !credential) {
		diag_add(in->diag, node->line, node->column,
			 "%s names %s; write either {file: secrets/%s} or "
			 "{credential: NAME}",
			 row->key, file ? "two places" : "no place", row->key);
	} else if (file) {
		const char *path =
		    conf_text(in, file, "file", 1, FILE_NAME_MAX);

		if (path)
			read_secret(in, file, SECRET_FROM_FILE, path, row,
				    value);
	} else if (conf_name(in, credential, "credential", &name)) {
		read_secret(in, credential, SECRET_FROM_CREDENTIAL, name.text,
			    row, value);
	}
}

/* --- texts ---------------------------------------------------------------- */

/* HOSTS in one piece: each NUL-terminated, an empty one at the end. */
struct hosts {
	char *bytes;
	size_t len;
};

static bool host_append(struct parse *in, struct hosts *hosts, const char *text,
			size_t len)
{
	char *bytes = realloc(hosts->bytes, hosts->len + len + 2);

	if (!bytes) {
		diag_add(in->diag, 0, 0, "out of memory; try again");
		return false;
	}
	hosts->bytes = bytes;
	memcpy(bytes + hosts->len, text, len);
	hosts->len += len + 1;
	bytes[hosts->len - 1] = '\0';
	bytes[hosts->len] = '\0';
	return true;
}

/* Lists named allow say where calls may go; others say what a URL's host may
 * be. */
static bool targets(const struct setting_row *row)
{
	return strcmp(row->key, "allow") == 0;
}

static bool host_fits(const struct setting_row *row, const char *text)
{
	return targets(row) ? syntax_target(text)
			    : syntax_host(text, strlen(text));
}

static void value_hosts(struct parse *in, const struct yaml *list,
			const struct setting_row *row,
			struct setting_value *value)
{
	struct hosts hosts = {0};

	if (!conf_is_list(in, list, row->key))
		return;
	if (list->children > SETTINGS_ALLOW_MAX) {
		diag_add(in->diag, list->line, list->column,
			 "%s has too many entries; %d are the most", row->key,
			 SETTINGS_ALLOW_MAX);
		return;
	}
	for (const struct yaml *at = list->first; at; at = at->next) {
		const char *text =
		    at->type == YAML_SCALAR && !yaml_null(at) ? at->text : "";

		if (!host_fits(row, text))
			diag_add(in->diag, at->line, at->column,
				 "this entry of %s does not fit; write %s",
				 row->key,
				 targets(row) ? "host:port, 127.0.0.1:9000 or "
						"10.0.0.0/8:443"
					      : "host names without port");
		else if (!host_append(in, &hosts, text, strlen(text)))
			break;
	}
	value->text = hosts.bytes;
}

static void fallback_hosts(struct parse *in, const char *words,
			   struct setting_value *value)
{
	struct hosts hosts = {0};

	for (words += strspn(words, " "); *words != '\0';
	     words += strspn(words, " ")) {
		size_t len = strcspn(words, " ");

		if (!host_append(in, &hosts, words, len))
			break;
		words += len;
	}
	value->text = hosts.bytes;
}

static void value_text(struct parse *in, const struct yaml *node,
		       const struct setting_row *row,
		       struct setting_value *value)
{
	size_t len_max = row->len_max > 0 ? row->len_max : URL_MAX;
	const char *text = conf_text(in, node, row->key, row->len_min, len_max);
	struct url url;

	if (!text)
		return;
	if (row->type == SETTING_DIGITS && !syntax_digits(text)) {
		diag_add(in->diag, node->line, node->column,
			 "%s has other characters than digits; write the "
			 "number in quotes",
			 row->key);
		return;
	}
	if (row->type == SETTING_URL && !syntax_url(text, &url)) {
		diag_add(in->diag, node->line, node->column,
			 "%s is no address; write https://host/path without "
			 "user name and fragment",
			 row->key);
		return;
	}
	value->text = strdup(text);
	if (!value->text)
		diag_add(in->diag, 0, 0, "out of memory; try again");
}

/* --- rows ----------------------------------------------------------------- */

static void value_read(struct parse *in, const struct yaml *node,
		       const struct setting_row *row,
		       struct setting_value *value)
{
	switch (row->type) {
	case SETTING_SECRET:
		value_secret(in, node, row, value);
		break;
	case SETTING_HOSTS:
		value_hosts(in, node, row, value);
		break;
	case SETTING_TEXT:
	case SETTING_DIGITS:
	case SETTING_URL:
		value_text(in, node, row, value);
		break;
	}
}

static void value_fallback(struct parse *in, const struct setting_row *row,
			   struct setting_value *value)
{
	if (row->type == SETTING_HOSTS) {
		fallback_hosts(in, row->fallback, value);
		return;
	}
	value->text = strdup(row->fallback);
	if (!value->text)
		diag_add(in->diag, 0, 0, "out of memory; try again");
}

void conf_values(struct parse *in, const struct yaml *map,
		 const struct setting_row *rows, size_t rows_len,
		 struct setting_value *values, size_t *len)
{
	if (rows_len > SETTINGS_VALUES_MAX)
		rows_len = SETTINGS_VALUES_MAX; /* contract test: never */
	for (size_t i = 0; i < rows_len; i++) {
		const struct setting_row *row = &rows[i];
		struct setting_value *value = &values[(*len)++];
		const struct yaml *node = yaml_get(map, row->key);

		value->key = row->key;
		if (node)
			value_read(in, node, row, value);
		else if (row->fallback)
			value_fallback(in, row, value);
		else if (row->required)
			(void)conf_need(in, map, row->key,
					row->type == SETTING_SECRET
					    ? "add it as {file: secrets/...}"
					    : row->help);
	}
}

void conf_known_keys(struct parse *in, const struct yaml *map,
		     const char *const *own, size_t own_len,
		     const struct setting_row *rows, size_t rows_len)
{
	const char *keys[SETTINGS_VALUES_MAX + 8];
	size_t len = 0;

	for (size_t i = 0; i < own_len && len < COUNT_OF(keys); i++)
		keys[len++] = own[i];
	for (size_t i = 0; i < rows_len && len < COUNT_OF(keys); i++)
		keys[len++] = rows[i].key;
	yaml_unknown_keys(map, keys, len, in->diag);
}

void conf_values_free(struct setting_value *values, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		secret_wipe(&values[i].secret);
		free((void *)(uintptr_t)values[i].text);
		values[i].text = NULL;
	}
}
