/* explain.c - a decision in words: what is assumed, what happens, why. */
#include "postern/explain.h"

#include "postern/caldate.h"

#include "../testcase.h"
#include "terms.h"

#define TEXT_BYTES_MAX (4u * 1024 * 1024)

/* --- words of events ------------------------------------------------------ */

const char *const *explain_words(enum explain_fact fact, size_t *ret_len)
{
	static const struct {
		const char *const *words;
		size_t len;
	} all[EXPLAIN_FACTS] = {
	    [EXPLAIN_EVENT] = {test_event_words, TEST_EVENTS},
	    [EXPLAIN_CONSENT] = {test_consent_words, TEST_CONSENTS},
	    [EXPLAIN_WINDOW] = {test_window_words, TEST_WINDOWS},
	    [EXPLAIN_MECHANISM] = {test_mechanism_words, TEST_MECHANISMS},
	};

	*ret_len = all[fact].len;
	return all[fact].words;
}

enum policy_act explain_act(size_t event)
{
	static const enum policy_act acts[TEST_EVENTS] = {ACT_RECEIVE, ACT_EDIT,
							  ACT_DELETE, ACT_SEND};

	return acts[event];
}

int explain_rule(enum tongue tongue, const struct policy *p,
		 const struct name *datenart, struct buf *ret, struct err *err)
{
	struct prose t = {.out = ret, .tongue = tongue};
	const struct rule *rule = policy_find_rule(p, datenart);

	if (!rule)
		return ERR_SET(err, ERR_ABSENT, "no such Datenart", 0);
	term_rule(&t, rule);
	return prose_end(&t, err);
}

/* --- what is assumed ------------------------------------------------------ */

static void line(struct prose *t)
{
	prose_add(t, "\n  - ");
}

static void assumed_text(struct prose *t, const struct explain_case *c)
{
	if (c->text) {
		line(t);
		prose_add(t, "%s", TR(t, "Text: ", "Text: "));
		prose_quote(t, c->text, c->text_len);
	}
	if (!c->facts->media)
		return;
	line(t);
	prose_add(t, "%s", TR(t, "Anhang: ", "Attachment: "));
	term_media(t, policy_media_bit(c->facts->media_kind));
	if (c->facts->media_bytes >= 0) {
		prose_add(t, ", ");
		term_bytes(t, c->facts->media_bytes);
	}
}

static void assumed_time(struct prose *t, const struct explain_case *c)
{
	char date[CALDATE_BYTES];

	if (!c->dated)
		return;
	caldate_format(c->facts->local.day, date);
	line(t);
	prose_add(t, TR(t, "Zeit: %s, %02d:%02d Uhr", "Time: %s, %02d:%02d"),
		  date, c->facts->local.minute / 60,
		  c->facts->local.minute % 60);
}

static void assumed_person(struct prose *t, const struct policy_facts *f)
{
	const struct {
		bool is;
		const char *words;
	} flags[] = {
	    {!f->noticed, TR(t, "schreibt hier zum ersten Mal",
			     "writes here for the first time")},
	    {f->suppressed, TR(t, "steht auf der Sperrliste",
			       "stands on the suppression list")},
	    {f->restricted, TR(t, "ist eingeschränkt oder ausgesetzt",
			       "is restricted or on hold")},
	    {f->minor, TR(t, "kann minderjährig sein", "may be a minor")},
	};
	size_t len = 0, at = 0;

	line(t);
	prose_add(t, TR(t, "Einwilligung der Person: %s", "Consent: %s"),
		  term_consent(t->tongue, f->consent));
	for (size_t i = 0; i < COUNT_OF(flags); i++)
		len += flags[i].is;
	if (len == 0)
		return;
	line(t);
	prose_add(t, "%s", TR(t, "Die Person ", "The person "));
	for (size_t i = 0; i < COUNT_OF(flags); i++) {
		if (!flags[i].is)
			continue;
		prose_between(t, at++, len);
		prose_add(t, "%s", flags[i].words);
	}
}

