/* form.h - what a form of a page sends: application/x-www-form-urlencoded.
 *
 * Pure.  Strict, as all of it is written by browsers: one encoding, each name
 * once, UTF-8, no control characters. */
#ifndef POSTERN_PUBLIC_FORM_H
#define POSTERN_PUBLIC_FORM_H

#include <stdbool.h>

#include "postern/buf.h"

#define FORM_FIELDS_MAX 16
#define FORM_TYPE	"application/x-www-form-urlencoded"

struct form {
	struct buf text; /* names and values, each with its NUL */
	struct {
		const char *name, *value; /* in text */
	} fields[FORM_FIELDS_MAX];
	size_t len;
};
#define FORM_INIT ((struct form){.len = 0})

/*
 * form_read - takes a body apart.
 *
 * Lines of a value end with one \n, however they came.  ERR_INPUT: no form, or
 * more fields than any of ours has; ERR_NOMEM.  form_free() wipes, in every
 * case.
 */
int form_read(const uint8_t *body, size_t len, struct form *ret,
	      struct err *err);
void form_free(struct form *form);
/* "" if it is not there. */
const char *form_get(const struct form *form, const char *name);
/* A code as people copy it, with the word before it or without: the last eight
 * of its letters and digits, in upper case. */
#define FORM_CODE_BYTES 9
void form_code(const char *text, char ret[FORM_CODE_BYTES]);
/* Is this the type of such a body? "; charset=..." may follow. */
bool form_typed(const char *content_type);
/* One parameter of a query, decoded the same way; false: not there, not once,
 * or longer. */
bool form_query(const char *query, const char *name, char *ret, size_t size);

#endif
