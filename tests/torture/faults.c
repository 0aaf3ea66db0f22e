/* faults.c - the layer between Postern and the kernel, in test builds only.
 *
 * Symbols defined in the executable come before those of shared libraries, so
 * SQLite's and libmicrohttpd's calls arrive here too (linked with -rdynamic).
 * Everything below is a raw system call: nothing here may come back to itself.
 * Not seen: what the C library calls inside itself (stdio), and mmap.  The
 * product writes no file through either; the log's shared memory, which is
 * mapped, is made anew after a power cut. */
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "faults_inside.h"
#include "faults_table.h"

static struct fault_page *page;
static uint32_t role;
static int record_fd = -1;

/* --- the plan ------------------------------------------------------------- */

static const char *role_name(const char *argument, uint32_t *ret)
{
	static const char *const names[] = {"keeper", "worker", "intake",
					    "serve", "verb"};
	size_t i = 0;

	argument += argument[0] == '@';
	while (i < 4 && strcmp(argument, names[i]) != 0)
		i++;
	*ret = 1u << i;
	return names[i];
}

/* argv is "postern @role -d DIR ..." or "postern -d DIR verb ...". */
__attribute__((constructor)) static void faults_open(int argc, char **argv)
{
	char path[FAULT_PATH + 32];
	const char *dir, *name;
	struct fault_page *p;
	bool child = argc > 3 && argv[1][0] == '@';
	int fd;

	if (argc < 4 || strcmp(argv[child ? 2 : 1], "-d") != 0)
		return;
	dir = argv[child ? 3 : 2];
	name = role_name(argv[child ? 1 : 3], &role);
	(void)snprintf(path, sizeof(path), "%s/faults.plan", dir);
	fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
	if (fd < 0)
		return;
	p = mmap(NULL, sizeof(*p), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)syscall(SYS_close, fd);
	if (p == MAP_FAILED || p->magic != FAULTS_MAGIC)
		return;
	table_start(dir);
	(void)snprintf(path, sizeof(path), "%s/../faults.%s.log", dir, name);
	record_fd =
	    (int)syscall(SYS_openat, AT_FDCWD, path,
			 O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	page = p;
#ifndef SANITIZED /* they have handlers of their own */
	crashes_tell();
#endif
}

static void rest_ms(int64_t ms)
{
	const struct timespec t = {.tv_sec = ms / 1000,
				   .tv_nsec = ms % 1000 * 1000000};

	(void)syscall(SYS_nanosleep, &t, NULL);
}

struct fault_page *faults_page(void)
{
	return page;
}

/* Whether the place of this call is the one the rule is about. */
static bool right_place(struct fault_rule *r, enum fault_call call)
{
	uint64_t stack;

	/* From then on includes every later call. */
	if (r->stack == 0 ||
	    (r->stack != FAULTS_COLLECT && atomic_load(&r->seen) > 0))
		return true;
	stack = stack_hash((uint64_t)role << 32 | call);
	if (r->stack == FAULTS_COLLECT)
		stack_keep(page, stack);
	return r->stack == FAULTS_COLLECT || r->stack == stack;
}

/* A place that never failed.  Whoever is first to claim the fault writes his
 * place down: of two at once the other's stays fresh for the next run. */
static bool fresh_fires(struct fault_rule *r, enum fault_call call)
{
	uint64_t none = 0, stack;

	if (atomic_load(&r->fired) == 0) {
		stack = stack_hash((uint64_t)role << 32 | call);
		if (stack % r->at != (uint64_t)r->ms || stack_kept(page, stack))
			return false;
		if (atomic_compare_exchange_strong(&r->fired, &none, 1)) {
			stack_keep(page, stack);
			return true;
		}
	}
	if (r->times == 0)
		atomic_fetch_add(&r->fired, 1);
	return r->times == 0;
}

static struct fault_rule *rule_fires(enum fault_call call, uint32_t file)
{
	for (size_t i = 0; i < FAULTS_RULES; i++) {
		struct fault_rule *r = &page->rules[i];

		if ((r->roles & role) == 0 || (r->calls & 1u << call) == 0 ||
		    (r->files & file) == 0)
			continue;
		if (r->stack == FAULTS_FRESH) {
			if (fresh_fires(r, call))
				return r;
			continue;
		}
		if (!right_place(r, call))
			continue;
		if (atomic_fetch_add(&r->seen, 1) + 1 < r->at ||
		    r->action == FAULT_COUNT)
			continue;
		if (atomic_fetch_add(&r->fired, 1) < r->times || r->times == 0)
			return r;
	}
	return NULL;
}

enum fault_action fault(enum fault_call call, uint32_t file, int64_t *ret_ms)
{
	struct fault_rule *r;

	if (page == NULL || atomic_load(&page->armed) == 0)
		return FAULT_COUNT;
	r = rule_fires(call, file);
	if (r == NULL)
		return FAULT_COUNT;
	*ret_ms = r->ms;
	if (r->action == FAULT_KILL)
		for (;;)
			(void)syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
	if (r->action == FAULT_DELAY)
		rest_ms(r->ms);
	errno = (int)r->error;
	return (enum fault_action)r->action;
}

static bool fails(enum fault_call call, int fd)
{
	int64_t ms;

	return fault(call, table_file(fd), &ms) == FAULT_ERROR;
}

/* --- recording ------------------------------------------------------------ */

static int64_t now_ns(void)
{
	struct timespec ts = {0};

	(void)syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * (int64_t)1000000000 + ts.tv_nsec;
}

static bool recording(void)
{
	return page != NULL && record_fd >= 0 &&
	       atomic_load(&page->recording) != 0;
}

/* One write of one entry: entries of several threads do not mix. */
static void emit(struct fault_record *r, const char *path, const char *second,
		 const struct iovec *data, int data_len)
{
	struct iovec v[3 + FAULT_IOV];
	int n = 3;

	r->path_len = (uint32_t)strlen(path);
	r->second_len = second != NULL ? (uint32_t)strlen(second) : 0;
	v[0] = (struct iovec){r, sizeof(*r)};
	v[1] = (struct iovec){(void *)(uintptr_t)path, r->path_len};
	v[2] = (struct iovec){(void *)(uintptr_t)second, r->second_len};
	for (int i = 0; i < data_len && i < FAULT_IOV; i++) {
		v[n++] = data[i];
		r->data_len += data[i].iov_len;
	}
	(void)syscall(SYS_writev, record_fd, v, n);
}

static void record_fd_op(enum fault_op op, int fd, int64_t offset,
			 const struct iovec *data, int data_len)
{
	const struct table_entry *e = table_at(fd);
	struct fault_record r = {.op = op, .offset = offset};

	if (!recording() || e == NULL || (e->file & FILE_OTHER) != 0)
		return;
	r.begin_ns = r.end_ns = now_ns();
	r.inode = e->inode;
	emit(&r, e->path, NULL, data, data_len);
}

static void record_name(enum fault_op op, const char *path, const char *second)
{
	struct fault_record r = {.op = op};

	if (!recording() || (table_class(path) & FILE_OTHER) != 0)
		return;
	r.begin_ns = r.end_ns = now_ns();
	emit(&r, path, second, NULL, 0);
}

/* A new file, with its mode: the product refuses a key that others may read. */
static void record_made(int fd, const char *path)
{
	struct fault_record r = {.op = OP_CREATE};
	struct stat st;

	if (!recording() || (table_class(path) & FILE_OTHER) != 0 ||
	    syscall(SYS_fstat, fd, &st) != 0)
		return;
	r.begin_ns = r.end_ns = now_ns();
	r.inode = st.st_ino;
	r.offset = st.st_mode & 07777;
	emit(&r, path, NULL, NULL, 0);
}

/* --- transfers ------------------------------------------------------------ */

static ssize_t transfer(enum fault_call call, int fd, const struct iovec *v,
			int len, int64_t offset)
{
	enum fault_action action;
	struct iovec half;
	int64_t ms;

	action = fault(call, table_file(fd), &ms);
	/* An eventfd neither fails nor takes half, and whoever waits for it is
	 * right to give up if it does. */
	if (table_at(fd) == NULL)
		action = FAULT_COUNT;
	switch (action) {
	case FAULT_ERROR:
		return -1;
	case FAULT_SHORT:
		half = v[0];
		half.iov_len = half.iov_len > 1 ? half.iov_len / 2 : 1;
		v = &half;
		len = 1;
		break;
	default:
		break;
	}
	if (call == CALL_WRITE && table_at(fd) != NULL && recording())
		offset = syscall(SYS_lseek, fd, 0,
				 table_appends(fd) ? SEEK_END : SEEK_CUR);
	/* Before it happens: a process killed in between must not have
	 * written what nobody knows of. */
	record_fd_op(OP_WRITE, fd, offset, v, len);
	if (call == CALL_WRITE)
		return len == 1
			   ? syscall(SYS_write, fd, v[0].iov_base, v[0].iov_len)
			   : syscall(SYS_writev, fd, v, len);
	return syscall(SYS_pwritev, fd, v, len, offset, 0);
}

ssize_t write(int fd, const void *bytes, size_t len)
{
	const struct iovec v = {(void *)(uintptr_t)bytes, len};

	return transfer(CALL_WRITE, fd, &v, 1, 0);
}

ssize_t writev(int fd, const struct iovec *v, int len)
{
	return transfer(CALL_WRITE, fd, v, len, 0);
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
	const struct iovec v = {(void *)(uintptr_t)bytes, len};

	return transfer(CALL_PWRITE, fd, &v, 1, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t offset)
{
	return pwrite(fd, bytes, len, offset);
}

ssize_t pwritev(int fd, const struct iovec *v, int len, off_t offset)
{
	return transfer(CALL_PWRITEV, fd, v, len, offset);
}

ssize_t pwritev64(int fd, const struct iovec *v, int len, off64_t offset)
{
	return pwritev(fd, v, len, offset);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	if (fails(CALL_SENDMSG, fd))
		return -1;
	return syscall(SYS_sendmsg, fd, message, flags);
}

ssize_t send(int fd, const void *bytes, size_t len, int flags)
{
	if (fails(CALL_SENDMSG, fd))
		return -1;
	return syscall(SYS_sendto, fd, bytes, len, flags, NULL, 0);
}

/* --- syncs ---------------------------------------------------------------- */

static int sync_call(enum fault_call call, int fd)
{
	const struct table_entry *e = table_at(fd);
	struct fault_record r = {.op = OP_SYNC, .call = call};
	int64_t ms = 0;
	int rc = 0;
	enum fault_action action = fault(call, table_file(fd), &ms);

	if (action == FAULT_DROP)
		return 0;
	if (action == FAULT_ERROR)
		return -1;
	r.begin_ns = now_ns();
	/* While it is recorded, the recording is the disk. */
	if (action != FAULT_LATE && !recording())
		rc = (int)syscall(
		    call == CALL_FSYNC ? SYS_fsync : SYS_fdatasync, fd);
	if (rc != 0 || e == NULL || (e->file & FILE_OTHER) != 0 || !recording())
		return rc;
	r.end_ns = now_ns() + (action == FAULT_LATE ? ms * 1000000 : 0);
	r.inode = e->inode;
	r.op = e->folder ? OP_SYNC_FOLDER : OP_SYNC;
	emit(&r, e->path, NULL, NULL, 0);
	return 0;
}

int fdatasync(int fd)
{
	return sync_call(CALL_FDATASYNC, fd);
}

int fsync(int fd)
{
	return sync_call(CALL_FSYNC, fd);
}

/* --- sizes ---------------------------------------------------------------- */

int ftruncate(int fd, off_t size)
{
	if (fails(CALL_FTRUNCATE, fd))
		return -1;
	record_fd_op(OP_TRUNCATE, fd, size, NULL, 0);
	return (int)syscall(SYS_ftruncate, fd, size);
}

int ftruncate64(int fd, off64_t size)
{
	return ftruncate(fd, size);
}

int posix_fallocate(int fd, off_t offset, off_t len)
{
	if (fails(CALL_FALLOCATE, fd))
		return errno;
	record_fd_op(OP_GROW, fd, offset + len, NULL, 0);
	return syscall(SYS_fallocate, fd, 0, offset, len) == 0 ? 0 : errno;
}

int posix_fallocate64(int fd, off64_t offset, off64_t len)
{
	return posix_fallocate(fd, offset, len);
}

/* --- names ---------------------------------------------------------------- */

static int open_call(int folder, const char *path, int flags, mode_t mode)
{
	char name[FAULT_PATH];
	bool ours = table_resolve(folder, path, name);
	int64_t ms;
	bool made;
	int fd;

	if (fault(CALL_OPEN, ours ? table_class(name) : FILE_OTHER, &ms) ==
	    FAULT_ERROR)
		return -1;
	made = ours && (flags & O_CREAT) != 0 &&
	       syscall(SYS_faccessat, folder, path, F_OK) != 0;
	fd = (int)syscall(SYS_openat, folder, path, flags, mode);
	if (fd < 0 || !ours || !table_put(fd, name, flags))
		return fd;
	if (made)
		record_made(fd, name);
	else if ((flags & O_TRUNC) != 0)
		record_fd_op(OP_TRUNCATE, fd, 0, NULL, 0);
	return fd;
}

#define OPEN_BODY(folder)                             \
	mode_t mode = 0;                              \
	if ((flags & (O_CREAT | __O_TMPFILE)) != 0) { \
		va_list more;                         \
		va_start(more, flags);                \
		mode = va_arg(more, mode_t);          \
		va_end(more);                         \
	}                                             \
	return open_call(folder, path, flags, mode)

int open(const char *path, int flags, ...)
{
	OPEN_BODY(AT_FDCWD);
}

int open64(const char *path, int flags, ...)
{
	OPEN_BODY(AT_FDCWD);
}

int openat(int folder, const char *path, int flags, ...)
{
	OPEN_BODY(folder);
}

int openat64(int folder, const char *path, int flags, ...)
{
	OPEN_BODY(folder);
}

int close(int fd)
{
	bool fail = fails(CALL_CLOSE, fd);
	int rc;

	table_drop(fd);
	rc = (int)syscall(SYS_close, fd); /* gone, whatever it answers */
	if (fail)
		errno = EIO;
	return fail ? -1 : rc;
}

int unlinkat(int folder, const char *path, int flags)
{
	char name[FAULT_PATH];
	bool ours = table_resolve(folder, path, name);
	int64_t ms;

	if (fault(CALL_UNLINK, ours ? table_class(name) : FILE_OTHER, &ms) ==
	    FAULT_ERROR)
		return -1;
	if (ours && syscall(SYS_faccessat, folder, path, F_OK) == 0)
		record_name(OP_UNLINK, name, NULL);
	return (int)syscall(SYS_unlinkat, folder, path, flags);
}

int unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}

int rename(const char *from, const char *to)
{
	char a[FAULT_PATH], b[FAULT_PATH];
	bool ours =
	    table_resolve(AT_FDCWD, from, a) && table_resolve(AT_FDCWD, to, b);
	int64_t ms;

	if (fault(CALL_RENAME, ours ? table_class(b) : FILE_OTHER, &ms) ==
	    FAULT_ERROR)
		return -1;
	if (ours)
		record_name(OP_RENAME, a, b);
	return (int)syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
}

/* The filter of the real build knows nothing of the calls made here. */
int seccomp_load(const scmp_filter_ctx filter)
{
	(void)filter;
	return 0;
}

/* --- time ------------------------------------------------------------------
 */

int clock_gettime(clockid_t id, struct timespec *ret)
{
	int64_t ms;

	if (syscall(SYS_clock_gettime, id, ret) != 0)
		return -1;
	if (page == NULL || id != CLOCK_REALTIME)
		return 0;
	ms = atomic_load(&page->wall_offset_ms);
	ret->tv_sec += ms / 1000; /* whole seconds are enough */
	return 0;
}

time_t time(time_t *ret)
{
	struct timespec ts = {0};

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	if (ret != NULL)
		*ret = ts.tv_sec;
	return ts.tv_sec;
}

int gettimeofday(struct timeval *restrict ret, void *restrict zone)
{
	struct timespec ts = {0};

	(void)zone;
	(void)clock_gettime(CLOCK_REALTIME, &ts);
	*ret = (struct timeval){ts.tv_sec, ts.tv_nsec / 1000};
	return 0;
}
