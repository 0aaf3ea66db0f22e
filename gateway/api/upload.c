/* upload.c - an attachment from a helpdesk: raw bytes, piece by piece, into a
 * sealed file.  Never more than one piece is in memory, never clear on disk. */
#include "upload.h"

#include <sodium.h>

#include "conversation.h"
#include "filename.h"
#include "idempotency.h"
#include "listener.h"
#include "problem.h"
#include "seal.h"
#include "postern/text.h"

#define UPLOADS_MAX 16
#define ORPHAN_MS   (24 * 3600 * 1000LL)
#define ORPHANS_MAX 200

static const char sql_put[] =
    "INSERT INTO attachment(id, conversation, key_person, channel, datenart,"
    " year, state, bytes, file, media_sealed, created_ms)"
    " VALUES(?,?,?,?,?,?,?,?,?,?,?)";
static const char sql_orphans[] =
    "SELECT id, file FROM attachment WHERE state='outgoing'"
    " AND message IS NULL AND created_ms<? LIMIT 200";
static const char sql_orphan[] = "DELETE FROM attachment WHERE id=?";

struct upload {
	struct sealedfile *file; /* NULL: an earlier call is being repeated */
	char file_name[33];
	char name[JOB_NAME_MAX + 1], type[128];
	crypto_hash_sha256_state hash;
	int64_t id, bytes;
	struct conversation cnv;
	struct key_ref key;
	bool keyed, opened; /* Idempotency-Key; its row is ours */
};

static void upload_end(struct worker *w, struct job *job)
{
	struct upload *u = job->upload;

	job->upload = NULL;
	if (u == NULL)
		return;
	w->api->uploads--;
	sodium_memzero(u, sizeof(*u));
	free(u);
}

void upload_abandon(struct worker *w, struct job *job)
{
	struct upload *u = job->upload;

	if (u == NULL)
		return;
	if (u->file != NULL)
		sealedfile_abandon(&u->file);
	/* Failing to forget costs the client a 409 until the next start. */
	if (u->opened)
		(void)idempotency_forget(w, job, NULL);
	upload_end(w, job);
}

static int make_file(struct worker *w, struct upload *u, struct err *err)
{
	struct keeper_batch *batch = NULL;
	const uint8_t *key;
	size_t slot, len;
	int rc = -1;

	if (keeper_batch_new(w->keeper, &batch, err) != 0)
		return -1;
	/* Only sealing makes a data key: the person's first file needs one
	 * before its description can be sealed. */
	(void)keeper_add_seal(batch, &u->key, u->id, FIELD_MEDIA, "", 0);
	slot = keeper_add_file_key(batch, &u->key, u->id);
	if (keeper_run(batch, err) != 0 ||
	    keeper_result(batch, slot, &key, &len, err) != 0)
		goto out;
	if (len != 32) {
		ERR_SET(err, ERR_BUSY, "file key of wrong length", 0);
		goto out;
	}
	rc = mediafile_create(w, key, &u->file, u->file_name, err);
out:
	keeper_batch_free(&batch);
	return rc;
}

/* Is this a repetition?  Then the bytes are only compared. */
static int begin_key(struct worker *w, struct job *job, bool *ret_same,
		     struct err *err)
{
	enum idempotency_found found;

	*ret_same = false;
	if (idempotency_hash(w, job, NULL, 0, err) != 0 ||
	    idempotency_find(w, job, &found, err) != 0)
		return -1;
	if (found == KEY_OPEN)
		return job_refuse(job, &problem_key_in_flight, NULL);
	*ret_same = found == KEY_SAME;
	if (found == KEY_SAME)
		return 0;
	if (idempotency_open(w, job, err) != 0)
		return -1;
	job->upload->opened = true;
	return 0;
}

static int read_head(struct job *job, struct upload *u)
{
	const char *type;

	if (job->body_bytes <= 0)
		return job_refuse(job, &problem_invalid, "there are no bytes");
	if (job->file_name[0] != '\0' &&
	    !filename_read(job->file_name, strlen(job->file_name), u->name,
			   sizeof(u->name)))
		return job_refuse(job, &problem_invalid,
				  "Postern-File-Name is not RFC 8187 text");
	type = filename_type(job->type);
	memcpy(u->type, type, strlen(type) + 1);
	return 0;
}

