/* status.c - how far a request is, for whoever has its address.
 *
 * Who asked need not be whom it is about.  So until proof was given this page
 * says only what was asked here, the same for everybody; a copy of data is
 * never linked from it, but sent to the person.  Source: compliance 5.1. */
#include "leaf.h"

#include <sodium.h>

#include "package/package.h"
#include "receipt.h"
#include "settled.h"
#include "rights/codes.h"
#include "words.h"

#define PATTERN "/privacy/status/{}"

struct look {
	struct rights_request r;
	struct id_text number;
	char path[PUBLIC_PATH_MAX + 1]; /* of this page */
	bool fresh, found;
	const char *refused; /* of the code; NULL: none was given, or right */
	bool empty;	     /* nothing was given */
};

static int find(struct worker *w, const struct public_request *rq,
		struct look *ret, struct err *err)
{
	char secret[PUBLIC_PATH_MAX + 1], fresh[4];
	int64_t id = 0;
	int rc = 0;

	*ret = (struct look){.found = false};
	if (public_part(PATTERN, rq->path, secret))
		rc = rights_find_link(w, secret, &id, err);
	sodium_memzero(secret, sizeof(secret));
	if (rc != 0 || id == 0)
		return rc;
	if (rights_load(w, id, &ret->r, &ret->found, err) != 0)
		return -1;
	id_format(&w->mask, ID_REQUEST, id, &ret->number);
	(void)snprintf(ret->path, sizeof(ret->path), "%s", rq->path);
	ret->fresh = form_query(rq->query, "neu", fresh, sizeof(fresh));
	return 0;
}

/* --- before the proof ----------------------------------------------------- */

static void put_fresh(struct leaf *p)
{
	html(p, SAY(p,
		    "<div class=\"good\" role=\"status\"><h2>Ihr Antrag ist "
		    "eingegangen</h2><p>Bewahren Sie die Adresse dieser Seite "
		    "auf, zum Beispiel als Lesezeichen: nur hier sehen Sie den "
		    "Stand. Geben Sie sie niemandem.</p></div>",
		    "<div class=\"good\" role=\"status\"><h2>We have received "
		    "your request</h2><p>Keep the address of this page, for "
		    "example as a bookmark: only here you see how far we are. "
		    "Give it to nobody.</p></div>"));
}

static const char *code_error(const struct leaf *p, const struct look *l)
{
	if (l->empty)
		return SAY(p,
			   "Geben Sie den Code ein, den wir Ihnen geschickt "
			   "haben.",
			   "Enter the code that we sent you.");
	return SAY(p,
		   "Dieser Code stimmt nicht oder gilt nicht mehr. Nehmen Sie "
		   "den aus der letzten Nachricht.",
		   "This code is wrong or no longer valid. Take the one from "
		   "the last message.");
}

static void put_errors(struct leaf *p, const struct look *l)
{
	html(p,
	     "<div class=\"errors\" role=\"alert\" tabindex=\"-1\" autofocus>"
	     "<h2>");
	html(p, SAY(p, "Bitte prüfen Sie den Code", "Please check the code"));
	html(p, "</h2><ul><li><a href=\"#code\">");
	html(p, code_error(p, l));
	html(p, "</a></li></ul></div>");
}

static void put_code(struct leaf *p, const struct look *l)
{
	bool wrong = l->refused != NULL || l->empty;

	html(p, "<section class=\"card\"><h2>");
	html(p, SAY(p, "Bestätigen Sie, dass Sie es sind",
		    "Confirm that it is you"));
	html(p, "</h2><p>");
	html(p,
	     SAY(p,
		 "Wenn wir Sie unter der genannten Nummer oder Adresse kennen, "
		 "haben wir dorthin einen Code geschickt. Kommt keiner, prüfen "
		 "Sie die Nummer und stellen Sie den Antrag neu; oder "
		 "schreiben Sie uns dort, wo Sie uns sonst schreiben.",
		 "If we know you by that number or address, we have sent a "
		 "code there. If none arrives, check the number and make the "
		 "request again, or write to us where you usually do."));
	html(p, "</p>");
	html_form(p, l->path);
	html(p, "<input type=\"hidden\" name=\"do\" value=\"code\"><div "
		"class=\"field\"><label class=\"label\" for=\"code\">");
	html(p, SAY(p, "Code aus der Nachricht", "Code from the message"));
	html(p, "</label><p class=\"hint\" id=\"code-hint\">");
	html(p, SAY(p, "Acht Buchstaben, zum Beispiel BCDF-GHJK",
		    "Eight letters, for example BCDF-GHJK"));
	html(p, "</p>");
	if (wrong) {
		html(p, "<p class=\"wrong\" id=\"code-wrong\">");
		html(p, code_error(p, l));
		html(p, "</p>");
	}
	html(p, "<input type=\"text\" class=\"code\" name=\"code\" id=\"code\" "
		"maxlength=\"64\" autocomplete=\"one-time-code\" "
		"spellcheck=\"false\" autocapitalize=\"none\"");
	html(p, wrong ? " aria-invalid=\"true\" aria-describedby=\"code-wrong "
			"code-hint\">"
		      : " aria-describedby=\"code-hint\">");
	html(p, "</div><button>");
	html(p, SAY(p, "Bestätigen", "Confirm"));
	html(p, "</button></form></section>");
}

