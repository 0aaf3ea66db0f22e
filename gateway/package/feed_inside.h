/* feed_inside.h - the parts of a feed, for each other only. */
#ifndef POSTERN_PACKAGE_FEED_INSIDE_H
#define POSTERN_PACKAGE_FEED_INSIDE_H

#include "feed.h"

#define FEED_PAGE 40

struct feed_conversation {
	int64_t id, person;
	struct name channel;
	size_t ids_at, ids_len; /* in feed.ids */
};
struct feed {
	struct worker *w;
	struct feed_facts facts;
	struct thirds *thirds;
	enum feed_section section;
	bool begun;
	int64_t after; /* rows with ids above come next */
	/* Of all conversations, each in its order. */
	struct feed_conversation *conversations;
	size_t conversations_len, conversations_size;
	int64_t *ids;
	size_t ids_len, ids_size;
	size_t at;	/* next in ids */
	size_t listed;	/* conversations whose ids are known */
	int64_t before; /* of the next one: ids below; 0: it is begun */
};
/* The conversation of the id at i. */
const struct feed_conversation *feed_conversation_at(const struct feed *f,
						     size_t i);

/* One page of records, and whether more may follow. */
struct feed_page {
	json_t *records; /* a list */
	bool more;
};
/* feed_messages.c */
int feed_page_messages(struct feed *f, struct feed_page *ret, struct err *err);
/* feed_tables.c */
int feed_page_table(struct feed *f, struct feed_page *ret, struct err *err);

/* --- values --------------------------------------------------------------- */

json_t *feed_id(const struct worker *w, enum id_kind kind, int64_t id);
json_t *feed_time(int64_t wall_ms); /* 0: null */
/* Adds unless the text is "". */
void feed_set_text(json_t *record, const char *key, const char *text);
/* An empty one takes nothing away: a member of it, masked; else nothing. */
void feed_set_member(struct feed *f, json_t *record, const json_t *content,
		     const char *member, unsigned int *ret_found);

#endif
