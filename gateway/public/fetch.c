/* fetch.c - the page of a copy's one-time link, and what the intake says when
 * it has handed the copy out.
 *
 * Messengers open links: a GET shows a button.  The POST never comes here: the
 * intake itself opens the file with the key that follows from the secret. */
#include "leaf.h"

#include <sodium.h>

#include "package/package.h"

#define PATTERN PACKAGE_LINK_PATH "{}"

static void put_size(struct leaf *p, int64_t bytes)
{
	int64_t tenths = (bytes * 10 + 999999) / 1000000;

	html_number(p, tenths / 10);
	html(p, SAY(p, ",", "."));
	html_number(p, tenths % 10);
	html(p, "&nbsp;MB");
}

static int show(struct worker *w, const struct public_request *rq,
		const struct packagefile_link *link, struct public_answer *ret,
		struct err *err)
{
	struct leaf all = {w, rq, ret, leaf_tongue(w, rq), false}, *p = &all;
	const char *title =
	    SAY(p, "Ihre Kopie liegt bereit", "Your copy is ready");

	leaf_begin(p, 200, title, false);
	html(p, "<h1>");
	html(p, title);
	html(p, "</h1><p class=\"lead\">");
	html(p,
	     SAY(p,
		 "Mit dem Knopf laden Sie herunter, was wir über Sie "
		 "gespeichert haben. Das geht einmal; danach löschen wir die "
		 "Datei bei uns.",
		 "The button downloads what we have stored about you. That "
		 "works once; afterwards we erase the file here."));
	html(p, "</p><section class=\"card\"><dl><dt>");
	html(p, SAY(p, "Datei", "File"));
	html(p, "</dt><dd>ZIP, ");
	put_size(p, link->clear_len);
	html(p, "</dd><dt>");
	html(p, SAY(p, "Gültig bis", "Valid until"));
	html(p, "</dt><dd>");
	html_time(p, link->expires_ms);
	html(p, "</dd></dl></section><p>");
	html(p, SAY(p,
		    "Laden Sie sie auf ein Gerät, das nur Sie benutzen. Lesen "
		    "Sie darin zuerst <code>README_de.html</code>.",
		    "Download it to a device that only you use. In it, first "
		    "read <code>README_en.html</code>."));
	html(p, "</p>");
	html_form(p, rq->path);
	html(p, "<button>");
	html(p, SAY(p, "Jetzt herunterladen", "Download now"));
	html(p, "</button></form>");
	return leaf_end(p, err);
}

int public_fetch_get(struct worker *w, const struct public_request *rq,
		     struct public_answer *ret, struct err *err)
{
	struct packagefile_link link = {0};
	char secret[PUBLIC_PATH_MAX + 1];
	struct err e = {0};
	int rc = -1;

	if (!public_part(PATTERN, rq->path, secret))
		return leaf_unknown(w, rq, ret, err);
	if (packagefile_link_get(w->settings->dir, secret, worker_now(w), &link,
				 &e) == 0)
		rc = show(w, rq, &link, ret, err);
	else if (e.kind == ERR_ABSENT || e.kind == ERR_CORRUPT)
		rc = leaf_unknown(w, rq, ret, err);
	else
		*err = e;
	sodium_memzero(&link, sizeof(link));
	sodium_memzero(secret, sizeof(secret));
	return rc;
}

int public_fetch_done(struct worker *w, const struct public_request *rq,
		      struct public_answer *ret, struct err *err)
{
	char secret[PUBLIC_PATH_MAX + 1];
	bool found = false;
	int rc = 0;

	if (public_part(PATTERN, rq->path, secret))
		rc = package_fetched(w, secret, &found, err);
	sodium_memzero(secret, sizeof(secret));
	ret->status = found ? 204 : 404;
	return rc;
}
