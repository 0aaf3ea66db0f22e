/* checkpoints.c - the signed state of the proof log: shown, signed now, and
 * the keys it is signed with. */
#include "postern/keeperlog.h"
#include "postern/ledger.h"
#include "postern/text.h"
#include "problem.h"
#include "route.h"
#include "worker/ledgerclock.h"
#include "worker/ledgerofficer.h"

static json_t *checkpoint_json(struct buf *note, const struct checkpoint *c,
			       int64_t at_ms)
{
	char root[2 * MERKLE_HASH_BYTES + 1];
	const char *text = buf_text(note);

	hex_encode(c->root.bytes, MERKLE_HASH_BYTES, root);
	return json_pack("{s:s?, s:I, s:s, s:s, s:o}", "checkpoint", text,
			 "size", (json_int_t)c->size, "root", root, "origin",
			 c->origin, "at", job_json_time(at_ms));
}

int api_ledger_checkpoint(struct worker *w, struct job *job, struct err *err)
{
	struct buf note = BUF_INIT(NOTE_BYTES_MAX + 1);
	struct checkpoint c;
	int64_t at_ms = 0;
	int rc = -1;

	if (ledger_last(w->store, &note, &c, &at_ms, err) == 0)
		rc = job_json(job, 200, checkpoint_json(&note, &c, at_ms), err);
	else if (err->kind == ERR_ABSENT)
		rc = job_refuse(job, &problem_absent, "nothing was signed yet");
	buf_free(&note);
	return rc;
}

int api_ledger_sign(struct worker *w, struct job *job, struct err *err)
{
	if (ledgerclock_sign(w, err) == 0) {
		ledgerofficer_want(w);
		return api_ledger_checkpoint(w, job, err);
	}
	return err->kind == ERR_ABSENT
		   ? job_refuse(job, &problem_conflict, "the log is empty")
		   : -1;
}

/* --- keys ----------------------------------------------------------------- */

static const char *state_of(const struct keeper_log *log,
			    const struct note_key *key)
{
	if (memcmp(key->bytes, log->key.bytes, sizeof(key->bytes)) == 0)
		return "signing";
	if (log->rotating &&
	    memcmp(key->bytes, log->next.bytes, sizeof(key->bytes)) == 0)
		return "next";
	return "destroyed";
}

static json_t *key_json(const struct keeper_log *log,
			const struct keeper_log_key *k)
{
	char vkey[NOTE_VKEY_BYTES];
	json_t *from = k->from_size == UINT64_MAX
			   ? json_null()
			   : json_integer((json_int_t)k->from_size);

	note_key_print(&k->key, vkey);
	return json_pack("{s:s, s:s, s:o, s:o}", "vkey", vkey, "state",
			 state_of(log, &k->key), "from_size", from, "made_at",
			 job_json_time(k->made_s * 1000));
}

int api_ledger_keys(struct worker *w, struct job *job, struct err *err)
{
	struct keeper_log_key *keys =
	    calloc(KEEPER_LOG_KEYS_MAX, sizeof(*keys));
	json_t *list = json_array();
	struct keeper_log log;
	size_t len = 0;
	int rc = -1;

	if (keys == NULL) {
		ERR_SET(err, ERR_NOMEM, "keys of the log", 0);
		goto out;
	}
	if (keeper_log_status(w->keeper, "", &log, err) != 0 ||
	    keeper_log_keys(w->keeper, keys, &len, err) != 0) {
		err->kind = ERR_BUSY; /* of the keeper, not of the archive */
		goto out;
	}
	for (size_t i = 0; i < len; i++)
		(void)json_array_append_new(list, key_json(&log, &keys[i]));
	rc = job_json(
	    job, 200,
	    json_pack("{s:s, s:O}", "origin", log.origin, "keys", list), err);
out:
	json_decref(list);
	free(keys);
	return rc;
}

int api_ledger_rotate(struct worker *w, struct job *job, struct err *err)
{
	if (ledgerclock_rotate(w, err) == 0)
		return api_ledger_keys(w, job, err);
	return err->kind == ERR_DENIED
		   ? job_refuse(job, &problem_conflict,
				"the log has had too many keys")
		   : -1;
}
