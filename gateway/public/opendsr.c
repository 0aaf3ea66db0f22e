/* opendsr.c - OpenDSR 2.0, as the processor that is asked.
 *
 * Who calls is a controller of the settings, known by its token; what it passes
 * on enters as a request like any other.  The request's bytes go back to who
 * sent them, as the protocol wants, and are written down nowhere.
 *
 * Source: OpenDSR 2.0; compliance 5.2. */
#include "opendsr.h"

#include <sodium.h>
#include <string.h>

#include "postern/text.h"

#define CERTIFICATE_AT "/opendsr/v2/certificate"

static int absent(struct public_answer *ret)
{
	return public_problem(ret, 404, 0);
}

static int unknown_caller(struct worker *w, const struct public_request *rq,
			  struct public_answer *ret, struct err *err)
{
	if (public_header_add(ret, "WWW-Authenticate", "Bearer", err) != 0)
		return -1;
	return opendsr_refuse_one(w, rq, 401, "Authorization",
				  "a token of a controller is needed", ret,
				  err);
}

/* --- discovery ------------------------------------------------------------ */

static json_t *identities(const struct worker *w)
{
	static const char *const all[][2] = {
	    {"email", "raw"},
	    {"email", "sha256"},
	    {"controller_customer_id", "raw"},
	    {"email", "sha1"},
	    {"email", "md5"},
	};
	size_t len = w->settings->opendsr.weak_hashes ? 5 : 3;
	json_t *list = json_array();

	for (size_t i = 0; i < len; i++)
		(void)json_array_append_new(
		    list, json_pack("{s:s,s:s}", "identity_type", all[i][0],
				    "identity_format", all[i][1]));
	return list;
}

int opendsr_discovery(struct worker *w, const struct public_request *rq,
		      struct public_answer *ret, struct err *err)
{
	char certificate[320];

	if (!opendsr_offered(w))
		return absent(ret);
	/* Its host is the one that is asked. */
	(void)snprintf(certificate, sizeof(certificate),
		       "https://%s" CERTIFICATE_AT,
		       w->settings->opendsr.domain);
	return opendsr_say(
	    w, rq, 200,
	    json_pack("{s:s,s:o,s:[s,s,s],s:s}", "api_version",
		      opendsr_older(rq) ? "1.0" : OPENDSR_VERSION,
		      "supported_identities", identities(w),
		      "supported_subject_request_types", "access",
		      "portability", "erasure", "processor_certificate",
		      certificate),
	    ret, err);
}

int opendsr_certificate(struct worker *w, const struct public_request *rq,
			struct public_answer *ret, struct err *err)
{
	(void)rq;
	if (!opendsr_offered(w) || w->settings->opendsr.certificate_pem == NULL)
		return absent(ret);
	ret->status = 200;
	ret->type = "application/x-pem-file";
	return buf_append(&ret->body, w->settings->opendsr.certificate_pem,
			  w->settings->opendsr.certificate_len, err);
}

/* --- creating ------------------------------------------------------------- */

static enum rights_type type_of(enum opendsr_type type)
{
	switch (type) {
	case OPENDSR_ACCESS:
		return RIGHTS_ACCESS;
	case OPENDSR_PORTABILITY:
		return RIGHTS_PORTABILITY;
	default:
		return RIGHTS_ERASURE;
	}
}

static void fill_ask(const struct opendsr_request *from,
		     const struct settings_controller *c,
		     const struct public_request *rq, struct rights_ask *ret)
{
	*ret = (struct rights_ask){
	    .type = type_of(from->type),
	    .via = RIGHTS_OPENDSR,
	    .received_ms = rq->at_ms,
	    .proved = c->verified,
	    .outside_id = from->id,
	    .asker = c->name.text,
	    .callbacks_len = from->callbacks_len,
	    .callback_kind = opendsr_older(rq) ? "opengdpr" : "opendsr",
	};
	for (size_t i = 0; i < from->callbacks_len; i++)
		ret->callbacks[i] = from->callbacks[i];
	/* Of a hash nothing can be found: an index is keyed. */
	for (size_t i = 0; i < from->identities_len; i++)
		if (from->identities[i].format == OPENDSR_RAW)
			ret->identifiers[ret->identifiers_len++] =
			    (struct rights_identifier){
				.kind = from->identities[i].type,
				.value = from->identities[i].value};
}

static int say_created(struct worker *w, const struct public_request *rq,
		       const struct rights_request *r,
		       struct public_answer *ret, struct err *err)
{
	char due[INSTANT_BYTES], received[INSTANT_BYTES];
	char *encoded = malloc(BASE64_LEN(rq->body_len) + 1);
	json_t *body;

	if (encoded == NULL)
		return ERR_SET(err, ERR_NOMEM, "answer", 0);
	base64_encode(rq->body, rq->body_len, encoded);
	opendsr_due(r, due);
	instant_format(r->received_ms, received);
	body = json_pack("{s:s,s:s,s:s,s:s,s:s}", "controller_id", r->asker,
			 "expected_completion_time", due, "received_time",
			 received, "encoded_request", encoded,
			 "subject_request_id", r->outside_id);
	sodium_memzero(encoded, strlen(encoded));
	free(encoded);
	return opendsr_say(w, rq, 201, body, ret, err);
}

static int open_request(struct worker *w, const struct public_request *rq,
			const struct settings_controller *c,
			const struct opendsr_request *from,
			struct public_answer *ret, struct err *err)
{
	struct rights_opened opened;
	struct rights_request r;
	struct rights_ask ask;
	bool found = false;

