/* deliver_note.c - from a row of the outbox to what a helpdesk may see.
 *
 * The policy is asked at hand-over: that of now decides about name, address,
 * text and attachments.  So is the archive, and what was erased in the
 * meantime is not told any more; a message archived a moment ago may come from
 * memory (deliver_kept.h), which forgets it when anybody touches it. */
#include "deliver_note.h"

#include "postern/jsonmem.h"

#include <sodium.h>

/* --- opening what is sealed -----------------------------------------------
 */

static json_t *open_json(const struct keeper_batch *batch, size_t slot,
			 struct err *err)
{
	const uint8_t *bytes;
	size_t len;
	json_t *json;
	bool no_memory;

	if (keeper_result(batch, slot, &bytes, &len, err) != 0)
		return NULL;
	json = jsonmem_load(bytes, len, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES,
			    &no_memory);
	if (no_memory) {
		(void)ERR_SET(err, ERR_NOMEM, "no memory for JSON", 0);
		return NULL;
	}
	if (!json_is_object(json)) {
		json_decref(json);
		(void)ERR_SET(err, ERR_CORRUPT, "sealed JSON is no object", 0);
		return NULL;
	}
	return json;
}

static const char *member(const json_t *json, const char *key)
{
	return json_string_value(json_object_get(json, key));
}

static void show_content(struct note *n, const char *text, size_t text_len,
			 const char *emoji, bool removed)
{
	if (!n->decision.sees_text) {
		n->redacted[n->note.redacted_len++] = "text";
		return;
	}
	n->note.text = text;
	n->note.text_len = text_len;
	n->note.emoji = emoji;
	n->note.removed = removed;
}

/* Short of memory the whole batch is read again, later. */
static int open_content(struct note *n, const struct keeper_batch *batch,
			struct err *err)
{
	struct err why = {0};
	json_t *text;

	if (n->content_slot == NO_SLOT)
		return 0;
	n->content = open_json(batch, n->content_slot, &why);
	if (n->content == NULL) {
		if (why.kind == ERR_NOMEM) {
			*err = why;
			return -1;
		}
		if (why.kind == ERR_ABSENT)
			n->fate = NOTE_DROP; /* its key was destroyed */
		else
			note_dead(n, "content.corrupt");
		return 0;
	}
	text = json_object_get(n->content, "text");
	show_content(n, json_string_value(text), json_string_length(text),
		     member(n->content, "emoji"),
		     json_is_true(json_object_get(n->content, "removed")));
	return 0;
}

/* A name that cannot be opened is no reason to hold a message back. */
static void open_person(struct note *n, const struct keeper_batch *batch)
{
	const uint8_t *bytes;
	size_t len;

	if (n->profile_slot != NO_SLOT)
		n->profile = open_json(batch, n->profile_slot, NULL);
	if (n->profile != NULL)
		n->note.person_name = member(n->profile, "name");
	if (n->address_slot == NO_SLOT ||
	    keeper_result(batch, n->address_slot, &bytes, &len, NULL) != 0)
		return;
	n->address = strndup((const char *)bytes, len);
	n->note.person_address = n->address;
}

static void open_attachments(struct note *n, const struct keeper_batch *batch)
{
	if (n->attached_len > 0 && !n->decision.sees_attachments) {
		n->redacted[n->note.redacted_len++] = "attachments";
		return;
	}
	for (size_t i = 0; i < n->attached_len; i++) {
		struct attached *a = &n->attached[i];

		if (a->slot != NO_SLOT)
			a->media = open_json(batch, a->slot, NULL);
		if (a->media == NULL)
			continue;
		n->list[i].name = member(a->media, "name");
		n->list[i].type = member(a->media, "mime");
	}
	n->note.attachments = n->list;
	n->note.attachments_len = n->attached_len;
}

static int open_note(struct worker *w, struct note *n,
		     const struct keeper_batch *batch, struct err *err)
{
	if (n->kept != NULL)
		show_content(n, n->kept->what.text, n->kept->what.text_len,
			     n->kept->what.emoji, n->kept->what.removed);
	else if (open_content(n, batch, err) != 0)
		return -1;
	if (n->fate != NOTE_READY)
		return 0;
	open_person(n, batch);
	open_attachments(n, batch);
	if (note_mask(w, n, err) != 0)
		return -1;
	n->note.redacted = n->redacted;
	note_public_id(w, ID_PERSON, n->person_id, &n->person, &n->note.person);
	if (n->person_id != 0) {
		id_alias(&w->mask, n->person_id, n->alias);
		n->note.alias = n->alias;
	}
	return 0;
}

/* --- the whole batch ------------------------------------------------------
 */

static struct note *note_new(void)
{
	struct note *n = calloc(1, sizeof(*n));

	if (n == NULL)
		return NULL;
	n->fate = NOTE_READY;
	n->content_slot = n->profile_slot = n->address_slot = NO_SLOT;
	return n;
}

int notes_read(struct worker *w, const int64_t *rows, size_t rows_len,
	       struct note **ret_notes, struct err *err)
{
	struct keeper_batch *batch = NULL;
	int rc = -1;

	memset(ret_notes, 0, rows_len * sizeof(struct note *));
	if (keeper_batch_new(w->keeper, &batch, err) != 0)
		goto out;
	for (size_t i = 0; i < rows_len; i++) {
		ret_notes[i] = note_new();
		if (ret_notes[i] == NULL) {
			(void)ERR_SET(err, ERR_NOMEM, "out of memory", 0);
			goto out;
		}
		if (note_read(w, ret_notes[i], rows[i], batch, err) != 0)
			goto out;
	}
	if (keeper_run(batch, err) != 0)
		goto out;
	for (size_t i = 0; i < rows_len; i++)
		if (ret_notes[i]->fate == NOTE_READY &&
		    open_note(w, ret_notes[i], batch, err) != 0)
			goto out;
	rc = 0;
out:
	keeper_batch_free(&batch);
	for (size_t i = 0; rc != 0 && i < rows_len; i++)
		note_free(&ret_notes[i]);
	return rc;
}

void note_free(struct note **n)
{
	struct note *gone = *n;

	*n = NULL;
	if (gone == NULL)
		return;
	note_unmask(gone);
	kept_free(&gone->kept);
	json_decref(gone->content);
	json_decref(gone->profile);
	for (size_t i = 0; i < gone->attached_len; i++)
		json_decref(gone->attached[i].media);
	if (gone->address != NULL) {
		sodium_memzero(gone->address, strlen(gone->address));
		free(gone->address);
	}
	free(gone->over);
	free(gone->over_ids);
	sodium_memzero(gone, sizeof(*gone));
	free(gone);
}

enum note_fate note_fate(const struct note *n)
{
	return n->fate;
}

const char *note_reason(const struct note *n)
{
	return n->reason;
}

const struct helpdesk_note *note_get(const struct note *n)
{
	return &n->note;
}
