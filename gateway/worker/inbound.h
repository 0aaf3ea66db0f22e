/* inbound.h - what the files of the receive step share.
 *
 * A batch goes through five stages: open (keeper round 1, parse), index
 * (round 2: blind indexes), plan (inside the transaction: duplicates,
 * persons, conversations, what to seal), seal (round 3), archive (write, move
 * the spool position, commit).  Whatever fails, the transaction is rolled
 * back and the same bodies are taken again. */
#ifndef POSTERN_WORKER_INBOUND_H
#define POSTERN_WORKER_INBOUND_H

#include <sodium.h>

#include "erase.h"
#include "figures.h"
#include "identity.h"
#include "postern/spool.h"
#include "refkey.h"
#include "store/schema.h"
#include "worker.h"

#define RECEIVE_ITEMS_MAX 512
#define RECEIVE_BYTES_MAX (4u * 1024 * 1024)
#define NO_SLOT		  SIZE_MAX

/* One acknowledged body. */
struct inbound_item {
	struct name channel;
	int64_t received_ms;
	int channel_index;		/* -1: no longer configured */
	const struct spool_item *spool; /* NULL when replayed */
	const uint8_t *clear;		/* borrowed from batch.opened */
	size_t clear_len;
	struct event_list *events;
	const char *quarantine; /* static reason, NULL: understood */
	bool unopened;		/* clear is box and sealed payload */
	bool one_click;		/* clear is a token (unsubscribe.h) */
	uint8_t *raw;		/* owned bytes behind clear, if any */
	int64_t quarantine_id;
	size_t raw_slot;
};

enum step_kind {
	STEP_IGNORED = 0,
	STEP_MESSAGE,
	STEP_EDIT,
	STEP_DELETE,
	STEP_STATUS,
	STEP_WATERMARK,
	STEP_CONSENT,
	STEP_IDENTITY,
};

/* One event on its way. */
struct step {
	enum step_kind kind;
	const struct event *event;
	struct inbound_item *item;
	/* Slots in batch.indexed */
	size_t party_slots[PARTY_ADDRESSES_MAX];
	size_t fresh_slots[PARTY_ADDRESSES_MAX];
	size_t old_slots[PARTY_ADDRESSES_MAX];
	size_t ref_slot;    /* of the event itself */
	size_t target_slot; /* of the message it is about */
	size_t edit_slot;   /* of an edit that came before its target */
	/* Found by the plan */
	bool dropped; /* nothing to write */
	bool tombstoned;
	bool own_row; /* an edit whose target is not there */
	int64_t person, conversation, message, target;
	int64_t row;	     /* of the outbox, that tells message; 0: none */
	int64_t inbound_ms;  /* of the conversation, as written */
	int64_t edit_row;    /* of a deletion: the edit that stood for target */
	struct key_ref key;  /* of the message */
	size_t content_slot; /* in batch.sealed */
	struct name helpdesk; /* to tell; empty: nobody */
	int64_t attachment;
	struct key_ref media_key;
	size_t media_slot;
	size_t profile_slot;
	uint64_t profile_hash;
	/* Decided */
	const struct policy_decision *decision; /* while it is planned */
	enum message_outcome outcome;
	bool special, media_refused;
	unsigned int found; /* in its texts, MSG_TAG_FOUND (redaction.c) */
	/* Names of what was taken out of them, each with its end; in the list
	 * of events. */
	const char *redacted;
	size_t redacted_len;
	/* change.c: what becomes of the old text, or of what was deleted (of
	 * target and of edit_row). */
	enum policy_forget forget;
	bool unseen;	 /* the helpdesk may not see the new text */
	int64_t version; /* row for the old text; 0: none */
	struct key_ref kept_keys[2];
	size_t kept_slots[2];  /* in batch.sealed */
	int64_t held_until_ms; /* outcome MSG_HELD */
};

/* A message of our own that a step caused (autoreply.c). */
struct autoreply {
	const struct step *step;
	int64_t message;
	const char *kind; /* static */
	struct key_ref key;
	size_t slot; /* in batch.sealed */
};

struct inbound_counts {
	uint64_t events, stored, duplicates, ignored, foreign, quarantined;
};

struct planned { /* messages of this batch, ids ascending */
	int64_t message;
	struct step *step;
};

struct batch {
	struct worker *w;
	int64_t now_ms;
	int64_t replay; /* quarantine row taken again, 0 none */
	struct inbound_item *items;
	size_t items_len;
	struct step *steps;
	size_t steps_len;
	struct keeper_batch *opened, *indexed, *sealed;
	struct identity identity;
	struct planned *planned;
	size_t planned_len;
	struct buf clear;  /* scratch for what is to be sealed */
	struct buf normal; /* text of the step being planned, normalised */
	struct autoreply *autos; /* in the order of their steps */
	size_t autos_len, autos_size, autos_written;
	struct consent_todos *consents; /* consent_receive.c */
	struct figure_run asked;	/* questions */
	struct inbound_counts counts;
	/* For after the commit */
	bool media;
	bool erased;	  /* the log has to forget it too */
	int64_t *settled; /* our messages a status came for */
	size_t settled_len, settled_size;
	struct buf unlinked; /* file names, MEDIA_NAME_BYTES each */
};

