/* serve.c - process 2: one thread, one loop.
 *
 * Every step gets a turn; whoever moved something keeps the loop going, else
 * it waits in http_poll for traffic, the intake, an API job, a signal or the
 * next due time. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/api.h"
#include "backup/replay.h"
#include "backup/rows.h"
#include "breach/breach.h"
#include "consent_expire.h"
#include "forget/erasure.h"
#include "forget/holding.h"
#include "forget/sweep.h"
#include "holdlog.h"
#include "ledger_witness.h"
#include "ledgerclock.h"
#include "ledgerofficer.h"
#include "ledgerprune.h"
#include "ledgerpublish.h"
#include "lifecycle.h"
#include "opening.h"
#include "package/package.h"
#include "postern/log.h"
#include "prove.h"
#include "public/callbacks.h"
#include "public/public.h"
#include "recipients/telling.h"
#include "restrictionlog.h"
#include "rights/rights.h"
#include "simulating.h"
#include "stamping.h"
#include "sweepclock.h"
#include "worker.h"

#define WAIT_MAX_MS    1000
#define WAIT_LEAST_MS  5
#define RETRY_MS       1000
#define TURNS_MAX      32
#define DRAIN_MS       5000
#define EXIT_STOPPED   0
#define EXIT_TRY_AGAIN 75 /* EX_TEMPFAIL: the supervisor starts it anew */

struct turn {
	const char *name; /* static */
	int (*step)(struct worker *w, bool *ret_moved, struct err *err);
	int64_t (*due_in_ms)(const struct worker *w); /* NULL: none */
	bool inbound;	       /* rests while the loop ends */
	bool decides_nothing;  /* goes on while the policy is in doubt */
	bool restores;	       /* goes on while a backup is replayed */
	bool proves;	       /* goes on while the archive is in doubt */
	int64_t not_before_ms; /* boot clock: resting after ERR_BUSY */
	bool waits;	       /* said so already */
};

struct loop {
	struct worker *w;
	int wake_fd, lifeline_fd, signal_fd;
	bool received; /* the spool was read once */
	bool said_locked;
	int64_t look_again_ms; /* boot clock */
	bool fatal;
	struct turn turns[TURNS_MAX];
};

/* Rooms above this one have their turns here, and here alone. */
static const struct turn all_turns[] = {
    /* First: look_ready() asks whether it waits. */
    {.name = "receive", .step = receive_step, .inbound = true},
    {.name = "restoring",
     .step = replay_step,
     .inbound = true,
     .decides_nothing = true,
     .restores = true},
    {.name = "deliver", .step = deliver_step, .due_in_ms = deliver_due_in_ms},
    {.name = "send", .step = send_step, .due_in_ms = send_due_in_ms},
    {.name = "media", .step = media_step, .due_in_ms = media_due_in_ms},
    /* Before whatever deletes by it. */
    {.name = "clock", .step = sweepclock_step, .decides_nothing = true},
    {.name = "consent",
     .step = consent_step,
     .due_in_ms = consent_due_in_ms,
     .inbound = true},
    {.name = "policy",
     .step = lifecycle_step,
     .due_in_ms = lifecycle_due_in_ms,
     .inbound = true,
     .decides_nothing = true,
     .restores = true},
    /* Who asks, and what follows from it. */
    {.name = "rights", .step = rights_step, .due_in_ms = rights_due_in_ms},
    {.name = "api",
     .step = api_step,
     .inbound = true,
     .decides_nothing = true,
     .restores = true},
    /* Answers for itself while nothing else may be done. */
    {.name = "public",
     .step = public_step,
     .inbound = true,
     .decides_nothing = true,
     .restores = true,
     .proves = true},
    {.name = "callbacks",
     .step = callbacks_step,
     .due_in_ms = callbacks_due_in_ms},
    {.name = "telling", .step = telling_step, .due_in_ms = telling_due_in_ms},
    /* The proof log. */
    {.name = "stamping",
     .step = stamping_step,
     .due_in_ms = stamping_due_in_ms,
     .decides_nothing = true},
    {.name = "witnesses",
     .step = ledger_witness_step,
     .due_in_ms = ledger_witness_due_in_ms,
     .decides_nothing = true},
    {.name = "ledger",
     .step = ledgerclock_step,
     .inbound = true,
     .decides_nothing = true,
     .restores = true,
     .proves = true},
    {.name = "prune",
     .step = ledgerprune_step,
     .inbound = true,
     .decides_nothing = true},
    {.name = "publish",
     .step = ledgerpublish_step,
     .inbound = true,
     .decides_nothing = true},
    {.name = "officer",
     .step = ledgerofficer_step,
     .inbound = true,
     .decides_nothing = true},
    /* What goes, what stays, and what a person gets. */
    {.name = "sweep",
     .step = sweep_step,
     .due_in_ms = sweep_due_in_ms,
     .inbound = true},
    {.name = "restrictions",
     .step = restriction_log_step,
     .inbound = true,
     .decides_nothing = true},
    {.name = "holds",
     .step = hold_log_step,
     .inbound = true,
     .decides_nothing = true},
    {.name = "holding",
     .step = holding_step,
     .due_in_ms = holding_due_in_ms,
     .inbound = true},
    {.name = "erasure",
     .step = erasure_step,
     .due_in_ms = erasure_due_in_ms,
     .inbound = true,
     .restores = true},
    {.name = "backups", .step = backup_step, .inbound = true},
    {.name = "package",
     .step = package_step,
     .due_in_ms = package_due_in_ms,
     .inbound = true},
    {.name = "breaches", .step = breach_watch_step, .inbound = true},
    {.name = "counting", .step = breach_count_step, .inbound = true},
    /* Last: what waits for an answer goes first. */
    {.name = "simulating",
     .step = simulating_step,
     .due_in_ms = simulating_due_in_ms,
     .inbound = true},
};
#define TURNS (sizeof(all_turns) / sizeof(all_turns[0]))
_Static_assert(TURNS <= TURNS_MAX, "a place for every turn");

