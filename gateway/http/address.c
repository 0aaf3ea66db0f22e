/* address.c - which addresses are public, and what an allow list names.
 *
 * Pure.  Source: RFC 6890 registries; assurance 4.5. */
#include "postern/http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <strings.h>
#include <sys/socket.h>

/* An address without its socket; IPv4 inside ::ffff:0:0/96 is IPv4, because
 * that is what the kernel connects to. */
struct address {
	unsigned int ip_len; /* 4 or 16 */
	uint8_t ip[16];
	uint16_t port;
	bool mapped, scoped;
};

struct range {
	uint8_t ip[16];
	unsigned int bits;
};

/* Everything here is never public.  168.63.129.16 looks public but is the
 * metadata host of one cloud. */
static const struct range special_4[] = {
    {{0}, 8},
    {{10}, 8},
    {{100, 64}, 10},
    {{127}, 8},
    {{168, 63, 129, 16}, 32},
    {{169, 254}, 16},
    {{172, 16}, 12},
    {{192, 0, 0}, 24},
    {{192, 0, 2}, 24},
    {{192, 88, 99}, 24},
    {{192, 168}, 16},
    {{198, 18}, 15},
    {{198, 51, 100}, 24},
    {{203, 0, 113}, 24},
    {{224}, 4},
    {{240}, 4},
};

/* Parts of 2000::/3 that are no hosts: 2001::/23 (Teredo, ORCHID, ...),
 * documentation. */
static const struct range special_6[] = {
    {{0x20, 0x01, 0x00}, 23},
    {{0x20, 0x01, 0x0d, 0xb8}, 32},
    {{0x3f, 0xff}, 20},
};

/* What a "host:port" entry may resolve to besides public addresses. */
static const struct range private_4[] = {
    {{10}, 8}, {{100, 64}, 10}, {{172, 16}, 12}, {{192, 168}, 16}};
static const struct range private_6[] = {{{0xfc}, 7}};
/* Metadata hosts inside those ranges. */
static const struct range metadata_4[] = {{{100, 100, 100, 200}, 32}};
static const struct range metadata_6[] = {
    {{0xfd, 0x00, 0x0e, 0xc2}, 32},
    {{0xfd, 0x20, 0x00, 0xce}, 32},
};

static bool in_range(const uint8_t *ip, const uint8_t *net, unsigned int bits)
{
	unsigned int whole = bits / 8, rest = bits % 8;
	uint8_t mask = (uint8_t)(0xff00u >> rest);

	if (memcmp(ip, net, whole) != 0)
		return false;
	return rest == 0 || (ip[whole] & mask) == (net[whole] & mask);
}

static bool in_ranges(const uint8_t *ip, const struct range *ranges,
		      size_t ranges_len)
{
	for (size_t i = 0; i < ranges_len; i++)
		if (in_range(ip, ranges[i].ip, ranges[i].bits))
			return true;
	return false;
}

#define IN_RANGES(ip, table) \
	in_ranges((ip), (table), sizeof(table) / sizeof((table)[0]))

static bool is_mapped(const uint8_t ip[16])
{
	static const uint8_t head[12] = {[10] = 0xff, [11] = 0xff};

	return memcmp(ip, head, sizeof(head)) == 0;
}

static bool address_read(const void *sockaddr, size_t len, struct address *ret)
{
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;
	sa_family_t family;
	struct address a = {0};

	if (sockaddr == NULL || len < sizeof(family))
		return false;
	memcpy(&family, sockaddr, sizeof(family));
	if (family == AF_INET && len >= sizeof(in4)) {
		memcpy(&in4, sockaddr, sizeof(in4));
		a.ip_len = 4;
		memcpy(a.ip, &in4.sin_addr, 4);
		a.port = ntohs(in4.sin_port);
	} else if (family == AF_INET6 && len >= sizeof(in6)) {
		memcpy(&in6, sockaddr, sizeof(in6));
		a.ip_len = 16;
		memcpy(a.ip, &in6.sin6_addr, 16);
		a.port = ntohs(in6.sin6_port);
		a.scoped = in6.sin6_scope_id != 0;
		a.mapped = is_mapped(a.ip);
		if (a.mapped) {
			memmove(a.ip, a.ip + 12, 4);
			memset(a.ip + 4, 0, 12);
			a.ip_len = 4;
		}
	} else {
		return false;
	}
	*ret = a;
	return true;
}

static bool public_4(const uint8_t ip[4])
{
	return !IN_RANGES(ip, special_4);
}

static bool public_6(const uint8_t ip[16])
{
	static const uint8_t global[16] = {0x20}, six_to_four[16] = {0x20, 2};

	if (!in_range(ip, global, 3) || IN_RANGES(ip, special_6))
		return false;
	if (in_range(ip, six_to_four, 16))
		return public_4(ip + 2);
	/* ISATAP: an IPv4 address in the last four bytes */
	if ((ip[8] & 0xfd) == 0 && ip[9] == 0 && ip[10] == 0x5e &&
	    ip[11] == 0xfe)
		return public_4(ip + 12);
	return true;
}

