/* explain.c - what became of one stored message, by which rule and why.
 *
 * Nothing of what it says: of the sealed content only the reasons leave. */
#include "conversation.h"
#include "postern/caldate.h"
#include "postern/explain.h"
#include "postern/jsonmem.h"
#include "postern/simulate.h"
#include "postern/text.h"
#include "problem.h"
#include "route.h"
#include "store/schema.h"

#define TEXT_MAX    4096
#define STAMP_BYTES 8

static const char sql_message[] =
    "SELECT key_person, direction, kind, state, datenart, year, provider_ms,"
    " received_ms, content_sealed, policy, outcome, tags FROM message"
    " WHERE id=?";
static const char sql_versions[] =
    "SELECT digest, version FROM policy_version ORDER BY id DESC";

struct stored {
	struct key_ref key;
	char direction[8], kind[32], state[16];
	int64_t provider_ms, received_ms, stamp, outcome, tags;
	struct buf sealed; /* the row is left before the keeper is asked */
};

static int read_row(struct worker *w, struct store_rows *rows,
		    struct stored *ret, struct err *err)
{
	struct store *st = w->store;
	struct store_value sealed = store_column(st, rows, 8);

	ret->key.person = store_column(st, rows, 0).num;
	(void)column_text(store_column(st, rows, 1), ret->direction,
			  sizeof(ret->direction));
	(void)column_text(store_column(st, rows, 2), ret->kind,
			  sizeof(ret->kind));
	(void)column_text(store_column(st, rows, 3), ret->state,
			  sizeof(ret->state));
	(void)column_name(store_column(st, rows, 4), &ret->key.datenart);
	ret->key.year = (uint16_t)store_column(st, rows, 5).num;
	ret->provider_ms = store_column(st, rows, 6).num;
	ret->received_ms = store_column(st, rows, 7).num;
	ret->stamp = store_column(st, rows, 9).num;
	ret->outcome = store_column(st, rows, 10).num;
	ret->tags = store_column(st, rows, 11).num;
	if (sealed.type != STORE_BLOB)
		return 0;
	return buf_append(&ret->sealed, sealed.bytes, sealed.len, err);
}

static int load(struct worker *w, struct job *job, struct stored *ret,
		struct err *err)
{
	struct store_rows *rows;
	int got, rc = -1;

	if (store_start(w->store, sql_message, STORE_ARGS(S_INT(job->id)),
			&rows, err) != 0)
		return -1;
	got = store_step(w->store, rows, err);
	if (got > 0)
		rc = read_row(w, rows, ret, err);
	store_finish(w->store, &rows);
	if (got == 0)
		return job_refuse(job, &problem_absent, NULL);
	return rc;
}

/* --- the policy of then --------------------------------------------------- */

static json_t *hex_json(const uint8_t *bytes, size_t len)
{
	char text[2 * POLICY_DIGEST_BYTES + 1];

	hex_encode(bytes, len, text);
	return json_string(text);
}

static bool is_stamp(const uint8_t *stamp, struct store_value digest)
{
	return digest.type == STORE_BLOB && digest.len == POLICY_DIGEST_BYTES &&
	       memcmp(digest.bytes, stamp, STAMP_BYTES) == 0;
}

/* Of a version that was proposed here once; else only its stamp is known. */
static int known_version(struct worker *w, const uint8_t *stamp, json_t *policy,
			 struct err *err)
{
	struct store_rows *rows;
	bool found = false;
	int got;

	if (store_start(w->store, sql_versions, STORE_NO_ARGS, &rows, err) != 0)
		return -1;
	while (!found && (got = store_step(w->store, rows, err)) > 0) {
		struct store_value digest = store_column(w->store, rows, 0);

		found = is_stamp(stamp, digest);
		if (!found)
			continue;
		(void)json_object_set_new(policy, "digest",
					  hex_json(digest.bytes, digest.len));
		(void)json_object_set_new(
		    policy, "version",
		    json_integer(store_column(w->store, rows, 1).num));
	}
	store_finish(w->store, &rows);
	return got < 0 ? -1 : 0;
}

static int policy_of(struct worker *w, const struct stored *m, json_t **ret,
		     struct err *err)
{
	const bool in_force = m->stamp == decide_policy_number(w);
	uint8_t stamp[STAMP_BYTES];
	json_t *policy;

