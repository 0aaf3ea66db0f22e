/* leaf.c - the frame of every page of the portal. */
#include "leaf.h"

#include <ctype.h>
#include <inttypes.h>
#include <sodium.h>

#include "postern/caldate.h"
#include "postern/text.h"

#define POLICY_MAX 256

/* Contrasts are at least 7:1 for text, 3:1 for what can be used; what can be
 * pressed is at least 44 pixels high. */
static const char style[] =
    "*,*::before,*::after{box-sizing:border-box}"
    "html{font:100%/1.55 system-ui,-apple-system,'Segoe UI',Roboto,'Noto "
    "Sans','DejaVu Sans',sans-serif;color:#16202a;background:#f3f5f7;"
    "-webkit-text-size-adjust:100%}"
    "body{margin:0;overflow-wrap:anywhere;display:flex;flex-direction:column;"
    "min-height:100vh;"
    "font-size:1.0625rem}"
    ".in{max-width:44rem;margin:0 auto;padding:0 1.25rem;width:100%}"
    "header{background:#fff;border-bottom:1px solid #ccd3da}"
    "header .in{display:flex;flex-wrap:wrap;align-items:center;"
    "justify-content:space-between;gap:.25rem 1.5rem;min-height:4rem}"
    ".who{font-weight:600;margin:0;overflow-wrap:anywhere}"
    "nav a{display:inline-block;padding:.625rem 0}"
    "main{flex:1;padding-bottom:3rem}main:focus{outline:0}"
    "h1{font-size:1.875rem;line-height:1.2;letter-spacing:-.01em;"
    "margin:2.25rem 0 .75rem;text-wrap:balance}"
    "h2{font-size:1.25rem;line-height:1.3;margin:2rem 0 .5rem}"
    "p{margin:0 0 1rem}ul,ol{margin:0 0 1rem;padding-left:1.4rem}"
    "li{margin:.25rem 0}.lead{font-size:1.1875rem;color:#33414e}"
    ".hint{color:#44525f;font-size:1rem;margin:.125rem 0 .5rem}"
    "a{color:#0b4f86;text-underline-offset:.18em}a:hover{color:#063358}"
    "a:focus-visible,button:focus-visible,input:focus-visible,"
    "select:focus-visible,textarea:focus-visible,summary:focus-visible,"
    ".errors:focus{outline:3px solid #0b4f86;outline-offset:2px}"
    ".skip{position:absolute;left:-999rem}"
    ".skip:focus{left:1rem;top:1rem;background:#fff;padding:.75rem 1rem;"
    "z-index:1}"
    "form{margin:0}fieldset{border:0;margin:0 0 2.25rem;padding:0;"
    "min-width:0}p+form>fieldset:first-child{margin-top:2rem}"
    "legend,.label{font-weight:600;padding:0;font-size:1.0625rem;"
    "display:block}"
    "legend{font-size:1.25rem;margin-bottom:.75rem}"
    ".label{margin-bottom:.375rem}.label+.hint{margin-top:-.25rem}"
    ".field{margin:0 0 1.25rem}"
    ".pick{display:flex;gap:.75rem;align-items:flex-start;"
    "background:#fff;border:1px solid #aab4be;border-radius:8px;"
    "padding:.75rem 1rem;margin:0 0 .5rem;cursor:pointer}"
    ".pick:hover{border-color:#0b4f86}"
    ".pick:has(:checked){border-color:#0b4f86;box-shadow:inset 0 0 0 "
    "1px #0b4f86;background:#eef5fb}"
    ".pick:has(:focus-visible){outline:3px solid #0b4f86;"
    "outline-offset:2px}"
    ".pick input{flex:none;width:1.375rem;height:1.375rem;margin:.125rem "
    "0 0;accent-color:#0b4f86}.pick input:focus-visible{outline:0}"
    ".pick b{display:block}.pick span span{color:#3a4854;font-size:1rem}"
    ".pick span{min-width:0}"
    "input[type=text],select,textarea{font:inherit;color:inherit;"
    "width:100%;min-height:3rem;padding:.625rem .75rem;background:#fff;"
    "border:1px solid #6b7884;border-radius:6px}"
    "textarea{min-height:8rem;resize:vertical;display:block}"
    "[aria-invalid=true]{border-color:#9b1c1c;box-shadow:inset 0 0 0 1px "
    "#9b1c1c}"
    ".wrong{color:#8f1515;font-weight:600;margin:.25rem 0 .375rem}"
    "button{font:inherit;font-weight:600;min-height:3rem;padding:.75rem "
    "1.5rem;border:0;border-radius:6px;background:#0b4f86;color:#fff;"
    "cursor:pointer}button:hover{background:#073a64}"
    "button.quiet{background:#fff;color:#0b4f86;box-shadow:inset 0 0 0 "
    "1px #0b4f86}button.quiet:hover{background:#eef5fb}"
    ".card{background:#fff;border:1px solid #ccd3da;border-radius:10px;"
    "padding:1.25rem 1.375rem;margin:0 0 1.5rem}"
    ".card>:last-child,.good>:last-child,.errors>:last-child{"
    "margin-bottom:0}.card h2:first-child{margin-top:0}"
    ".errors{background:#fff;border:2px solid #9b1c1c;border-left-width:"
    "8px;border-radius:8px;padding:1rem 1.25rem;margin:0 0 1.75rem}"
    ".errors h2{margin-top:0}.errors a{color:#8f1515;font-weight:600}"
    ".good{background:#edf7ef;border:1px solid #2e7d4a;border-left-width:"
    "8px;border-radius:8px;padding:1rem 1.25rem;margin:0 0 1.75rem}"
    ".good h2{margin-top:0}"
    ".state{display:flex;gap:.875rem;align-items:baseline;font-size:"
    "1.1875rem;font-weight:600;margin:0 0 .5rem}"
    ".state::before{content:'';flex:none;width:.8rem;height:.8rem;"
    "border-radius:50%;background:#0b4f86}"
    ".state.done::before{background:#2e7d4a}"
    ".state.over::before{background:#6b7884}"
    "dl{display:grid;grid-template-columns:minmax(8rem,auto) 1fr;gap:"
    ".375rem 1.5rem;margin:0}dt{color:#44525f}dd{margin:0;"
    "overflow-wrap:anywhere;font-weight:500}"
    "code{font:1em ui-monospace,'DejaVu Sans Mono',monospace;"
    "overflow-wrap:anywhere}"
    ".code{font:1.375rem ui-monospace,'DejaVu Sans "
    "Mono',monospace!important;letter-spacing:.1em;max-width:22rem}"
    ".settled{list-style:none;padding:0;background:#fff;border:1px solid "
    "#ccd3da;border-radius:10px}.settled li{display:grid;grid-template-"
    "columns:2fr 3fr;gap:.25rem 1.5rem;margin:0;padding:.875rem 1.375rem}"
    ".settled li+li{border-top:1px solid #ccd3da}.settled .hint{display:"
    "block;margin:0}"
    "summary{cursor:pointer;padding:.75rem 0;color:#0b4f86;"
    "text-decoration:underline;text-underline-offset:.18em}"
    "footer{background:#fff;border-top:1px solid #ccd3da;color:#44525f;"
    "font-size:.9375rem;padding:1.25rem 0 1.5rem}footer p{margin:.125rem 0}"
    "@media(max-width:30rem){h1{font-size:1.5625rem;margin-top:1.5rem}"
    "dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.625rem}"
    "button{width:100%}.card{padding:1rem}.settled li{grid-template-"
    "columns:1fr;padding:.875rem 1rem}}"
    "@media print{header nav,form,.skip{display:none}html{background:#fff}}";

