/* settled.h - what became of a person's data, on the page of their request. */
#ifndef POSTERN_PUBLIC_SETTLED_H
#define POSTERN_PUBLIC_SETTLED_H

#include "leaf.h"

/* Nothing, while there is nothing to say. */
int settled_show(struct leaf *p, int64_t id, struct err *err);

#endif
