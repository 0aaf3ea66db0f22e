/* settings.c - witness.yaml: a few lines. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "postern/durable.h"
#include "postern/yamldoc.h"
#include "witness/witness.h"

#define FILE_NAME  "witness.yaml"
#define FILE_BYTES 65536

static void listen_read(const struct yaml *node, struct diag *diag,
			struct witness_settings *ret)
{
	if (node == NULL)
		(void)snprintf(ret->listen, sizeof(ret->listen), "%s",
			       WITNESS_LISTEN);
	else if (node->type == YAML_SCALAR && node->text[0] != '\0' &&
		 strlen(node->text) < sizeof(ret->listen))
		memcpy(ret->listen, node->text, strlen(node->text) + 1);
	else
		diag_add(diag, node->line, node->column,
			 "listen is no address; write host:port, such "
			 "as " WITNESS_LISTEN);
}

static void name_read(const struct yaml *root, struct diag *diag,
		      struct witness_settings *ret)
{
	const struct yaml *node = yaml_get(root, "name");

	if (node != NULL && node->type == YAML_SCALAR &&
	    strlen(node->text) < sizeof(ret->name) &&
	    note_name_valid(node->text, strlen(node->text)))
		memcpy(ret->name, node->text, strlen(node->text) + 1);
	else
		diag_add(diag, node != NULL ? node->line : 0,
			 node != NULL ? node->column : 0,
			 "name has to be there, without blanks and +, such as "
			 "witness.example/dpo");
}

static void log_read(const struct yaml *node, struct diag *diag,
		     struct witness_settings *ret)
{
	struct note_key *key = &ret->logs[ret->logs_len];
	struct err err = {0};

	if (node->type != YAML_SCALAR ||
	    note_key_parse(node->text, strlen(node->text), key, &err) != 0 ||
	    key->type != NOTE_ED25519) {
		diag_add(
		    diag, node->line, node->column,
		    "this is no key of a log; copy the whole line that its "
		    "operator gives you: name+hash+key");
		return;
	}
	for (size_t i = 0; i < ret->logs_len; i++)
		if (ret->logs[i].id == key->id &&
		    strcmp(ret->logs[i].name, key->name) == 0) {
			diag_add(diag, node->line, node->column,
				 "this log is listed already; take one of the "
				 "two out");
			return;
		}
	ret->logs_len++;
}

static void logs_read(const struct yaml *root, struct diag *diag,
		      struct witness_settings *ret)
{
	const struct yaml *list = yaml_get(root, "logs");

	if (list == NULL || list->type != YAML_LIST || list->children == 0) {
		diag_add(diag, list != NULL ? list->line : 0,
			 list != NULL ? list->column : 0,
			 "logs has to be a list of keys of logs to watch");
		return;
	}
	if (list->children > WITNESS_LOGS_MAX) {
		diag_add(diag, list->line, list->column,
			 "logs has more than %d entries", WITNESS_LOGS_MAX);
		return;
	}
	for (const struct yaml *at = list->first; at != NULL; at = at->next)
		log_read(at, diag, ret);
}

int witness_settings_parse(const uint8_t *bytes, size_t len, struct diag *diag,
			   struct witness_settings *ret)
{
	static const char *const keys[] = {"listen", "name", "logs"};
	struct yaml_doc *doc = NULL;
	const struct yaml *root;

	*ret = (struct witness_settings){0};
	if (yaml_parse(bytes, len, diag, &doc) != 0)
		return -1;
	root = yaml_root(doc);
	if (root == NULL || root->type != YAML_MAP) {
		diag_add(diag, 0, 0,
			 "the file has to be a map of listen, name and logs");
	} else {
		yaml_unknown_keys(root, keys, sizeof(keys) / sizeof(keys[0]),
				  diag);
		listen_read(yaml_get(root, "listen"), diag, ret);
		name_read(root, diag, ret);
		logs_read(root, diag, ret);
	}
	yaml_free(&doc);
	return diag->findings_len == 0 ? 0 : -1;
}

/* -1 with errno. */
static ssize_t read_file(const char *path, uint8_t *ret, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	size_t len = 0;
	ssize_t n = fd < 0 ? -1 : 1;

	while (n > 0 && len < size) {
		n = read(fd, ret + len, size - len);
		if (n > 0)
			len += (size_t)n;
	}
	if (fd >= 0)
		(void)close(fd); /* only read from */
	return n < 0 ? -1 : (ssize_t)len;
}

int witness_settings_load(const char *dir, FILE *out,
			  struct witness_settings *ret)
{
	static uint8_t bytes[FILE_BYTES];
	char path[DURABLE_PATH_BYTES];
	struct diag diag;
	ssize_t len;

	if (durable_path(dir, FILE_NAME, path, NULL) != 0) {
		(void)fprintf(out, "postern: the path is too long\n");
		return -1;
	}
	len = read_file(path, bytes, sizeof(bytes));
	if (len < 0) {
		(void)fprintf(out, "postern: %s: %s\n", path, strerror(errno));
		if (errno == ENOENT)
			(void)fprintf(out,
				      "postern: postern ledger witness init "
				      "makes one\n");
		return -1;
	}
	diag_init(&diag, path);
	if (len == FILE_BYTES)
		diag_add(&diag, 0, 0, "the file is longer than 64 KiB");
	else if (witness_settings_parse(bytes, (size_t)len, &diag, ret) == 0)
		return 0;
	diag_print(&diag, out);
	return -1;
}
