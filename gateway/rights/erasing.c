/* erasing.c - a granted erasure, from its first step to the last backup.
 *
 * forget/erasure.h does it; here it is begun, waited for, answered, and its
 * request goes from state to state.  The address for the answer was sealed
 * into the request before the first row went. */
#include "machine.h"

#include "forget/erasure.h"
#include "recipients/telling.h"
#include "worker/restriction.h"

#define LOOK_MS INT64_C(100)
#define SENT_MS INT64_C(1000)

/* Key backups that may still open something. */
static const char backups_sql[] =
    "SELECT max(coalesce(expires_ms,0)) FROM backup WHERE kind='keys' AND"
    " expired_ms IS NULL AND made_ms<=? AND coalesce(expires_ms,0)>?";
static const char settled_sql[] =
    "SELECT coalesce(sum(n),0) FROM request_item WHERE request=? AND"
    " (verdict='erase')=?";
/* What nobody could be told the end of: a hold, grounds that are weighed. */
static const char unsettled_sql[] =
    "SELECT 1 FROM request_item WHERE request=? AND verdict IN"
    " ('restrict_hold','restrict_pending_review') LIMIT 1";
static const char answered_sql[] =
    "UPDATE request SET answered_ms=? WHERE id=?";

static int begin(struct worker *w, struct request *r, int64_t *ret_next_ms,
		 struct err *err)
{
	const struct erasure_order order = {.request = r->is.id,
					    .person = r->is.person,
					    .trigger = TRIGGER_ART17};
	int64_t id;

	*ret_next_ms = worker_now(w) + LOOK_MS;
	/* What the person chose instead of this is over. */
	if (restriction_wish_erasure(w, r->is.person, err) != 0)
		return -1;
	return erasure_begin(w, &order, &id, err);
}

/* --- the answer ----------------------------------------------------------- */

static void receipt_words(struct worker *w, const struct request *r,
			  const char *link, char *ret, size_t size)
{
	const bool german = request_tongue(r) == TONGUE_DE;
	struct id_text id;

	id_format(&w->mask, ID_REQUEST, r->is.id, &id);
	(void)snprintf(ret, size,
		       link[0] != '\0'
			   ? (german ? "Dort finden Sie den Beleg (Nummer %s)."
				     : "You find the receipt there (number "
				       "%s).")
			   : (german ? "Den Beleg erhalten Sie von uns unter "
				       "der Nummer %s."
				     : "You get the receipt from us under the "
				       "number %s."),
		       id.text);
}

static void link_words(const struct request *r, const char *url, char *ret,
		       size_t size)
{
	ret[0] = '\0';
	if (url[0] != '\0')
		(void)snprintf(
		    ret, size, "%s %s",
		    request_tongue(r) == TONGUE_DE ? "Stand:" : "Status:", url);
}

/* What is told depends on the list, not on whether anything is restricted:
 * what is refused or stays in use is no less there. */
static int letter_of(struct worker *w, const struct request *r,
		     enum letter *ret, struct err *err)
{
	int64_t erased = 0, others = 0;
	bool found;

	if (store_one_int(w->store, settled_sql,
			  STORE_ARGS(S_INT(r->is.id), S_INT(1)), &erased,
			  &found, err) != 0 ||
	    store_one_int(w->store, settled_sql,
			  STORE_ARGS(S_INT(r->is.id), S_INT(0)), &others,
			  &found, err) != 0)
		return -1;
	*ret = others == 0  ? LETTER_ERASED
	       : erased > 0 ? LETTER_PARTLY_ERASED
			    : LETTER_NOT_ERASED;
	return 0;
}

static int write_answer(struct worker *w, struct request *r,
			const struct erasure_view *view, struct err *err)
{
	char url[PAGE_BYTES], link[PAGE_BYTES + 16], receipt[160];
	const struct letter_facts facts = {
	    .link = link,
	    .receipt = receipt,
	    .erasure = view->id,
	    .waits = view->waits,
	};
	enum letter letter;

	if (letter_of(w, r, &letter, err) != 0 ||
	    page_link(w, r, url, err) != 0)
		return -1;
	link_words(r, url, link, sizeof(link));
	receipt_words(w, r, url, receipt, sizeof(receipt));
	return letter_write_with(w, r, letter, &facts, err);
}

