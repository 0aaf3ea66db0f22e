/* init.h - the key files of a directory, made or restored. */
#ifndef POSTERN_KEEPER_INIT_H
#define POSTERN_KEEPER_INIT_H

#include "postern/durable.h"
#include "postern/err.h"

/* ERR_INPUT when any key file is there. */
int keeper_files_absent(const char *dir, struct err *err);
/* Undoes an attempt that failed; only after keeper_files_absent. */
int keeper_files_remove(const char *dir, struct err *err);
/* Makes dir/keys when it is absent and gives its path. */
int keeper_keys_dir(const char *dir, char ret[DURABLE_PATH_BYTES],
		    struct err *err);

#endif
