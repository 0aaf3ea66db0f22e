/* descriptors.c - the names of inherited descriptors on a child's command
 * line. */
#include "supervise/supervise.h"

#define FD_FIRST 3
#define PREFIX	 "--fds="

static const char *const names[CHILD_FDS] = {
    [CHILD_FD_LIFELINE] = "lifeline",	[CHILD_FD_LOCK] = "lock",
    [CHILD_FD_LISTEN] = "listen",	[CHILD_FD_OPERATOR] = "operator",
    [CHILD_FD_WAKE] = "wake",		[CHILD_FD_COUNTS] = "counts",
    [CHILD_FD_PROCESSES] = "processes",
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
		/* Seven short names: the buffer holds all of them. */
		n = snprintf(ret + len, CHILD_FDS_TEXT_BYTES - len, "%s%s:%zu",
			     count > 0 ? "," : "", names[i], FD_FIRST + count);
		len += n > 0 ? (size_t)n : 0;
		count++;
	}
	return count;
}

static bool parse_one(const char *text, size_t len, struct child_fds *ret)
{
	for (size_t i = 0; i < CHILD_FDS; i++) {
		size_t name_len = strlen(names[i]);

		/* One digit: there are at most seven, from 3 on. */
		if (len != name_len + 2 || memcmp(text, names[i], name_len) ||
		    text[name_len] != ':' || text[name_len + 1] < '3' ||
		    text[name_len + 1] > '9' || ret->fds[i] >= 0)
			continue;
		ret->fds[i] = text[name_len + 1] - '0';
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
