/* leaf.h - pages of the portal: whole without a script, with one style, and
 * nothing from elsewhere.
 *
 * What a page says stands where it is said, German first: SAY(p, "ja", "yes").
 * A page is put together in memory and may fail for want of it; that is asked
 * once, at its end. */
#ifndef POSTERN_PUBLIC_LEAF_H
#define POSTERN_PUBLIC_LEAF_H

#include "inside.h"
#include "postern/tongue.h"

struct leaf {
	struct worker *w;
	const struct public_request *rq;
	struct public_answer *ret;
	enum tongue tongue;
	bool failed;
};
#define SAY(p, de, en) ((p)->tongue == TONGUE_DE ? (de) : (en))

/* ?lang=, else what the browser prefers, else the controller's. */
enum tongue leaf_tongue(const struct worker *w,
			const struct public_request *rq);
/* ret holds nothing of what was put before.  wrong: the title says so. */
void leaf_begin(struct leaf *p, unsigned int status, const char *title,
		bool wrong);
/* 0, or -1 with ERR_NOMEM. */
int leaf_end(struct leaf *p, struct err *err);

void html(struct leaf *p, const char *html);	  /* ours */
void html_text(struct leaf *p, const char *text); /* anybody's: escaped */
void html_number(struct leaf *p, int64_t n);
/* "22. Dezember 2026", "22 December 2026". */
void html_day(struct leaf *p, int64_t day);
/* The date of a time, where the controller is. */
void html_time(struct leaf *p, int64_t at_ms);
/* <form> that sends itself to its own page, or to path, in this language. */
void html_form(struct leaf *p, const char *path);

/* A whole page of one heading and one paragraph. */
int leaf_plain(struct worker *w, const struct public_request *rq,
	       unsigned int status, const char *const title[2],
	       const char *const text[2], struct public_answer *ret,
	       struct err *err);
/* 303: another page is to be looked at. */
int leaf_see(struct public_answer *ret, const char *path, enum tongue tongue,
	     struct err *err);

/* What a form of ours sends, from a page of ours; false: ret is the refusal,
 * 0 to be returned. */
bool leaf_form(struct worker *w, const struct public_request *rq,
	       struct form *ret_form, struct public_answer *ret,
	       struct err *err);
/* Nobody knows such an address. */
int leaf_unknown(struct worker *w, const struct public_request *rq,
		 struct public_answer *ret, struct err *err);

#endif
