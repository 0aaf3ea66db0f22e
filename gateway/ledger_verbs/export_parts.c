/* export_parts.c - what lies beside the entries of an export: checkpoints of
 * the period, who signed them along, time stamps. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "export.h"
#include "policy_verbs/files.h"
#include "policy_verbs/options.h"
#include "postern/caldate.h"
#include "postern/settings.h"
#include "postern/stamp.h"
#include "postern/text.h"

#define NAME_BYTES 64

/* --- settings ------------------------------------------------------------- */

static void take_witnesses(struct exporting *x, const struct settings *s)
{
	struct err err = {0};

	for (size_t i = 0; i < s->ledger.witnesses_len; i++)
		(void)verify_keys_add(&x->witness_keys,
				      s->ledger.witnesses[i].vkey,
				      &err); /* then it is not verified */
}

/* A copy of the archive has none; then less can be told. */
int export_settings(struct exporting *x)
{
	struct settings *s = NULL;
	struct err err = {0};

	if (files_settings(x->args->dir, false, &s) == 0) {
		(void)snprintf(x->controller, sizeof(x->controller), "%s",
			       s->controller.name);
		take_witnesses(x, s);
	}
	settings_free(&s);
	if (!ledger_look_root(x->args->dir, x->root_path,
			      sizeof(x->root_path)) ||
	    verify_read(x->root_path, x->root_pem.cap, &x->root_pem, &err) != 0)
		x->root_path[0] = '\0';
	return 0;
}

/* --- checkpoints and witnesses -------------------------------------------- */

static struct export_witness *witness_of(struct exporting *x,
					 const struct note_signature *sig)
{
	struct export_witness *w;

	for (size_t i = 0; i < x->witnesses_len; i++)
		if (strlen(x->witnesses[i].name) == sig->name_len &&
		    memcmp(x->witnesses[i].name, sig->name, sig->name_len) == 0)
			return &x->witnesses[i];
	if (x->witnesses_len == AUDIT_WITNESSES_MAX ||
	    sig->name_len >= NOTE_NAME_BYTES)
		return NULL;
	w = &x->witnesses[x->witnesses_len++];
	memcpy(w->name, sig->name, sig->name_len);
	w->name[sig->name_len] = '\0';
	return w;
}

static bool is_log(const struct exporting *x, const struct note_signature *sig)
{
	return strlen(x->body.origin) == sig->name_len &&
	       memcmp(x->body.origin, sig->name, sig->name_len) == 0;
}

/* Verified where the settings name the witness; otherwise only named. */
static void tally(struct exporting *x, const struct note *note,
		  const struct note_signature *sig)
{
	struct export_witness *w = witness_of(x, sig);
	uint64_t at_s = 0;

	if (w == NULL)
		return;
	w->signed_++;
	for (size_t i = 0; i < x->witness_keys.len; i++) {
		const struct note_key *key = &x->witness_keys.keys[i];

		if (strcmp(key->name, w->name) != 0 ||
		    note_check(note, key, &at_s) != NOTE_GOOD)
			continue;
		w->verified = true;
		if ((int64_t)at_s * 1000 > w->last_ms)
			w->last_ms = (int64_t)at_s * 1000;
	}
}

static void note_gap(struct exporting *x, int64_t at_ms)
{
	if (x->checkpoints > 0 && at_ms - x->last_checkpoint_ms > x->gap_ms) {
		x->gap_ms = at_ms - x->last_checkpoint_ms;
		x->gap_at_ms = x->last_checkpoint_ms;
	}
	x->last_checkpoint_ms = at_ms;
	x->checkpoints++;
}

static void take_checkpoint(struct exporting *x, int64_t at_ms,
			    struct store_value bytes)
{
	struct note note;
	int64_t day = caldate_local(NULL, at_ms);

	note_gap(x, at_ms);
	x->signed_on[(size_t)(day - x->from_day)]++;
	if (note_parse(bytes.bytes, bytes.len, &note, NULL) != 0)
		return;
	for (size_t i = 0; i < note.signatures_len; i++)
		if (!is_log(x, &note.signatures[i]))
			tally(x, &note, &note.signatures[i]);
}

int export_checkpoints(struct exporting *x)
{
	static const char sql[] =
	    "SELECT at_ms,note FROM ledger_checkpoint WHERE at_ms>=? AND "
	    "at_ms<? ORDER BY size";
	struct store_rows *rows = NULL;
	struct err err = {0};
	int rc = store_start(
	    x->st, sql,
	    STORE_ARGS(S_INT(export_from_ms(x)), S_INT(export_to_ms(x))), &rows,
	    &err);

	if (rc == 0)
		while ((rc = store_step(x->st, rows, &err)) == 1)
			take_checkpoint(x, store_column(x->st, rows, 0).num,
					store_column(x->st, rows, 1));
	store_finish(x->st, &rows);
	return rc == 0 ? 0
		       : refused("checkpoints cannot be read: %s", err.what);
}

