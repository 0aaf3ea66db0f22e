/* execute.c - a granted request is carried out. */
#include "machine.h"

#include <string.h>

#include "forget/erasure.h"
#include "package/package.h"
#include "recipients/telling.h"
#include "worker/alarm.h"
#include "worker/consent.h"
#include "worker/restriction.h"

#define LOOK_MS	    INT64_C(100)
#define LOOK_MAX_MS INT64_C(60000)
#define AGAIN_MS    INT64_C(60000)

int64_t execute_patience(const struct worker *w, const struct request *r)
{
	int64_t spent_ms = (worker_now(w) - r->is.state_ms) / 8;

	if (spent_ms < LOOK_MS)
		return LOOK_MS;
	return spent_ms < LOOK_MAX_MS ? spent_ms : LOOK_MAX_MS;
}

/* --- short ones ----------------------------------------------------------- */

static int complete(struct worker *w, struct request *r, int64_t *ret_next_ms,
		    struct err *err)
{
	*ret_next_ms = 0; /* alarms end */
	return request_enter(w, r, RIGHTS_COMPLETED, NULL, BY_SYSTEM, err);
}

static int done(struct worker *w, struct request *r, enum letter letter,
		int64_t *ret_next_ms, struct err *err)
{
	if (letter_write(w, r, letter, err) != 0)
		return -1;
	return complete(w, r, ret_next_ms, err);
}

int execute_stop(struct worker *w, const struct request *r, struct err *err)
{
	const struct name every = {""};
	const struct consent_stop how = {
	    .person = r->is.person,
	    .by = "subject",
	    .method = "api",
	    .at_ms = worker_now(w),
	};
	struct consent_entry entry = {
	    .of = {.person = r->is.person},
	    .kind = "withdrawn",
	    .by = "subject",
	    .method = "api",
	    .at_ms = how.at_ms,
	};

	if (about_marketing(w, r)) {
		if (consent_withdraw_marketing(w, &how, err) != 0)
			return -1;
		return consent_suppress(w, r->is.person, CONSENT_MARKETING,
					&every, "request", how.at_ms, err);
	}
	if (!name_set(&entry.of.purpose, r->scope, strlen(r->scope)))
		return ERR_SET(err, ERR_INPUT, "no purpose", 0);
	if (consent_add(w, &entry, err) != 0)
		return -1;
	return consent_suppress(w, r->is.person, r->scope, &every, "request",
				how.at_ms, err);
}

static int restrict_all(struct worker *w, const struct request *r,
			struct err *err)
{
	const char *ground = "a";
	const struct telling_order order = {.request = r->is.id,
					    .person = r->is.person,
					    .event = TELLING_RESTRICTED};
	struct restriction what = {.person = r->is.person,
				   .whole = true,
				   .ground = ground,
				   .request = r->is.id};

	if (strlen(r->scope) == 1 && strchr("abcd", r->scope[0]) != NULL)
		what.ground = r->scope;
	if (restriction_place(w, &what, err) != 0 && err->kind != ERR_DENIED)
		return -1;
	return telling_plan(w, &order, err);
}

static int rectify(struct worker *w, struct request *r, struct err *err)
{
	const struct telling_order order = {.request = r->is.id,
					    .person = r->is.person,
					    .event = TELLING_RECTIFIED};

	if (execute_rectify(w, r, err) != 0)
		return -1;
	return telling_plan(w, &order, err);
}

/* --- copies --------------------------------------------------------------- */

static int copy_begin(struct worker *w, struct request *r, int64_t *ret_next_ms,
		      struct err *err)
{
	const struct package_order order = {
	    .request = r->is.id,
	    .person = r->is.person,
	    .kind = r->is.type == RIGHTS_ACCESS ? PACKAGE_ACCESS
						: PACKAGE_PORTABILITY,
	    .language = r->is.language,
	};
	int64_t id;