static void assumed(struct prose *t, const struct explain_case *c)
{
	const struct policy_facts *f = c->facts;

	prose_add(t, TR(t, "%s, Kanal %s.", "%s, channel %s."),
		  term_act(t->tongue, f->act), f->channel->text);
	assumed_text(t, c);
	assumed_time(t, c);
	if (f->purpose) {
		line(t);
		prose_add(t, TR(t, "Zweck: %s", "Purpose: %s"), f->purpose);
	}
	assumed_person(t, f);
	if (f->act == ACT_SEND && !f->window_open) {
		line(t);
		prose_add(t,
			  TR(t, "Antwortfenster des Anbieters: geschlossen%s",
			     "The provider's reply window: closed%s"),
			  f->template_message
			      ? TR(t, ", Nachricht nach Vorlage",
				   ", a template message")
			      : "");
	}
	prose_add(t, "\n\n");
}

/* --- what happens --------------------------------------------------------- */

static void due_day(struct prose *t, const struct explain_case *c,
		    const struct rule *rule)
{
	int64_t day = c->facts->local.day;
	char date[CALDATE_BYTES];
	struct retention r;
	bool ok;

	if (!c->dated)
		return;
	ok = rule->has_statutory
		 ? retention_statutory(day, (uint32_t)rule->statutory.years,
				       rule->statutory.year_end, &r)
		 : retention_of(day, &rule->delete_by, &r);
	if (!ok)
		return;
	caldate_format(r.erase_from, date);
	if (rule->from == START_COLLECTION)
		prose_add(t, TR(t, "; löschbar ab %s", "; erasable from %s"),
			  date);
	else
		prose_add(t,
			  TR(t,
			     "; läge das Startereignis am selben Tag, "
			     "löschbar ab %s",
			     "; if the start event were on the same day, "
			     "erasable from %s"),
			  date);
}

static void stored(struct prose *t, const struct explain_case *c,
		   const struct name *datenart, const char *what)
{
	const struct rule *rule = policy_find_rule(c->policy, datenart);

	line(t);
	prose_add(t, TR(t, "%s, Datenart %s", "%s, Datenart %s"), what,
		  datenart->text);
	if (!rule)
		return;
	prose_add(t, ": ");
	term_rule(t, rule);
	due_day(t, c, rule);
	prose_add(t, ".");
}

static void forwarded(struct prose *t, const struct explain_case *c)
{
	const struct policy_decision *d = c->decision;

	line(t);
	if (d->hold) {
		prose_add(t, "%s",
			  TR(t, "Zurückgehalten, bis eingewilligt ist; nach ",
			     "Held back until consent is given; after "));
		term_period(t, &d->hold_for);
		prose_add(t, "%s",
			  TR(t, " (Frist) vergessen.", " it is forgotten."));
		return;
	}
	if (!d->forward) {
		prose_add(t, "%s",
			  TR(t, "An keinen Helpdesk weitergegeben.",
			     "Forwarded to no helpdesk."));
		return;
	}
	prose_add(t,
		  TR(t, "Weitergegeben an den Helpdesk %s%s. Er sieht ",
		     "Forwarded to the helpdesk %s%s. It sees "),
		  c->facts->helpdesk ? c->facts->helpdesk->text : "",
		  d->reduced ? TR(t, ", ohne Inhalt", ", without its content")
			     : "");
	prose_add(
	    t, "%s%s%s", d->sees_text ? TR(t, "den Text", "the text") : "",
	    d->sees_text && d->sees_attachments ? TR(t, " und ", " and ") : "",
	    d->sees_attachments ? TR(t, "die Anhänge", "the attachments") : "");
	if (!d->sees_text && !d->sees_attachments)
		prose_add(t, "%s",
			  TR(t, "nur, dass etwas kam",
			     "only that something "
			     "came"));
	prose_add(t, TR(t, "; von der Person: %s.", "; of the person: %s."),
		  term_person(t->tongue, d->person));
}