static bool is_public(const struct address *a)
{
	/* A mapped or scoped address is a disguise, whatever is inside. */
	if (a->mapped || a->scoped)
		return false;
	return a->ip_len == 4 ? public_4(a->ip) : public_6(a->ip);
}

bool http_address_public(const void *sockaddr, size_t len)
{
	struct address a;

	return address_read(sockaddr, len, &a) && is_public(&a);
}

/* One entry of an allow list, taken apart. */
struct entry {
	char host[256]; /* empty: ip and bits count */
	unsigned int ip_len, bits;
	uint8_t ip[16];
	uint16_t port;
};

static bool read_number(const char *text, unsigned int max, unsigned int *ret)
{
	unsigned int v = 0;

	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return false;
		v = v * 10 + (unsigned int)(*text - '0');
		if (v > max)
			return false;
	}
	*ret = v;
	return true;
}

/* host in place: "[fd00::]/8", "[fd00::/8]", "10.0.0.0/8", "::1", "desk" */
static bool read_host(char *host, struct entry *ret)
{
	char *slash, *tail;
	size_t len = strlen(host);

	if (host[0] == '[') {
		tail = strchr(host, ']');
		if (tail == NULL || (tail[1] != '\0' && tail[1] != '/'))
			return false;
		memmove(tail, tail + 1, strlen(tail + 1) + 1);
		memmove(host, host + 1, len - 1);
	}
	slash = strchr(host, '/');
	if (slash != NULL)
		*slash = '\0';
	if (inet_pton(AF_INET, host, ret->ip) == 1)
		ret->ip_len = 4;
	else if (inet_pton(AF_INET6, host, ret->ip) == 1)
		ret->ip_len = 16;
	ret->bits = ret->ip_len * 8;
	if (slash != NULL)
		return ret->ip_len != 0 &&
		       read_number(slash + 1, ret->ip_len * 8, &ret->bits);
	if (ret->ip_len != 0)
		return true;
	len = strspn(host, "abcdefghijklmnopqrstuvwxyz"
			   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._");
	if (len == 0 || host[len] != '\0')
		return false;
	memcpy(ret->host, host, len + 1);
	return true;
}

static bool entry_read(const char *text, struct entry *ret)
{
	char host[sizeof(ret->host)];
	const char *colon = strrchr(text, ':');
	struct entry e = {0};
	unsigned int port;

	if (colon == NULL || colon == text ||
	    (size_t)(colon - text) >= sizeof(host))
		return false;
	memcpy(host, text, (size_t)(colon - text));
	host[colon - text] = '\0';
	if (!read_number(colon + 1, 65535, &port) || port == 0)
		return false;
	e.port = (uint16_t)port;
	if (!read_host(host, &e))
		return false;
	*ret = e;
	return true;
}

bool http_allow_entry(const char *entry)
{
	struct entry e;

	return entry != NULL && entry_read(entry, &e);
}

/*
 * DNS belongs to somebody else, so an entry by name opens less than one by
 * number: public addresses, private ranges, and loopback for "localhost";
 * never link-local, metadata, multicast or loopback under another name.
 */
static bool name_may_reach(const char *host, const struct address *a)
{
	static const uint8_t loopback[16] = {[15] = 1};

	if (is_public(a))
		return true;
	if (a->scoped || a->mapped)
		return false;
	if (a->ip_len == 4 && a->ip[0] == 127)
		return strcasecmp(host, "localhost") == 0;
	if (a->ip_len == 16 && memcmp(a->ip, loopback, 16) == 0)
		return strcasecmp(host, "localhost") == 0;
	if (a->ip_len == 4)
		return IN_RANGES(a->ip, private_4) &&
		       !IN_RANGES(a->ip, metadata_4);
	return IN_RANGES(a->ip, private_6) && !IN_RANGES(a->ip, metadata_6);
}

bool http_allowed(const char *const *allow, size_t allow_len, const char *host,
		  const void *sockaddr, size_t len)
{
	struct address a;
	struct entry e;

	if (!address_read(sockaddr, len, &a))
		return false;
	for (size_t i = 0; i < allow_len; i++) {
		if (allow[i] == NULL || !entry_read(allow[i], &e) ||
		    e.port != a.port)
			continue;
		if (e.ip_len != 0) {
			if (e.ip_len == a.ip_len &&
			    in_range(a.ip, e.ip, e.bits))
				return true;
			continue;
		}
		if (host != NULL && strcasecmp(host, e.host) == 0 &&
		    name_may_reach(host, &a))
			return true;
	}
	return false;
}
