/* sandbox_rules.c - which process may do what.
 *
 * Found by tracing the end-to-end scripts and by reading the libraries; a
 * build with -DSANDBOX_KILL ends at the first call that is missing here. */
#include "supervise/sandbox_rules.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "postern/packagefile.h"
#include "postern/store.h"
#include "worker/ledgerofficer.h"
#include "worker/ledgerpublish.h"

/* --- files ---------------------------------------------------------------- */

/* Listing DIR is syncing it: a folder is opened for that.  Names in it tell
 * nothing (design, section 5). */
static const struct sandbox_path intake_paths[] = {
    {"spool", ALLOW_FOLDER, false},
    {"reserve", ALLOW_EDIT, true},
    {PACKAGE_FOLDER, ALLOW_READ, false},
    {"keys/spool.pub", ALLOW_READ, false},
    {"/etc/localtime", ALLOW_READ, false},
    {"/etc/ssl/openssl.cnf", ALLOW_READ, false},
    {NULL, 0, false},
};

static const struct sandbox_path worker_paths[] = {
    {".", ALLOW_LIST, false},
    {"postern.db", ALLOW_EDIT, false},
    {"postern.db-wal", ALLOW_EDIT, true},
    {"postern.db-shm", ALLOW_EDIT, true},
    {"postern.db.lock", ALLOW_EDIT, true},
    {"restrictions.log", ALLOW_EDIT, true},
    {"withdrawals.log", ALLOW_EDIT, true},
    {"holds.log", ALLOW_EDIT, true},
    {"media", ALLOW_FOLDER | ALLOW_FOLDERS, false},
    {"forgotten.log", ALLOW_EDIT, true},
    {PACKAGE_FOLDER, ALLOW_FOLDER, false},
    {"spool", ALLOW_FOLDER, false}, /* unlinks, and puts .bad files aside */
    {"/dev/urandom", ALLOW_READ, false},
    {"/etc/localtime", ALLOW_READ, false},
    {"/usr/share/zoneinfo", ALLOW_LOOK, false},
    /* Names and certificates of who is called. */
    {"/etc/ssl", ALLOW_LOOK, false},
    {"/usr/share/ca-certificates", ALLOW_LOOK, false},
    {"/usr/local/share/ca-certificates", ALLOW_LOOK, false},
    {"/etc/hosts", ALLOW_READ, false},
    {"/etc/host.conf", ALLOW_READ, false},
    {"/etc/gai.conf", ALLOW_READ, false},
    {"/etc/nsswitch.conf", ALLOW_READ, false},
    {"/etc/services", ALLOW_READ, false},
    {"/etc/resolv.conf", ALLOW_READ, false},
    {"/run/systemd/resolve", ALLOW_LOOK, false}, /* where it may point to */
    {"/run/resolvconf", ALLOW_LOOK, false},
    {"/run/NetworkManager", ALLOW_LOOK, false},
    /* The resolver's modules are loaded when first asked. */
    {"/etc/ld.so.cache", ALLOW_READ, false},
    {"/usr/lib", ALLOW_LOOK, false},
    {"/lib", ALLOW_LOOK, false},
    {"/lib64", ALLOW_LOOK, false},
    {NULL, 0, false},
};

static const struct sandbox_path keeper_paths[] = {
    {".", ALLOW_LIST, false},
    {"keys", ALLOW_FOLDER, false},
    {"keeper.db", ALLOW_EDIT, false},
    {"keeper.db-wal", ALLOW_EDIT, true},
    {"keeper.db-shm", ALLOW_EDIT, true},
    {"erasures.log", ALLOW_EDIT, true},
    {"/dev/urandom", ALLOW_READ, false},
    {"/etc/localtime", ALLOW_READ, false},
    {NULL, 0, false},
};

/* What the proof log leaves for others to read. */
void sandbox_more_of(enum child_role role, const struct settings *s,
		     struct sandbox_path ret[SANDBOX_MORE_MAX])
{
	size_t len = 0;