	for (size_t i = 0; i < STAMP_BYTES; i++)
		stamp[i] = (uint8_t)((uint64_t)m->stamp >>
				     (8 * (STAMP_BYTES - 1 - i)));
	policy = json_pack("{s:o, s:b, s:n, s:n}", "stamp",
			   m->stamp != 0 ? hex_json(stamp, STAMP_BYTES)
					 : json_null(),
			   "in_force", in_force, "digest", "version");
	*ret = policy;
	if (in_force) {
		(void)json_object_set_new(
		    policy, "digest",
		    hex_json(policy_digest(w->policy), POLICY_DIGEST_BYTES));
		(void)json_object_set_new(
		    policy, "version", json_integer(policy_version(w->policy)));
		return 0;
	}
	return m->stamp != 0 ? known_version(w, stamp, policy, err) : 0;
}

/* --- its rule ------------------------------------------------------------- */

static json_t *day_json(bool is, int64_t day)
{
	char text[CALDATE_BYTES];

	if (!is)
		return json_null();
	caldate_format(day, text);
	return json_string(text);
}

/* The events its period may start at, as far as they happened. */
static struct policy_starts starts_of(const struct worker *w,
				      const struct stored *m,
				      const struct conversation *cnv)
{
	struct policy_starts ret = {0};

	ret.at[START_COLLECTION] =
	    (struct maybe_day){true, caldate_local(w->zone, m->received_ms)};
	if (cnv->closed)
		ret.at[START_PROCESS_END] = (struct maybe_day){
		    true, caldate_local(w->zone, cnv->closed_ms)};
	return ret;
}

static json_t *both_tongues(struct buf *de, struct buf *en)
{
	const char *german = buf_text(de), *english = buf_text(en);

	return german != NULL && english != NULL
		   ? json_pack("{s:s, s:s}", "de", german, "en", english)
		   : NULL;
}

static json_t *rule_text(const struct worker *w, const struct name *datenart)
{
	struct buf de = BUF_INIT(TEXT_MAX), en = BUF_INIT(TEXT_MAX);
	json_t *v = NULL;

	if (explain_rule(TONGUE_DE, w->policy, datenart, &de, NULL) == 0 &&
	    explain_rule(TONGUE_EN, w->policy, datenart, &en, NULL) == 0)
		v = both_tongues(&de, &en);
	buf_free(&de);
	buf_free(&en);
	return v;
}

/* By the policy in force: a changed rule reaches old data at once. */
static json_t *rule_json(const struct worker *w, const struct stored *m,
			 const struct conversation *cnv)
{
	const struct policy_starts starts = starts_of(w, m, cnv);
	struct policy_rule rule;
	struct maybe_day start;
	struct policy_due due;
	bool is;

	if (!policy_rule_of(w->policy, &m->key.datenart, &rule))
		return json_null();
	start = starts.at[rule.from];
	policy_due(&rule, &starts, &due);
	is = start.is && due.is;
	return json_pack("{s:I, s:s, s:o, s:o, s:o, s:o}", "line",
			 (json_int_t)rule.line, "start",
			 policy_start_name(rule.from), "started",
			 day_json(start.is, start.day), "last_day",
			 day_json(is, due.r.last_day), "erase_from",
			 day_json(is, due.r.erase_from), "text",
			 rule_text(w, &m->key.datenart));
}

/* --- why ------------------------------------------------------------------ */

static json_t *reason_json(const struct worker *w, const struct stored *m,
			   const struct conversation *cnv, const json_t *reason)
{
	const char *code = json_string_value(json_object_get(reason, "code"));
	const struct name *purpose = policy_purpose(w->policy, &cnv->channel);
	const struct explain_names names = {
	    .channel = cnv->channel.text,
	    .helpdesk = cnv->routed ? cnv->helpdesk.text : NULL,
	    .data = m->key.datenart.text,
	    .media_data = "MEDIA",
	    .purpose = purpose != NULL ? purpose->text : NULL,
	};
	struct buf de = BUF_INIT(TEXT_MAX), en = BUF_INIT(TEXT_MAX);
	json_t *v = NULL;

	if (code != NULL &&
	    explain_reason(TONGUE_DE, code, &names, &de, NULL) == 0 &&
	    explain_reason(TONGUE_EN, code, &names, &en, NULL) == 0)
		v = json_pack(
		    "{s:s, s:I, s:o}", "code", code, "line",
		    json_integer_value(json_object_get(reason, "line")), "text",
		    both_tongues(&de, &en));
	buf_free(&de);
	buf_free(&en);
	return v;
}

