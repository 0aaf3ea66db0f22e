/* registry.c - the only file that names every channel driver. */
#include "postern/channel.h"

#include <assert.h>

extern const struct channel_driver whatsapp_driver;

static const struct channel_driver *const drivers[] = {
    &whatsapp_driver,
};

const struct channel_driver *const *channel_all(size_t *ret_len)
{
	*ret_len = sizeof(drivers) / sizeof(drivers[0]);
	return drivers;
}

const struct channel_driver *channel_find(const char *name)
{
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		if (strcmp(drivers[i]->name, name) == 0)
			return drivers[i];
	return NULL;
}

const char *channel_class_name(enum channel_class c)
{
	static const char *const names[] = {
	    [CLASS_OK] = "ok",
	    [CLASS_RETRY] = "retry",
	    [CLASS_RETRY_UNKNOWN] = "retry_unknown_outcome",
	    [CLASS_RETRY_NEW_URL] = "retry_new_url",
	    [CLASS_WINDOW_CLOSED] = "window_closed",
	    [CLASS_PERMANENT] = "permanent",
	    [CLASS_CONFIG] = "config",
	};

	assert((size_t)c < sizeof(names) / sizeof(names[0]));
	return names[c];
}