	memset(ret, 0, SANDBOX_MORE_MAX * sizeof(ret[0]));
	if (role == CHILD_INTAKE && s->ledger.publish)
		ret[len++] =
		    (struct sandbox_path){LEDGER_FOLDER, ALLOW_READ, false};
	if (role != CHILD_WORKER)
		return;
	if (s->ledger.publish)
		ret[len++] = (struct sandbox_path){
		    LEDGER_FOLDER, ALLOW_FOLDER | ALLOW_FOLDERS, false};
	if (s->ledger.officer_sendmail[0] != '\0')
		ret[len++] =
		    (struct sandbox_path){MAIL_FOLDER, ALLOW_FOLDER, false};
	if (s->ledger.officer_folder[0] != '\0')
		ret[len++] = (struct sandbox_path){s->ledger.officer_folder,
						   ALLOW_FOLDER, false};
}

/* --- system calls --------------------------------------------------------- */

static const struct sandbox_call intake_calls[] = {
    CALL_WITHOUT(mmap, 2, PROT_EXEC), CALL_WITHOUT(mprotect, 2, PROT_EXEC),
    CALL_ANY(sendfile), CALL_ONLY(socketpair, 0, AF_UNIX), CALL_END};

/* The resolver's modules are mapped to be executed; nothing is both written
 * and executed.  bind() serves the resolver's netlink address only: those of
 * every other family are longer, or of no use where no file can be made. */
static const struct sandbox_call worker_calls[] = {
    CALL_WITHOUT(mmap, 2, PROT_EXEC), CALL_WITHOUT(mmap, 2, PROT_WRITE),
    CALL_WITHOUT(mprotect, 2, PROT_EXEC), CALL_WITHOUT(mprotect, 2, PROT_WRITE),
    CALL_ONLY(socket, 0, AF_UNIX), CALL_ONLY(socket, 0, AF_INET),
    CALL_ONLY(socket, 0, AF_INET6), CALL_ONLY(socket, 0, AF_NETLINK),
    CALL_ONLY(socketpair, 0, AF_UNIX), CALL_ANY(connect),
    CALL_ONLY(bind, 2, 12), CALL_ANY(sendmmsg), CALL_ANY(recvmmsg),
    CALL_ANY(sendfile), CALL_ANY(mkdir), CALL_ANY(mkdirat), CALL_ANY(rmdir),
    CALL_ANY(rename), CALL_ANY(fchown), CALL_ANY(dup),
    /* Is the clock kept right?  Setting it needs CAP_SYS_TIME. */
    CALL_ANY(adjtimex), CALL_ANY(clock_adjtime), CALL_END};

static const struct sandbox_call keeper_calls[] = {
    CALL_WITHOUT(mmap, 2, PROT_EXEC), CALL_WITHOUT(mprotect, 2, PROT_EXEC),
    CALL_ANY(rename), CALL_ANY(fchown), CALL_END};

/* --- before --------------------------------------------------------------- */

/* SQLite's file header says with which journal it was written last. */
static bool has_wal(const char *path)
{
	unsigned char head[20] = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n = fd < 0 ? -1 : pread(fd, head, sizeof(head), 0);

	if (fd >= 0)
		(void)close(fd); /* read only */
	return n == (ssize_t)sizeof(head) && head[18] == 2 && head[19] == 2;
}

/* A new archive, or one restored from a copy, is switched to the write-ahead
 * log by way of a file that is made and removed again: that is done here.
 * The keeper's store does the same when it is restored. */
static int prepare_archive(const char *dir, struct err *err)
{
	char path[PATH_MAX];
	const char *engine; /* the default one: whose file this is */
	struct store *st = NULL;

	int n = snprintf(path, sizeof(path), "%s/postern.db", dir);

	if (n < 0 || (size_t)n >= sizeof(path) || has_wal(path) ||
	    store_engines(&engine, 1) == 0)
		return 0;
	if (store_open(engine, path, &st, err) != 0)
		return -1;
	store_close(&st);
	return 0;
}

/* --- all of it ------------------------------------------------------------ */

const struct sandbox_rules *sandbox_rules_of(enum child_role role)
{
	static const struct sandbox_rules of[CHILDREN] = {
	    [CHILD_KEEPER] = {.paths = keeper_paths, .calls = keeper_calls},
	    [CHILD_WORKER] = {.paths = worker_paths,
			      .calls = worker_calls,
			      .connects = true,
			      .prepare = prepare_archive},
	    [CHILD_INTAKE] = {.paths = intake_paths, .calls = intake_calls},
	};

	return &of[role];
}
