/* sandbox_files.c - the files left, by Landlock.
 *
 * Rules stand at files, not at names: a file that is replaced by another is
 * out of reach until the process is started anew.  So every file that is
 * replaced in normal operation lies in a folder with a rule of its own, and
 * the others are made before. */
#include "sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Debian 12's header ends with ABI 2; the kernel is asked which it knows. */
struct ruleset {
	uint64_t handled_fs, handled_net, scoped;
};
#define FS_V1	     ((1ull << 13) - 1)
#define FS_REFER     (1ull << 13) /* 2 */
#define FS_TRUNCATE  (1ull << 14) /* 3 */
#define FS_IOCTL_DEV (1ull << 15) /* 5 */
#define NET_BIND     (1ull << 0)  /* 4: TCP */
#define NET_CONNECT  (1ull << 1)
#define SCOPE_ALL    3ull /* 6: abstract sockets, signals */

#define OF_FILES                                                      \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | \
	 LANDLOCK_ACCESS_FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV)

static int ask_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
			   LANDLOCK_CREATE_RULESET_VERSION);

	return abi > 0 ? (int)abi : 0;
}

/* Whatever the kernel can forbid is forbidden unless a rule allows it. */
static struct ruleset handled(int abi, bool connects, size_t *ret_size)
{
	struct ruleset r = {.handled_fs = FS_V1};

	*ret_size = sizeof(r.handled_fs);
	if (abi >= 2)
		r.handled_fs |= FS_REFER;
	if (abi >= 3)
		r.handled_fs |= FS_TRUNCATE;
	if (abi >= 4) {
		r.handled_net = NET_BIND | (connects ? 0 : NET_CONNECT);
		*ret_size += sizeof(r.handled_net);
	}
	if (abi >= 5)
		r.handled_fs |= FS_IOCTL_DEV;
	if (abi >= 6) {
		r.scoped = SCOPE_ALL;
		*ret_size += sizeof(r.scoped);
	}
	return r;
}

static uint64_t access_of(unsigned int allow)
{
	uint64_t a = 0;

	if ((allow & ALLOW_LIST) != 0)
		a |= LANDLOCK_ACCESS_FS_READ_DIR;
	if ((allow & ALLOW_READ) != 0)
		a |= LANDLOCK_ACCESS_FS_READ_FILE;
	if ((allow & ALLOW_WRITE) != 0)
		a |= LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE;
	if ((allow & ALLOW_MAKE) != 0)
		a |= LANDLOCK_ACCESS_FS_MAKE_REG |
		     LANDLOCK_ACCESS_FS_REMOVE_FILE;
	if ((allow & ALLOW_FOLDERS) != 0)
		a |=
		    LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR;
	return a;
}

/* What is absent needs no rule. */
static int add_rule(int rules, uint64_t known, const char *path,
		    unsigned int allow)
{
	struct landlock_path_beneath_attr rule = {
	    .allowed_access = access_of(allow) & known,
	    .parent_fd = open(path, O_PATH | O_CLOEXEC),
	};
	struct stat st;
	int rc = 0;

	if (rule.parent_fd < 0)
		return errno == ENOENT || errno == EACCES ? 0 : -1;
	if (fstat(rule.parent_fd, &st) == 0 && !S_ISDIR(st.st_mode))
		rule.allowed_access &= OF_FILES;
	if (rule.allowed_access != 0)
		rc = (int)syscall(SYS_landlock_add_rule, rules,
				  LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	/* A file without a name, as the credential lent to the keeper, is no
	 * business of the rules: whoever holds it may read it. */
	if (rc != 0 && errno == EBADFD)
		rc = 0;
	(void)close(rule.parent_fd); /* only a handle */
	return rc;
}

static bool full_path(const char *dir, const char *path, char ret[PATH_MAX])
{
	int n = path[0] == '/' ? snprintf(ret, PATH_MAX, "%s", path)
			       : snprintf(ret, PATH_MAX, "%s/%s", dir, path);

	return n > 0 && n < PATH_MAX;
}

static int add_table(const struct sandbox_conf *conf,
		     const struct sandbox_path *p, int rules, uint64_t known)
{
	char path[PATH_MAX];

	for (; p != NULL && p->path != NULL; p++)
		if (!full_path(conf->dir, p->path, path) ||
		    add_rule(rules, known, path, p->allow) != 0)
			return -1;
	return 0;
}

static int add_rules(const struct sandbox_conf *conf, int rules, uint64_t known)
{
	if (add_table(conf, conf->rules->paths, rules, known) != 0 ||
	    add_table(conf, conf->more, rules, known) != 0)
		return -1;
	return conf->credential[0] == 0
		   ? 0
		   : add_rule(rules, known, conf->credential, ALLOW_READ);
}

static int restrict_files(const struct sandbox_conf *conf, int abi,
			  struct err *err)
{
	size_t size = 0;
	const struct ruleset set = handled(abi, conf->rules->connects, &size);
	int rc = -1;
	int rules = (int)syscall(SYS_landlock_create_ruleset, &set, size, 0);

	if (rules < 0)
		return ERR_SET(err, ERR_DENIED, "file rules", errno);
	if (add_rules(conf, rules, set.handled_fs) == 0 &&
	    syscall(SYS_landlock_restrict_self, rules, 0) == 0)
		rc = 0;
	else
		(void)ERR_SET(err, ERR_DENIED, "file rules", errno);
	(void)close(rules); /* in force, or not wanted */
	return rc;
}

/* --- before --------------------------------------------------------------- */

static int make_missing(const struct sandbox_conf *conf, struct err *err)
{
	const struct sandbox_path *p = conf->rules->paths;
	char path[PATH_MAX];

	for (; p->path != NULL; p++) {
		int fd;

		if (!p->make || !full_path(conf->dir, p->path, path))
			continue;
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd < 0 && errno != EEXIST)
			return ERR_SET(err, ERR_STORAGE, "cannot make a file",
				       errno);
		if (fd >= 0)
			(void)close(fd); /* empty */
	}
	return 0;
}

int sandbox_files(const struct sandbox_conf *conf, int *ret_abi,
		  struct err *err)
{
	*ret_abi = ask_abi();
	if (*ret_abi == 0)
		return 0;
	if (conf->rules->prepare != NULL &&
	    conf->rules->prepare(conf->dir, err) != 0)
		return -1;
	if (make_missing(conf, err) != 0)
		return -1;
	return restrict_files(conf, *ret_abi, err);
}
