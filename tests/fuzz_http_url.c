/* fuzz_http_url.c - any address a call may be sent to, among them those that
 * a provider names for its media.
 *
 * What the guard lets through is read once more by simpler code: its host is
 * one of the listed ones, nobody's name or password is in it, and plain http
 * is there only when the caller allows it. */
#include <strings.h>

#include "fuzz_house.h"
#include "http/exchange.h"

static bool tail_is(const char *host, size_t len, const char *tail)
{
	size_t n = strlen(tail);

	return len >= n && strncasecmp(host + len - n, tail, n) == 0 &&
	       (len == n || host[len - n - 1] == '.');
}

static void check(const char *url, const struct exchange *x)
{
	const char *at = strchr(url, ':');
	size_t len;

	MUST(x->host[0] != '\0' && strlen(x->host) < sizeof(x->host));
	for (const char *c = url; *c != '\0'; c++)
		MUST(*c > ' ' && *c <= '~' && *c != '\\');
	MUST(!x->plain || x->call.http_allowed);
	if (x->call.hosts == NULL)
		return;
	MUST(tail_is(x->host, strlen(x->host), "fbsbx.com") ||
	     tail_is(x->host, strlen(x->host), "media.example"));
	/* The same by hand; an escaped host is left to the first check. */
	MUST(at != NULL);
	at += 1 + strspn(at + 1, "/");
	len = strcspn(at, "/?#");
	MUST(memchr(at, '@', len) == NULL);
	if (memchr(at, '%', len) != NULL)
		return;
	len = strcspn(at, ":/?#");
	MUST(len == strlen(x->host) && strncasecmp(at, x->host, len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const hosts[] = {"fbsbx.com", "media.example"};
	struct feed f = {data, size};
	uint8_t choice = feed_byte(&f);
	struct exchange x = {.call = {.http_allowed = choice & 1}};
	char *url = malloc(f.left + 1);

	MUST(url != NULL);
	memcpy(url, f.at, f.left);
	url[f.left] = '\0';
	x.call.url = url;
	if (choice & 2) {
		x.call.hosts = hosts;
		x.call.hosts_len = 2;
	}
	if (guard_url(&x))
		check(url, &x);
	/* Without a list only https is called for somebody else. */
	if (http_url_callable(url, NULL, 0))
		MUST(strncasecmp(url, "https:", 6) == 0);
	free(url);
	return 0;
}
