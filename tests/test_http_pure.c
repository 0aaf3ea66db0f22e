/* test_http_pure.c - addresses, allow lists and Retry-After, without a wire.
 *
 * Proves: assurance T15, T16. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/exchange.h"
#include "postern/http.h"

static size_t make_address(const char *ip, uint16_t port, void *ret)
{
	struct sockaddr_in in4 = {.sin_family = AF_INET,
				  .sin_port = htons(port)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6,
				   .sin6_port = htons(port)};

	if (inet_pton(AF_INET, ip, &in4.sin_addr) == 1) {
		memcpy(ret, &in4, sizeof(in4));
		return sizeof(in4);
	}
	assert_int_equal(inet_pton(AF_INET6, ip, &in6.sin6_addr), 1);
	memcpy(ret, &in6, sizeof(in6));
	return sizeof(in6);
}

static void only_public_addresses_are_public(void **state)
{
	static const struct {
		const char *ip;
		bool public;
	} cases[] = {
	    {"8.8.8.8", true},
	    {"9.255.255.255", true},
	    {"10.0.0.0", false},
	    {"10.255.255.255", false},
	    {"11.0.0.0", true},
	    {"0.1.2.3", false},
	    {"100.63.255.255", true},
	    {"100.64.0.0", false},
	    {"100.127.255.255", false},
	    {"100.128.0.0", true},
	    {"127.255.255.254", false},
	    {"128.0.0.1", true},
	    {"168.63.129.16", false},
	    {"169.253.255.255", true},
	    {"169.254.169.254", false},
	    {"172.15.255.255", true},
	    {"172.16.0.1", false},
	    {"172.31.255.255", false},
	    {"172.32.0.1", true},
	    {"192.0.0.192", false},
	    {"192.0.2.1", false},
	    {"192.168.1.1", false},
	    {"192.169.0.1", true},
	    {"198.17.255.255", true},
	    {"198.18.0.1", false},
	    {"198.19.255.255", false},
	    {"198.51.100.7", false},
	    {"203.0.113.9", false},
	    {"223.255.255.255", true},
	    {"224.0.0.1", false},
	    {"240.0.0.1", false},
	    {"255.255.255.255", false},
	    {"2606:4700::1", true},
	    {"::1", false},
	    {"::", false},
	    {"::ffff:8.8.8.8", false},
	    {"::ffff:10.0.0.1", false},
	    {"::8.8.8.8", false},
	    {"64:ff9b::808:808", false},
	    {"fe80::1", false},
	    {"fc00::1", false},
	    {"fd00:ec2::254", false},
	    {"ff02::1", false},
	    {"2001::1", false},
	    {"2001:db8::1", false},
	    {"2001:200::1", true},
	    {"2002:0a00:1::1", false},
	    {"2002:808:808::1", true},
	    {"2606::5efe:10.0.0.1", false},
	    {"2606::200:5efe:7f00:1", false},
	    {"3fff::1", false},
	    {"4000::1", false},
	};
	struct sockaddr_storage at;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = make_address(cases[i].ip, 443, &at);

		if (http_address_public(&at, len) != cases[i].public)
			print_error("%s\n", cases[i].ip);
		assert_int_equal(http_address_public(&at, len),
				 cases[i].public);
		assert_false(http_address_public(&at, len - 1));
	}
	assert_false(http_address_public(NULL, 0));
}

static void an_allow_list_names_exactly_what_it_says(void **state)
{
	static const struct {
		const char *entry, *host, *ip;
		uint16_t port;
		bool allowed;
	} cases[] = {
	    {"127.0.0.1:9000", "127.0.0.1", "127.0.0.1", 9000, true},
	    {"127.0.0.1:9000", "any.example", "127.0.0.1", 9000, true},
	    {"127.0.0.1:9000", "127.0.0.1", "127.0.0.1", 9001, false},
	    {"127.0.0.1:9000", "127.0.0.1", "127.0.0.2", 9000, false},
	    {"127.0.0.1:9000", "x", "::ffff:127.0.0.1", 9000, true},
	    {"10.0.0.0/8:443", "x", "10.9.8.7", 443, true},
	    {"10.0.0.0/8:443", "x", "11.0.0.1", 443, false},
	    {"10.0.0.0/33:443", "x", "10.0.0.0", 443, false},
	    {"[::1]:80", "x", "::1", 80, true},
	    {"::1:80", "x", "::1", 80, true},
	    {"[fd00::]/8:80", "x", "fd12::1", 80, true},
	    {"[fd00::/8]:80", "x", "fd12::1", 80, true},
	    {"[fd00::/8]:80", "x", "fe80::1", 80, false},
	    {"localhost:80", "localhost", "127.0.0.1", 80, true},
	    {"localhost:80", "localhost", "::1", 80, true},
	    {"localhost:80", "localhost", "::ffff:127.0.0.1", 80, false},
	    {"desk:80", "desk", "127.0.0.1", 80, false},
	    {"desk:80", "DESK", "172.18.0.3", 80, true},
	    {"desk:80", "desk", "fd12::1", 80, true},
	    {"desk:80", "desk", "8.8.8.8", 80, true},
	    {"desk:80", "desk2", "172.18.0.3", 80, false},
	    {"desk:80", "desk", "172.18.0.3", 81, false},
	    {"desk:80", "desk", "169.254.169.254", 80, false},
	    {"desk:80", "desk", "fe80::1", 80, false},
	    {"desk:80", "desk", "fd00:ec2::254", 80, false},
	    {"desk:80", "desk", "224.0.0.5", 80, false},
	    {"desk", "desk", "172.18.0.3", 80, false},
	    {"desk:0", "desk", "172.18.0.3", 0, false},
	    {"desk:99999", "desk", "172.18.0.3", 80, false},
	    {":80", "", "172.18.0.3", 80, false},
	    {"0x7f.1:80", "x", "127.0.0.1", 80, false},
	};
	struct sockaddr_storage at;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = make_address(cases[i].ip, cases[i].port, &at);

		if (http_allowed(&cases[i].entry, 1, cases[i].host, &at, len) !=
		    cases[i].allowed)
			print_error("%s %s\n", cases[i].entry, cases[i].ip);
		assert_int_equal(
		    http_allowed(&cases[i].entry, 1, cases[i].host, &at, len),
		    cases[i].allowed);
	}
	assert_true(http_allow_entry("10.0.0.0/8:443"));
	assert_true(http_allow_entry("zammad:3000"));
	assert_false(http_allow_entry("http://zammad:3000"));
	assert_false(http_allow_entry("zammad"));
	assert_false(http_allow_entry("[::1:80"));
	assert_false(http_allow_entry(""));
}

/* Source: RFC 9110 5.6.7, the example in all its spellings. */
static void retry_after_is_read_unless_it_is_absurd(void **state)
{
	static const int64_t now = 784111777000; /* 1994-11-06 08:49:37 */
	static const struct {
		const char *value;
		int64_t ms;
	} cases[] = {
	    {"0", 0},
	    {"120", 120000},
	    {"86400", 86400000},
	    {"86401", -1},
	    {"99999999999999999999999999", -1},
	    {"-1", -1},
	    {"1.5", -1},
	    {"1 ", -1},
	    {"", -1},
	    {"soon", -1},
	    {"Sun, 06 Nov 1994 08:49:47 GMT", 10000},
	    {"Sunday, 06-Nov-94 08:49:47 GMT", 10000},
	    {"Sun Nov  6 08:49:47 1994", 10000},
	    {"Sun, 06 Nov 1994 08:49:27 GMT", 0},
	    {"Sun, 06 Nov 2094 08:49:27 GMT", -1},
	    {"Sun, 06 Nov 1994 08:49:47 CET", -1},
	    {"Sun, 06 Nov 1994 08:49:47 GMT!", -1},
	    {"Sun, 06 Nov 1994 24:49:47 GMT", -1},
	    {"Sun, 32 Nov 1994 08:49:47 GMT", -1},
	    {"Sun, 06 Nix 1994 08:49:47 GMT", -1},
	    {"Sun, 06 Nov", -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (http_retry_after_ms(cases[i].value, now) != cases[i].ms)
			print_error("%s\n", cases[i].value);
		assert_true(http_retry_after_ms(cases[i].value, now) ==
			    cases[i].ms);
	}
	assert_true(http_retry_after_ms(NULL, now) == -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(only_public_addresses_are_public),
	    cmocka_unit_test(an_allow_list_names_exactly_what_it_says),
	    cmocka_unit_test(retry_after_is_read_unless_it_is_absurd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
