/* load.c - the load generator: signed WhatsApp texts over keep-alive
 * connections, closed loop or at a rate, each with its own id, in order per
 * person; a ledger of what was sent and acknowledged.
 *
 * Every connection owns its persons, so the order of acknowledgements within
 * a conversation is the order of sending.  Without --retry a failed request
 * is given up; with it the same body is sent again, as the provider would.
 *
 * For measuring: --prepare composes all --count requests before the clock
 * starts, so that the generator costs its peers only the sockets; --rate is
 * an open loop whose latency counts from when a request was due, not from
 * when a connection was free for it; --keepalive off connects each time.  The
 * same bytes go to whatever --hook names; who does not verify ignores them. */
#include "sim.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sodium.h>
#include <stdarg.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_BYTES 2048

static double cpu_before;

struct line { /* one connection */
	int fd;
	char *request;
	size_t request_len, sent;
	char answer[ANSWER_BYTES];
	size_t answer_len;
	int64_t began_us, retry_us; /* retry_us: wait until; 0 not waiting */
	uint64_t number;	    /* message under way + 1; 0 idle */
	uint64_t made;		    /* messages this connection began */
	bool writable;		    /* waits for room to write */
};

struct load {
	struct sockaddr_in address;
	char host[64], path[300];
	const char *account;
	char *secret;
	struct line *lines;
	size_t lines_len, persons, first_person;
	uint64_t count, begun, acked, failed, retried, seed;
	int64_t rate, start_us, stop_us;
	size_t text_bytes;
	bool retry, close_each;
	FILE *ledger;
	size_t under_way;
	struct line **idle; /* a stack of those without a message */
	size_t idle_len;
	struct prepared {
		char *request;
		size_t len;
	} * prepared;	/* count of them, or NULL */
	char *template; /* a body with room for what differs */
	size_t template_len, at_phone, at_id, at_time, at_text, text_len;
	uint32_t *latency_us; /* of acknowledged ones */
	size_t latency_size;
	int epoll;
	char run[17];
};

static void load_ledger(struct load *l, const char *what, uint64_t number)
{
	if (l->ledger != NULL) {
		/* the moment too, for tests that cut the power in between */
		fprintf(l->ledger, "%s %s-%llu %lld\n", what, l->run,
			(unsigned long long)number, (long long)sim_boot_us());
		fflush(l->ledger);
	}
}

#define PHONE_LEN    14 /* "49171392" and six digits */
#define ID_LEN	     28 /* run and twelve digits */
#define TIME_LEN     10
#define TEXT_LEN_MIN 88 /* what the text says fits in it */
#define HEAD_BYTES   1024
#define CURVE_POINTS 120

static size_t place_of(const struct load *l, const char *mark, size_t len)
{
	const char *at = memmem(l->template, l->template_len, mark, len);

	if (at == NULL)
		abort();
	return (size_t)(at - l->template);
}

/* Meta's escaping and layout once, by the same code as the simulator's; then
 * only marked places of fixed length change. */
static void template_make(struct load *l)
{
	char *text;

	l->text_len =
	    l->text_bytes > TEXT_LEN_MIN ? l->text_bytes : TEXT_LEN_MIN;
	text = malloc(l->text_len + 1);
	if (text == NULL)
		abort();
	for (size_t i = 0; i < l->text_len; i++)
		text[i] = "etaoin shrdlu "[i % 14];
	memset(text, '@', 4);
	text[l->text_len] = '\0';
	l->template = sim_whatsapp_text(
	    l->account, "49171392######", "Lasttest",
	    "wamid.****************************", 1000000000, text);
	free(text);
	l->template_len = strlen(l->template);
	l->at_phone = place_of(l, "\"from\":\"49171392######", 22) + 8;
	l->at_id = place_of(l, "wamid.****", 10) + 6;
	l->at_time = place_of(l, "1000000000", TIME_LEN);
	l->at_text = place_of(l, "@@@@", 4);
}

