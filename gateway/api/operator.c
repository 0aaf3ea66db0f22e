/* operator.c - how verbs reach the running instance: HTTP over a unix socket
 * whose peers the instance knows by their account. */
#include "operator.h"

#include <curl/curl.h>
#include <unistd.h>

#include "postern/id.h"
#include "postern/jsonmem.h"

#define ANSWER_MAX   (16u * 1024 * 1024)
#define PATH_BYTES   700
#define URL_BYTES    256
#define CALL_SECONDS 30L

int operator_usage(const char *text)
{
	(void)fprintf(stderr, "usage: postern [-d DIR] [--json] %s\n", text);
	return EXIT_USAGE;
}

static int complain(const char *text)
{
	(void)fprintf(stderr, "postern: %s\n", text);
	return EXIT_REFUSED;
}

bool operator_id(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);

	if (strlen(text) < ID_TEXT_BYTES && strncmp(text, prefix, len) == 0 &&
	    text[len] == '_' &&
	    strspn(text + len + 1, "0123456789abcdefghijklmnopqrstuvwxyz") ==
		strlen(text + len + 1))
		return true;
	(void)fprintf(stderr, "postern: not an id; they begin with %s_\n",
		      prefix);
	return false;
}

const char *operator_text(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	return text != NULL ? text : "-";
}

json_int_t operator_number(const json_t *object, const char *member)
{
	return json_integer_value(json_object_get(object, member));
}

const char *operator_option(const struct verb_args *args, int *at)
{
	if (*at + 1 < args->argc)
		return args->argv[++*at];
	(void)fprintf(stderr, "postern: %s needs a value\n", args->argv[*at]);
	return NULL;
}

static size_t on_bytes(char *bytes, size_t size, size_t n, void *ctx)
{
	/* Anything but all of it ends the transfer. */
	return buf_append(ctx, bytes, size * n, NULL) == 0 ? size * n : 0;
}

static bool set_options(CURL *curl, const struct verb_args *args,
			const struct operator_call *call, char *error,
			struct buf *answer)
{
	char socket[PATH_BYTES], url[URL_BYTES];

	if (snprintf(socket, sizeof(socket), "%s/run/operator.sock",
		     args->dir) >= (int)sizeof(socket) ||
	    snprintf(url, sizeof(url), "http://postern%s", call->path) >=
		(int)sizeof(url))
		return false;
	error[0] = '\0';
	return curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket) ==
		   CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call->method) ==
		   CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_TIMEOUT, CALL_SECONDS) ==
		   CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes) ==
		   CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer) == CURLE_OK;
}

/* Never to anybody but the socket. */
static bool set_bearer(CURL *curl, const char *bearer)
{
	return curl_easy_setopt(curl, CURLOPT_HTTPAUTH,
				(long)CURLAUTH_BEARER) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, bearer) ==
		   CURLE_OK;
}

static bool set_body(CURL *curl, const struct operator_call *call,
		     const char *body, struct curl_slist **headers)
{
	if (call->bearer != NULL && !set_bearer(curl, call->bearer))
		return false;
	if (strcmp(call->method, "POST") != 0)
		return true;
	/* No waiting for "100 Continue" on a socket of this host. */
	*headers = curl_slist_append(NULL, "Expect:");
	if (*headers == NULL ||
	    (body != NULL &&
	     curl_slist_append(*headers, "Content-Type: application/json") ==
		 NULL))
		return false;
	return curl_easy_setopt(curl, CURLOPT_POSTFIELDS,
				body != NULL ? body : "") == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_HTTPHEADER, *headers) == CURLE_OK;
}

