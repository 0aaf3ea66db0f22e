/* consentpage.c - the proof of one consent as a page for people. */
#include "postern/consentpage.h"

#include <sodium.h>

#include "page.h"
#include "postern/text.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* --- words ---------------------------------------------------------------- */

struct word {
	const char *word, *in[2];
};

static const char *find(const struct word *words, size_t len, const char *word,
			enum tongue tongue)
{
	for (size_t i = 0; i < len; i++)
		if (strcmp(words[i].word, word) == 0)
			return words[i].in[tongue];
	return word;
}

const char *consentpage_kind(enum tongue tongue, const char *kind)
{
	static const struct word words[] = {
	    {"requested", {"erfragt", "asked for"}},
	    {"reminded", {"noch einmal gefragt", "asked once more"}},
	    {"given", {"erteilt", "given"}},
	    {"renewed", {"erneut erteilt", "given anew"}},
	    {"refused", {"verweigert", "refused"}},
	    {"deferred", {"Antwort aufgeschoben", "answer deferred"}},
	    {"withdrawn", {"widerrufen", "withdrawn"}},
	    {"revoked",
	     {"vom Verantwortlichen beendet", "ended by the controller"}},
	    {"invalidated", {"für ungültig erklärt", "declared invalid"}},
	    {"optin_signal",
	     {"Signal des Anbieters, keine Einwilligung",
	      "a provider's signal, no consent"}},
	};

	return find(words, COUNT(words), kind, tongue);
}

const char *consentpage_method(enum tongue tongue, const char *method)
{
	static const struct word words[] = {
	    {"reply", {"Antwort im Gespräch", "reply in the conversation"}},
	    {"keyword", {"Schlüsselwort", "keyword"}},
	    {"link", {"Bestätigungslink", "confirmation link"}},
	    {"one_click", {"Abmeldelink", "unsubscribe address"}},
	    {"api", {"Helpdesk oder Betreiber", "helpdesk or operator"}},
	    {"import", {"Übernahme mit Nachweis", "import with its proof"}},
	    {"provider", {"Anbieter des Kanals", "provider of the channel"}},
	};

	return find(words, COUNT(words), method, tongue);
}

const char *consentpage_by(enum tongue tongue, const char *by)
{
	static const struct word words[] = {
	    {"subject", {"betroffene Person", "data subject"}},
	    {"guardian", {"sorgeberechtigte Person", "guardian"}},
	    {"controller", {"Verantwortlicher", "controller"}},
	    {"provider", {"Anbieter", "provider"}},
	};

	return find(words, COUNT(words), by, tongue);
}

const char *consentpage_state(enum tongue tongue, enum consent_state state)
{
	return term_consent(tongue, state);
}

/* --- sections ------------------------------------------------------------- */

struct view {
	struct page *pg;
	const struct consentpage *c;
};
#define VR(v, de, en) TR(&(v)->pg->t, de, en)

/* A row of fields; nothing where there is nothing to say. */
static void field(const struct view *v, const char *label, const char *text)
{
	if (text == NULL || text[0] == '\0')
		return;
	page_label(v->pg, label);
	page_cell(v->pg, "%s", text);
}

static void about(const struct view *v)
{
	const struct consentpage *c = v->c;

	page_head(v->pg, 2, "%s", VR(v, "Worum es geht", "What this is about"));
	page_fields(v->pg);
	field(v, VR(v, "Verantwortlicher", "Controller"), c->controller);
	field(v, VR(v, "Anschrift", "Address"), c->address);
	field(v, VR(v, "Erreichbar", "Reached at"), c->reach);
	field(v, VR(v, "Aufsichtsbehörde", "Authority"), c->authority);
	page_label(v->pg, VR(v, "Person", "Person"));
	page_cell(v->pg, "`%s` (%s)", c->person, c->alias);
	page_label(v->pg, VR(v, "Zweck", "Purpose"));
	page_cell(v->pg, "%s (dpv:%s%s)", c->purpose, c->term,
		  !c->marketing ? "" : VR(v, ", Werbung", ", advertising"));
	field(v, VR(v, "Rechtsgrundlage", "Legal basis"),
	      c->special
		  ? VR(v, "Art. 9 Abs. 2 lit. a DSGVO", "Art. 9(2)(a) GDPR")
		  : VR(v, "Art. 6 Abs. 1 lit. a DSGVO", "Art. 6(1)(a) GDPR"));
	field(v, VR(v, "Ausgestellt", "Made on"), c->created);
	if (c->listed != NULL) {
		page_label(v->pg, VR(v, "Sperrliste", "Suppression list"));
		page_cell(v->pg, VR(v, "seit %s", "since %s"), c->listed);
	}
	page_table_end(v->pg);
}

