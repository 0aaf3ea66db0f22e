/* framing.h - refuses requests that two readers could understand differently.
 *
 * libmicrohttpd 0.9.75 accepts both framings at once, repeated lengths, two
 * Host headers and odd versions (assurance 4.1 row 1); a proxy before us may
 * read them otherwise.  Pure: fed header by header. */
#ifndef POSTERN_API_FRAMING_H
#define POSTERN_API_FRAMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct framing {
	unsigned int host, length, transfer, authorization, type, key, name;
	bool malformed, chunked;
	int64_t body_bytes; /* of Content-Length, -1 none */
};

void framing_begin(struct framing *f, const char *version);
void framing_header(struct framing *f, const char *name, size_t name_len,
		    const char *value, size_t value_len);
/* True when the request may be read on. */
bool framing_sound(const struct framing *f);

#endif
