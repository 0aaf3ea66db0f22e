/* deliver_mask.c - what the policy of now takes out of a note, and the names
 * of all that is not in it any more. */
#include "deliver_note.h"

#include <sodium.h>

#include "content.h"
#include "redaction.h"

static void add_name(struct note *n, const char *name)
{
	for (size_t i = 0; i < n->note.redacted_len; i++)
		if (strcmp(n->redacted[i], name) == 0)
			return;
	if (n->note.redacted_len < REDACTED_MAX)
		n->redacted[n->note.redacted_len++] = name;
}

/* What was taken out before it was stored. */
static void add_stored(struct note *n)
{
	const json_t *list = json_object_get(n->content, "redacted");
	const char *at, *end;

	for (size_t i = 0; i < json_array_size(list); i++) {
		at = json_string_value(json_array_get(list, i));
		if (at != NULL)
			add_name(n, at);
	}
	if (n->kept == NULL || n->kept->what.redacted == NULL)
		return;
	at = n->kept->what.redacted;
	for (end = at + n->kept->what.redacted_len; at < end;
	     at += strlen(at) + 1)
		add_name(n, at);
}

static int mask_text(struct redaction *r, struct note *n, struct buf *scratch,
		     const char **text, size_t *text_len, struct err *err)
{
	struct masked *m = &n->masked[n->masked_len];
	int changed = redaction_mask(r, *text, *text_len, scratch, err);

	if (changed <= 0)
		return changed;
	m->text = malloc(scratch->len + 1);
	if (m->text == NULL)
		return ERR_SET(err, ERR_NOMEM, "masked text", 0);
	memcpy(m->text, scratch->bytes, scratch->len);
	m->text[scratch->len] = '\0';
	m->len = scratch->len;
	n->masked_len++;
	*text = m->text;
	*text_len = m->len;
	return 0;
}

static int mask_word(struct redaction *r, struct note *n, struct buf *scratch,
		     const char **text, struct err *err)
{
	size_t len = *text != NULL ? strlen(*text) : 0;

	return mask_text(r, n, scratch, text, &len, err);
}

/* What was archived a moment ago was looked through then. */
static bool is_clean(const struct worker *w, const struct note *n)
{
	return n->kept != NULL && n->kept->what.clean_by != 0 &&
	       n->kept->what.clean_by == decide_policy_number(w);
}

static int mask_all(struct redaction *r, struct note *n, bool clean,
		    struct buf *scratch, struct err *err)
{
	if (!clean && (mask_text(r, n, scratch, &n->note.text,
				 &n->note.text_len, err) != 0 ||
		       mask_word(r, n, scratch, &n->note.emoji, err) != 0))
		return -1;
	if (mask_word(r, n, scratch, &n->note.person_name, err) != 0)
		return -1;
	for (size_t i = 0; i < n->note.attachments_len; i++)
		if (mask_word(r, n, scratch, &n->list[i].name, err) != 0)
			return -1;
	return 0;
}

int note_mask(struct worker *w, struct note *n, struct err *err)
{
	struct buf scratch = BUF_INIT(CONTENT_BYTES_MAX);
	struct redaction r;
	int rc = 0;

	if (n->decision.sees_text || n->decision.sees_attachments)
		add_stored(n);
	redaction_shown(w->policy, &n->channel, &r);
	if (r.len > 0)
		rc = mask_all(&r, n, is_clean(w, n), &scratch, err);
	for (size_t i = 0; i < r.len; i++)
		if (r.counts[i] > 0)
			add_name(n, r.finders[i].name);
	buf_free(&scratch);
	return rc;
}

void note_unmask(struct note *n)
{
	for (size_t i = 0; i < n->masked_len; i++) {
		sodium_memzero(n->masked[i].text, n->masked[i].len);
		free(n->masked[i].text);
	}
	n->masked_len = 0;
}
