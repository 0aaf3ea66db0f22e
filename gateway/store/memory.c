/* memory.c - the same engine without a file, for tests and simulations. */
#include "sqlite.h"

static int memory_open(const char *path, struct store **ret, struct err *err)
{
	(void)path; /* there is none */
	return sqlite_open_memory(&store_memory, ret, err);
}

const struct store_driver store_memory = {
    .name = "memory",
    .open = memory_open,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .roll_back = sqlite_roll_back,
    .start = sqlite_start,
    .step = sqlite_step,
    .column = sqlite_column,
    .finish = sqlite_finish,
    .close = sqlite_store_close,
};
