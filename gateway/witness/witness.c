/* witness.c - check, store, sign, answer: in this order, one request after the
 * other, so that no two ever pass on different histories. */
#include "witness/witness.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "postern/durable.h"
#include "postern/log.h"
#include "postern/text.h"

#define LOGS_FOLDER "logs"
#define OTHER	    ".other"
#define PLAIN	    "text/plain; charset=utf-8"

/* One log, by its origin. */
struct seen {
	char origin[NOTE_NAME_BYTES];
	char hex[WITNESS_HEX_BYTES];
	struct note_key keys[WITNESS_LOGS_MAX];
	size_t keys_len;
	bool any; /* something was cosigned; else size is 0 */
	uint64_t size;
	struct merkle_hash root;
	struct buf note; /* the last one cosigned, as it is shown */
};

struct witness {
	struct env *env;
	char folder[DURABLE_PATH_BYTES];
	struct note_key key;
	uint8_t *secret; /* sodium_malloc */
	struct seen *logs;
	size_t logs_len;
	struct addcheckpoint request; /* of the one that is judged */
};

void witness_origin_hex(const char *origin, char ret[WITNESS_HEX_BYTES])
{
	uint8_t hash[crypto_hash_sha256_BYTES];

	(void)crypto_hash_sha256(hash, (const uint8_t *)origin,
				 strlen(origin)); /* always 0 */
	hex_encode(hash, sizeof(hash), ret);
}

/* --- reading back --------------------------------------------------------- */

/* What lies there was signed by this key, whole and for this log; whoever put
 * something else there wants a second history signed. */
static int trust(const struct witness *w, struct seen *log, struct err *err)
{
	struct checkpoint body;
	struct note note;

	if (note_parse((const char *)log->note.bytes, log->note.len, &note,
		       err) != 0 ||
	    checkpoint_parse(note.text, note.text_len, &body, err) != 0 ||
	    strcmp(body.origin, log->origin) != 0 ||
	    note_check(&note, &w->key, NULL) != NOTE_GOOD)
		return ERR_SET(err, ERR_CORRUPT,
			       "a checkpoint in logs/ is not what this witness "
			       "signed",
			       0);
	log->size = body.size;
	log->root = body.root;
	log->any = true;
	return 0;
}

static int read_all(int fd, struct buf *ret, struct err *err)
{
	uint8_t part[4096];
	ssize_t n;

	while ((n = read(fd, part, sizeof(part))) > 0)
		if (buf_append(ret, part, (size_t)n, err) != 0)
			return -1;
	return n == 0 ? 0
		      : ERR_SET(err, ERR_STORAGE, "cannot read a checkpoint",
				errno);
}

static int remember(struct witness *w, struct seen *log, struct err *err)
{
	char path[DURABLE_PATH_BYTES];
	int fd, rc;

	if (durable_path(w->folder, log->hex, path, err) != 0)
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT)
		return 0; /* never cosigned */
	if (fd < 0)
		return ERR_SET(err, ERR_STORAGE, "cannot open a checkpoint",
			       errno);
	rc = read_all(fd, &log->note, err);
	(void)close(fd); /* only read from */
	return rc == 0 ? trust(w, log, err) : -1;
}

static struct seen *find(struct witness *w, const char *origin)
{
	for (size_t i = 0; i < w->logs_len; i++)
		if (strcmp(w->logs[i].origin, origin) == 0)
			return &w->logs[i];
	return NULL;
}

/* Several keys of one name are one log, which changes its key. */
static void add_key(struct witness *w, const struct note_key *key)
{
	struct seen *log = find(w, key->name);

	if (log == NULL) {
		log = &w->logs[w->logs_len++];
		memcpy(log->origin, key->name, sizeof(log->origin));
		witness_origin_hex(log->origin, log->hex);
		log->note = BUF_INIT(WITNESS_ANSWER_MAX);
	}
	log->keys[log->keys_len++] = *key;
}