/* --- putting together ----------------------------------------------------- */

static void put_bytes(struct leaf *p, const char *bytes, size_t len)
{
	if (!p->failed && len > 0 &&
	    buf_append(&p->ret->body, bytes, len, NULL) != 0)
		p->failed = true;
}

void html(struct leaf *p, const char *html)
{
	put_bytes(p, html, strlen(html));
}

void html_text(struct leaf *p, const char *text)
{
	for (; *text != '\0'; text++) {
		size_t plain = strcspn(text, "&<>\"'");

		put_bytes(p, text, plain);
		text += plain;
		if (*text == '\0')
			return;
		html(p, *text == '&'   ? "&amp;"
			: *text == '<' ? "&lt;"
			: *text == '>' ? "&gt;"
			: *text == '"' ? "&quot;"
				       : "&#39;");
	}
}

void html_number(struct leaf *p, int64_t n)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRId64, n);
	html(p, text);
}

void html_day(struct leaf *p, int64_t day)
{
	static const char *const months[12][2] = {
	    {"Januar", "January"},
	    {"Februar", "February"},
	    {"M\xc3\xa4rz", "March"},
	    {"April", "April"},
	    {"Mai", "May"},
	    {"Juni", "June"},
	    {"Juli", "July"},
	    {"August", "August"},
	    {"September", "September"},
	    {"Oktober", "October"},
	    {"November", "November"},
	    {"Dezember", "December"},
	};
	struct caldate date = caldate_of(day);

	html_number(p, date.day);
	html(p, SAY(p, ".&nbsp;", "&nbsp;"));
	html(p, months[date.month - 1][p->tongue == TONGUE_EN]);
	html(p, "&nbsp;");
	html_number(p, date.year);
}