/* snprintf without the zero at the end. */
__attribute__((format(printf, 3, 4))) static void put(char *at, size_t len,
						      const char *format, ...)
{
	char text[128];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (n < 0 || (size_t)n > len)
		abort();
	memcpy(at, text, (size_t)n);
}

/* Letters only: hexadecimal ones with the words that follow are taken for an
 * IBAN now and then, and whoever redacts the text takes them away. */
static void run_name(uint64_t seed, char ret[17])
{
	for (int i = 0; i < 16; i++)
		ret[i] = "abcdefghijklmnop"[seed >> (60 - 4 * i) & 15];
	ret[16] = '\0';
}

/* The request of message number, the nth of person. */
static char *request_make(struct load *l, uint64_t number, size_t person,
			  uint64_t nth, size_t *ret_len)
{
	char signature[72], *request = malloc(HEAD_BYTES + l->template_len);
	char *body = malloc(l->template_len), *contact;
	int n;

	if (request == NULL || body == NULL)
		abort();
	person += l->first_person;
	memcpy(body, l->template, l->template_len);
	contact = memmem(body, l->template_len, "49171392######", PHONE_LEN);
	put(contact, PHONE_LEN, "49171392%06zu", person % 1000000);
	put(body + l->at_phone, PHONE_LEN, "49171392%06zu", person % 1000000);
	put(body + l->at_id, ID_LEN, "%s%012llu", l->run,
	    (unsigned long long)number);
	put(body + l->at_time, TIME_LEN, "%lld",
	    (long long)(sim_now_ms() / 1000));
	put(body + l->at_text, l->text_len, "%s-%llu p%zu n%llu ", l->run,
	    (unsigned long long)(number - 1), person, (unsigned long long)nth);
	sim_sign_meta(l->secret, body, l->template_len, signature);
	n = snprintf(request, HEAD_BYTES,
		     "POST %s HTTP/1.1\r\nHost: %s\r\n"
		     "Content-Type: application/json\r\n%s"
		     "X-Hub-Signature-256: %s\r\nContent-Length: %zu\r\n\r\n",
		     l->path, l->host,
		     l->close_each ? "Connection: close\r\n" : "", signature,
		     l->template_len);
	memcpy(request + n, body, l->template_len);
	*ret_len = (size_t)n + l->template_len;
	free(body);
	return request;
}

static void compose(struct load *l, struct line *c)
{
	size_t index = (size_t)(c - l->lines);
	size_t own =
	    l->persons / l->lines_len > 0 ? l->persons / l->lines_len : 1;

	if (l->prepared != NULL) {
		c->request = l->prepared[c->number - 1].request;
		c->request_len = l->prepared[c->number - 1].len;
		return;
	}
	free(c->request);
	c->request =
	    request_make(l, c->number, index * own + (size_t)(c->made % own),
			 c->made / own, &c->request_len);
}

/* Persons take turns; their order is not kept across connections. */
static void prepare(struct load *l)
{
	l->prepared = calloc(l->count, sizeof(*l->prepared));
	if (l->prepared == NULL)
		abort();
	for (uint64_t i = 0; i < l->count; i++)
		l->prepared[i].request =
		    request_make(l, i + 1, i % l->persons, i / l->persons,
				 &l->prepared[i].len);
}

static void line_watch(struct load *l, struct line *c, uint32_t events, int op)
{
	struct epoll_event ev = {.events = events, .data.ptr = c};

	epoll_ctl(l->epoll, op, c->fd, &ev);
}

static bool line_connect(struct load *l, struct line *c)
{
	int one = 1;

	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0)
		return false;
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(c->fd, (struct sockaddr *)&l->address,
		    sizeof(l->address)) != 0 &&
	    errno != EINPROGRESS) {
		close(c->fd);
		c->fd = -1;
		return false;
	}
	c->writable = false;
	line_watch(l, c, EPOLLIN, EPOLL_CTL_ADD);
	return true;
}