/* The status, or 0 after a complaint. */
static long talk(const struct verb_args *args, const struct operator_call *call,
		 const char *body, struct buf *answer)
{
	CURL *curl = curl_easy_init();
	struct curl_slist *headers = NULL;
	char error[CURL_ERROR_SIZE];
	long status = 0;
	CURLcode rc;

	if (curl == NULL || !set_options(curl, args, call, error, answer) ||
	    !set_body(curl, call, body, &headers)) {
		(void)complain("the call could not be made");
		goto out;
	}
	rc = curl_easy_perform(curl);
	if (call->ret_absent != NULL)
		*call->ret_absent = rc == CURLE_COULDNT_CONNECT;
	if (rc == CURLE_COULDNT_CONNECT && call->quiet)
		goto out;
	if (rc == CURLE_COULDNT_CONNECT)
		(void)fprintf(stderr, "postern: no instance is running in %s\n",
			      args->dir);
	else if (rc != CURLE_OK)
		(void)complain("the instance did not answer");
	else
		(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
out:
	curl_slist_free_all(headers);
	if (curl != NULL)
		curl_easy_cleanup(curl);
	return status;
}

static int print_json(const json_t *v)
{
	if (jsonmem_print_file(v, JSON_INDENT(2), stdout, NULL) != 0)
		return complain("the answer could not be printed");
	return EXIT_DONE;
}

static void print_reasons(const json_t *problem)
{
	const json_t *list = json_object_get(problem, "reasons"), *one;
	size_t i;

	for (i = 0; (one = json_array_get(list, i)) != NULL; i++)
		(void)fprintf(stderr, "  %s (policy.yaml:%lld)\n",
			      operator_text(one, "code"),
			      (long long)operator_number(one, "line"));
}

static void print_findings(const json_t *problem)
{
	const json_t *list = json_object_get(problem, "findings"), *one;
	size_t i;

	for (i = 0; (one = json_array_get(list, i)) != NULL; i++)
		(void)fprintf(stderr, "  line %lld, column %lld: %s\n",
			      (long long)operator_number(one, "line"),
			      (long long)operator_number(one, "column"),
			      operator_text(one, "text"));
}

static int refused(const struct verb_args *args, const json_t *problem,
		   long status)
{
	const char *detail =
	    json_string_value(json_object_get(problem, "detail"));

	if (problem != NULL && args->json) {
		(void)print_json(problem);
		return EXIT_REFUSED;
	}
	if (problem == NULL)
		(void)fprintf(stderr, "postern: refused with status %ld\n",
			      status);
	else
		(void)fprintf(stderr, "postern: %s%s%s\n",
			      operator_text(problem, "title"),
			      detail != NULL ? ": " : "",
			      detail != NULL ? detail : "");
	print_reasons(problem);
	print_findings(problem);
	return EXIT_REFUSED;
}

/* The verb made the body; of a member it had no memory for it says nothing. */
static int print_body(const struct operator_call *call, struct buf *ret)
{
	if (jsonmem_failures() != 0 ||
	    (call->body != NULL &&
	     (jsonmem_print(call->body, JSON_COMPACT, ret, NULL) != 0 ||
	      buf_text(ret) == NULL)))
		return complain("out of memory");
	return EXIT_DONE;
}

static int read_answer(const struct verb_args *args, const struct buf *answer,
		       long status, json_t **ret)
{
	bool no_memory = false;
	json_t *v = NULL;

	if (answer->len > 0)
		v = jsonmem_load(answer->bytes, answer->len, 0, &no_memory);
	if (no_memory)
		return complain("out of memory");
	if (status < 300 && v != NULL) {
		*ret = v;
		return EXIT_DONE;
	}
	(void)refused(args, v, status);
	json_decref(v);
	return EXIT_REFUSED;
}

int operator_call(const struct verb_args *args,
		  const struct operator_call *call, json_t **ret_json,
		  struct buf *ret_raw)
{
	struct buf answer = BUF_INIT(ANSWER_MAX), body = BUF_INIT(ANSWER_MAX);
	int rc = print_body(call, &body);
	long status;

	if (rc != EXIT_DONE)
		goto out;
	rc = EXIT_REFUSED;
	status = talk(args, call, (const char *)body.bytes, &answer);
	if (status == 0)
		goto out;
	if (status < 300 && call->raw) {
		*ret_raw = answer;
		answer = BUF_INIT(ANSWER_MAX);
		rc = EXIT_DONE;
		goto out;
	}
	rc = read_answer(args, &answer, status, ret_json);
out:
	buf_free(&answer);
	buf_free(&body);
	return rc;
}

int operator_show(const struct verb_args *args,
		  const struct operator_call *call,
		  void (*print)(const json_t *answer))
{
	json_t *v;
	int rc = operator_call(args, call, &v, NULL);

	if (rc != EXIT_DONE)
		return rc;
	if (args->json)
		rc = print_json(v);
	else
		print(v);
	json_decref(v);
	return rc;
}

int operator_note_copy(const struct verb_args *args, const char *path,
		       const char *file)
{
	bool absent = false;
	const struct operator_call call = {.method = "POST",
					   .path = path,
					   .quiet = true,
					   .ret_absent = &absent};
	json_t *answer = NULL;

	if (operator_call(args, &call, &answer, NULL) == EXIT_DONE) {
		json_decref(answer);
		return EXIT_DONE;
	}
	if (absent) {
		(void)fprintf(stderr,
			      "postern: no instance is running, so the proof "
			      "log does not tell of this backup\n");
		return EXIT_DONE;
	}
	if (unlink(file) != 0)
		(void)fprintf(stderr, "postern: the copy is still there\n");
	return EXIT_REFUSED;
}