/* --- what is known -------------------------------------------------------- */

static void put_row(struct leaf *p, const char *name)
{
	html(p, "<dt>");
	html(p, name);
	html(p, "</dt><dd>");
}

static void put_facts(struct leaf *p, const struct look *l)
{
	const struct right_words *right = words_right(l->r.type, p->tongue);

	html(p, "<dl>");
	put_row(p, SAY(p, "Nummer", "Number"));
	html(p, "<code>");
	html_text(p, l->number.text);
	html(p, "</code></dd>");
	put_row(p, SAY(p, "Antrag", "Request"));
	html(p, right->name);
	html(p, " (");
	html(p, right->article);
	html(p, ")</dd>");
	put_row(p, SAY(p, "Eingegangen", "Received"));
	html_time(p, l->r.received_ms);
	html(p, "</dd>");
	if (l->r.ended_ms != 0) {
		put_row(p, SAY(p, "Beendet", "Ended"));
		html_time(p, l->r.ended_ms);
		html(p, "</dd>");
	} else if (l->r.due_day != 0) {
		put_row(p,
			SAY(p, "Antwort spätestens", "Answer at the latest"));
		html_day(p, l->r.due_day);
		html(p, "</dd>");
	}
	html(p, "</dl>");
}

static void put_state(struct leaf *p, const struct look *l)
{
	const struct state_words state = words_state(l->r.state, p->tongue);

	html(p, "<section class=\"card\"><p class=\"state");
	html(p, state.look == LOOK_DONE	  ? " done"
		: state.look == LOOK_OVER ? " over"
					  : "");
	html(p, "\">");
	html(p, state.name);
	html(p, "</p><p>");
	html(p, state.what);
	html(p, "</p>");
	put_facts(p, l);
	html(p, "</section>");
}

/* --- after the end -------------------------------------------------------- */

/* Only that there is one: who has this address need not be the person. */
static int put_package(struct leaf *p, const struct look *l, struct err *err)
{
	struct package_view view;
	bool found = false;

	if (l->r.type != RIGHTS_ACCESS && l->r.type != RIGHTS_PORTABILITY)
		return 0;
	if (package_of_request(p->w, l->r.id, &view, &found, err) != 0)
		return -1;
	if (!found)
		return 0;
	html(p, "<section class=\"card\"><h2>");
	html(p, SAY(p, "Ihre Kopie", "Your copy"));
	html(p, "</h2><p>");
	switch (view.state) {
	case PACKAGE_MAKING:
		html(p, SAY(p, "Die Kopie wird gerade zusammengestellt.",
			    "The copy is being put together."));
		break;
	case PACKAGE_READY:
		html(p,
		     SAY(p,
			 "Die Kopie liegt bereit. Die Adresse zum "
			 "Herunterladen bekommen Sie dort, wo Sie uns "
			 "schreiben; sie gilt bis ",
			 "The copy is ready. You get the address to download "
			 "it where you write to us; it is valid until "));
		html_time(p, view.expires_ms);
		html(p, ".");
		break;
	case PACKAGE_FETCHED:
		html(p,
		     SAY(p,
			 "Die Kopie wurde heruntergeladen und danach bei uns "
			 "gelöscht.",
			 "The copy was downloaded and then erased here."));
		break;
	default:
		html(p, SAY(p,
			    "Die Kopie wurde nicht abgeholt und ist gelöscht. "
			    "Sie können sie neu beantragen.",
			    "The copy was not fetched and has been erased. You "
			    "can ask for it again."));
		break;
	}
	html(p, "</p></section>");
	return 0;
}

/* Why it takes longer, or could not be granted. */
static void put_reason(struct leaf *p, const struct look *l)
{
	if (l->r.reason[0] == '\0' ||
	    (l->r.state != RIGHTS_REFUSED && l->r.state != RIGHTS_EXTENDED))
		return;
	html(p, "<section class=\"card\"><h2>");
	html(p, SAY(p, "Warum", "Why"));
	html(p, "</h2><p>");
	html_text(p, code_words(l->r.reason, p->tongue));
	html(p, "</p>");
	if (l->r.state == RIGHTS_REFUSED)
		html(p, SAY(p,
			    "<p>Sie können sich bei einer "
			    "Datenschutz-Aufsichtsbehörde beschweren (Art. 77 "
			    "DSGVO) und vor Gericht gehen (Art. 79 DSGVO).</p>",
			    "<p>You can complain to a data protection "
			    "supervisory authority (Art. 77 GDPR) and go to "
			    "court (Art. 79 GDPR).</p>"));
	html(p, "</section>");
}

