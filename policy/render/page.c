/* page.c - headings, paragraphs, lists and tables, as HTML or Markdown. */
#include "page.h"

#include <stdarg.h>
#include <stdio.h>

#include "postern/text.h"

/* More of them need smaller letters. */
#define NARROW_COLUMNS 5

static bool is_html(const struct page *pg)
{
	return pg->format == RENDER_HTML;
}

static void raw(struct page *pg, const char *text)
{
	prose_bytes(&pg->t, text, strlen(text));
}

/* --- escapes -------------------------------------------------------------- */

/* Characters no XML document may contain. */
static bool is_forbidden(const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *)text;

	return (len == 1 && s[0] < 0x20 && s[0] != '\n') ||
	       (len == 1 && s[0] == 0x7f) ||
	       (len == 3 && s[0] == 0xef && s[1] == 0xbf && s[2] >= 0xbe);
}

static const char *html_escape(const struct page *pg, char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\n':
		return pg->lines ? "</li><li>" : "<br/>";
	default:
		return NULL;
	}
}

static const char *md_escape(const struct page *pg, char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '\\':
		return "\\\\";
	case '`':
		return "\\`";
	case '*':
		return "\\*";
	case '_':
		return "\\_";
	case '[':
		return "\\[";
	case ']':
		return "\\]";
	case '|':
		return "\\|";
	case '~':
		return "\\~";
	case '\n':
		return pg->columns > 0 ? "<br/>" : "  \n";
	default:
		return NULL;
	}
}

static void put(struct page *pg, const char *text, size_t len)
{
	for (size_t i = 0, n; i<len; i += n> 0 ? n : 1) {
		const char *escape = is_html(pg) ? html_escape(pg, text[i])
						 : md_escape(pg, text[i]);

		n = utf8_sequence((const uint8_t *)text + i, len - i);
		if (escape)
			raw(pg, escape);
		else if (n == 0 || is_forbidden(text + i, n))
			raw(pg, "\xef\xbf\xbd");
		else
			prose_bytes(&pg->t, text + i, n);
	}
}

/* A long name may go on in the next line after "_". */
static void put_code_html(struct page *pg, const char *text, size_t len)
{
	const char *end = text + len;

	raw(pg, "<code>");
	while (text < end) {
		const char *at = memchr(text, '_', (size_t)(end - text));
		const char *stop = at ? at + 1 : end;

		put(pg, text, (size_t)(stop - text));
		raw(pg, at && stop < end ? "<wbr/>" : "");
		text = stop;
	}
	raw(pg, "</code>");
}

/* In Markdown a code span takes everything but the bar as it is. */
static void put_code(struct page *pg, const char *text, size_t len)
{
	if (is_html(pg)) {
		put_code_html(pg, text, len);
		return;
	}
	raw(pg, "`");
	for (size_t i = 0; i < len; i++)
		if (text[i] == '|')
			raw(pg, "\\|");
		else
			prose_bytes(&pg->t, text + i, 1);
	raw(pg, "`");
}

/* What would begin a heading, a list or a rule at the start of a line. */
static void put_guard(struct page *pg, const char *text, size_t len)
{
	size_t digits = 0;

	if (is_html(pg) || len == 0)
		return;
	if (strchr("#+-=", text[0]) && text[0] != '\0')
		raw(pg, "\\");
	while (digits < len && text[digits] >= '0' && text[digits] <= '9')
		digits++;
	/* "1." would be a list; a character that is not seen parts them. */
	if (digits > 0 && digits < len && strchr(".)", text[digits]) &&
	    (digits + 1 == len || text[digits + 1] == ' '))
		raw(pg, "&#8203;");
}

/* Code ends in the line where it begins: a backtick in a text of the policy
 * is one of the text, and each line may be an item of a list. */
static void put_text(struct page *pg, const char *text, size_t len)
{
	const char *end = text + len;

	put_guard(pg, text, len);
	while (text < end) {
		const char *line = memchr(text, '\n', (size_t)(end - text));
		const char *stop = line ? line + 1 : end;
		const char *open = memchr(text, '`', (size_t)(stop - text));
		const char *close =
		    open ? memchr(open + 1, '`', (size_t)(stop - open - 1))
			 : NULL;

		if (!close || close == open + 1) {
			put(pg, text, (size_t)(stop - text));
			text = stop;
			continue;
		}
		put(pg, text, (size_t)(open - text));
		put_code(pg, open + 1, (size_t)(close - open - 1));
		text = close + 1;
	}
}

/* --- pieces --------------------------------------------------------------- */

struct prose *page_say(struct page *pg)
{
	buf_clear(&pg->piece);
	return &pg->say;
}

static void put_piece(struct page *pg)
{
	if (pg->say.failed && !pg->t.failed) {
		pg->t.failed = true;
		pg->t.err = pg->say.err;
	}
	if (pg->foreign)
		put(pg, (const char *)pg->piece.bytes, pg->piece.len);
	else
		put_text(pg, (const char *)pg->piece.bytes, pg->piece.len);
}