/* Profiles already sealed in this run, so that a profile is written when it
 * changed and not with every message. */
#define PROFILE_SEEN_SLOTS 4096
struct profile_seen {
	int64_t person;
	uint64_t hash;
};

struct notices;

struct receive {
	struct spool_reader *reader;
	struct spool_item *items; /* RECEIVE_ITEMS_MAX, pending */
	size_t items_len;
	uint64_t trimmed_segment;
	uint32_t oldest_pair;
	int64_t tombstones_swept_ms;
	bool log_dirty; /* holds what was erased */
	int64_t emptied_ms;
	struct profile_seen *seen; /* PROFILE_SEEN_SLOTS */
	struct notices *notices;
	uint8_t seen_key[crypto_shorthash_KEYBYTES];
};

/* --- receive_batch.c ------------------------------------------------------ */
int batch_open(struct batch *b, struct err *err);  /* round 1, parse */
int batch_index(struct batch *b, struct err *err); /* round 2 */
void batch_free(struct batch *b);
/* Addresses of a party whose index was made; others are left out. */
void batch_party(const struct batch *b, const struct party *party,
		 const size_t *slots, struct identity_party *ret);
/* A keeper's refusal is never the archive's fault: the step comes again. */
int keeper_failed(struct err *err);

/* --- plan.c, inside the transaction --------------------------------------- */
int batch_plan(struct batch *b, struct err *err);
int batch_seal(struct batch *b, struct err *err); /* round 3 */
const struct planned *batch_planned(const struct batch *b, int64_t message);
/* Seals what the event of s says, as content of record under s->key. */
int plan_content(struct batch *b, struct step *s, int64_t record,
		 struct err *err);
/* Whose key sealed a message; *ret_conversation 0: the row is gone. */
int plan_key_of(struct batch *b, int64_t message, struct key_ref *ret,
		int64_t *ret_conversation, struct err *err);

/* --- archive.c, inside the transaction ------------------------------------ */
int batch_archive(struct batch *b, struct err *err);
/* After the commit: what is to be told goes on in memory. */
void batch_hand_over(struct batch *b);

/* --- redaction.c, when an event was judged --------------------------------
 *
 * Looks through the texts of an event that is to be stored (redaction.h).
 *
 *   d	gets the reasons; NULL: nobody asks for them
 *
 * What the policy wants out before storing is gone from the event then, and
 * named in s->redacted; s->found has what was there, of every built-in kind,
 * whether the policy asks for it or not.  Errors: ERR_NOMEM. */
int redaction_accept(struct batch *b, struct step *s, struct policy_decision *d,
		     struct err *err);

/* --- erase.c: a message its sender deleted -------------------------------- */
int archive_delete(struct batch *b, struct step *s, struct err *err);

/* --- status.c ------------------------------------------------------------- */
int archive_status(struct batch *b, struct step *s, struct err *err);
int archive_watermark(struct batch *b, struct step *s, struct err *err);
/* Pure: the state after a status came, or NULL when nothing changes. */
const char *status_next(const char *state, const char *status);

/* --- conversation.c ------------------------------------------------------- */
#define CONVERSATION_REOPEN_MS (INT64_C(14) * 24 * 3600 * 1000)
struct conversation {
	int64_t id;
	bool tagged; /* datenart holds */
	struct name datenart;
	bool reopened;
	struct name helpdesk;	       /* of the route; empty: none */
	int64_t inbound_ms;	       /* 0: never */
	char language[LANGUAGE_BYTES]; /* of the last that told; "" unknown */
	int64_t asked_ms; /* a question waits since then; 0: none */
	bool asks;	  /* it begins with this message */
};
/* The open conversation of a person on a channel; reopens one closed less
 * than 14 days ago, else makes one. */
int conversation_for(struct worker *w, int64_t person,
		     const struct name *channel, int64_t now_ms,
		     struct conversation *ret, struct err *err);
/* When the person last wrote, up to INBOUND_STEP_MS too early: a reply window
 * that follows from it never ends too late; and that a question begins.
 * Keeps c as the row is. */
#define INBOUND_STEP_MS INT64_C(60000)
int conversation_inbound(struct worker *w, struct conversation *c,
			 int64_t inbound_ms, struct err *err);

/* --- meta rows ------------------------------------------------------------ */
int meta_get_u64(struct store *st, const char *name, uint64_t *ret,
		 bool *ret_found, struct err *err);
int meta_set_u64(struct store *st, const char *name, uint64_t value,
		 struct err *err);

#endif
