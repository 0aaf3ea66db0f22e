/* descriptors.c - the names of inherited descriptors on a child's command
 * line. */
#include "supervise/supervise.h"

#define FD_FIRST 3
#define PREFIX	 "--fds="

static const char *const names[CHILD_FDS] = {
    [CHILD_FD_LIFELINE] = "lifeline",	[CHILD_FD_LOCK] = "lock",
    [CHILD_FD_LISTEN] = "listen",	[CHILD_FD_OPERATOR] = "operator",
    [CHILD_FD_WAKE] = "wake",		[CHILD_FD_COUNTS] = "counts",
    [CHILD_FD_PROCESSES] = "processes", [CHILD_FD_HATCH] = "hatch",
};

const char *child_role_name(enum child_role role)
{
	static const char *const roles[CHILDREN] = {
	    [CHILD_KEEPER] = "keeper",
	    [CHILD_WORKER] = "worker",
	    [CHILD_INTAKE] = "intake",
	};

	return roles[role];
}

size_t child_fds_print(const struct child_fds *given,
		       char ret[CHILD_FDS_TEXT_BYTES])
{
	size_t count = 0;
	size_t len = sizeof(PREFIX) - 1;

	memcpy(ret, PREFIX, sizeof(PREFIX));
	for (size_t i = 0; i < CHILD_FDS; i++) {
		int n;

		if (given->fds[i] < 0)
			continue;
		/* Eight short names: the buffer holds all of them. */
		n = snprintf(ret + len, CHILD_FDS_TEXT_BYTES - len, "%s%s:%zu",
			     count > 0 ? "," : "", names[i], FD_FIRST + count);
		len += n > 0 ? (size_t)n : 0;
		count++;
	}
	return count;
}

/* A number of a child's descriptor, without leading zeros. */
static int number_of(const char *text, size_t len)
{
	int n = 0;

	if (len < 1 || len > 2 || text[0] == '0')
		return -1;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		n = 10 * n + (text[i] - '0');
	}
	return n >= FD_FIRST && n < FD_FIRST + CHILD_FDS ? n : -1;
}

static bool parse_one(const char *text, size_t len, struct child_fds *ret)
{
	for (size_t i = 0; i < CHILD_FDS; i++) {
		size_t name_len = strlen(names[i]);

		int fd;

		if (len < name_len + 2 || memcmp(text, names[i], name_len) ||
		    text[name_len] != ':' || ret->fds[i] >= 0)
			continue;
		fd = number_of(text + name_len + 1, len - name_len - 1);
		if (fd < 0)
			continue;
		ret->fds[i] = fd;
		return true;
	}
	return false;
}

bool child_fds_parse(const char *text, struct child_fds *ret)
{
	struct child_fds fds = CHILD_FDS_NONE;

	if (strncmp(text, PREFIX, sizeof(PREFIX) - 1) != 0)
		return false;
	text += sizeof(PREFIX) - 1;
	for (;;) {
		size_t len = strcspn(text, ",");

		if (!parse_one(text, len, &fds))
			return false;
		text += len;
		if (*text == 0)
			break;
		text++;
	}
	*ret = fds;
	return true;
}
