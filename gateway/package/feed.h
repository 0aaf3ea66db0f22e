/* feed.h - everything there is of a person, record by record, some at a time.
 *
 * Every form of a copy (JSON, CSV, pages) is made of one walk.  A slice reads
 * a page of rows, opens all of it in one batch of the keeper, and hands out
 * one JSON object each, with third persons masked; what came after the order
 * is not in it, so that all forms tell of the same records. */
#ifndef POSTERN_PACKAGE_FEED_H
#define POSTERN_PACKAGE_FEED_H

#include <jansson.h>

#include "package.h"
#include "thirds.h"

enum feed_section {
	FEED_PERSON,
	FEED_ADDRESSES,
	FEED_CONVERSATIONS,
	FEED_MESSAGES,
	FEED_NOTES,
	FEED_CONSENTS,
	FEED_WORDINGS,
	FEED_NOTICES,
	FEED_RECIPIENTS,
	FEED_DISCLOSURES,
	FEED_LOOKUPS,
	FEED_SUPPRESSIONS,
	FEED_RESTRICTIONS,
	FEED_REQUESTS,
	FEED_REVIEWS,
	FEED_SECTIONS,
};
const char *feed_section_name(enum feed_section section); /* "messages" */

struct feed_facts {
	int64_t person,
	    up_to; /* up_to: an id; messages with higher ones came later */
	enum package_kind kind;
};
struct feed;
/* Borrows thirds. */
int feed_open(struct worker *w, const struct feed_facts *facts,
	      struct thirds *thirds, struct feed **ret, struct err *err);
void feed_close(struct feed **f);
/* One slice of finding out which messages there are; before everything else. */
int feed_list(struct feed *f, bool *ret_done, struct err *err);

/* Whoever takes it; record is borrowed. */
struct feed_sink {
	int (*begin)(void *ctx, enum feed_section section, struct err *err);
	int (*record)(void *ctx, enum feed_section section,
		      const json_t *record, struct err *err);
	int (*end)(void *ctx, enum feed_section section, struct err *err);
	bool messages_only;
};
/*
 * feed_step - one slice.
 *
 * ERR_BUSY: the keeper is away; nothing was handed out, the same slice comes
 * again.  Errors of the sink end it.
 */
int feed_step(struct feed *f, const struct feed_sink *sink, void *ctx,
	      bool *ret_done, struct err *err);
/* From the beginning again. */
void feed_rewind(struct feed *f);
/* Messages there are, and handed out since the beginning. */
int64_t feed_messages(const struct feed *f);
int64_t feed_messages_done(const struct feed *f);
/* The channels of the person's conversations, each once. */
void feed_channels(const struct feed *f, struct name *ret, size_t size,
		   size_t *ret_len);
/* May what came over the channel be handed on under Art. 20? */
bool feed_portable(const struct feed *f, const struct name *channel);
/* Ids of the next messages, in their order; *ret_len 0: no more.  For who
 * wants nothing but what hangs on them. */
int feed_ids(struct feed *f, int64_t *ret, size_t size, size_t *ret_len,
	     struct err *err);

/* "media/att_....jpg": where the bytes of an attachment lie. */
#define FEED_PATH_BYTES 64
void feed_media_path(const struct worker *w, int64_t attachment,
		     const char *type, char ret[FEED_PATH_BYTES]);
/* What a slot opened to, as JSON; NULL: *ret_why says "erased" (its key was
 * destroyed) or "unreadable". */
json_t *feed_opened(const struct keeper_batch *batch, size_t slot,
		    const char **ret_why);
/* Basis of what comes over a channel, as the policy has it: "contract"; NULL:
 * it does not know the channel. */
const char *feed_basis(const struct worker *w, const char *channel);

#endif
