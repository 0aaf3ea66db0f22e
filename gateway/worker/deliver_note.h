/* deliver_note.h - inside notes: a note while it is made. */
#ifndef POSTERN_WORKER_DELIVER_NOTE_H
#define POSTERN_WORKER_DELIVER_NOTE_H

#include <jansson.h>

#include "deliver.h"
#include "store/schema.h"

#define ATTACHMENTS_MAX 16
#define REDACTED_MAX	(2 + POLICY_FINDERS_MAX)
#define NO_SLOT		SIZE_MAX

struct attached {
	struct id_text id;
	char reason[40];
	size_t slot;
	json_t *media;
};

struct masked { /* a text without what was taken out of it */
	char *text;
	size_t len;
};

struct note {
	struct kept *kept; /* instead of rows; NULL: read from the archive */
	enum note_fate fate;
	const char *reason;
	struct helpdesk_note note;
	/* What note points to. */
	struct id_text delivery, conversation, message, person, about;
	char type[40], kind[32], detail[64], alias[ALIAS_BYTES];
	struct name channel, helpdesk, datenart; /* "" without a message */
	enum message_outcome outcome;
	struct helpdesk_attachment list[ATTACHMENTS_MAX];
	struct attached attached[ATTACHMENTS_MAX];
	size_t attached_len;
	const char *redacted[REDACTED_MAX];
	struct masked masked[ATTACHMENTS_MAX + 3];
	size_t masked_len;
	struct id_text *over; /* of messages.expired */
	const char **over_ids;
	json_t *content, *profile;
	char *address;
	/* While it is made. */
	int64_t message_id, person_id, conversation_id;
	bool has_content, wanted, expires;
	struct policy_decision decision;
	size_t content_slot, profile_slot, address_slot;
};

/* The rows of one note, unsealed fields filled in, sealed ones added to the
 * batch; the policy is asked.  Sets n->fate.  Errors are the store's. */
int note_read(struct worker *w, struct note *n, int64_t id,
	      struct keeper_batch *batch, struct err *err);
/* Takes out of the texts of an opened note what the policy of now wants out,
 * and names it.  Errors: ERR_NOMEM. */
int note_mask(struct worker *w, struct note *n, struct err *err);
void note_unmask(struct note *n); /* wipes what note_mask made */
/* Ends the note as a dead letter. */
void note_dead(struct note *n, const char *reason);
/* Points *ret to the outside form of id, kept in text; nothing for id 0. */
void note_public_id(struct worker *w, enum id_kind kind, int64_t id,
		    struct id_text *text, const char **ret);

#endif
