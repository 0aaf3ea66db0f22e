/* settled.c - the settlement list: per kind of data what became of it, why, and
 * until when.  Source: compliance 3.3. */
#include "settled.h"

#include "rights/itemwords.h"
#include "rights/letters.h"

struct list {
	struct leaf *p;
	bool begun;
};

static void begin(struct list *list)
{
	struct leaf *p = list->p;

	html(p, "<h2 id=\"liste\">");
	html(p,
	     SAY(p, "Was aus Ihren Daten wurde", "What became of your data"));
	html(p, "</h2><ul class=\"settled\" aria-labelledby=\"liste\">");
	list->begun = true;
}

static void put_why(struct leaf *p, const struct rights_item *item)
{
	const struct code *code = code_find(item->reason);
	char law[ARTICLE_BYTES];

	article_words(item->article, p->tongue, law);
	if (code == NULL && law[0] == '\0')
		return;
	html(p, "<span class=\"hint\">");
	if (code != NULL)
		html_text(p, code->words[p->tongue]);
	if (law[0] != '\0') {
		html(p, code != NULL ? " (" : "");
		html_text(p, law);
		html(p, code != NULL ? ")" : "");
	}
	html(p, "</span>");
}

/* It is kept through the day before. */
static void put_until(struct leaf *p, const struct rights_item *item)
{
	if (item->until_day == 0)
		return;
	html(p, SAY(p, " bis ", " until "));
	html_day(p, item->until_day - 1);
}

static int put_item(void *ctx, const struct rights_item *item, struct err *err)
{
	struct list *list = ctx;
	struct leaf *p = list->p;

	(void)err;
	if (!list->begun)
		begin(list);
	html(p, "<li><span><b>");
	html_text(p, item_name(p->w, item, p->tongue));
	html(p, "</b> <span class=\"hint\">");
	html_number(p, item->n);
	html(p, item->n == 1 ? SAY(p, "&nbsp;Eintrag", "&nbsp;record")
			     : SAY(p, "&nbsp;Einträge", "&nbsp;records"));
	html(p, "</span></span><span><b>");
	html(p, item_verdict(item->verdict, p->tongue));
	put_until(p, item);
	html(p, "</b>");
	put_why(p, item);
	html(p, "</span></li>");
	return 0;
}

int settled_show(struct leaf *p, int64_t id, struct err *err)
{
	struct list list = {.p = p};

	if (rights_items(p->w, id, put_item, &list, err) != 0)
		return -1;
	if (list.begun)
		html(p, "</ul>");
	return 0;
}
