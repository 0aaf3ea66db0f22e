/* loop.c - waits for signals and children; starts again, reloads, drains.
 *
 * Reloading and draining are plans: lists of children to stop one after the
 * other, each started again or not. */
#include "supervise/supervise.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "postern/log.h"
#include "worker/ledgerclock.h"

struct child {
	pid_t pid;	/* 0: not running */
	int lifeline;	/* our end, -1 none */
	bool listening; /* its word may still come */
	bool ready;
	int64_t started_ms, wait_ms; /* of the last restart */
	int64_t due_ms;		     /* start then; 0 not waiting */
	int64_t kill_ms;	     /* told to stop: killed then; 0 not told */
};

struct step {
	enum child_role role;
	int64_t limit_ms;    /* of its stop; at the end: of all before too */
	int64_t patience_ms; /* then the next is told as well; 0: no limit */
	bool again;
};

enum step_state { STEP_BEGIN, STEP_STOPPING, STEP_STARTING };

struct loop {
	const struct loop_conf *conf;
	struct child children[CHILDREN];
	int signal_fd;
	const struct step *plan;
	size_t plan_len, at;
	enum step_state state;
	int64_t state_ms, begun_ms;
	bool draining, reload, announced;
	bool refused;	 /* a child ended that must not be started anew */
	int64_t tend_ms; /* 0: nothing else to do */
};

/* Each is the one that feeds the next.  The worker does not wait for an
 * intake on a slow disk: what that still accepts is durable in the spool, and
 * both would wait for the same disk, one after the other. */
static const struct step drain_plan[] = {
    {CHILD_INTAKE, END_CHILDREN_MS, END_PATIENCE_MS, false},
    {CHILD_WORKER, END_CHILDREN_MS, 0, false},
    {CHILD_KEEPER, END_KEEPER_MS, 0, false},
};
/* Listening sockets stay open here meanwhile: clients wait, none is refused. */
static const struct step reload_plan[] = {
    {CHILD_WORKER, STOP_WORKER_MS, 0, true},
    {CHILD_INTAKE, STOP_INTAKE_MS, 0, true},
};

int64_t restart_wait_ms(int64_t last_ms, int64_t lived_ms)
{
	if (last_ms <= 0 || lived_ms >= RESTART_GOOD_MS)
		return RESTART_FIRST_MS;
	return last_ms >= RESTART_MOST_MS / 2 ? RESTART_MOST_MS : last_ms * 2;
}

static int64_t now_ms(const struct loop *l)
{
	return l->conf->env->boot_ms(l->conf->env);
}

static struct log_field log_child(enum child_role role)
{
	return log_table("child", child_role_name(role));
}

/* --- starting ------------------------------------------------------------- */

static int start_child(struct loop *l, enum child_role role, struct err *err)
{
	struct child *c = &l->children[role];
	int ends[2];
	pid_t pid = 0;
	int rc;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return ERR_SET(err, ERR_BUSY, "no lifeline", errno);
	rc = l->conf->start(l->conf->ctx, role, ends[1], &pid, err);
	(void)close(ends[1]); /* the child has its copy */
	if (rc != 0) {
		(void)close(ends[0]); /* never used */
		return -1;
	}
	c->pid = pid;
	c->lifeline = ends[0];
	c->listening = true;
	processes_started(l->conf->processes, role, now_ms(l));
	return 0;
}

static void start(struct loop *l, enum child_role role)
{
	struct child *c = &l->children[role];
	struct err err = {0};

	c->started_ms = now_ms(l);
	c->due_ms = 0;
	c->kill_ms = 0;
	c->ready = false;
	if (start_child(l, role, &err) == 0) {
		LOG(LOG_LEVEL_INFO, "child.started", log_child(role),
		    LOG_NUM("pid", c->pid));
		return;
	}
	c->wait_ms = restart_wait_ms(c->wait_ms, 0);
	c->due_ms = c->started_ms + c->wait_ms;
	LOG(LOG_LEVEL_ERROR, "child.start.failed", log_child(role),
	    LOG_NUM("wait_ms", c->wait_ms), LOG_ERR(&err));
}

static void start_due(struct loop *l)
{
	for (size_t i = 0; i < CHILDREN; i++)
		if (l->children[i].due_ms != 0 &&
		    l->children[i].due_ms <= now_ms(l))
			start(l, (enum child_role)i);
}

/* --- what children say ---------------------------------------------------- */

static void announce(struct loop *l)
{
	for (size_t i = 0; i < CHILDREN; i++)
		if (!l->children[i].ready)
			return;
	if (l->announced)
		return;
	l->announced = true;
	LOG(LOG_LEVEL_INFO, "serve.ready",
	    LOG_NUM("after_ms", now_ms(l) - l->begun_ms));
}