static void put_withdraw(struct leaf *p, const struct look *l)
{
	html(p, "<details><summary>");
	html(p, SAY(p, "Antrag zurückziehen", "Withdraw the request"));
	html(p, "</summary><p>");
	html(p, SAY(p, "Wir bearbeiten den Antrag dann nicht weiter.",
		    "We will then no longer work on the request."));
	html(p, "</p>");
	html_form(p, l->path);
	html(p, "<input type=\"hidden\" name=\"do\" value=\"withdraw\"><button "
		"class=\"quiet\">");
	html(p, SAY(p, "Zurückziehen", "Withdraw"));
	html(p, "</button></form></details>");
}

static bool may_withdraw(enum rights_state state)
{
	return state == RIGHTS_RECEIVED || state == RIGHTS_IDENTITY_PENDING ||
	       state == RIGHTS_VERIFIED || state == RIGHTS_IN_PROGRESS ||
	       state == RIGHTS_EXTENDED;
}

/* --- the page ------------------------------------------------------------- */

static int put_rest(struct leaf *p, const struct look *l, struct err *err)
{
	if (l->r.state == RIGHTS_IDENTITY_PENDING) {
		put_code(p, l);
		return 0;
	}
	put_reason(p, l);
	if (put_package(p, l, err) != 0)
		return -1;
	if (settled_show(p, l->r.id, err) != 0)
		return -1;
	return receipt_show(p, l->r.id, l->path, err);
}

static int page(struct worker *w, const struct public_request *rq,
		const struct look *l, struct public_answer *ret,
		struct err *err)
{
	struct leaf all = {w, rq, ret, leaf_tongue(w, rq), false}, *p = &all;
	bool wrong = l->refused != NULL || l->empty;
	const char *title = SAY(p, "Ihr Antrag", "Your request");

	leaf_begin(p, wrong ? 422 : 200, title, wrong);
	html(p, "<h1>");
	html(p, title);
	html(p, "</h1>");
	if (wrong)
		put_errors(p, l);
	else if (l->fresh && !rights_state_ended(l->r.state))
		put_fresh(p);
	put_state(p, l);
	if (put_rest(p, l, err) != 0)
		return -1;
	if (may_withdraw(l->r.state))
		put_withdraw(p, l);
	return leaf_end(p, err);
}

int public_status_get(struct worker *w, const struct public_request *rq,
		      struct public_answer *ret, struct err *err)
{
	struct look l;

	if (find(w, rq, &l, err) != 0)
		return -1;
	return l.found ? page(w, rq, &l, ret, err)
		       : leaf_unknown(w, rq, ret, err);
}

/* --- what is sent --------------------------------------------------------- */

static int act(struct worker *w, const struct form *form, struct look *l,
	       struct err *err)
{
	char code[FORM_CODE_BYTES];
	const char *ignored = NULL;
	int rc;

	if (strcmp(form_get(form, "do"), "withdraw") == 0)
		return rights_withdraw(w, l->r.id, &ignored, err);
	form_code(form_get(form, "code"), code);
	l->empty = code[0] == '\0';
	if (l->empty)
		return 0;
	rc = rights_prove(w, l->r.id, code, &l->refused, err);
	sodium_memzero(code, sizeof(code));
	return rc;
}

static bool still_wrong(const struct look *l)
{
	return l->r.state == RIGHTS_IDENTITY_PENDING &&
	       (l->refused != NULL || l->empty);
}

int public_status_post(struct worker *w, const struct public_request *rq,
		       struct public_answer *ret, struct err *err)
{
	struct form form;
	struct look l;
	int rc = -1;

	if (!leaf_form(w, rq, &form, ret, err))
		return 0;
	if (find(w, rq, &l, err) != 0)
		goto out;
	if (!l.found) {
		rc = leaf_unknown(w, rq, ret, err);
		goto out;
	}
	/* What became of it is read again: the last try ends a request. */
	if (act(w, &form, &l, err) != 0 ||
	    rights_load(w, l.r.id, &l.r, &l.found, err) != 0)
		goto out;
	rc = still_wrong(&l) ? page(w, rq, &l, ret, err)
			     : leaf_see(ret, l.path, leaf_tongue(w, rq), err);
out:
	form_free(&form);
	return rc;
}
