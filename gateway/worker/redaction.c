/* redaction.c - see redaction.h. */
#include "redaction.h"

#include "channel/event_make.h"
#include "inbound.h"

/* Every built-in kind, by enum policy_find. */
static const struct policy_finder builtin[FIND_PATTERN] = {
    [FIND_IBAN] = {.find = FIND_IBAN},
    [FIND_CARD] = {.find = FIND_CARD},
    [FIND_EMAIL] = {.find = FIND_EMAIL},
    [FIND_PHONE] = {.find = FIND_PHONE},
    [FIND_TAX_ID] = {.find = FIND_TAX_ID},
    [FIND_SOCIAL_INSURANCE] = {.find = FIND_SOCIAL_INSURANCE},
};

/* Those of the finders a look at the text leaves; the rest finds nothing. */
static size_t choose(const struct policy_finder *finders, size_t len,
		     const struct redact_look *look, struct policy_finder *ret,
		     size_t *ret_from)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (!redact_may(&finders[i], look))
			continue;
		ret_from[n] = i;
		ret[n++] = finders[i];
	}
	return n;
}

/* --- shown ---------------------------------------------------------------- */

/* One entry may hold for both moments. */
static bool has_line(const struct redaction *r, size_t len, size_t line)
{
	for (size_t i = 0; i < len; i++)
		if (r->finders[i].line == line)
			return true;
	return false;
}

void redaction_shown(const struct policy *p, const struct name *channel,
		     struct redaction *ret)
{
	struct policy_finder more[POLICY_FINDERS_MAX];
	size_t len, stored;

	ret->len = stored = policy_finders(p, channel, BEFORE_STORE,
					   ret->finders, POLICY_FINDERS_MAX);
	len = policy_finders(p, channel, BEFORE_FORWARD, more,
			     POLICY_FINDERS_MAX);
	for (size_t i = 0; i < len && ret->len < POLICY_FINDERS_MAX; i++)
		if (!has_line(ret, stored, more[i].line))
			ret->finders[ret->len++] = more[i];
	memset(ret->counts, 0, ret->len * sizeof(ret->counts[0]));
}

int redaction_mask(struct redaction *r, const char *text, size_t text_len,
		   struct buf *ret, struct err *err)
{
	struct policy_finder chosen[POLICY_FINDERS_MAX];
	size_t from[POLICY_FINDERS_MAX], counts[POLICY_FINDERS_MAX] = {0};
	struct redact_look look;
	size_t len, found = 0;

	if (text == NULL || r->len == 0)
		return 0;
	redact_look(text, text_len, &look);
	len = choose(r->finders, r->len, &look, chosen, from);
	if (len == 0)
		return 0;
	buf_clear(ret);
	if (redact_text(chosen, len, text, text_len, counts, ret, err) != 0)
		return -1;
	for (size_t i = 0; i < len; i++) {
		found += counts[i];
		r->counts[from[i]] += counts[i];
	}
	return found > 0 ? 1 : 0;
}

/* --- accepted ------------------------------------------------------------- */

struct acceptance {
	struct batch *b;
	struct step *s;
	struct redaction stored, forwarded;
};

/* Finders of one reading. */
struct lot {
	struct policy_finder of[POLICY_FINDERS_MAX];
	size_t len;
};

static void lot_read(struct acceptance *a, struct lot *lot, const char *text,
		     size_t text_len)
{
	uint64_t found =
	    lot->len > 0 ? redact_which(lot->of, lot->len, text, text_len) : 0;

	for (size_t i = 0; i < lot->len; i++)
		if ((found >> i & 1) != 0)
			a->s->found |= MSG_TAG_FOUND(lot->of[i].find);
	lot->len = 0;
}

/* Each kind by itself: another policy would look for it alone. */
static void tag(struct acceptance *a, const struct redact_look *look,
		const char *text, size_t text_len)
{
	const struct redaction *own[] = {&a->stored, &a->forwarded};
	struct lot lot = {.len = 0};

	for (size_t i = 0; i < FIND_PATTERN; i++)
		if (redact_may(&builtin[i], look))
			lot.of[lot.len++] = builtin[i];
	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; i < own[k]->len; i++) {
			const struct policy_finder *f = &own[k]->finders[i];

			if (f->find != FIND_PATTERN || !redact_may(f, look))
				continue;
			if (lot.len == POLICY_FINDERS_MAX)
				lot_read(a, &lot, text, text_len);
			lot.of[lot.len++] = *f;
		}
	lot_read(a, &lot, text, text_len);
}