int witness_open(const struct witness_conf *conf, struct witness **ret,
		 struct err *err)
{
	struct witness *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory", 0);
	w->env = conf->env;
	w->key = *conf->key;
	w->secret = sodium_malloc(WITNESS_SECRET_BYTES);
	w->logs = calloc(conf->settings->logs_len + 1, sizeof(*w->logs));
	if (w->secret == NULL || w->logs == NULL) {
		witness_close(&w);
		return ERR_SET(err, ERR_NOMEM, "no memory", 0);
	}
	memcpy(w->secret, conf->secret, WITNESS_SECRET_BYTES);
	for (size_t i = 0; i < conf->settings->logs_len; i++)
		add_key(w, &conf->settings->logs[i]);
	if (durable_path(conf->dir, LOGS_FOLDER, w->folder, err) != 0) {
		witness_close(&w);
		return -1;
	}
	for (size_t i = 0; i < w->logs_len; i++)
		if (remember(w, &w->logs[i], err) != 0) {
			witness_close(&w);
			return -1;
		}
	*ret = w;
	return 0;
}

void witness_close(struct witness **witness)
{
	struct witness *w = *witness;

	*witness = NULL;
	if (w == NULL)
		return;
	for (size_t i = 0; w->logs != NULL && i < w->logs_len; i++)
		buf_free(&w->logs[i].note);
	free(w->logs);
	sodium_free(w->secret); /* wipes; accepts NULL */
	free(w);
}

/* --- answers -------------------------------------------------------------- */

static void say(struct witness_answer *ret, unsigned int status,
		const char *type, const char *text)
{
	ret->status = status;
	ret->type = type;
	buf_clear(&ret->body);
	(void)buf_append_text(&ret->body, text, NULL); /* status says it too */
}

static void say_size(struct witness_answer *ret, uint64_t size)
{
	char text[ADDCHECKPOINT_SIZE_BYTES];

	addcheckpoint_size_print(size, text);
	say(ret, 409, ADDCHECKPOINT_SIZE_TYPE, text);
}

void witness_show(struct witness *w, const char *hex, size_t hex_len,
		  struct witness_answer *ret)
{
	for (size_t i = 0; i < w->logs_len; i++) {
		const struct seen *log = &w->logs[i];

		if (hex_len != WITNESS_HEX_BYTES - 1 ||
		    memcmp(log->hex, hex, hex_len) != 0 || !log->any)
			continue;
		say(ret, 200, PLAIN, "");
		if (buf_append(&ret->body, log->note.bytes, log->note.len,
			       NULL) != 0)
			say(ret, 503, PLAIN, "no memory\n");
		return;
	}
	say(ret, 404, PLAIN, "no checkpoint of this log\n");
}

/* --- judging -------------------------------------------------------------- */

/* Whether it extends what was seen last.  Nothing was seen yet: whatever the
 * log signed is its beginning. */
static bool proven(const struct seen *log, const struct addcheckpoint *rq)
{
	struct merkle_hash empty;

	merkle_empty(&empty);
	if (rq->body.size == 0 && !merkle_equal(&rq->body.root, &empty))
		return false;
	if (rq->old_size == 0)
		return rq->proof_len == 0;
	return merkle_verify_consistency(rq->old_size, rq->body.size,
					 &log->root, &rq->body.root, rq->proof,
					 rq->proof_len);
}

/* Signatures that were checked; whatever else stands there is left out, for
 * anybody can add lines to a checkpoint. */
static int print_note(const struct seen *log, const struct note *note,
		      const struct buf *cosignature, struct buf *ret,
		      struct err *err)
{
	if (buf_append(ret, note->text, note->text_len, err) != 0 ||
	    buf_append_text(ret, "\n", err) != 0)
		return -1;
	for (size_t i = 0; i < note->signatures_len; i++) {
		const struct note_signature *s = &note->signatures[i];

		for (size_t k = 0; k < log->keys_len; k++)
			if (log->keys[k].id == s->id &&
			    strlen(log->keys[k].name) == s->name_len &&
			    memcmp(log->keys[k].name, s->name, s->name_len) ==
				0 &&
			    note_signature_print(&log->keys[k], 0, s->bytes,
						 ret, err) != 0)
				return -1;
	}
	return buf_append(ret, cosignature->bytes, cosignature->len, err);
}

/* On the disk first, then in memory.  -1: nothing changed in memory, so what
 * may be on the disk was answered to nobody. */
static int keep(struct witness *w, struct seen *log, const struct buf *line,
		struct err *err)
{
	const struct addcheckpoint *rq = &w->request;
	struct buf note = BUF_INIT(WITNESS_ANSWER_MAX);

