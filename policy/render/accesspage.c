/* accesspage.c - see accesspage.h. */
#include "postern/accesspage.h"

#include <stdlib.h>

#include "accesspage_words.h"
#include "paper.h"
#include "postern/consentpage.h"

/* Bubbles as every messenger has them; on paper a list. */
static const char chat_style[] =
    ".chat{list-style:none;margin:.5rem 0 1.5rem;padding:0}\n"
    ".chat li{margin:.45rem 0;padding:.5rem .75rem;max-width:80%;"
    "border-radius:.8rem;background:#f1f4f7;width:fit-content}\n"
    ".chat .you{margin-left:auto;background:#dcefe0}\n"
    ".chat .automatic{background:#f7f2e4}\n"
    ".chat .who{margin:0;font-size:.8rem;color:#4a5661}\n"
    ".chat .said{margin:.15rem 0;white-space:pre-wrap;"
    "overflow-wrap:anywhere}\n"
    ".chat .mark{margin:.15rem 0 0;font-size:.8rem;color:#6b4a00}\n"
    ".chat .file{margin:.25rem 0 0;overflow-wrap:anywhere}\n"
    ".chat img{display:block;max-width:100%;max-height:20rem;height:auto;"
    "border-radius:.4rem}\n"
    "a{color:#1f4e79}\n"
    "nav ul{columns:2;list-style:none;padding:0}\n"
    "@media (max-width:40rem){.chat li{max-width:92%}"
    "nav ul{columns:1}}\n"
    "@media print{.chat li{break-inside:avoid;max-width:100%;"
    "border:1px solid #c9d3dd}"
    "nav{display:none}}\n";

#define ID_MAX 64

struct accesspage {
	struct page pg;
	const struct access_section *section;
	size_t rows; /* of it so far */
	bool chat;
	char conversation[ID_MAX]; /* whose chat is open; "" none */
};
#define AR(p, de, en) TR(&(p)->pg.t, de, en)

int accesspage_new(enum tongue tongue, struct buf *out, struct accesspage **ret,
		   struct err *err)
{
	struct accesspage *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return ERR_SET(err, ERR_NOMEM, "a page", 0);
	p->pg = (struct page){.t = {.out = out, .tongue = tongue},
			      .format = RENDER_HTML,
			      .piece = BUF_INIT(32u * PAGE_PIECE_MAX),
			      .pictures = true,
			      .style = chat_style};
	p->pg.say = (struct prose){.out = &p->pg.piece, .tongue = tongue};
	*ret = p;
	return 0;
}

void accesspage_free(struct accesspage **p)
{
	if (*p == NULL)
		return;
	buf_free(&(*p)->pg.piece);
	free(*p);
	*p = NULL;
}

int accesspage_check(const struct accesspage *p, struct err *err)
{
	return prose_end(&p->pg.t, err);
}

static void escaped(struct accesspage *p, const char *text)
{
	page_escaped(&p->pg, text, strlen(text));
}

/* --- what it is about ----------------------------------------------------- */

static void contents(struct accesspage *p)
{
	static const char *const parts[] = {
	    "person",	    "addresses",   "conversations", "messages",
	    "notes",	    "consents",	   "wordings",	    "notices",
	    "recipients",   "disclosures", "lookups",	    "suppressions",
	    "restrictions", "requests",	   "reviews"};

	page_raw(&p->pg, "<nav aria-label=\"");
	escaped(p, AR(p, "Inhalt", "Contents"));
	page_raw(&p->pg, "\"><ul>\n");
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const struct access_section *s = access_section_of(parts[i]);

		page_raw(&p->pg, "<li><a href=\"#");
		page_raw(&p->pg, s->name);
		page_raw(&p->pg, "\">");
		escaped(p, s->title[p->pg.t.tongue]);
		page_raw(&p->pg, "</a></li>\n");
	}
	page_raw(&p->pg, "<li><a href=\"#processing\">");
	escaped(p, AR(p, "Was mit Ihren Daten geschieht",
		      "What is done with your data"));
	page_raw(&p->pg, "</a></li>\n</ul></nav>\n");
}

