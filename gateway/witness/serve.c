/* serve.c - a witness from its settings to its end. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "postern/listen.h"
#include "postern/log.h"
#include "witness/box.h"
#include "witness/witness.h"

#define EXIT_STOPPED 0
#define EXIT_FAILED  1

struct serve {
	char dir[PATH_MAX]; /* absolute: the rules of files need it */
	struct witness_settings settings;
	struct note_key key;
	struct witness *w;
	struct witness_listener *listener;
	int lock, listen_fd, signal_fd, stop_fd;
};

static int failed(const char *doing, const struct err *err)
{
	(void)fprintf(stderr, "postern: %s: %s", doing,
		      err->what != NULL ? err->what : "failed");
	if (err->native != 0)
		(void)fprintf(stderr, " (%s)", strerror(err->native));
	(void)fputc('\n', stderr);
	return -1;
}

/* Before any thread starts, so that all of them inherit it. */
static int open_signals(struct serve *s, struct err *err)
{
	sigset_t set;

	(void)sigemptyset(&set); /* cannot fail */
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0 ||
	    signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return ERR_SET(err, ERR_STORAGE, "signals", errno);
	s->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	s->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->signal_fd < 0 || s->stop_fd < 0)
		return ERR_SET(err, ERR_STORAGE, "descriptors", errno);
	return 0;
}

/* After it nothing is opened but what lies in logs/. */
static int give_up_rights(const struct serve *s, struct err *err)
{
	const struct sandbox_conf box = {
	    .rules = witness_box(), .dir = s->dir, .credential = ""};
	const struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_CORE, &none) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return ERR_SET(err, ERR_DENIED, "process limits", errno);
	return sandbox_enter(&box, err);
}

static int open_witness(struct serve *s, struct err *err)
{
	uint8_t secret[WITNESS_SECRET_BYTES];
	const struct witness_conf conf = {.env = env_system(),
					  .dir = s->dir,
					  .settings = &s->settings,
					  .key = &s->key,
					  .secret = secret};
	int rc = witness_key(s->dir, s->settings.name, &s->key, secret, err);

	if (rc == 0)
		rc = witness_open(&conf, &s->w, err);
	sodium_memzero(secret, sizeof(secret));
	return rc;
}

static int prepare(struct serve *s, const char *dir)
{
	struct err err = {0};

	if (realpath(dir, s->dir) == NULL) {
		err.native = errno;
		err.what = "no such folder";
		return failed(dir, &err);
	}
	if (witness_settings_load(s->dir, stderr, &s->settings) != 0)
		return -1;
	if (witness_lock(s->dir, &s->lock, &err) != 0 ||
	    open_witness(s, &err) != 0)
		return failed(dir, &err);
	if (listen_tcp(s->settings.listen, &s->listen_fd, &err) != 0)
		return failed(s->settings.listen, &err);
	if (open_signals(s, &err) != 0 || give_up_rights(s, &err) != 0)
		return failed(dir, &err);
	return 0;
}

static void greet(const struct serve *s)
{
	char vkey[NOTE_VKEY_BYTES];

	note_key_print(&s->key, vkey);
	(void)printf("%s listens at %s and signs with\n%s\n", s->settings.name,
		     s->settings.listen, vkey);
	(void)fflush(stdout); /* nobody need read it */
}

/* Whether it ends because it was asked to. */
static bool wait_for_the_end(const struct serve *s)
{
	struct pollfd fds[] = {{.fd = s->signal_fd, .events = POLLIN},
			       {.fd = s->stop_fd, .events = POLLIN}};

	while (poll(fds, 2, -1) < 0 && errno == EINTR)
		;
	return fds[1].revents == 0;
}

static int run(struct serve *s)
{
	int fd = s->listen_fd;
	struct err err = {0};
	bool asked;

	log_start();
	s->listen_fd = -1; /* the listener takes it */
	if (witness_listen(s->w, env_system(), fd, s->stop_fd, &s->listener,
			   &err) != 0) {
		LOG(LOG_LEVEL_ERROR, "witness.cannot_start", LOG_ERR(&err));
		log_stop();
		return EXIT_FAILED;
	}
	LOG(LOG_LEVEL_INFO, "witness.serves",
	    LOG_NUM("logs", s->settings.logs_len));
	greet(s);
	asked = wait_for_the_end(s);
	witness_listener_close(&s->listener);
	LOG0(LOG_LEVEL_INFO, "witness.stopped");
	log_stop();
	return asked ? EXIT_STOPPED : EXIT_FAILED;
}

int witness_serve(const char *dir)
{
	struct serve s = {
	    .lock = -1, .listen_fd = -1, .signal_fd = -1, .stop_fd = -1};
	int status = EXIT_FAILED;

	log_open("witness");
	if (prepare(&s, dir) == 0)
		status = run(&s);
	witness_close(&s.w);
	for (size_t i = 0; i < 4; i++) {
		const int fds[] = {s.listen_fd, s.signal_fd, s.stop_fd, s.lock};

		if (fds[i] >= 0)
			(void)close(fds[i]); /* nothing written */
	}
	return status;
}