#define SAY_ARGS(pg, format)                            \
	do {                                            \
		va_list args;                           \
		va_start(args, format);                 \
		prose_args(page_say(pg), format, args); \
		va_end(args);                           \
	} while (0)

/* --- blocks --------------------------------------------------------------- */

static void close_list(struct page *pg)
{
	if (!pg->listing)
		return;
	pg->listing = false;
	raw(pg, is_html(pg) ? "</ul>\n" : "\n");
}

static void head_tag(struct page *pg, int level, bool close)
{
	char tag[8] = "<hN>\n";

	(void)snprintf(tag, sizeof(tag), close ? "</h%d>\n" : "<h%d>",
		       level & 7);
	raw(pg, tag);
}

void page_head(struct page *pg, int level, const char *format, ...)
{
	close_list(pg);
	SAY_ARGS(pg, format);
	if (is_html(pg)) {
		head_tag(pg, level, false);
		put_piece(pg);
		head_tag(pg, level, true);
		return;
	}
	raw(pg, "\n");
	for (int i = 0; i < level; i++)
		raw(pg, "#");
	raw(pg, " ");
	put_piece(pg);
	raw(pg, "\n\n");
}

void page_said_text(struct page *pg)
{
	close_list(pg);
	raw(pg, is_html(pg) ? "<p>" : "");
	put_piece(pg);
	raw(pg, is_html(pg) ? "</p>\n" : "\n\n");
}

void page_text(struct page *pg, const char *format, ...)
{
	SAY_ARGS(pg, format);
	page_said_text(pg);
}

void page_gap(struct page *pg, const char *format, ...)
{
	SAY_ARGS(pg, format);
	close_list(pg);
	raw(pg, is_html(pg) ? "<p class=\"gap\">" : "**!** ");
	put_piece(pg);
	raw(pg, is_html(pg) ? "</p>\n" : "\n\n");
}

void page_said_item(struct page *pg)
{
	if (!pg->listing && is_html(pg))
		raw(pg, "<ul>\n");
	pg->listing = true;
	raw(pg, is_html(pg) ? "<li>" : "- ");
	put_piece(pg);
	raw(pg, is_html(pg) ? "</li>\n" : "\n");
}

void page_item(struct page *pg, const char *format, ...)
{
	SAY_ARGS(pg, format);
	page_said_item(pg);
}

/* Line by line: in Markdown each needs its mark. */
void page_quote(struct page *pg, const char *text)
{
	close_list(pg);
	raw(pg, is_html(pg) ? "<blockquote><p>" : "");
	for (;;) {
		size_t len = strcspn(text, "\n");

		raw(pg, is_html(pg) ? "" : "> ");
		if (!is_html(pg) && len > 0 && text[0] == ' ')
			put(pg, text + strspn(text, " "),
			    len - strspn(text, " "));
		else {
			put_guard(pg, text, len);
			put(pg, text, len);
		}
		text += len;
		if (*text == '\0')
			break;
		raw(pg, is_html(pg) ? "<br/>" : "  \n");
		text++;
	}
	raw(pg, is_html(pg) ? "</p></blockquote>\n" : "\n\n");
}

/* --- tables --------------------------------------------------------------- */

static void heads_html(struct page *pg)
{
	raw(pg, pg->columns > NARROW_COLUMNS ? "<div class=\"wide\">" : "");
	raw(pg, pg->columns == 4 ? "<table class=\"four\">\n<thead><tr>"
				 : "<table>\n<thead><tr>");
	for (size_t i = 0; i < pg->columns; i++) {
		raw(pg, "<th scope=\"col\">");
		put(pg, pg->heads[i], strlen(pg->heads[i]));
		raw(pg, "</th>");
	}
	raw(pg, "</tr></thead>\n<tbody>\n");
}

static void heads_md(struct page *pg)
{
	for (size_t i = 0; i < pg->columns; i++) {
		raw(pg, "| ");
		put(pg, pg->heads[i], strlen(pg->heads[i]));
		raw(pg, " ");
	}
	raw(pg, "|\n");
	for (size_t i = 0; i < pg->columns; i++)
		raw(pg, "|---");
	raw(pg, "|\n");
}

void page_table(struct page *pg, size_t columns, const char *const *heads)
{
	close_list(pg);
	if (columns == 0 || columns > PAGE_COLUMNS_MAX) {
		pg->t.failed = true;
		return;
	}
	pg->columns = columns;
	pg->column = 0;
	pg->fields = false;
	memcpy(pg->heads, heads, columns * sizeof(heads[0]));
	if (is_html(pg))
		heads_html(pg);
	else
		heads_md(pg);
}

