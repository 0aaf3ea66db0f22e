/* jsonin.h - provider JSON, read strictly but without losing anything.
 *
 * The same field may come as text or as number (channels.md 1.2), and ids may
 * be larger than any integer type: after jsonin_read() every number is a
 * string holding its exact spelling.  null counts as absent. */
#ifndef POSTERN_CHANNEL_JSONIN_H
#define POSTERN_CHANNEL_JSONIN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/err.h"

#define JSONIN_DEPTH_MAX 64
#define JSONIN_ID_MAX	 255

/*
 * jsonin_read - bytes to a tree.
 *
 * Refused with ERR_INPUT: no object or list at the top, nesting over
 * JSONIN_DEPTH_MAX, duplicate keys, broken UTF-8, trailing bytes.  Lone
 * surrogates become U+FFFD, U+0000 is kept (use lengths).  ERR_NOMEM.
 * Caller frees with json_decref().
 */
int jsonin_read(const uint8_t *bytes, size_t len, json_t **ret,
		struct err *err);

/* A member that is an object / a list, or NULL. */
const json_t *jsonin_object(const json_t *object, const char *key);
const json_t *jsonin_list(const json_t *object, const char *key);
/* A member that is text or number: its bytes, borrowed, or NULL. */
const char *jsonin_text(const json_t *object, const char *key, size_t *ret_len);
/* The same for ids and tokens: 1 to JSONIN_ID_MAX bytes without NUL. */
const char *jsonin_id(const json_t *object, const char *key);
bool jsonin_true(const json_t *object, const char *key);
/* A whole decimal number of at most 18 digits; false: it is not that. */
bool jsonin_int(const json_t *object, const char *key, int64_t *ret);
/* Seconds or milliseconds (below 10^11: seconds) to UTC ms; 0 = none. */
int64_t jsonin_time_ms(const json_t *object, const char *key);

#endif
