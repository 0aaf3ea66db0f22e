/* jsonin.h - provider JSON, read strictly but without losing anything.
 *
 * The same field may come as text or as number (channels.md 1.2), and ids may
 * be larger than any integer type: a number is a text holding its exact
 * spelling.  null counts as absent.
 *
 * A reader of its own beside jsonmem.h: it stands before every message, and a
 * tree of the library takes three times as long to make and to wipe. */
#ifndef POSTERN_CHANNEL_JSONIN_H
#define POSTERN_CHANNEL_JSONIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/err.h"

#define JSONIN_DEPTH_MAX 64
#define JSONIN_ID_MAX	 255

enum jsonin_type {
	JSONIN_NULL,
	JSONIN_FALSE,
	JSONIN_TRUE,
	JSONIN_TEXT, /* or a number */
	JSONIN_LIST,
	JSONIN_OBJECT,
};

/* One value.  What is in it follows it: the first member or element is the
 * next value, the one after that span values on. */
struct jsonin {
	enum jsonin_type type;
	uint32_t span; /* values in here, with this one */
	uint32_t key_len, len;
	const char *key;  /* of a member; ends with NUL */
	const char *text; /* ends with NUL; may hold others */
};

/*
 * jsonin_read - bytes to a tree.
 *
 * Refused with ERR_INPUT: no object or list at the top, nesting over
 * JSONIN_DEPTH_MAX, duplicate keys, keys with U+0000, broken UTF-8, trailing
 * bytes.  Lone surrogates become U+FFFD, U+0000 is kept (use lengths).
 * ERR_NOMEM.  Caller frees with jsonin_free().
 * Source: RFC 8259.
 */
int jsonin_read(const uint8_t *bytes, size_t len, struct jsonin **ret,
		struct err *err);
void jsonin_free(struct jsonin **root); /* wipes */

/* All of these take NULL for a value that is not there. */

/* A member that is an object / a list, or NULL. */
const struct jsonin *jsonin_object(const struct jsonin *object,
				   const char *key);
const struct jsonin *jsonin_list(const struct jsonin *object, const char *key);
bool jsonin_is_object(const struct jsonin *value);
/* Elements of a list, one after the other; NULL: no more. */
const struct jsonin *jsonin_first(const struct jsonin *list);
const struct jsonin *jsonin_next(const struct jsonin *list,
				 const struct jsonin *element);
#define JSONIN_EACH(element, list)                              \
	for (const struct jsonin *element = jsonin_first(list); \
	     (element) != NULL; (element) = jsonin_next((list), (element)))
/* A member that is text or number: its bytes, borrowed, or NULL. */
const char *jsonin_text(const struct jsonin *object, const char *key,
			size_t *ret_len);
/* The same for ids and tokens: 1 to JSONIN_ID_MAX bytes without NUL. */
const char *jsonin_id(const struct jsonin *object, const char *key);
bool jsonin_true(const struct jsonin *object, const char *key);
/* A whole decimal number of at most 18 digits; false: it is not that. */
bool jsonin_int(const struct jsonin *object, const char *key, int64_t *ret);
/* Seconds or milliseconds (below 10^11: seconds) to UTC ms; 0 = none. */
int64_t jsonin_time_ms(const struct jsonin *object, const char *key);

#endif
