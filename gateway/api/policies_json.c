/* policies_json.c - a version of the policy as JSON. */
#include "policies.h"

#include "postern/jsonmem.h"
#include "postern/text.h"

static const char label_sql[] = "SELECT label FROM token WHERE id=?";

static json_t *hex_json(const uint8_t *bytes, size_t len)
{
	char text[2 * VERSION_SEAL_BYTES + 1];

	if (len > VERSION_SEAL_BYTES)
		return json_null();
	hex_encode(bytes, len, text);
	return json_string(text);
}

json_t *policies_person(struct worker *w, int64_t token, struct err *err)
{
	struct store_rows *rows = NULL;
	struct store_value label;
	json_t *v;
	int got;

	if (token == 0)
		return json_null();
	if (store_start(w->store, label_sql, STORE_ARGS(S_INT(token)), &rows,
			err) != 0)
		return NULL;
	got = store_step(w->store, rows, err);
	label = got > 0 ? store_column(w->store, rows, 0) : S_NULL;
	v = got < 0 ? NULL
		    : json_pack("{s:o, s:o}", "id",
				job_json_id(w, ID_TOKEN, token), "label",
				label.type == STORE_TEXT
				    ? json_stringn(label.bytes, label.len)
				    : json_null());
	store_finish(w->store, &rows);
	return v;
}

static json_t *approvals_json(struct worker *w, const struct version *v,
			      struct err *err)
{
	struct approval all[APPROVALS_MAX];
	json_t *list = json_array(), *who;
	size_t len = 0;

	if (version_approvals(w->store, v->id, all, &len, err) != 0)
		goto fail;
	for (size_t i = 0; i < len; i++) {
		who = policies_person(w, all[i].actor, err);
		if (who == NULL)
			goto fail;
		(void)json_object_set_new(who, "at",
					  job_json_time(all[i].at_ms));
		(void)json_array_append_new(list, who);
	}
	return list;
fail:
	json_decref(list);
	return NULL;
}

/* What policy_effect_print() wrote. */
static json_t *effect_json(const char *text)
{
	bool no_memory = false;
	json_t *v = text == NULL
			? NULL
			: jsonmem_load(text, strlen(text), 0, &no_memory);

	return v != NULL ? v : json_null();
}

static json_t *shadow_json(const struct version *v)
{
	if (v->shadow_until_ms == 0)
		return json_null();
	return json_pack("{s:o, s:o}", "from", job_json_time(v->shadow_from_ms),
			 "until", job_json_time(v->shadow_until_ms));
}

static bool set_people(struct worker *w, const struct version *v, json_t *ret,
		       struct err *err)
{
	json_t *author = policies_person(w, v->author, err);
	json_t *ended_by =
	    author != NULL ? policies_person(w, v->ended_by, err) : NULL;
	json_t *given = ended_by != NULL ? approvals_json(w, v, err) : NULL;

	if (given == NULL) {
		json_decref(author);
		json_decref(ended_by);
		return false;
	}
	(void)json_object_set_new(ret, "author", author);
	(void)json_object_set_new(ret, "ended_by", ended_by);
	(void)json_object_set_new(ret, "approvals", given);
	return true;
}

json_t *policies_json(struct worker *w, const struct version *v,
		      struct err *err)
{
	json_t *ret = json_pack(
	    "{s:o, s:s, s:I, s:s, s:o, s:o, s:o, s:o, s:I, s:I, s:b, s:o, s:o,"
	    " s:o, s:o, s:o, s:o, s:o}",
	    "id", job_json_id(w, ID_POLICY, v->id), "name", v->name.text,
	    "version", (json_int_t)v->number, "state",
	    version_state_name(v->state), "digest",
	    hex_json(v->digest, sizeof(v->digest)), "replaces",
	    v->base != 0 ? job_json_id(w, ID_POLICY, v->base) : json_null(),
	    "proposed", job_json_time(v->proposed_ms), "from",
	    job_json_time(v->from_ms), "needed", (json_int_t)v->needed,
	    "tolerance", (json_int_t)v->tolerance, "shortens", v->shortens,
	    "due", job_json_time(v->due_ms), "active",
	    job_json_time(v->active_ms), "ended", job_json_time(v->ended_ms),
	    "reason", job_json_text(v->reason[0] != '\0' ? v->reason : NULL),
	    "effect", effect_json(v->effect), "recount",
	    effect_json(v->recount), "shadow", shadow_json(v));

	if (ret == NULL) {
		(void)ERR_SET(err, ERR_NOMEM, "no memory for a version", 0);
		return NULL;
	}
	if (!set_people(w, v, ret, err)) {
		json_decref(ret);
		return NULL;
	}
	return ret;
}
