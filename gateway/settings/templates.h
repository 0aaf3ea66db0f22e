/* templates.h - the texts init starts from, compiled in: the binary needs no
 * files beside it. */
#ifndef POSTERN_TEMPLATES_H
#define POSTERN_TEMPLATES_H

#include <stddef.h>

#include "postern/buf.h"
#include "postern/err.h"

struct template_policy {
	const char *name;    /* policy/templates/<name>.yaml */
	const char *channel; /* its one channel, also in the settings */
	const char *bytes;   /* NUL-terminated */
};

/* NULL: there is no such template. */
const struct template_policy *template_find(const char *name);
const struct template_policy *template_all(size_t *ret_len);

struct template_fill {
	const char *mark; /* "@PATH@" */
	const char *text;
};
/* postern.yaml with every mark replaced. */
int template_settings(const struct template_fill *fills, size_t fills_len,
		      struct buf *ret, struct err *err);

#endif