static void redacted(struct prose *t, const struct explain_case *c)
{
	struct buf kept = BUF_INIT(TEXT_BYTES_MAX);
	struct buf shown = BUF_INIT(TEXT_BYTES_MAX);
	struct explain_found found[EXPLAIN_FOUND_MAX];
	size_t len = 0;

	if (t->failed || !c->text || !c->decision->store)
		return;
	if (explain_redact(c->policy, c->facts->channel, BEFORE_STORE, c->text,
			   c->text_len, found, &len, &kept, &t->err) != 0 ||
	    !buf_text(&kept) ||
	    explain_redact(c->policy, c->facts->channel, BEFORE_FORWARD,
			   (const char *)kept.bytes, kept.len, found, &len,
			   &shown, &t->err) != 0)
		t->failed = true;
	for (size_t i = 0; i < len; i++) {
		line(t);
		prose_add(
		    t,
		    TR(t, "Unkenntlich gemacht %s: %s, %zu × (%s:%zu).",
		       "Taken out %s: %s, %zu × (%s:%zu)."),
		    found[i].moment == BEFORE_STORE
			? TR(t, "vor dem Speichern", "before storing")
			: TR(t, "vor der Weitergabe", "before forwarding"),
		    found[i].name, found[i].count, c->file, found[i].line);
	}
	if (len > 0 && c->decision->forward && c->decision->sees_text) {
		line(t);
		prose_add(
		    t, "%s",
		    TR(t, "Der Helpdesk liest: ", "The helpdesk reads: "));
		prose_quote(t, (const char *)shown.bytes, shown.len);
	}
	buf_free(&kept);
	buf_free(&shown);
}

static void answered(struct prose *t, const struct explain_case *c)
{
	static const char *const kinds[SAY_KINDS][2] = {
	    [SAY_NOTICE] = {"Die Person wird informiert",
			    "The person is informed"},
	    [SAY_ASK] = {"Die Person wird um Einwilligung gebeten",
			 "The person is asked for consent"},
	    [SAY_STOPPED] = {"Die Abmeldung wird bestätigt",
			     "The withdrawal is confirmed"},
	    [SAY_HELP] = {"Hilfe wird geschickt", "Help is sent"},
	    [SAY_ERASE] = {"Der Eingang des Antrags auf Löschung wird "
			   "bestätigt",
			   "Receipt of the request for erasure is confirmed"},
	    [SAY_ACCESS] = {"Der Eingang des Antrags auf Auskunft wird "
			    "bestätigt",
			    "Receipt of the request for access is confirmed"},
	    [SAY_OUTSIDE] = {"Die Person erfährt, dass niemand da ist",
			     "The person is told that nobody is there"},
	};

	for (size_t i = 0; i < c->decision->say_len; i++) {
		const struct policy_say *say = &c->decision->say[i];

		line(t);
		prose_add(t, "%s", kinds[say->kind][t->tongue]);
		if (say->purpose)
			prose_add(t, TR(t, ", Zweck %s", ", purpose %s"),
				  say->purpose->text);
		prose_add(t, " (%s", say->notice->name.text);
		if (say->notice->line > 0)
			prose_add(t, ", %s:%zu", c->file, say->notice->line);
		prose_add(t, "): ");
		prose_quote(t, say->notice->text, say->notice->text_len);
	}
}

static void received(struct prose *t, const struct explain_case *c)
{
	const struct policy_decision *d = c->decision;

	if (d->quarantine) {
		line(t);
		prose_add(t, "%s",
			  TR(t,
			     "In Quarantäne: niemand liest sie vorerst, und "
			     "nichts geht verloren.",
			     "Quarantined: nobody reads it for now, and "
			     "nothing is lost."));
		return;
	}
	if (d->store)
		stored(t, c, &d->datenart, TR(t, "Gespeichert", "Stored"));
	else {
		line(t);
		prose_add(t, "%s", TR(t, "Nicht gespeichert.", "Not stored."));
	}
	if (d->store && c->facts->media) {
		if (d->media_refused) {
			line(t);
			prose_add(t, "%s",
				  TR(t, "Der Anhang wird nicht geholt.",
				     "The attachment is not fetched."));
		} else {
			stored(
			    t, c, &d->media_datenart,
			    TR(t, "Anhang gespeichert", "Attachment stored"));
		}
		if (!d->media_refused && d->strip) {
			line(t);
			prose_add(t, "%s",
				  TR(t,
				     "Ist der Anhang ein Bild (JPEG, PNG, "
				     "WebP), wird daraus entfernt: ",
				     "If the attachment is a picture (JPEG, "
				     "PNG, WebP), removed from it: "));
			term_strip(t, d->strip);
		}
	}
	forwarded(t, c);
	redacted(t, c);
	answered(t, c);
	if (d->keyword != KEYWORD_NONE) {
		line(t);
		prose_add(t, TR(t, "Schlüsselwort %s: %s", "Keyword %s: %s"),
			  keyword_class_name(d->keyword),
			  explain_keyword(t->tongue, d->keyword));
	}
}

