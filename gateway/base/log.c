/* log.c - JSON lines: direct at first, through a ring and a thread later.
 *
 * Our processes share one pipe.  Writes up to PIPE_BUF are atomic there, so
 * every write is whole lines and at most that long. */
#include "postern/log.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#include "postern/env.h"

#define LINE_BYTES	1024
#define RING_BYTES	(128u * 1024)
#define DIRECT_WAIT_MS	200
#define STOP_WAIT_S	1
#define PROCESS_LEN_MAX 15

_Static_assert(LINE_BYTES <= PIPE_BUF, "a line is one atomic write");

/* One log per process, by contract. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t filled;
	pthread_t writer;
	bool running, stopping;
	char process[PROCESS_LEN_MAX + 1];
	_Atomic int least;
	_Atomic uint64_t dropped;
	size_t at, len; /* oldest byte and bytes in the ring */
	char ring[RING_BYTES];
} log_state = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .filled = PTHREAD_COND_INITIALIZER,
    .process = "postern",
    .least = LOG_LEVEL_INFO,
};

/* --- a line --------------------------------------------------------------- */

struct line {
	char text[LINE_BYTES];
	size_t len;
	bool full;
};

/* Room for the closing brace and the newline is kept back. */
static void put(struct line *l, const char *bytes, size_t len)
{
	if (l->full || len > sizeof(l->text) - 2 - l->len) {
		l->full = true;
		return;
	}
	memcpy(l->text + l->len, bytes, len);
	l->len += len;
}

static void put_string(struct line *l, const char *text)
{
	put(l, "\"", 1);
	for (; *text != 0; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			put(l, "\\", 1);
		put(l, c < 0x20 || c > 0x7e ? "?" : text, 1);
	}
	put(l, "\"", 1);
}

static void put_text_field(struct line *l, const char *key, const char *text)
{
	put(l, l->len == 0 ? "{" : ",", 1);
	put_string(l, key);
	put(l, ":", 1);
	put_string(l, text);
}

static void put_field(struct line *l, const struct log_field *f)
{
	char num[24];
	int n;

	switch (f->type) {
	case LOG_FIELD_TOKEN:
		put_text_field(l, f->key, f->token != NULL ? f->token : "");
		return;
	case LOG_FIELD_NAME:
		put_text_field(l, f->key, f->name.text);
		return;
	case LOG_FIELD_ID:
		put_text_field(l, f->key, f->id.text);
		return;
	case LOG_FIELD_NUM:
		break;
	}
	put(l, ",", 1);
	put_string(l, f->key);
	put(l, ":", 1);
	n = snprintf(num, sizeof(num), "%lld", (long long)f->num);
	put(l, num, n > 0 ? (size_t)n : 0);
}

static void put_time(struct line *l)
{
	struct timespec ts = {0};
	char stamp[RFC3339_BYTES];
	char text[RFC3339_BYTES + 8];

	(void)clock_gettime(CLOCK_REALTIME, &ts); /* cannot fail */
	env_rfc3339((int64_t)ts.tv_sec * 1000, stamp);
	(void)snprintf(text, sizeof(text), "%.19s.%03uZ", stamp,
		       (unsigned int)(ts.tv_nsec / 1000000) % 1000);
	put_text_field(l, "time", text);
}

static const char *level_name(enum log_level level)
{
	static const char *const names[] = {"debug", "info", "warn", "error"};

	return names[level];
}

/* A field that does not fit is left out whole; the line stays valid JSON. */
static void build(struct line *l, enum log_level level, const char *event,
		  const struct log_field *fields, size_t fields_len)
{
	l->len = 0;
	l->full = false;
	put_time(l);
	put_text_field(l, "level", level_name(level));
	put_text_field(l, "process", log_state.process);
	put_text_field(l, "event", event);
	for (size_t i = 0; i < fields_len; i++) {
		size_t before = l->len;

		put_field(l, &fields[i]);
		if (l->full) {
			l->len = before;
			l->full = false;
		}
	}
	l->text[l->len++] = '}';
	l->text[l->len++] = '\n';
}

/* --- writing -------------------------------------------------------------- */

/* Waits at most wait_ms (-1: for ever) for a reader that is behind. */
static bool write_whole(const char *bytes, size_t len, int wait_ms)
{
	while (len > 0) {
		ssize_t n = write(STDERR_FILENO, bytes, len);

		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
			continue;
		}
		if (n < 0 && errno == EAGAIN) {
			struct pollfd p = {.fd = STDERR_FILENO,
					   .events = POLLOUT};

			if (poll(&p, 1, wait_ms) > 0)
				continue;
		}
		if (n == 0 || errno != EINTR)
			return false;
	}
	return true;
}

