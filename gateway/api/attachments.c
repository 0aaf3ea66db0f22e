/* attachments.c - the opened bytes of an attachment, as a download only. */
#include <sodium.h>

#include "conversation.h"
#include "filename.h"
#include "mask.h"
#include "postern/jsonmem.h"
#include "problem.h"
#include "purpose.h"
#include "route.h"
#include "worker/decide_told.h"
#include "worker/kept.h"

static const char sql_attachment[] =
    "SELECT a.conversation, a.key_person, a.datenart, a.year, a.state,"
    " a.bytes, a.file, a.media_sealed, m.outcome, m.datenart, m.direction,"
    " m.state='masked', m.id"
    " FROM attachment a LEFT JOIN message m ON m.id=a.message WHERE a.id=?";

struct attachment {
	int64_t conversation, bytes, message; /* 0: of none */
	struct key_ref key;
	char state[16], file[33];
	struct buf sealed;
	/* Of the message, if a person sent it. */
	bool inbound, masked;
	enum message_outcome outcome;
	struct name datenart;
	struct redaction shown; /* its name is without that */
};

static int read_row(struct worker *w, struct store_rows *rows,
		    struct attachment *ret, struct err *err)
{
	struct store *st = w->store;
	struct store_value sealed = store_column(st, rows, 7);
	char direction[8];

	ret->conversation = store_column(st, rows, 0).num;
	ret->key.person = store_column(st, rows, 1).num;
	ret->key.year = (uint16_t)store_column(st, rows, 3).num;
	ret->bytes = store_column(st, rows, 5).num;
	if (!column_name(store_column(st, rows, 2), &ret->key.datenart) ||
	    !column_text(store_column(st, rows, 4), ret->state,
			 sizeof(ret->state)))
		return ERR_SET(err, ERR_BUSY, "attachment row is odd", 0);
	(void)column_text(store_column(st, rows, 6), ret->file,
			  sizeof(ret->file));
	ret->outcome = (enum message_outcome)store_column(st, rows, 8).num;
	ret->inbound = column_name(store_column(st, rows, 9), &ret->datenart) &&
		       column_text(store_column(st, rows, 10), direction,
				   sizeof(direction)) &&
		       strcmp(direction, "in") == 0;
	ret->masked = store_column(st, rows, 11).num != 0;
	ret->message = store_column(st, rows, 12).num;
	return buf_append(&ret->sealed, sealed.bytes, sealed.len, err);
}

static int find_row(struct worker *w, struct job *job, struct attachment *ret,
		    struct err *err)
{
	struct store_rows *rows;
	int got, rc = -1;

	if (store_start(w->store, sql_attachment, STORE_ARGS(S_INT(job->id)),
			&rows, err) != 0)
		return -1;
	got = store_step(w->store, rows, err);
	if (got > 0)
		rc = read_row(w, rows, ret, err);
	else if (got == 0)
		(void)job_refuse(job, &problem_absent, NULL);
	store_finish(w->store, &rows);
	return rc;
}

static bool may_see(const struct worker *w, const struct conversation *cnv,
		    const struct attachment *a)
{
	const struct decide_stored stored = {
	    .channel = &cnv->channel,
	    .helpdesk = cnv->routed ? &cnv->helpdesk : NULL,
	    .datenart = &a->datenart,
	    .outcome = a->outcome,
	    .media = true,
	};
	struct policy_decision sees;

	if (a->inbound)
		decide_told(w, &stored, &sees);
	else
		conversation_sees(w, cnv, &sees);
	return sees.sees_attachments;
}

/* What was to go and is kept by a law or a hold is shown to nobody. */
static int refuse_kept(struct worker *w, struct job *job,
		       const struct attachment *a, struct err *err)
{
	bool file = false, message = false;

	if (kept_is(w, job->id, &file, err) != 0 ||
	    kept_is(w, a->message, &message, err) != 0)
		return -1;
	return file || message ? job_refuse(job, &problem_absent, NULL) : 0;
}

