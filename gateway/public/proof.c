/* proof.c - the link that was sent to a person: was it you?
 *
 *   /privacy/proof/<number of the request>.<code>
 *
 * Messengers and scanners open what they see in a message: only the button
 * proves anything.  What a wrong link is wrong about, nobody learns. */
#include "leaf.h"

#include <sodium.h>

#include "words.h"

#define PATTERN "/privacy/proof/{}"

struct link {
	char code[FORM_CODE_BYTES];
	struct rights_request r;
	bool waits; /* for its proof */
};

static int read_link(struct worker *w, const struct public_request *rq,
		     struct link *ret, struct err *err)
{
	char part[PUBLIC_PATH_MAX + 1];
	bool found = false;
	const char *dot;
	int64_t id;
	int rc = 0;

	*ret = (struct link){.waits = false};
	dot = public_part(PATTERN, rq->path, part) ? strchr(part, '.') : NULL;
	if (dot != NULL && id_parse(&w->mask, ID_REQUEST, part,
				    (size_t)(dot - part), &id, NULL) == 0) {
		form_code(dot + 1, ret->code);
		rc = rights_load(w, id, &ret->r, &found, err);
	}
	sodium_memzero(part, sizeof(part));
	ret->waits = rc == 0 && found && ret->code[0] != '\0' &&
		     ret->r.state == RIGHTS_IDENTITY_PENDING;
	return rc;
}

static int over(struct worker *w, const struct public_request *rq,
		struct public_answer *ret, struct err *err)
{
	static const char *const title[2] = {"Dieser Link gilt nicht mehr",
					     "This link is no longer valid"};
	static const char *const text[2] = {
	    "Er wurde schon benutzt, ist abgelaufen oder nicht vollständig. "
	    "Wenn Sie etwas beantragen möchten, können Sie das jederzeit neu "
	    "tun.",
	    "It has been used, has expired or is incomplete. If you want to "
	    "ask for something, you can do so again at any time."};

	return leaf_plain(w, rq, 404, title, text, ret, err);
}

static int done(struct worker *w, const struct public_request *rq,
		struct public_answer *ret, struct err *err)
{
	static const char *const title[2] = {"Danke, das ist bestätigt",
					     "Thank you, that is confirmed"};
	static const char *const text[2] = {
	    "Wir bearbeiten Ihren Antrag jetzt. Sie müssen nichts weiter tun; "
	    "die Antwort bekommen Sie dort, wo Sie uns schreiben. Dieses "
	    "Fenster können Sie schließen.",
	    "We are now working on your request. There is nothing more to do; "
	    "you get the answer where you write to us. You can close this "
	    "window."};

	return leaf_plain(w, rq, 200, title, text, ret, err);
}

static int ask(struct worker *w, const struct public_request *rq,
	       const struct link *l, struct public_answer *ret, struct err *err)
{
	struct leaf all = {w, rq, ret, leaf_tongue(w, rq), false}, *p = &all;
	const struct right_words *right = words_right(l->r.type, p->tongue);
	const char *title =
	    SAY(p, "Haben Sie das beantragt?", "Did you ask for this?");

	leaf_begin(p, 200, title, false);
	html(p, "<h1>");
	html(p, title);
	html(p, "</h1><section class=\"card\"><dl><dt>");
	html(p, SAY(p, "Antrag", "Request"));
	html(p, "</dt><dd>");
	html(p, right->name);
	html(p, " (");
	html(p, right->article);
	html(p, ")</dd><dt>");
	html(p, SAY(p, "Eingegangen", "Received"));
	html(p, "</dt><dd>");
	html_time(p, l->r.received_ms);
	html(p, "</dd></dl></section><p>");
	html(p,
	     SAY(p,
		 "Jemand hat das mit Ihrer Nummer oder Adresse beantragt. "
		 "Bestätigen Sie nur, wenn Sie das selbst waren. Sonst tun Sie "
		 "nichts: ohne Bestätigung geschieht nichts.",
		 "Somebody asked for this with your number or address. Only "
		 "confirm if it was you. Otherwise do nothing: without a "
		 "confirmation nothing happens."));
	html(p, "</p>");
	html_form(p, rq->path);
	html(p,
	     "<input type=\"hidden\" name=\"do\" value=\"confirm\"><button>");
	html(p, SAY(p, "Ja, das war ich", "Yes, that was me"));
	html(p, "</button></form>");
	return leaf_end(p, err);
}

int public_proof_get(struct worker *w, const struct public_request *rq,
		     struct public_answer *ret, struct err *err)
{
	struct link l;
	int rc = read_link(w, rq, &l, err);

	if (rc == 0)
		rc = l.waits ? ask(w, rq, &l, ret, err) : over(w, rq, ret, err);
	sodium_memzero(&l, sizeof(l));
	return rc;
}

int public_proof_post(struct worker *w, const struct public_request *rq,
		      struct public_answer *ret, struct err *err)
{
	const char *refused = NULL;
	struct form form;
	struct link l;
	int rc = -1;

	if (!leaf_form(w, rq, &form, ret, err))
		return 0;
	if (read_link(w, rq, &l, err) != 0)
		goto out;
	if (!l.waits || strcmp(form_get(&form, "do"), "confirm") != 0) {
		rc = over(w, rq, ret, err);
		goto out;
	}
	if (rights_prove(w, l.r.id, l.code, &refused, err) == 0)
		rc = refused == NULL ? done(w, rq, ret, err)
				     : over(w, rq, ret, err);
out:
	form_free(&form);
	sodium_memzero(&l, sizeof(l));
	return rc;
}