static void intro(struct accesspage *p, const struct accesspage_head *h)
{
	page_text(&p->pg,
		  AR(p,
		     "Das ist die Kopie Ihrer Daten bei %s nach Art. 15 DSGVO, "
		     "Stand %s. Sie brauchen nur diese Seite; die anderen "
		     "Dateien enthalten dasselbe für Programme: `data.json`, "
		     "`messages.csv` und Ihre Anhänge in `media`. "
		     "`manifest.json` nennt zu jeder Datei Größe und "
		     "Prüfsumme.",
		     "This is the copy of your data at %s under Art. 15 GDPR, "
		     "as of %s. You need this page only; the other files have "
		     "the same for programs: `data.json`, `messages.csv` and "
		     "your attachments in `media`. `manifest.json` names size "
		     "and checksum of each file."),
		  h->instance->controller, h->made);
	page_text(
	    &p->pg, "%s",
	    AR(p,
	       "Nummern, Mailadressen und Kontoverbindungen in Texten, "
	       "die wir Ihnen nicht zuordnen können, sind durch Wörter in "
	       "eckigen Klammern ersetzt, weil sie anderen gehören "
	       "können (Art. 15 Abs. 4 DSGVO). Gehören sie Ihnen, "
	       "schreiben Sie uns. Nichts anderes ist weggelassen.",
	       "Numbers, mail addresses and bank accounts in texts that "
	       "we cannot tell to be yours are replaced by words in "
	       "square brackets, as they may be those of others (Art. "
	       "15(4) GDPR). If they are yours, write to us. Nothing "
	       "else is left out."));
}

static void processing(struct accesspage *p, const struct accesspage_head *h)
{
	const struct paper w = {
	    .pg = &p->pg, .p = h->policy, .in = h->instance};

	page_raw(&p->pg, "<section id=\"processing\">\n");
	page_head(&p->pg, 2, "%s",
		  AR(p, "Was mit Ihren Daten geschieht",
		     "What is done with your data"));
	for (size_t i = 0; i < h->channels_len; i++) {
		const struct channel_rule *c =
		    policy_find_channel(h->policy, &h->channels[i]);

		page_head(&p->pg, 3, AR(p, "Kanal `%s`", "Channel `%s`"),
			  h->channels[i].text);
		if (c != NULL)
			paper_notice(&w, c);
		else
			page_text(&p->pg, "%s",
				  AR(p, "Dieser Kanal ist geschlossen.",
				     "This channel is closed."));
	}
	page_raw(&p->pg, "</section>\n");
}

void accesspage_begin(struct accesspage *p, const struct accesspage_head *h)
{
	struct buf line = BUF_INIT(4096);
	struct prose t = {.out = &line, .tongue = p->pg.t.tongue};

	prose_add(&t, "%s · %s (`%s`) · %s", h->instance->controller, h->alias,
		  h->person, h->made);
	prose_bytes(&t, "", 1);
	if (prose_end(&t, &p->pg.t.err) == 0)
		page_begin(&p->pg, AR(p, "Ihre Daten", "Your data"),
			   (const char *)line.bytes);
	else
		p->pg.t.failed = true;
	buf_free(&line);
	intro(p, h);
	contents(p);
}

/* --- tables --------------------------------------------------------------- */

static size_t columns_of(const struct access_section *s)
{
	size_t n = 0;

	while (n < ACCESS_COLUMNS_MAX && s->columns[n].member != NULL)
		n++;
	return n;
}

void accesspage_section(struct accesspage *p, const char *section)
{
	const struct access_section *s = access_section_of(section);

	p->section = s;
	p->rows = 0;
	if (s == NULL)
		return;
	page_raw(&p->pg, "<section id=\"");
	page_raw(&p->pg, s->name);
	page_raw(&p->pg, "\">\n");
	page_head(&p->pg, 2, "%s", s->title[p->pg.t.tongue]);
	page_text(&p->pg, "%s", s->says[p->pg.t.tongue]);
}

