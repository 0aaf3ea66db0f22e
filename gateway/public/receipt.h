/* receipt.h - what a status page says of the receipt. */
#ifndef POSTERN_PUBLIC_RECEIPT_H
#define POSTERN_PUBLIC_RECEIPT_H

#include "leaf.h"
#include "rights/rights.h"

/* Nothing, while there will be none. */
int receipt_show(struct leaf *p, int64_t id, const char *path, struct err *err);

#endif
