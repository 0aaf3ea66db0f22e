/* registry.c - the only file that names every store driver. */
#include "postern/store.h"
#include "sqlite.h"

static const struct store_driver *const drivers[] = {
    &store_sqlite,
    &store_memory,
    &store_failing,
};

int store_open(const char *driver_name, const char *path, struct store **ret,
	       struct err *err)
{
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		if (strcmp(drivers[i]->name, driver_name) == 0)
			return drivers[i]->open(path, ret, err);
	return ERR_SET(err, ERR_INPUT, "no such store driver", 0);
}

int store_look(const char *driver_name, const char *path, struct store **ret,
	       struct err *err)
{
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		if (strcmp(drivers[i]->name, driver_name) == 0 &&
		    drivers[i]->look != NULL)
			return drivers[i]->look(path, ret, err);
	return ERR_SET(err, ERR_INPUT, "no store driver that can be read", 0);
}

int store_copy(const char *driver_name, const char *path, const char *to,
	       struct err *err)
{
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		if (strcmp(drivers[i]->name, driver_name) == 0 &&
		    drivers[i]->copy != NULL)
			return drivers[i]->copy(path, to, err);
	return ERR_SET(err, ERR_INPUT, "no store driver that can be copied", 0);
}

size_t store_engines(const char **ret, size_t max)
{
	size_t len = 0;

	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		if (drivers[i]->durable && len < max)
			ret[len++] = drivers[i]->name;
	return len;
}
