/* inside.h - what the files of the public's addresses share. */
#ifndef POSTERN_PUBLIC_INSIDE_H
#define POSTERN_PUBLIC_INSIDE_H

#include "form.h"
#include "public.h"

/* --- route.c -------------------------------------------------------------- */
/* NULL: none; *ret_known: but for another method. */
const struct public_route *public_route_of(const char *method, const char *path,
					   bool *ret_known);
/* "GET, POST": what the public may ask there. */
#define PUBLIC_METHODS_BYTES 32
void public_methods_of(const char *path, char ret[PUBLIC_METHODS_BYTES]);

#endif
