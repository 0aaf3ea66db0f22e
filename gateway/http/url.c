/* url.c - addresses that somebody else named, before they are called.
 *
 * Pure.  What a name resolves to is seen by the guard at the call. */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "postern/http.h"

struct parts {
	char host[256]; /* without brackets */
	uint16_t port;
	bool plain;
};

/* Nothing that two readers could take in two ways. */
static bool plain_characters(const char *url)
{
	for (; *url != '\0'; url++)
		if (*url <= ' ' || *url > '~' || *url == '\\')
			return false;
	return true;
}

/* "scheme://host", no fragment: what one reader guesses of an address, the next
 * one guesses otherwise. */
static bool spelt_out(const char *url)
{
	size_t scheme = strcspn(url, ":/?#");

	return strncmp(url + scheme, "://", 3) == 0 && url[scheme + 3] != '/' &&
	       strchr(url, '#') == NULL;
}

static bool take(struct parts *p, const char *scheme, const char *host,
		 const char *port)
{
	size_t len = strlen(host);

	if (len > 1 && host[0] == '[' && host[len - 1] == ']') {
		host++;
		len -= 2;
	}
	if (len == 0 || len >= sizeof(p->host))
		return false;
	memcpy(p->host, host, len);
	p->host[len] = '\0';
	p->plain = strcmp(scheme, "http") == 0;
	p->port = (uint16_t)strtoul(port, NULL, 10);
	return p->port != 0 && (p->plain || strcmp(scheme, "https") == 0);
}

static bool read_url(const char *text, struct parts *ret)
{
	char *scheme = NULL, *host = NULL, *port = NULL;
	CURLU *url = curl_url();
	bool good = false;

	if (url != NULL && plain_characters(text) && spelt_out(text) &&
	    curl_url_set(url, CURLUPART_URL, text,
			 CURLU_DISALLOW_USER | CURLU_NON_SUPPORT_SCHEME) ==
		CURLUE_OK &&
	    curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
	    curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
	    curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) ==
		CURLUE_OK)
		good = take(ret, scheme, host, port);
	curl_free(port);
	curl_free(host);
	curl_free(scheme);
	curl_url_cleanup(url);
	return good;
}

/* An address literal; curl has brought the odd spellings of IPv4 into four
 * numbers. */
static bool literal(const struct parts *p, struct sockaddr_storage *ret,
		    size_t *ret_len)
{
	struct sockaddr_in in4 = {.sin_family = AF_INET,
				  .sin_port = htons(p->port)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6,
				   .sin6_port = htons(p->port)};

	memset(ret, 0, sizeof(*ret));
	if (inet_pton(AF_INET, p->host, &in4.sin_addr) == 1) {
		memcpy(ret, &in4, sizeof(in4));
		*ret_len = sizeof(in4);
		return true;
	}
	if (inet_pton(AF_INET6, p->host, &in6.sin6_addr) == 1) {
		memcpy(ret, &in6, sizeof(in6));
		*ret_len = sizeof(in6);
		return true;
	}
	return false;
}

/* No top-level domain begins with a digit. */
static bool numeric(const char *label)
{
	return *label >= '0' && *label <= '9';
}

/* Letters, digits, "-" and "_" between single dots: a resolver is asked for
 * nothing else. */
static bool host_name(const char *host)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-_.";

	return host[0] != '.' && strstr(host, "..") == NULL &&
	       host[strspn(host, letters)] == '\0';
}

/* Names that mean this machine or its network wherever they are asked for, and
 * such that are no name: the last label is a number.  Source: RFC 6761, 6762.
 */
static bool home_name(const char *host)
{
	static const char *const ends[] = {"localhost", "local", "internal",
					   "home.arpa", "lan"};
	size_t len = strlen(host), end_len;
	const char *last;

	if (len > 0 && host[len - 1] == '.')
		return true;
	last = strrchr(host, '.');
	if (last == NULL || numeric(last + 1))
		return true;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		end_len = strlen(ends[i]);
		if (len > end_len && host[len - end_len - 1] == '.' &&
		    strcasecmp(host + len - end_len, ends[i]) == 0)
			return true;
	}
	return false;
}

static bool named(const struct parts *p, const char *const *allow, size_t len)
{
	char entry[280];

	(void)snprintf(entry, sizeof(entry), "%s:%u", p->host,
		       (unsigned int)p->port);
	for (size_t i = 0; i < len; i++)
		if (strcasecmp(allow[i], entry) == 0)
			return true;
	return false;
}

bool http_url_callable(const char *url, const char *const *allow,
		       size_t allow_len)
{
	struct sockaddr_storage at;
	struct parts p = {0};
	size_t len = 0;

	if (!read_url(url, &p))
		return false;
	if (named(&p, allow, allow_len))
		return true;
	if (literal(&p, &at, &len))
		return (!p.plain && http_address_public(&at, len)) ||
		       http_allowed(allow, allow_len, p.host, &at, len);
	return !p.plain && host_name(p.host) && !home_name(p.host);
}