/* --- one turn ------------------------------------------------------------- */

static void rest(struct loop *l, struct turn *t, const struct err *err)
{
	struct worker *w = l->w;

	t->not_before_ms = worker_boot(w) + RETRY_MS;
	if (t->step == receive_step) {
		COUNT(w, keeper_waits);
		w->ready = false;
	}
	if (!t->waits)
		LOG(LOG_LEVEL_WARN, "worker.waits", log_table("step", t->name),
		    LOG_ERR(err));
	t->waits = true;
}

static void take_turn(struct loop *l, struct turn *t, bool *moved)
{
	struct err err = {0};

	if (worker_boot(l->w) < t->not_before_ms ||
	    (l->w->restoring && !t->restores) ||
	    (!t->decides_nothing && !lifecycle_trusted(l->w)) ||
	    (!t->proves && !ledgerclock_lets(l->w, t->decides_nothing)))
		return;
	if (t->step(l->w, moved, &err) == 0) {
		if (t->waits)
			LOG(LOG_LEVEL_INFO, "worker.goes_on",
			    log_table("step", t->name));
		t->waits = false;
		t->not_before_ms = 0;
		if (t->step == receive_step)
			l->received = true;
		return;
	}
	/* Whatever it was about did not happen. */
	prove_drop(l->w);
	switch (err.kind) {
	case ERR_STORAGE:
	case ERR_CORRUPT:
	case ERR_UNCERTAIN:
		LOG(LOG_LEVEL_ERROR, "worker.ends", log_table("step", t->name),
		    LOG_ERR(&err));
		l->fatal = true;
		break;
	default:
		rest(l, t, &err);
	}
}

/* When nobody moved.  Who is due all the same waits for something else, for a
 * keeper that is locked, perhaps: no reason to go round without end. */
static int wait_ms(const struct loop *l)
{
	int64_t least = WAIT_MAX_MS, due;

	for (size_t i = 0; i < TURNS; i++) {
		if (l->turns[i].due_in_ms == NULL ||
		    l->turns[i].not_before_ms != 0)
			continue;
		due = l->turns[i].due_in_ms(l->w);
		if (due >= 0 && due < least)
			least = due;
	}
	return least > WAIT_LEAST_MS ? (int)least : WAIT_LEAST_MS;
}

/* --- descriptors ---------------------------------------------------------- */

static void drain_fds(struct loop *l)
{
	struct pollfd fds[] = {
	    {.fd = l->wake_fd, .events = POLLIN},
	    {.fd = l->signal_fd, .events = POLLIN},
	    {.fd = l->lifeline_fd, .events = POLLIN},
	};
	struct signalfd_siginfo info;
	uint64_t count;
	char byte[16];
	ssize_t n;

	if (poll(fds, sizeof(fds) / sizeof(fds[0]), 0) <= 0)
		return;
	/* The count does not matter: receive reads all there is. */
	if (fds[0].revents & POLLIN)
		(void)!read(l->wake_fd, &count, sizeof(count));
	if ((fds[1].revents & POLLIN) &&
	    read(l->signal_fd, &info, sizeof(info)) == sizeof(info))
		l->w->stopping = true;
	if (fds[2].revents == 0)
		return;
	n = read(l->lifeline_fd, byte, sizeof(byte));
	if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
		l->w->stopping = true;
}

static int poll_all(struct loop *l, int timeout_ms)
{
	struct worker *w = l->w;
	int fds[5] = {l->wake_fd, l->signal_fd, l->lifeline_fd};
	struct err err = {0};
	size_t len = 3;

	if (w->api != NULL)
		fds[len++] = api_job_fd(w->api);
	/* At the end the next process answers. */
	if (w->hatch_fd > 0 && !w->stopping)
		fds[len++] = w->hatch_fd;
	if (http_poll(w->http, fds, len, timeout_ms, &err) != 0) {
		LOG(LOG_LEVEL_ERROR, "worker.poll", LOG_ERR(&err));
		return -1;
	}
	drain_fds(l);
	return 0;
}

/* --- readiness ------------------------------------------------------------ */