/* *ret_content: opened, none, erased, unreadable. */
static int open_content(struct worker *w, const struct job *job,
			const struct stored *m, json_t **ret,
			const char **ret_content, struct err *err)
{
	struct keeper_batch *batch = NULL;
	struct err e = {0};
	const uint8_t *clear;
	bool no_memory;
	size_t slot, len;
	int rc = -1;

	*ret_content = "none";
	if (m->sealed.len == 0)
		return 0;
	if (keeper_batch_new(w->keeper, &batch, err) != 0)
		return -1;
	slot = keeper_add_open(batch, &m->key, job->id, FIELD_CONTENT,
			       m->sealed.bytes, m->sealed.len);
	if (keeper_run(batch, err) != 0)
		goto out;
	rc = 0;
	*ret_content = "unreadable";
	if (keeper_result(batch, slot, &clear, &len, &e) != 0) {
		if (e.kind == ERR_ABSENT)
			*ret_content = "erased";
		goto out;
	}
	*ret = jsonmem_load(clear, len, JSON_ALLOW_NUL, &no_memory);
	if (*ret != NULL)
		*ret_content = "opened";
out:
	keeper_batch_free(&batch);
	return rc;
}

static json_t *why_json(const struct worker *w, const struct stored *m,
			const struct conversation *cnv, const json_t *content)
{
	const json_t *why = json_object_get(content, "why");
	json_t *list = json_array();

	for (size_t i = 0; i < json_array_size(why); i++)
		(void)json_array_append_new(
		    list, reason_json(w, m, cnv, json_array_get(why, i)));
	return list;
}

/* --- all of it ------------------------------------------------------------ */

static const char *outcome_name(int64_t outcome)
{
	static const char *const names[] = {
	    [MSG_UNDECIDED] = "undecided", [MSG_FORWARDED] = "forwarded",
	    [MSG_REDUCED] = "reduced",	   [MSG_HELD] = "held",
	    [MSG_KEPT] = "kept",
	};

	return outcome >= MSG_UNDECIDED && outcome <= MSG_KEPT ? names[outcome]
							       : "undecided";
}

static int answer(struct worker *w, struct job *job, const struct stored *m,
		  const struct conversation *cnv, struct err *err)
{
	json_t *policy = NULL, *content = NULL;
	const char *state;
	int rc = -1;

	if (policy_of(w, m, &policy, err) == 0 &&
	    open_content(w, job, m, &content, &state, err) == 0)
		rc = job_json(
		    job, 200,
		    json_pack(
			"{s:o, s:o, s:s, s:o, s:s, s:s, s:s, s:o, s:o, s:s,"
			" s:b, s:s, s:O, s:o, s:s, s:o}",
			"message", job_json_id(w, ID_MESSAGE, job->id),
			"conversation",
			job_json_id(w, ID_CONVERSATION, cnv->id), "channel",
			cnv->channel.text, "helpdesk",
			job_json_text(cnv->routed ? cnv->helpdesk.text : NULL),
			"direction", m->direction, "kind", m->kind, "state",
			m->state, "sent", job_json_time(m->provider_ms),
			"received", job_json_time(m->received_ms), "datenart",
			m->key.datenart.text, "special",
			(int)((m->tags & MSG_TAG_SPECIAL) != 0), "outcome",
			outcome_name(m->outcome), "policy", policy, "rule",
			rule_json(w, m, cnv), "content", state, "why",
			why_json(w, m, cnv, content)),
		    err);
	json_decref(policy);
	json_decref(content);
	return rc;
}

int api_policy_explain(struct worker *w, struct job *job, struct err *err)
{
	struct stored m = {.sealed = BUF_INIT(32u * 1024 * 1024)};
	struct conversation cnv;
	int rc = -1;

	if (conversation_of_message(w, job, job->id, &cnv, err) == 0 &&
	    load(w, job, &m, err) == 0)
		rc = answer(w, job, &m, &cnv, err);
	buf_free(&m.sealed);
	return rc;
}
