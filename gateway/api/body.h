/* body.h - JSON bodies into fixed shapes: an unknown member is refused by
 * name, a member of another type is refused by name (T9). */
#ifndef POSTERN_API_BODY_H
#define POSTERN_API_BODY_H

#include "job.h"

/* A record of consent inside a row of an import is the deepest. */
#define BODY_DEPTH_MAX 12

/* Pure: bytes to an object; NULL when it is none, nested deeper, has a
 * member twice or anything behind it.  Empty bytes give an empty object. */
json_t *body_read(const uint8_t *bytes, size_t len);
/* Pure: the first member that known does not list, or NULL. */
const char *body_stranger(const json_t *object, const char *const *known,
			  size_t known_len);

/* The job's body as an object with known members only; -1: refused. */
int body_object(struct job *job, const char *const *known, size_t known_len,
		json_t **ret);
/* A text member of 1 to len_max bytes without NUL; *ret NULL when absent or
 * null.  -1: refused by name. */
int body_text(struct job *job, const json_t *object, const char *member,
	      size_t len_max, const char **ret);
/* A whole number within bounds; *ret unchanged when absent. */
int body_int(struct job *job, const json_t *object, const char *member,
	     int64_t min, int64_t max, int64_t *ret);
/* Refuses with 400, naming a member of ours (or of the client's, when it is
 * plain). */
int body_refuse(struct job *job, const char *what, const char *member);

#endif