/* --- time stamps ---------------------------------------------------------- */

static int put(const struct exporting *x, uint64_t size, const char *end,
	       const void *bytes, size_t len)
{
	char name[NAME_BYTES];

	(void)snprintf(name, sizeof(name), "stamps/%" PRIu64 ".%s", size, end);
	return export_file(x, name, bytes, len);
}

/* That the log went on from what was stamped. */
static int put_proof(const struct exporting *x, uint64_t size)
{
	struct merkle_hash proof[MERKLE_PROOF_MAX];
	struct buf text =
	    BUF_INIT(MERKLE_PROOF_MAX * (BASE64_LEN(MERKLE_HASH_BYTES) + 1));
	char line[BASE64_LEN(MERKLE_HASH_BYTES) + 1];
	struct err err = {0};
	size_t len = 0;
	int status = 0;

	if (ledger_prove_consistency(x->st, size, x->body.size, proof, &len,
				     &err) != 0)
		return refused("checkpoint %" PRIu64 ": %s", size, err.what);
	for (size_t i = 0; i < len && status == 0; i++) {
		base64_encode(proof[i].bytes, MERKLE_HASH_BYTES, line);
		if (buf_append_text(&text, line, &err) != 0 ||
		    buf_append_u8(&text, '\n', &err) != 0)
			status = refused("%s", err.what);
	}
	if (status == 0)
		status = put(x, size, "proof", text.bytes, text.len);
	buf_free(&text);
	return status;
}

static void judge(const struct exporting *x, const void *token,
		  size_t token_len, const void *note, size_t note_len,
		  struct audit_stamp *ret)
{
	const struct stamp_trust trust = {.root_pem =
					      (const char *)x->root_pem.bytes,
					  .root_len = x->root_pem.len};
	struct stamp stamp;
	struct err err = {0};

	if (x->root_path[0] == '\0')
		return;
	ret->good = stamp_verify(token, token_len, note, note_len, &trust,
				 &stamp, &err) == 0;
	if (ret->good)
		ret->at_ms = stamp.at_ms;
	else
		ret->why = err.what;
}

static int take_stamp(struct exporting *x, struct store_rows *rows)
{
	uint64_t size = (uint64_t)store_column(x->st, rows, 0).num;
	struct store_value token = store_column(x->st, rows, 2);
	struct store_value note = store_column(x->st, rows, 3);
	size_t covered = stamp_covers(note.bytes, note.len);
	struct audit_stamp *s = &x->stamps[x->stamps_len];
	int status;

	*s = (struct audit_stamp){.size = size,
				  .at_ms = store_column(x->st, rows, 1).num};
	judge(x, token.bytes, token.len, note.bytes, covered, s);
	x->stamps_len++;
	status = put(x, size, "tsr", token.bytes, token.len);
	if (status == 0)
		status = put(x, size, "checkpoint", note.bytes, covered);
	if (status == 0 && size > 0 && size <= x->body.size)
		status = put_proof(x, size);
	return status;
}

static int take_stamps(struct exporting *x, struct store_rows *rows)
{
	struct err err = {0};
	int rc;

	while ((rc = store_step(x->st, rows, &err)) == 1) {
		if (x->stamps_len == AUDIT_STAMPS_MAX)
			return refused("more than %d time stamps; a shorter "
				       "period",
				       AUDIT_STAMPS_MAX);
		if (take_stamp(x, rows) != 0)
			return EXIT_REFUSED;
	}
	return rc == 0 ? 0
		       : refused("time stamps cannot be read: %s", err.what);
}

int export_stamps(struct exporting *x)
{
	static const char sql[] =
	    "SELECT s.size,s.at_ms,s.token,c.note FROM ledger_stamp s,"
	    "ledger_checkpoint c WHERE c.size=s.size AND s.state='done' AND "
	    "s.at_ms>=? AND s.at_ms<? ORDER BY s.size";
	struct store_rows *rows = NULL;
	struct err err = {0};
	int status;

	if (mkdirat(x->folder, "stamps", 0700) != 0)
		return refused("%s/stamps: cannot be made (error %d)", x->out,
			       errno);
	if (store_start(
		x->st, sql,
		STORE_ARGS(S_INT(export_from_ms(x)), S_INT(export_to_ms(x))),
		&rows, &err) != 0)
		return refused("time stamps cannot be read: %s", err.what);
	status = take_stamps(x, rows);
	store_finish(x->st, &rows);
	if (status == 0 && x->root_path[0] != '\0')
		status = export_file(x, "stamps/root.pem", x->root_pem.bytes,
				     x->root_pem.len);
	return status;
}
