/* keeper_house.h - a temporary data directory and a keeper in it. */
#ifndef POSTERN_TESTS_KEEPER_HOUSE_H
#define POSTERN_TESTS_KEEPER_HOUSE_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

#include "child.h"
#include "keeper/ops.h"
#include "postern/ipc.h"
#include "postern/keeper.h"

struct house {
	char dir[64];
	char socket[96];
	pid_t pid; /* of a keeper process, or 0 */
	int lifeline;
	struct keeper *keeper;
};

static inline int house_remove_one(const char *path, const struct stat *st,
				   int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static inline void house_open(struct house *h)
{
	const char *tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

	*h = (struct house){.lifeline = -1};
	(void)snprintf(h->dir, sizeof(h->dir), "%s/keeper-XXXXXX", tmp);
	assert_non_null(mkdtemp(h->dir));
	(void)snprintf(h->socket, sizeof(h->socket), "%s/keeper.sock", h->dir);
}

static inline void house_init(struct house *h, const char *phrase)
{
	struct err err = {0};

	house_open(h);
	assert_int_equal(
	    keeper_init(env_system(), h->dir, phrase, strlen(phrase), &err), 0);
}

/* A keeper process; waits until it serves. */
static inline void house_start(struct house *h)
{
	struct keeper_conf conf = {.dir = h->dir, .peer_uid = geteuid()};
	struct err err = {0};
	int ends[2];
	char byte = 0;

	assert_int_equal(ipc_listen(h->socket, 0600, &conf.listen_fd, &err), 0);
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	conf.lifeline_fd = ends[1];
	h->pid = fork();
	assert_true(h->pid >= 0);
	if (h->pid == 0) {
		(void)close(ends[0]);
		child_end(keeper_serve(env_system(), &conf));
	}
	(void)close(ends[1]);
	(void)close(conf.listen_fd);
	h->lifeline = ends[0];
	assert_int_equal(read(h->lifeline, &byte, 1), 1);
	assert_int_equal(byte, 'R');
	if (h->keeper == NULL)
		assert_int_equal(keeper_open(h->socket, &h->keeper, &err), 0);
}

/* Its wait status. */
static inline int house_wait(struct house *h)
{
	int status = 0;

	assert_int_equal(waitpid(h->pid, &status, 0), h->pid);
	h->pid = 0;
	(void)close(h->lifeline);
	h->lifeline = -1;
	return status;
}

static inline int house_kill(struct house *h, int signal)
{
	assert_int_equal(kill(h->pid, signal), 0);
	return house_wait(h);
}

static inline void house_close(struct house *h)
{
	if (h->pid != 0)
		(void)house_kill(h, SIGTERM);
	keeper_close(&h->keeper);
	(void)nftw(h->dir, house_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void house_path(const struct house *h, const char *name,
			      char ret[256])
{
	(void)snprintf(ret, 256, "%s/%s", h->dir, name);
}

static inline size_t house_read(const struct house *h, const char *name,
				char *ret, size_t size)
{
	char path[256];
	FILE *file;
	size_t len;

	house_path(h, name, path);
	file = fopen(path, "re");
	if (file == NULL)
		return 0;
	len = fread(ret, 1, size, file);
	(void)fclose(file);
	return len;
}

static inline void house_write(const struct house *h, const char *name,
			       const char *bytes, size_t len)
{
	char path[256];
	int fd;

	house_path(h, name, path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	(void)close(fd);
}

static inline bool house_has(const struct house *h, const char *name)
{
	char path[256];

	house_path(h, name, path);
	return access(path, F_OK) == 0;
}

/* An unlocked vault in this process. */
static inline struct vault *house_vault(const struct house *h,
					const char *phrase)
{
	struct vault *v = NULL;
	struct err err = {0};

	assert_int_equal(vault_open(env_system(), h->dir, NULL, &v, &err), 0);
	assert_int_equal(vault_unlock(v, phrase, strlen(phrase), &err), 0);
	return v;
}

static inline struct key_ref ref_of(int64_t person, const char *datenart,
				    uint16_t year)
{
	struct key_ref ref = {.person = person, .year = year};

	assert_true(name_set(&ref.datenart, datenart, strlen(datenart)));
	return ref;
}

#endif