/* The original is wiped with the list of events. */
static int accept_text(struct acceptance *a, const char **text,
		       size_t *text_len, struct err *err)
{
	struct event_list *list = a->s->item->events;
	struct redact_look look;
	struct buf *scratch = &a->b->clear;
	unsigned int before = a->s->found;
	int changed;

	if (*text == NULL)
		return 0;
	redact_look(*text, *text_len, &look);
	if (look.digits == 0 && look.ats == 0 && a->stored.len == 0 &&
	    a->forwarded.len == 0)
		return 0;
	a->s->found = 0;
	tag(a, &look, *text, *text_len);
	if (a->s->found == 0) {
		a->s->found = before;
		return 0;
	}
	a->s->found |= before;
	changed = redaction_mask(&a->stored, *text, *text_len, scratch, err);
	if (changed > 0) {
		*text = event_list_keep(list, (const char *)scratch->bytes,
					scratch->len);
		*text_len = scratch->len;
		if (*text == NULL)
			return ERR_SET(err, ERR_NOMEM, "redacted text", 0);
	}
	if (changed >= 0) /* only counts: what is stored stays */
		changed = redaction_mask(&a->forwarded, *text, *text_len,
					 scratch, err);
	return changed < 0 ? -1 : 0;
}

static int accept_word(struct acceptance *a, const char **text, struct err *err)
{
	size_t len = *text != NULL ? strlen(*text) : 0;

	return accept_text(a, text, &len, err);
}

/* s->redacted: each name with its end. */
static int name_taken(struct acceptance *a, struct err *err)
{
	const struct redaction *r = &a->stored;
	struct buf *scratch = &a->b->clear;
	const char *names;

	buf_clear(scratch);
	for (size_t i = 0; i < r->len; i++)
		if (r->counts[i] > 0 &&
		    buf_append(scratch, r->finders[i].name,
			       strlen(r->finders[i].name) + 1, err) != 0)
			return -1;
	if (scratch->len == 0)
		return 0;
	names = event_list_keep(a->s->item->events,
				(const char *)scratch->bytes, scratch->len);
	if (names == NULL)
		return ERR_SET(err, ERR_NOMEM, "names of what was taken", 0);
	a->s->redacted = names;
	a->s->redacted_len = scratch->len;
	return 0;
}

static void say_why(const struct redaction *r, enum redact_moment moment,
		    struct policy_decision *d)
{
	for (size_t i = 0; d != NULL && i < r->len; i++)
		if (r->counts[i] > 0)
			policy_took_out(d, &r->finders[i], moment);
}

static void look_up(struct acceptance *a, enum redact_moment moment,
		    struct redaction *ret)
{
	ret->len = policy_finders(a->b->w->policy, &a->s->item->channel, moment,
				  ret->finders, POLICY_FINDERS_MAX);
	memset(ret->counts, 0, ret->len * sizeof(ret->counts[0]));
}

int redaction_accept(struct batch *b, struct step *s, struct policy_decision *d,
		     struct err *err)
{
	struct acceptance a = {.b = b, .s = s};
	struct event_list *list = s->item->events;
	struct event *e = &list->events[s->event - list->events];

	look_up(&a, BEFORE_STORE, &a.stored);
	look_up(&a, BEFORE_FORWARD, &a.forwarded);
	if (accept_text(&a, &e->text, &e->text_len, err) != 0 ||
	    accept_word(&a, &e->payload, err) != 0 ||
	    accept_word(&a, &e->emoji, err) != 0 ||
	    accept_word(&a, &e->media.name, err) != 0 ||
	    accept_word(&a, &e->party.name, err) != 0 ||
	    accept_word(&a, &e->party.username, err) != 0)
		return -1;
	if (s->found == 0)
		return 0;
	say_why(&a.stored, BEFORE_STORE, d);
	say_why(&a.forwarded, BEFORE_FORWARD, d);
	return name_taken(&a, err);
}
