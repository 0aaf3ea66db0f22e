/* portal.c - the page where people ask for what the law gives them (Art. 12 to
 * 22 GDPR).
 *
 * What is asked is opened for whatever address it names, known or not: the
 * answer is the same page, and takes as long.  Source: compliance 5.1, E3. */
#include "leaf.h"

#include <sodium.h>

#include "postern/blindindex.h"
#include "words.h"

#define VALUE_MAX 200
#define TEXT_MAX  4000

/* Kinds of addresses a person knows of themselves. */
static const struct kind {
	const char *name, *said[2];
} kinds[] = {
    {"phone",
     {"Telefonnummer, auch im Messenger", "Phone number, also in a messenger"}},
    {"email", {"E-Mail-Adresse", "E-mail address"}},
    {"username", {"Benutzername im Chat", "User name in the chat"}},
    {"threema", {"Threema-ID", "Threema ID"}},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

struct asked {
	enum rights_type type;
	bool has_type;
	const char *kind, *value, *text; /* in the form */
	bool wrong_type, wrong_kind, wrong_value, wrong_text, long_text;
};

/* --- what was written ----------------------------------------------------- */

static bool kind_named(const char *name)
{
	for (size_t i = 0; i < KINDS; i++)
		if (strcmp(kinds[i].name, name) == 0)
			return true;
	return false;
}

static bool has_digits(const char *text, size_t least)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += *text >= '0' && *text <= '9';
	return n >= least;
}

/* Something on both sides of its @. */
static bool is_mailbox(const char *text)
{
	const char *at = strrchr(text, '@');

	return at != NULL && at != text && at[1] != '\0' &&
	       strpbrk(text, " <>,;") == NULL;
}

/* Only its spelling: whether anybody has it, nobody learns here. */
static bool value_fits(const struct worker *w, const char *kind,
		       const char *value)
{
	char spelt[ADDRESS_LEN_MAX + 2];
	size_t len = 0;
	bool fits;

	if (strlen(value) > VALUE_MAX || strpbrk(value, "\n\t") != NULL ||
	    blind_index_normalise(kind, w->settings->controller.country, value,
				  strlen(value), spelt, &len, NULL) != 0)
		return false;
	fits = strcmp(kind, "phone") == 0   ? has_digits(value, 5)
	       : strcmp(kind, "email") == 0 ? is_mailbox(spelt)
					    : true;
	sodium_memzero(spelt, sizeof(spelt));
	return fits;
}

/* True: it can be opened. */
static bool look(const struct worker *w, const struct form *form,
		 struct asked *ret)
{
	struct asked a = {.kind = form_get(form, "kind"),
			  .value = form_get(form, "value"),
			  .text = form_get(form, "text")};

	a.has_type = rights_type_named(form_get(form, "what"), &a.type);
	a.wrong_type = !a.has_type;
	a.wrong_kind = !kind_named(a.kind);
	a.wrong_value =
	    a.wrong_kind ? a.value[0] == '\0' : !value_fits(w, a.kind, a.value);
	a.long_text = strlen(a.text) > TEXT_MAX;
	a.wrong_text = a.has_type && a.type == RIGHTS_RECTIFICATION &&
		       a.text[strspn(a.text, " \n\t")] == '\0';
	*ret = a;
	return !a.wrong_type && !a.wrong_kind && !a.wrong_value &&
	       !a.wrong_text && !a.long_text;
}

/* --- the form ------------------------------------------------------------- */

static const char *type_error(const struct leaf *p)
{
	return SAY(p, "Wählen Sie aus, was Sie möchten.",
		   "Choose what you would like.");
}

static const char *kind_error(const struct leaf *p)
{
	return SAY(p, "Wählen Sie aus, womit Sie uns geschrieben haben.",
		   "Choose how you wrote to us.");
}

static const char *value_error(const struct leaf *p)
{
	return SAY(p,
		   "Geben Sie die Nummer, Adresse oder den Namen vollständig "
		   "ein, zum Beispiel +49 171 5550100.",
		   "Enter the complete number, address or name, for example "
		   "+49 171 5550100.");
}

static const char *text_error(const struct leaf *p, const struct asked *a)
{
	return a->long_text
		   ? SAY(p, "Der Text ist zu lang; 4000 Zeichen sind möglich.",
			 "The text is too long; 4000 characters are possible.")
		   : SAY(p,
			 "Schreiben Sie, was falsch ist und wie es richtig "
			 "heißt.",
			 "Write what is wrong and what would be right.");
}

static void put_link(struct leaf *p, bool wrong, const char *to,
		     const char *text)
{
	if (!wrong)
		return;
	html(p, "<li><a href=\"#");
	html(p, to);
	html(p, "\">");
	html(p, text);
	html(p, "</a></li>");
}