/* Names and texts are nobody's words. */
static const char *in_words(const struct accesspage *p, const char *member,
			    const char *value)
{
	static const char *const spoken[] = {"kind",	"state",    "type",
					     "via",	"decision", "scope",
					     "purpose", "what"};
	const enum tongue tongue = p->pg.t.tongue;
	const bool consents = strcmp(p->section->name, "consents") == 0;

	if (consents && strcmp(member, "kind") == 0)
		return consentpage_kind(tongue, value);
	if (consents && strcmp(member, "method") == 0)
		return consentpage_method(tongue, value);
	for (size_t i = 0; i < sizeof(spoken) / sizeof(spoken[0]); i++)
		if (strcmp(member, spoken[i]) == 0)
			return access_word(tongue, value);
	return value;
}

void accesspage_row(struct accesspage *p, accesspage_cell *cell, void *ctx)
{
	const char *heads[ACCESS_COLUMNS_MAX];
	const size_t len = p->section != NULL ? columns_of(p->section) : 0;

	if (len == 0)
		return;
	for (size_t i = 0; i < len; i++)
		heads[i] = p->section->columns[i].head[p->pg.t.tongue];
	if (p->rows++ == 0)
		page_table(&p->pg, len, heads);
	for (size_t i = 0; i < len; i++) {
		const char *member = p->section->columns[i].member;
		const char *value = in_words(p, member, cell(ctx, member));

		if (value[0] == '\0')
			value = "–";
		page_cell_foreign(&p->pg, value, strlen(value));
	}
}

static void chat_end(struct accesspage *p)
{
	if (p->chat)
		page_raw(&p->pg, "</ol>\n");
	p->chat = false;
	p->conversation[0] = '\0';
}

void accesspage_section_end(struct accesspage *p)
{
	if (p->section == NULL)
		return;
	chat_end(p);
	if (p->rows == 0)
		page_text(&p->pg, "%s", p->section->none[p->pg.t.tongue]);
	else if (columns_of(p->section) > 0)
		page_table_end(&p->pg);
	page_raw(&p->pg, "</section>\n");
	p->section = NULL;
}

/* --- the chat ------------------------------------------------------------- */

static void chat_begin(struct accesspage *p, const char *conversation,
		       const char *channel)
{
	if (p->chat && strcmp(p->conversation, conversation) == 0)
		return;
	chat_end(p);
	(void)snprintf(p->conversation, sizeof(p->conversation), "%s",
		       conversation);
	p->chat = true;
	page_head(&p->pg, 3,
		  AR(p, "Gespräch über `%s`", "Conversation over `%s`"),
		  channel);
	page_raw(&p->pg, "<ol class=\"chat\">\n");
}

static void mark(struct accesspage *p, const char *text)
{
	page_raw(&p->pg, "<p class=\"mark\">");
	escaped(p, text);
	page_raw(&p->pg, "</p>");
}

static void who(struct accesspage *p, const struct accesspage_message *m)
{
	const char *const names[] = {
	    [ACCESSPAGE_YOU] = AR(p, "Sie", "You"),
	    [ACCESSPAGE_US] = AR(p, "Wir", "We"),
	    [ACCESSPAGE_AUTOMATIC] = AR(p, "Automatisch", "Automatic"),
	};
	const char *state = access_word(p->pg.t.tongue, m->state);

	page_raw(&p->pg, "<p class=\"who\">");
	escaped(p, names[m->side]);
	escaped(p, " · ");
	escaped(p, m->at);
	if (strcmp(m->kind, "text") != 0) {
		escaped(p, " · ");
		escaped(p, access_word(p->pg.t.tongue, m->kind));
	}
	if (state[0] != '\0' && strcmp(m->state, "received") != 0) {
		escaped(p, " · ");
		escaped(p, state);
	}
	page_raw(&p->pg, "</p>");
}

