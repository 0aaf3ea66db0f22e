/* manifest.c - see manifest.h.
 *
 * Lists are kept as the bytes they will be: what a package of very many files
 * costs in memory is the length of its manifest. */
#include "manifest.h"

#include <stdlib.h>

#include "postern/jsonmem.h"
#include "postern/text.h"

#define LIST_MAX  (64u * 1024 * 1024)
#define TEXTS_MAX 8
#define SEEN_MAX  128
#define GROUND	  "Art. 15(4) GDPR"

struct names {
	char at[SEEN_MAX][NAME_LEN_MAX + 1];
	size_t len;
};
struct manifest {
	struct buf files, redactions, missing;
	struct {
		char path[64], sha256[65];
		int64_t bytes;
	} texts[TEXTS_MAX];
	size_t texts_len;
	struct names datenarten, bases;
};

int manifest_new(struct manifest **ret, struct err *err)
{
	struct manifest *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return ERR_SET(err, ERR_NOMEM, "a manifest", 0);
	m->files = BUF_INIT(LIST_MAX);
	m->redactions = BUF_INIT(LIST_MAX);
	m->missing = BUF_INIT(LIST_MAX);
	*ret = m;
	return 0;
}

void manifest_free(struct manifest **m)
{
	if (*m == NULL)
		return;
	buf_free(&(*m)->files);
	buf_free(&(*m)->redactions);
	buf_free(&(*m)->missing);
	free(*m);
	*m = NULL;
}

/* --- what was seen -------------------------------------------------------- */

static int add_name(struct names *names, const char *name, struct err *err)
{
	if (name == NULL || name[0] == '\0')
		return 0;
	for (size_t i = 0; i < names->len; i++)
		if (strcmp(names->at[i], name) == 0)
			return 0;
	if (names->len == SEEN_MAX || strlen(name) > NAME_LEN_MAX)
		return ERR_SET(err, ERR_INPUT, "too many names", 0);
	(void)snprintf(names->at[names->len++], sizeof(names->at[0]), "%s",
		       name);
	return 0;
}

int manifest_saw(struct manifest *m, const char *datenart, const char *basis,
		 struct err *err)
{
	return add_name(&m->datenarten, datenart, err) != 0 ||
		       add_name(&m->bases, basis, err) != 0
		   ? -1
		   : 0;
}

static json_t *names_json(const struct names *names)
{
	json_t *list = json_array();

	for (size_t i = 0; i < names->len; i++)
		(void)json_array_append_new(list, json_string(names->at[i]));
	return list;
}

/* --- lists ---------------------------------------------------------------- */

/* Takes the reference. */
static int put(struct buf *list, json_t *one, struct err *err)
{
	int rc = -1;

	if (list->len == 0 || buf_append_text(list, ",\n", err) == 0)
		rc = jsonmem_print(one, JSON_COMPACT, list, err);
	json_decref(one);
	return rc;
}

/* One name as a list, for a reader that knows only lists. */
static json_t *one_json(const char *name)
{
	json_t *list = json_array();

	if (name != NULL && name[0] != '\0')
		(void)json_array_append_new(list, json_string(name));
	return list;
}

static json_t *file_json(const char *path, int64_t bytes, const char *sha256,
			 json_t *datenarten, json_t *bases)
{
	return json_pack("{s:s,s:I,s:s,s:o,s:o}", "path", path, "bytes",
			 (json_int_t)bytes, "sha256", sha256, "datenart",
			 datenarten, "basis", bases);
}

int manifest_add(struct manifest *m, const struct manifest_file *file,
		 struct err *err)
{
	char hex[65];

	hex_encode(file->sha256, 32, hex);
	if (file->datenart != NULL)
		return put(&m->files,
			   file_json(file->path, file->bytes, hex,
				     one_json(file->datenart),
				     one_json(file->basis)),
			   err);
	if (m->texts_len == TEXTS_MAX)
		return ERR_SET(err, ERR_INPUT, "too many files", 0);
	(void)snprintf(m->texts[m->texts_len].path, sizeof(m->texts[0].path),
		       "%s", file->path);
	memcpy(m->texts[m->texts_len].sha256, hex, sizeof(hex));
	m->texts[m->texts_len++].bytes = file->bytes;
	return 0;
}

int manifest_redacted(struct manifest *m, const char *section, const char *id,
		      const json_t *found, struct err *err)
{
	return put(&m->redactions,
		   json_pack("{s:s,s:s,s:O,s:s}", "section", section, "id", id,
			     "found", (json_t *)(uintptr_t)found, "ground",
			     GROUND),
		   err);
}

int manifest_missing(struct manifest *m, const char *path, const char *why,
		     struct err *err)
{
	return put(&m->missing,
		   json_pack("{s:s,s:s}", "path", path, "why", why), err);
}

/* --- the file ------------------------------------------------------------- */

static int put_head(const struct manifest_head *h, struct buf *ret,
		    struct err *err)
{
	json_t *head =
	    json_pack("{s:s,s:i,s:s,s:s,s:s,s:s,s:s,s:{s:s,s:I}}", "format",
		      "postern-package", "version", 1, "package", h->package,
		      "kind", h->kind, "person", h->person, "controller",
		      h->controller, "made", h->made, "policy", "name",
		      h->policy, "version", (json_int_t)h->version);
	int rc = jsonmem_print(head, JSON_COMPACT, ret, err);

	json_decref(head);
	if (rc == 0)
		ret->len--; /* its brace: it goes on */
	return rc;
}

static int put_texts(struct manifest *m, struct buf *ret, struct err *err)
{
	struct buf list = BUF_INIT(1u << 20);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < m->texts_len; i++)
		rc = put(&list,
			 file_json(m->texts[i].path, m->texts[i].bytes,
				   m->texts[i].sha256,
				   names_json(&m->datenarten),
				   names_json(&m->bases)),
			 err);
	if (rc == 0)
		rc = buf_append(ret, list.bytes, list.len, err);
	buf_free(&list);
	return rc;
}

static int put_list(struct buf *ret, const char *before, const struct buf *list,
		    struct err *err)
{
	return buf_append_text(ret, before, err) != 0 ||
		       buf_append(ret, list->bytes, list->len, err) != 0
		   ? -1
		   : 0;
}

int manifest_print(struct manifest *m, const struct manifest_head *head,
		   struct buf *ret, struct err *err)
{
	if (put_head(head, ret, err) != 0 ||
	    buf_append_text(ret, ",\n\"files\":[\n", err) != 0 ||
	    put_texts(m, ret, err) != 0 ||
	    put_list(ret, m->files.len > 0 && m->texts_len > 0 ? ",\n" : "",
		     &m->files, err) != 0 ||
	    put_list(ret, "],\n\"redactions\":[\n", &m->redactions, err) != 0 ||
	    put_list(ret, "],\n\"missing\":[\n", &m->missing, err) != 0)
		return -1;
	return buf_append_text(ret, "]}\n", err);
}