static void forgotten(struct prose *t, const struct policy_decision *d)
{
	line(t);
	switch (d->forget) {
	case FORGET_ALL:
		prose_add(t, "%s",
			  TR(t, "Der alte Text wird vergessen.",
			     "The old text is forgotten."));
		break;
	case FORGET_MASK:
		prose_add(t, "%s",
			  TR(t,
			     "Der Helpdesk sieht den alten Text nicht mehr; "
			     "gelöscht wird er nach seiner Regel.",
			     "The helpdesk no longer sees the old text; it is "
			     "erased by its rule."));
		break;
	case FORGET_NOT:
		prose_add(t,
			  TR(t, "Der alte Text wird behalten, als Datenart %s.",
			     "The old text is kept, as Datenart %s."),
			  d->keep_as.text);
		break;
	}
}

static void sent(struct prose *t, const struct explain_case *c)
{
	line(t);
	if (c->decision->send)
		prose_add(
		    t, "%s",
		    TR(t, "Die Antwort geht hinaus.", "The reply goes out."));
	else if (c->decision->window_closed)
		prose_add(t, "%s",
			  TR(t,
			     "Die Antwort geht nicht hinaus, nur weil das "
			     "Fenster zu ist.",
			     "The reply does not go out, only because the "
			     "window is closed."));
	else
		prose_add(t, "%s",
			  TR(t, "Die Antwort wird verweigert.",
			     "The reply is refused."));
	if (c->decision->store)
		stored(t, c, &c->decision->datenart,
		       TR(t, "Gespeichert", "Stored"));
}

static void happens(struct prose *t, const struct explain_case *c)
{
	prose_add(t, "%s", TR(t, "Das geschieht:", "What happens:"));
	switch (c->facts->act) {
	case ACT_RECEIVE:
		received(t, c);
		break;
	case ACT_SEND:
		sent(t, c);
		break;
	case ACT_EDIT:
	case ACT_DELETE:
		forgotten(t, c->decision);
		break;
	}
	prose_add(t, "\n\n");
}

/* --- why ------------------------------------------------------------------ */

static struct explain_names names_of(const struct explain_case *c)
{
	const struct policy_facts *f = c->facts;
	const struct policy_decision *d = c->decision;
	const struct name *purpose = policy_purpose(c->policy, f->channel);

	return (struct explain_names){
	    .channel = f->channel->text,
	    .helpdesk = f->helpdesk ? f->helpdesk->text : NULL,
	    .data = d->datenart.text,
	    .media_data = d->media_datenart.text,
	    .purpose = f->purpose ? f->purpose
		       : purpose  ? purpose->text
				  : NULL,
	};
}

static void why(struct prose *t, const struct explain_case *c)
{
	const struct explain_names names = names_of(c);

	prose_add(t, "%s", TR(t, "Warum:", "Why:"));
	for (size_t i = 0; i < c->decision->reasons_len && !t->failed; i++) {
		const struct policy_reason *r = &c->decision->reasons[i];

		prose_add(t, "\n  %zu. ", i + 1);
		if (explain_reason(t->tongue, r->code, &names, t->out,
				   &t->err) != 0)
			t->failed = true;
		prose_add(t, "\n     %s", r->code);
		if (r->line > 0)
			prose_add(t, ", %s:%zu", c->file, r->line);
		else
			prose_add(t, "%s",
				  TR(t, ", fest eingebaut", ", built in"));
		if (r->article) {
			prose_add(t, ", ");
			term_article(t, r->article);
		}
	}
	prose_add(t, "\n");
}

int explain_event(const struct explain_case *c, enum tongue tongue,
		  struct buf *ret, struct err *err)
{
	struct prose t = {.out = ret, .tongue = tongue};

	assumed(&t, c);
	happens(&t, c);
	why(&t, c);
	return prose_end(&t, err);
}
