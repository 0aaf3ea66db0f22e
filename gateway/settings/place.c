/* place.c - paths in a data directory and who may look into it. */
#include "settings/place.h"

#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

int place_path(const char *dir, const char *name, char *ret, size_t ret_size)
{
	int n = name[0] == '/' ? snprintf(ret, ret_size, "%s", name)
			       : snprintf(ret, ret_size, "%s/%s", dir, name);

	return n >= 0 && (size_t)n < ret_size ? 0 : -1;
}

struct folder {
	const char *name;
	mode_t refused;
	bool required;
};

static void check_folder(const char *path, const struct folder *folder,
			 struct diag *diag)
{
	struct stat st;

	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
		if (folder->required)
			diag_add(diag, 0, 0,
				 "%s is no folder; `postern init` makes it",
				 folder->name);
		return;
	}
	if ((st.st_mode & folder->refused) != 0)
		diag_add(diag, 0, 0,
			 "%s has mode %04o, so others may use it; chmod 700 it",
			 folder->name, (unsigned int)(st.st_mode & 07777));
	if ((st.st_mode & S_IWGRP) != 0 &&
	    (st.st_mode & (S_ISVTX | S_ISGID)) == 0)
		diag_add(diag, 0, 0,
			 "%s has mode %04o, so its group may replace files; "
			 "chmod 700 it",
			 folder->name, (unsigned int)(st.st_mode & 07777));
	if (geteuid() != 0 && st.st_uid != geteuid())
		diag_add(diag, 0, 0,
			 "%s belongs to somebody else; run as its owner, or "
			 "chown it",
			 folder->name);
}

void place_check(const char *dir, struct diag *diag)
{
	/* serve, started as root, opens some of these to the group of its
	 * three users, with the sticky or set-group bit; and it makes what is
	 * missing but not required. */
	static const struct folder place = {"the data directory", S_IRWXO,
					    true};
	static const struct folder folders[] = {
	    {"keys", S_IRGRP | S_IWGRP | S_IRWXO, true},
	    {"secrets", S_IRWXG | S_IRWXO, false},
	    {"spool", S_IRWXO, false},
	    {"media", S_IRWXO, false},
	    {"packages", S_IRWXO, false},
	    {"run", S_IRWXO, false}};
	struct stat st;

	check_folder(dir, &place, diag);
	if (stat(dir, &st) != 0)
		return;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		char path[1024];

		if (place_path(dir, folders[i].name, path, sizeof(path)) != 0)
			continue; /* settings say so already */
		check_folder(path, &folders[i], diag);
	}
}