void html_time(struct leaf *p, int64_t at_ms)
{
	html_day(p, caldate_local(p->w->zone, at_ms));
}

void html_form(struct leaf *p, const char *path)
{
	html(p, "<form method=\"post\" action=\"");
	html_text(p, path);
	html(p, "?lang=");
	html(p, tongue_code(p->tongue));
	html(p, "\">");
}

/* --- the language --------------------------------------------------------- */

/* "q=0.85": 850; what is no quality is the best.  Source: RFC 9110, 12.4.2. */
static int quality_read(const char *text)
{
	int value = 0, unit = 100;

	text += strspn(text, " \t");
	if ((text[0] != 'q' && text[0] != 'Q') || text[1] != '=' ||
	    text[2] != '0')
		return 1000;
	if (text[3] == '.')
		for (text += 4; isdigit((unsigned char)*text); unit /= 10)
			value += (*text++ - '0') * unit;
	return value;
}

/* The quality of a language in Accept-Language in thousandths; -1: it is not
 * named. */
static int quality_of(const char *header, const char *code)
{
	int best = -1;

	for (const char *at = header; *at != '\0';) {
		size_t len = strcspn(at, ",");
		const char *q = memchr(at, ';', len);
		int value = 1000;

		while (*at == ' ' || *at == '\t') {
			at++;
			len--;
		}
		if (q != NULL)
			value = quality_read(q + 1);
		if (len >= 2 && tolower((unsigned char)at[0]) == code[0] &&
		    tolower((unsigned char)at[1]) == code[1] &&
		    (len == 2 || !isalpha((unsigned char)at[2])) &&
		    value > best)
			best = value;
		at += len;
		at += *at == ',';
	}
	return best;
}

enum tongue leaf_tongue(const struct worker *w, const struct public_request *rq)
{
	const char *accept = rq->header[PUBLIC_LANGUAGE];
	enum tongue tongue = TONGUE_DE;
	char asked[8];
	int de, en;

	if (form_query(rq->query, "lang", asked, sizeof(asked)) &&
	    tongue_parse(asked, &tongue))
		return tongue;
	de = quality_of(accept, "de");
	en = quality_of(accept, "en");
	if (de > 0 || en > 0)
		return en > de ? TONGUE_EN : TONGUE_DE;
	(void)tongue_parse(w->settings->controller.language, &tongue);
	/* Somebody who reads neither sooner reads English. */
	return accept[0] != '\0' && accept[0] != '*' ? TONGUE_EN : tongue;
}

/* --- the frame ------------------------------------------------------------ */

