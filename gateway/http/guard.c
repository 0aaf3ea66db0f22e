/* guard.c - where a call may go.
 *
 * Three checks: the URL when the call starts, the address on every connect
 * (so an answer of DNS that changes is caught), and the peer before every
 * request.  The last one lets all calls share one pool of connections: a
 * connection opened under a wider allow list is refused to a call whose own
 * list does not name that peer.  It also ends curl's silent second attempt of
 * a POST on a fresh connection, which would make an unknown outcome look like
 * a known one. */
#include "exchange.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <strings.h>
#include <sys/socket.h>

/* Nothing that a parser of URLs could read in two ways. */
static bool plain_characters(const char *url)
{
	for (; *url != '\0'; url++)
		if (*url <= ' ' || *url > '~' || *url == '\\')
			return false;
	return true;
}

static bool host_listed(const struct exchange *x)
{
	size_t host_len = strlen(x->host), len;
	const char *tail;

	if (x->call.hosts == NULL)
		return true;
	for (size_t i = 0; i < x->call.hosts_len; i++) {
		len = strlen(x->call.hosts[i]);
		if (len == 0 || len > host_len)
			continue;
		tail = x->host + host_len - len;
		if (strcasecmp(tail, x->call.hosts[i]) == 0 &&
		    (tail == x->host || tail[-1] == '.'))
			return true;
	}
	return false;
}

static bool take_host(struct exchange *x, const char *host)
{
	size_t len = strlen(host);

	if (host[0] == '[' && host[len - 1] == ']') {
		host++;
		len -= 2;
	}
	if (len == 0 || len >= sizeof(x->host))
		return false;
	memcpy(x->host, host, len);
	x->host[len] = '\0';
	return true;
}

bool guard_url(struct exchange *x)
{
	CURLU *url = curl_url();
	char *scheme = NULL, *host = NULL;
	bool good = false;

	if (url == NULL || x->call.url == NULL ||
	    !plain_characters(x->call.url))
		goto out;
	if (curl_url_set(url, CURLUPART_URL, x->call.url,
			 CURLU_DISALLOW_USER | CURLU_NON_SUPPORT_SCHEME) !=
		CURLUE_OK ||
	    curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK)
		goto out;
	if (strcmp(scheme, "http") == 0)
		x->plain = true;
	else if (strcmp(scheme, "https") != 0)
		goto out;
	if (x->plain && !x->call.http_allowed)
		goto out;
	good = take_host(x, host) && host_listed(x);
out:
	curl_free(scheme);
	curl_free(host);
	curl_url_cleanup(url);
	return good;
}

/* Plain http is for listed targets only, even public ones. */
static bool may_reach(const struct exchange *x, const void *sockaddr,
		      size_t len)
{
	if (!x->plain && http_address_public(sockaddr, len))
		return true;
	return http_allowed(x->call.allow, x->call.allow_len, x->host, sockaddr,
			    len);
}

curl_socket_t guard_open_socket(void *ctx, curlsocktype purpose,
				struct curl_sockaddr *address)
{
	struct exchange *x = ctx;
	int fd;

	if (purpose != CURLSOCKTYPE_IPCXN ||
	    (address->family != AF_INET && address->family != AF_INET6) ||
	    !may_reach(x, &address->addr, address->addrlen)) {
		x->refused = true;
		return CURL_SOCKET_BAD;
	}
	fd = socket(address->family, address->socktype | SOCK_CLOEXEC,
		    address->protocol);
	if (fd < 0)
		return CURL_SOCKET_BAD;
	x->permitted = true;
	return fd;
}

static bool peer_read(const char *ip, int port, struct sockaddr_storage *ret,
		      size_t *ret_len)
{
	struct sockaddr_in in4 = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

	memset(ret, 0, sizeof(*ret));
	if (ip == NULL || port < 1 || port > 65535)
		return false;
	if (inet_pton(AF_INET, ip, &in4.sin_addr) == 1) {
		in4.sin_port = htons((uint16_t)port);
		memcpy(ret, &in4, sizeof(in4));
		*ret_len = sizeof(in4);
		return true;
	}
	if (inet_pton(AF_INET6, ip, &in6.sin6_addr) == 1) {
		in6.sin6_port = htons((uint16_t)port);
		memcpy(ret, &in6, sizeof(in6));
		*ret_len = sizeof(in6);
		return true;
	}
	return false;
}

int guard_before_request(void *ctx, char *peer_ip, char *local_ip,
			 int peer_port, int local_port)
{
	struct exchange *x = ctx;
	struct sockaddr_storage peer;
	size_t peer_len = 0;

	(void)local_ip;
	(void)local_port;
	/* A second time: the first may have been acted upon. */
	if (x->began && !x->call.repeatable &&
	    strcmp(x->call.method, "GET") != 0)
		return CURL_PREREQFUNC_ABORT;
	if (!peer_read(peer_ip, peer_port, &peer, &peer_len) ||
	    !may_reach(x, &peer, peer_len)) {
		x->refused = true;
		return CURL_PREREQFUNC_ABORT;
	}
	x->permitted = true;
	x->began = true;
	return CURL_PREREQFUNC_OK;
}