void page_fields(struct page *pg)
{
	const char *const heads[] = {TR(&pg->t, "Angabe", "Field"),
				     TR(&pg->t, "Inhalt", "Content")};

	if (is_html(pg)) {
		close_list(pg);
		raw(pg, "<table class=\"fields\">\n<tbody>\n");
		pg->columns = 2;
		pg->column = 0;
	} else {
		page_table(pg, 2, heads);
	}
	pg->fields = true;
}

void page_table_end(struct page *pg)
{
	raw(pg, is_html(pg) ? "</tbody>\n</table>" : "");
	if (is_html(pg) && pg->columns > NARROW_COLUMNS)
		raw(pg, "</div>");
	raw(pg, "\n");
	pg->columns = 0;
}

/* Several things said of one field stand apart. */
static void put_lines(struct page *pg)
{
	pg->lines = pg->fields && pg->piece.len > 0 &&
		    memchr(pg->piece.bytes, '\n', pg->piece.len) != NULL;
	raw(pg, pg->lines ? "<ul class=\"lines\"><li>" : "");
	put_piece(pg);
	raw(pg, pg->lines ? "</li></ul>" : "");
	pg->lines = false;
}

static void cell_html(struct page *pg, bool gap)
{
	if (pg->column == 0)
		raw(pg, "<tr>");
	if (pg->fields && pg->column == 0) {
		raw(pg, "<th scope=\"row\">");
		put_piece(pg);
		raw(pg, "</th>");
		return;
	}
	raw(pg, gap ? "<td class=\"gap\"" : "<td");
	if (!pg->fields) {
		raw(pg, " data-label=\"");
		put(pg, pg->heads[pg->column], strlen(pg->heads[pg->column]));
		raw(pg, "\"");
	}
	raw(pg, ">");
	put_lines(pg);
	raw(pg, "</td>");
}

static void cell(struct page *pg, bool gap)
{
	if (pg->columns == 0) {
		pg->t.failed = true;
		return;
	}
	if (is_html(pg)) {
		cell_html(pg, gap);
	} else {
		raw(pg, gap ? "| **!** " : "| ");
		put_piece(pg);
		raw(pg, " ");
	}
	if (++pg->column < pg->columns)
		return;
	pg->column = 0;
	raw(pg, is_html(pg) ? "</tr>\n" : "|\n");
}

void page_said_cell(struct page *pg)
{
	cell(pg, false);
}

void page_cell(struct page *pg, const char *format, ...)
{
	SAY_ARGS(pg, format);
	cell(pg, false);
}

void page_cell_gap(struct page *pg, const char *format, ...)
{
	SAY_ARGS(pg, format);
	cell(pg, true);
}

void page_cell_foreign(struct page *pg, const char *text, size_t len)
{
	prose_bytes(page_say(pg), text, len);
	pg->foreign = true;
	cell(pg, false);
	pg->foreign = false;
}

void page_label(struct page *pg, const char *label)
{
	page_cell(pg, "%s", label);
}

/* --- the page ------------------------------------------------------------- */

static void begin_html(struct page *pg, const char *title, const char *subtitle)
{
	raw(pg, "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" "
		"lang=\"");
	raw(pg, tongue_code(pg->t.tongue));
	raw(pg, "\">\n<head>\n<meta charset=\"utf-8\"/>\n"
		"<meta name=\"viewport\" content=\"width=device-width, "
		"initial-scale=1\"/>\n"
		"<meta http-equiv=\"Content-Security-Policy\" "
		"content=\"default-src 'none'; style-src 'unsafe-inline'");
	raw(pg, pg->pictures ? "; img-src 'self' file:" : "");
	raw(pg, "\"/>\n<title>");
	put(pg, title, strlen(title));
	raw(pg, "</title>\n<style>\n");
	raw(pg, page_style);
	raw(pg, pg->style != NULL ? pg->style : "");
	raw(pg, "</style>\n</head>\n<body>\n<header>\n<h1>");
	put(pg, title, strlen(title));
	raw(pg, "</h1>\n<p class=\"sub\">");
	put_text(pg, subtitle, strlen(subtitle));
	raw(pg, "</p>\n</header>\n<main>\n");
}

void page_begin(struct page *pg, const char *title, const char *subtitle)
{
	if (is_html(pg)) {
		begin_html(pg, title, subtitle);
		return;
	}
	raw(pg, "# ");
	put(pg, title, strlen(title));
	raw(pg, "\n\n");
	put_text(pg, subtitle, strlen(subtitle));
	raw(pg, "\n\n");
}

void page_raw(struct page *pg, const char *markup)
{
	close_list(pg);
	raw(pg, markup);
}

void page_escaped(struct page *pg, const char *text, size_t len)
{
	put(pg, text, len);
}

void page_end(struct page *pg)
{
	close_list(pg);
	raw(pg, is_html(pg) ? "</main>\n</body>\n</html>\n" : "");
}