static int answer(struct worker *w, struct request *r,
		  const struct erasure_view *view, struct err *err)
{
	const struct certified what = {
	    .erased = view->n,
	    .files = view->files,
	    .keys = view->keys,
	    .kept = view->kept,
	    .entry = view->entry,
	    .waits = view->waits,
	};

	if (certify(w, r, &what, err) != 0 ||
	    write_answer(w, r, view, err) != 0)
		return -1;
	r->answered_ms = worker_now(w);
	return store_run(w->store, answered_sql,
			 STORE_ARGS(S_INT(r->answered_ms), S_INT(r->is.id)),
			 err);
}

/* The address is forgotten once nothing is left to be told.  What a law keeps
 * was told with its day; of a hold nobody knows the day, and its end is told.
 */
static int forget_address(struct worker *w, const struct request *r,
			  struct err *err)
{
	bool unsettled = false;
	int64_t one;

	if (store_one_int(w->store, unsettled_sql, STORE_ARGS(S_INT(r->is.id)),
			  &one, &unsettled, err) != 0)
		return -1;
	return unsettled ? 0 : reply_forget(w, r, err);
}

/* Written, then on its way, then the erasure is told that it is there. */
static int answering(struct worker *w, struct request *r,
		     const struct erasure_view *view, struct err *err)
{
	bool waits = false;

	if (r->answered_ms == 0)
		return answer(w, r, view, err);
	if (post_waits(w, r->is.id, &waits, err) != 0)
		return -1;
	if (waits)
		return 0;
	if (forget_address(w, r, err) != 0)
		return -1;
	return erasure_answered(w, view->id, err);
}

int execute_ended(struct worker *w, struct request *r, int64_t *ret_next_ms,
		  struct err *err)
{
	struct erasure_view view;
	bool found = false;

	*ret_next_ms = NEVER;
	if (r->is.type != RIGHTS_ERASURE)
		return reply_forget(w, r, err);
	if (erasure_of_request(w, r->is.id, &view, &found, err) != 0)
		return -1;
	if (!found || view.step == ERASURE_STEPS)
		return forget_address(w, r, err);
	if (view.step != ERASURE_ANSWER)
		return 0; /* it wakes the request when it is there */
	if (r->answered_ms == 0)
		*ret_next_ms = worker_now(w) + SENT_MS;
	return answering(w, r, &view, err);
}

/* --- what follows --------------------------------------------------------- */

static int backups_left(struct worker *w, const struct erasure_view *view,
			int64_t *ret_until_ms, bool *ret, struct err *err)
{
	*ret_until_ms = 0;
	if (store_one_int(
		w->store, backups_sql,
		STORE_ARGS(S_INT(view->ended_ms), S_INT(worker_now(w))),
		ret_until_ms, ret, err) != 0)
		return -1;
	return 0;
}

static int recipients_left(struct worker *w, const struct erasure_view *view,
			   bool *ret, struct err *err)
{
	size_t all = 0, open = 0;

	if (telling_count(w, view->id, &all, &open, err) != 0)
		return -1;
	*ret = open > 0;
	return 0;
}

static int enter_once(struct worker *w, struct request *r, enum rights_state to,
		      struct err *err)
{
	return r->is.state == to
		   ? 0
		   : request_enter(w, r, to, NULL, BY_SYSTEM, err);
}

static int ended(struct worker *w, struct request *r,
		 const struct erasure_view *view, int64_t *ret_next_ms,
		 struct err *err)
{
	int64_t until_ms = 0;
	bool left = false;

	if (r->is.state != RIGHTS_WAITING_BACKUPS) {
		if (recipients_left(w, view, &left, err) != 0)
			return -1;
		*ret_next_ms = worker_now(w) + execute_patience(w, r);
		if (left)
			return enter_once(w, r, RIGHTS_WAITING_RECIPIENTS, err);
	}
	if (backups_left(w, view, &until_ms, &left, err) != 0)
		return -1;
	if (left) {
		*ret_next_ms = until_ms;
		return enter_once(w, r, RIGHTS_WAITING_BACKUPS, err);
	}
	*ret_next_ms = 0;
	return request_enter(w, r, RIGHTS_COMPLETED, NULL, BY_SYSTEM, err);
}

int execute_erasure(struct worker *w, struct request *r, int64_t *ret_next_ms,
		    struct err *err)
{
	struct erasure_view view;
	bool found = false;

	if (erasure_of_request(w, r->is.id, &view, &found, err) != 0)
		return -1;
	if (!found)
		return begin(w, r, ret_next_ms, err);
	*ret_next_ms = worker_now(w) + execute_patience(w, r);
	if (view.step == ERASURE_ANSWER)
		return answering(w, r, &view, err);
	if (view.step == ERASURE_STEPS)
		return ended(w, r, &view, ret_next_ms, err);
	return 0;
}
