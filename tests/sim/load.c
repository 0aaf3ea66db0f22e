/* load.c - the load generator: signed WhatsApp texts over keep-alive
 * connections, closed loop or at a rate, each with its own id, in order per
 * person; a ledger of what was sent and acknowledged.
 *
 * Every connection owns its persons, so the order of acknowledgements within
 * a conversation is the order of sending.  Without --retry a failed request
 * is given up; with it the same body is sent again, as the provider would. */
#include "sim.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sodium.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_BYTES 2048

struct line { /* one connection */
	int fd;
	char *request;
	size_t request_len, sent;
	char answer[ANSWER_BYTES];
	size_t answer_len;
	int64_t began_us, retry_us; /* retry_us: wait until; 0 not waiting */
	uint64_t number;	    /* message under way + 1; 0 idle */
	uint64_t made;		    /* messages this connection began */
};

struct load {
	struct sockaddr_in address;
	char host[64], path[300];
	const char *account;
	char *secret;
	struct line *lines;
	size_t lines_len, persons;
	uint64_t count, begun, acked, failed, retried, seed;
	int64_t rate, start_us, stop_us;
	size_t text_bytes;
	bool retry;
	FILE *ledger;
	uint32_t *latency_us; /* of acknowledged ones */
	size_t latency_size;
	int epoll;
	char run[17];
};

static void load_ledger(struct load *l, const char *what, uint64_t number)
{
	if (l->ledger != NULL) {
		fprintf(l->ledger, "%s %s-%llu\n", what, l->run,
			(unsigned long long)number);
		fflush(l->ledger);
	}
}

/* The request of message number on connection c. */
static void compose(struct load *l, struct line *c, size_t index)
{
	size_t own =
	    l->persons / l->lines_len > 0 ? l->persons / l->lines_len : 1;
	size_t person = index * own + (size_t)(c->made % own);
	char phone[32], wamid[80], signature[72], text[8192], *body;
	int n;

	snprintf(phone, sizeof(phone), "49171392%06zu", person);
	snprintf(wamid, sizeof(wamid), "wamid.%s%012llu", l->run,
		 (unsigned long long)c->number);
	n = snprintf(text, sizeof(text), "%s-%llu p%zu n%llu ", l->run,
		     (unsigned long long)(c->number - 1), person,
		     (unsigned long long)(c->made / own));
	for (size_t i = (size_t)n; i < l->text_bytes && i < sizeof(text) - 1;
	     i++) {
		text[i] = "etaoin shrdlu "[i % 14];
		text[i + 1] = '\0';
	}
	body = sim_whatsapp_text(l->account, phone, "Lasttest", wamid,
				 sim_now_ms() / 1000, text);
	sim_sign_meta(l->secret, body, strlen(body), signature);
	free(c->request);
	c->request = malloc(strlen(body) + 1024);
	if (c->request == NULL)
		abort();
	n = snprintf(c->request, strlen(body) + 1024,
		     "POST %s HTTP/1.1\r\nHost: %s\r\n"
		     "Content-Type: application/json\r\n"
		     "X-Hub-Signature-256: %s\r\nContent-Length: %zu\r\n\r\n%s",
		     l->path, l->host, signature, strlen(body), body);
	c->request_len = (size_t)n;
	free(body);
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
	line_watch(l, c, EPOLLOUT | EPOLLIN, EPOLL_CTL_ADD);
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
	line_watch(l, c,
		   c->sent < c->request_len ? EPOLLOUT | EPOLLIN : EPOLLIN,
		   EPOLL_CTL_MOD);
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
		c->number = 0;
	}
}

static void line_begin(struct load *l, struct line *c)
{
	if (c->number == 0) {
		if ((l->count > 0 && l->begun >= l->count) ||
		    sim_boot_us() >= l->stop_us)
			return;
		if (l->rate > 0 && (int64_t)l->begun * 1000000 >=
				       (sim_boot_us() - l->start_us) * l->rate)
			return; /* open loop: not yet due */
		c->number = ++l->begun;
		compose(l, c, (size_t)(c - l->lines));
		load_ledger(l, "sent", c->number - 1);
		c->made++;
		c->began_us = sim_boot_us();
	}
	c->retry_us = 0;
	c->sent = 0;
	c->answer_len = 0;
	if (c->fd < 0 && !line_connect(l, c)) {
		line_again(l, c, 50000);
		return;
	}
	line_write(l, c);
}