static bool is_question(const struct consentpage_event *e)
{
	return strcmp(e->kind, "requested") == 0 ||
	       strcmp(e->kind, "reminded") == 0;
}

static void event_row(const struct view *v, const struct consentpage_event *e,
		      size_t number)
{
	const enum tongue tongue = v->pg->t.tongue;
	struct prose *t;

	page_cell(v->pg, "%zu", number);
	t = page_say(v->pg);
	prose_add(t, "%s: %s", e->at, consentpage_kind(tongue, e->kind));
	if (e->until != NULL)
		prose_add(t, TR(t, ", bis %s", ", until %s"), e->until);
	page_said_cell(v->pg);
	page_cell(v->pg, "%s; %s", consentpage_by(tongue, e->by),
		  is_question(e) ? VR(v, "Frage im Gespräch",
				      "question in the conversation")
				 : consentpage_method(tongue, e->method));
	t = page_say(v->pg);
	if (e->wording > 0)
		prose_add(t, TR(t, "Wortlaut %zu", "Wording %zu"), e->wording);
	if (e->prompt_id != NULL)
		prose_add(t, TR(t, "; Frage `%s`", "; question `%s`"),
			  e->prompt_id);
	if (e->answer_id != NULL)
		prose_add(t,
			  e->wording > 0
			      ? TR(t, "; Antwort `%s`", "; answer `%s`")
			      : TR(t, "Nachricht `%s`", "message `%s`"),
			  e->answer_id);
	page_said_cell(v->pg);
}

/* What was said, and what a controller says it holds, word for word. */
static void event_texts(const struct view *v, const struct consentpage_event *e,
			size_t number)
{
	if (e->answer != NULL) {
		page_text(v->pg,
			  VR(v, "Antwort zu %zu, wörtlich:",
			     "Answer of %zu, word for word:"),
			  number);
		page_quote(v->pg, e->answer);
	}
	if (e->evidence != NULL) {
		page_text(v->pg,
			  VR(v, "Nachweis zu %zu, wie übergeben:",
			     "Proof of %zu, as it was handed over:"),
			  number);
		page_quote(v->pg, e->evidence);
	}
}

static void channel(const struct view *v, const struct consentpage_channel *ch)
{
	const char *const heads[] = {
	    VR(v, "Nr.", "No."), VR(v, "Wann, was", "When, what"),
	    VR(v, "Von wem, wie", "By whom, how"), VR(v, "Beleg", "Reference")};
	struct prose *t;

	if (ch->name[0] != '\0')
		page_head(v->pg, 2, VR(v, "Kanal %s (%s)", "Channel %s (%s)"),
			  ch->name, ch->via);
	else
		page_head(v->pg, 2, "%s",
			  VR(v, "Alle Kanäle", "Every channel"));
	t = page_say(v->pg);
	prose_add(t, TR(t, "Stand: %s", "State: %s"),
		  term_consent(t->tongue, ch->state));
	if (ch->since != NULL)
		prose_add(t, TR(t, ", seit %s", ", since %s"), ch->since);
	if (ch->until != NULL)
		prose_add(t, TR(t, ", bis %s", ", until %s"), ch->until);
	prose_add(t, ".");
	page_said_text(v->pg);
	page_table(v->pg, COUNT(heads), heads);
	for (size_t i = 0; i < ch->events_len; i++)
		event_row(v, &ch->events[i], i + 1);
	page_table_end(v->pg);
	for (size_t i = 0; i < ch->events_len; i++)
		event_texts(v, &ch->events[i], i + 1);
}