static void hear(struct loop *l, enum child_role role)
{
	struct child *c = &l->children[role];
	char word = 0;
	ssize_t n = recv(c->lifeline, &word, 1, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	c->listening = false; /* one word; an end shows as SIGCHLD */
	if (n != 1 || word != 'R')
		return;
	c->ready = true;
	processes_ready(l->conf->processes, role);
	LOG(LOG_LEVEL_INFO, "child.ready", log_child(role),
	    LOG_NUM("after_ms", now_ms(l) - c->started_ms));
	announce(l);
}

/* --- what becomes of them ------------------------------------------------- */

static void bury(struct loop *l, enum child_role role, int status)
{
	struct child *c = &l->children[role];
	bool told = c->kill_ms != 0;

	LOG(told ? LOG_LEVEL_INFO : LOG_LEVEL_WARN, "child.ended",
	    log_child(role), LOG_NUM("pid", c->pid),
	    LOG_NUM("status", WIFEXITED(status) ? WEXITSTATUS(status) : -1),
	    LOG_NUM("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0));
	(void)close(c->lifeline); /* nothing was written */
	processes_ended(l->conf->processes, role);
	c->lifeline = -1;
	c->pid = 0;
	c->ready = false;
	c->listening = false;
	c->kill_ms = 0;
	if (l->draining)
		l->conf->gone(l->conf->ctx, role);
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_LOG_REFUSED)
		l->refused = true;
	if (told || l->draining || l->refused)
		return;
	c->wait_ms = restart_wait_ms(c->wait_ms, now_ms(l) - c->started_ms);
	c->due_ms = now_ms(l) + c->wait_ms;
	LOG(LOG_LEVEL_INFO, "child.restart", log_child(role),
	    LOG_NUM("wait_ms", c->wait_ms));
}

static void reap(struct loop *l)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		size_t i = 0;

		while (i < CHILDREN && l->children[i].pid != pid)
			i++;
		if (i < CHILDREN)
			bury(l, (enum child_role)i, status);
		else if (l->conf->ended != NULL)
			l->conf->ended(l->conf->ctx, pid, status, now_ms(l));
	}
}

static void tell_to_stop(struct loop *l, enum child_role role, int64_t kill_ms)
{
	struct child *c = &l->children[role];
	bool told = c->kill_ms != 0;

	c->due_ms = 0;
	if (c->pid == 0)
		return;
	/* One that a reload has told gets no more time than the others. */
	if (!told || (kill_ms < c->kill_ms && c->kill_ms != INT64_MAX))
		c->kill_ms = kill_ms;
	if (told)
		return;
	/* Both directions: the child sees the end, its word is no more. */
	(void)shutdown(c->lifeline, SHUT_RDWR);
	c->listening = false;
}

static void kill_late(struct loop *l)
{
	for (size_t i = 0; i < CHILDREN; i++) {
		struct child *c = &l->children[i];

		if (c->pid == 0 || c->kill_ms == 0 || c->kill_ms > now_ms(l))
			continue;
		LOG(LOG_LEVEL_WARN, "child.killed",
		    log_child((enum child_role)i), LOG_NUM("pid", c->pid));
		(void)kill(c->pid, SIGKILL); /* ours, and not yet waited for */
		c->kill_ms = INT64_MAX;	     /* once */
	}
}

/* --- plans ---------------------------------------------------------------- */

static void enter(struct loop *l, enum step_state state)
{
	l->state = state;
	l->state_ms = now_ms(l);
}

static void begin_plan(struct loop *l, const struct step *plan, size_t len)
{
	l->plan = plan;
	l->plan_len = len;
	l->at = 0;
	enter(l, STEP_BEGIN);
}

/* When to look again though nobody says anything; 0 never. */
static int64_t step_end_ms(const struct loop *l)
{
	if (l->plan == NULL || l->at >= l->plan_len)
		return 0;
	if (l->state == STEP_STARTING)
		return l->state_ms + RELOAD_READY_MS;
	if (l->state == STEP_STOPPING && l->plan[l->at].patience_ms != 0)
		return l->state_ms + l->plan[l->at].patience_ms;
	return 0;
}

/* Whether the present step moved. */
static bool advance(struct loop *l)
{
	const struct step *s = &l->plan[l->at];
	struct child *c = &l->children[s->role];

	switch (l->state) {
	case STEP_BEGIN:
		tell_to_stop(l, s->role,
			     (l->draining ? l->begun_ms : now_ms(l)) +
				 s->limit_ms);
		enter(l, STEP_STOPPING);
		return true;
	case STEP_STOPPING:
		if (c->pid != 0 &&
		    (s->patience_ms == 0 || now_ms(l) < step_end_ms(l)))
			return false;
		if (s->again)
			start(l, s->role);
		else
			l->at++;
		enter(l, s->again ? STEP_STARTING : STEP_BEGIN);
		return true;
	case STEP_STARTING:
		/* One that does not come up must not keep the other old. */
		if (!c->ready && now_ms(l) < step_end_ms(l))
			return false;
		l->at++;
		enter(l, STEP_BEGIN);
		return true;
	}
	return false;
}