/* The page may show its one style and send its forms home. */
static bool headers_add(struct leaf *p)
{
	uint8_t hash[crypto_hash_sha256_BYTES];
	char text[BASE64_LEN(sizeof(hash)) + 1], policy[POLICY_MAX];

	(void)crypto_hash_sha256(hash, (const uint8_t *)style,
				 sizeof(style) - 1);
	base64_encode(hash, sizeof(hash), text);
	(void)snprintf(policy, sizeof(policy),
		       "default-src 'none'; style-src 'sha256-%s'; "
		       "form-action 'self'; base-uri 'none'; "
		       "frame-ancestors 'none'",
		       text);
	return public_header_add(p->ret, "Content-Security-Policy", policy,
				 NULL) == 0 &&
	       public_header_add(p->ret, "Referrer-Policy", "no-referrer",
				 NULL) == 0 &&
	       public_header_add(p->ret, "Cross-Origin-Opener-Policy",
				 "same-origin", NULL) == 0 &&
	       public_header_add(p->ret, "Content-Language",
				 tongue_code(p->tongue), NULL) == 0;
}

static void put_head(struct leaf *p, const char *title, bool wrong)
{
	html(p, "<!DOCTYPE html>\n<html lang=\"");
	html(p, tongue_code(p->tongue));
	html(p, "\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
		"content=\"width=device-width, initial-scale=1\"><meta "
		"name=\"robots\" content=\"noindex\"><title>");
	if (wrong)
		html(p, SAY(p, "Fehler: ", "Error: "));
	html(p, title);
	html(p, " \xe2\x80\x93 ");
	html_text(p, p->w->settings->controller.name);
	html(p, "</title><style>");
	html(p, style);
	html(p, "</style></head><body><a class=\"skip\" href=\"#inhalt\">");
	html(p, SAY(p, "Zum Inhalt", "Skip to content"));
	html(p, "</a><header><div class=\"in\"><p class=\"who\">");
	html_text(p, p->w->settings->controller.name);
	html(p, "</p>");
}

static void put_switch(struct leaf *p)
{
	html(p, SAY(p,
		    "<nav aria-label=\"Sprache\"><a href=\"?lang=en\" "
		    "hreflang=\"en\" lang=\"en\">English</a>",
		    "<nav aria-label=\"Language\"><a href=\"?lang=de\" "
		    "hreflang=\"de\" lang=\"de\">Deutsch</a>"));
	html(p, "</nav></div></header><main id=\"inhalt\" tabindex=\"-1\"><div "
		"class=\"in\">");
}

void leaf_begin(struct leaf *p, unsigned int status, const char *title,
		bool wrong)
{
	buf_clear(&p->ret->body);
	p->ret->headers_len = 0;
	p->ret->status = status;
	p->ret->type = "text/html; charset=utf-8";
	p->ret->wipe = true;
	if (!headers_add(p))
		p->failed = true;
	put_head(p, title, wrong);
	put_switch(p);
}

static void put_foot(struct leaf *p)
{
	const struct settings *s = p->w->settings;

	html(p, "</div></main><footer><div class=\"in\"><p>");
	html(p, SAY(p, "Verantwortlich: ", "Controller: "));
	html_text(p, s->controller.name);
	html(p, ", ");
	html_text(p, s->controller.contact);
	html(p, "</p>");
	if (s->controller.dpo[0] != '\0') {
		html(p, SAY(p, "<p>Datenschutzbeauftragte Person: ",
			    "<p>Data protection officer: "));
		html_text(p, s->controller.dpo);
		html(p, "</p>");
	}
	if (s->controller.policy_url[0] != '\0') {
		html(p, "<p><a href=\"");
		html_text(p, s->controller.policy_url);
		html(p, "\" rel=\"noreferrer\">");
		html(p,
		     SAY(p, "Datenschutzerkl\xc3\xa4rung", "Privacy notice"));
		html(p, "</a></p>");
	}
	html(p, "</div></footer></body></html>\n");
}

int leaf_end(struct leaf *p, struct err *err)
{
	put_foot(p);
	if (p->failed)
		return ERR_SET(err, ERR_NOMEM, "no memory for a page", 0);
	return 0;
}

/* --- small pages ---------------------------------------------------------- */

