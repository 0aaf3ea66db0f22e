/* settled.c - the settlement list and the recipients, in words. */
#include "itemwords.h"
#include "letters.h"
#include "recipients/telling.h"

#include <inttypes.h>
#include <string.h>

struct words {
	struct worker *w;
	enum tongue tongue;
	struct buf *ret;
	size_t lines;
};

#define LINE_MAX  768
#define LINES_MAX 40 /* a chat takes no book */

static int line(struct words *words, const char *text, struct err *err)
{
	if (words->lines++ >= LINES_MAX)
		return 0;
	return buf_append_text(words->ret, text, err);
}

static void until_words(const struct words *words,
			const struct rights_item *item, char *ret, size_t size)
{
	char last[DAY_WORDS_BYTES], from[DAY_WORDS_BYTES];

	ret[0] = '\0';
	if (item->until_day == 0)
		return;
	day_words(item->until_day - 1, words->tongue, last);
	day_words(item->until_day, words->tongue, from);
	(void)snprintf(ret, size,
		       words->tongue == TONGUE_DE
			   ? " bis %s (Löschung ab %s)"
			   : " until %s (erased from %s on)",
		       last, from);
}

static int item_line(void *ctx, const struct rights_item *item, struct err *err)
{
	char text[LINE_MAX], until[2 * DAY_WORDS_BYTES + 48], why[LINE_MAX / 2];
	struct words *words = ctx;
	char law[ARTICLE_BYTES];

	article_words(item->article, words->tongue, law);
	until_words(words, item, until, sizeof(until));
	why[0] = '\0';
	if (item->verdict != ERASURE_ERASE)
		(void)snprintf(why, sizeof(why), ". %s%s%s%s",
			       code_words(item->reason, words->tongue),
			       law[0] != '\0' ? " (" : "", law,
			       law[0] != '\0' ? ")" : "");
	(void)snprintf(text, sizeof(text), "- %s: %" PRId64 " × %s%s%s\n",
		       item_name(words->w, item, words->tongue), item->n,
		       item_verdict(item->verdict, words->tongue), until, why);
	return line(words, text, err);
}

int settled_words(struct worker *w, const struct request *r, enum tongue tongue,
		  struct buf *ret, struct err *err)
{
	struct words words = {.w = w, .tongue = tongue, .ret = ret};

	return rights_items(w, r->is.id, item_line, &words, err);
}

/* --- recipients ----------------------------------------------------------- */

static const char *state_words(enum telling_state state, enum tongue tongue)
{
	static const char *const words[][2] = {
	    [TELLING_PENDING] = {"wird informiert", "is being told"},
	    [TELLING_SENT] = {"informiert", "told"},
	    [TELLING_CONFIRMED] = {"hat es bestätigt", "has confirmed"},
	    [TELLING_IMPOSSIBLE] = {"kann nicht informiert werden",
				    "cannot be told"},
	    [TELLING_FAILED] = {"nicht erreicht, wir kümmern uns",
				"not reached, we take care of it"},
	};

	return words[state][tongue];
}

/* Why somebody cannot be told; "" where nothing needs to be said. */
static const char *impossible_words(const struct telling *t, enum tongue tongue)
{
	static const struct {
		const char *reason, *words[2];
	} all[] = {
	    {"provider_no_call",
	     {" (der Anbieter des Chats bietet keinen Weg dazu; Sie können den "
	      "Chat bei sich löschen)",
	      " (the provider of the chat offers no way; you can delete the "
	      "chat on your side)"}},
	    {"by_hand", {" (wir tun es von Hand)", " (we do it by hand)"}},
	    {"no_identity",
	     {" (kennt Sie unter keiner Angabe, die wir haben)",
	      " (does not know you by anything that we have)"}},
	    {"no_such_call",
	     {" (nimmt so etwas nicht automatisch an; wir tun es von Hand)",
	      " (does not take this automatically; we do it by hand)"}},
	    {"not_configured",
	     {" (ist nicht mehr angebunden; wir tun es von Hand)",
	      " (is no longer connected; we do it by hand)"}},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (t->state == TELLING_IMPOSSIBLE &&
		    strcmp(all[i].reason, t->reason) == 0)
			return all[i].words[tongue];
	return "";
}

/* What arrived, or was sent by the way of every message, nobody confirmed. */
static enum telling_state said_state(const struct telling *t)
{
	const bool told = strcmp(t->reason, "delivered") == 0 ||
			  strcmp(t->reason, "told_at_once") == 0;

	return t->state == TELLING_CONFIRMED && told ? TELLING_SENT : t->state;
}

static int recipient_line(void *ctx, const struct telling *t, struct err *err)
{
	struct words *words = ctx;
	char text[LINE_MAX];

	if (words->lines == 0 &&
	    buf_append_text(words->ret,
			    words->tongue == TONGUE_DE
				? "Wer Ihre Daten von uns hatte:\n"
				: "Who had your data from us:\n",
			    err) != 0)
		return -1;
	(void)snprintf(text, sizeof(text), "- %s: %s%s\n", t->recipient,
		       state_words(said_state(t), words->tongue),
		       impossible_words(t, words->tongue));
	return line(words, text, err);
}

int recipients_words(struct worker *w, const struct request *r, int64_t erasure,
		     enum tongue tongue, struct buf *ret, struct err *err)
{
	struct words words = {.w = w, .tongue = tongue, .ret = ret};

	(void)r;
	return erasure == 0
		   ? 0
		   : telling_walk(w, erasure, recipient_line, &words, err);
}