/* Under the lock: takes whole lines, at most PIPE_BUF bytes. */
static size_t take(char ret[PIPE_BUF])
{
	size_t whole = 0;

	for (size_t i = 0; i < log_state.len && i < PIPE_BUF; i++) {
		ret[i] = log_state.ring[(log_state.at + i) % RING_BYTES];
		if (ret[i] == '\n')
			whole = i + 1;
	}
	log_state.at = (log_state.at + whole) % RING_BYTES;
	log_state.len -= whole;
	return whole;
}

/* Under the lock. */
static bool enqueue(const struct line *l)
{
	if (l->len > RING_BYTES - log_state.len)
		return false;
	for (size_t i = 0; i < l->len; i++)
		log_state
		    .ring[(log_state.at + log_state.len + i) % RING_BYTES] =
		    l->text[i];
	log_state.len += l->len;
	return true;
}

static void tell_dropped(uint64_t *told)
{
	uint64_t now = log_dropped();
	struct log_field f = LOG_NUM("lines", now - *told);
	struct line l;

	if (now == *told)
		return;
	*told = now;
	build(&l, LOG_LEVEL_WARN, "log.dropped", &f, 1);
	(void)write_whole(l.text, l.len, -1); /* nowhere to report it */
}

static void *run_writer(void *arg)
{
	char bytes[PIPE_BUF];
	uint64_t told = log_dropped();

	(void)arg;
	for (;;) {
		size_t len;

		(void)pthread_mutex_lock(&log_state.lock);
		while (log_state.len == 0 && !log_state.stopping)
			(void)pthread_cond_wait(&log_state.filled,
						&log_state.lock);
		len = take(bytes);
		(void)pthread_mutex_unlock(&log_state.lock);
		if (len == 0)
			break;
		if (!write_whole(bytes, len, -1))
			(void)atomic_fetch_add(&log_state.dropped, 1);
		else
			tell_dropped(&told);
	}
	return NULL;
}

void log_line(enum log_level level, const char *event,
	      const struct log_field *fields, unsigned long fields_len)
{
	struct line l;
	bool kept;

	if ((int)level < atomic_load(&log_state.least))
		return;
	build(&l, level, event, fields, fields_len);
	(void)pthread_mutex_lock(&log_state.lock);
	if (log_state.running) {
		kept = enqueue(&l);
		(void)pthread_cond_signal(&log_state.filled);
	} else {
		kept = write_whole(l.text, l.len, DIRECT_WAIT_MS);
	}
	(void)pthread_mutex_unlock(&log_state.lock);
	if (!kept)
		(void)atomic_fetch_add(&log_state.dropped, 1);
}

uint64_t log_dropped(void)
{
	return atomic_load(&log_state.dropped);
}

void log_open(const char *process)
{
	(void)snprintf(log_state.process, sizeof(log_state.process), "%s",
		       process);
}

void log_set_level(enum log_level least)
{
	atomic_store(&log_state.least, (int)least);
}

void log_start(void)
{
	(void)pthread_mutex_lock(&log_state.lock);
	log_state.stopping = false;
	/* Without a thread lines go on being written directly. */
	if (!log_state.running)
		log_state.running = pthread_create(&log_state.writer, NULL,
						   run_writer, NULL) == 0;
	(void)pthread_mutex_unlock(&log_state.lock);
}

void log_stop(void)
{
	struct timespec end = {0};
	bool ran;

	(void)pthread_mutex_lock(&log_state.lock);
	ran = log_state.running;
	log_state.stopping = true;
	(void)pthread_cond_signal(&log_state.filled);
	(void)pthread_mutex_unlock(&log_state.lock);
	if (!ran)
		return;
	(void)clock_gettime(CLOCK_REALTIME, &end); /* cannot fail */
	end.tv_sec += STOP_WAIT_S;
	if (pthread_timedjoin_np(log_state.writer, NULL, &end) != 0) {
		/* Stuck in write(2): leave it; lines keep being counted. */
		(void)pthread_detach(log_state.writer);
		return;
	}
	(void)pthread_mutex_lock(&log_state.lock);
	log_state.running = false;
	(void)pthread_mutex_unlock(&log_state.lock);
}

/* --- fields --------------------------------------------------------------- */

struct log_field log_name(const char *key, const struct name *name)
{
	return (struct log_field){
	    .key = key, .name = *name, .type = LOG_FIELD_NAME};
}

struct log_field log_id(const char *key, const struct id_text *id)
{
	return (struct log_field){.key = key, .id = *id, .type = LOG_FIELD_ID};
}

struct log_field log_table(const char *key, const char *static_token)
{
	return (struct log_field){
	    .key = key, .token = static_token, .type = LOG_FIELD_TOKEN};
}

struct log_field log_err_kind(const struct err *err)
{
	return log_table("kind", err_kind_name(err->kind));
}

struct log_field log_err_where(const struct err *err)
{
	return log_table("where", err->where);
}

struct log_field log_err_what(const struct err *err)
{
	return log_table("what", err->what);
}

struct log_field log_err_native(const struct err *err)
{
	return (struct log_field){
	    .key = "native", .num = err->native, .type = LOG_FIELD_NUM};
}
