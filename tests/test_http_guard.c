/* test_http_guard.c - the three checks of where a call may go, one by one.
 *
 * Proves: assurance T15, T16. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "http/exchange.h"

#define PUBLIC_4 "93.184.216.34"
#define PUBLIC_6 "2606:4700::1111"

/* --- the URL -------------------------------------------------------------- */

static bool passes(const char *url, const char *const *hosts, size_t hosts_len,
		   bool http_allowed, struct exchange *ret)
{
	char *copy = url != NULL ? strdup(url) : NULL;
	bool good;

	*ret = (struct exchange){.call = {.url = copy,
					  .hosts = hosts,
					  .hosts_len = hosts_len,
					  .http_allowed = http_allowed}};
	good = guard_url(ret);
	ret->call.url = NULL;
	free(copy);
	return good;
}

static void a_url_is_plain_and_names_a_host(void **state)
{
	static const struct {
		const char *url, *host; /* NULL: refused */
	} cases[] = {
	    {"https://desk.example/hook", "desk.example"},
	    {"https://desk.example:8443/", "desk.example"},
	    {"https://[2606:4700::1111]/", "2606:4700::1111"},
	    {"HTTPS://Desk.Example/", "Desk.Example"},
	    {NULL, NULL},
	    {"", NULL},
	    {"https://", NULL},
	    {"https:///path", "path"}, /* curl would go there */
	    {"https://desk.example/a b", NULL},
	    {"https://desk.example\\@evil.example/", NULL},
	    {"https://desk.example/\n", NULL},
	    {"https://desk.example/\x7f", NULL},
	    {"https://d\xc3\xa4sk.example/", NULL},
	    {"https://me@desk.example/", NULL},
	    {"https://me:secret@desk.example/", NULL},
	    {"https://[2606:4700::1111/", NULL},
	    {"ftp://desk.example/", NULL},
	    {"file:///etc/passwd", NULL},
	    {"gopher+x://desk.example/", NULL},
	    {"http://desk.example/", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct exchange x;
		bool good = passes(cases[i].url, NULL, 0, false, &x);

		if (good != (cases[i].host != NULL))
			fail_msg("case %zu", i);
		if (good)
			assert_string_equal(x.host, cases[i].host);
	}
}

static void plain_http_is_known_as_such(void **state)
{
	struct exchange x;

	(void)state;
	assert_true(passes("http://desk.example/", NULL, 0, true, &x));
	assert_true(x.plain);
	assert_true(passes("https://desk.example/", NULL, 0, true, &x));
	assert_false(x.plain);
}

static void a_listed_host_is_the_end_of_a_name(void **state)
{
	static const char *const hosts[] = {"", "media.example"};
	static const struct {
		const char *url;
		bool good;
	} cases[] = {
	    {"https://media.example/1", true},
	    {"https://cdn.MEDIA.example/1", true},
	    {"https://multimedia.example/1", false},
	    {"https://media.example.evil.example/1", false},
	    {"https://example/1", false},
	};
	struct exchange x;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (passes(cases[i].url, hosts, 2, false, &x) != cases[i].good)
			fail_msg("case %zu", i);
	/* A name that is empty lists nothing, and neither does no name. */
	assert_false(passes("https://media.example/1", hosts, 1, false, &x));
	assert_false(passes("https://media.example/1", hosts, 0, false, &x));
}

static void a_host_that_does_not_fit_is_refused(void **state)
{
	static const char head[] = "https://";
	char url[sizeof(head) + HOST_BYTES] = "https://";
	struct exchange x;

	(void)state;
	memset(url + sizeof(head) - 1, 'a', HOST_BYTES - 1);
	assert_true(passes(url, NULL, 0, false, &x));
	assert_int_equal(strlen(x.host), HOST_BYTES - 1);
	url[sizeof(head) - 1 + HOST_BYTES - 1] = 'a';
	assert_false(passes(url, NULL, 0, false, &x));
}

/* --- every connect -------------------------------------------------------- */

static struct curl_sockaddr address_of(const char *ip, uint16_t port)
{
	struct curl_sockaddr ret = {.socktype = SOCK_STREAM};
	struct sockaddr_in in4 = {.sin_family = AF_INET,
				  .sin_port = htons(port)};

	_Static_assert(sizeof(in4) <= sizeof(ret.addr), "fits");
	assert_int_equal(inet_pton(AF_INET, ip, &in4.sin_addr), 1);
	ret.family = AF_INET;
	ret.addrlen = sizeof(in4);
	memcpy(&ret.addr, &in4, sizeof(in4));
	return ret;
}

static bool connects(struct exchange *x, curlsocktype purpose,
		     struct curl_sockaddr address)
{
	int fd = guard_open_socket(x, purpose, &address);

	if (fd == CURL_SOCKET_BAD)
		return false;
	assert_int_equal(close(fd), 0);
	return true;
}

static void only_what_is_public_or_listed_is_connected_to(void **state)
{
	static const char *const allow[] = {"10.1.0.0/16:443"};
	struct exchange x = {.host = "desk.example"};
	struct curl_sockaddr local = {.family = AF_UNIX,
				      .socktype = SOCK_STREAM,
				      .addrlen = sizeof(sa_family_t),
				      .addr = {.sa_family = AF_UNIX}};

	(void)state;
	assert_true(
	    connects(&x, CURLSOCKTYPE_IPCXN, address_of(PUBLIC_4, 443)));
	assert_true(x.permitted && !x.refused);
	x.permitted = false;
	assert_false(
	    connects(&x, CURLSOCKTYPE_IPCXN, address_of("10.1.2.3", 443)));
	assert_true(x.refused && !x.permitted);
	x.refused = false;
	x.call.allow = allow;
	x.call.allow_len = 1;
	assert_true(
	    connects(&x, CURLSOCKTYPE_IPCXN, address_of("10.1.2.3", 443)));
	assert_false(
	    connects(&x, CURLSOCKTYPE_IPCXN, address_of("10.1.2.3", 80)));
	assert_true(x.refused);
	/* Nobody is waited for, and no file is written to. */
	x.refused = false;
	assert_false(
	    connects(&x, CURLSOCKTYPE_ACCEPT, address_of(PUBLIC_4, 443)));
	assert_true(x.refused);
	x.refused = false;
	assert_false(connects(&x, CURLSOCKTYPE_IPCXN, local));
	assert_true(x.refused);
}

static void plain_http_goes_to_listed_targets_only(void **state)
{
	static const char *const allow[] = {PUBLIC_4 "/32:80"};
	struct exchange x = {.host = "desk.example", .plain = true};

	(void)state;
	assert_false(
	    connects(&x, CURLSOCKTYPE_IPCXN, address_of(PUBLIC_4, 80)));
	x.call.allow = allow;
	x.call.allow_len = 1;
	assert_true(connects(&x, CURLSOCKTYPE_IPCXN, address_of(PUBLIC_4, 80)));
}

/* Nothing was sent, and nobody was refused: it may be tried again. */
static void without_descriptors_nothing_is_refused(void **state)
{
	struct exchange x = {.host = "desk.example"};
	struct rlimit before, none;
	bool connected;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	connected = connects(&x, CURLSOCKTYPE_IPCXN, address_of(PUBLIC_4, 443));
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_false(connected);
	assert_false(x.permitted || x.refused);
}

/* --- every request -------------------------------------------------------- */

static bool goes_out(struct exchange *x, const char *ip, int port)
{
	char peer[64] = "", local[] = "127.0.0.1";

	if (ip != NULL)
		(void)snprintf(peer, sizeof(peer), "%s", ip);
	return guard_before_request(x, ip != NULL ? peer : NULL, local, port,
				    4711) == CURL_PREREQFUNC_OK;
}

static void a_peer_that_cannot_be_read_gets_nothing(void **state)
{
	static const struct {
		const char *ip;
		int port;
		bool good;
	} cases[] = {
	    {PUBLIC_4, 443, true},   {PUBLIC_6, 443, true},
	    {PUBLIC_4, 65535, true}, {PUBLIC_4, 65536, false},
	    {PUBLIC_4, 0, false},    {PUBLIC_4, -1, false},
	    {NULL, 443, false},	     {"", 443, false},
	    {"desk", 443, false},    {"127.0.0.1", 443, false},
	    {"::1", 443, false},     {"::ffff:127.0.0.1", 443, false},
	    {"fe80::1", 443, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct exchange x = {.host = "desk.example",
				     .call = {.method = "GET"}};

		if (goes_out(&x, cases[i].ip, cases[i].port) != cases[i].good)
			fail_msg("case %zu", i);
		assert_int_equal(x.refused, !cases[i].good);
		assert_int_equal(x.began, cases[i].good);
		assert_int_equal(x.permitted, cases[i].good);
	}
}

static void what_may_have_been_acted_upon_goes_out_once(void **state)
{
	struct exchange post = {.host = "desk.example",
				.call = {.method = "POST"}};
	struct exchange get = {.host = "desk.example",
			       .call = {.method = "GET"}};

	(void)state;
	assert_true(goes_out(&get, PUBLIC_4, 443));
	assert_true(goes_out(&get, PUBLIC_4, 443));
	assert_true(goes_out(&post, PUBLIC_4, 443));
	assert_false(goes_out(&post, PUBLIC_4, 443));
	/* That is no refusal of the guard's: somebody may have it. */
	assert_true(!post.refused && post.began);
	post.call.repeatable = true;
	assert_true(goes_out(&post, PUBLIC_4, 443));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_url_is_plain_and_names_a_host),
	    cmocka_unit_test(plain_http_is_known_as_such),
	    cmocka_unit_test(a_listed_host_is_the_end_of_a_name),
	    cmocka_unit_test(a_host_that_does_not_fit_is_refused),
	    cmocka_unit_test(only_what_is_public_or_listed_is_connected_to),
	    cmocka_unit_test(plain_http_goes_to_listed_targets_only),
	    cmocka_unit_test(without_descriptors_nothing_is_refused),
	    cmocka_unit_test(a_peer_that_cannot_be_read_gets_nothing),
	    cmocka_unit_test(what_may_have_been_acted_upon_goes_out_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
