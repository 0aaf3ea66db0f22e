/* opendsr_answer.c - what OpenDSR is answered, and by whom it is asked.
 *
 * Every answer is signed over the bytes that go out, refusals too; none says
 * anything about a person.  Source: compliance 5.2, 2.3. */
#include "opendsr.h"

#include <sodium.h>
#include <string.h>

#include "../package/package.h"
#include "postern/jsonmem.h"

#define BEARER "Bearer "

bool opendsr_offered(const struct worker *w)
{
	return w->settings->opendsr.domain[0] != '\0' && w->opendsr_key != NULL;
}

bool opendsr_older(const struct public_request *rq)
{
	return strstr(rq->path, "/opengdpr_requests") != NULL ||
	       strstr(rq->path, "/v1/discovery") != NULL;
}

/* --- states --------------------------------------------------------------- */

enum opendsr_status opendsr_status_of(enum rights_state state)
{
	switch (state) {
	case RIGHTS_RECEIVED:
	case RIGHTS_IDENTITY_PENDING:
		return OPENDSR_PENDING;
	case RIGHTS_COMPLETED:
	case RIGHTS_REFUSED: /* there is no word of its own */
		return OPENDSR_COMPLETED;
	case RIGHTS_WITHDRAWN:
	case RIGHTS_EXPIRED:
	case RIGHTS_DUPLICATE: /* the other one goes on */
		return OPENDSR_CANCELLED;
	default:
		return OPENDSR_IN_PROGRESS;
	}
}

void opendsr_due(const struct rights_request *r, char ret[INSTANT_BYTES])
{
	/* It ends before the first point of the day after. */
	instant_format(r->due_ends_ms - 1000, ret);
}

static int count_item(void *ctx, const struct rights_item *item,
		      struct err *err)
{
	int64_t *n = ctx;

	(void)err;
	if (item->verdict == ERASURE_ERASE)
		*n += item->n;
	return 0;
}

static int count(struct worker *w, const struct rights_request *r, int64_t *ret,
		 struct err *err)
{
	struct package_view p = {0};
	bool found = false;

	*ret = 0;
	if (r->state != RIGHTS_COMPLETED)
		return 0;
	if (r->type == RIGHTS_ERASURE)
		return rights_items(w, r->id, count_item, ret, err);
	if (package_of_request(w, r->id, &p, &found, err) != 0)
		return -1;
	if (found)
		*ret = p.messages;
	return 0;
}

int opendsr_end(struct worker *w, const struct rights_request *r, json_t *body,
		struct err *err)
{
	static const char refused[] =
	    "The request was refused; the person is told why.";
	int64_t n = 0;

	if (opendsr_status_of(r->state) != OPENDSR_COMPLETED)
		return 0;
	if (count(w, r, &n, err) != 0)
		return -1;
	if (json_object_set_new(body, "results_count", json_integer(n)) != 0 ||
	    (r->state == RIGHTS_REFUSED &&
	     json_object_set_new(body, "message", json_string(refused)) != 0))
		return ERR_SET(err, ERR_NOMEM, "answer", 0);
	return 0;
}

/* --- answers -------------------------------------------------------------- */

static int add_headers(struct worker *w, bool older, struct public_answer *ret,
		       struct err *err)
{
	char signature[OPENDSR_SIGNATURE_BYTES];

	return opendsr_sign(w->opendsr_key, ret->body.bytes, ret->body.len,
			    signature, err) != 0 ||
		       public_header_add(ret,
					 older ? "X-OpenGDPR-Processor-Domain"
					       : "X-OpenDSR-Processor-Domain",
					 w->settings->opendsr.domain,
					 err) != 0 ||
		       public_header_add(ret,
					 older ? "X-OpenGDPR-Signature"
					       : "X-OpenDSR-Signature",
					 signature, err) != 0
		   ? -1
		   : 0;
}

int opendsr_say(struct worker *w, const struct public_request *rq,
		unsigned int status, json_t *body, struct public_answer *ret,
		struct err *err)
{
	int rc = -1;

	if (body == NULL)
		return ERR_SET(err, ERR_NOMEM, "answer", 0);
	ret->status = status;
	ret->type = "application/json";
	ret->wipe = true;
	if (jsonmem_print(body, JSON_COMPACT, &ret->body, err) == 0)
		rc = add_headers(w, opendsr_older(rq), ret, err);
	json_decref(body);
	return rc;
}

int opendsr_refuse(struct worker *w, const struct public_request *rq,
		   unsigned int status, const struct opendsr_faults *faults,
		   struct public_answer *ret, struct err *err)
{
	const char *domain = status == 400 ? "Validation" : "Access";
	json_t *list = json_array();

	for (size_t i = 0; i < faults->len; i++)
		if (json_array_append_new(
			list, json_pack("{s:s,s:s,s:s}", "domain", domain,
					"reason", faults->all[i].reason,
					"message", faults->all[i].message)) !=
		    0) {
			json_decref(list);
			return ERR_SET(err, ERR_NOMEM, "answer", 0);
		}
	return opendsr_say(w, rq, status,
			   json_pack("{s:{s:i,s:s,s:o}}", "error", "code",
				     (int)status, "message",
				     faults->all[0].message, "errors", list),
			   ret, err);
}

int opendsr_refuse_one(struct worker *w, const struct public_request *rq,
		       unsigned int status, const char *reason,
		       const char *message, struct public_answer *ret,
		       struct err *err)
{
	const struct opendsr_faults faults = {
	    .all = {{.reason = reason, .message = message}}, .len = 1};

	return opendsr_refuse(w, rq, status, &faults, ret, err);
}

/* --- who ------------------------------------------------------------------ */

const char *public_bearer(const struct public_request *rq)
{
	const char *text = rq->header[PUBLIC_AUTHORIZATION];
	size_t len = sizeof(BEARER) - 1;

	if (strncasecmp(text, BEARER, len) != 0)
		return NULL;
	text += len;
	text += strspn(text, " ");
	return *text != '\0' ? text : NULL;
}

/* All are compared, so that time tells nothing of any. */
const struct settings_controller *opendsr_caller(
    const struct worker *w, const struct public_request *rq)
{
	const struct settings_controller *found = NULL;
	const char *token = public_bearer(rq);
	size_t len = token != NULL ? strlen(token) : 0;

	for (size_t i = 0;
	     token != NULL && i < w->settings->opendsr.controllers_len; i++) {
		const struct settings_controller *c =
		    &w->settings->opendsr.controllers[i];
		const struct secret *own =
		    setting_secret(c->values, c->values_len, "token");

		if (own != NULL && own->len == len && len > 0 &&
		    sodium_memcmp(own->bytes, token, len) == 0)
			found = c;
	}
	return found;
}
