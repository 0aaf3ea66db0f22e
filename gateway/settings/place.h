/* place.h - paths in a data directory and who may look into it. */
#ifndef POSTERN_PLACE_H
#define POSTERN_PLACE_H

#include <stddef.h>

#include "postern/diag.h"

/* name if absolute, else dir/name.  Returns 0, or -1 when it does not fit. */
int place_path(const char *dir, const char *name, char *ret, size_t ret_size);
/* Findings about missing folders, owners and modes.  diag->file is dir. */
void place_check(const char *dir, struct diag *diag);

#endif