static void wordings(const struct view *v)
{
	page_head(v->pg, 2, "%s", VR(v, "Was gezeigt wurde", "What was shown"));
	if (v->c->wordings_len == 0)
		page_text(v->pg, "%s",
			  VR(v, "Es ist kein Wortlaut festgehalten.",
			     "No wording is on record."));
	for (size_t i = 0; i < v->c->wordings_len; i++) {
		const struct consentpage_wording *w = &v->c->wordings[i];

		page_head(v->pg, 3, VR(v, "Wortlaut %zu", "Wording %zu"),
			  i + 1);
		page_quote(v->pg, w->text);
		page_text(v->pg,
			  VR(v, "Sprache %s, zuerst verwendet %s. SHA-256 `%s`",
			     "Language %s, first used %s. SHA-256 `%s`"),
			  w->language, w->first, w->sha256);
	}
}

static void reading(const struct view *v)
{
	page_head(v->pg, 2, "%s",
		  VR(v, "Wie das zu lesen ist", "How to read this"));
	page_item(v->pg, "%s",
		  VR(v,
		     "Ereignisse werden hinzugefügt und nie geändert; der "
		     "Stand folgt aus ihnen für den Zeitpunkt der Ausstellung.",
		     "Events are added and never changed; the state follows "
		     "from them for the time this was made."));
	page_item(v->pg, "%s",
		  VR(v,
		     "Der Wortlaut ist Byte für Byte der gezeigte; sein "
		     "SHA-256 lässt sich mit jedem Programm nachrechnen.",
		     "The wording is the one that was shown, byte for byte; "
		     "any program can compute its SHA-256 again."));
	page_item(v->pg, "%s",
		  VR(v,
		     "Die Kennungen in Frage und Antwort sind die des "
		     "Anbieters des Kanals.",
		     "The ids of question and answer are those of the "
		     "channel's provider."));
	page_item(v->pg, "%s",
		  VR(v,
		     "Die Einwilligung kann jederzeit widerrufen werden, mit "
		     "STOP im selben Kanal (Art. 7 Abs. 3 DSGVO).",
		     "The consent may be withdrawn at any time, with STOP in "
		     "the same channel (Art. 7(3) GDPR)."));
}

/* --- the page ------------------------------------------------------------- */

static int subtitle(enum tongue tongue, const struct consentpage *c,
		    struct buf *ret, struct err *err)
{
	struct prose t = {.out = ret, .tongue = tongue};

	prose_add(&t, TR(&t, "%s · Zweck %s · %s", "%s · purpose %s · %s"),
		  c->controller, c->purpose, c->created);
	prose_bytes(&t, "", 1);
	return prose_end(&t, err);
}

int consentpage_render(enum tongue tongue, const struct consentpage *page,
		       struct buf *ret, struct err *err)
{
	struct page pg = {.t = {.out = ret, .tongue = tongue},
			  .format = RENDER_HTML,
			  .piece = BUF_INIT(PAGE_PIECE_MAX)};
	const struct view v = {.pg = &pg, .c = page};
	struct buf line = BUF_INIT(4096);
	int rc = -1;

	pg.say = (struct prose){.out = &pg.piece, .tongue = tongue};
	if (subtitle(tongue, page, &line, err) != 0)
		goto out;
	page_begin(&pg,
		   VR(&v, "Nachweis einer Einwilligung", "Proof of a consent"),
		   (const char *)line.bytes);
	about(&v);
	for (size_t i = 0; i < page->channels_len; i++)
		channel(&v, &page->channels[i]);
	wordings(&v);
	reading(&v);
	page_end(&pg);
	rc = prose_end(&pg.t, err);
out:
	buf_free(&pg.piece);
	buf_free(&line);
	return rc;
}

void consentpage_style(char ret[CONSENTPAGE_STYLE_BYTES])
{
	static const char prefix[] = "sha256-";
	crypto_hash_sha256_state state;
	uint8_t hash[crypto_hash_sha256_BYTES];

	_Static_assert(sizeof(prefix) + BASE64_LEN(sizeof(hash)) <=
			   CONSENTPAGE_STYLE_BYTES,
		       "the hash fits");
	/* As page.c writes it: a line break before the rules. */
	(void)crypto_hash_sha256_init(&state);
	(void)crypto_hash_sha256_update(&state, (const uint8_t *)"\n", 1);
	(void)crypto_hash_sha256_update(&state, (const uint8_t *)page_style,
					strlen(page_style));
	(void)crypto_hash_sha256_final(&state, hash);
	memcpy(ret, prefix, sizeof(prefix));
	base64_encode(hash, sizeof(hash), ret + sizeof(prefix) - 1);
}
