/* files.c - policies and settings of the verbs that explain them. */
#include "files.h"

#include <errno.h>
#include <string.h>

#include "options.h"
#include "postern/buf.h"

static int read_all(FILE *in, struct buf *ret)
{
	uint8_t part[8192];
	size_t len;

	while ((len = fread(part, 1, sizeof(part), in)) > 0)
		if (buf_append(ret, part, len, NULL) != 0)
			return -1;
	return ferror(in) ? -1 : 0;
}

int files_policy_parse(const char *file, const struct buf *bytes,
		       struct policy **ret)
{
	struct diag *diag = calloc(1, sizeof(*diag));
	int rc;

	if (diag == NULL)
		return refused("no memory");
	diag_init(diag, file);
	rc = policy_parse(bytes->bytes, bytes->len, diag, ret);
	if (rc != 0)
		diag_print(diag, stderr);
	free(diag);
	return rc;
}

static int read_file(const char *file, struct buf *ret)
{
	FILE *in = fopen(file, "rbe");
	int rc = -1;

	if (in == NULL) {
		(void)refused("%s: cannot be opened (error %d)", file, errno);
		return -1;
	}
	if (read_all(in, ret) != 0 || buf_text(ret) == NULL)
		(void)refused("%s: cannot be read, or is longer than 1 MiB",
			      file);
	else
		rc = 0;
	(void)fclose(in);
	return rc;
}

int files_policy(const char *dir, const char *file, struct policy **ret)
{
	struct buf bytes = BUF_INIT(FILES_POLICY_BYTES);
	char path[640];
	int rc;

	if (file == NULL) {
		(void)snprintf(path, sizeof(path), "%s/policy.yaml", dir);
		file = path;
	}
	rc = read_file(file, &bytes);
	if (rc == 0)
		rc = files_policy_parse(file, &bytes, ret);
	buf_free(&bytes);
	return rc == 0 ? 0 : -1;
}

int files_policy_text(const char *file, struct buf *ret)
{
	struct policy *p = NULL;
	int rc = read_file(file, ret);

	if (rc == 0)
		rc = files_policy_parse(file, ret, &p);
	policy_free(&p);
	return rc == 0 ? 0 : -1;
}

int files_settings(const char *dir, bool loud, struct settings **ret)
{
	const struct settings_source source = {.dir = dir, .role = ROLE_CHECK};
	struct diag *diag = calloc(1, sizeof(*diag));
	uint8_t *bytes = NULL;
	size_t len;
	int rc = -1;

	if (diag == NULL)
		return refused("no memory");
	diag_init(diag, "postern.yaml");
	if (settings_read_file(dir, "postern.yaml", diag, &bytes, &len) == 0)
		rc = settings_parse(bytes, len, &source, diag, ret);
	if (rc != 0 && loud)
		diag_print(diag, stderr);
	free(bytes);
	free(diag);
	return rc;
}

const char *files_label(const char *file)
{
	const char *slash = file != NULL ? strrchr(file, '/') : NULL;

	if (file == NULL)
		return "policy.yaml";
	return slash != NULL ? slash + 1 : file;
}