static void line_drop(struct line *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	c->sent = 0;
	c->answer_len = 0;
}

static void line_write(struct load *l, struct line *c)
{
	while (c->sent < c->request_len) {
		ssize_t n = send(c->fd, c->request + c->sent,
				 c->request_len - c->sent, MSG_NOSIGNAL);

		if (n <= 0)
			break;
		c->sent += (size_t)n;
	}
	if (c->writable == (c->sent < c->request_len))
		return;
	c->writable = c->sent < c->request_len;
	line_watch(l, c, c->writable ? EPOLLOUT | EPOLLIN : EPOLLIN,
		   EPOLL_CTL_MOD);
}

static void line_rest(struct load *l, struct line *c)
{
	c->number = 0;
	l->under_way--;
	l->idle[l->idle_len++] = c;
}

static void line_again(struct load *l, struct line *c, int64_t wait_us)
{
	line_drop(c);
	if (c->number == 0)
		return;
	if (l->retry) {
		l->retried++;
		c->retry_us = sim_boot_us() + wait_us;
	} else {
		l->failed++;
		load_ledger(l, "failed", c->number - 1);
		line_rest(l, c);
	}
}

/* Sends what the line carries, once more or for the first time. */
static void line_send(struct load *l, struct line *c)
{
	c->retry_us = 0;
	c->sent = 0;
	c->answer_len = 0;
	if (c->fd < 0 && !line_connect(l, c)) {
		line_again(l, c, 50000);
		return;
	}
	line_write(l, c);
}

/* When the next message is due; INT64_MAX never. */
static int64_t next_due_us(const struct load *l)
{
	if ((l->count > 0 && l->begun >= l->count))
		return INT64_MAX;
	if (l->rate == 0)
		return l->start_us;
	return l->start_us + (int64_t)l->begun * 1000000 / l->rate;
}

/* Gives idle lines what is due. */
static void lines_begin(struct load *l)
{
	int64_t now_us = sim_boot_us();

	while (l->idle_len > 0 && now_us < l->stop_us &&
	       next_due_us(l) <= now_us) {
		struct line *c = l->idle[--l->idle_len];

		c->began_us = l->rate > 0 ? next_due_us(l) : now_us;
		c->number = ++l->begun;
		l->under_way++;
		compose(l, c);
		load_ledger(l, "sent", c->number - 1);
		c->made++;
		line_send(l, c);
		now_us = sim_boot_us();
	}
}

static void latency_note(struct load *l, const struct line *c)
{
	if (l->acked == l->latency_size) {
		l->latency_size = l->latency_size * 2 + 4096;
		l->latency_us = realloc(
		    l->latency_us, l->latency_size * sizeof(*l->latency_us));
		if (l->latency_us == NULL)
			abort();
	}
	l->latency_us[l->acked++] = (uint32_t)(sim_boot_us() - c->began_us);
}

static void line_answered(struct load *l, struct line *c, unsigned int status,
			  bool close_it)
{
	if (status == 200) {
		latency_note(l, c);
		load_ledger(l, "acked", c->number - 1);
		if (close_it)
			line_drop(c);
		line_rest(l, c);
		lines_begin(l);
	} else {
		line_again(l, c, 100000);
	}
}

static void line_read(struct load *l, struct line *c)
{
	ssize_t n = recv(c->fd, c->answer + c->answer_len,
			 ANSWER_BYTES - 1 - c->answer_len, 0);
	const char *end, *length;
	size_t body = 0;

	if (n <= 0) {
		if (n < 0 && errno == EAGAIN)
			return;
		line_again(l, c, 20000); /* an idle one is only dropped */
		return;
	}
	c->answer_len += (size_t)n;
	c->answer[c->answer_len] = '\0';
	end = strstr(c->answer, "\r\n\r\n");
	if (end == NULL || c->number == 0)
		return;
	length = strcasestr(c->answer, "content-length:");
	if (length != NULL && length < end)
		body = strtoul(length + 15, NULL, 10);
	if (c->answer_len < (size_t)(end - c->answer) + 4 + body)
		return;
	line_answered(l, c, (unsigned int)strtoul(c->answer + 9, NULL, 10),
		      strcasestr(c->answer, "connection: close") != NULL);
}

