/* drp.c - requests of authorized agents, by the Data Rights Protocol 1.0.
 *
 * Behind a switch; the regime gdpr is an extension of ours.  Bodies are logged
 * nowhere.  Source: Data Rights Protocol 1.0, 3.02; compliance 5.3. */
#include "drp.h"

#include <string.h>

#include "opendsr.h"

#define AT	      "/v1/data-rights-request/{}"
#define DETAILS_BYTES 96

/* --- states --------------------------------------------------------------- */

/* Why a request was refused, in their words. */
static const char *denied_for(const char *reason)
{
	if (strstr(reason, "IdentityFailure") != NULL)
		return "insuf_verification";
	if (strstr(reason, "ManifestlyExcessive") != NULL ||
	    strstr(reason, "HighVolume") != NULL)
		return "too_many_requests";
	if (strstr(reason, "JustificationA17") != NULL ||
	    strncmp(reason, "BDSG", 4) == 0 ||
	    strcmp(reason, "STILL_NECESSARY") == 0)
		return "claim_not_covered";
	return "other";
}

static struct drp_state state_of(const struct rights_request *r)
{
	switch (r->state) {
	case RIGHTS_RECEIVED:
		return (struct drp_state){"open", NULL, false};
	case RIGHTS_IDENTITY_PENDING:
		return (struct drp_state){"in_progress",
					  "need_user_verification", false};
	case RIGHTS_COMPLETED:
		return (struct drp_state){"fulfilled", NULL, true};
	case RIGHTS_REFUSED:
		return (struct drp_state){"denied", denied_for(r->reason),
					  true};
	case RIGHTS_WITHDRAWN:
		return (struct drp_state){"revoked", NULL, true};
	case RIGHTS_EXPIRED:
		return (struct drp_state){"expired", NULL, true};
	case RIGHTS_DUPLICATE:
		return (struct drp_state){"denied", "other", true};
	default:
		return (struct drp_state){"in_progress", NULL, false};
	}
}

/* --- the status object ---------------------------------------------------- */

/* "AGENT id": what an agent calls its request, known for that agent alone. */
static const char *agent_request_of(const struct rights_request *r)
{
	size_t len = strlen(r->asker);

	return strncmp(r->outside_id, r->asker, len) == 0 &&
		       r->outside_id[len] == ' '
		   ? r->outside_id + len + 1
		   : NULL;
}

/* Why it takes longer, or was refused, as a code; NULL: neither. */
static const char *details_of(const struct rights_request *r,
			      char ret[DETAILS_BYTES])
{
	const char *what = r->state == RIGHTS_REFUSED	  ? "refused"
			   : rights_state_ended(r->state) ? NULL
			   : r->extended ? "the time limit was extended"
					 : NULL;

	if (what == NULL)
		return NULL;
	(void)snprintf(ret, DETAILS_BYTES, "%s%s%s", what,
		       r->reason[0] != '\0' ? ": " : "", r->reason);
	return ret;
}

json_t *drp_object(struct worker *w, const struct rights_request *r)
{
	char received[INSTANT_BYTES], due[INSTANT_BYTES];
	char details[DETAILS_BYTES];
	struct drp_state s = state_of(r);
	struct id_text id;

	id_format(&w->mask, ID_REQUEST, r->id, &id);
	instant_format(r->received_ms, received);
	instant_format(r->due_ends_ms - 1000, due);
	return json_pack("{s:s,s:s,s:s,s:s*,s:s*,s:s,s:s*}", "request_id",
			 id.text, "received_at", received, "expected_by", due,
			 "agent_request_id", agent_request_of(r),
			 "processing_details", details_of(r, details), "status",
			 s.state, "reason", s.reason);
}

/* --- creating ------------------------------------------------------------- */

static void add_identifier(struct rights_ask *ask, const char *kind,
			   const char *value, bool wanted)
{
	if (value != NULL && wanted)
		ask->identifiers[ask->identifiers_len++] =
		    (struct rights_identifier){.kind = kind, .value = value};
}

/* The agent vouches for what it verified, and for nothing beside it. */
static void fill_ask(const struct drp_request *from, struct rights_ask *ask)
{
	bool any = (from->email != NULL && from->email_verified) ||
		   (from->phone != NULL && from->phone_verified);

	ask->type =
	    from->exercise == DRP_ACCESS ? RIGHTS_ACCESS : RIGHTS_ERASURE;
	ask->via = RIGHTS_DRP;
	ask->proved = any;
	add_identifier(ask, "phone", from->phone, !any || from->phone_verified);
	add_identifier(ask, "email", from->email, !any || from->email_verified);
	if (from->status_callback != NULL)
		ask->callbacks[ask->callbacks_len++] = from->status_callback;
}

static bool callable(const struct worker *w, const struct drp_request *from)
{
	const char *allow[SETTINGS_ALLOW_MAX];

	for (size_t i = 0; i < w->settings->drp.allow_len; i++)
		allow[i] = w->settings->drp.allow[i];
	return from->status_callback == NULL ||
	       http_url_callable(from->status_callback, allow,
				 w->settings->drp.allow_len);
}

/* An id that is too long to be kept is none that a repeat is known by. */
static const char *outside_id(const struct drp_agent *agent,
			      const struct drp_request *from, char *ret,
			      size_t size)
{
	int len;

	if (from->agent_request == NULL)
		return NULL;
	len = snprintf(ret, size, "%s %s", agent->id, from->agent_request);
	return len > 0 && (size_t)len < size ? ret : NULL;
}

