/* serve.c - process 3: one thread, a listener and at most eight peers.
 *
 * A frame is read, done and answered before the next one is looked at, so
 * there is no state per connection and one buffer for all. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "keeper/ops.h"
#include "postern/ipc.h"
#include "postern/log.h"

#define PEERS_MAX    8
#define TEND_MS	     (60 * 1000)
#define TRUNCATE_MS  (60 * 60 * 1000ll)
#define EXIT_STORAGE 75

enum { POLL_LIFELINE, POLL_SIGNAL, POLL_LISTEN, POLL_PEERS };

struct server {
	const struct keeper_conf *conf;
	struct vault *vault;
	struct pollfd polls[POLL_PEERS + PEERS_MAX];
	size_t peers;
	int64_t tended_ms, truncated_ms; /* boot clock */
	bool untrusted;			 /* the key store failed */
};

static int undumpable(struct err *err)
{
	const struct rlimit none = {0, 0};

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
	    setrlimit(RLIMIT_CORE, &none) != 0)
		return ERR_SET(err, ERR_DENIED, "cannot forbid core dumps",
			       errno);
	return 0;
}

static int catch_signals(int *ret_fd, struct err *err)
{
	sigset_t set;
	int fd;

	(void)sigemptyset(&set);	/* cannot fail */
	(void)sigaddset(&set, SIGTERM); /* a valid signal */
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return ERR_SET(err, ERR_DENIED, "cannot block signals", errno);
	/* the terminal's Ctrl-C reaches everybody; the supervisor decides */
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return ERR_SET(err, ERR_DENIED, "cannot watch signals", errno);
	*ret_fd = fd;
	return 0;
}

static bool welcome(const struct server *s, int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0 ||
	    len != sizeof(peer))
		return false;
	return peer.uid == 0 || peer.uid == geteuid() ||
	       peer.uid == s->conf->peer_uid;
}

static void greet(struct server *s)
{
	struct err err;
	int fd = accept4(s->conf->listen_fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return; /* it went away again */
	if (!welcome(s, fd)) {
		LOG0(LOG_LEVEL_WARN, "keeper.peer.refused");
		(void)close(fd); /* nothing was said */
		return;
	}
	if (ipc_prepare(fd, &err) != 0) {
		LOG(LOG_LEVEL_ERROR, "keeper.peer.failed", LOG_ERR(&err));
		(void)close(fd); /* nothing was said */
		return;
	}
	s->polls[POLL_PEERS + s->peers++] =
	    (struct pollfd){.fd = fd, .events = POLLIN};
}

static void part(struct server *s, size_t peer)
{
	struct pollfd *p = &s->polls[POLL_PEERS + peer];

	(void)close(p->fd); /* the peer learns it that way */
	*p = s->polls[POLL_PEERS + --s->peers];
}

/* A peer that does not fetch its answers must not stop the others: its
 * socket has room for one, or it is no client of ours. */
static bool reply(int fd, uint16_t type, const uint8_t *payload, size_t len)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	struct err err;

	return poll(&p, 1, 0) == 1 && (p.revents & POLLOUT) != 0 &&
	       ipc_send(fd, type, payload, len, &err) == 0;
}

/* False: the connection has to end. */
static bool serve_frame(struct server *s, int fd)
{
	struct arena *a = s->vault->arena;
	const bool was_locked = s->vault->reason != REASON_NONE;
	struct ipc_frame frame = {0};
	enum frame_verdict verdict;
	uint16_t type = 0;
	size_t len = 0;
	struct err err;
	bool stay;

	if (ipc_receive(fd, 0, a->in, &frame, &err) != 0) {
		if (err.kind != ERR_BUSY)
			LOG(LOG_LEVEL_WARN, "keeper.frame.bad", LOG_ERR(&err));
		return false;
	}
	verdict = frame_answer(s->vault, &frame, &type, a->out, &len);
	if (verdict == FRAME_HOSTILE)
		LOG(LOG_LEVEL_WARN, "keeper.frame.bad",
		    LOG_NUM("type", frame.type));
	s->untrusted = verdict == FRAME_UNTRUSTED;
	stay = verdict != FRAME_HOSTILE && reply(fd, type, a->out, len);
	sodium_memzero(a->in, IPC_HEADER_BYTES + frame.payload_len);
	sodium_memzero(a->out, len);
	if (was_locked && s->vault->reason == REASON_NONE)
		s->tended_ms = 0; /* look after the spool pair soon */
	return stay;
}

