/* page.h - headings, paragraphs, lists and tables, as HTML or Markdown.
 *
 * Everything that is written is escaped; `between backquotes` is code.  The
 * writer says what a thing is and never how it looks. */
#ifndef POSTERN_RENDER_PAGE_H
#define POSTERN_RENDER_PAGE_H

#include "postern/render.h"

#include "terms.h"

#define PAGE_COLUMNS_MAX 16
#define PAGE_PIECE_MAX	 (1u << 20)

struct page {
	struct prose t; /* for TR(); only page.c writes to it */
	enum render_format format;
	struct buf piece; /* one text before it is escaped */
	struct prose say; /* writes to piece */
	bool listing;
	bool fields;		/* the table has a label in its first column */
	bool lines;		/* a list follows from the lines of a text */
	bool foreign;		/* the piece is as it is: no code in it */
	bool pictures;		/* the page shows files that lie beside it */
	const char *style;	/* more rules; NULL: none */
	size_t columns, column; /* of the open table; 0: none */
	const char *heads[PAGE_COLUMNS_MAX]; /* static */
};

extern const char page_style[]; /* page_style.c */

#define PAGE_PRINTF __attribute__((format(printf, 2, 3)))

void page_begin(struct page *pg, const char *title, const char *subtitle);
void page_end(struct page *pg);
/* level 2 to 4. */
__attribute__((format(printf, 3, 4))) void page_head(struct page *pg, int level,
						     const char *format, ...);
PAGE_PRINTF void page_text(struct page *pg, const char *format, ...);
PAGE_PRINTF void page_item(struct page *pg, const char *format, ...);
/* Something that is missing and ought to be there. */
PAGE_PRINTF void page_gap(struct page *pg, const char *format, ...);
/* Byte for byte what somebody is shown. */
void page_quote(struct page *pg, const char *text);

/* Rows follow from the cells. */
void page_table(struct page *pg, size_t columns, const char *const *heads);
/* Two columns: a label, and what there is to say. */
void page_fields(struct page *pg);
void page_table_end(struct page *pg);
PAGE_PRINTF void page_cell(struct page *pg, const char *format, ...);
PAGE_PRINTF void page_cell_gap(struct page *pg, const char *format, ...);
/* The label of a row of fields, then page_cell(). */
void page_label(struct page *pg, const char *label);

/* What others wrote, and nothing in it is code. */
void page_cell_foreign(struct page *pg, const char *text, size_t len);
/* For blocks of a page's own: markup of ours as it is, texts escaped. */
void page_raw(struct page *pg, const char *markup);
void page_escaped(struct page *pg, const char *text, size_t len);

/* For texts that are put together: begin, write to pg->say, then one of the
 * ends below. */
struct prose *page_say(struct page *pg);
void page_said_text(struct page *pg);
void page_said_item(struct page *pg);
void page_said_cell(struct page *pg);

#endif