/* It has the focus when the page opens, without a script. */
static void put_errors(struct leaf *p, const struct asked *a)
{
	html(p,
	     "<div class=\"errors\" role=\"alert\" tabindex=\"-1\" autofocus>"
	     "<h2>");
	html(p, SAY(p, "Bitte prüfen Sie Ihre Angaben",
		    "Please check what you entered"));
	html(p, "</h2><ul>");
	put_link(p, a->wrong_type, "access", type_error(p));
	put_link(p, a->wrong_kind, "kind", kind_error(p));
	put_link(p, a->wrong_value, "value", value_error(p));
	put_link(p, a->wrong_text || a->long_text, "text", text_error(p, a));
	html(p, "</ul></div>");
}

static void put_wrong(struct leaf *p, bool wrong, const char *id,
		      const char *text)
{
	if (!wrong)
		return;
	html(p, "<p class=\"wrong\" id=\"");
	html(p, id);
	html(p, "-wrong\">");
	html(p, text);
	html(p, "</p>");
}

/* hint: of this id there is one, too. */
static void put_described(struct leaf *p, bool wrong, const char *id, bool hint)
{
	if (!wrong && !hint)
		return;
	html(p, wrong ? " aria-invalid=\"true\"" : "");
	html(p, " aria-describedby=\"");
	if (wrong) {
		html(p, id);
		html(p, hint ? "-wrong " : "-wrong");
	}
	if (hint) {
		html(p, id);
		html(p, "-hint");
	}
	html(p, "\"");
}

static void put_rights(struct leaf *p, const struct asked *a)
{
	html(p, "<fieldset");
	if (a != NULL && a->wrong_type)
		html(p, " aria-describedby=\"what-wrong\"");
	html(p, "><legend>");
	html(p, SAY(p, "1. Was möchten Sie?", "1. What would you like?"));
	html(p, "</legend>");
	put_wrong(p, a != NULL && a->wrong_type, "what", type_error(p));
	for (int t = 0; t < RIGHTS_TYPES; t++) {
		enum rights_type type = (enum rights_type)t;
		const struct right_words *words = words_right(type, p->tongue);
		const char *name = rights_type_name(type);

		html(p, "<label class=\"pick\" for=\"");
		html(p, name);
		html(p, "\"><input type=\"radio\" name=\"what\" id=\"");
		html(p, name);
		html(p, "\" value=\"");
		html(p, name);
		html(p, a != NULL && a->has_type && a->type == type
			    ? "\" checked>"
			    : "\">");
		html(p, "<span><b>");
		html(p, words->name);
		html(p, "</b><span>");
		html(p, words->what);
		html(p, " <span class=\"art\">");
		html(p, words->article);
		html(p, "</span></span></span></label>");
	}
	html(p, "</fieldset>");
}

static void put_kinds(struct leaf *p, const struct asked *a)
{
	bool wrong = a != NULL && a->wrong_kind;

	html(p, "<div class=\"field\"><label class=\"label\" for=\"kind\">");
	html(p, SAY(p, "Womit haben Sie uns geschrieben?",
		    "How did you write to us?"));
	html(p, "</label>");
	put_wrong(p, wrong, "kind", kind_error(p));
	html(p, "<select name=\"kind\" id=\"kind\"");
	put_described(p, wrong, "kind", false);
	html(p, "><option value=\"\">");
	html(p, SAY(p, "Bitte wählen", "Please choose"));
	html(p, "</option>");
	for (size_t i = 0; i < KINDS; i++) {
		html(p, "<option value=\"");
		html(p, kinds[i].name);
		html(p, a != NULL && strcmp(a->kind, kinds[i].name) == 0
			    ? "\" selected>"
			    : "\">");
		html(p, SAY(p, kinds[i].said[0], kinds[i].said[1]));
		html(p, "</option>");
	}
	html(p, "</select></div>");
}

static void put_value(struct leaf *p, const struct asked *a)
{
	bool wrong = a != NULL && a->wrong_value;

	html(p, "<div class=\"field\"><label class=\"label\" for=\"value\">");
	html(p, SAY(p, "Nummer, Adresse oder Name", "Number, address or name"));
	html(p, "</label><p class=\"hint\" id=\"value-hint\">");
	html(p,
	     SAY(p,
		 "Genau die, mit der Sie uns schreiben: dorthin schicken wir "
		 "einen Code, damit niemand anders in Ihrem Namen fragt.",
		 "Exactly the one you write to us with: we send a code there, "
		 "so that nobody else asks in your name."));
	html(p, "</p>");
	put_wrong(p, wrong, "value", value_error(p));
	html(p,
	     "<input type=\"text\" name=\"value\" id=\"value\" "
	     "maxlength=\"200\" spellcheck=\"false\" autocapitalize=\"none\" "
	     "autocomplete=\"off\"");
	put_described(p, wrong, "value", true);
	html(p, " value=\"");
	html_text(p, a != NULL ? a->value : "");
	html(p, "\"></div>");
}