static int begin(struct worker *w, struct job *job, struct err *err)
{
	struct policy_decision sees;
	struct upload *u;
	bool same = false;

	if (w->api->uploads >= UPLOADS_MAX)
		return job_refuse(job, &problem_unavailable,
				  "too many uploads at once");
	u = calloc(1, sizeof(*u));
	if (u == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory for an upload", 0);
	job->upload = u;
	w->api->uploads++;
	if (conversation_load(w, job, job->id, &u->cnv, err) != 0 ||
	    read_head(job, u) != 0)
		return -1;
	if (u->cnv.closed)
		return job_refuse(job, &problem_closed, "reopen it first");
	u->keyed = idempotency_wanted(job);
	if (u->keyed && begin_key(w, job, &same, err) != 0)
		return -1;
	crypto_hash_sha256_init(&u->hash);
	if (same)
		return 0;
	conversation_sees(w, &u->cnv, &sees);
	u->id = worker_id(w);
	u->key = (struct key_ref){.person = u->cnv.person,
				  .datenart = sees.media_datenart,
				  .year = env_year(worker_now(w))};
	return make_file(w, u, err);
}

static int take(struct job *job, struct err *err)
{
	struct upload *u = job->upload;

	if (job->body.len == 0)
		return 0;
	crypto_hash_sha256_update(&u->hash, job->body.bytes, job->body.len);
	u->bytes += (int64_t)job->body.len;
	if (u->file != NULL &&
	    sealedfile_write(u->file, job->body.bytes, job->body.len, err) != 0)
		return -1;
	buf_clear(&job->body);
	return 0;
}

static int seal_media(struct worker *w, const struct upload *u,
		      const uint8_t hash[32], struct keeper_batch **ret,
		      const uint8_t **ret_bytes, size_t *ret_len,
		      struct err *err)
{
	char hex[65];
	json_t *v;
	int rc;

	hex_encode(hash, 32, hex);
	v = json_pack("{s:o, s:s, s:s}", "name",
		      job_json_text(u->name[0] != '\0' ? u->name : NULL),
		      "mime", u->type, "sha256", hex);
	if (v == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory for media", 0);
	rc = seal_json(w, &u->key, u->id, FIELD_MEDIA, v, ret, ret_bytes,
		       ret_len, err);
	json_decref(v);
	return rc;
}

static int answer(struct worker *w, struct job *job, struct err *err)
{
	const struct upload *u = job->upload;
	struct id_text id;

	id_format(&w->mask, ID_ATTACHMENT, u->id, &id);
	return job_json(job, 201,
			json_pack("{s:s, s:I, s:s}", "attachment", id.text,
				  "bytes", (json_int_t)u->bytes, "type",
				  u->type),
			err);
}

static int put_row(struct worker *w, struct job *job, const uint8_t *sealed,
		   size_t sealed_len, struct err *err)
{
	struct upload *u = job->upload;

	if (store_begin(w->store, err) != 0)
		return -1;
	if ((u->opened && idempotency_forget(w, job, err) != 0) ||
	    store_run(
		w->store, sql_put,
		STORE_ARGS(S_INT(u->id), S_INT(u->cnv.id), S_INT(u->key.person),
			   S_TEXT(u->cnv.channel.text),
			   S_TEXT(u->key.datenart.text), S_INT(u->key.year),
			   S_TEXT("outgoing"), S_INT(u->bytes),
			   S_TEXT(u->file_name), S_BLOB(sealed, sealed_len),
			   S_INT(worker_now(w))),
		err) != 0 ||
	    answer(w, job, err) != 0 ||
	    (u->keyed && idempotency_keep(w, job, err) != 0) ||
	    store_commit(w->store, err) != 0) {
		store_roll_back(w->store);
		job_unanswer(job);
		return -1;
	}
	return 0;
}

static int end(struct worker *w, struct job *job, struct err *err)
{
	struct upload *u = job->upload;
	struct keeper_batch *batch = NULL;
	const uint8_t *sealed;
	uint8_t hash[32];
	size_t len;
	int rc = -1;

	if (take(job, err) != 0)
		return -1;
	crypto_hash_sha256_final(&u->hash, hash);
	if (u->keyed && idempotency_hash(w, job, hash, sizeof(hash), err) != 0)
		return -1;
	if (u->file == NULL)
		return idempotency_replay(w, job, err);
	if (sealedfile_finish(&u->file, err) != 0)
		return -1;
	if (seal_media(w, u, hash, &batch, &sealed, &len, err) == 0)
		rc = put_row(w, job, sealed, len, err);
	keeper_batch_free(&batch);
	if (rc != 0 && (err->kind != ERR_UNCERTAIN))
		(void)mediafile_unlink(w->settings->dir, u->file_name, NULL);
	return rc;
}

int api_attachment_put(struct worker *w, struct job *job, struct err *err)
{
	int rc;

	if (job->stage == JOB_BEGIN)
		rc = begin(w, job, err);
	else if (job->upload == NULL)
		rc = ERR_SET(err, ERR_BUSY, "upload out of turn", 0);
	else if (job->stage == JOB_CHUNK)
		rc = take(job, err);
	else
		rc = end(w, job, err);
	if (rc != 0)
		upload_abandon(w, job);
	else if (job->stage == JOB_END)
		upload_end(w, job);
	return rc;
}

struct orphan {
	int64_t id;
	char file[33];
};

static int find_orphans(struct worker *w, struct orphan *ret, size_t *ret_len,
			struct err *err)
{
	struct store_rows *rows;
	size_t n = 0;
	int got;

	if (store_start(w->store, sql_orphans,
			STORE_ARGS(S_INT(worker_now(w) - ORPHAN_MS)), &rows,
			err) != 0)
		return -1;
	while (n < ORPHANS_MAX && (got = store_step(w->store, rows, err)) > 0) {
		ret[n].id = store_column(w->store, rows, 0).num;
		if (column_text(store_column(w->store, rows, 1), ret[n].file,
				sizeof(ret[n].file)))
			n++;
	}
	store_finish(w->store, &rows);
	*ret_len = n;
	return n < ORPHANS_MAX && got < 0 ? -1 : 0;
}

int upload_prune(struct worker *w, struct err *err)
{
	struct orphan *orphans = calloc(ORPHANS_MAX, sizeof(*orphans));
	struct err absent = {0};
	size_t len = 0;
	int rc = -1;

	if (orphans == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory to tidy up", 0);
	if (find_orphans(w, orphans, &len, err) != 0)
		goto out;
	for (size_t i = 0; i < len; i++) {
		/* The file first: a row without one is tidied again. */
		if (mediafile_unlink(w->settings->dir, orphans[i].file,
				     &absent) != 0 &&
		    absent.kind != ERR_ABSENT)
			continue;
		if (store_run(w->store, sql_orphan,
			      STORE_ARGS(S_INT(orphans[i].id)), err) != 0)
			goto out;
	}
	rc = 0;
out:
	free(orphans);
	return rc;
}