static void line_answered(struct load *l, struct line *c, unsigned int status,
			  bool close_it)
{
	if (status == 200) {
		if (l->acked == l->latency_size) {
			l->latency_size = l->latency_size * 2 + 4096;
			l->latency_us =
			    realloc(l->latency_us,
				    l->latency_size * sizeof(*l->latency_us));
			if (l->latency_us == NULL)
				abort();
		}
		l->latency_us[l->acked++] =
		    (uint32_t)(sim_boot_us() - c->began_us);
		load_ledger(l, "acked", c->number - 1);
		c->number = 0;
		if (close_it)
			line_drop(c);
		line_begin(l, c);
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
		line_again(l, c, 20000);
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
	size_t under_way = 0;

	for (size_t i = 0; i < l->lines_len; i++)
		under_way += l->lines[i].number != 0;
	if (under_way > 0)
		return sim_boot_us() < l->stop_us + 30000000;
	return sim_boot_us() < l->stop_us &&
	       (l->count == 0 || l->begun < l->count);
}

static void load_run(struct load *l)
{
	struct epoll_event events[256];
	int64_t last_us = 0;

	for (size_t i = 0; i < l->lines_len; i++) {
		l->lines[i].fd = -1;
		line_begin(l, &l->lines[i]);
	}
	while (load_busy(l)) {
		int n = epoll_wait(l->epoll, events, 256, 1);

		for (int i = 0; i < n; i++) {
			struct line *c = events[i].data.ptr;

			if ((events[i].events & EPOLLOUT) != 0 && c->fd >= 0)
				line_write(l, c);
			if (c->fd >= 0 &&
			    (events[i].events &
			     (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0)
				line_read(l, c);
		}
		if (sim_boot_us() - last_us < 500)
			continue;
		last_us = sim_boot_us();
		for (size_t i = 0; i < l->lines_len; i++) {
			struct line *c = &l->lines[i];

			if ((c->retry_us != 0 && last_us >= c->retry_us) ||
			    c->number == 0)
				line_begin(l, c);
		}
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

static void load_report(struct load *l, bool json)
{
	double seconds = (double)(sim_boot_us() - l->start_us) / 1e6;

	qsort(l->latency_us, l->acked, sizeof(*l->latency_us), by_value);
	if (json)
		printf("{\"sent\":%llu,\"acknowledged\":%llu,\"failed\":%llu,"
		       "\"retried\":%llu,\"seconds\":%.3f,\"per_second\":%.1f,"
		       "\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"p999_ms\":%.3f}\n",
		       (unsigned long long)l->begun,
		       (unsigned long long)l->acked,
		       (unsigned long long)l->failed,
		       (unsigned long long)l->retried, seconds,
		       (double)l->acked / seconds, percentile_ms(l, 0.5),
		       percentile_ms(l, 0.99), percentile_ms(l, 0.999));
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
	l.rate = strtoll(sim_option(argc, argv, "--rate", "0"), NULL, 10);
	l.text_bytes =
	    strtoul(sim_option(argc, argv, "--bytes", "300"), NULL, 10);
	l.retry = sim_flag(argc, argv, "--retry");
	l.seed = strtoull(sim_option(argc, argv, "--seed", "0"), NULL, 10);
	if (l.seed == 0)
		randombytes_buf(&l.seed, sizeof(l.seed));
	snprintf(l.run, sizeof(l.run), "%016llx", (unsigned long long)l.seed);
	if (ledger != NULL && (l.ledger = fopen(ledger, "a")) == NULL)
		return 1;
	l.lines = calloc(l.lines_len, sizeof(*l.lines));
	l.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (l.lines == NULL || l.epoll < 0)
		return 1;
	l.start_us = sim_boot_us();
	l.stop_us = l.start_us + seconds * 1000000;
	load_run(&l);
	load_report(&l, sim_flag(argc, argv, "--json"));
	if (l.ledger != NULL)
		fclose(l.ledger);
	return l.failed == 0 ? 0 : 1;
}