static void put_words(struct leaf *p, const struct asked *a)
{
	bool wrong = a != NULL && (a->wrong_text || a->long_text);

	html(p, "<fieldset><legend>");
	html(p, SAY(p, "3. Was sollten wir noch wissen?",
		    "3. What else should we know?"));
	html(p, "</legend><div class=\"field\"><label class=\"label\" "
		"for=\"text\">");
	html(p, SAY(p, "Ihre Worte (freiwillig)", "Your words (optional)"));
	html(p, "</label><p class=\"hint\" id=\"text-hint\">");
	html(p,
	     SAY(p,
		 "Nötig nur bei einer Berichtigung: was falsch ist und wie es "
		 "richtig heißt.",
		 "Needed only for a rectification: what is wrong and what "
		 "would be right."));
	html(p, "</p>");
	put_wrong(p, wrong, "text", a != NULL ? text_error(p, a) : "");
	html(p, "<textarea name=\"text\" id=\"text\" rows=\"5\"");
	put_described(p, wrong, "text", true);
	html(p, ">\n");
	html_text(p, a != NULL ? a->text : "");
	html(p, "</textarea></div></fieldset>");
}

static void put_next(struct leaf *p)
{
	html(p,
	     SAY(p,
		 "<div class=\"card\"><h2>Was danach geschieht</h2><ol><li>Sie "
		 "bekommen hier eine Nummer und eine Adresse, unter der Sie "
		 "den Stand sehen.</li><li>Wenn wir Sie unter der genannten "
		 "Nummer oder Adresse kennen, schicken wir dorthin einen Code "
		 "zur Bestätigung.</li><li>Wir antworten spätestens in einem "
		 "Monat. Das kostet Sie nichts.</li></ol></div>",
		 "<div class=\"card\"><h2>What happens then</h2><ol><li>You "
		 "get a number here and an address where you can see how far "
		 "we are.</li><li>If we know you by that number or address, "
		 "we send a code there to confirm.</li><li>We answer within "
		 "one month at the latest. It costs you nothing.</li></ol>"
		 "</div>"));
}

static int form_page(struct leaf *p, const struct asked *a, struct err *err)
{
	const char *title =
	    SAY(p, "Ihre Rechte an Ihren Daten", "Your rights to your data");

	leaf_begin(p, a != NULL ? 422 : 200, title, a != NULL);
	html(p, "<h1>");
	html(p, title);
	html(p, "</h1><p class=\"lead\">");
	html(p,
	     SAY(p,
		 "Hier fragen Sie nach dem, was wir über Sie gespeichert "
		 "haben, lassen es berichtigen oder löschen. Sie brauchen "
		 "dafür kein Konto und keine Begründung.",
		 "Here you ask for what we have stored about you, or have it "
		 "corrected or erased. You need no account and no reason for "
		 "that."));
	html(p, "</p>");
	if (a != NULL)
		put_errors(p, a);
	html_form(p, "/privacy");
	put_rights(p, a);
	html(p, "<fieldset><legend>");
	html(p, SAY(p, "2. Wer sind Sie bei uns?", "2. Who are you to us?"));
	html(p, "</legend>");
	put_kinds(p, a);
	put_value(p, a);
	html(p, "</fieldset>");
	put_words(p, a);
	put_next(p);
	html(p, "<button>");
	html(p, SAY(p, "Antrag absenden", "Send request"));
	html(p, "</button></form>");
	return leaf_end(p, err);
}

/* --- handlers ------------------------------------------------------------- */

int public_portal_get(struct worker *w, const struct public_request *rq,
		      struct public_answer *ret, struct err *err)
{
	struct leaf p = {w, rq, ret, leaf_tongue(w, rq), false};

	return form_page(&p, NULL, err);
}

static int open(struct worker *w, const struct public_request *rq,
		const struct asked *a, enum tongue tongue,
		struct public_answer *ret, struct err *err)
{
	const struct rights_ask ask = {
	    .type = a->type,
	    .via = RIGHTS_PORTAL,
	    .identifiers = {{a->kind, a->value}},
	    .identifiers_len = 1,
	    .language = tongue_code(tongue),
	    .received_ms = rq->at_ms,
	    .text = a->text[0] != '\0' ? a->text : NULL,
	};
	struct rights_opened opened;
	char to[sizeof(opened.status_link) + 8];

	if (rights_open(w, &ask, &opened, err) != 0)
		return -1;
	(void)snprintf(to, sizeof(to), "%s?neu=1", opened.status_link);
	return leaf_see(ret, to, tongue, err);
}

int public_portal_post(struct worker *w, const struct public_request *rq,
		       struct public_answer *ret, struct err *err)
{
	struct leaf p = {w, rq, ret, leaf_tongue(w, rq), false};
	struct asked a;
	struct form form;
	int rc = 0;

	if (leaf_form(w, rq, &form, ret, err))
		rc = look(w, &form, &a) ? open(w, rq, &a, p.tongue, ret, err)
					: form_page(&p, &a, err);
	form_free(&form);
	return rc;
}