static void said(struct accesspage *p, const struct accesspage_message *m)
{
	if (m->text != NULL) {
		page_raw(&p->pg, "<p class=\"said\" dir=\"auto\">");
		page_escaped(&p->pg, m->text, m->text_len);
		page_raw(&p->pg, "</p>");
	}
	if (m->emoji != NULL) {
		page_raw(&p->pg, "<p class=\"said\" dir=\"auto\">");
		escaped(p, m->emoji);
		page_raw(&p->pg, "</p>");
	}
	if (m->target[0] != '\0') {
		page_raw(&p->pg, "<p class=\"mark\"><a href=\"#");
		escaped(p, m->target);
		page_raw(&p->pg, "\">");
		escaped(p, AR(p, "zu dieser Nachricht", "to this message"));
		page_raw(&p->pg, "</a></p>");
	}
}

static bool is_picture(const char *type)
{
	return strcmp(type, "image/jpeg") == 0 ||
	       strcmp(type, "image/png") == 0 ||
	       strcmp(type, "image/webp") == 0;
}

static void file(struct accesspage *p, const struct accesspage_file *f)
{
	const char *name = f->name[0] != '\0'
			       ? f->name
			       : AR(p, "Anhang ohne Namen", "unnamed file");

	if (f->path[0] == '\0') {
		page_raw(&p->pg, "<p class=\"file\">");
		escaped(p, name);
		escaped(p, AR(p, " (nicht gespeichert)", " (not stored)"));
		page_raw(&p->pg, "</p>");
		return;
	}
	page_raw(&p->pg, "<p class=\"file\"><a href=\"");
	escaped(p, f->path);
	page_raw(&p->pg, "\">");
	if (is_picture(f->type)) {
		page_raw(&p->pg, "<img loading=\"lazy\" alt=\"\" src=\"");
		escaped(p, f->path);
		page_raw(&p->pg, "\"/>");
	}
	escaped(p, name);
	page_raw(&p->pg, "</a></p>");
}

static void marks(struct accesspage *p, const struct accesspage_message *m)
{
	const enum tongue tongue = p->pg.t.tongue;
	char line[256];

	if (m->content[0] != '\0')
		mark(p, access_word(tongue, m->content));
	if (m->restricted)
		mark(p, AR(p, "Verarbeitung eingeschränkt (Art. 18 DSGVO)",
			   "processing restricted (Art. 18 GDPR)"));
	if (m->masked)
		mark(p, AR(p, "Angaben anderer ersetzt (Art. 15 Abs. 4 DSGVO)",
			   "data of others replaced (Art. 15(4) GDPR)"));
	if (m->kept[0] == '\0')
		return;
	(void)snprintf(
	    line, sizeof(line), "%s%s%s", access_word(tongue, m->kept),
	    m->until[0] != '\0' ? AR(p, ", bis ", ", until ") : "", m->until);
	mark(p, line);
}

void accesspage_message(struct accesspage *p, const char *conversation,
			const char *channel, const struct accesspage_message *m)
{
	static const char *const sides[] = {
	    [ACCESSPAGE_YOU] = "you",
	    [ACCESSPAGE_US] = "us",
	    [ACCESSPAGE_AUTOMATIC] = "automatic",
	};

	p->rows++;
	chat_begin(p, conversation, channel);
	page_raw(&p->pg, "<li class=\"");
	page_raw(&p->pg, sides[m->side]);
	page_raw(&p->pg, "\" id=\"");
	escaped(p, m->id);
	page_raw(&p->pg, "\">");
	who(p, m);
	said(p, m);
	for (size_t i = 0; i < m->files_len; i++)
		file(p, &m->files[i]);
	marks(p, m);
	page_raw(&p->pg, "</li>\n");
}

void accesspage_end(struct accesspage *p, const struct accesspage_head *h)
{
	processing(p, h);
	page_end(&p->pg);
}
