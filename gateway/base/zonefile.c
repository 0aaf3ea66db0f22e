/* zonefile.c - the system's time zones. */
#include "postern/zonefile.h"

#include <errno.h>
#include <stdbool.h>

#define ZONES "/usr/share/zoneinfo/"

static bool name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '+';
}

/* No dots: the name stays below the folder. */
static bool zone_name(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > 64 || name[0] == '/' || name[len - 1] == '/')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!name_char(name[i]) && name[i] != '/')
			return false;
	return true;
}

int zonefile_read(const char *name, struct buf *ret, struct err *err)
{
	char path[sizeof(ZONES) + 64];
	uint8_t piece[4096];
	size_t len;
	FILE *in;
	int rc = 0;

	if (!zone_name(name))
		return ERR_SET(err, ERR_INPUT, "no name of a time zone", 0);
	(void)snprintf(path, sizeof(path), ZONES "%s", name);
	in = fopen(path, "rbe");
	if (in == NULL)
		return ERR_SET(err, errno == ENOENT ? ERR_ABSENT : ERR_BUSY,
			       "the system does not have this time zone",
			       errno);
	while (rc == 0 && (len = fread(piece, 1, sizeof(piece), in)) > 0)
		rc = buf_append(ret, piece, len, err);
	if (rc == 0 && ferror(in))
		rc = ERR_SET(err, ERR_BUSY, "the time zone cannot be read", 0);
	(void)fclose(in);
	return rc;
}