static bool load_busy(const struct load *l)
{
	if (l->under_way > 0)
		return sim_boot_us() < l->stop_us + 30000000;
	return sim_boot_us() < l->stop_us &&
	       (l->count == 0 || l->begun < l->count);
}

/* Until the next message is due, at most a millisecond. */
static int load_wait(struct load *l, struct epoll_event *events, int len)
{
	struct timespec t = {.tv_nsec = 1000000};
	int64_t left_us = next_due_us(l) - sim_boot_us();

	if (l->rate > 0 && l->idle_len > 0 && left_us < 1000)
		t.tv_nsec = left_us > 0 ? (long)left_us * 1000 : 0;
	return epoll_pwait2(l->epoll, events, len, &t, NULL);
}

static void lines_retry(struct load *l)
{
	int64_t now_us = sim_boot_us();

	for (size_t i = 0; i < l->lines_len; i++)
		if (l->lines[i].retry_us != 0 && now_us >= l->lines[i].retry_us)
			line_send(l, &l->lines[i]);
}

static void load_run(struct load *l)
{
	struct epoll_event events[256];
	int64_t last_us = 0;

	for (size_t i = l->lines_len; i > 0; i--) {
		l->lines[i - 1].fd = -1;
		l->idle[l->idle_len++] = &l->lines[i - 1];
	}
	lines_begin(l);
	while (load_busy(l)) {
		int n = load_wait(l, events, 256);

		for (int i = 0; i < n; i++) {
			struct line *c = events[i].data.ptr;

			if ((events[i].events & EPOLLOUT) != 0 && c->fd >= 0)
				line_write(l, c);
			if (c->fd >= 0 &&
			    (events[i].events &
			     (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0)
				line_read(l, c);
		}
		lines_begin(l);
		if (sim_boot_us() - last_us < 500)
			continue;
		last_us = sim_boot_us();
		lines_retry(l);
	}
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static double percentile_ms(const struct load *l, double part)
{
	size_t at = (size_t)((double)l->acked * part);

	if (l->acked == 0)
		return 0;
	return (double)l->latency_us[at < l->acked ? at : l->acked - 1] /
	       1000.0;
}

/* Latency by the share of slower ones: point i is where 10^(-i/30) of all
 * took longer, which spreads the tail. */
static void curve_print(const struct load *l)
{
	double slower = 1;

	for (int i = 0; i <= CURVE_POINTS; i++) {
		printf("%s%.3f", i > 0 ? "," : "",
		       percentile_ms(l, 1 - slower));
		slower *= 0.92611872812879352; /* 10^(-1/30) */
	}
	printf("]}\n");
}

/* Of this process since the clock started: the generator's own share. */
static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9 - cpu_before;
}

static void load_report(struct load *l, bool json)
{
	double seconds = (double)(sim_boot_us() - l->start_us) / 1e6;

	qsort(l->latency_us, l->acked, sizeof(*l->latency_us), by_value);
	if (json)
		printf("{\"sent\":%llu,\"acknowledged\":%llu,\"failed\":%llu,"
		       "\"retried\":%llu,\"seconds\":%.3f,\"per_second\":%.1f,"
		       "\"cpu_seconds\":%.3f,\"body_bytes\":%zu,"
		       "\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"p999_ms\":%.3f,"
		       "\"curve_ms\":[",
		       (unsigned long long)l->begun,
		       (unsigned long long)l->acked,
		       (unsigned long long)l->failed,
		       (unsigned long long)l->retried, seconds,
		       (double)l->acked / seconds, cpu_seconds(),
		       l->template_len, percentile_ms(l, 0.5),
		       percentile_ms(l, 0.99), percentile_ms(l, 0.999));
	if (json)
		curve_print(l);
	else
		printf(
		    "sent %llu, acknowledged %llu, failed %llu, retried %llu "
		    "in %.1f s: %.0f/s, p50 %.2f ms, p99 %.2f ms, "
		    "p99.9 %.2f ms\n",
		    (unsigned long long)l->begun, (unsigned long long)l->acked,
		    (unsigned long long)l->failed,
		    (unsigned long long)l->retried, seconds,
		    (double)l->acked / seconds, percentile_ms(l, 0.5),
		    percentile_ms(l, 0.99), percentile_ms(l, 0.999));
}

static void load_target(struct load *l, const char *url)
{
	const char *at = strstr(url, "://");
	const char *slash, *colon;

	at = at != NULL ? at + 3 : url;
	slash = strchr(at, '/');
	colon = strchr(at, ':');
	if (slash == NULL || colon == NULL || colon > slash) {
		fprintf(stderr,
			"postern-sim: --hook http://127.0.0.1:PORT/...\n");
		exit(2);
	}
	snprintf(l->host, sizeof(l->host), "%.*s", (int)(slash - at), at);
	snprintf(l->path, sizeof(l->path), "%s", slash);
	l->address.sin_family = AF_INET;
	l->address.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
	l->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
}

int sim_load_main(int argc, char **argv)
{
	static struct load l;
	const char *ledger = sim_option(argc, argv, "--ledger", NULL);
	int64_t seconds;

	load_target(&l, sim_option(argc, argv, "--hook", ""));
	l.account = sim_option(argc, argv, "--account", "7794189252778687");
	l.secret = sim_file(sim_option(argc, argv, "--secret-file", ""));
	l.count = strtoull(sim_option(argc, argv, "--count", "0"), NULL, 10);
	seconds = strtoll(
	    sim_option(argc, argv, "--seconds", l.count > 0 ? "600" : "10"),
	    NULL, 10);
	l.lines_len =
	    strtoul(sim_option(argc, argv, "--connections", "64"), NULL, 10);
	l.persons =
	    strtoul(sim_option(argc, argv, "--persons", "200"), NULL, 10);
	l.first_person =
	    strtoul(sim_option(argc, argv, "--first-person", "0"), NULL, 10);
	l.rate = strtoll(sim_option(argc, argv, "--rate", "0"), NULL, 10);
	l.text_bytes =
	    strtoul(sim_option(argc, argv, "--bytes", "300"), NULL, 10);
	l.retry = sim_flag(argc, argv, "--retry");
	l.close_each =
	    strcmp(sim_option(argc, argv, "--keepalive", "on"), "off") == 0;
	if (l.persons == 0 || l.lines_len == 0)
		return 2;
	l.seed = strtoull(sim_option(argc, argv, "--seed", "0"), NULL, 10);
	if (l.seed == 0)
		randombytes_buf(&l.seed, sizeof(l.seed));
	run_name(l.seed, l.run);
	if (ledger != NULL && (l.ledger = fopen(ledger, "a")) == NULL)
		return 1;
	l.lines = calloc(l.lines_len, sizeof(*l.lines));
	l.idle = calloc(l.lines_len, sizeof(struct line *));
	l.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (l.lines == NULL || l.idle == NULL || l.epoll < 0)
		return 1;
	template_make(&l);
	if (l.count > 0 && sim_flag(argc, argv, "--prepare"))
		prepare(&l);
	cpu_before = cpu_seconds();
	l.start_us = sim_boot_us();
	l.stop_us = l.start_us + seconds * 1000000;
	load_run(&l);
	load_report(&l, sim_flag(argc, argv, "--json"));
	if (l.ledger != NULL)
		fclose(l.ledger);
	return l.failed == 0 ? 0 : 1;
}
