/* filename.h - names of uploads and downloads in headers (RFC 8187).  Pure. */
#ifndef POSTERN_API_FILENAME_H
#define POSTERN_API_FILENAME_H

#include <stdbool.h>
#include <stddef.h>

/* UTF-8''foto%20eins.jpg, or a plain token.  The name is text for people: path
 * separators, control and direction characters become '_', invalid UTF-8 is
 * refused.  ret has ret_size bytes and gets a NUL. */
bool filename_read(const char *header, size_t len, char *ret, size_t ret_size);
/* Cleans in place what a customer's side called a file; false: not UTF-8. */
bool filename_clean(char *name);
/* Content-Disposition: attachment with both spellings; name may be NULL. */
void filename_disposition(const char *name, char *ret, size_t ret_size);
/* A media type safe to answer with: type/subtype of plain characters, or
 * application/octet-stream.  Returns mime or a literal. */
const char *filename_type(const char *mime);

#endif
