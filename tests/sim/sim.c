/* sim.c - HTTP server and client of the simulators, and their odds and ends. */
#include "sim.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <signal.h>
#include <sodium.h>
#include <time.h>
#include <unistd.h>

#define BODY_MAX (120u * 1024 * 1024)

struct server {
	sim_handler handler;
	void *ctx;
};

struct incoming {
	uint8_t *body;
	size_t len, size;
};

static void body_add(struct incoming *in, const char *bytes, size_t len)
{
	if (in->len + len > BODY_MAX)
		abort();
	if (in->len + len + 1 > in->size) {
		in->size = (in->len + len + 1) * 2;
		in->body = realloc(in->body, in->size);
		if (in->body == NULL)
			abort();
	}
	memcpy(in->body + in->len, bytes, len);
	in->len += len;
	in->body[in->len] = 0;
}

static ssize_t flood_bytes(void *ctx, uint64_t at, char *ret, size_t size)
{
	(void)ctx;
	(void)at;
	memset(ret, 'x', size);
	return (ssize_t)size;
}

static enum MHD_Result answer_queue(struct MHD_Connection *c,
				    struct sim_answer *an)
{
	struct MHD_Response *response;
	enum MHD_Result rc;

	if (an->status == 0) {
		free(an->body);
		return MHD_NO; /* MHD closes the connection */
	}
	if (an->flood > 0)
		response = MHD_create_response_from_callback(
		    an->flood, 65536, flood_bytes, NULL, NULL);
	else
		response = MHD_create_response_from_buffer(
		    an->body_len, an->body, MHD_RESPMEM_MUST_FREE);
	if (an->type != NULL)
		MHD_add_response_header(response, "Content-Type", an->type);
	for (size_t i = 0; i < an->headers_len; i++)
		MHD_add_response_header(response, an->headers[i].name,
					an->headers[i].value);
	rc = MHD_queue_response(c, an->status, response);
	MHD_destroy_response(response);
	return rc;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *c,
				  const char *url, const char *method,
				  const char *version, const char *data,
				  size_t *data_len, void **con_cls)
{
	struct server *server = cls;
	struct incoming *in = *con_cls;
	struct sim_request rq = {.connection = c};
	struct sim_answer an = {0};

	(void)version;
	if (in == NULL) {
		*con_cls = calloc(1, sizeof(*in));
		return MHD_YES;
	}
	if (*data_len > 0) {
		body_add(in, data, *data_len);
		*data_len = 0;
		return MHD_YES;
	}
	rq.method = method;
	rq.path = url;
	rq.body = in->body != NULL ? in->body : (const uint8_t *)"";
	rq.body_len = in->len;
	server->handler(server->ctx, &rq, &an);
	return answer_queue(c, &an);
}

static void on_completed(void *cls, struct MHD_Connection *c, void **con_cls,
			 enum MHD_RequestTerminationCode code)
{
	struct incoming *in = *con_cls;

	(void)cls;
	(void)c;
	(void)code;
	if (in != NULL)
		free(in->body);
	free(in);
	*con_cls = NULL;
}

struct MHD_Daemon *sim_listen(const char *address, sim_handler handler,
			      void *ctx)
{
	struct server *server = calloc(1, sizeof(*server));
	struct sockaddr_in sa = {.sin_family = AF_INET};
	const char *colon = strrchr(address, ':');
	char host[64] = "127.0.0.1";
	struct MHD_Daemon *d;

	if (server == NULL || colon == NULL)
		abort();
	snprintf(host, sizeof(host), "%.*s", (int)(colon - address), address);
	server->handler = handler;
	server->ctx = ctx;
	sa.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
	if (inet_pton(AF_INET, host, &sa.sin_addr) != 1)
		abort();
	d = MHD_start_daemon(
	    MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION |
		MHD_USE_POLL,
	    0, NULL, NULL, on_request, server, MHD_OPTION_SOCK_ADDR, &sa,
	    MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
	    MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_END);
	if (d == NULL) {
		fprintf(stderr,
			"postern-sim: %s is in use; choose another with "
			"--listen\n",
			address);
		exit(1);
	}
	return d;
}

void sim_answer_bytes(struct sim_answer *an, unsigned int status,
		      const char *type, const void *bytes, size_t len)
{
	an->status = status;
	an->type = type;
	an->body = malloc(len + 1);
	if (an->body == NULL)
		abort();
	memcpy(an->body, bytes, len);
	an->body_len = len;
}

void sim_answer_text(struct sim_answer *an, unsigned int status,
		     const char *type, const char *text)
{
	sim_answer_bytes(an, status, type, text, strlen(text));
}

void sim_answer_json(struct sim_answer *an, unsigned int status, json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT);

	if (text == NULL)
		abort();
	sim_answer_text(an, status, "application/json", text);
	free(text);
	json_decref(json);
}

void sim_answer_header(struct sim_answer *an, const char *name,
		       const char *value)
{
	if (an->headers_len == 4)
		abort();
	an->headers[an->headers_len].name = name;
	snprintf(an->headers[an->headers_len].value,
		 sizeof(an->headers[0].value), "%s", value);
	an->headers_len++;
}

const char *sim_header(const struct sim_request *rq, const char *name)
{
	const char *v =
	    MHD_lookup_connection_value(rq->connection, MHD_HEADER_KIND, name);

	return v != NULL ? v : "";
}