static int check_seen(struct worker *w, struct job *job,
		      const struct conversation *cnv, struct attachment *a,
		      struct err *err)
{
	if (purpose_opens_all(job)) {
		a->masked = false;
		return 0;
	}
	if (refuse_kept(w, job, a, err) != 0)
		return -1;
	return may_see(w, cnv, a)
		   ? 0
		   : job_refuse(job, &problem_policy,
				"this helpdesk sees no attachments");
}

static int check(struct worker *w, struct job *job, struct attachment *a,
		 struct err *err)
{
	struct conversation cnv;

	if (conversation_load(w, job, a->conversation, &cnv, err) != 0)
		return -1;
	if (a->inbound)
		redaction_shown(w->policy, &cnv.channel, &a->shown);
	if (check_seen(w, job, &cnv, a, err) != 0)
		return -1;
	if (strcmp(a->state, "wanted") == 0) {
		job->retry_after_s = 5;
		return job_refuse(job, &problem_pending, NULL);
	}
	if ((strcmp(a->state, "kept") != 0 &&
	     strcmp(a->state, "outgoing") != 0) ||
	    a->file[0] == '\0' || a->masked)
		return job_refuse(job, &problem_gone, NULL);
	return 0;
}

/* Name and type, as far as they can be read; both are only hints.  Short of
 * memory nothing is said about them. */
static int read_media(struct job *job, struct attachment *a,
		      const struct keeper_batch *batch, size_t slot,
		      struct err *err)
{
	char name[JOB_NAME_MAX + 1] = "";
	const uint8_t *clear;
	const char *text, *type = NULL;
	json_t *v = NULL, *named;
	size_t len;
	bool no_memory = false;

	if (keeper_result(batch, slot, &clear, &len, NULL) == 0)
		v = jsonmem_load(clear, len, 0, &no_memory);
	if (no_memory)
		return ERR_SET(err, ERR_NOMEM, "no memory for media", 0);
	named = mask_json(&a->shown, json_incref(json_object_get(v, "name")));
	text = json_string_value(named);
	if (text != NULL && strlen(text) < sizeof(name)) {
		memcpy(name, text, strlen(text) + 1);
		if (!filename_clean(name))
			name[0] = '\0';
	}
	type = filename_type(json_string_value(json_object_get(v, "mime")));
	(void)snprintf(job->file_type, sizeof(job->file_type), "%s", type);
	filename_disposition(name, job->file_header, sizeof(job->file_header));
	sodium_memzero(name, sizeof(name));
	json_decref(named);
	json_decref(v);
	return 0;
}

static int open_file(struct worker *w, struct job *job, struct attachment *a,
		     struct err *err)
{
	struct keeper_batch *batch = NULL;
	const uint8_t *key;
	size_t key_slot, media_slot, len;
	int rc = -1;

	if (keeper_batch_new(w->keeper, &batch, err) != 0)
		return -1;
	key_slot = keeper_add_file_key(batch, &a->key, job->id);
	media_slot = keeper_add_open(batch, &a->key, job->id, FIELD_MEDIA,
				     a->sealed.bytes, a->sealed.len);
	if (keeper_run(batch, err) != 0)
		goto out;
	if (keeper_result(batch, key_slot, &key, &len, err) != 0 || len != 32) {
		(void)job_refuse(job, &problem_gone, NULL);
		goto out;
	}
	if (read_media(job, a, batch, media_slot, err) != 0)
		goto out;
	if (mediafile_open(w->settings->dir, a->file, key, a->bytes, &job->file,
			   err) != 0) {
		(void)job_refuse(job,
				 err->kind == ERR_ABSENT  ? &problem_gone
				 : err->kind == ERR_NOMEM ? &problem_unavailable
							  : &problem_internal,
				 NULL);
		goto out;
	}
	job->file_bytes = a->bytes;
	job->status = 200;
	rc = 0;
out:
	keeper_batch_free(&batch);
	return rc;
}

int api_attachment_get(struct worker *w, struct job *job, struct err *err)
{
	struct attachment a = {.sealed = BUF_INIT(256 * 1024)};
	int rc = -1;

	if (find_row(w, job, &a, err) == 0 && check(w, job, &a, err) == 0)
		rc = open_file(w, job, &a, err);
	buf_free(&a.sealed);
	return rc;
}
