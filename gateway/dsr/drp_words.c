/* drp_words.c - directories of representatives, what a body asks, and the
 * states of an answer. */
#include "postern/drp.h"

#include <string.h>

#include "postern/jsonmem.h"
#include "postern/text.h"

#define VALUE_MAX 320
#define URL_MAX	  1023

/* Source: fixtures/drp/states.json, Data Rights Protocol 1.0, 3.02. */
static const struct drp_state states[] = {
    {"open", NULL, false},
    {"in_progress", NULL, false},
    {"in_progress", "need_user_verification", false},
    {"fulfilled", NULL, true},
    {"revoked", NULL, true},
    {"denied", "suspected_fraud", true},
    {"denied", "insuf_verification", true},
    {"denied", "no_match", true},
    {"denied", "claim_not_covered", true},
    {"denied", "outside_jurisdiction", true},
    {"denied", "too_many_requests", true},
    {"denied", "other", true},
    {"expired", NULL, true},
};

const struct drp_state *drp_states(size_t *ret_len)
{
	*ret_len = sizeof(states) / sizeof(states[0]);
	return states;
}

static const char *text_of(const json_t *doc, const char *key, size_t max)
{
	const json_t *v = json_object_get(doc, key);
	size_t len = json_string_length(v);

	if (!json_is_string(v) || len < 1 || len > max ||
	    strlen(json_string_value(v)) != len)
		return NULL;
	return json_string_value(v);
}

/* --- representatives ------------------------------------------------------ */

/* Source: agent.schema.json, which writes [A-Z_]+. */
static bool id_good(const char *id)
{
	return id[strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789")] == '\0';
}

static bool read_agent(const json_t *one, struct drp_agent *ret)
{
	const char *id = text_of(one, "id", DRP_ID_MAX);
	const char *key = text_of(one, "verify_key", VALUE_MAX);
	const char *name = text_of(one, "name", sizeof(ret->name) - 1);
	size_t len = 0;

	if (id == NULL || key == NULL || !id_good(id) ||
	    !base64_decode(key, strlen(key), ret->key, sizeof(ret->key),
			   &len) ||
	    len != DRP_KEY_BYTES)
		return false;
	memcpy(ret->id, id, strlen(id) + 1);
	if (name != NULL)
		memcpy(ret->name, name, strlen(name) + 1);
	return true;
}

const struct drp_agent *drp_agent_find(const struct drp_agents *a,
				       const char *id)
{
	for (size_t i = 0; i < a->len; i++)
		if (strcmp(a->all[i].id, id) == 0)
			return &a->all[i];
	return NULL;
}

static bool read_agents(const json_t *list, struct drp_agents *ret)
{
	struct drp_agent one;

	if (!json_is_array(list) || json_array_size(list) > DRP_AGENTS_MAX)
		return false;
	for (size_t i = 0; i < json_array_size(list); i++) {
		one = (struct drp_agent){0};
		if (!read_agent(json_array_get(list, i), &one) ||
		    drp_agent_find(ret, one.id) != NULL)
			return false;
		ret->all[ret->len++] = one;
	}
	return true;
}

int drp_agents_read(const void *bytes, size_t len, struct drp_agents *ret,
		    struct err *err)
{
	bool is_short = false, good;
	json_t *list =
	    jsonmem_load(bytes, len, JSON_REJECT_DUPLICATES, &is_short);

	if (is_short)
		return ERR_SET(err, ERR_NOMEM, "representatives", 0);
	ret->len = 0;
	good = read_agents(list, ret);
	json_decref(list);
	if (good)
		return 0;
	ret->len = 0;
	return ERR_SET(err, ERR_INPUT,
		       "not a list of representatives with id and verify_key",
		       0);
}

/* --- what is asked -------------------------------------------------------- */

static bool optional(const json_t *doc, const char *key, size_t max,
		     const char **ret)
{
	const json_t *v = json_object_get(doc, key);

	*ret = text_of(doc, key, max);
	return v == NULL || json_is_null(v) || *ret != NULL;
}

static bool good_regime(const json_t *doc)
{
	const char *text = NULL;

	if (!optional(doc, "regime", 32, &text))
		return false;
	return text == NULL || strcmp(text, "ccpa") == 0 ||
	       strcmp(text, "gdpr") == 0 || strcmp(text, "voluntary") == 0;
}

static const char *read_exercise(const json_t *doc, struct drp_request *ret)
{
	const char *text = text_of(doc, "exercise", 32);

	if (text == NULL)
		return "exercise is required";
	if (strcmp(text, "access") == 0)
		ret->exercise = DRP_ACCESS;
	else if (strcmp(text, "deletion") == 0)
		ret->exercise = DRP_DELETION;
	else
		return "exercise has to be access or deletion";
	return NULL;
}

/* E.164: a plus and 7 to 15 digits. */
static bool phone_good(const char *text)
{
	size_t digits = strspn(text + 1, "0123456789");

	return text[0] == '+' && digits >= 7 && digits <= 15 &&
	       text[digits + 1] == '\0';
}

const char *drp_request_read(const json_t *doc, struct drp_request *ret)
{
	const char *why;

	*ret = (struct drp_request){0};
	why = read_exercise(doc, ret);
	if (why != NULL)
		return why;
	if (!good_regime(doc))
		return "regime has to be ccpa, gdpr or none";
	if (!optional(doc, "agent-request-id", DRP_ID_MAX,
		      &ret->agent_request) ||
	    !optional(doc, "status_callback", URL_MAX, &ret->status_callback) ||
	    !optional(doc, "name", VALUE_MAX, &ret->name) ||
	    !optional(doc, "email", VALUE_MAX, &ret->email) ||
	    !optional(doc, "phone_number", VALUE_MAX, &ret->phone))
		return "a member is no text, or too long";
	if (ret->phone != NULL && !phone_good(ret->phone))
		return "phone_number has to be E.164";
	ret->email_verified =
	    json_is_true(json_object_get(doc, "email_verified"));
	ret->phone_verified =
	    json_is_true(json_object_get(doc, "phone_number_verified"));
	if (ret->email == NULL && ret->phone == NULL)
		return "email or phone_number is required";
	return NULL;
}
