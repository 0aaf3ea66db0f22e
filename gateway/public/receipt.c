/* receipt.c - the receipt of an answered request, to be kept and checked
 * without us (postern-verify). */
#include "leaf.h"

#include <sodium.h>

#include "receipt.h"

#define PATTERN	    "/privacy/status/{}/beleg"
#define RECEIPT_MAX (64 * 1024)
#define DISPOSITION "attachment; filename=\"beleg.tlog-proof\""

static void html_row(struct leaf *p, const char *path)
{
	html(p, "<p><a href=\"");
	html_text(p, path);
	html(p, "/beleg\" download>");
	html(p, SAY(p, "Beleg herunterladen", "Download the receipt"));
	html(p, "</a>");
	html(p, SAY(p,
		    " (Datei <code>.tlog-proof</code>)</p><p class=\"hint\">Er "
		    "beweist ohne unser Zutun, dass und wann wir geantwortet "
		    "haben, und sagt nichts über Sie.</p>",
		    " (file <code>.tlog-proof</code>)</p><p class=\"hint\">It "
		    "proves without our help that and when we answered, and "
		    "says nothing about you.</p>"));
}

int receipt_show(struct leaf *p, int64_t id, const char *path, struct err *err)
{
	struct buf receipt = BUF_INIT(RECEIPT_MAX);
	const char *refused = NULL;
	int rc = rights_certificate(p->w, id, &receipt, &refused, err);

	buf_free(&receipt);
	if (rc != 0 || (refused != NULL && strcmp(refused, "pending") != 0))
		return rc;
	html(p, "<section class=\"card\"><h2>");
	html(p, SAY(p, "Ihr Beleg", "Your receipt"));
	html(p, "</h2>");
	if (refused == NULL)
		html_row(p, path);
	else
		html(p, SAY(p,
			    "<p>Er wird gerade ausgestellt und steht hier in "
			    "wenigen Minuten.</p>",
			    "<p>It is being issued and will be here in a few "
			    "minutes.</p>"));
	html(p, "</section>");
	return 0;
}

/* The body of ret; *ret_found false: there is none. */
static int find(struct worker *w, const struct public_request *rq,
		struct public_answer *ret, bool *ret_found, struct err *err)
{
	char secret[PUBLIC_PATH_MAX + 1];
	const char *refused = NULL;
	int64_t id = 0;
	int rc = 0;

	*ret_found = false;
	if (public_part(PATTERN, rq->path, secret))
		rc = rights_find_link(w, secret, &id, err);
	sodium_memzero(secret, sizeof(secret));
	if (rc != 0 || id == 0)
		return rc;
	if (rights_certificate(w, id, &ret->body, &refused, err) != 0)
		return -1;
	*ret_found = refused == NULL;
	return 0;
}

int public_receipt_get(struct worker *w, const struct public_request *rq,
		       struct public_answer *ret, struct err *err)
{
	bool found = false;

	if (find(w, rq, ret, &found, err) != 0)
		return -1;
	if (!found)
		return leaf_unknown(w, rq, ret, err);
	ret->status = 200;
	ret->type = "text/plain; charset=utf-8";
	ret->wipe = true;
	return public_header_add(ret, "Content-Disposition", DISPOSITION, err);
}