const char *sim_query(const struct sim_request *rq, const char *name)
{
	const char *v = MHD_lookup_connection_value(
	    rq->connection, MHD_GET_ARGUMENT_KIND, name);

	return v != NULL ? v : "";
}

static size_t collect(char *bytes, size_t size, size_t n, void *ctx)
{
	body_add(ctx, bytes, size * n);
	return size * n;
}

long sim_call(const char *method, const char *url, const char *const *headers,
	      const void *body, size_t body_len, uint8_t **ret, size_t *ret_len)
{
	static _Thread_local CURL *curl;
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");
	struct incoming in = {0};
	long status = 0;

	if (curl == NULL)
		curl = curl_easy_init();
	curl_easy_reset(curl);
	for (size_t i = 0; headers != NULL && headers[i] != NULL; i++)
		list = curl_slist_append(list, headers[i]);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 20000L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &in);
	if (strcmp(method, "GET") != 0) {
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS,
				 body != NULL ? body : "");
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
				 (curl_off_t)body_len);
	}
	if (curl_easy_perform(curl) == CURLE_OK)
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_slist_free_all(list);
	if (ret != NULL && status != 0) {
		*ret = in.body != NULL ? in.body : calloc(1, 1);
		*ret_len = in.len;
	} else {
		free(in.body);
	}
	return status;
}

char *sim_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	char *text = calloc(1, 8192);
	size_t len;

	if (f == NULL || text == NULL) {
		fprintf(stderr, "postern-sim: cannot read %s\n", path);
		exit(1);
	}
	len = fread(text, 1, 8191, f);
	fclose(f);
	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
		text[--len] = '\0';
	return text;
}

int64_t sim_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t sim_boot_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

void sim_sleep_ms(int64_t ms)
{
	struct timespec ts = {.tv_sec = ms / 1000,
			      .tv_nsec = (ms % 1000) * 1000000};

	nanosleep(&ts, NULL);
}

/* xorshift64*: repeatable from a printed seed. */
uint64_t sim_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 2685821657736338717ull;
}

void sim_sign_meta(const char *secret, const void *body, size_t len,
		   char ret[72])
{
	unsigned char mac[32];
	unsigned int mac_len = sizeof(mac);

	HMAC(EVP_sha256(), secret, (int)strlen(secret), body, len, mac,
	     &mac_len);
	memcpy(ret, "sha256=", 7);
	sodium_bin2hex(ret + 7, 65, mac, sizeof(mac));
}

const char *sim_option(int argc, char **argv, const char *name,
		       const char *fallback)
{
	for (int i = 0; i + 1 < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return argv[i + 1];
	return fallback;
}

bool sim_flag(int argc, char **argv, const char *name)
{
	for (int i = 0; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return false;
}

void sim_wait(void)
{
	sigset_t set;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigwait(&set, &sig);
}

static const char usage[] =
    "usage: postern-sim whatsapp|desk|load|flood [options]\n"
    "\n"
    "  whatsapp  a WhatsApp provider with a phone page\n"
    "    --listen 127.0.0.1:9100 --hook URL --secret-file F --token-file F\n"
    "    --verify-file F --account PHONE_NUMBER_ID\n"
    "  desk      a helpdesk with a page; checks signatures\n"
    "    --listen 127.0.0.1:9000 --secret-file F --api URL --api-token-file F\n"
    "    [--ledger FILE] [--mode ok|dead|slow|redirect|flood|...]\n"
    "  tsa       a time-stamp authority with keys of its own\n"
    "    --listen 127.0.0.1:9300 --root-file F, which it writes\n"
    "  load      signed webhooks at a hook, with a ledger\n"
    "    --hook URL --secret-file F --account ID [--count N] [--seconds S]\n"
    "    [--connections 64] [--rate N/s, 0 = closed loop] [--persons 200]\n"
    "    [--first-person 0]\n"
    "    [--ledger FILE] [--seed N] [--bytes 300] [--retry] [--json]\n"
    "  flood     clients that mean no good, from 127.0.0.2 up; prints JSON\n"
    "    --hook URL [--kind idle|header|body|read|forged] [--clients 1000]\n"
    "    [--sources 4] [--seconds 10] [--pause-ms 500, between bytes]\n"
    "    [--bytes 1000, of a body] [--again, who was closed comes back]\n"
    "    idle: every second one sends half a header; header, body: a byte\n"
    "    per pause; read: takes a byte of the answer per pause; forged: bad\n"
    "    signatures as fast as they are answered\n";

int main(int argc, char **argv)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	signal(SIGPIPE, SIG_IGN);
	if (argc < 2 || sodium_init() < 0) {
		fputs(usage, stderr);
		return 2;
	}
	json_object_seed(0);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	if (strcmp(argv[1], "load") == 0)
		return sim_load_main(argc - 2, argv + 2);
	if (strcmp(argv[1], "flood") == 0)
		return sim_flood_main(argc - 2, argv + 2);
	if (strcmp(argv[1], "tsa") == 0)
		return sim_tsa_main(argc - 2, argv + 2);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	if (strcmp(argv[1], "whatsapp") == 0)
		return sim_whatsapp_main(argc - 2, argv + 2);
	if (strcmp(argv[1], "desk") == 0)
		return sim_desk_main(argc - 2, argv + 2);
	fputs(usage, stderr);
	return 2;
}