	/* The same once more is no news. */
	if (log->any && log->size == rq->body.size)
		return 0;
	if (print_note(log, &rq->note, line, &note, err) != 0 ||
	    durable_put(w->folder, log->hex, 0600, note.bytes, note.len, true,
			err) != 0) {
		buf_free(&note);
		return -1;
	}
	buf_free(&log->note);
	log->note = note;
	log->size = rq->body.size;
	log->root = rq->body.root;
	log->any = true;
	LOG(LOG_LEVEL_INFO, "witness.cosigned", LOG_NUM("size", log->size));
	return 0;
}

static bool disk_full(const struct err *err)
{
	return err->native == ENOSPC || err->native == EDQUOT;
}

static int cosign(struct witness *w, struct seen *log,
		  struct witness_answer *ret, struct err *err)
{
	const struct note *note = &w->request.note;
	const int64_t now_s = w->env->wall_ms(w->env) / 1000;

	say(ret, 200, PLAIN, "");
	if (now_s > 0 &&
	    note_cosign(note->text, note->text_len, &w->key, w->secret,
			(uint64_t)now_s, &ret->body, err) == 0 &&
	    keep(w, log, &ret->body, err) == 0)
		return 0;
	if (now_s > 0 && err->kind == ERR_STORAGE && !disk_full(err)) {
		say(ret, 500, PLAIN, "the disk cannot be trusted\n");
		return -1;
	}
	LOG(LOG_LEVEL_ERROR, "witness.cannot_sign", LOG_ERR(err));
	say(ret, 503, PLAIN, "not now: disk, memory or clock\n");
	return 0;
}

/* A proof that is wrong says nothing of the log: anybody can send one.  Two
 * checkpoints of one size with different roots, both signed by the log, show
 * to everybody that it tells two histories; the first such is kept. */
static void keep_evidence(const struct witness *w, const struct seen *log)
{
	const struct note *note = &w->request.note;
	const struct buf none = {0};
	struct buf bytes = BUF_INIT(WITNESS_ANSWER_MAX);
	char name[WITNESS_HEX_BYTES + sizeof(OTHER)];
	struct err err = {0};

	if (!log->any || log->size != w->request.body.size ||
	    merkle_equal(&log->root, &w->request.body.root)) {
		LOG(LOG_LEVEL_INFO, "witness.not_proven",
		    LOG_NUM("seen", log->size),
		    LOG_NUM("size", w->request.body.size));
		return;
	}
	LOG(LOG_LEVEL_ERROR, "witness.two_histories",
	    LOG_NUM("size", log->size));
	(void)snprintf(name, sizeof(name), "%s" OTHER, log->hex);
	if ((print_note(log, note, &none, &bytes, &err) != 0 ||
	     durable_put(w->folder, name, 0600, bytes.bytes, bytes.len, false,
			 &err) != 0) &&
	    err.native != EEXIST)
		LOG(LOG_LEVEL_ERROR, "witness.evidence_not_kept",
		    LOG_ERR(&err));
	buf_free(&bytes);
}

static int judge(struct witness *w, struct witness_answer *ret, struct err *err)
{
	const struct addcheckpoint *rq = &w->request;
	struct seen *log = find(w, rq->body.origin);

	if (log == NULL) {
		say(ret, 404, PLAIN, "this log is not watched here\n");
		return 0;
	}
	if (note_verify(&rq->note, log->keys, log->keys_len, NULL, err) != 0) {
		say(ret, 403, PLAIN, "no signature of the log\n");
		return 0;
	}
	if (rq->old_size > rq->body.size) {
		say(ret, 400, PLAIN, "the old size is beyond the checkpoint\n");
		return 0;
	}
	if (rq->old_size != log->size) {
		say_size(ret, log->size);
		return 0;
	}
	if (!proven(log, rq)) {
		keep_evidence(w, log);
		say(ret, 422, PLAIN,
		    "this does not extend the checkpoint seen last\n");
		return 0;
	}
	return cosign(w, log, ret, err);
}

int witness_add(struct witness *w, const char *body, size_t len,
		struct witness_answer *ret, struct err *err)
{
	struct err why = {0};

	if (addcheckpoint_parse(body, len, &w->request, &why) != 0) {
		say(ret, 400, PLAIN, why.what);
		(void)buf_append_text(&ret->body, "\n", NULL); /* cosmetic */
		return 0;
	}
	if (judge(w, ret, &why) == 0)
		return 0;
	if (err != NULL)
		*err = why;
	return -1;
}