static int add_verification(struct worker *w, const struct rights_opened *o,
			    json_t *body)
{
	char url[512];

	if (o->state != RIGHTS_IDENTITY_PENDING || o->repeated ||
	    w->settings->portal.url[0] == '\0')
		return 0;
	(void)snprintf(url, sizeof(url), "%s%s", w->settings->portal.url,
		       o->status_link);
	return json_object_set_new(body, "user_verification_url",
				   json_string(url));
}

static int open_request(struct worker *w, const struct public_request *rq,
			const struct drp_agent *agent,
			const struct drp_request *from,
			struct public_answer *ret, struct err *err)
{
	struct rights_ask ask = {.received_ms = rq->at_ms, .asker = agent->id};
	struct rights_opened opened;
	struct rights_request r;
	bool found = false;
	char outside[RIGHTS_OUTSIDE_BYTES];
	json_t *body;

	fill_ask(from, &ask);
	ask.outside_id = outside_id(agent, from, outside, sizeof(outside));
	if (rights_open(w, &ask, &opened, err) != 0 ||
	    rights_load(w, opened.id, &r, &found, err) != 0)
		return -1;
	body = found ? drp_object(w, &r) : NULL;
	if (body == NULL || add_verification(w, &opened, body) != 0) {
		json_decref(body);
		return ERR_SET(err, ERR_NOMEM, "answer", 0);
	}
	ret->status = 200;
	return drp_say(body, ret, err);
}

int drp_create(struct worker *w, const struct public_request *rq,
	       struct public_answer *ret, struct err *err)
{
	struct drp_agent agent;
	struct drp_request from;
	json_t *said = NULL;
	const char *why;
	int rc;

	if (!w->settings->drp.enabled)
		return public_problem(ret, 404, 0);
	if (drp_caller(w, rq, &agent, err) != 0)
		return -1;
	if (agent.id[0] == '\0')
		return drp_refuse(401, "token", "a token is needed", ret, err);
	if (drp_signed(w, rq, &agent, &said, ret, err) != 0)
		return -1;
	if (said == NULL)
		return 0;
	why = drp_request_read(said, &from);
	if (why == NULL && !callable(w, &from))
		why = "status_callback has to be https and public";
	rc = why != NULL ? drp_refuse(400, "body", why, ret, err)
			 : open_request(w, rq, &agent, &from, ret, err);
	json_decref(said);
	return rc;
}

/* --- one request ---------------------------------------------------------- */

/* *ret_found false: there is a refusal already. */
static int find(struct worker *w, const struct public_request *rq,
		struct drp_agent *agent, struct rights_request *r,
		bool *ret_found, struct public_answer *ret, struct err *err)
{
	char text[PUBLIC_PATH_MAX + 1];
	int64_t id = 0;
	bool found = false;

	*ret_found = false;
	if (!w->settings->drp.enabled)
		return public_problem(ret, 404, 0);
	if (drp_caller(w, rq, agent, err) != 0)
		return -1;
	if (agent->id[0] == '\0')
		return drp_refuse(401, "token", "a token is needed", ret, err);
	if (public_part(AT, rq->path, text) &&
	    id_parse(&w->mask, ID_REQUEST, text, strlen(text), &id, NULL) ==
		0 &&
	    rights_load(w, id, r, &found, err) != 0)
		return -1;
	if (!found || r->via != RIGHTS_DRP)
		return drp_refuse(404, "request", "there is no such request",
				  ret, err);
	if (strcmp(r->asker, agent->id) != 0)
		return drp_refuse(403, "agent-id",
				  "the request is another representative's",
				  ret, err);
	*ret_found = true;
	return 0;
}

static int add_results(struct worker *w, const struct rights_request *r,
		       json_t *body, struct err *err)
{
	char url[RESULTS_URL_BYTES], until[INSTANT_BYTES];
	int64_t expires_ms = 0;

	if (public_results(w, r, url, &expires_ms, err) != 0)
		return -1;
	if (url[0] == '\0')
		return 0;
	instant_format(expires_ms, until);
	return json_object_set_new(body, "results_url", json_string(url)) !=
			   0 ||
		       json_object_set_new(body, "expires_at",
					   json_string(until)) != 0
		   ? ERR_SET(err, ERR_NOMEM, "answer", 0)
		   : 0;
}

int drp_status(struct worker *w, const struct public_request *rq,
	       struct public_answer *ret, struct err *err)
{
	struct drp_agent agent;
	struct rights_request r;
	json_t *body;
	bool found;

	if (find(w, rq, &agent, &r, &found, ret, err) != 0)
		return -1;
	if (!found)
		return 0;
	ret->status = 200;
	body = drp_object(w, &r);
	if (body != NULL && add_results(w, &r, body, err) != 0) {
		json_decref(body);
		return -1;
	}
	return drp_say(body, ret, err);
}

int drp_revoke(struct worker *w, const struct public_request *rq,
	       struct public_answer *ret, struct err *err)
{
	const char *refused = NULL;
	struct rights_request r;
	struct drp_agent agent;
	json_t *said = NULL;
	bool found;

	if (find(w, rq, &agent, &r, &found, ret, err) != 0)
		return -1;
	if (!found)
		return 0;
	if (drp_signed(w, rq, &agent, &said, ret, err) != 0)
		return -1;
	if (said == NULL)
		return 0;
	json_decref(said); /* a reason is for people of the agent */
	if (rights_withdraw(w, r.id, &refused, err) != 0)
		return -1;
	if (refused != NULL)
		return drp_refuse(409, "status",
				  "the request cannot be revoked any more", ret,
				  err);
	if (rights_load(w, r.id, &r, &found, err) != 0)
		return -1;
	ret->status = 200;
	return drp_say(drp_object(w, &r), ret, err);
}
