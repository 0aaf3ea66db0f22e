/* stamps.c - what was stamped of an exported log: checkpoints that were signed
 * at the time, and that the log extends. */
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "postern/text.h"
#include "postern/tilefolder.h"
#include "verify.h"

#define PATH_BYTES  1200
#define NAME_BYTES  64
#define LINE_BYTES  (BASE64_LEN(MERKLE_HASH_BYTES) + 1)
#define PROOF_BYTES (MERKLE_PROOF_MAX * LINE_BYTES)

struct stamped {
	const struct tilefolder *folder;
	char name[NAME_BYTES]; /* of the .checkpoint; then of the .proof */
	struct buf note, proof;
	struct checkpoint body;
};

/* A hash in each line. */
static bool read_proof(const struct buf *text, struct merkle_hash *ret,
		       size_t *ret_len)
{
	const char *at = (const char *)text->bytes;
	size_t n = text->len / LINE_BYTES, len;

	if (text->len % LINE_BYTES != 0 || n > MERKLE_PROOF_MAX)
		return false;
	for (size_t i = 0; i < n; i++, at += LINE_BYTES)
		if (at[LINE_BYTES - 1] != '\n' ||
		    !base64_decode(at, LINE_BYTES - 1, ret[i].bytes,
				   MERKLE_HASH_BYTES, &len) ||
		    len != MERKLE_HASH_BYTES)
			return false;
	*ret_len = n;
	return true;
}

static bool is_signed(struct stamped *s, const struct verify_keys *keys)
{
	struct note note;

	return note_parse((const char *)s->note.bytes, s->note.len, &note,
			  NULL) == 0 &&
	       checkpoint_parse(note.text, note.text_len, &s->body, NULL) ==
		   0 &&
	       note_verify(&note, keys->keys, keys->len, NULL, NULL) == 0;
}

/* NULL: it is a beginning of the log. */
static const char *judge(struct stamped *s, const struct verify_keys *keys,
			 const struct checkpoint *body)
{
	struct merkle_hash proof[MERKLE_PROOF_MAX];
	size_t len = 0;

	if (!is_signed(s, keys))
		return "a stamped checkpoint is not signed by the key of the "
		       "log";
	if (!read_proof(&s->proof, proof, &len) ||
	    strcmp(s->body.origin, body->origin) != 0 ||
	    !merkle_verify_consistency(s->body.size, body->size, &s->body.root,
				       &body->root, proof, len))
		return "the log does not extend a checkpoint that was stamped";
	return NULL;
}

static int read_one(struct stamped *s, struct err *err)
{
	size_t stem = strlen(s->name) - strlen(".checkpoint");

	s->note.len = 0;
	s->proof.len = 0;
	if (tilefolder_file(s->folder, s->name, NOTE_BYTES_MAX, &s->note,
			    err) != 0)
		return -1;
	(void)snprintf(s->name + stem, sizeof(s->name) - stem, ".proof");
	return tilefolder_file(s->folder, s->name, PROOF_BYTES, &s->proof, err);
}

static int look_at(struct stamped *s, const struct verify_keys *keys,
		   const struct checkpoint *body, const char **ret_why,
		   struct err *err)
{
	if (read_one(s, err) == 0) {
		*ret_why = judge(s, keys, body);
		return 0;
	}
	if (err->kind != ERR_ABSENT && err->kind != ERR_CORRUPT)
		return -1;
	*ret_why = "a stamped checkpoint has no proof";
	return 0;
}

/* Names of ours are numbers; another one is nobody's. */
static bool take_name(struct stamped *s, const char *name)
{
	return fnmatch("*.checkpoint", name, 0) == 0 &&
	       snprintf(s->name, sizeof(s->name), "stamps/%s", name) <
		   (int)sizeof(s->name);
}

int verify_export_stamps(const char *dir, const struct tilefolder *folder,
			 const struct verify_keys *keys,
			 const struct checkpoint *body, uint64_t *ret_len,
			 const char **ret_why, struct err *err)
{
	struct stamped s = {.folder = folder,
			    .note = BUF_INIT(NOTE_BYTES_MAX),
			    .proof = BUF_INIT(PROOF_BYTES)};
	char path[PATH_BYTES];
	struct dirent *one;
	DIR *list = NULL;
	int rc = 0;

	*ret_len = 0;
	*ret_why = NULL;
	if (snprintf(path, sizeof(path), "%s/stamps", dir) < (int)sizeof(path))
		list = opendir(path);
	while (list != NULL && rc == 0 && *ret_why == NULL &&
	       (one = readdir(list)) != NULL) {
		if (!take_name(&s, one->d_name))
			continue;
		(*ret_len)++;
		rc = look_at(&s, keys, body, ret_why, err);
	}
	if (list != NULL)
		(void)closedir(list); /* only read from */
	buf_free(&s.note);
	buf_free(&s.proof);
	return rc;
}
