/* faults_table.c - see faults_table.h. */
#include "faults_table.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "faults.h"

#define ENTRIES 4096

static struct table_entry entries[ENTRIES];
static char data[FAULT_PATH];
static size_t data_len;

void table_start(const char *dir)
{
	(void)snprintf(data, sizeof(data), "%s", dir);
	data_len = strlen(data);
}

/* Raw: fstat must not be ours, and a stat of the kernel is glibc's here. */
static bool inode_of(int fd, uint64_t *ret, bool *ret_folder)
{
	struct stat st;

	if (syscall(SYS_fstat, fd, &st) != 0)
		return false;
	*ret = st.st_ino;
	*ret_folder = S_ISDIR(st.st_mode);
	return S_ISDIR(st.st_mode) || S_ISREG(st.st_mode);
}

bool table_resolve(int folder, const char *path, char ret[FAULT_PATH])
{
	const struct table_entry *e;
	int n;

	if (data_len == 0 || path == NULL)
		return false;
	if (path[0] == '/') {
		if (strncmp(path, data, data_len) != 0 ||
		    (path[data_len] != '/' && path[data_len] != 0))
			return false;
		path += data_len;
		path += path[0] == '/';
		n = snprintf(ret, FAULT_PATH, "%s", path);
		return n >= 0 && n < FAULT_PATH;
	}
	e = folder >= 0 ? table_at(folder) : NULL;
	if (e == NULL || !e->folder)
		return false;
	n = snprintf(ret, FAULT_PATH, "%s%s%s", e->path,
		     e->path[0] != 0 ? "/" : "", path);
	return n >= 0 && n < FAULT_PATH;
}

static bool within(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	return strncmp(path, folder, len) == 0 &&
	       (path[len] == 0 || path[len] == '/');
}

uint32_t table_class(const char *path)
{
	size_t len = strlen(path);

	if (len == 0)
		return FILE_FOLDER;
	if (len > 4 && strcmp(path + len - 4, "-shm") == 0)
		return FILE_OTHER;
	if (within(path, "spool"))
		return FILE_SPOOL;
	if (strcmp(path, "postern.db-wal") == 0)
		return FILE_ARCHIVE_WAL;
	if (strncmp(path, "postern.db", 10) == 0)
		return FILE_ARCHIVE;
	if (strncmp(path, "keeper.db", 9) == 0)
		return FILE_KEYSTORE;
	if (within(path, "keys") || strcmp(path, "erasures.log") == 0)
		return FILE_KEYS;
	if (within(path, "media"))
		return FILE_MEDIA;
	if (within(path, "ledger"))
		return FILE_LEDGER;
	return FILE_OTHER;
}

bool table_put(int fd, const char *path, int flags)
{
	struct table_entry *e;

	if (fd < 0 || fd >= ENTRIES || strlen(path) >= sizeof(e->path))
		return false;
	e = &entries[fd];
	e->file = 0;
	if (!inode_of(fd, &e->inode, &e->folder))
		return false;
	memcpy(e->path, path, strlen(path) + 1);
	e->appends = (flags & O_APPEND) != 0;
	e->file = table_class(path);
	return true;
}

void table_drop(int fd)
{
	if (fd >= 0 && fd < ENTRIES)
		entries[fd].file = 0;
}

const struct table_entry *table_at(int fd)
{
	uint64_t inode;
	bool folder;

	if (fd < 0 || fd >= ENTRIES || entries[fd].file == 0)
		return NULL;
	/* stdio closes without passing here: the number may be reused. */
	if (!inode_of(fd, &inode, &folder) || inode != entries[fd].inode)
		return NULL;
	return &entries[fd];
}

uint32_t table_file(int fd)
{
	const struct table_entry *e = table_at(fd);

	return e != NULL ? e->file : FILE_OTHER;
}

bool table_appends(int fd)
{
	return fd >= 0 && fd < ENTRIES && entries[fd].appends;
}