	*ret_next_ms = worker_now(w) + LOOK_MS;
	return package_begin(w, &order, &id, err);
}

/* Nothing of it is said in the chat but a link that opens once. */
static int copy_ready(struct worker *w, struct request *r,
		      const struct package_view *view, int64_t *ret_next_ms,
		      struct err *err)
{
	char path[PACKAGE_LINK_BYTES], link[PAGE_BYTES];
	struct letter_facts facts = {.link = link,
				     .expires_ms = view->expires_ms};

	if (package_link(w, view->id, path, err) != 0)
		return -1;
	page_url(w, path, link);
	/* Nobody outside reaches this instance: people hand it over. */
	if (link[0] == '\0')
		facts.link = request_tongue(r) == TONGUE_DE
				 ? "Sie erhalten ihn von uns auf anderem Weg."
				 : "You get it from us in another way.";
	if (letter_write_with(w, r,
			      r->is.type == RIGHTS_ACCESS ? LETTER_ACCESS
							  : LETTER_PORTABILITY,
			      &facts, err) != 0)
		return -1;
	return complete(w, r, ret_next_ms, err);
}

static int copy_go_on(struct worker *w, struct request *r, int64_t *ret_next_ms,
		      struct err *err)
{
	struct package_view view;
	bool found = false;

	if (package_of_request(w, r->is.id, &view, &found, err) != 0)
		return -1;
	if (found && view.state == PACKAGE_READY)
		return copy_ready(w, r, &view, ret_next_ms, err);
	if (found && view.state == PACKAGE_MAKING) {
		*ret_next_ms = worker_now(w) + execute_patience(w, r);
		return 0;
	}
	*ret_next_ms = worker_now(w) + AGAIN_MS;
	return request_enter(w, r, RIGHTS_FAILED_RETRY, NULL, BY_SYSTEM, err);
}

/* --- the table ------------------------------------------------------------ */

static int start(struct worker *w, struct request *r, int64_t *ret_next_ms,
		 struct err *err)
{
	switch (r->is.type) {
	case RIGHTS_ACCESS:
	case RIGHTS_PORTABILITY:
		return copy_begin(w, r, ret_next_ms, err);
	case RIGHTS_ERASURE:
		return execute_erasure(w, r, ret_next_ms, err);
	case RIGHTS_RESTRICTION:
		return restrict_all(w, r, err) != 0
			   ? -1
			   : done(w, r, LETTER_RESTRICTED, ret_next_ms, err);
	case RIGHTS_OBJECTION:
	case RIGHTS_WITHDRAWAL:
		if (execute_stop(w, r, err) != 0)
			return -1;
		return done(w, r,
			    r->is.type == RIGHTS_WITHDRAWAL
				? LETTER_CONSENT_WITHDRAWN
			    : about_marketing(w, r) ? LETTER_OBJECTED
						    : LETTER_OBJECTION_GRANTED,
			    ret_next_ms, err);
	case RIGHTS_RECTIFICATION:
		return rectify(w, r, err) != 0
			   ? -1
			   : done(w, r, LETTER_RECTIFIED, ret_next_ms, err);
	case RIGHTS_TYPES:
		break;
	}
	return ERR_SET(err, ERR_CORRUPT, "no such request", 0);
}

int execute_begin(struct worker *w, struct request *r, int64_t *ret_next_ms,
		  struct err *err)
{
	if (request_enter(w, r, RIGHTS_EXECUTING, NULL, BY_SYSTEM, err) != 0)
		return -1;
	if (r->is.person == 0)
		return done(w, r, LETTER_NO_DATA, ret_next_ms, err);
	return start(w, r, ret_next_ms, err);
}

int execute_go_on(struct worker *w, struct request *r, int64_t *ret_next_ms,
		  struct err *err)
{
	if (r->is.type == RIGHTS_ERASURE)
		return execute_erasure(w, r, ret_next_ms, err);
	return copy_go_on(w, r, ret_next_ms, err);
}