	fill_ask(from, c, rq, &ask);
	if (rights_open(w, &ask, &opened, err) != 0 ||
	    rights_load(w, opened.id, &r, &found, err) != 0)
		return -1;
	/* Another controller's: as if its number had been drawn before. */
	if (!found || strcmp(r.asker, c->name.text) != 0)
		return opendsr_refuse_one(w, rq, 400, "subject_request_id",
					  "subject_request_id is taken", ret,
					  err);
	return say_created(w, rq, &r, ret, err);
}

int opendsr_create(struct worker *w, const struct public_request *rq,
		   struct public_answer *ret, struct err *err)
{
	const struct settings_controller *c = opendsr_caller(w, rq);
	const char *allow[SETTINGS_ALLOW_MAX];
	const struct opendsr_rules rules = {
	    .domain = w->settings->opendsr.domain,
	    .weak_hashes = w->settings->opendsr.weak_hashes,
	    .older = opendsr_older(rq),
	    .allow = allow,
	    .allow_len = w->settings->opendsr.allow_len,
	};
	struct opendsr_faults faults;
	struct opendsr_request from;
	struct err why = {0};
	int rc;

	if (!opendsr_offered(w))
		return absent(ret);
	if (c == NULL)
		return unknown_caller(w, rq, ret, err);
	for (size_t i = 0; i < rules.allow_len; i++)
		allow[i] = w->settings->opendsr.allow[i];
	if (opendsr_request_read(rq->body, rq->body_len, &rules, &from, &faults,
				 &why) == 0)
		rc = open_request(w, rq, c, &from, ret, err);
	else if (why.kind == ERR_INPUT)
		rc = opendsr_refuse(w, rq, 400, &faults, ret, err);
	else
		rc = ERR_SET(err, ERR_NOMEM, "request", 0);
	opendsr_request_free(&from);
	return rc;
}

/* --- one request ---------------------------------------------------------- */

/* Under every address it may have; false: an answer was given. */
static bool named(const struct public_request *rq,
		  char ret[PUBLIC_PATH_MAX + 1])
{
	static const char *const patterns[] = {
	    "/opendsr/v2/requests/{}", "/v2/requests/{}",
	    "/opengdpr_requests/{}", "/v1/opengdpr_requests/{}",
	    "/opendsr/v1/opengdpr_requests/{}"};

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		if (public_part(patterns[i], rq->path, ret))
			return opendsr_uuid(ret);
	return false;
}

/* *ret_found false: there is an answer already. */
static int find(struct worker *w, const struct public_request *rq,
		struct rights_request *r, bool *ret_found,
		struct public_answer *ret, struct err *err)
{
	const struct settings_controller *c = opendsr_caller(w, rq);
	char id[PUBLIC_PATH_MAX + 1];
	int64_t request = 0;
	bool found = false;

	*ret_found = false;
	if (!opendsr_offered(w))
		return absent(ret);
	if (c == NULL)
		return unknown_caller(w, rq, ret, err);
	if (named(rq, id) &&
	    rights_find_outside(w, RIGHTS_OPENDSR, id, &request, err) != 0)
		return -1;
	if (request != 0 && rights_load(w, request, r, &found, err) != 0)
		return -1;
	if (!found || strcmp(r->asker, c->name.text) != 0)
		return opendsr_refuse_one(w, rq, 404, "subject_request_id",
					  "there is no such request", ret, err);
	*ret_found = true;
	return 0;
}

static int add_results(struct worker *w, const struct rights_request *r,
		       json_t *body, struct err *err)
{
	char url[RESULTS_URL_BYTES];
	int64_t expires_ms;

	if (public_results(w, r, url, &expires_ms, err) != 0)
		return -1;
	if (url[0] == '\0' ||
	    json_object_set_new(body, "results_url", json_string(url)) == 0)
		return 0;
	return ERR_SET(err, ERR_NOMEM, "answer", 0);
}

int opendsr_status(struct worker *w, const struct public_request *rq,
		   struct public_answer *ret, struct err *err)
{
	struct rights_request r;
	char due[INSTANT_BYTES];
	bool found;
	json_t *body;

	if (find(w, rq, &r, &found, ret, err) != 0)
		return -1;
	if (!found)
		return 0;
	opendsr_due(&r, due);
	body = json_pack(
	    "{s:s,s:s,s:s,s:s,s:s}", "controller_id", r.asker,
	    "expected_completion_time", due, "subject_request_id", r.outside_id,
	    "request_status", opendsr_status_name(opendsr_status_of(r.state)),
	    "api_version", opendsr_older(rq) ? "1.0" : OPENDSR_VERSION);
	if (body != NULL && (opendsr_end(w, &r, body, err) != 0 ||
			     add_results(w, &r, body, err) != 0)) {
		json_decref(body);
		return -1;
	}
	return opendsr_say(w, rq, 200, body, ret, err);
}

int opendsr_cancel(struct worker *w, const struct public_request *rq,
		   struct public_answer *ret, struct err *err)
{
	const char *refused = NULL;
	char received[INSTANT_BYTES];
	struct rights_request r;
	bool found;

	if (find(w, rq, &r, &found, ret, err) != 0)
		return -1;
	if (!found)
		return 0;
	if (opendsr_status_of(r.state) != OPENDSR_PENDING)
		refused = "state";
	else if (rights_withdraw(w, r.id, &refused, err) != 0)
		return -1;
	if (refused != NULL)
		return opendsr_refuse_one(w, rq, 400, "request_status",
					  "only a pending request can be "
					  "cancelled",
					  ret, err);
	instant_format(rq->at_ms, received);
	return opendsr_say(
	    w, rq, 202,
	    json_pack("{s:s,s:s,s:s,s:s}", "controller_id", r.asker,
		      "subject_request_id", r.outside_id, "received_time",
		      received, "api_version",
		      opendsr_older(rq) ? "1.0" : OPENDSR_VERSION),
	    ret, err);
}