static bool trusted(const struct worker *w)
{
	return lifecycle_trusted(w) && ledgerclock_lets(w, false);
}

static void look_ready(struct loop *l)
{
	struct keeper_status status = {0};
	struct worker *w = l->w;
	struct err err = {0};

	if (w->ready || worker_boot(w) < l->look_again_ms ||
	    (trusted(w) && (!l->received || l->turns[0].waits)))
		return;
	if (keeper_status(w->keeper, &status, &err) != 0 || status.locked) {
		if (!l->said_locked)
			LOG0(LOG_LEVEL_WARN, "worker.keeper_locked");
		l->said_locked = true;
		l->look_again_ms = worker_boot(w) + RETRY_MS;
		return;
	}
	l->said_locked = false;
	if (!trusted(w))
		return;
	if (prove_keys(w, (int64_t)status.root_epoch, &err) != 0) {
		LOG(LOG_LEVEL_ERROR, "worker.cannot_prove", LOG_ERR(&err));
		l->look_again_ms = worker_boot(w) + RETRY_MS;
		l->fatal = err.kind != ERR_BUSY && err.kind != ERR_NOMEM;
		return;
	}
	w->ready = true;
	LOG0(LOG_LEVEL_INFO, "worker.ready");
}

/* --- the loop ------------------------------------------------------------- */

static void run(struct loop *l)
{
	bool moved;

	while (!l->w->stopping && !l->fatal && !ledgerclock_refused(l->w)) {
		moved = false;
		for (size_t i = 0; i < TURNS && !l->fatal; i++)
			take_turn(l, &l->turns[i], &moved);
		if (l->fatal)
			break;
		look_ready(l);
		if (poll_all(l, moved ? 0 : wait_ms(l)) != 0)
			l->fatal = true;
	}
}

/* What came back is written; nothing new starts, the steps see stopping. */
static void settle(struct loop *l)
{
	bool moved = false;

	for (size_t i = 0; i < TURNS && !l->fatal; i++)
		if (!l->turns[i].inbound)
			take_turn(l, &l->turns[i], &moved);
}

/* Calls under way get a little time, so that fewer outcomes are unknown. */
static void drain(struct loop *l)
{
	int64_t until_ms = worker_boot(l->w) + DRAIN_MS, left;

	l->w->stopping = true;
	l->w->ready = false;
	if (l->w->api != NULL)
		api_close(&l->w->api);
	settle(l);
	while (!l->fatal && http_under_way(l->w->http) > 0) {
		left = until_ms - worker_boot(l->w);
		if (left <= 0 || poll_all(l, left < 100 ? (int)left : 100) != 0)
			break;
		settle(l);
	}
	if (http_under_way(l->w->http) > 0)
		LOG(LOG_LEVEL_WARN, "worker.calls_dropped",
		    LOG_NUM("calls", http_under_way(l->w->http)));
	if (!l->fatal)
		ledgerclock_end(l->w);
}

static int open_signals(int *ret_fd, struct err *err)
{
	sigset_t set;
	int fd;

	(void)sigemptyset(&set); /* cannot fail */
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	/* Before any thread starts, so that all of them inherit it. */
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0 ||
	    signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return ERR_SET(err, ERR_STORAGE, "signals", errno);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return ERR_SET(err, ERR_STORAGE, "signalfd", errno);
	*ret_fd = fd;
	return 0;
}

static void end(struct worker *w, int signal_fd)
{
	worker_close(w);
	sodium_memzero(&w->mask, sizeof(w->mask));
	if (signal_fd >= 0)
		(void)close(signal_fd); /* nothing written */
}

int worker_serve(struct env *env, const struct worker_conf *conf)
{
	struct worker w = {.env = env};
	struct loop l = {
	    .w = &w,
	    .wake_fd = conf->wake_fd,
	    .lifeline_fd = conf->lifeline_fd,
	    .signal_fd = -1,
	};
	struct err err = {0};
	bool refused;

	memcpy(l.turns, all_turns, sizeof(all_turns));
	if (open_signals(&l.signal_fd, &err) != 0 ||
	    worker_open(&w, conf, &err) != 0 ||
	    ledgerclock_prove(&w, &err) != 0) {
		LOG(LOG_LEVEL_ERROR, "worker.cannot_start", LOG_ERR(&err));
		end(&w, l.signal_fd);
		return EXIT_TRY_AGAIN;
	}
	if (ledgerclock_refused(&w)) {
		end(&w, l.signal_fd);
		return EXIT_LOG_REFUSED;
	}
	/* A supervisor that is gone is noticed by the end of the lifeline. */
	(void)send(conf->lifeline_fd, "R", 1, MSG_NOSIGNAL);
	LOG0(LOG_LEVEL_INFO, "worker.serves");
	run(&l);
	drain(&l);
	refused = ledgerclock_refused(&w);
	end(&w, l.signal_fd);
	LOG0(LOG_LEVEL_INFO, "worker.stopped");
	if (refused)
		return EXIT_LOG_REFUSED;
	return l.fatal ? EXIT_TRY_AGAIN : EXIT_STOPPED;
}