static void unlock_first(struct server *s)
{
	struct vault *v = s->vault;
	struct err err;

	if (vault_unlock(v, "", 0, &err) == 0) {
		LOG(LOG_LEVEL_INFO, "keeper.unlocked",
		    LOG_NUM("epoch", v->meta.of.epoch));
		return;
	}
	LOG(v->reason == REASON_PASSPHRASE ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR,
	    "keeper.locked", LOG_ERR(&err),
	    log_table("reason", reason_text(v->reason)));
}

/* What time brings: a new spool pair every day, an empty WAL every hour, and
 * another try when the disk was full at the start. */
static void tend(struct server *s)
{
	struct vault *v = s->vault;
	const int64_t now_ms = v->env->boot_ms(v->env);
	struct err err;

	if (s->tended_ms != 0 && now_ms - s->tended_ms < TEND_MS)
		return;
	s->tended_ms = now_ms;
	if (v->reason == REASON_STORE_DAMAGED)
		unlock_first(s);
	if (v->reason != REASON_NONE)
		return;
	if (now_ms - s->truncated_ms >= TRUNCATE_MS) {
		s->truncated_ms = now_ms;
		v->truncate_due = true;
	}
	if (spoolpair_tend(v, &err) == 0 && vault_finish(v, &err) == 0)
		return;
	LOG(LOG_LEVEL_ERROR, "keeper.storage", LOG_ERR(&err));
	s->untrusted = err.kind == ERR_STORAGE;
}

static int poll_once(struct server *s)
{
	s->polls[POLL_LISTEN].events = s->peers < PEERS_MAX ? POLLIN : 0;
	if (poll(s->polls, POLL_PEERS + s->peers, TEND_MS) < 0)
		return errno == EINTR ? 1 : -1;
	return 0;
}

static void loop(struct server *s)
{
	while (!s->untrusted) {
		int rc;

		tend(s);
		rc = s->untrusted ? 0 : poll_once(s);
		if (rc > 0)
			continue;
		/* nobody writes to the lifeline but to end it */
		if (rc < 0 || s->polls[POLL_LIFELINE].revents != 0 ||
		    s->polls[POLL_SIGNAL].revents != 0)
			return;
		/* backwards: part() moves the last one into the gap */
		for (size_t i = s->peers; i > 0 && !s->untrusted; i--) {
			struct pollfd *p = &s->polls[POLL_PEERS + i - 1];

			if (p->revents != 0 && !serve_frame(s, p->fd))
				part(s, i - 1);
		}
		if ((s->polls[POLL_LISTEN].revents & POLLIN) != 0)
			greet(s);
	}
}

int keeper_serve(struct env *env, const struct keeper_conf *conf)
{
	struct server s = {.conf = conf};
	struct err err = {0};
	int signal_fd = -1;
	int rc = 1;

	if (undumpable(&err) != 0 || catch_signals(&signal_fd, &err) != 0 ||
	    vault_open(env, conf->dir, conf->credential, &s.vault, &err) != 0) {
		LOG(LOG_LEVEL_ERROR, "keeper.start.failed", LOG_ERR(&err));
		goto out;
	}
	s.truncated_ms = env->boot_ms(env);
	s.polls[POLL_LIFELINE] =
	    (struct pollfd){.fd = conf->lifeline_fd, .events = POLLIN};
	s.polls[POLL_SIGNAL] =
	    (struct pollfd){.fd = signal_fd, .events = POLLIN};
	s.polls[POLL_LISTEN] = (struct pollfd){.fd = conf->listen_fd};
	unlock_first(&s);
	s.tended_ms = env->boot_ms(env);
	/* if nobody is there to hear it, the loop ends at once */
	if (conf->lifeline_fd >= 0 && write(conf->lifeline_fd, "R", 1) != 1)
		LOG0(LOG_LEVEL_WARN, "keeper.lifeline.deaf");
	loop(&s);
	rc = s.untrusted ? EXIT_STORAGE : 0;
out:
	for (size_t i = 0; i < s.peers; i++)
		(void)close(s.polls[POLL_PEERS + i].fd); /* we are leaving */
	if (signal_fd >= 0)
		(void)close(signal_fd); /* nothing is read from it again */
	vault_close(&s.vault);
	return rc;
}