int leaf_plain(struct worker *w, const struct public_request *rq,
	       unsigned int status, const char *const title[2],
	       const char *const text[2], struct public_answer *ret,
	       struct err *err)
{
	struct leaf page = {w, rq, ret, leaf_tongue(w, rq), false}, *p = &page;

	leaf_begin(p, status, SAY(p, title[0], title[1]), false);
	html(p, "<h1>");
	html(p, SAY(p, title[0], title[1]));
	html(p, "</h1><p class=\"lead\">");
	html(p, SAY(p, text[0], text[1]));
	html(p, "</p><p><a href=\"/privacy?lang=");
	html(p, tongue_code(p->tongue));
	html(p, SAY(p, "\">Zur Seite f\xc3\xbcr Ihre Rechte</a></p>",
		    "\">To the page about your rights</a></p>"));
	return leaf_end(p, err);
}

int leaf_unknown(struct worker *w, const struct public_request *rq,
		 struct public_answer *ret, struct err *err)
{
	static const char *const title[2] = {"Diese Adresse gibt es nicht",
					     "There is no such address"};
	static const char *const text[2] = {
	    "Vielleicht fehlt ein Teil der Adresse, oder sie gilt nicht mehr. "
	    "Bitte vergleichen Sie sie mit der, die Sie bekommen haben.",
	    "Perhaps a part of the address is missing, or it is no longer "
	    "valid. Please compare it with the one you were given."};

	return leaf_plain(w, rq, 404, title, text, ret, err);
}

int leaf_see(struct public_answer *ret, const char *path, enum tongue tongue,
	     struct err *err)
{
	char to[PUBLIC_ANSWER_VALUE_MAX + 1];
	int n = snprintf(to, sizeof(to), "%s%slang=%s", path,
			 strchr(path, '?') != NULL ? "&" : "?",
			 tongue_code(tongue));

	if (n < 0 || (size_t)n >= sizeof(to))
		return ERR_SET(err, ERR_INPUT, "an address is too long", 0);
	ret->status = 303;
	ret->type = NULL;
	return public_header_add(ret, "Location", to, err);
}

/* --- forms ---------------------------------------------------------------- */

/* There are no cookies, so nobody's rights could be used from elsewhere; a
 * form that sits on another page is refused all the same. */
static bool is_ours(const struct worker *w, const struct public_request *rq)
{
	const char *site = rq->header[PUBLIC_SITE];
	const char *origin = rq->header[PUBLIC_ORIGIN];
	const char *url = w->settings->portal.url;
	size_t len = strlen(origin);

	if (site[0] != '\0')
		return strcmp(site, "same-origin") == 0 ||
		       strcmp(site, "none") == 0;
	/* Browsers that send no referrer send "null". */
	if (origin[0] == '\0' || strcmp(origin, "null") == 0 || url[0] == '\0')
		return true;
	return strncmp(url, origin, len) == 0 &&
	       (url[len] == '\0' || url[len] == '/');
}

bool leaf_form(struct worker *w, const struct public_request *rq,
	       struct form *ret_form, struct public_answer *ret,
	       struct err *err)
{
	static const char *const title[2] = {"Das kam nicht von unserer Seite",
					     "This did not come from our page"};
	static const char *const text[2] = {
	    "Wir nehmen nur an, was auf unserer eigenen Seite abgeschickt "
	    "wird. Bitte \xc3\xb6"
	    "ffnen Sie die Seite noch einmal.",
	    "We only accept what is sent from our own page. Please open the "
	    "page again."};
	unsigned int status = 0;

	*ret_form = FORM_INIT;
	if (!is_ours(w, rq))
		status = 403;
	else if (!form_typed(rq->header[PUBLIC_TYPE]))
		status = 415;
	else if (form_read(rq->body, rq->body_len, ret_form, NULL) != 0)
		status = 400;
	if (status == 0)
		return true;
	form_free(ret_form);
	if (leaf_plain(w, rq, status, title, text, ret, err) != 0)
		(void)public_problem(ret, status, 0); /* always answers */
	return false;
}