static void follow_plan(struct loop *l)
{
	while (l->plan != NULL && l->at < l->plan_len)
		if (!advance(l))
			return;
	if (l->plan == reload_plan)
		LOG0(LOG_LEVEL_INFO, "serve.reloaded");
	if (!l->draining)
		l->plan = NULL;
	if (l->plan == NULL && l->reload) {
		l->reload = false;
		if (l->conf->reload(l->conf->ctx)) {
			LOG0(LOG_LEVEL_INFO, "serve.reload");
			begin_plan(l, reload_plan, 2);
			follow_plan(l);
		} else {
			LOG0(LOG_LEVEL_WARN, "serve.reload.refused");
		}
	}
}

static void drain(struct loop *l)
{
	if (l->draining)
		return;
	LOG0(LOG_LEVEL_INFO, "serve.draining");
	l->draining = true;
	l->begun_ms = now_ms(l);
	for (size_t i = 0; i < CHILDREN; i++) {
		l->children[i].due_ms = 0;
		if (l->children[i].pid == 0)
			l->conf->gone(l->conf->ctx, (enum child_role)i);
	}
	begin_plan(l, drain_plan, 3);
}

/* --- waiting -------------------------------------------------------------- */

static void obey_signals(struct loop *l)
{
	struct signalfd_siginfo info;

	while (read(l->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			l->reload = !l->draining;
		else if (info.ssi_signo != SIGCHLD)
			drain(l);
	}
}

static int64_t sooner(int64_t a, int64_t b)
{
	return b != 0 && b < a ? b : a;
}

static int wait_time(const struct loop *l)
{
	int64_t now = now_ms(l);
	int64_t next = now + 60000;

	for (size_t i = 0; i < CHILDREN; i++) {
		next = sooner(next, l->children[i].due_ms);
		next = sooner(next, l->children[i].kill_ms);
	}
	next = sooner(next, step_end_ms(l));
	next = sooner(next, l->tend_ms);
	return next <= now ? 0 : (int)(next - now);
}

static void wait_and_hear(struct loop *l)
{
	struct pollfd p[CHILDREN + 1];

	for (size_t i = 0; i < CHILDREN; i++)
		p[i] = (struct pollfd){.fd = l->children[i].listening
						 ? l->children[i].lifeline
						 : -1,
				       .events = POLLIN};
	p[CHILDREN] = (struct pollfd){.fd = l->signal_fd, .events = POLLIN};
	if (poll(p, CHILDREN + 1, wait_time(l)) < 0)
		return; /* interrupted, or out of memory: come round again */
	for (size_t i = 0; i < CHILDREN; i++)
		if (p[i].revents != 0)
			hear(l, (enum child_role)i);
	if (p[CHILDREN].revents != 0)
		obey_signals(l);
}

static bool all_gone(const struct loop *l)
{
	if (!l->draining || l->at < l->plan_len)
		return false;
	for (size_t i = 0; i < CHILDREN; i++)
		if (l->children[i].pid != 0)
			return false;
	return true;
}

static void tend(struct loop *l)
{
	l->tend_ms = l->conf->tend != NULL && !l->draining
			 ? l->conf->tend(l->conf->ctx, now_ms(l))
			 : 0;
}

static int catch_signals(int *ret_fd)
{
	static const int ours[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
	sigset_t set;

	(void)sigemptyset(&set); /* these cannot fail */
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		(void)sigaddset(&set, ours[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return -1;
	*ret_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return *ret_fd < 0 ? -1 : 0;
}

int loop_run(const struct loop_conf *conf)
{
	struct loop l = {.conf = conf, .signal_fd = -1};

	l.begun_ms = now_ms(&l);
	if (catch_signals(&l.signal_fd) != 0)
		return 1;
	/* A reader that stalls must not stop the supervision.  After the
	 * signals are blocked, so that the thread does not take them. */
	log_start();
	for (size_t i = 0; i < CHILDREN; i++) {
		l.children[i].lifeline = -1;
		start(&l, (enum child_role)i);
	}
	while (!all_gone(&l)) {
		wait_and_hear(&l);
		reap(&l);
		kill_late(&l);
		if (l.refused)
			drain(&l);
		start_due(&l);
		follow_plan(&l);
		tend(&l);
	}
	LOG(LOG_LEVEL_INFO, "serve.stopped",
	    LOG_NUM("after_ms", now_ms(&l) - l.begun_ms));
	log_stop();
	(void)close(l.signal_fd); /* only read from */
	return l.refused ? EXIT_LOG_REFUSED : 0;
}
