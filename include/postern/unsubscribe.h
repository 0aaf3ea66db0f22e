/* unsubscribe.h - addresses that end advertising with one click.
 *
 *   https://.../unsubscribe/<person>.<proof>.<channel>
 *
 * person is a public id without its prefix, channel a configured name, proof a
 * MAC over both: nothing personal, and nobody can make one for somebody else.
 * Both ends that know the secret are processes of ours: the intake admits, the
 * worker makes tokens and checks again.
 *
 * Pure.  Source: RFC 8058; Art. 7(3) GDPR; compliance 4.4. */
#ifndef POSTERN_UNSUBSCRIBE_H
#define POSTERN_UNSUBSCRIBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/name.h"

#define UNSUBSCRIBE_PATH "/unsubscribe/"
#define UNSUBSCRIBE_POST "List-Unsubscribe=One-Click"

#define UNSUBSCRIBE_KEY_BYTES	32
#define UNSUBSCRIBE_PERSON_LEN	26
#define UNSUBSCRIBE_TOKEN_BYTES (26 + 1 + 26 + 1 + NAME_LEN_MAX + 1)
#define UNSUBSCRIBE_BODY_MAX	4096

struct unsubscribe {
	char person[UNSUBSCRIBE_PERSON_LEN + 1];
	struct name channel;
};

void unsubscribe_key(const void *secret, size_t len,
		     uint8_t ret[UNSUBSCRIBE_KEY_BYTES]);
void unsubscribe_token(const uint8_t key[UNSUBSCRIBE_KEY_BYTES],
		       const struct unsubscribe *of,
		       char ret[UNSUBSCRIBE_TOKEN_BYTES]);
/* False: not made with this key; ret is untouched.  The time says nothing
 * about how much of the proof was right. */
bool unsubscribe_read(const uint8_t key[UNSUBSCRIBE_KEY_BYTES],
		      const char *text, size_t len, struct unsubscribe *ret);
/* Does a body of a POST say it, as a form or as multipart/form-data? */
bool unsubscribe_clicked(const void *body, size_t len);

#endif
