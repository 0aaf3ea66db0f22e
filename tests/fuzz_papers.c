/* fuzz_papers.c - any policy as papers, and two of them compared: HTML is
 * well-formed, whatever stands in the policy; everything is UTF-8; from a
 * policy to itself nothing changes.
 *
 * What stands behind the first NUL is the second policy. */
#include <ctype.h>
#include <jansson.h>
#include <sodium.h>

#include "fuzz_house.h"
#include "postern/policydiff.h"
#include "postern/render.h"

#define PAPER_BYTES_MAX (4u * 1024 * 1024)
#define DEPTH_MAX	32
#define TAG_BYTES	16

/* --- well-formed ---------------------------------------------------------- */

struct xml {
	const char *at;
	char open[DEPTH_MAX][TAG_BYTES];
	size_t depth;
};

static bool eat(struct xml *x, const char *text)
{
	if (strncmp(x->at, text, strlen(text)) != 0)
		return false;
	x->at += strlen(text);
	return true;
}

static void read_entity(struct xml *x)
{
	MUST(eat(x, "&amp;") || eat(x, "&lt;") || eat(x, "&gt;") ||
	     eat(x, "&quot;"));
}

static void read_name(struct xml *x, char ret[TAG_BYTES])
{
	size_t len = 0;

	while (isalnum((unsigned char)*x->at) || *x->at == '-') {
		MUST(len + 1 < TAG_BYTES);
		ret[len++] = *x->at++;
	}
	ret[len] = '\0';
	MUST(len > 0);
}

static void read_attribute(struct xml *x)
{
	char name[TAG_BYTES];

	read_name(x, name);
	MUST(eat(x, "=\""));
	while (!eat(x, "\"")) {
		MUST(*x->at != '\0' && *x->at != '<');
		if (*x->at == '&')
			read_entity(x);
		else
			x->at++;
	}
}

static void read_tag(struct xml *x)
{
	char name[TAG_BYTES];

	if (eat(x, "<!DOCTYPE html>"))
		return;
	if (eat(x, "</")) {
		read_name(x, name);
		MUST(eat(x, ">"));
		MUST(x->depth > 0);
		MUST(strcmp(x->open[--x->depth], name) == 0);
		return;
	}
	MUST(eat(x, "<"));
	MUST(x->depth < DEPTH_MAX);
	read_name(x, x->open[x->depth]);
	while (eat(x, " "))
		read_attribute(x);
	if (!eat(x, "/>")) {
		MUST(eat(x, ">"));
		x->depth++;
	}
}

static void check_html(const char *text)
{
	struct xml x = {.at = text};

	while (*x.at != '\0') {
		MUST((unsigned char)*x.at >= ' ' || *x.at == '\n');
		if (*x.at == '<')
			read_tag(&x);
		else if (*x.at == '&')
			read_entity(&x);
		else
			x.at++;
	}
	MUST(x.depth == 0);
}

static void check_utf8(const char *text, size_t len)
{
	json_t *string = json_stringn(text, len);

	MUST(string != NULL);
	json_decref(string);
}

/* --- papers --------------------------------------------------------------- */

static void check_paper(const struct policy *p, enum render_what what,
			enum render_format format, enum tongue tongue)
{
	static const struct render_channel channel = {
	    .name = {"chat"},
	    .helpdesk = {"desk"},
	    .type = "<type>",
	    .role = "processor",
	    .contract = "\"A & B\"",
	    .mechanism = "DPF",
	    .review = "2027-03-01",
	};
	const struct render_instance instance = {
	    .controller = "A & B <GmbH>",
	    .contact = "\"Weg\" 1",
	    .dpo = "",
	    .land = "BE",
	    .channels = &channel,
	    .channels_len = 1,
	};
	struct buf paper = BUF_INIT(PAPER_BYTES_MAX);
	struct err err = {0};
	const char *text;

	if (render_page(what, format, tongue, p, &instance, &paper, &err) !=
	    0) {
		MUST(err.kind == ERR_INPUT || err.kind == ERR_NOMEM);
	} else {
		text = buf_text(&paper);
		MUST(text != NULL && strlen(text) == paper.len);
		check_utf8(text, paper.len);
		if (format == RENDER_HTML)
			check_html(text);
	}
	buf_free(&paper);
}

static void check_papers(const struct policy *p, enum tongue tongue)
{
	for (int i = 0; i < RENDERS; i++) {
		check_paper(p, (enum render_what)i, RENDER_HTML, tongue);
		check_paper(p, (enum render_what)i, RENDER_MARKDOWN, tongue);
	}
}

/* --- differences ---------------------------------------------------------- */

static int look_at_change(void *ctx, const struct policy_change *change,
			  struct err *err)
{
	size_t *count = ctx;

	(void)err;
	(*count)++;
	MUST(change->kind < CHANGE_KINDS && change->section[0] != '\0');
	MUST(change->text[0] != '\0');
	check_utf8(change->text, strlen(change->text));
	return 0;
}

static size_t changes(const struct policy *old, const struct policy *new,
		      enum tongue tongue)
{
	struct err err = {0};
	size_t count = 0;

	if (policy_diff(old, new, tongue, look_at_change, &count, &err) != 0)
		MUST(err.kind == ERR_INPUT || err.kind == ERR_NOMEM);
	return count;
}

static struct policy *read_policy(const uint8_t *bytes, size_t len)
{
	static struct diag diag;
	struct policy *p = NULL;

	diag_init(&diag, "policy.yaml");
	(void)policy_parse(bytes, len, &diag, &p); /* NULL then */
	return p;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size > 0 ? memchr(data, 0, size) : NULL;
	size_t len = end != NULL ? (size_t)(end - data) : size;
	enum tongue tongue = size % 2 == 0 ? TONGUE_DE : TONGUE_EN;
	struct policy *p, *other;

	if (sodium_init() < 0)
		return 0;
	p = read_policy(data, len);
	if (p == NULL)
		return 0;
	check_papers(p, tongue);
	MUST(changes(p, p, tongue) == 0);
	other = end != NULL ? read_policy(end + 1, size - len - 1) : NULL;
	if (other != NULL) {
		(void)changes(p, other, tongue);
		(void)changes(other, p, tongue);
		policy_free(&other);
	}
	policy_free(&p);
	return 0;
}
